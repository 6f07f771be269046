"""What waits for the phone's socket: commands in, messages out, in order.

A clear takes with it what waits: none of that would be heard. A phone that does not read is noticed by how much
waits. After the stream's end nothing is said any more: such a phone plays nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from ivr.call.commands import SendAudio, SendClear, SendMark
from ivr.twilio.stream import Stream

MOST: Final = 256
"""Messages that may wait for a phone that does not read: over ten seconds of audio."""


class SendQueue:
    """The outbound side of one stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._waiting: deque[SendAudio | SendMark | SendClear] = deque()

    def __repr__(self) -> str:
        return f"<SendQueue waiting={len(self)}>"

    def __len__(self) -> int:
        """Messages that wait."""
        return len(self._waiting)

    def put(self, command: SendAudio | SendMark | SendClear) -> bool:
        """Let a command wait for the socket. False: it was refused, the phone does not read."""
        if isinstance(command, SendClear):
            self._waiting.clear()
        if len(self._waiting) >= MOST:
            return False
        self._waiting.append(command)
        return True

    def take(self) -> str | None:
        """The next message to be sent. None: nothing waits."""
        while self._waiting:
            command = self._waiting.popleft()
            if self._stream.state == "open":
                return self._stream.encode(command)
        return None
