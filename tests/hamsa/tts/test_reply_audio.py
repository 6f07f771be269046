"""The frames of one synthesis: audio, or the verdict that there is none."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.events import Encoding
from ivr.call.ports import TtsChunk
from ivr.hamsa.tts.reply_audio import Degenerate, Done, ReplyAudio, ReplyOutcome, Unusable, characters
from tests.hamsa.tts.test_wav_header import form, riff

TEXT = "أهلا وسهلا بك في خدمتنا"
SECOND = bytes(range(200)) * 160
"""One second of PCM16 at 16 kHz."""


def speech(outcomes: list[ReplyOutcome]) -> bytes:
    return b"".join(outcome.audio for outcome in outcomes if isinstance(outcome, TtsChunk))


def run(frames: list[bytes], text: str = TEXT, rate: int = 16000, encoding: Encoding = "pcm16") -> list[ReplyOutcome]:
    synthesis = ReplyAudio(text, rate, encoding)
    return [outcome for frame in frames for outcome in synthesis.feed(frame)] + synthesis.finish()


def test_audio_passes_unchanged() -> None:
    assert run([SECOND[:7398], SECOND[7398:]]) == [
        TtsChunk(SECOND[:7398], 16000, "pcm16"),
        TtsChunk(SECOND[7398:], 16000, "pcm16"),
        Done(1000, False),
    ]


def test_first_hundred_milliseconds_wait_for_more() -> None:
    synthesis = ReplyAudio(TEXT, 16000, "pcm16")
    assert synthesis.feed(SECOND[:3200]) == []
    assert synthesis.audio_ms == 100
    assert speech(synthesis.feed(SECOND[3200:3400])) == SECOND[:3400]
    assert speech(synthesis.feed(SECOND[3400:3402])) == SECOND[3400:3402]


@pytest.mark.parametrize(
    ("audio", "rate", "encoding"),
    [(640, 16000, "pcm16"), (320, 8000, "pcm16"), (160, 8000, "mulaw"), (0, 8000, "mulaw")],
)
def test_one_frame_for_a_sentence_is_degenerate(audio: int, rate: int, encoding: Encoding) -> None:
    assert run([SECOND[:audio]], TEXT, rate, encoding) == [Degenerate(20 if audio else 0, len(TEXT))]


@pytest.mark.parametrize(
    ("text", "ms", "degenerate"),
    [("نعم", 60, False), ("نعم", 59, True), ("abcde", 100, False), ("abcde", 99, True), ("", 0, True), ("", 1, False)],
)
def test_verdict_goes_by_the_text(text: str, ms: int, degenerate: bool) -> None:
    outcomes = run([SECOND[: ms * 32]], text)
    assert isinstance(outcomes[-1], Degenerate if degenerate else Done)
    assert speech(outcomes) == (b"" if degenerate else SECOND[: ms * 32])


def test_no_frames_are_degenerate() -> None:
    assert run([]) == [Degenerate(0, len(TEXT))]


def test_short_reply_that_was_given_out_is_done() -> None:
    assert run([SECOND[:6400]]) == [TtsChunk(SECOND[:6400], 16000, "pcm16"), Done(200, True)]


def test_vowel_signs_take_no_time() -> None:
    assert characters("مَرْحَبًا") == characters("مرحبا") == 5
    assert characters("  a\u200b b ") == 3


def test_odd_byte_at_the_end_is_dropped() -> None:
    assert speech(run([SECOND + b"\x01"])) == SECOND


@pytest.mark.parametrize("cut", [1, 3, 4, 11, 12, 20, 43, 44, 45])
@pytest.mark.parametrize("size", [0, 640, 0xFFFFFFFF])
def test_header_is_taken_off_wherever_it_is_cut(cut: int, size: int) -> None:
    whole = riff(form(rate=24000), size=size) + SECOND
    outcomes = run([whole[:cut], whole[cut:]])
    assert speech(outcomes) == SECOND
    assert outcomes[0] == TtsChunk(SECOND, 24000, "pcm16")
    assert outcomes[-1] == Done(666, False)


def test_mulaw_header_is_believed() -> None:
    outcomes = run([riff(form(code=7, rate=8000, bits=8)) + SECOND[:8001]])
    assert outcomes == [TtsChunk(SECOND[:8001], 8000, "mulaw"), Done(1000, False)]


@pytest.mark.parametrize("header", [riff(form(channels=2)), riff(form(code=3, bits=32))])
def test_header_of_other_audio_is_unusable(header: bytes) -> None:
    assert ReplyAudio(TEXT, 16000, "pcm16").feed(header + SECOND) == [Unusable("audio_format")]


def test_header_and_nothing_else_is_degenerate() -> None:
    assert run([riff(form())]) == [Degenerate(0, len(TEXT))]
    assert run([riff(form())[:30]]) == [Degenerate(0, len(TEXT))]
    assert run([b"RI"], "") == [Degenerate(0, 0)]


def test_endless_audio_is_unusable() -> None:
    synthesis = ReplyAudio("hm", 16000, "pcm16")
    for _ in range(10):
        assert speech(synthesis.feed(SECOND)) == SECOND
    assert synthesis.feed(b"ab" * 16) == [Unusable("too_long")]
    assert isinstance(ReplyAudio("x" * 100, 16000, "pcm16").feed(SECOND * 40)[0], TtsChunk)


@given(
    st.tuples(st.binary(min_size=1, max_size=50), st.integers(2000, 9000)).map(lambda t: (t[0] * t[1])[: t[1]]),
    st.lists(st.integers(0, 9000), max_size=8),
    st.sampled_from(["pcm16", "mulaw"]),
)
def test_cuts_do_not_matter(audio: bytes, cuts: list[int], encoding: Encoding) -> None:
    edges = [0, *sorted(min(cut, len(audio)) for cut in cuts), len(audio)]
    outcomes = run([audio[a:b] for a, b in itertools.pairwise(edges)], "نعم", 8000, encoding)
    whole = len(audio) if encoding == "mulaw" else len(audio) - len(audio) % 2
    if not audio.startswith(b"RIFF"):
        assert speech(outcomes) == audio[:whole]
        assert isinstance(outcomes[-1], Done)
    width = 1 if encoding == "mulaw" else 2
    assert all(len(outcome.audio) % width == 0 for outcome in outcomes if isinstance(outcome, TtsChunk))
