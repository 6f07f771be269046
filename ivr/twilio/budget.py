"""Bound what one stream may send: messages, bytes, audio and keys. Pure: `now` is an argument.

The carrier sends 50 messages of 20 ms a second, 430 bytes each, 100 with both tracks, a few marks, and the keys that a
finger can press. After a pause of the network, or of this process, it sends what it has kept, all at once. The figures
leave room for a minute of that. They stop a phone that would take the processor from the other calls.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Overrun: TypeAlias = Literal["too_many_messages", "too_many_bytes", "too_much_audio", "too_many_keys"]
"""What there was too much of. Safe for logs and metric labels."""

MESSAGES: Final = (150.0, 6000.0)
"""Messages a second in the long run, and at once: a minute of both tracks."""
BYTES: Final = (100_000.0, 3_000_000.0)
"""Characters of messages a second, and at once."""
AUDIO_S: Final = (2.0, 60.0)
"""Seconds of the caller's audio a second, and at once."""
KEYS: Final = (10.0, 100.0)
"""Keys a second, and at once."""
LONGEST_AUDIO_S: Final = 4.0
"""Seconds of audio in one message. The carrier sends 0.02."""


class Allowance:
    """Hold what may be taken: so much a second, and no more than so much at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at: float | None = None

    def __repr__(self) -> str:
        return f"<Allowance {self._left:g} of {self._burst:g}>"

    def take(self, amount: float, now: float) -> float:
        """Take an amount, and return how much is left, 0 to 1 of the burst. Below 0: it was more than there was."""
        at, left, burst = self._at, self._left, self._burst
        # Asked three times for each message: comparisons cost a third of `min` and `max`.
        if at is not None and now > at and (left := left + (now - at) * self._rate) > burst:
            left = burst
        self._at = now
        self._left = left = left - amount
        return left / burst


class StreamBudget:
    """Follow what one stream has sent."""

    def __init__(self) -> None:
        self._messages = Allowance(*MESSAGES)
        self._bytes = Allowance(*BYTES)
        self._audio = Allowance(*AUDIO_S)
        self._keys = Allowance(*KEYS)
        self.dropped = 0
        """Messages over the budget, so far."""
        self.flooded = False
        """The stream has sent as much again over its budget as the budget bears at once: it must end."""

    def __repr__(self) -> str:
        return f"<StreamBudget {self.dropped} dropped{' flooded' if self.flooded else ''}>"

    def message(self, size: int, now: float) -> Overrun | None:
        """Count a message of `size` characters; return why it must be dropped, None to keep it."""
        if (left := self._messages.take(1, now)) < 0:
            return self._over("too_many_messages", left)
        if (left := self._bytes.take(size, now)) < 0:
            return self._over("too_many_bytes", left)
        return None

    def audio(self, seconds: float, now: float) -> Overrun | None:
        """Count audio; return why it must be dropped, None to keep it."""
        left = self._audio.take(seconds, now)
        return None if left >= 0 else self._over("too_much_audio", left)

    def key(self, now: float) -> Overrun | None:
        """Count a key; return why it must be dropped, None to keep it."""
        left = self._keys.take(1, now)
        return None if left >= 0 else self._over("too_many_keys", left)

    def _over(self, what: Overrun, left: float) -> Overrun:
        self.dropped += 1
        # A short run of too much is dropped and forgotten. As much again as the whole burst is no accident.
        self.flooded = self.flooded or left <= -1
        return what
