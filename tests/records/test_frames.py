"""Frames: what is whole is read, wherever the file is cut and whatever is damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.records.frames import FRAME_MAGIC, MOST_BYTES, encode_frame, read_frames

PAYLOADS = [b"one", b"", FRAME_MAGIC, b"the last " * 5]
FILE = b"".join(map(encode_frame, PAYLOADS))


def payloads(data: bytes) -> list[bytes]:
    return [frame.payload for frame in read_frames(data).frames]


def test_a_file_cut_anywhere_gives_its_whole_frames() -> None:
    ends = [frame.end for frame in read_frames(FILE).frames]
    for cut in range(len(FILE) + 1):
        read = read_frames(FILE[:cut])
        assert [frame.payload for frame in read.frames] == PAYLOADS[: sum(end <= cut for end in ends)]
        # What comes later completes it: none is lost, and none comes twice.
        rest = read_frames(FILE[read.end :], read.end)
        assert payloads(FILE[:cut]) + [frame.payload for frame in rest.frames] == PAYLOADS
        assert (rest.end, rest.damaged) == (len(FILE), 0)


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_a_damaged_frame_costs_itself_alone(written: list[bytes], data: st.DataObject) -> None:
    frames = [encode_frame(payload) for payload in written]
    file = b"".join(frames)
    if not file:
        return
    place = data.draw(st.integers(0, len(file) - 1))
    hit = next(number for number in range(len(frames)) if place < len(b"".join(frames[: number + 1])))
    broken = file[:place] + bytes([file[place] ^ 0xFF]) + file[place + 1 :]
    kept = written[:hit] + written[hit + 1 :]
    assert payloads(broken) == kept


def test_a_damaged_length_does_not_hide_what_follows() -> None:
    broken = FRAME_MAGIC + (MOST_BYTES + 1).to_bytes(4, "big") + b"\0\0\0\0" + FILE
    read = read_frames(broken)
    assert ([frame.payload for frame in read.frames], read.damaged) == (PAYLOADS, 12)


def test_what_stands_between_frames_is_counted() -> None:
    read = read_frames(b"junk" + encode_frame(b"a") + b"xx" + encode_frame(b"b"))
    assert ([frame.payload for frame in read.frames], read.damaged) == ([b"a", b"b"], 6)


def test_a_record_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode_frame(bytes(MOST_BYTES + 1))
