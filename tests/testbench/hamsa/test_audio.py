"""Tones and markers that tell which request audio came from, also after the telephone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import tts
from ivr.testbench.hamsa import audio as hamsa_audio
from ivr.testbench.hamsa.audio import BYTES_PER_SECOND, FORMAT_RATES, MARKERS, TONES, AudioFormat, ToneRun


def telephone(pcm: bytes, rate: int = 16_000) -> bytes:
    """PCM16 at 8 kHz after mu-law."""
    return g711.decode(g711.encode(resample(pcm, rate, 8_000)))


def noise(samples: int, level: float = 3_000, seed: int = 1) -> bytes:
    return np.random.default_rng(seed).normal(0, level, samples).astype("<i2").tobytes()


@pytest.mark.parametrize("request_number", [1, 2, 35, TONES])
def test_request_is_identified_by_its_tone(request_number: int) -> None:
    whole = hamsa_audio.tone(request_number, 64_000)
    heard = telephone(whole)
    assert hamsa_audio.identify(heard[8_000:9_600], 8_000) == request_number
    assert hamsa_audio.tone_of(request_number + TONES) == hamsa_audio.tone_of(request_number)


def test_audio_without_a_tone_is_not_identified() -> None:
    one, two = hamsa_audio.tone(1, 32_000), hamsa_audio.tone(9, 32_000)
    both = (np.frombuffer(one, "<i2") // 2 + np.frombuffer(two, "<i2") // 2).astype("<i2").tobytes()
    shifted = b"\0" + one[:-1]
    for pcm in (bytes(3_200), noise(3_200), both, shifted, one[:640], b""):
        assert hamsa_audio.identify(pcm, 16_000) is None
    beyond = (9_000 * np.sin(2 * np.pi * 7_000 * np.arange(3_200) / 16_000)).astype("<i2").tobytes()
    assert hamsa_audio.identify(beyond, 16_000) is None


def test_runs_of_two_requests() -> None:
    parts = (hamsa_audio.tone(5, 32_000), bytes(16_000), hamsa_audio.tone(6, 48_000), hamsa_audio.tone(5, 16_000))
    runs = hamsa_audio.runs(telephone(b"".join(parts)), 8_000)
    assert [run.request for run in runs] == [5, 6, 5]
    for run, (start, ms) in zip(runs, ((0, 1000), (1500, 1500), (3000, 500)), strict=True):
        assert abs(run.start_ms - start) <= 40
        assert abs(run.ms - ms) <= 60
    assert hamsa_audio.runs(b"", 8_000) == []
    assert ToneRun(1, 0, 20) == ToneRun(1, 0, 20)


def test_tone_gets_louder() -> None:
    samples = np.abs(np.frombuffer(hamsa_audio.tone(4, 64_000), "<i2"))
    assert samples[:1_600].max() < 3_000
    assert samples[-1_600:].max() > 7_000


@pytest.mark.parametrize("form", ["pcm16k", "pcm8k", "mulaw"])
@given(chars=st.integers(1, 300), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_frames_are_cut_irregularly(form: AudioFormat, chars: int, seed: int) -> None:
    audio = bytes(hamsa_audio.length(chars, 95) * BYTES_PER_SECOND[form] // 32_000 // 2 * 2)
    cut = hamsa_audio.frames(audio, form, chars, str(seed), spoken=False)
    assert b"".join(cut) == audio
    ratio = 32_000 // BYTES_PER_SECOND[form]
    assert all(0 < len(frame) * ratio <= 64_000 for frame in cut)
    assert all(len(frame) % 2 == 0 for frame in cut)
    at = hamsa_audio.times(cut, form, 0.45, 2.0)
    assert at == sorted(at)
    assert (at[0], len(at)) == (0.45, len(cut))


def test_observed_frames_and_their_times() -> None:
    cut = hamsa_audio.frames(bytes(133_222), "pcm16k", 51, "", spoken=False)
    assert [len(frame) for frame in cut] == [7_398, 32_000, 42_624, 40_698, 10_502]
    assert hamsa_audio.times(cut, "pcm16k", 0.45, 1.446)[-1] == pytest.approx(0.45 + 0.2 * 3.932)
    assert hamsa_audio.times(cut, "pcm16k", 0.45, 0.95)[-1] == pytest.approx(0.943)
    assert hamsa_audio.times(cut, "pcm16k", 0.45, 0.2) == [0.45] * 5
    assert hamsa_audio.times([], "pcm16k", 0.45, 1.0) == []
    assert hamsa_audio.frames(b"", "pcm16k", 51, "", spoken=False) == []
    assert len(hamsa_audio.frames(bytes(133_222), "pcm16k", 51, "", spoken=True)[0]) != 7_398


@given(seed=st.integers(0, 999), chars=st.integers(20, 300))
@settings(max_examples=50, deadline=None)
def test_frames_come_faster_than_they_play(seed: int, chars: int) -> None:
    audio = bytes(hamsa_audio.length(chars, 95))
    cut = hamsa_audio.frames(audio, "pcm16k", chars, str(seed), spoken=True)
    total = hamsa_audio.synthesis_time(chars, len(audio) / 32_000, spoken=True)
    heard = 0.45
    for frame, at in zip(cut, hamsa_audio.times(cut, "pcm16k", 0.45, total), strict=True):
        assert at <= heard + 1e-9
        heard += len(frame) / 32_000


def test_lengths_and_times() -> None:
    assert (hamsa_audio.length(111, 95), hamsa_audio.length(40, 100)) == (395_322, 128_000)
    assert hamsa_audio.synthesis_time(111, 12.35, spoken=False) == 2.88
    assert hamsa_audio.synthesis_time(111, 10.0, spoken=True) == pytest.approx(2.3)


def test_formats() -> None:
    pcm = hamsa_audio.tone(3, 32_000)
    for form, size in (("pcm16k", 32_000), ("pcm8k", 16_000), ("mulaw", 8_000)):
        assert len(hamsa_audio.encoded(pcm, 16_000, form)) == size  # type: ignore[arg-type]
    assert FORMAT_RATES["mulaw"] == 8_000


@pytest.mark.parametrize("number", [1, 7, 16, 17, 31, 80, MARKERS])
@pytest.mark.parametrize("level", [0, 300, 1_000])
def test_marker_survives_speech_and_the_telephone(number: int, level: int) -> None:
    speech = resample(noise(12_000, level, number), 8_000, 16_000)
    there = telephone(hamsa_audio.marked(speech, number, 16_000))
    assert hamsa_audio.marker(resample(there, 8_000, 16_000), 16_000) == number
    assert hamsa_audio.marker(there[4_000:16_000], 8_000) == number


@pytest.mark.skipif(not tts.available(), reason="needs an espeak-ng voice")
def test_every_marker_is_found_in_speech_and_in_a_part_of_it() -> None:
    missed = []
    for text, language in (("Where is my shipment?", "en"), ("وين شحنتي الحين", "ar"), ("she sells sea shells", "en")):
        pcm = tts.say(text, language, rate=8_000)
        assert hamsa_audio.marker(telephone(resample(pcm, 8_000, 16_000)), 8_000) is None, text
        for number in range(1, MARKERS + 1):
            there = telephone(resample(hamsa_audio.marked(pcm, number, 8_000), 8_000, 16_000))
            third = len(there) // 6 * 2
            missed += [(text, number) for part in (there, there[third:]) if hamsa_audio.marker(part, 8_000) != number]
    assert missed == []


def test_no_marker_is_found_where_none_is() -> None:
    for seed in range(30):
        assert hamsa_audio.marker(noise(16_000, 1_500, seed), 16_000) is None
    assert hamsa_audio.marker(bytes(32_000), 16_000) is None
    assert hamsa_audio.marker(bytes(100), 16_000) is None
    assert hamsa_audio.marker(hamsa_audio.tone(1, 64_000), 16_000) is None
    for number in (0, MARKERS + 1):
        with pytest.raises(ValueError, match="markers are 1 to"):
            hamsa_audio.marked(b"", number, 8_000)
