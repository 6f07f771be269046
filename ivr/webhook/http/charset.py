"""Bring bodies in another character set to UTF-8 before anything reads them.

The set is the one of the content type, or UTF-16 where its mark comes first. The table holds the sets that Arabic and
English agents send, under the names that browsers know (encoding.spec.whatwg.org). A set that is not in the table is
read as UTF-8, and `lossy` tells of it.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_NAMES_BY_CODEC: Final = {
    "utf-16-le": "utf-16 utf-16le utf-16-le utf16",
    "utf-16-be": "utf-16be utf-16-be",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "iso8859-6": "iso-8859-6 iso8859-6 iso88596 iso_8859-6 arabic ecma-114 asmo-708",
    # Browsers read Latin-1 as windows-1252, which has letters where Latin-1 has control characters.
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1",
}
# Looked up when this is imported: a process without a free file descriptor cannot load a decoder.
_DECODERS: Final = {
    name: codecs.getincrementaldecoder(codec) for codec, names in _NAMES_BY_CODEC.items() for name in names.split()
}
_UTF8_NAMES: Final = ("", "utf-8", "utf8", "us-ascii", "ascii")
_UTF16_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF16_START: Final = re.compile(rb"(\x00[\x01-\x7f]\x00[\x01-\x7f])|[\x01-\x7f]\x00[\x01-\x7f]\x00")
_HALF_UTF16_START: Final = re.compile(rb"\x00(?:[\x01-\x7f]\x00?)?|[\x01-\x7f](?:\x00[\x01-\x7f]?)?")
_CHARSET_PARAMETER: Final = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';]*)", re.IGNORECASE)


class Charset:
    """Turn the bytes of a body into UTF-8."""

    def __init__(self, content_type: str) -> None:
        named = _CHARSET_PARAMETER.search(content_type)
        name = named[1].lower() if named else ""
        self.lossy = name not in _UTF8_NAMES and name not in _DECODERS
        """Whether characters may have been lost."""
        self._decoder = _DECODERS[name]("replace") if name in _DECODERS else None
        self._head: bytes | None = b""

    def feed(self, data: bytes) -> bytes:
        """Return what is complete with these bytes."""
        if self._head is not None:
            data, self._head = self._head + data, None
            # The first byte may be half a mark: it waits for the second. So do two that are half of what UTF-16 is
            # known by where it has no mark: every other byte of its first two characters is NUL.
            if data in (b"", b"\xff", b"\xfe") or _HALF_UTF16_START.fullmatch(data):
                self._head = data
                return b""
            # A mark is believed rather than the content type.
            if (codec := _UTF16_MARKS.get(data[:2])) is not None:
                data, self.lossy, self._decoder = data[2:], False, _DECODERS[codec]("replace")
            elif start := _UTF16_START.fullmatch(data[:4]):
                self.lossy, self._decoder = False, _DECODERS["utf-16-be" if start[1] else "utf-16-le"]("replace")
        return self._encoded(data, final=False)

    def finish(self) -> bytes:
        """Return what only the end of the body completes."""
        head, self._head = self._head or b"", None
        return self._encoded(head, final=True)

    def _encoded(self, data: bytes, *, final: bool) -> bytes:
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final)
        self.lossy = self.lossy or "\ufffd" in text
        return text.encode("utf-8", "replace")
