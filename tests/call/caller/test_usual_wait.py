"""How long a service usually takes on one call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.caller.usual_wait import UsualWait


def test_the_first_wait_replaces_what_was_expected() -> None:
    wait = UsualWait(0.8)
    assert wait.longest == pytest.approx(1.4)
    wait.learn(0.2)
    assert wait.longest == pytest.approx(0.35)
    assert repr(wait) == "<UsualWait 0.20 s, up to 0.35>"


def test_even_waits_make_a_close_bound() -> None:
    wait = UsualWait(0.8)
    for _ in range(20):
        wait.learn(0.96)
    assert wait.longest == pytest.approx(0.96, abs=0.01)
    wait.learn(2.0)
    assert 1.2 < wait.longest < 2.2


@given(st.lists(st.floats(0.05, 5.0), min_size=1, max_size=30))
def test_the_bound_lies_above_the_least_wait(waits: list[float]) -> None:
    wait = UsualWait(0.8)
    for seconds in waits:
        wait.learn(seconds)
    assert min(waits) - 1e-9 <= wait.longest <= 4 * max(waits)
