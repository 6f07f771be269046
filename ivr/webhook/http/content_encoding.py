"""Inflate bodies that come compressed although `identity` was asked for: gzip and deflate, within bounds."""

from __future__ import annotations

import zlib

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
        self._zlib = None if encoding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that are complete with these. Raises `Unreadable`."""
        if self._zlib is None:
            return data
        # A few kilobytes can inflate to gigabytes: what exceeds the limit ends the reply.
        try:
            inflated = self._zlib.decompress(data, MAX_INFLATED)
        except zlib.error:
            raise Unreadable from None
        if self._zlib.unconsumed_tail:
            raise Unreadable
        return inflated
