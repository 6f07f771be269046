"""Inflate bodies that come compressed although `identity` was asked for: gzip and deflate, within bounds."""

from __future__ import annotations

import zlib

_GZIP_MAGIC = b"\x1f\x8b"
MAX_INFLATED = 1024 * 1024
"""Bytes that one chunk of a body may inflate to."""


class Unreadable(Exception):
    """Report a body in an encoding that is not read here, a broken body, or one larger than its limit."""


class Inflater:
    """Return the bytes of a body as they were before `Content-Encoding`."""

    def __init__(self, content_encoding: str) -> None:
        """Raise `Unreadable` for an encoding other than identity, gzip and deflate."""
        encoding = content_encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Unreadable
        self._plain = encoding in ("", "identity")
        self._gzip = "gzip" in encoding
        self._zlib: zlib._Decompress | None = None
        self._head = b""
        self._members = 0

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that are complete with these. Raises `Unreadable`."""
        if self._plain:
            return data
        inflated = bytearray()
        while data:
            if self._zlib is None:
                self._head += data
                if len(self._head) < 2:
                    break
                data, self._head = self._head, b""
                # Another member may follow: concatenated, they are one body. What pads the last one is nothing.
                window = _window(data[:2])
                if self._members and window < 0:
                    break
                if self._gzip and data[:2] != _GZIP_MAGIC:
                    raise Unreadable
                self._zlib = zlib.decompressobj(window)
            # A few kilobytes can inflate to gigabytes: what exceeds the limit ends the reply.
            try:
                inflated += self._zlib.decompress(data, MAX_INFLATED - len(inflated) + 1)
            except zlib.error:
                raise Unreadable from None
            if self._zlib.unconsumed_tail or len(inflated) > MAX_INFLATED:
                raise Unreadable
            data = self._zlib.unused_data
            if self._zlib.eof:
                self._zlib, self._members = None, self._members + 1
        return bytes(inflated)

    def finish(self) -> None:
        """End the body. Raises `Unreadable` where it stops inside a member."""
        if self._zlib is not None or (self._head and not self._members):
            raise Unreadable


def _window(head: bytes) -> int:
    """Return how zlib reads what begins so: with a head of its own, or, as some servers deflate, without one."""
    has_head = head == _GZIP_MAGIC or (head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0)
    return zlib.MAX_WBITS | 32 if has_head else -zlib.MAX_WBITS
