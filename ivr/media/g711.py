"""Code and decode G.711 mu-law, the telephone's own coding: one byte a sample, 8000 samples a second.

This is the one place that imports audioop: the standard library's up to Python 3.12, where it is deprecated, and the
`audioop-lts` package after. Both give the same bytes. Other files take audioop from here.

Mu-law is a table, so decoding is exact and coding again gives the same byte; the only exception is `0x7F` (minus
zero), which comes back as `0xFF` (plus zero). https://www.itu.int/rec/T-REC-G.711
"""

from __future__ import annotations

import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

__all__ = ["FRAME", "FRAME_MS", "FRAME_PCM", "RATE", "SILENCE", "audioop", "decode", "encode", "silence"]

RATE = 8000
"""Samples a second of everything that reaches or leaves the phone."""
FRAME_MS = 20
"""Length of one frame."""
FRAME = RATE * FRAME_MS // 1000
"""Samples in a frame, and its bytes as mu-law."""
FRAME_PCM = FRAME * 2
"""Bytes in a frame as PCM16."""
SILENCE = 0xFF
"""The mu-law byte of the sample zero."""
_CODE_OF = np.frombuffer(audioop.lin2ulaw(np.arange(1 << 16, dtype="<u2").tobytes(), 2), np.uint8)
"""The code of every sample, by its two bytes read as an unsigned number."""


def silence(ms: int) -> bytes:
    """Return so many milliseconds of silence, as mu-law."""
    return bytes([SILENCE]) * (ms * RATE // 1000)


def decode(ulaw: bytes) -> bytes:
    """Return mu-law as PCM16 little-endian, two bytes for each one given."""
    return audioop.ulaw2lin(ulaw, 2)


def encode(pcm: bytes) -> bytes:
    """Return PCM16 little-endian as mu-law. `ValueError` when the last sample is half a sample."""
    if len(pcm) % 2:
        raise ValueError(f"PCM16 of an odd number of bytes: {len(pcm)}")
    # A table is quicker than audioop, which searches the segment of every sample.
    return _CODE_OF.take(np.frombuffer(pcm, "<u2")).tobytes()
