"""Follow one call and hold both of its sides as they were heard, without what must not be kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from ivr.call.commands import Command, SendAudio, SendClear, SendMark
from ivr.call.events import AudioIn, DigitPressed, Event, MarkReached
from ivr.media.g711 import RATE, SILENCE
from ivr.media.heard import HeardAudio

BEFORE_KEY_S: Final = 1.0
"""Seconds before a key that are silenced: the carrier tells of a key when its tone is over."""
AFTER_KEY_S: Final = 3.0
"""Seconds behind the last key that are silenced."""
_HUSH: Final = bytes([SILENCE])


class CallTracks:
    """Hold both sides of a call from some time on."""

    def __init__(self, now: float) -> None:
        self.heard = HeardAudio(now)
        self.pauses: list[tuple[int, int]] = []
        """Stretches that were silenced because keys were pressed, in samples of the time line."""
        self._coming: deque[tuple[int, int]] = deque()
        """Those that were not taken yet."""

    def __repr__(self) -> str:
        return f"<CallTracks {self.heard!r} pauses={len(self.pauses)}>"

    def follow(self, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Take one event of the call and what was decided."""
        if type(event) is AudioIn:
            self.heard.caller(event.payload, event.timestamp_ms, now)
        elif type(event) is MarkReached:
            self.heard.reached(event.name, now)
        elif type(event) is DigitPressed:
            self._pause(now)
        for command in commands:
            if type(command) is SendAudio:
                self.heard.sent(command.payload, now)
            elif type(command) is SendMark:
                self.heard.mark(command.name)
            elif type(command) is SendClear:
                self.heard.cleared(now)

    def take_to(self, position: int) -> tuple[bytes, bytes]:
        """Return both sides up to a position, silent where keys were pressed."""
        first = self.heard.taken
        caller, agent = self.heard.take_to(position)
        # Mostly there is none.
        while self._coming and self._coming[0][0] < self.heard.taken:
            start, end = self._coming[0]
            caller, agent = (silenced(track, start - first, end - first) for track in (caller, agent))
            if end > self.heard.taken:
                break
            self._coming.popleft()
        return caller, agent

    def _pause(self, now: float) -> None:
        here = self.heard.position(now)
        start, end = max(self.heard.taken, here - round(BEFORE_KEY_S * RATE)), here + round(AFTER_KEY_S * RATE)
        if self.pauses and start <= self.pauses[-1][1]:
            # One stretch, however many keys.
            self.pauses[-1] = (self.pauses[-1][0], end)
            if self._coming:
                self._coming[-1] = (self._coming[-1][0], end)
                return
        else:
            self.pauses.append((start, end))
        self._coming.append((start, end))


def silenced(track: bytes, start: int, end: int) -> bytes:
    """Return a track with silence from one sample to another, as far as it has them."""
    start, end = max(0, min(start, len(track))), max(0, min(end, len(track)))
    return track[:start] + _HUSH * (end - start) + track[end:] if start < end else track
