"""What waits for the phone's socket leaves in order, and a clear takes it away."""

from __future__ import annotations

import json

from ivr.call.commands import SendAudio, SendClear, SendMark
from ivr.twilio.send_queue import MOST_UNSENT, SendQueue
from tests.twilio.test_stream import STOP, started


def kinds(outbox: SendQueue) -> list[str]:
    """The events of all messages that wait."""
    messages = iter(outbox.take, None)
    return [json.loads(message)["event"] for message in messages]


def test_messages_leave_in_order() -> None:
    outbox = SendQueue(started())
    assert outbox.take() is None
    assert outbox.put(SendAudio(b"\xff"))
    assert outbox.put(SendMark("1"))
    assert outbox.put(SendAudio(b"\x7f"))
    assert len(outbox) == 3
    assert kinds(outbox) == ["media", "mark", "media"]
    assert len(outbox) == 0


def test_a_clear_takes_what_waits() -> None:
    outbox = SendQueue(started())
    outbox.put(SendAudio(b"\xff"))
    outbox.put(SendMark("1"))
    outbox.put(SendClear())
    outbox.put(SendMark("2"))
    assert kinds(outbox) == ["clear", "mark"]


def test_a_queue_of_a_phone_that_does_not_read() -> None:
    outbox = SendQueue(started())
    assert all(outbox.put(SendAudio(b"\xff")) for _ in range(MOST_UNSENT))
    assert not outbox.put(SendAudio(b"\xff"))
    assert not outbox.put(SendMark("1"))
    assert len(outbox) == MOST_UNSENT
    assert outbox.put(SendClear())
    assert len(outbox) == 1


def test_nothing_is_said_after_the_end_of_the_stream() -> None:
    stream = started()
    outbox = SendQueue(stream)
    outbox.put(SendAudio(b"\xff"))
    stream.receive(STOP)
    outbox.put(SendMark("1"))
    assert outbox.take() is None
    assert len(outbox) == 0


def test_it_prints_itself() -> None:
    assert repr(SendQueue(started())) == "<SendQueue waiting=0>"
