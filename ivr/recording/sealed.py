"""Encrypt a recording while it grows, and open it again: nothing of it lies on a disk unsealed.

    magic (8 bytes: name and version) | key id (8) | salt (16) | chunks: length (4, big-endian) | sealed audio

Each file has a key of its own, derived from the operator's key and the salt (HKDF-SHA256). Each chunk is sealed with
AES-256-GCM; its nonce is its number, and says whether it is the last. So a file that was changed, cut at a chunk, or
whose chunks were put into another order is told from one that is whole.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.config.recordings import read_recording_keys

SEALED_MAGIC: Final = b"IVRREC\x00\x01"
_NAMED: Final = 7
"""Bytes of the magic that name the format; the version follows."""
_ID_BYTES: Final = 8
SALT_BYTES: Final = 16
SEALED_HEAD: Final = len(SEALED_MAGIC) + _ID_BYTES + SALT_BYTES
_TAG_BYTES: Final = 16
LONGEST_CHUNK: Final = 1 << 20
"""Bytes of audio in one chunk at most: what a reader must hold of a file it does not trust."""
_LENGTH: Final = struct.Struct(">I")
_NONCE: Final = struct.Struct(">QI")


class UnreadableRecording(ValueError):
    """Say in one line why a recording cannot be opened."""


@dataclass(frozen=True, slots=True, repr=False)
class RecordingKey:
    """Hold a key of the operator's, 32 bytes."""

    secret: bytes

    @property
    def id(self) -> bytes:
        """Return what names the key in a file, and says nothing of it."""
        return hashlib.sha256(b"ivr recording key" + self.secret).digest()[:_ID_BYTES]

    def of_file(self, salt: bytes) -> AESGCM:
        """Return what seals the file with this salt."""
        derive = HKDF(SHA256(), length=32, salt=salt, info=SEALED_MAGIC)
        return AESGCM(derive.derive(self.secret))


def read_keys(written: str) -> list[RecordingKey]:
    """Return the operator's keys, the one that seals first. Raises ValueError, one line, for one that is none."""
    return [RecordingKey(secret) for secret in read_recording_keys(written)]


class Sealer:
    """Seal one file, chunk by chunk."""

    def __init__(self, key: RecordingKey, salt: bytes, chunks: int = 0) -> None:
        """Take the file's salt, 16 random bytes that no other file has. `chunks`: those it has already."""
        self.head = SEALED_MAGIC + key.id + salt
        self._cipher = key.of_file(salt)
        self._chunks = chunks

    def __repr__(self) -> str:
        return f"<Sealer {self._chunks} chunks>"

    def seal(self, audio: bytes, *, last: bool = False) -> bytes:
        """Return audio as the next chunk. `last`: no other follows."""
        nonce = _NONCE.pack(self._chunks, last)
        self._chunks += 1
        sealed = self._cipher.encrypt(nonce, audio, self.head)
        return _LENGTH.pack(len(sealed)) + sealed


class SealedFile:
    """Read a sealed file."""

    def __init__(self, data: bytes, keys: Sequence[RecordingKey]) -> None:
        """Raises UnreadableRecording for what is none, or is sealed with another key."""
        if len(data) < SEALED_HEAD or data[:_NAMED] != SEALED_MAGIC[:_NAMED]:
            raise UnreadableRecording("this is not an encrypted recording, or less than its head")
        if data[: len(SEALED_MAGIC)] != SEALED_MAGIC:
            raise UnreadableRecording("a newer bridge has written this recording: open it with that")
        salted = len(SEALED_MAGIC) + _ID_BYTES
        named, salt = data[len(SEALED_MAGIC) : salted], data[salted:SEALED_HEAD]
        key = next((key for key in keys if key.id == named), None)
        if key is None:
            raise UnreadableRecording(
                f"the recording is encrypted with the key {named.hex()}: add it to IVR_RECORDINGS_KEY"
            )
        self.key, self.salt = key, salt
        self.chunks = 0
        """Whole chunks that were read."""
        self.end = SEALED_HEAD
        """Where they end."""
        self.closed = False
        """The last of them is the file's last."""
        self._data = data
        self._cipher = key.of_file(salt)

    def __repr__(self) -> str:
        return f"<SealedFile {self.chunks} chunks, closed={self.closed}>"

    def audio(self) -> Iterator[bytes]:
        """Yield the audio of each whole chunk. Raises UnreadableRecording behind them when the file is not whole."""
        data, head = self._data, self._data[:SEALED_HEAD]
        while not self.closed:
            start = self.end + _LENGTH.size
            size = _LENGTH.unpack_from(data, self.end)[0] if start <= len(data) else -1
            if size > LONGEST_CHUNK + _TAG_BYTES:
                raise UnreadableRecording(f"the recording was changed or damaged in its part {self.chunks + 1}")
            if size < 0 or start + size > len(data):
                raise UnreadableRecording(f"the recording breaks off behind {self.chunks} whole parts")
            sealed = data[start : start + size]
            for last in (False, True):
                try:
                    audio = self._cipher.decrypt(_NONCE.pack(self.chunks, last), sealed, head)
                except InvalidTag:
                    continue
                break
            else:
                raise UnreadableRecording(f"the recording was changed or damaged in its part {self.chunks + 1}")
            self.chunks, self.end, self.closed = self.chunks + 1, start + size, last
            yield audio
        if self.end != len(data):
            raise UnreadableRecording("there is something behind the recording's end")


def closing_chunk(data: bytes, keys: Sequence[RecordingKey]) -> tuple[int, bytes]:
    """Return where the whole chunks of a file end that broke off, and the chunk that closes it there.

    Raises UnreadableRecording for a file that was closed, that has another key, or that was changed.
    """
    file = SealedFile(data, keys)
    try:
        for _ in file.audio():
            pass
    except UnreadableRecording as fault:
        if "breaks off" not in str(fault):
            raise
    if file.closed:
        raise UnreadableRecording("the recording is whole")
    return file.end, Sealer(file.key, file.salt, file.chunks).seal(b"", last=True)
