"""What every test runs under, so that a run is the same on every machine, on every day and in every process.

Chance comes from a seed, so that a test that passes once passes every time. Properties try the same examples each time,
without a deadline: `--hypothesis-profile search` looks for new ones. A test is never named after bytes that nobody can
read: a name has to be the same in all the processes that share a run, and bytes that were made rather than written
(compressed, encoded) may hold the time of day. `scripts.names` compares what two very different processes collect.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings

NAMED = 40
"""Bytes that may name a test, at most."""

# How long an example takes is the machine's business.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("same"), derandomize=False, max_examples=1000, print_blob=True)
settings.load_profile("same")


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that cannot be read are named by their argument; None leaves the name to pytest."""
    if isinstance(val, bytes) and not (len(val) <= NAMED and val.isascii() and val.decode().isprintable()):
        return argname
    return None


@pytest.fixture(autouse=True)
def _seeded_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product takes jitter and tokens from the system's randomness; here that is a generator begun anew."""
    monkeypatch.setattr(random, "_urandom", random.Random(1).randbytes)
