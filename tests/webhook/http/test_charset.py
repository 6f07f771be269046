"""Bodies in other character sets, cut anywhere."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.http.charset import _DECODERS, Charset

TABLE: list[tuple[str, bytes, str, bool]] = [
    ("text/plain", "é مرحبا".encode(), "é مرحبا", False),
    ("text/plain; charset=UTF-8", "é".encode(), "é", False),
    ("text/plain; charset=latin1", b"caf\xe9 \x93x\x94", "café “x”", False),
    ("text/plain; charset=windows-1256; x=y", "مرحبا".encode("cp1256"), "مرحبا", False),
    ("text/plain; charset=utf-16", "مرحبا😀".encode("utf-16"), "مرحبا😀", False),
    ("text/plain; charset=utf-16be", "مرحبا😀".encode("utf-16-be"), "مرحبا😀", False),
    ("", "😀".encode("utf-16"), "😀", False),
    ("text/plain; charset=nonsense", codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "é", False),
    ("text/plain; charset=nonsense", "é".encode(), "é", True),
    ("text/plain; charset=windows-1252", b"\x81", "\ufffd", True),
    ("text/plain; charset=cp1252", b"\xfe", "þ", False),
    ("text/plain", b"", "", False),
    ("text/plain; charset=utf-16-le", b"a\0b", "a\ufffd", True),
]


@pytest.mark.parametrize("at", range(len(TABLE)))
def test_table(at: int) -> None:
    content_type, body, text, lossy = TABLE[at]
    for parts in ([body], [body[n : n + 1] for n in range(len(body))], [b"", body]):
        charset = Charset(content_type)
        assert (b"".join(map(charset.feed, parts)) + charset.finish()).decode() == text
        assert charset.lossy is lossy


@given(st.sampled_from(sorted(_DECODERS)), st.binary(max_size=30), st.integers(0, 30))
def test_the_cut_does_not_matter(name: str, body: bytes, at: int) -> None:
    cut, whole = Charset(f"text/plain; charset={name}"), Charset(f"text/plain; charset={name}")
    assert cut.feed(body[:at]) + cut.feed(body[at:]) + cut.finish() == whole.feed(body) + whole.finish()


def test_utf8_is_not_touched() -> None:
    charset = Charset("text/plain")
    assert charset.feed(b"\xd9") == b"\xd9"
    assert charset.feed(b"\xff") == b"\xff"
    assert charset.finish() == b""
