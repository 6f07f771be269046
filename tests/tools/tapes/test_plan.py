"""Calls are planned from a seed."""

from __future__ import annotations

from pathlib import Path

from ivr.testbench.scenario import PlayFile
from tools.tapes.plan import LINES, SOUNDS, STORIES, number_of, plan
from tools.tapes.speech import markers_of


def test_a_call_is_the_same_in_every_plan_of_a_seed() -> None:
    long, short = plan(200, 1), plan(40, 1)
    assert long[:40] == short
    assert long != plan(200, 2)


def test_two_hundred_calls_have_something_of_everything() -> None:
    calls = plan(200, 1)
    assert {call.story for call in calls} == set(STORIES)
    assert {call.line for call in calls} == set(LINES)
    assert {call.bridge for call in calls} == {"sound", "tts", "stt"}
    assert {call.line.language for call in calls} == {"en", "ar"}
    assert all(call.line.name.startswith("people") for call in calls if call.story == "transfer")
    echoes, noises = (sum(bool(getattr(call.room, name)) for call in calls) for name in ("echo_db", "noise"))
    assert min(echoes, noises) > 20
    assert min(sum(bool(call.phone.pauses) for call in calls), sum(bool(call.phone.losses) for call in calls)) > 10


def test_every_plan_is_a_scenario() -> None:
    played = set()
    for call in plan(200, 3):
        script = call.scenario(Path("sounds"))
        assert script.language == call.line.language
        played |= {step.act.path for step in script.steps if isinstance(step.act, PlayFile)}
        assert call.facts()["steps"] == list(call.steps)
    assert played <= {Path("sounds") / f"{name}.wav" for name in SOUNDS}
    assert played


def test_every_line_has_a_number_of_its_own() -> None:
    assert len({number_of(line) for line in LINES}) == len(LINES)


def test_there_is_a_marker_for_all_that_is_said() -> None:
    texts = [text for call in plan(400, 1) for text in call.scenario().texts]
    assert len(markers_of(texts)) > 40
