"""A change that is planted in today's code is found and named at the right event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.fillers import Fillers
from ivr.call.call import Call
from ivr.call.caller import barge_in
from ivr.call.commands import Command
from ivr.call.deadlines import Deadlines
from ivr.call.events import CallStarted, Event, Tick, TranscriptArrived
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.media.playout import Playout
from ivr.replay import tape_file
from ivr.replay.compare import difference, walk
from ivr.replay.compare.difference import compare
from ivr.replay.compare.show import headline, lines
from ivr.replay.records import command_record
from ivr.replay.tape import CommandRecord, Moment, Tape, TapeHeader
from ivr.testbench.agent.script import TokenPace
from tests.replay.taped import taped
from tests.whole.world import Peers


def shown(tape: Tape) -> str:
    return "\n".join(lines(compare(tape), "a.tape", 0.05))


def test_today_decides_the_same(tape: Tape) -> None:
    found = compare(tape)
    assert found.same
    assert found.compared == len(tape.moments)
    assert tape.end is not None
    assert shown(tape).startswith(f"a.tape: same. {tape.end.events} events, 42.9 s of a call, in 50 ms, digest ")


def test_a_tape_is_compared_up_to_its_gap(tape: Tape) -> None:
    damaged = Tape(tape.header, tape.moments[:900] + tape.moments[1200:], tape.phrase_audio, gaps=[900])
    found = compare(damaged)
    assert (found.same, found.compared) == (True, 900)
    assert "compared up to the gap before event 901" in shown(damaged)


def test_a_threshold_is_found_at_its_event(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barge_in, "PAUSE_MS", 300)
    found = compare(tape)
    assert found.parted is not None
    assert (found.parted.kind, found.parted.turn) == ("endpoint", 1)
    told = shown(tape)
    assert "then      sent utterance 2 to STT (1.72 s)" in told
    assert "turn 1, asked “what are your opening hours”" in told
    assert "the phone returned the mark" in told


def test_a_failure_of_today_is_a_finding(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    decide: Callable[..., None] = Call._transcript

    def broken(self: Call, number: int, text: str | None, now: float) -> None:
        if number == 2:
            raise KeyError("utterance")
        decide(self, number, text, now)

    monkeypatch.setattr(Call, "_transcript", broken)
    found = compare(tape)
    assert found.parted is not None
    assert (found.parted.kind, found.parted.failure) == ("failure", "KeyError: 'utterance'")
    assert "now       today's code fails: KeyError: 'utterance'" in shown(tape)


def test_other_samples_are_named_as_such(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    fade: Callable[..., bytes] = Playout._fade
    monkeypatch.setattr(Playout, "_fade", lambda self, position: fade(self, position)[::-1])
    found = compare(tape)
    assert found.parted is None
    assert found.kinds == {"audio"}
    assert "the same words, other samples" in shown(tape)


def test_a_tape_of_a_file_is_compared(tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    tape_file.write(path, tape)
    assert compare(tape_file.read(path)).same


def test_a_shorter_deadline_is_found_where_it_is_due(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = ("say what are your opening hours", "wait")
    slow = taped(tmp_path_factory.mktemp("slow"), steps, Peers(pace=TokenPace(first_token=6.0, rate=400.0)))
    assert compare(slow).same
    due: Callable[..., float | None] = Fillers.due_at

    def sooner(self: Fillers, *given: float, **more: bool) -> float | None:
        at = due(self, *given, **more)
        return None if at is None else at - 0.7

    monkeypatch.setattr(Fillers, "due_at", sooner)
    found = compare(slow)
    assert found.parted is not None
    assert found.parted.kind == "filler"
    assert headline(found.parted) == "said a filler 700 ms sooner"
    told = shown(slow)
    assert "today the call asks to be woken here" in told
    assert "the agent would have begun to speak 700 ms earlier" in told
    # A tape with something left out may lack what woke the call.
    cut = Tape(replace(slow.header, origin="cut"), slow.moments, slow.phrase_audio)
    parted = compare(cut).parted
    assert parted is not None
    assert parted.event is cut.moments[parted.index].event
    assert parted.now > found.parted.now


def test_a_call_that_wants_to_be_woken_for_ever_ends(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[float] = []
    wake = walk.Walk._wake

    def counted(self: walk.Walk, at: float) -> list[CommandRecord]:
        woken.append(at)
        return wake(self, at)

    monkeypatch.setattr(walk.Walk, "_wake", counted)
    wake_at: Callable[..., float | None] = Call.wake_at
    monkeypatch.setattr(Call, "wake_at", lambda self: -1.0 if wake_at(self) is not None else None)
    monkeypatch.setattr(barge_in, "PAUSE_MS", 300)
    assert compare(tape).parted is not None
    assert len(woken) < 3 * walk.WAKES_MOST


def test_an_answer_to_nothing_ends_the_view(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.call.caller.utterances.Utterances.text", lambda self: "")
    found = compare(tape)
    assert found.parted is not None
    assert (found.parted.kind, found.parted.telling[0].manner) == ("question", "missing")
    assert found.until_why.startswith("a piece of the reply of turn 1")
    assert found.until_why.endswith("today's code had not asked for that")
    assert found.further["speech"] > 0


def test_a_new_question_ends_the_view(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    speech: Callable[..., object] = AgentTurns.request

    def other(self: AgentTurns, turn: Turn, started: CallStarted) -> object:
        turn.number += 40
        return speech(self, turn, started)

    monkeypatch.setattr(AgentTurns, "request", other)
    found = compare(tape)
    assert found.parted is not None
    assert found.until_why.endswith("the tape has no answer to that")
    assert found.until == found.parted.now


def recorded(options: CallOptions, *events: tuple[float, Event]) -> Tape:
    """A tape of some events, with what today's code decides about them."""
    call = Call(options)
    moments = [Moment(now, event, [command_record(one) for one in call.receive(event, now)]) for now, event in events]
    return Tape(TapeHeader("CA1", options=options), moments)


def test_the_order_of_a_tie_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    options = CallOptions(silence_timeout=5.0, max_call=5.0, silence_prompts=0)
    tie = recorded(options, (1.0, CallStarted("CA1", "MZ1")), (6.0, Tick()))
    assert compare(tie).same
    due: Callable[..., list[Any]] = Deadlines.due
    monkeypatch.setattr(Deadlines, "due", lambda self, *given: due(self, *given)[::-1])
    found = compare(tie)
    assert found.parted is not None
    assert (found.parted.index, found.parted.kind) == (1, "end")
    assert headline(found.parted) == "hung up (success, call_too_long), today hung up (caller_error, caller_silent)"


def test_the_order_of_two_commands_is_found(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    receive: Callable[..., list[Command]] = Call.receive

    def otherwise(self: Call, event: Event, now: float) -> list[Command]:
        out = receive(self, event, now)
        return out[::-1] if isinstance(event, TranscriptArrived) else out

    monkeypatch.setattr(Call, "receive", otherwise)
    found = compare(tape)
    assert found.parted is None
    assert {one.kind for one in found.differences} == {"order"}
    assert isinstance(found.differences[0].event, TranscriptArrived)


@pytest.mark.parametrize(
    ("name", "value", "kind", "told"),
    [
        # A rule: how the words of an overlap are judged.
        ("ivr.call.caller.barge_in.is_backchannel", lambda *_, **__: True, "question", "today not"),
        ("ivr.call.caller.barge_in.is_command", lambda *_: True, "", ""),
        # Thresholds of the playout, the loudness and the pace.
        ("ivr.media.playout._PAUSE_SHARE", 9.0, "", ""),
        ("ivr.media.playout._TICK", -0.03, "playout", "sent"),
        ("ivr.call.call.Call._interruptible", property(lambda self: False), "yield", "went silent"),
        ("ivr.call.agent.output.g711.encode", lambda pcm: bytes(len(pcm) // 2), "audio", "sent 20 ms of audio"),
    ],
)
def test_a_rule_is_found_and_named(
    tape: Tape, monkeypatch: pytest.MonkeyPatch, name: str, value: object, kind: str, told: str
) -> None:
    monkeypatch.setattr(name, value)
    found = compare(tape)
    assert (found.differences[0].kind if found.differences else "") == kind
    assert not kind or told in headline(found.differences[0])


def test_differences_that_are_shown_are_bounded(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.call.agent.output.g711.encode", lambda pcm: bytes(len(pcm) // 2))
    monkeypatch.setattr(difference, "MOST_DIFFERENCES", 2)
    found = compare(tape)
    assert [one.kind for one in found.differences] == ["audio", "audio"]
    assert found.further["audio"] > 10
