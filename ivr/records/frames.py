"""Write records as frames of a file that only grows, and read the frames that are whole.

    magic (4 bytes) | length (4, big-endian) | CRC-32 of the payload (4) | payload

A process may die in the middle of a frame, and a disk may lose some of what it was given. What is whole is found all
the same: the reader goes on at the next place where a whole frame begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

FRAME_MAGIC: Final = b"\x89ivr"
_FRAME_HEAD: Final = Struct(">4sII")
MOST_BYTES: Final = 4_000_000
"""Bytes of the longest payload. A longer one is no record: its length was damaged."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold a payload, and where its frame ends in the file."""

    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class FramesRead:
    """Hold the whole frames of a file from some place on."""

    frames: list[Frame]
    end: int
    """The place up to which the file is read. What stands behind it may become a frame."""
    damaged: int
    """Bytes between frames that are none."""


def encode_frame(payload: bytes) -> bytes:
    """Return a payload as a frame. Raises ValueError for one that is too long."""
    if len(payload) > MOST_BYTES:
        raise ValueError("the record is too long")
    return _FRAME_HEAD.pack(FRAME_MAGIC, len(payload), crc32(payload)) + payload


def read_frames(data: bytes, base: int = 0) -> FramesRead:
    """Return the whole frames in the bytes of a file that begin at its place `base`."""
    frames: list[Frame] = []
    at = damaged = 0
    while (start := data.find(FRAME_MAGIC, at)) >= 0:
        if (payload := _payload(data, start)) is None:
            # Perhaps it is not written to its end yet. Where a whole one stands behind it, it never will be.
            start = next_whole(data, start + 1)
            if start < 0:
                break
            payload = _payload(data, start) or b""
        damaged += start - at
        at = start + _FRAME_HEAD.size + len(payload)
        frames.append(Frame(payload, base + at))
    return FramesRead(frames, base + at, damaged)


def _payload(data: bytes, start: int) -> bytes | None:
    """Return the payload of the frame that begins there. None: it is not whole."""
    if start + _FRAME_HEAD.size > len(data):
        return None
    _, length, checksum = _FRAME_HEAD.unpack_from(data, start)
    payload = data[start + _FRAME_HEAD.size : start + _FRAME_HEAD.size + length]
    return payload if length <= MOST_BYTES and len(payload) == length and crc32(payload) == checksum else None


def next_whole(data: bytes, start: int) -> int:
    """Return where the next whole frame begins; -1: there is none."""
    while (start := data.find(FRAME_MAGIC, start)) >= 0:
        if _payload(data, start) is not None:
            return start
        start += 1
    return -1
