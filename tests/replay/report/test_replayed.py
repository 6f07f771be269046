"""A report's tracks and waits are those that the phone recorded on the same call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.call.events import AudioIn, CallerLeft, TtsAudio
from ivr.media.g711 import RATE
from ivr.replay import exact
from ivr.replay.report.ear import first_audible, last_voiced
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.tape import Moment, Tape
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.recording import PhoneRecord
from tests.replay.taped import STEPS, taped
from tests.whole import world

LEAST_ERROR_MS = 20.0
"""What a wait may be off the recording."""
CALLS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "barge-in": (STEPS, {}),
    "cough": (("say what are your opening hours", "over 2000 say ahem", "wait"), {}),
    "keys": (("press 12#", "wait", "say how much does it cost", "wait"), {}),
    "filler": (
        ("say what are your opening hours", "wait", "say how much does it cost", "wait"),
        {"peers": world.Peers(pace=TokenPace(first_token=4.5, rate=400.0))},
    ),
    "slow line": (STEPS, {"peers": world.Peers(latency=0.004)}),
    "far away": (STEPS, {"peers": world.Peers(latency=0.12)}),
    "no agent": (("say what are your opening hours", "wait"), {"peers": world.Peers(agent="script=500,500,ok")}),
    "no speech": (
        ("say what are your opening hours", "wait"),
        {"peers": world.Peers(rules=("tts error requests=2",))},
    ),
}


@pytest.fixture(scope="module")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases")


def _call(name: str, phrases: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RebuiltCall, PhoneRecord]:
    """Return the report of a call, and what its phone recorded."""
    steps, more = CALLS[name]
    records: list[PhoneRecord] = []
    place = world.call

    def call(*given: Any, **options: Any) -> world.World:
        done = place(*given, **options)
        records.append(done.record)
        return done

    monkeypatch.setattr(world, "call", call)
    tape = taped(phrases, steps, **more)
    return replayed(tape), records[0]


@pytest.mark.parametrize("name", CALLS)
def test_waits_are_those_on_the_recording(name: str, phrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, record = _call(name, phrases, monkeypatch)
    assert (call.fault, call.first_difference) == ("", None)
    # Sample 0 of the recording is the first of the caller's audio, wherever the bridge's clock stands.
    first = call.clock.media_zero
    waits = [wait for wait in call.waits() if wait.begins in ("voice", "key")]
    assert waits
    for wait in waits:
        turn = call.turns[wait.turn]
        answer = next(one for one in turn.sentences if one.text)
        piece = call.pieces[turn.number, answer.number]
        # Where the answer must begin on the recording: the search starts well before, in the silence there.
        expected = round((call.time(piece.start) - first) * RATE)
        sound = first_audible(record.heard, expected - RATE // 20, len(record.heard))
        assert sound is not None
        start = round((wait.start - first) * RATE)
        if wait.begins == "voice":
            voices = [speech for speech in record.speech if speech.start < start + RATE // 10]
            voice = last_voiced(record.caller, voices[-1].start, voices[-1].end + RATE // 5)
            assert voice is not None
            start = voice
        measured = (sound - start) * 1000 / RATE
        assert sum(part.ms for part in wait.parts) == pytest.approx(measured, abs=LEAST_ERROR_MS), (turn, wait)


def test_the_tracks_are_the_phone_s(phrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, record = _call("barge-in", phrases, monkeypatch)
    assert call.clock.zero == pytest.approx(record.t0, abs=1e-5)
    assert bytes(call.caller.audio) == bytes(record.caller)
    heard = bytes(record.heard).rstrip(b"\xff")
    assert bytes(call.agent.audio).rstrip(b"\xff") == heard


def test_a_filler_is_no_answer(phrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, _ = _call("filler", phrases, monkeypatch)
    assert call.fillers
    wait = next(wait for wait in call.waits() if wait.begins == "voice")
    assert wait.start < wait.first_sound < wait.end - 1.0
    assert wait.first_sound == pytest.approx(call.time(call.fillers[0].start), abs=0.02)


def test_every_event_is_shown_with_its_state(phrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, _ = _call("barge-in", phrases, monkeypatch)
    rows = {row.index: row for row in call.rows}
    for index, moment in enumerate(call.tape.moments):
        if not isinstance(moment.event, AudioIn) or moment.commands:
            assert index in rows or type(moment.event).__name__ == "Tick"
    floors = [row.after["floor"] for row in call.rows if row.before.get("floor") != row.after.get("floor")]
    assert floors[:4] == ["speaking", "listening", "hearing", "transcribing"]
    assert "yielding" in floors
    yielded = next(row for row in call.rows if row.after["floor"] == "yielding")
    assert yielded.before["floor"] == "speaking"
    assert "agent: muted" in yielded.after


def test_marks_and_clears_are_followed(phrases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, record = _call("barge-in", phrases, monkeypatch)
    assert len(call.clears) == len(record.cleared)
    assert all(mark.back_at is not None for mark in call.marks)
    assert any(mark.cleared for mark in call.marks)
    for mark in call.marks:
        if not mark.cleared:
            assert mark.back_at == pytest.approx(mark.due_at, abs=0.001)
    assert call.agent.cleared_ms == pytest.approx(record.discarded_ms + record.cut_ms, abs=1)


def test_a_difference_is_marked_from_its_event_on(phrases: Path) -> None:
    tape = taped(phrases)
    place = next(n for n, moment in enumerate(tape.moments) if n > 500 and moment.commands)
    tape.moments[place].commands = [["SendClear", {}]]
    call = replayed(tape)
    assert call.first_difference == place
    assert [row.index for row in call.rows if row.differs] == [place]


def test_a_tape_that_cannot_be_run_is_shown_as_far_as_it_can(phrases: Path) -> None:
    tape = taped(phrases)
    tape.moments.insert(50, Moment(float("nan"), CallerLeft("stop")))
    # A rate that no audio has.
    tape.moments = [
        Moment(m.now, TtsAudio(m.event.turn, m.event.sentence, b"1234", 0), m.commands)
        if isinstance(m.event, TtsAudio)
        else m
        for m in tape.moments
    ]
    call = replayed(tape)
    assert call.fault.startswith("the call cannot be run beyond event")
    assert call.rows
    assert replayed(Tape(tape.header)).rows == []
    assert replayed(Tape(tape.header, tape.moments[1:2])).rows == []


def test_without_the_agent_s_audio_the_play_time_counts(phrases: Path) -> None:
    tape = taped(phrases)
    silent = [
        Moment(m.now, TtsAudio(m.event.turn, m.event.sentence, bytes(len(m.event.audio)), m.event.rate), m.commands)
        if isinstance(m.event, TtsAudio)
        else m
        for m in tape.moments
    ]
    legs = {**tape.header.legs, "tts": "lengths"}
    with_sound = {wait.turn: wait for wait in replayed(tape).waits() if wait.begins == "voice"}
    header = type(tape.header)(**{name: getattr(tape.header, name) for name in tape.header.__slots__} | {"legs": legs})
    call = replayed(Tape(header, silent, tape.phrase_audio, end=tape.end))
    found = [wait for wait in call.waits() if wait.begins == "voice"]
    assert found
    for wait in found:
        assert not wait.measured
        assert wait.ms == pytest.approx(with_sound[wait.turn].ms, abs=25)
    assert len(list(exact.steps(tape))) == len(tape.moments)
