"""A call that is the same up to a turn, and then has other options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ivr.call.call import Call
from ivr.commands import replay
from ivr.media.endpointing import Endpointer, EndpointOptions
from ivr.media.g711 import FRAME_PCM
from ivr.replay import tape_file
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.what_if.changes import ChangeError
from ivr.replay.what_if.closed_loop import closed_loop
from ivr.replay.what_if.fork import ForkedCall, fork_place
from ivr.replay.what_if.tape_result import run_tape
from ivr.replay.what_if.taped_call import taped_call
from tests.replay.taped import taped
from tests.replay.what_if.test_closed_loop import said
from tests.whole.world import Peers

STEPS = (
    "say what are your opening hours",
    "over 900 say ahem",
    "say how much does it cost",
    "press 12",
    "wait",
    "hang up",
)
OTHERWISE: dict[str, Any] = {
    "endpoint_ms": 900,
    "endpoint_least_ms": 900,
    "speculate_ms": 0,
    "start_ms": 200,
    "word_ms": 400,
    "pre_roll_ms": 100,
    "max_utterance_ms": 1000,
    "resume_ms": 900,
    "verdict_ms": 100,
    "lead_ms": 200,
    "fade_ms": 0,
    "filler_after_ms": 300,
    "fillers_most": 1,
    "filler_grace_ms": 0,
    "transcript_timeout": 0.5,
    "reply_timeout": 0.2,
    "speech_timeout": 0.1,
    "silence_timeout": 1.0,
    "silence_prompts": 0,
    "failures_in_a_row": 1,
    "media_timeout": 1.0,
    "mark_grace": 0.1,
    "keypad_timeout": 0.2,
    "keypad_terminator": "1",
    "greeting_after_ms": 900,
    "max_call": 9.0,
    "transfer_to": ("+966500000009",),
    "speakable_reply": True,
}


@pytest.fixture(scope="module")
def tape(phrases: Path) -> Tape:
    """Return a call with questions, a cough and keys."""
    return taped(phrases, STEPS, Peers(transcripts=("what are your opening hours", "", "how much does it cost") * 3))


def decided(call: Call, tape: Tape) -> list[Any]:
    return [call.receive(one.event, one.now) for one in tape.moments]


@pytest.mark.parametrize("name", OTHERWISE)
def test_options_changed_at_once_are_those_of_the_call(tape: Tape, name: str) -> None:
    """A call whose options are changed before it begins decides as one that had them from the start."""
    options = replace(tape.options, **{name: OTHERWISE[name]})
    changed = ForkedCall(tape.options)
    changed.change_options(options)
    assert decided(changed, tape) == decided(Call(options), tape)


def test_most_options_matter_to_this_call(tape: Tape) -> None:
    as_it_was = decided(Call(tape.options), tape)
    without = {
        name
        for name, value in OTHERWISE.items()
        if decided(Call(replace(tape.options, **{name: value})), tape) == as_it_was
    }
    assert len(without) <= len(OTHERWISE) // 2, without


@pytest.mark.parametrize("number", range(4))
def test_a_fork_without_a_change_is_the_call(tape: Tape, number: int) -> None:
    call = taped_call(tape)
    run = closed_loop(call, tape.options, fork=fork_place(call, number))
    assert said(run.turns) == said(call.turns) and run.hang_up == call.hang_up
    assert [turn.first_sent_at for turn in run.turns] == [turn.first_sent_at for turn in call.turns]


def test_only_what_is_behind_the_fork_is_otherwise(phrases: Path) -> None:
    steps = ("say what are your opening hours", "say how much does it cost", "hang up")
    tape = taped(phrases, steps, Peers(transcripts=("what are your opening", "how much does it") * 3))
    call = taped_call(tape)
    options = replace(tape.options, endpoint_ms=1200, endpoint_least_ms=1200)
    run = closed_loop(call, options, fork=fork_place(call, 2))
    assert run.turns[1].endpoint_at == call.turns[1].endpoint_at
    assert run.turns[1].first_sent_at == call.turns[1].first_sent_at
    was, now = call.turns[2].endpoint_at, run.turns[2].endpoint_at
    assert was is not None and now is not None and now > was + 0.3
    whole = closed_loop(call, options)
    assert (whole.turns[1].endpoint_at or 0) > (call.turns[1].endpoint_at or 0) + 0.3


def test_a_turn_that_is_not_there_is_named(tape: Tape) -> None:
    call = taped_call(tape)
    assert fork_place(call, 0) == 0
    for number in (-1, 99):
        with pytest.raises(ChangeError, match=f"no turn {number}: the call has turns 0 to {len(call.turns) - 1},"):
            fork_place(call, number)
    # A turn of keys begins with its question.
    keys = next(turn for turn in call.turns if turn.kind == "dtmf")
    asked_at = keys.asked_at
    assert asked_at is not None
    assert asked_at - 0.6 < tape.moments[fork_place(call, keys.number)].now <= asked_at
    call.turns[1].speech_started_at = call.turns[1].asked_at = None
    assert fork_place(call, 1) < len(tape.moments)
    call.turns[1].sentences.clear()
    assert tape.moments[fork_place(call, 1)].now < 0.1


def test_options_of_the_start_say_that_it_is_over(tape: Tape) -> None:
    result = run_tape(tape, "a", [{"max_call": 9.0}], from_turn=2)
    assert result.without_effect == [{"max_call": "the time of a call runs from its start"}]
    assert run_tape(tape, "a", [{"max_call": 900.0}], from_turn=0).without_effect == [{}]


def test_a_fork_needs_the_same_decisions_before_it(tape: Tape) -> None:
    moments = list(tape.moments)
    moments[1] = Moment(moments[1].now, moments[1].event, [["Note", {"name": "gone"}]])
    with pytest.raises(TapeError, match="decides otherwise before turn 2"):
        run_tape(Tape(tape.header, moments, tape.phrase_audio, end=tape.end), "a", [{}], from_turn=2)


def test_a_fork_as_a_developer_asks_for_it(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    ran = CliRunner().invoke(replay.app, [str(path), "--from-turn", "2", "--set", "endpoint_ms=900"])
    assert ran.exit_code == 0 and "endpoint_ms=900 from turn 2 on" in ran.output
    alone = CliRunner().invoke(replay.app, [str(path), "--from-turn", "2"])
    assert alone.exit_code == 2 and "--from-turn needs --set" in alone.stderr
    far = CliRunner().invoke(replay.app, [str(path), "--from-turn", "77", "--set", "endpoint_ms=900"])
    assert far.exit_code == 2 and "no turn 77" in far.stderr


def test_an_open_utterance_takes_other_thresholds() -> None:
    endpointer = Endpointer(EndpointOptions(endpoint_ms=500))
    frame = bytes(FRAME_PCM)
    for _ in range(10):
        endpointer.push(frame, 1.0)
    endpointer.change(EndpointOptions(endpoint_ms=100))
    ended = [endpointer.push(frame, 0.0) for _ in range(5)]
    assert [bool(edges) for edges in ended] == [False, False, False, False, True]
    # Silence that the words of the utterance have set stays.
    for _ in range(10):
        endpointer.push(frame, 1.0)
    endpointer.endpoint_ms = 60
    endpointer.change(EndpointOptions(endpoint_ms=700))
    assert [bool(endpointer.push(frame, 0.0)) for _ in range(3)] == [False, False, True]
