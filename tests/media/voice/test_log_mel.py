"""The log-mel spectrogram beside one that is computed in another way: in doubles, by sums and by scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from ivr.media.voice.log_mel import BANDS, HOP, MEL_FRAMES, MEL_RATE, SAMPLES, log_mel, turn_features

Doubles = NDArray[np.float64]


def mel_to_hz(mel: float) -> float:
    """Slaney's scale: 200 Hz are 3 mel up to 1 kHz, then 27 mel are a factor of 6.4."""
    return mel * 200 / 3 if mel <= 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


def bank() -> Doubles:
    highest = 15 + 27 * math.log(8) / math.log(6.4)
    edges = [mel_to_hz(highest * place / 81) for place in range(82)]
    found = np.zeros((80, 201))
    for band in range(80):
        low, middle, high = edges[band : band + 3]
        for one in range(201):
            hz = one * 40
            if low < hz <= middle:
                found[band, one] = (hz - low) / (middle - low)
            elif middle < hz < high:
                found[band, one] = (high - hz) / (high - middle)
        found[band] *= 2 / (high - low)
    return found


def reference(audio: Doubles) -> Doubles:
    padded = np.pad(audio, 200, mode="reflect")
    _, _, spectra = signal.stft(padded, window="hann", nperseg=400, noverlap=240, boundary=None, padded=False)
    # scipy divides by the sum of the window.
    power = np.abs(spectra * signal.get_window("hann", 400).sum()) ** 2
    bands = np.log10(np.maximum(bank() @ power[:, :-1], 1e-10))
    found: Doubles = (np.maximum(bands, bands.max() - 8) + 4) / 4
    return found


def voice(seconds: float, loud: float = 6000) -> Doubles:
    """Return something like a voice: harmonics of a pitch that falls, syllables, a little noise."""
    time = np.arange(round(seconds * MEL_RATE)) / MEL_RATE
    phase = 2 * np.pi * np.cumsum(160 - 20 * time / max(seconds, 1e-9)) / MEL_RATE
    tone = sum(np.sin(part * phase) / part for part in range(1, 20))
    noise = np.random.default_rng(7).normal(0, 0.02, len(time))
    found: Doubles = loud * (tone * (np.sin(2 * np.pi * 4 * time) > -0.3) + noise)
    return found


def pcm(audio: Doubles) -> bytes:
    return np.clip(np.rint(audio), -32768, 32767).astype("<i2").tobytes()


def whole(data: bytes) -> Doubles:
    """Return what is looked at of PCM: its last 8 s, silence before it, of mean 0 and variance 1."""
    samples = np.frombuffer(data, "<i2").astype(np.float64)[-SAMPLES:] / 32768
    audio = np.concatenate((np.zeros(SAMPLES - len(samples)), samples))
    found: Doubles = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    return found


@pytest.mark.parametrize(
    "audio",
    [voice(8), voice(2.5), voice(11, 20_000), voice(3, 40), np.random.default_rng(3).normal(0, 3000, SAMPLES)],
    ids=["8 s", "short", "long", "soft", "noise"],
)
def test_it_is_what_another_computation_finds(audio: Doubles) -> None:
    found = turn_features(pcm(audio))
    assert found.shape == (BANDS, MEL_FRAMES) == (80, 800)
    assert found.dtype == np.float32
    assert np.abs(found - reference(whole(pcm(audio)))).max() < 1e-3


@pytest.mark.parametrize("data", [b"", bytes(2), bytes(64_000)], ids=["nothing", "a sample", "2 s"])
def test_silence_is_as_low_as_can_be(data: bytes) -> None:
    assert turn_features(data) == pytest.approx(np.full((80, 800), -1.5), abs=1e-6)


def test_only_the_last_eight_seconds_are_looked_at() -> None:
    late = pcm(voice(8))
    assert np.array_equal(turn_features(pcm(voice(3, 30_000)) + late), turn_features(late))


def test_half_a_sample_at_the_end_is_left_out() -> None:
    assert np.array_equal(turn_features(pcm(voice(1)) + b"\x07"), turn_features(pcm(voice(1))))


def test_loudness_makes_no_difference() -> None:
    loud, soft = voice(8, 8000), voice(8, 2000)
    assert np.abs(turn_features(pcm(loud)) - turn_features(pcm(soft))).mean() < 0.01


def test_the_end_of_the_voice_is_at_the_end() -> None:
    found = turn_features(pcm(np.concatenate((voice(1), np.zeros(3200)))))
    levels = found.mean(axis=0)
    assert levels[-115:-25].mean() > levels[-15:].mean() + 0.3
    assert levels[-15:].mean() == pytest.approx(levels[:600].mean(), abs=0.1)


@pytest.mark.parametrize("hops", [2, 3, 50])
def test_it_takes_any_number_of_hops(hops: int) -> None:
    audio = voice(1)[: hops * HOP] / 32768
    found = log_mel(audio.astype(np.float32))
    assert found.shape == (80, hops)
    assert np.abs(found - reference(audio)).max() < 1e-3
