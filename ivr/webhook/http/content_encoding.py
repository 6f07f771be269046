"""Bodies that come compressed although `identity` was asked for: gzip and deflate, inflated within bounds.

A few kilobytes can inflate to gigabytes, so no call inflates more than its limit; what comes out beyond it ends the
reply. Other encodings cannot be read.
"""

from __future__ import annotations

import zlib

MAX_INFLATED = 1024 * 1024
"""Bytes that one chunk of a body may inflate to."""


class Unreadable(Exception):
    """The body is in no encoding we read, broken, or larger than its limit."""


class Inflater:
    """The bytes of a body as they were before `Content-Encoding`."""

    def __init__(self, content_encoding: str) -> None:
        """Raises `Unreadable` for an encoding other than identity, gzip and deflate."""
        encoding = content_encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Unreadable
        self._zlib = None if encoding in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, data: bytes) -> bytes:
        """The bytes that are complete with these. Raises `Unreadable`."""
        if self._zlib is None:
            return data
        try:
            inflated = self._zlib.decompress(data, MAX_INFLATED)
        except zlib.error:
            raise Unreadable from None
        if self._zlib.unconsumed_tail:
            raise Unreadable
        return inflated
