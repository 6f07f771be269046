"""What one worker tells another: small, and nothing that it did not write itself is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.server.shared.messages import (
    LONGEST,
    CallOver,
    Learnt,
    Message,
    StreamOver,
    Superseded,
    decode,
    encode,
)

MESSAGES: list[Message] = [
    CallOver("CA1"),
    StreamOver("CA1", "MZ1"),
    Learnt("CA1", {"AnsweredBy": "human", "x": "\u0627"}),
    Superseded("CA1", 7),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_written_is_read(message: Message) -> None:
    written = encode(message)
    assert written is not None
    assert decode(written) == message


def test_a_long_message_is_not_written() -> None:
    assert encode(Learnt("CA1", {"x": "y" * LONGEST})) is None


@pytest.mark.parametrize(
    "written",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"type":"over"}', b'{"type":"over","call":5}',
     b'{"type":"stop","call":"x"}', b'{"type":"over","call":"\xff"}'],
)  # fmt: skip
def test_what_is_no_message_is_none(written: bytes) -> None:
    assert decode(written) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise(written: bytes) -> None:
    decode(written)
