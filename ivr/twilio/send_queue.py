"""Queue the commands for the phone's socket: commands in, messages out, in order."""

from __future__ import annotations

from collections import deque
from typing import Final

from ivr.call.commands import SendAudio, SendClear, SendMark
from ivr.twilio.stream import Stream

MOST_UNSENT: Final = 256
"""Messages that may wait for a phone that does not read: over ten seconds of audio."""


class SendQueue:
    """Hold what one stream has still to send."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._waiting: deque[SendAudio | SendMark | SendClear] = deque()

    def __repr__(self) -> str:
        return f"<SendQueue waiting={len(self)}>"

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

    def put(self, command: SendAudio | SendMark | SendClear) -> bool:
        """Add a command. False: it was refused, because the phone does not read."""
        # The caller would hear nothing of what waits in front of a clear.
        if isinstance(command, SendClear):
            self._waiting.clear()
        if len(self._waiting) >= MOST_UNSENT:
            return False
        self._waiting.append(command)
        return True

    def take(self) -> str | None:
        """Return the next message to send. None: nothing waits."""
        while self._waiting:
            command = self._waiting.popleft()
            # After the stream's end the phone plays nothing.
            if self._stream.state == "open":
                return self._stream.encode(command)
        return None
