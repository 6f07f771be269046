"""Work on many tapes is done in several processes, and nothing stops it."""

from __future__ import annotations

import os
import signal

import pytest

from ivr.replay.processes import run_each


def halved(number: int, name: str) -> str:
    """End the process at an odd number."""
    if number % 2:
        os._exit(1)
    return f"{name} {number // 2}"


def lost(number: int, name: str) -> str:
    return f"{name} {number} is lost"


def obeys_ctrl_c(_number: int) -> bool:
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


@pytest.mark.parametrize("jobs", [2, 4])
def test_a_process_that_dies_costs_its_own_work_alone(jobs: int) -> None:
    given = [(number, "a") for number in (0, 1, 2, 4, 6)]
    made = dict(run_each(halved, given, jobs, lost))
    assert made == {0: "a 0", 1: "a 1 is lost", 2: "a 1", 3: "a 2", 4: "a 3"}


@pytest.mark.parametrize(("given", "jobs"), [([(2, "a"), (4, "b")], 1), ([(8, "a")], 4), ([], 4)])
def test_little_work_is_done_in_this_process(given: list[tuple[int, str]], jobs: int) -> None:
    made = list(run_each(lambda number, name: f"{name} {number}", given, jobs, lost))
    assert made == [(place, f"{name} {number}") for place, (number, name) in enumerate(given)]


def test_ctrl_c_is_for_the_first_process() -> None:
    assert dict(run_each(obeys_ctrl_c, [(0,), (1,)], 2, obeys_ctrl_c)) == {0: False, 1: False}


def test_what_work_raises_is_raised_and_the_rest_is_left() -> None:
    with pytest.raises(ValueError, match="Exceeds the limit"):
        list(run_each(halved, [(10**5000, "a"), (2, "b")], 2, lost))
