"""What every test shares: chance comes from a seed, so that a test that passes once passes every time."""

from __future__ import annotations

import random

import pytest


@pytest.fixture(autouse=True)
def _seeded_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product takes jitter and tokens from the system's randomness; here that is a generator begun anew."""
    monkeypatch.setattr(random, "_urandom", random.Random(1).randbytes)
