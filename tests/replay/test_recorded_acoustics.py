"""A call without its audio decides the same, given the numbers that were measured on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.call import Call
from ivr.call.events import AudioIn, TtsAudio
from ivr.media.acoustics import Acoustics
from ivr.replay import exact, tape_file
from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.records import command_record
from ivr.replay.tape import Leg, Moment, Tape
from tests.media.test_beep import tones
from tests.replay.noisy_line import tapes
from tests.replay.taped import taped

LENGTHS: dict[Leg, str] = {"caller": "lengths", "stt": "words", "agent": "words", "tts": "lengths"}
PCM, ULAW = b"\x10\x20" * 160, b"\x10" * 160


def without_audio(tape: Tape) -> Tape:
    """The tape as it is kept without audio, each event with what was measured."""
    call = Call(tape.options, Acoustics(keep=True))
    moments = []
    for moment in tape.moments:
        commands = call.receive(moment.event, moment.now)
        records = [command_record(command, audible=False) for command in commands]
        moments.append(Moment(moment.now, moment.event, records, call.acoustics.taken))
    return Tape(replace(tape.header, legs=LENGTHS), moments, {}, end=tape.end)


def replayed(tape: Tape, folder: Path) -> tuple[Tape, RecordedAcoustics, list[exact.ReplayStep]]:
    """Keep the tape in a file, read it again, and run it."""
    tape_file.write(folder / "a.tape", tape)
    read = tape_file.read(folder / "a.tape")
    assert not read.faults or read.faults == ["the tape breaks off: the call has no end"]
    acoustics = RecordedAcoustics()
    return read, acoustics, list(exact.steps(read, Call(read.options, acoustics)))


def test_a_whole_call_needs_no_audio(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    steps = ("say what are your opening hours", "over 900 say stop it please", "wait", "over 700 say ahem", "wait")
    tape = without_audio(taped(tmp_path_factory.mktemp("phrases"), steps))
    read, acoustics, done = replayed(tape, tmp_path)
    assert {type(m.event) for m in read.moments} >= {AudioIn, TtsAudio}
    assert not any(set(m.event.payload) - {0xFF} for m in read.moments if isinstance(m.event, AudioIn))
    assert [step.index for step in done if not step.same] == []
    assert acoustics.missed == 0
    assert all(step.same for step in exact.steps(read))


def test_calls_with_noise_echo_and_bursts_need_no_audio(tmp_path: Path) -> None:
    decided = set()
    for number, tape in enumerate(tapes(16)):
        read, acoustics, done = replayed(without_audio(tape), tmp_path)
        assert [step.index for step in done if not step.same] == [], number
        assert acoustics.missed == 0, number
        decided |= {name for step in done for name, *_ in step.records}
        # Without the numbers the same silence decides otherwise: the test is not blind.
        bare = replace(read, moments=[replace(moment, sounds=()) for moment in read.moments])
        assert not all(step.same for step in exact.steps(bare)), number
    assert decided >= {"Transcribe", "SendClear", "Speak", "RequestReply", "Note", "HangUp"}


def test_audio_is_measured_where_nothing_is_told() -> None:
    acoustics = RecordedAcoustics()
    acoustics.give([7, None])
    assert acoustics.frame(PCM, b"") == (7, None)
    assert acoustics.missed == 0
    assert acoustics.frame(PCM, b"") == Acoustics().frame(PCM, b"")
    assert acoustics.missed == 1
    assert acoustics.frame(PCM, ULAW) == Acoustics().frame(PCM, ULAW)
    assert acoustics.missed == 3
    acoustics.give([7, None, 9, 11])
    assert acoustics.frame(PCM, ULAW) == (7, Acoustics().frame(PCM, ULAW)[1])
    assert acoustics.missed == 4
    assert acoustics.frame(PCM, b"") == (9, None)
    assert acoustics.missed == 4


def test_a_stretch_is_told_beside_the_frames() -> None:
    acoustics = RecordedAcoustics()
    acoustics.give([1, 2, [3, 4], 5, 6])
    assert acoustics.frame(PCM, ULAW) == (1, 2)
    assert acoustics.frame(PCM, ULAW) == (5, 6)
    assert acoustics.stretch([ULAW, ULAW]) == [3, 4]
    assert acoustics.missed == 0
    assert acoustics.stretch([ULAW]) == Acoustics().stretch([ULAW])
    acoustics.give([[3, 4, 5]])
    assert acoustics.stretch([ULAW]) == Acoustics().stretch([ULAW])
    assert acoustics.missed == 2


@pytest.mark.parametrize("odd", ["x", -1, 40000, 2.5, True, {}])
def test_a_hostile_number_is_not_taken(odd: object) -> None:
    acoustics = RecordedAcoustics()
    acoustics.give([odd, odd, [odd]])
    assert acoustics.frame(PCM, ULAW) == Acoustics().frame(PCM, ULAW)
    assert acoustics.stretch([ULAW]) == Acoustics().stretch([ULAW])
    assert acoustics.missed == 3


def test_what_a_moment_has_left_is_over_with_it() -> None:
    acoustics = RecordedAcoustics()
    acoustics.give([1, None, 2, None, [3]])
    acoustics.give([])
    assert acoustics.frame(bytes(320), b"") == (0, None)
    assert acoustics.stretch([]) == []
    assert acoustics.missed == 1


def test_a_tone_is_told_beside_the_frames() -> None:
    measured = Acoustics(keep=True)
    beep = tones(1000)
    measured.frame(beep, b"")
    assert measured.tone(beep) == 1000
    assert measured.tone(bytes(320)) == 0
    acoustics = RecordedAcoustics()
    acoustics.give(measured.taken)
    assert acoustics.frame(bytes(320), b"") == (measured.taken[0], None)
    assert (acoustics.tone(bytes(320)), acoustics.tone(beep)) == (1000, 0)
    assert acoustics.missed == 0
    assert (acoustics.tone(beep), acoustics.missed) == (1000, 1)
