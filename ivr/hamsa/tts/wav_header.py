"""Read a WAV header that may stand before streamed audio. Pure.

The service sends bare samples, but its documents show a header with sizes of 0xFFFFFFFF. So a header is looked for,
believed about rate and encoding, never required, and its sizes are never believed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

from ivr.call.events import Encoding

HEADER_LONGEST: Final = 4096
"""Bytes in which the audio has to begin."""
PLAYABLE_RATES: Final = frozenset({8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000})
_PCM, _MULAW, _EXTENSIBLE = 1, 7, 0xFFFE


@dataclass(frozen=True, slots=True)
class WavHeader:
    """Say where the audio begins and what it is."""

    length: int
    """Bytes before the first sample."""
    rate: int
    """Samples a second."""
    encoding: Encoding


def sniff(start: bytes) -> WavHeader | Literal["none", "more", "unusable"]:
    """Return what the first bytes of a reply are.

    `none`: samples already. `more`: too few bytes to tell. `unusable`: a header of audio nothing here can play.
    """
    if not (b"RIFF".startswith(start[:4]) and b"WAVE".startswith(start[8:12])):
        return "none"
    # Chunks of other names may stand between the head and the samples.
    position, form = 12, b""
    while len(start) >= position + 8:
        name, size = start[position : position + 4], struct.unpack_from("<I", start, position + 4)[0]
        position += 8
        if name == b"data":
            return _header(position, form)
        if name == b"fmt ":
            form = start[position : position + size]
        position += size + size % 2
        if position > HEADER_LONGEST:
            return "unusable"
    return "more"


def _header(length: int, form: bytes) -> WavHeader | Literal["unusable"]:
    """Read the format chunk of a header of this length."""
    if len(form) < 16:
        return "unusable"
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if code == _EXTENSIBLE and len(form) >= 26:
        code = struct.unpack_from("<H", form, 24)[0]
    if channels != 1 or rate not in PLAYABLE_RATES:
        return "unusable"
    if (code, bits) == (_PCM, 16):
        return WavHeader(length, rate, "pcm16")
    return WavHeader(length, rate, "mulaw") if (code, bits) == (_MULAW, 8) else "unusable"
