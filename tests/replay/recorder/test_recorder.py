"""What a recorder writes of a call is the call: read back it has the same events, and decides the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp
from ivr.call.events import AudioIn, CallStarted, Tick, TtsAudio, Withdraw
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.media import g711
from ivr.replay import exact, tape_file
from ivr.replay.recorder.options import RecorderOptions
from ivr.replay.recorder.recorder import HOLD_S, TapeRecorder
from ivr.replay.tape import Tape
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def recorder(folder: Path, **more: object) -> TapeRecorder:
    options = RecorderOptions(folder, **{"keep": "all", **more})  # type: ignore[arg-type]
    wall = datetime(2026, 11, 30, 12, tzinfo=UTC)
    made = TapeRecorder(options, clock=lambda: wall, chance=random.Random(1))
    made.start()
    return made


def record(recorder: TapeRecorder, tape: Tape, call_id: str = "CA12", *, events: int | None = None) -> None:
    """Let a recorder see a call as the session shows it; only the first `events` of it where that is given."""
    call = Call(tape.options)
    recorder.began(call_id, tape.began_at, call)
    for step in exact.steps(Tape(tape.header, tape.moments[:events]), call):
        recorder.happened(call_id, step.moment.now, step.moment.event, step.commands)
    if events is None:
        assert call.ended is not None
        recorder.ended(call_id, tape.moments[-1].now, call.turns, call.ended)


def test_a_recorded_call_is_read_as_it_was(call: Tape, tmp_path: Path) -> None:
    live = recorder(tmp_path / "tapes")
    record(live, call)
    live.close()
    [path] = (tmp_path / "tapes").glob("*.tape")
    tape = tape_file.read(path)
    assert call.started is not None
    assert (path.name, tape.header.call_id) == (f"{call.started.call_id}.tape", call.started.call_id)
    assert (tape.faults, tape.gaps) == ([], [])
    assert [(one.now, one.event, list(one.commands)) for one in tape.moments] == [
        (one.now, one.event, list(one.commands)) for one in call.moments
    ]
    assert tape.end is not None
    assert call.end is not None
    assert tape.end.digest == call.end.digest
    assert (tape.end.events, tape.end.turns, tape.end.result) == (len(call.moments), call.end.turns, "success")
    assert tape.header.started_on == "2026-11-30T12:00:00.000+00:00"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert all(step.same for step in exact.steps(tape))
    assert not live.writer._thread.is_alive()
    assert live.writer.outcomes == {"kept": 1}


def test_what_breaks_off_is_kept(call: Tape, tmp_path: Path) -> None:
    live = recorder(tmp_path)
    record(live, call, events=500)
    live.close()
    [tape] = map(tape_file.read, tmp_path.glob("*.tape"))
    assert len(tape.moments) == 500
    assert tape.faults == ["the tape breaks off: the call has no end"]


def test_a_crash_costs_a_second_at_most(call: Tape, tmp_path: Path) -> None:
    live = recorder(tmp_path)
    record(live, call, events=500)
    held = sum(len(one.happenings) for calls in live._calls.values() for one in calls)
    # The process dies here: what is held is lost, and the thread writes no more.
    live._calls.clear()
    live.writer.close()
    [tape] = map(tape_file.read, tmp_path.glob("*.tape"))
    assert len(tape.moments) == 500 - held
    assert 0 < call.moments[499].now - tape.moments[-1].now <= HOLD_S


def test_calls_are_handed_over_in_shifts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = recorder(tmp_path)
    given: list[int] = []

    def add(ticket: int, *_: object) -> bool:
        given.append(ticket)
        return True

    monkeypatch.setattr(live.writer, "add", add)
    handed: dict[float, tuple[int, ...]] = {}
    for number in range(10):
        live.began(f"CA{number}", 100.0, Call(CallOptions()))
    for frame in range(250):
        now = 100.0 + frame * 0.02
        for number in range(10):
            live.happened(f"CA{number}", now, Tick(), [])
        if given and now > 101:
            handed[now] = tuple(given)
        given.clear()
    live.writer.close()
    assert set(handed.values()) == {(1, 6), (2, 7), (3, 8), (4, 9), (5, 10)}
    of_one = [now for now, tickets in handed.items() if 1 in tickets]
    assert len(of_one) == 5
    assert all(after - before <= HOLD_S + 0.021 for before, after in pairwise(of_one))


def test_a_second_stream_has_its_own_tape(tmp_path: Path) -> None:
    live = recorder(tmp_path)
    calls = [Call(CallOptions()), Call(CallOptions())]
    over = []
    for at, call in enumerate(calls):
        started = CallStarted("CA1", f"MZ{at}")
        live.began("CA1", at, call)
        live.happened("CA1", at, started, call.receive(started, at))
        if at == 0:
            # The first is told of the second before it begins, and ends after.
            live.happened("CA1", 0.5, Withdraw("superseded"), call.receive(Withdraw("superseded"), 0.5))
            assert call.ended is not None
            over.append((call, call.ended))
    live.ended("CA1", 1.1, calls[0].turns, over[0][1])
    live.happened("CA1", 2.0, Withdraw("x"), calls[1].receive(Withdraw("x"), 2.0))
    assert calls[1].ended is not None
    live.ended("CA1", 2.0, calls[1].turns, calls[1].ended)
    live.close()
    tapes = [tape_file.read(tmp_path / name) for name in ("CA1.tape", "CA1-2.tape")]
    assert [tape.end.reason for tape in tapes if tape.end is not None] == ["superseded", "x"]
    assert [tape.started.stream_id for tape in tapes if tape.started is not None] == ["MZ0", "MZ1"]


def test_one_call_in_four_is_recorded(tmp_path: Path) -> None:
    live = recorder(tmp_path, one_in=4)
    for number in range(400):
        short_call(live, f"CA{number}")
    live.close()
    assert 70 < len(list(tmp_path.glob("*.tape"))) < 130


def test_a_call_that_is_not_known_does_no_harm(tmp_path: Path) -> None:
    live = recorder(tmp_path)
    live.happened("CA9", 0.0, Tick(), [])
    live.ended("CA9", 0.0, [], HangUp("success", "x"))
    live.close()
    assert not list(tmp_path.glob("*.tape*"))


def short_call(live: TapeRecorder, call_id: str) -> list[Turn]:
    """Record a call that is over at once."""
    call = Call(CallOptions())
    live.began(call_id, 1.0, call)
    for event in (CallStarted(call_id, "MZ1"), Withdraw("x")):
        live.happened(call_id, 1.0, event, call.receive(event, 1.0))
    assert call.ended is not None
    live.ended(call_id, 1.0, call.turns, call.ended)
    return list(call.turns)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    import threading

    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "tapes"]


def test_only_a_call_with_trouble_is_kept(call: Tape, tmp_path: Path) -> None:
    live = recorder(tmp_path, keep="trouble")
    record(live, call)
    short_call(live, "CA2")
    live.close()
    assert call.started is not None
    assert [path.name for path in tmp_path.glob("*.tape*")] == ["CA2.tape"]
    assert live.writer.outcomes == {"kept": 1, "not_kept": 1}
    end = tape_file.read(tmp_path / "CA2.tape").end
    assert end is not None
    assert [(one.kind, one.detail) for one in end.trouble] == [("end", "bridge_error: x")]


def test_a_tape_without_audio_decides_the_same(call: Tape, tmp_path: Path) -> None:
    for audio in (True, False):
        live = recorder(tmp_path / str(audio), audio=audio)
        record(live, call)
        live.close()
    [loud], [silent] = (list((tmp_path / str(audio)).glob("*.tape")) for audio in (True, False))
    tape = tape_file.read(silent)
    assert (tape.header.legs["caller"], tape.header.legs["tts"], tape.phrase_audio) == ("scores", "lengths", {})
    heard = {byte for one in tape.moments if isinstance(one.event, AudioIn) for byte in one.event.payload}
    said = {byte for one in tape.moments if isinstance(one.event, TtsAudio) for byte in one.event.audio}
    assert (heard, said) == ({g711.SILENCE}, {0})
    assert [len(one.event.payload) for one in tape.moments if isinstance(one.event, AudioIn)] == [
        len(one.event.payload) for one in call.moments if isinstance(one.event, AudioIn)
    ]
    assert all(step.same for step in exact.steps(tape))
    assert silent.stat().st_size < loud.stat().st_size / 2


def test_only_phrases_that_were_said_are_on_the_tape(call: Tape, tmp_path: Path) -> None:
    live = recorder(tmp_path)
    record(live, call)
    live.close()
    [tape] = map(tape_file.read, tmp_path.glob("*.tape"))
    assert set(tape.phrase_audio) == {"greeting"}
    assert tape.phrase_audio["greeting"] == call.phrase_audio["greeting"]
    assert len(call.phrase_audio) > 5
    assert tape.header.phrases == call.header.phrases
