"""What one worker tells another: small, and nothing that it did not write itself is taken for it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.fleet.messages import (
    LONGEST,
    MOST_SAID,
    CallOver,
    DrainNode,
    Learnt,
    Listen,
    Message,
    Operate,
    OperatorAct,
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
    Operate("CA1", "hang_up", by="noura"),
    Operate("CA1", "transfer", number="+966110000001"),
    Operate("CA1", "say", words="\u0627" * MOST_SAID),
    Listen("CA1", True, "bridge-1#4", "noura"),
    DrainNode("bridge-1", "noura"),
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


@pytest.mark.parametrize(
    ("act", "more"),
    [("say", {"words": "x" * (MOST_SAID + 1)}), ("say", {"words": " "}), ("transfer", {"number": "1" * 40}),
     ("hang_up", {"by": "x" * 101})],
)  # fmt: skip
def test_an_act_that_is_too_long_is_not_written_or_read(act: OperatorAct, more: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        Operate("CA1", act, **more)
    written = msgspec.json.encode({"type": "operate", "call": "CA1", "act": act, **more})
    assert decode(written) is None


def test_a_listener_has_a_short_name() -> None:
    with pytest.raises(ValueError):
        Listen("CA1", True, "x" * 101)


@given(st.binary(max_size=200))
def test_no_bytes_raise(written: bytes) -> None:
    decode(written)
