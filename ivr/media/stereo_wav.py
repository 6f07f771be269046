"""Write both sides of a call as one WAV file: mu-law at 8 kHz in two channels, the caller left, the agent right.

The header has the same length whatever follows, so that it can be put right behind the audio, or by another process.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from ivr.media.g711 import RATE

_MULAW: Final = 0x0007
_FORM: Final = struct.pack("<4sIHHIIHHH", b"fmt ", 18, _MULAW, 2, RATE, 2 * RATE, 2, 8, 0)
HEADER_BYTES: Final = 12 + len(_FORM) + 12 + 8
LONGEST_WAV: Final = 0xFFFF_FFFF - HEADER_BYTES
"""Bytes of audio that a header can tell of: over three days."""


def stereo_header(size: int) -> bytes:
    """Return the header of a file with `size` bytes of audio."""
    size = min(size - size % 2, LONGEST_WAV - 1)
    riff = struct.pack("<4sI4s", b"RIFF", HEADER_BYTES - 8 + size, b"WAVE")
    return riff + _FORM + struct.pack("<4sII4sI", b"fact", 4, size // 2, b"data", size)


def interleave(left: bytes, right: bytes) -> bytes:
    """Return two tracks of the same length as one, a sample of each in turn."""
    both = np.empty(2 * len(left), np.uint8)
    both[0::2] = np.frombuffer(left, np.uint8)
    both[1::2] = np.frombuffer(right, np.uint8)
    return both.tobytes()
