"""Bodies in another character set than UTF-8, brought to it before anything reads them.

The set is the one of the content type, or UTF-16 where its mark comes first. All decoders are looked up when this is
imported: a process without a free file descriptor cannot load one. `iso-8859-1` is read as `windows-1252`, as every
browser does (encoding.spec.whatwg.org). A set that is not in the table is read as UTF-8, and `lossy` tells of it.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_CODECS: Final = {
    "utf-16-le": ("utf-16le", "utf-16", "utf16"),
    "utf-16-be": ("utf-16be",),
    "cp1256": ("windows-1256", "x-cp1256"),
    "iso8859-6": ("iso-8859-6", "iso_8859-6", "arabic", "ecma-114", "asmo-708"),
    "cp1252": ("windows-1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "x-cp1252"),
    "iso8859-15": ("iso-8859-15", "latin-9", "l9"),
    "cp1250": ("windows-1250",),
    "cp1251": ("windows-1251",),
    "cp1254": ("windows-1254", "iso-8859-9", "latin5"),
    "gb18030": ("gbk", "gb2312"),
    "shift_jis": ("shift-jis", "sjis"),
    "euc-kr": ("ks_c_5601-1987",),
}
_DECODERS: Final = {
    name: codecs.getincrementaldecoder(codec) for codec, names in _CODECS.items() for name in (codec, *names)
}
_UTF8: Final = ("", "utf-8", "utf8", "us-ascii", "ascii")
_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NAMED: Final = re.compile(r";\s*charset\s*=\s*[\"']?([^\s\"';]*)", re.IGNORECASE)


class Charset:
    """The bytes of a body as UTF-8."""

    def __init__(self, content_type: str) -> None:
        named = _NAMED.search(content_type)
        name = named[1].lower() if named else ""
        self.lossy = name not in _UTF8 and name not in _DECODERS
        """Characters may have been lost."""
        self._decoder = _DECODERS[name]("replace") if name in _DECODERS else None
        self._head: bytes | None = b""

    def feed(self, data: bytes) -> bytes:
        """What is complete with these bytes. The first byte may wait for the second."""
        if self._head is not None:
            data, self._head = self._head + data, None
            if data in (b"", b"\xff", b"\xfe"):
                self._head = data
                return b""
            if (codec := _MARKS.get(data[:2])) is not None:
                data, self.lossy, self._decoder = data[2:], False, _DECODERS[codec]("replace")
        return self._encoded(data, final=False)

    def finish(self) -> bytes:
        """What only the end of the body completes."""
        head, self._head = self._head or b"", None
        return self._encoded(head, final=True)

    def _encoded(self, data: bytes, *, final: bool) -> bytes:
        if self._decoder is None:
            return data
        text = self._decoder.decode(data, final)
        self.lossy = self.lossy or "\ufffd" in text
        return text.encode("utf-8", "replace")
