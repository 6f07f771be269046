"""What every test runs under, so that a run is the same on every machine, on every day and in every process.

Chance comes from a seed, so that a test that passes once passes every time. Properties try the same examples each time,
without a deadline: `--hypothesis-profile search` looks for new ones. A test is never named after bytes that nobody can
read: a name has to be the same in all the processes that share a run, and bytes that were made rather than written
(compressed, encoded) may hold the time of day. `scripts.names` compares what two very different processes collect.

What the environment says to the product, to web clients, to terminals or to Python is not meant for the tests and the
processes that they start.

A test that hangs shows where and ends its process; pytest-xdist names it and goes on with the others in a new one.
"""

from __future__ import annotations

import faulthandler
import os
import random
import re
import time
from collections.abc import Iterator

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from hypothesis import HealthCheck, settings

from tests.fleet.valkey import ValkeyServer, running

NAMED = 40
"""Bytes that may name a test, at most."""
HANGING = 240.0
"""Seconds after which a test hangs. The alarm costs a thread, so it is set every `AGAIN` seconds, not in every test."""
AGAIN = 30.0

_alarm_at = pytest.StashKey[float]()

_FOREIGN = re.compile(
    r"(IVR|HAMSA|TWILIO|OTEL)_.*|.*_PROXY|(FORCE|NO)_COLOR|COLUMNS|LINES|PYTHON(ASYNCIODEBUG|DEVMODE)", re.IGNORECASE
)
for _name in filter(_FOREIGN.fullmatch, list(os.environ)):
    del os.environ[_name]

# How long an example takes is the machine's business.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", settings.get_profile("same"), derandomize=False, max_examples=1000, print_blob=True)
# For one more Python beside another: its own faults show in few examples, and the others in the other's run.
settings.register_profile("brief", settings.get_profile("same"), max_examples=20)
settings.load_profile("same")


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that cannot be read are named by their argument; None leaves the name to pytest."""
    if isinstance(val, bytes) and not (len(val) <= NAMED and val.isascii() and val.decode().isprintable()):
        return argname
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the alarm, on pytest's own copy of stderr, which is not captured."""
    now, stash = time.monotonic(), item.config.stash
    if now - stash.get(_alarm_at, -AGAIN) >= AGAIN:
        stash[_alarm_at] = now
        faulthandler.dump_traceback_later(HANGING, exit=True, file=stash.get(fault_handler_stderr_fd_key, 2))


def pytest_sessionfinish() -> None:
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def _seeded_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product takes jitter and tokens from the system's randomness; here that is a generator begun anew."""
    monkeypatch.setattr(random, "_urandom", random.Random(1).randbytes)


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """Run a Valkey server of the test's own."""
    with running() as server:
        yield server
