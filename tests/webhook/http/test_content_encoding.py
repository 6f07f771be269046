"""Compressed bodies within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest

from ivr.webhook.http.content_encoding import MAX_INFLATED, Inflater, Unreadable


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_identity_is_left_alone(encoding: str) -> None:
    assert Inflater(encoding).feed(b"\x1f\x8b raw") == b"\x1f\x8b raw"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        # Without a time of day in it: the processes of a run must all collect the same names.
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("X-GZIP", gzip.compress(b"hello", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
    ],
    ids=["gzip", "X-GZIP", "deflate"],
)
def test_inflates_byte_by_byte(encoding: str, body: bytes) -> None:
    inflater = Inflater(encoding)
    assert b"".join(inflater.feed(body[at : at + 1]) for at in range(len(body))) == b"hello"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "chunked"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(Unreadable):
        Inflater(encoding)


def test_broken_data_is_refused() -> None:
    with pytest.raises(Unreadable):
        Inflater("gzip").feed(b"not gzip at all")


def test_a_bomb_is_refused_before_it_inflates() -> None:
    bomb = gzip.compress(bytes(64 * MAX_INFLATED))
    with pytest.raises(Unreadable):
        Inflater("gzip").feed(bomb)


def test_members_one_after_the_other_are_one_body() -> None:
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        body = pack(b"hel") + pack(b"") + pack(b"lo") + bytes(7)
        for parts in ([body], [body[at : at + 1] for at in range(len(body))]):
            inflater = Inflater(encoding)
            assert b"".join(map(inflater.feed, parts)) == b"hello"
            inflater.finish()


def test_deflate_without_a_head_is_inflated() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(b"hello") + packer.flush()
    inflater = Inflater("deflate")
    assert b"".join(inflater.feed(body[at : at + 1]) for at in range(len(body))) == b"hello"
    inflater.finish()


def test_a_body_that_stops_early_is_refused_at_its_end() -> None:
    for body in (gzip.compress(b"hello")[:-9], b"\x1f"):
        inflater = Inflater("gzip")
        inflater.feed(body)
        with pytest.raises(Unreadable):
            inflater.finish()
    nothing = Inflater("gzip")
    assert nothing.feed(b"") == b""
    nothing.finish()


def test_broken_data_within_a_member_is_refused() -> None:
    with pytest.raises(Unreadable):
        Inflater("gzip").feed(gzip.compress(b"hello")[:4] + b"\xff" * 30)
