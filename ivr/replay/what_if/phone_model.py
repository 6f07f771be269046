"""Model what a phone plays and when it returns marks.

A phone plays what it is sent without a pause, and returns a mark once the audio before it was played. The way there and
back is one number, because both count only together. Times in seconds of `now`.
"""

from __future__ import annotations

from ivr.media import g711


class PhoneModel:
    """Follow one phone's buffer."""

    def __init__(self, way_s: float = 0.0) -> None:
        """Take the seconds that a mark takes there and back."""
        self._way = way_s
        self._free_at = 0.0
        self._waiting: dict[str, float] = {}
        self.played: list[tuple[float, float]] = []
        """When something sounded, from and to."""

    def __repr__(self) -> str:
        return f"<PhoneModel free at {self._free_at:.3f}, {len(self._waiting)} marks>"

    def audio(self, length: int, now: float) -> None:
        """Take so many bytes of mu-law."""
        begins = max(self._free_at, now)
        self._free_at = begins + length / g711.RATE
        if self.played and begins <= self.played[-1][1]:
            self.played[-1] = self.played[-1][0], self._free_at
        else:
            self.played.append((begins, self._free_at))

    def mark(self, name: str, now: float) -> float:
        """Take a mark; return when it is back."""
        self._waiting = {one: at for one, at in self._waiting.items() if at > now}
        self._waiting[name] = at = max(self._free_at, now) + self._way
        return at

    def clear(self, now: float) -> list[str]:
        """Clear what was not played; return the marks in it."""
        if self._free_at > now:
            self._free_at = now
            begins, _ = self.played[-1]
            self.played[-1:] = [(begins, now)] if begins < now else []
        thrown = [name for name, at in self._waiting.items() if at - self._way > now]
        self._waiting.clear()
        return thrown
