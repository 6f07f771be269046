"""Recordings are sealed while they grow, and opened only as they were written."""

from __future__ import annotations

import base64

import pytest

from ivr.recording.sealed import (
    SEALED_HEAD,
    SEALED_MAGIC,
    RecordingKey,
    SealedFile,
    Sealer,
    UnreadableRecording,
    closing_chunk,
    read_keys,
)

KEY, OTHER = RecordingKey(bytes(range(32))), RecordingKey(bytes(32))
SALT = b"s" * 16
PARTS = (b"first part", b"second", b"the third")


def sealed(*, closed: bool = True) -> bytes:
    sealer = Sealer(KEY, SALT)
    data = sealer.head + b"".join(sealer.seal(part) for part in PARTS)
    assert "chunks" in repr(sealer)
    return data + sealer.seal(b"", last=True) if closed else data


def opened(data: bytes) -> bytes:
    return b"".join(SealedFile(data, [OTHER, KEY]).audio())


def test_what_was_sealed_is_opened() -> None:
    data = sealed()
    assert opened(data) == b"".join(PARTS)
    assert not any(part in data for part in PARTS)
    file = SealedFile(data, [KEY])
    assert list(file.audio()) == [*PARTS, b""]
    assert (file.closed, file.chunks, file.end) == (True, 4, len(data))
    assert "closed=True" in repr(file)


def test_a_file_that_is_cut_at_any_byte_is_told() -> None:
    data = sealed()
    for end in range(len(data)):
        with pytest.raises(UnreadableRecording) as told:
            opened(data[:end])
        assert ("breaks off" in str(told.value)) == (end >= SEALED_HEAD)


def test_a_file_with_any_byte_changed_is_told() -> None:
    data = sealed()
    for at in range(len(data)):
        with pytest.raises(UnreadableRecording):
            opened(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_parts_in_another_order_are_told() -> None:
    sealer = Sealer(KEY, SALT)
    head, first, second = sealer.head, sealer.seal(b"one"), sealer.seal(b"two")
    with pytest.raises(UnreadableRecording, match="part 1"):
        opened(head + second + first)
    with pytest.raises(UnreadableRecording, match="behind"):
        opened(sealed() + b"x")


def test_keys_that_do_not_open_it() -> None:
    with pytest.raises(UnreadableRecording, match=KEY.id.hex()):
        SealedFile(sealed(), [OTHER])
    with pytest.raises(UnreadableRecording, match="newer bridge"):
        SealedFile(SEALED_MAGIC[:7] + b"\x02" + sealed()[8:], [KEY])
    with pytest.raises(UnreadableRecording, match="not an encrypted"):
        SealedFile(b"RIFF" + bytes(100), [KEY])


@pytest.mark.parametrize("torn", [0, 1, 4, 12])
def test_a_file_that_broke_off_is_closed(torn: int) -> None:
    whole = sealed(closed=False)
    data = whole + Sealer(KEY, SALT, 3).seal(b"lost")[:torn]
    end, last = closing_chunk(data, [KEY])
    assert opened(data[:end] + last) == b"".join(PARTS)
    assert end == len(whole)


def test_only_what_broke_off_is_closed() -> None:
    with pytest.raises(UnreadableRecording, match="whole"):
        closing_chunk(sealed(), [KEY])
    data = sealed(closed=False)
    with pytest.raises(UnreadableRecording, match="changed"):
        closing_chunk(data[:-1] + bytes([data[-1] ^ 1]), [KEY])


def test_keys_are_read_as_hex_and_base64() -> None:
    hexed, based = KEY.secret.hex(), base64.b64encode(OTHER.secret).decode()
    assert read_keys(f"{hexed}, {based},") == [KEY, OTHER]
    assert read_keys("") == []
    for wrong in ("short", "z" * 64, base64.b64encode(bytes(16)).decode()):
        with pytest.raises(ValueError, match="openssl rand -hex 32"):
            read_keys(wrong)
    assert KEY.secret.hex() not in repr(KEY)
