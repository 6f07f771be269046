"""Speech output: the formats of TTS, and what is left when a sentence fails."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ivr.call.agent.output import SpeechOutput
from ivr.call.commands import Command, SendAudio, SendMark, Speak
from ivr.call.events import TtsAudio, TtsEnded, TtsFailed
from ivr.call.options import CallOptions, Phrase
from ivr.call.timeline import Turn
from ivr.media import g711

TONE = bytes((0x00, 0x20)) * 4 + bytes((0x00, 0xE0)) * 4
"""PCM16 at 16 kHz: 2 kHz, a quarter of full scale."""


def audio_of(commands: list[Command]) -> bytes:
    return b"".join(command.payload for command in commands if isinstance(command, SendAudio))


def run(output: SpeechOutput, now: float, seconds: float) -> bytes:
    """Let a phone play everything; returns what it got."""
    out = b""
    end = now + seconds
    marks: list[tuple[float, str]] = []
    while now < end:
        commands = output.pump(now)
        out += audio_of(commands)
        marks += [(now + 0.5, command.name) for command in commands if isinstance(command, SendMark)]
        now += 0.05
        for at, name in [mark for mark in marks if mark[0] <= now]:
            marks.remove((at, name))
            output.mark(name, now)
    return out


@pytest.mark.parametrize("cuts", [(), (2,), (640,), (640, 642, 12000), (15998,)])
def test_pcm_is_brought_to_the_phone_s_form_whatever_its_chunks(cuts: tuple[int, ...]) -> None:
    whole = TONE * 2000
    outs = []
    for places in ((), cuts):
        output, turn = SpeechOutput(CallOptions()), Turn(0, "speech")
        output.say(turn, "x", "x", 1.0)
        assert output.pump(1.0) == [Speak(0, 1, "x", quiet_at=1.0)]
        for start, end in pairwise((0, *places, len(whole))):
            output.audio(TtsAudio(0, 1, whole[start:end], 16000), 1.0)
        output.audio(TtsAudio(0, 1, b""), 1.0)
        output.speech_ended(TtsEnded(0, 1), 1.0)
        outs.append(run(output, 1.0, 4.0))
        assert output.quiet
        assert turn.sentences[0].audio_ms == pytest.approx(1000, abs=len(places) + 1)
    assert outs[0] == outs[1]
    assert len(outs[0]) == 8000
    loud = g711.audioop.rms(g711.decode(outs[0][2000:6000]), 2)
    assert 1500 < loud < 8000


def test_speak_says_when_the_caller_runs_out_of_audio() -> None:
    output, turn = SpeechOutput(CallOptions()), Turn(0, "speech")
    for number, audio in enumerate((b"\x10" * 8000, b"", b"")):
        output.say(turn, str(number), str(number), 1.0, audio)
    assert output.pump(1.0)[0] == Speak(0, 2, "1", quiet_at=2.0)
    output.audio(TtsAudio(0, 2, b"\x10" * 4000, 8000, "mulaw"), 1.1)
    output.speech_ended(TtsEnded(0, 2), 1.2)
    assert [out for out in output.pump(1.2) if isinstance(out, Speak)] == [Speak(0, 3, "2", quiet_at=2.5)]


def test_speak_counts_no_filler_as_audio_for_the_caller() -> None:
    output, turn = SpeechOutput(CallOptions()), Turn(0, "speech")
    output.fill(Phrase("wait", b"\x10" * 8000), None, 1.0)
    output.pump(1.0)
    output.say(turn, "x", "x", 1.0)
    assert [out for out in output.pump(1.3) if isinstance(out, Speak)] == [Speak(0, 1, "x", quiet_at=1.3)]


def test_mulaw_goes_through_as_it_is() -> None:
    output, turn = SpeechOutput(CallOptions()), Turn(0, "speech")
    output.say(turn, "x", "x", 1.0)
    output.pump(1.0)
    output.audio(TtsAudio(0, 1, bytes(range(160)), 8000, "mulaw"), 1.0)
    output.speech_ended(TtsEnded(0, 1), 1.0)
    assert run(output, 1.0, 1.0) == bytes(range(160))


def test_a_sentence_that_fails_without_a_sound_is_let_go() -> None:
    output, turn = SpeechOutput(CallOptions()), Turn(3, "speech")
    output.say(turn, "x", "x", 1.0)
    output.say(turn, "y", "y", 1.0)
    output.pump(1.0)
    assert output.stalled(1.0 + CallOptions().speech_timeout - 0.1) is None
    assert output.stalled(1.0 + CallOptions().speech_timeout, 12.0) is None
    stalled = output.stalled(13.0 + CallOptions().speech_timeout)
    assert stalled == TtsFailed(3, 1, "stalled")
    assert output.wake_at() == 13.0 + CallOptions().speech_timeout
    assert output.awaits(stalled)
    output.failed(stalled)
    assert turn.sentences[0].failed == "stalled"
    output.failed(TtsFailed(3, 9, "unknown"))
    output.give_up()
    assert output.pump(20.0) == []
    assert output.quiet
    assert output.stalled(99.0) is None
    assert output.wake_at() is None
    assert not turn.sentences[0].finished
    assert output.give_up() == []


def test_where_nothing_sounds_nothing_is_begun_again() -> None:
    output = SpeechOutput(CallOptions())
    assert not output.may_begin_again
    assert output.begin_again(1.0) == []


def test_ready_audio_needs_no_tts() -> None:
    output, turn = SpeechOutput(CallOptions()), Turn(0, "phrase")
    output.say(turn, "x", "x", 1.0, b"\x10" * 320)
    assert audio_of(output.pump(1.0)) == b"\x10" * 320
    assert output.owes_ms(1.0) == 40
    assert repr(output).startswith("<SpeechOutput queue=0 tts=False")


def test_a_dropped_filler_leaves_nothing_before_what_follows() -> None:
    output, turn = SpeechOutput(CallOptions(fade_ms=40)), Turn(0, "speech")
    output.fill(Phrase("wait", b"\x10" * 8000), None, 1.0)
    output.pump(1.0)
    output.say(turn, "x", "x", 1.1)
    output.pump(1.1)
    output.audio(TtsAudio(0, 1, b"\x20" * 80, 8000, "mulaw"), 1.2)
    output.drop(1.3)
    output.say(turn, "y", "y", 1.3)
    output.pump(1.3)
    output.audio(TtsAudio(0, 2, b"\x30" * 800, 8000, "mulaw"), 1.4)
    output.speech_ended(TtsEnded(0, 2), 1.4)
    assert run(output, 1.4, 1.0) == b"\x30" * 800
    assert [sentence.after_filler_s for sentence in turn.sentences] == [pytest.approx(0.96), 0.0]
