"""What the phone plays at the caller's ear, counted in samples.

One queue of audio, played at 8000 samples a second from sample 0, the first sample of the caller's own track. Time
comes as a sample number (`advance`), so that heard and spoken audio line up to the sample. A queued byte is heard
exactly once or thrown away by `clear`; a mark is reached when the last sample before it was played, never before.

A `PlayedRun` is audio without a gap that belongs to one reply. Runs are the phone's whole truth about the agent:
when it
began, when it fell silent, where it starved.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ivr.media.g711 import SILENCE


@dataclass(slots=True)
class PlayedRun:
    """Agent audio that was heard without a gap."""

    start: int
    """First sample."""
    end: int
    """One past the last sample heard so far."""
    reply: int
    """Which reply it belongs to; 0 is the greeting."""

    @property
    def ms(self) -> float:
        """Its length."""
        return (self.end - self.start) / 8


class Playback:
    """The queue between the wire and the caller's ear."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queue: deque[memoryview] = deque()
        self._marks: deque[tuple[int, str]] = deque()
        self._reply = 0
        self._fresh = True
        self.buffered = 0
        """Samples queued and not heard yet."""
        self.heard = bytearray()
        """Everything at the caller's ear since sample 0, mu-law; silence where nothing was queued."""
        self.runs: list[PlayedRun] = []

    def __repr__(self) -> str:
        return f"<Playback {len(self.heard) / 8000:.2f} s heard, {self.buffered / 8:.0f} ms queued>"

    @property
    def position(self) -> int:
        """The sample that is played next."""
        return len(self.heard)

    def advance(self, sample: int) -> list[tuple[int, str]]:
        """Play up to `sample`; returns the marks reached on the way, each with the sample it was reached at."""
        wanted = sample - self.position
        if wanted > 0:
            played = min(wanted, self.buffered)
            self._play(played)
            self.heard += bytes([SILENCE]) * (wanted - played)
        reached = []
        while self._marks and self._marks[0][0] <= self.position:
            reached.append(self._marks.popleft())
        return reached

    def queue(self, payload: bytes, reply: int) -> int:
        """Play `payload` behind what is queued; returns how many of its samples the full queue refused.

        `reply` is the reply this audio belongs to if it begins a run.
        """
        room = self._limit - self.buffered
        refused = max(0, len(payload) - room)
        taken = memoryview(payload)[: len(payload) - refused]
        if taken:
            if not self.buffered:
                self._reply, self._fresh = reply, True
            self._queue.append(taken)
            self.buffered += len(taken)
        return refused

    def mark(self, name: str) -> None:
        """A mark behind what is queued; without a queue the next `advance` reaches it."""
        self._marks.append((self.position + self.buffered, name))

    def clear(self) -> tuple[int, list[str]]:
        """Throw the queue away; returns the samples in it and all the marks that were still out, in order."""
        gone, names = self.buffered, [name for _, name in self._marks]
        self._queue.clear()
        self._marks.clear()
        self.buffered = 0
        return gone, names

    def next_mark(self) -> int | None:
        """The sample at which the next mark is reached."""
        return self._marks[0][0] if self._marks else None

    def _play(self, samples: int) -> None:
        if not samples:
            return
        self._open_run()
        self.buffered -= samples
        while samples:
            piece = self._queue.popleft()
            if len(piece) > samples:
                self._queue.appendleft(piece[samples:])
                piece = piece[:samples]
            self.heard += piece
            samples -= len(piece)
        self.runs[-1].end = self.position

    def _open_run(self) -> None:
        """Go on with the last run, or begin one where there was a gap or another reply begins."""
        last = self.runs[-1] if self.runs else None
        if self._fresh and (last is None or last.end != self.position or last.reply != self._reply):
            self.runs.append(PlayedRun(self.position, self.position, self._reply))
        self._fresh = False
