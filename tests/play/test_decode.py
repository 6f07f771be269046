"""Recordings of every kind become mu-law at 8 kHz; what is no recording is refused by name."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media import g711
from ivr.media.loudness import level
from ivr.play.decode import decode, looks_like
from ivr.play.places import PlayRefused


def recording(rate: int = 8000, channels: int = 1, seconds: float = 1.0, peak: float = 0.5, **form: Any) -> bytes:
    """A tone of 440 Hz in a file."""
    tone = peak * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    written = io.BytesIO()
    soundfile.write(written, np.stack([tone] * channels, axis=1), rate, **{"format": "WAV", **form})
    return written.getvalue()


def loudest_hz(ulaw: bytes) -> float:
    pcm = np.frombuffer(g711.decode(ulaw), "<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))) * 8000 / len(pcm))


def reason(data: bytes) -> str:
    with pytest.raises(PlayRefused) as refused:
        decode(data)
    return refused.value.reason


@pytest.mark.parametrize(
    ("rate", "channels", "form"),
    [
        *((8000, 1, {"subtype": kind}) for kind in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "ULAW", "ALAW", "FLOAT")),
        *((rate, 1, {}) for rate in (6000, 11025, 12000, 16000, 22050, 37000, 44100, 48000, 88200, 96000, 192000)),
        (44100, 2, {"subtype": "PCM_24"}),
        (16000, 6, {"format": "WAVEX"}),
        *((rate, channels, {"format": "MP3"}) for rate, channels in ((8000, 1), (16000, 1), (44100, 2), (48000, 1))),
    ],
)
def test_a_tone_stays_the_same_tone(rate: int, channels: int, form: dict[str, Any]) -> None:
    ulaw = decode(recording(rate, channels, **form))
    assert len(ulaw) == pytest.approx(8000, abs=800)
    assert loudest_hz(ulaw) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("rate", "form"), [(8000, "WAV"), (44100, "WAV"), (37000, "WAV"), (44100, "MP3"), (48000, "MP3")]
)
def test_there_is_no_hole_between_two_seconds(rate: int, form: str) -> None:
    pcm = np.frombuffer(g711.decode(decode(recording(rate, 2, 3.3, format=form))), "<i2").astype(float)
    levels = pcm[: len(pcm) // 400 * 400].reshape(-1, 400).std(axis=1)[2:-3]
    assert levels.min() > 0.9 * levels.max()


@pytest.mark.parametrize("peak", [0.03, 0.2, 0.7])
def test_every_recording_has_the_loudness_of_the_agent(peak: float) -> None:
    assert level(g711.decode(decode(recording(peak=peak)))) == pytest.approx(-20, abs=1.0)


def test_two_channels_become_one() -> None:
    left, right = np.sin(np.arange(8000) * 0.3), np.zeros(8000)
    written = io.BytesIO()
    soundfile.write(written, np.stack([left, right], axis=1), 8000, format="WAV")
    assert loudest_hz(decode(written.getvalue())) == pytest.approx(0.3 * 8000 / (2 * np.pi), abs=3)


@pytest.mark.parametrize("cut", [0, 3, 20, 44])
def test_damaged_files_are_refused(cut: int) -> None:
    assert reason(recording()[:cut]) == "play_content"


def test_a_file_that_breaks_off_is_played_to_there() -> None:
    assert len(decode(recording()[:8044])) == pytest.approx(4000, abs=10)
    whole = recording(16000, format="MP3", seconds=2.0)
    # What its header promises and it does not have is silence.
    assert loudest_hz(decode(whole[: len(whole) // 2])[:5000]) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><html>",
        b"OggS" + bytes(100),
        b"fLaC" + bytes(100),
        b"\x1f\x8b" + bytes(100),
        b"RIFF\x00\x00\x00\x00AVI " + bytes(100),
        b"RIFF\x24\x00\x00\x00WAVE" + bytes(100),
        b"ID3" + bytes(200),
        b"\xff\xfb" + bytes(200),
        b"#!/bin/sh\n",
    ],
)
def test_other_content_is_refused(data: bytes) -> None:
    assert reason(data) == "play_content"


def test_ogg_under_another_name_is_refused() -> None:
    assert reason(recording(format="OGG")) == "play_content"
    assert looks_like(recording(format="MP3")) == "MP3"


@pytest.mark.parametrize("field", [("<I", 24, 4_000_000_000), ("<I", 24, 1000), ("<H", 22, 900), ("<H", 20, 85)])
def test_impossible_headers_are_refused(field: tuple[str, int, int]) -> None:
    data = bytearray(recording())
    form, at, value = field
    struct.pack_into(form, data, at, value)
    assert reason(bytes(data)) == "play_content"


def test_more_than_ten_minutes_are_refused() -> None:
    assert reason(recording(8000, seconds=603, subtype="ULAW")) == "play_length"


def test_silence_stays_silence() -> None:
    assert set(decode(recording(peak=0.0))) <= {0xFF, 0x7F}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"ID3", b"\xff\xfb\x90", b"RIFF\x10\x00\x00\x00WAVE"]))
def test_any_bytes_are_refused_or_played(data: bytes, head: bytes) -> None:
    try:
        decode(head + data)
    except PlayRefused as refused:
        assert refused.reason == "play_content"
