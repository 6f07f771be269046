"""A small soak: thirty calls with random faults leave nothing behind."""

from __future__ import annotations

import logging
from pathlib import Path
from random import Random

import pytest

from ivr.testbench import virtual_time
from ivr.testbench.faults.harness import render_phrases
from scripts.soak import Errors, Soak, Weight, caller, soak

EMPTY = Weight(0, 4, 5, 2, 0, 0, 0, 9, 1000, 100.0)


def test_thirty_calls_leave_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    done = virtual_time.run(soak(30, render_phrases(tmp_path), seed=3, batch=15), limit=1e5)
    assert done.left() == []
    assert sum(done.endings.values()) == 30
    assert [weight.calls for weight in done.weights] == [0, 15, 30]
    assert sum(done.faults.values()) > 10
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_what_is_left_behind_is_named() -> None:
    grown = Weight(9, 5, 5, 3, 1, 2, 3, 9, 1000, 100.0)
    done = Soak(weights=[EMPTY, grown])
    done.violations["overlap"] = 2
    done.errors["session_failed"] = 3
    assert done.left() == [
        "requests 1",
        "answers 2",
        "places 3",
        "tasks 4 -> 5",
        "sockets 2 -> 3",
        "violation overlap x2",
        "error 'session_failed' x3",
    ]


def test_an_error_in_the_log_is_counted_and_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    errors, log = Errors(), logging.getLogger("tests.soak")
    log.addHandler(errors)
    log.propagate = False
    try:
        raise ValueError("at fault")
    except ValueError:
        log.warning("odd", exc_info=True)
        log.error("odd", exc_info=True)
    log.warning("well known")
    assert errors.seen == {"odd": 2}
    assert capsys.readouterr().err.startswith("odd\nTraceback")
    log.removeHandler(errors)


def test_a_caller_is_the_same_for_the_same_seed() -> None:
    assert caller(Random("1/7")) == caller(Random("1/7"))
    assert len({repr(caller(Random(f"1/{n}"))) for n in range(20)}) > 15
