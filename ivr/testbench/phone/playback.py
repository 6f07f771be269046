"""Play the agent's audio to the caller, counted in samples.

Time comes as a sample number (`advance`). Sample 0 is the first sample of the caller's own track, so that heard and
spoken audio line up to the sample.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ivr.media.g711 import SILENCE


@dataclass(slots=True)
class PlayedRun:
    """Represent agent audio of one reply that was heard without a gap."""

    start: int
    """First sample."""
    end: int
    """One past the last sample heard so far."""
    reply: int
    """Number of its reply; 0 is the greeting."""

    @property
    def ms(self) -> float:
        """Return its length in ms."""
        return (self.end - self.start) / 8


class Playback:
    """Queue audio between the wire and the caller."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queue: deque[memoryview] = deque()
        self._marks: deque[tuple[int, str]] = deque()
        self._reply = 0
        self.buffered = 0
        """Samples that are queued and not heard yet."""
        self.heard = bytearray()
        """All that the caller heard since sample 0, mu-law; silence where nothing was queued."""
        self.runs: list[PlayedRun] = []

    def __repr__(self) -> str:
        return f"<Playback {len(self.heard) / 8000:.2f} s heard, {self.buffered / 8:.0f} ms queued>"

    @property
    def position(self) -> int:
        """Return the sample that is played next."""
        return len(self.heard)

    def advance(self, sample: int) -> list[tuple[int, str]]:
        """Play up to `sample`. Return the marks that were reached, each with its sample."""
        wanted = sample - self.position
        if wanted > 0:
            played = left = min(wanted, self.buffered)
            if played:
                # Audio goes on with the last run, or begins one where there was a gap or another reply begins.
                last = self.runs[-1] if self.runs else None
                if last is None or last.end != self.position or last.reply != self._reply:
                    self.runs.append(PlayedRun(self.position, self.position, self._reply))
            while left:
                piece = self._queue.popleft()
                if len(piece) > left:
                    self._queue.appendleft(piece[left:])
                    piece = piece[:left]
                self.heard += piece
                left -= len(piece)
            if played:
                self.buffered -= played
                self.runs[-1].end = self.position
            self.heard += bytes([SILENCE]) * (wanted - played)
        # A mark is reached when the last sample before it was played, never before.
        reached = []
        while self._marks and self._marks[0][0] <= self.position:
            reached.append(self._marks.popleft())
        return reached

    def queue(self, payload: bytes, reply: int) -> int:
        """Queue `payload`. Return how many of its samples the full queue refused.

        `reply` is the reply of this audio, in case it begins a run.
        """
        room = self._limit - self.buffered
        refused = max(0, len(payload) - room)
        taken = memoryview(payload)[: len(payload) - refused]
        if taken:
            # Audio behind an empty queue may begin a run; audio behind other audio goes on with its run.
            if not self.buffered:
                self._reply = reply
            self._queue.append(taken)
            self.buffered += len(taken)
        return refused

    def mark(self, name: str) -> None:
        """Put a mark behind what is queued. Without a queue the next `advance` reaches it."""
        self._marks.append((self.position + self.buffered, name))

    def clear(self) -> tuple[int, list[str]]:
        """Discard the queue. Return the samples in it and all outstanding marks, in order."""
        gone, names = self.buffered, [name for _, name in self._marks]
        self._queue.clear()
        self._marks.clear()
        self.buffered = 0
        return gone, names

    def next_mark(self) -> int | None:
        """Return the sample at which the next mark is reached; None without a mark."""
        return self._marks[0][0] if self._marks else None
