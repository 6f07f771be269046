"""Make calls of a suite that are over, without playing them."""

from __future__ import annotations

from typing import Any

from ivr.testbench.scenario import from_words
from ivr.testbench.suite.plan import PlannedCall
from ivr.testbench.suite.run import PlayedCall

NO_DEV = "no --dev"


def played(label: str, *answers: float | None, number: int = 1, error: str = "", **changes: Any) -> PlayedCall:
    """Return a call with one turn an answer; it passed unless `unmet` or `error` say otherwise."""
    turns = [{"answer_ms": 0.0, "sound_ms": 0.0}, *({"answer_ms": ms, "sound_ms": 100.0} for ms in answers)]
    outcome = {
        "seconds": 20.0, "unmet": [], "not_known": [], "on_time": True, "silence_ms": 2000.0, "untold": None,
        "turns": turns, **changes,
    }  # fmt: skip
    return PlayedCall(PlannedCall(label, number, from_words(["wait"])), {} if error else outcome, error=error)
