"""A part of a tape runs as a call of its own: numbers, ticks and media time follow what is left."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.call.events import AudioIn, Event, MarkReached, ReplyDelta, Tick, TranscriptArrived, TranscriptFailed, TtsAudio
from ivr.replay.edit import rerun
from ivr.replay.edit.rerun import Cutter, KeptMoment, Rerun
from ivr.replay.edit.walk import Follower
from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.tape import Moment, Tape, TapeHeader
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def cutter(tmp_path_factory: pytest.TempPathFactory) -> Cutter:
    return Cutter(taped(tmp_path_factory.mktemp("phrases")))


def without(cutter: Cutter, goes: Callable[[int, Event], bool]) -> Rerun:
    return cutter.run([one for one in cutter.all if not goes(one.index, cutter.tape.moments[one.index].event)])


def test_the_whole_tape_decides_the_same(cutter: Cutter) -> None:
    tape = cutter.tape
    assert [(m.now, m.event, list(m.commands)) for m in cutter.whole.moments] == [
        (m.now, m.event, list(m.commands)) for m in tape.moments
    ]
    assert cutter.whole.places == {index: index for index in range(len(tape.moments))}
    assert (cutter.whole.ticks, cutter.whole.broke, len(cutter.whole.turns)) == (0, "", 3)
    assert sorted(cutter.whole.opened.values()) == [0, 1, 2]


def test_answers_carry_the_numbers_of_now(cutter: Cutter) -> None:
    """The second question alone is the first question of its call, with the same answer."""
    turns = [seen.turn for seen in Follower(cutter.tape).moments()]
    first, last = turns.index(1), len(turns) - 1 - turns[::-1].index(1)
    second = next(
        i for i, m in enumerate(cutter.tape.moments) if m.event == TranscriptArrived(2, "how much does it cost")
    )
    began = second - 150
    gap = cutter.tape.moments[began].now - cutter.tape.moments[first].now
    kept = [one for one in cutter.all if one.index < first]
    kept += [KeptMoment(one.index, one.now - gap) for one in cutter.all if one.index >= began]
    run = cutter.run(kept)
    assert last < len(turns)
    assert [turn.text for turn in run.turns] == ["", "how much does it cost"]
    assert run.turns[1].heard == cutter.whole.turns[2].heard
    transcripts = [m.event for m in run.moments if isinstance(m.event, TranscriptArrived)]
    assert transcripts == [TranscriptArrived(1, "how much does it cost")]
    assert {m.event.turn for m in run.moments if isinstance(m.event, ReplyDelta | TtsAudio)} == {1}
    # Media time has no gap where a stretch was left out.
    frames = [m.event.timestamp_ms for m in run.moments if isinstance(m.event, AudioIn)]
    assert {b - a for a, b in itertools.pairwise(frames)} == {20}


def test_an_answer_to_what_is_not_asked_is_left_out(cutter: Cutter) -> None:
    run = without(cutter, lambda index, event: isinstance(event, AudioIn) and event.speech > 0.5)
    assert not any(isinstance(m.event, TranscriptArrived | ReplyDelta | TtsAudio) for m in run.moments)
    assert {turn.kind for turn in run.turns} == {"phrase"}
    failed = Tape(cutter.tape.header, [*cutter.tape.moments[:1], Moment(0.5, TranscriptFailed(1, "timeout"))])
    assert [type(m.event).__name__ for m in Cutter(failed).whole.moments] == ["CallStarted"]


def test_a_deadline_without_a_tick_gets_one(cutter: Cutter) -> None:
    run = without(cutter, lambda index, event: isinstance(event, Tick | AudioIn))
    assert run.ticks > 0
    assert any(isinstance(m.event, Tick) for m in run.moments)
    assert run.turns[0].heard == cutter.whole.turns[0].heard
    times = [m.now for m in run.moments]
    assert times == sorted(times)


def test_marks_go_by_the_names_of_now(cutter: Cutter) -> None:
    first = next(i for i, m in enumerate(cutter.tape.moments) if isinstance(m.event, MarkReached))
    run = without(cutter, lambda index, event: index == first)
    assert [turn.heard for turn in run.turns] == [turn.heard for turn in cutter.whole.turns]
    assert first not in run.places


def test_lost_frames_keep_their_gap(cutter: Cutter) -> None:
    """A frame that was lost on the line is still lost; one that was left out is not missed."""
    frames = [i for i, m in enumerate(cutter.tape.moments) if isinstance(m.event, AudioIn)]
    moments = list(cutter.tape.moments)
    del moments[frames[10]]
    other = Cutter(Tape(cutter.tape.header, moments, cutter.tape.phrase_audio))
    left_out = other.run([one for one in other.all if one.index != frames[20]])
    times = [m.event.timestamp_ms for m in left_out.moments if isinstance(m.event, AudioIn)]
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert (steps[9], set(steps[:9] + steps[10:])) == (40, {20})


def test_a_run_stops_at_the_end_of_its_call(cutter: Cutter) -> None:
    last = cutter.tape.moments[-1]
    moments = [*cutter.tape.moments, Moment(last.now + 1, Tick())]
    assert len(Cutter(Tape(cutter.tape.header, moments, cutter.tape.phrase_audio)).whole.moments) == len(moments) - 1


def test_what_today_cannot_take_is_told(cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> None:
    receive = Call.receive

    def breaks(self: Call, event: Event, now: float) -> list[Command]:
        if now > 1.0:
            raise RuntimeError("broken")
        return receive(self, event, now)

    monkeypatch.setattr(Call, "receive", breaks)
    run = cutter.run(cutter.all)
    assert run.broke == "RuntimeError: broken"
    assert 0 < len(run.moments) < len(cutter.tape.moments)


def test_a_machine_that_stood_still_gets_no_tick_in_between() -> None:
    """Where ticks came late on the tape, none is given in their place."""
    from ivr.call.events import CallStarted

    tape = Tape(
        TapeHeader("CA1"), [Moment(1.0, CallStarted("CA1", "MZ1")), Moment(60.0, Tick(45.0)), Moment(61.0, Tick())]
    )
    cutter = Cutter(tape)
    assert cutter.whole.ticks == 0
    assert cutter.run(cutter.all).moments == cutter.whole.moments
    assert cutter.whole.late > 1


def test_recorded_sounds_are_given_to_the_call(cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(RecordedAcoustics, "give", lambda self, sounds: given.append(sounds))
    moments = [Moment(m.now, m.event, m.commands, [7, 8]) for m in cutter.tape.moments[:5]]
    run = Cutter(Tape(cutter.tape.header, moments, cutter.tape.phrase_audio)).whole
    assert given[:5] == [[7, 8]] * 5
    assert [list(m.sounds) for m in run.moments] == [[7, 8]] * 5
    # Audio that is not the call's counts by its length alone.
    assert all(len(c) == 2 for m in run.moments for c in m.commands if c[0] == "SendAudio")


def test_a_command_without_fields_asks_for_nothing() -> None:
    damaged = Moment(
        0.0, Tick(), [["Transcribe"], ["Transcribe", 3], ["Transcribe", {}], ["Transcribe", {"utterance": 3}]]
    )
    assert list(rerun._asked(damaged, "Transcribe", "utterance")) == [3]
