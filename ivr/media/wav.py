"""Read and write WAV files: what the STT wants, and what TTS and recordings come as.

Written: the plain 44-byte header and PCM16. Read: PCM16 and G.711 mu-law, any chunks in any order, and headers of
streams whose sizes were not known when they were written (`0xFFFFFFFF`, zero, or more than there is): the audio then
goes on to the end of the file. Anything else is refused with words that say what it was.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.media import g711

_PCM, _MULAW, _EXTENSIBLE = 0x0001, 0x0007, 0xFFFE
_STREAMED = (0, 0xFFFFFFFF)
_MAX_RATE = 384_000


@dataclass(frozen=True, slots=True)
class Wav:
    """Hold one decoded file."""

    pcm: bytes
    """PCM16 little-endian, channels interleaved, whole samples."""
    rate: int
    """Samples a second of one channel."""
    channels: int


@dataclass(frozen=True, slots=True)
class _WavFormat:
    """Hold what the `fmt ` chunk says."""

    code: int
    channels: int
    rate: int
    bits: int


def encode(pcm: bytes, rate: int) -> bytes:
    """Return PCM16 mono as a WAV file. `ValueError` when the last sample is half a sample."""
    if len(pcm) % 2:
        raise ValueError(f"PCM16 of an odd number of bytes: {len(pcm)}")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, rate, rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + len(pcm), b"WAVE") + form + struct.pack("<4sI", b"data", len(pcm)) + pcm


def decode(data: bytes) -> Wav:
    """Return what a WAV file holds. `ValueError` says why one cannot be read."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("not a WAV file: no RIFF/WAVE header")
    form: _WavFormat | None = None
    for name, body in _chunks(data):
        if name == b"fmt ":
            form = _format(body)
        elif name == b"data":
            if form is None:
                raise ValueError("broken WAV file: the audio comes before its format")
            match form.code, form.bits:
                case (0x0001, 16):
                    pcm = body
                case (0x0007, 8):
                    pcm = g711.decode(body)
                case _:
                    what = f"format {form.code:#06x} with {form.bits} bits"
                    raise ValueError(f"cannot read a WAV file of {what}: PCM16 or mu-law wanted")
            whole = len(pcm) - len(pcm) % (2 * form.channels)
            return Wav(pcm[:whole], form.rate, form.channels)
    raise ValueError("broken WAV file: no audio in it")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of every chunk."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        # The writer of a stream did not know its size: the audio goes on to the end of the file.
        if name == b"data" and size in _STREAMED:
            size = len(data) - at
        yield name, data[at : at + size]
        at += size + size % 2


def _format(body: bytes) -> _WavFormat:
    """Return what a `fmt ` chunk says; `ValueError` for one that makes no sense."""
    if len(body) < 16:
        raise ValueError("broken WAV file: its format is cut short")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if code == _EXTENSIBLE and len(body) >= 26:
        code = struct.unpack_from("<H", body, 24)[0]
    if not 1 <= channels <= 32 or not 1 <= rate <= _MAX_RATE:
        raise ValueError(f"broken WAV file: {channels} channels at {rate} Hz")
    return _WavFormat(code, channels, rate, bits)
