"""A header that may come before streamed audio."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.tts.wav_header import HEADER_LONGEST, WavHeader, sniff


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def form(code: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16, more: bytes = b"") -> bytes:
    body = struct.pack("<HHIIHH", code, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    return chunk(b"fmt ", body + more)


def riff(*chunks: bytes, size: int = 0xFFFFFFFF) -> bytes:
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + b"".join(chunks) + b"data" + struct.pack("<I", size)


EXTENSIBLE = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)

HEADERS = [
    (riff(form()), WavHeader(44, 16000, "pcm16")),
    (riff(form(), size=0), WavHeader(44, 16000, "pcm16")),
    (riff(form(), size=640), WavHeader(44, 16000, "pcm16")),
    (riff(form(rate=24000)), WavHeader(44, 24000, "pcm16")),
    (riff(form(code=7, rate=8000, bits=8)), WavHeader(44, 8000, "mulaw")),
    (riff(chunk(b"LIST", b"abc"), form(), chunk(b"fact", b"1234")), WavHeader(68, 16000, "pcm16")),
    (riff(form(code=0xFFFE, more=EXTENSIBLE)), WavHeader(68, 16000, "pcm16")),
    (riff(form(code=0xFFFE, more=b"\0\0")), "unusable"),
    (riff(form(channels=2)), "unusable"),
    (riff(form(rate=96000)), "unusable"),
    (riff(form(bits=24)), "unusable"),
    (riff(form(code=3, bits=32)), "unusable"),
    (riff(form(code=7, bits=16)), "unusable"),
    (riff(), "unusable"),
    (riff(chunk(b"fmt ", b"short")), "unusable"),
    (b"RIFF" + bytes(4) + b"WAVE" + chunk(b"junk", bytes(HEADER_LONGEST)), "unusable"),
    (b"RIFF" + bytes(4) + b"AVI " + bytes(40), "none"),
    (b"\x01\x02", "none"),
    (b"", "more"),
    (b"RI", "more"),
    (b"RIFF" + bytes(4) + b"WA", "more"),
]


@pytest.mark.parametrize(("start", "found"), HEADERS, ids=range(len(HEADERS)))
def test_sniff(start: bytes, found: object) -> None:
    assert sniff(start) == found


@pytest.mark.parametrize("start", [start for start, found in HEADERS if isinstance(found, WavHeader)])
def test_every_beginning_of_a_header_asks_for_more(start: bytes) -> None:
    assert {sniff(start[:n]) for n in range(len(start))} == {"more"}
    assert sniff(start + b"RIFFaudio") == sniff(start)


@given(st.binary(max_size=200))
def test_sniff_never_raises(start: bytes) -> None:
    sniff(start)
    sniff(b"RIFF....WAVE" + start)
