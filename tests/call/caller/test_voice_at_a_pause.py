"""What a voice does before a pause: it moves the end of the turn, and a tape without its audio decides the same."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ivr.call.call import Call
from ivr.call.commands import Note
from ivr.call.events import AudioIn, Event, TranscriptArrived
from ivr.media import g711
from ivr.media.acoustics import VOICE, Acoustics, Sounds
from ivr.replay.recorded_acoustics import RecordedAcoustics
from tests.call.stage import STARTED, options
from tests.media.voice.made_voice import pcm, said

FALLING, RISING = pcm(said(-8, drop=-12, silence_ms=0)), pcm(said(7, silence_ms=0))


def spoken(audio: bytes) -> list[Event]:
    """A call in which the caller says this, and then nothing; words that tell nothing come late."""
    whole = bytes(320 * 20) + audio + bytes(320 * 90)
    frames = [whole[at : at + 320] for at in range(0, len(whole) - 319, 320)]
    scores = [0.95 if any(frame) else 0.0 for frame in frames]
    told = [
        AudioIn(20 * at, g711.encode(frame), score)
        for at, (frame, score) in enumerate(zip(frames, scores, strict=True))
    ]
    return [STARTED, *told, TranscriptArrived(1, "hello")]


def decided(call: Call, events: list[Event], given: list[Sounds] | None = None) -> tuple[list[object], list[Sounds]]:
    """Run the call; return its commands, and what was measured."""
    out: list[object] = []
    measured: list[Sounds] = []
    for number, event in enumerate(events):
        if given is not None:
            assert isinstance(call.acoustics, RecordedAcoustics)
            call.acoustics.give(given[number])
        out += call.receive(event, 1000.0 + 0.02 * number)
        measured.append(call.acoustics.taken)
    return out, measured


def ended(out: list[object]) -> Mapping[str, str | int | float | bool]:
    [note] = [one for one in out if isinstance(one, Note) and one.name == "turn_end"]
    return note.fields


def test_a_fall_ends_a_turn_sooner_than_a_rise() -> None:
    falls, rises = (ended(decided(Call(options()), spoken(audio))[0]) for audio in (FALLING, RISING))
    assert float(falls["voice"]) > 0 > float(rises["voice"])
    assert int(falls["wait_ms"]) < options().endpoint_ms < int(rises["wait_ms"])


@pytest.mark.parametrize("audio", [FALLING, RISING])
def test_a_tape_without_audio_decides_the_same(audio: bytes) -> None:
    events = spoken(audio)
    out, measured = decided(Call(options(), Acoustics(keep=True)), events)
    voices = [one for sounds in measured for one in sounds if isinstance(one, list) and one[:1] == [VOICE]]
    assert [len(one) for one in voices] == [5]
    bare = [AudioIn(one.timestamp_ms, b"\xff" * 160, one.speech) if isinstance(one, AudioIn) else one for one in events]
    again, _ = decided(Call(options(), RecordedAcoustics()), bare, measured)
    assert ended(again) == ended(out)
    # Without its numbers the silence on the tape says nothing of the voice.
    silent, _ = decided(
        Call(options(), RecordedAcoustics()),
        bare,
        [[one for one in sounds if one not in voices] for sounds in measured],
    )
    assert "voice" not in ended(silent)
