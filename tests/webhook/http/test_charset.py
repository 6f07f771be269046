"""Read bodies in other character sets, cut anywhere."""

from __future__ import annotations

import codecs

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
    ("text/plain; charset=ISO-8859-6", "مرحبا".encode("iso8859-6"), "مرحبا", False),
    ("text/plain; charset=windows-1251", "é".encode(), "é", True),
]


def test_charset_table() -> None:
    faults = []
    for content_type, body, text, lossy in TABLE:
        for parts in ([body], [body[n : n + 1] for n in range(len(body))], [b"", body]):
            charset = Charset(content_type)
            got = (b"".join(map(charset.feed, parts)) + charset.finish()).decode(), charset.lossy
            if got != (text, lossy):
                faults.append((content_type, parts, got))
    assert faults == []


@given(st.sampled_from(sorted(_DECODERS)), st.binary(max_size=30), st.integers(0, 30))
def test_charset_gives_the_same_for_any_cut(name: str, body: bytes, at: int) -> None:
    cut, whole = Charset(f"text/plain; charset={name}"), Charset(f"text/plain; charset={name}")
    assert cut.feed(body[:at]) + cut.feed(body[at:]) + cut.finish() == whole.feed(body) + whole.finish()


def test_charset_does_not_touch_utf8() -> None:
    charset = Charset("text/plain")
    assert charset.feed(b"\xd9") == b"\xd9"
    assert charset.feed(b"\xff") == b"\xff"
    assert charset.finish() == b""


def test_charset_knows_utf16_without_a_mark() -> None:
    rows = [
        (codec, text.encode(codec)) for codec in ("utf-16-le", "utf-16-be") for text in ('{"a": "مرحبا"}', "Hi there")
    ]
    for codec, body in rows:
        for parts in ([body], [body[at : at + 1] for at in range(len(body))]):
            charset = Charset("application/json; charset=utf-8")
            got = b"".join(map(charset.feed, parts)) + charset.finish()
            assert (got.decode(), charset.lossy) == (body.decode(codec), False)
    for body in (b"a\x00b", b"a", b"\x00", b"\x00a", b"a\x00b\xd9"):
        charset = Charset("")
        assert b"".join(charset.feed(body[at : at + 1]) for at in range(len(body))) + charset.finish() == body
