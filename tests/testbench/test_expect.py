"""What a scenario expects, held against what came of the call."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.testbench.expect import ANY_CALL, ANY_STEP, CallExpects, StepExpects, unmet

TURN = {
    "kind": "speech",
    "said": "Hello",
    "sound_ms": 500.0,
    "answer_ms": 900.0,
    "transcript": "Hello there",
    "heard": "Sure, it's 25 SAR.",
}
RESULT: dict[str, Any] = {
    "untold": None,
    "ended_by": "caller",
    "first_audio_ms": 250.0,
    "silence_ms": 2400.0,
    "underruns_ms": [40.0, 60.0],
    "turns": [{"kind": "greeting", "said": ""}, TURN],
}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ANY_CALL, []),
        (CallExpects("caller", 250, 2400, 2), []),
        (CallExpects(ended_by="agent"), ["ended by caller, not by agent"]),
        (CallExpects(first_audio_ms=200), ["the agent's first sound after 250 ms, at most 200 expected"]),
        (CallExpects(silence_ms=2000), ["the longest silence after 2400 ms, at most 2000 expected"]),
        (CallExpects(underruns=1), ["2 underruns, at most 1 expected"]),
    ],
)
def test_of_the_whole_call(call: CallExpects, told: list[str]) -> None:
    assert unmet(call, [ANY_STEP], RESULT) == told


def test_a_call_without_a_sound() -> None:
    silent = {**RESULT, "ended_by": "", "first_audio_ms": None}
    assert unmet(CallExpects("agent", 200), [], silent) == [
        "ended by no side, not by agent",
        "the agent's first sound never came",
    ]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (StepExpects(900, ("hello",), ("SURE It's", "25 sar")), []),
        (StepExpects(800), ["'Hello': the answer after 900 ms, at most 800 expected"]),
        (StepExpects(transcript=("there hello",)), ["'Hello': transcript: 'Hello there', without 'there hello'"]),
        (StepExpects(transcript=("ell",)), ["'Hello': transcript: 'Hello there', without 'ell'"]),
    ],
)
def test_of_one_step(step: StepExpects, told: list[str]) -> None:
    assert unmet(ANY_CALL, [step], RESULT) == told


def test_marks_over_letters_do_not_count() -> None:
    turn = {**TURN, "heard": "تَصِلُ الشُّحنةُ غداً، يا café"}
    wanted = StepExpects(heard=("تصل الشحنة غدا", "CAFE"))
    assert unmet(ANY_CALL, [wanted], {**RESULT, "turns": [turn]}) == []


@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (500.0, "a sound after 500 ms; whether it was the answer or a filler is not known: no --dev"),
        (901.0, "the answer after 901 ms, at most 900 expected"),
        (None, "the answer never came"),
    ],
)
def test_an_answer_the_bridge_does_not_tell(sound: float | None, told: str) -> None:
    untold = {**RESULT, "untold": "no --dev", "turns": [{**TURN, "sound_ms": sound, "answer_ms": None}]}
    assert unmet(ANY_CALL, [StepExpects(900)], untold) == [f"'Hello': {told}"]
    gaps = "2 underruns, at most 1 expected; some may be behind a filler, not known: no --dev"
    assert unmet(CallExpects(underruns=1), [], untold) == [gaps]
    assert unmet(CallExpects(underruns=2), [], untold) == []


def test_an_unknown_value_is_not_met() -> None:
    quiet = {**RESULT, "untold": "no --dev", "turns": [{**TURN, "transcript": None}]}
    assert unmet(ANY_CALL, [StepExpects(transcript=("x",))], quiet) == ["'Hello': transcript 'x': not known: no --dev"]


def test_a_step_that_was_not_reached() -> None:
    assert unmet(ANY_CALL, [ANY_STEP, StepExpects(900)], RESULT) == ["what the caller does as number 2 was not reached"]
