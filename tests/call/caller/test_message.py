"""The table of a caller's message."""

from __future__ import annotations

import pytest

from ivr.call.actions import Message
from ivr.call.caller.message import (
    FIRST_WORD_S,
    MESSAGE_TABLE,
    CallerMessage,
    IllegalMessage,
    MessageState,
    MessageTrigger,
)


def recording(wish: Message | None = None) -> CallerMessage:
    message = CallerMessage()
    message.want(wish or Message())
    message.announce()
    message.begin(100.0)
    return message


def test_a_message_from_beginning_to_end() -> None:
    message = CallerMessage()
    assert repr(message) == "<CallerMessage none>"
    message.want(Message(silence_s=9.0))
    message.announce()
    assert not message.runs
    assert message.begin(100.0) == 109.0
    assert message.runs
    message.end("key", 112.34)
    assert message.runs
    message.told()
    assert message.state is MessageState.NONE
    assert message.facts() == {"seconds": 12.3, "complete": True, "ended_by": "key"}


def test_the_first_word_has_more_time() -> None:
    message = CallerMessage()
    message.want(Message(silence_s=1.0))
    message.announce()
    assert message.begin(100.0) == 100.0 + FIRST_WORD_S


def test_words_that_were_lost_are_told() -> None:
    message = recording()
    message.lose_words()
    message.end("silence", 110.0)
    assert message.facts()["complete"] is False


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_message_breaks_off_with_the_call(ended: bool, whole: bool) -> None:
    message = recording()
    if ended:
        message.end("length", 104.0)
    message.break_off("call me", 105.0, whole=whole)
    assert (message.text, message.state) == ("call me", MessageState.BROKEN_OFF)
    assert message.facts() == {
        "seconds": 4.0 if ended else 5.0,
        "complete": whole,
        "ended_by": "length" if ended else "caller",
    }
    # What comes after it changes nothing.
    message.break_off("", 109.0, whole=True)
    message.drop()
    assert message.text == "call me"


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_message_that_has_not_begun_is_dropped(steps: int) -> None:
    for verb in ("drop", "break_off"):
        message = CallerMessage()
        for step in (lambda one=message: one.want(Message()), message.announce)[:steps]:
            step()
        message.drop() if verb == "drop" else message.break_off("words", 1.0, whole=True)
        assert (message.state, message.text) == (MessageState.NONE, "")


@pytest.mark.parametrize("ended", [False, True])
def test_a_message_that_has_begun_is_not_dropped(ended: bool) -> None:
    message = recording()
    if ended:
        message.end("key", 1.0)
    message.drop()
    assert message.state is (MessageState.CLOSING if ended else MessageState.RECORDING)


def test_a_second_message_begins_anew() -> None:
    message = recording()
    message.lose_words()
    message.end("key", 101.0)
    message.told()
    message.want(Message())
    message.announce()
    message.begin(200.0)
    message.end("silence", 207.0)
    assert message.facts() == {"seconds": 7.0, "complete": True, "ended_by": "silence"}


def test_what_is_not_in_the_table_raises() -> None:
    message = CallerMessage()
    with pytest.raises(IllegalMessage, match="tone heard while none"):
        message.begin(1.0)


def test_every_state_has_an_end() -> None:
    for state in MessageState:
        assert MessageTrigger.BREAK_OFF in MESSAGE_TABLE[state]
        assert MessageTrigger.DROP in MESSAGE_TABLE[state]
