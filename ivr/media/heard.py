"""Put both sides of a call on one time line as they were at the phone: what the caller said, and what the caller heard.

Audio is sent ahead of the ear, and a clear throws away what was not played. So what was heard is not what was sent: it
begins when it was sent or behind what was queued before, and ends at the clear. Three things say where it was:

    media time   a frame cannot come before it was spoken: the frames that came soonest say where media time stands on
                 the driver's clock. A window that moves follows two clocks that drift apart.
    marks        a mark comes back behind the frame of the caller that was spoken when the mark was reached. It shows
                 how far audio is late on its way to the phone and back, and a hole where the phone had run out of it.
                 Marks that lie (`MarkTrust`) show nothing.
    clear        it reaches the phone as late as audio does.

Positions are samples at 8 kHz since the first sample of the time line, audio is mu-law. `now` is the driver's clock in
seconds. What was taken is final, so marks can correct only what was not taken yet: take as late as the use allows.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from ivr.media.g711 import FRAME, RATE, SILENCE
from ivr.media.mark_trust import MarkTrust

LONGEST_HELD: Final = 60 * RATE
"""Samples that are held for `take`; what lies further ahead is dropped."""
_WINDOW_S: Final = 30.0
"""Seconds for which a smallest value counts at least; twice as long at most."""
_FARTHEST_CHUNK: Final = 10 * RATE
"""Samples that a frame may lie from where the clock expects it, before its timestamp is not believed."""
_CLOSE: Final = FRAME * 3 // 2
"""Samples by which a mark may be off: it says no more than between which frames it was reached."""
_FARTHEST_MARK: Final = 10 * RATE
"""Samples by which a mark may be late and still say something."""
_LATEST_MARK_S: Final = 1.5
"""Seconds by which a mark may be late before marks are not believed."""
_HUSH: Final = bytes([SILENCE])


class _Least:
    """Follow the smallest value of the last 30 to 60 seconds."""

    __slots__ = ("_older", "_since", "_younger", "value")

    def __init__(self, value: float) -> None:
        self.value = value
        self._older = self._younger = math.inf
        self._since = -math.inf

    def add(self, value: float, now: float) -> None:
        """Add a value."""
        if now - self._since >= _WINDOW_S:
            self._older, self._younger, self._since = self._younger, value, now
        elif value < self._younger:
            self._younger = value
        self.value = min(self._older, self._younger)


@dataclass(slots=True)
class _Mark:
    """Hold a mark that the phone has still to return."""

    name: str
    since: int
    """Position at which the audio begins that it tells of: behind the last mark, or where the phone was silent."""
    at: int
    """Position at which that audio ends."""
    soonest: int
    """Position at which it would end if there were no way to the phone."""


class HeardAudio:
    """Hold both sides of one call, from where they were taken last."""

    def __init__(self, now: float) -> None:
        """Begin the time line."""
        self.taken = 0
        """Position up to which both sides were taken."""
        self.spoken = 0
        """Position at which the caller's newest audio ends."""
        self._caller = bytearray()
        self._agent = bytearray()
        self._zero = _Least(now)
        """When the time line began, in seconds of `now`."""
        self._origin: int | None = None
        """Position of the caller's chunk whose timestamp is 0; None: no chunk has come."""
        self._chunk = FRAME
        """Samples of the caller's newest chunk."""
        self._late = _Least(0.0)
        """Samples by which audio is later at the phone than it was sent, as the caller's audio shows it here."""
        self._soonest = 0
        """Where the agent's audio would end if there were no way to the phone."""
        self._marks: deque[_Mark] = deque()
        self._trust = MarkTrust(_LATEST_MARK_S)
        self._since = 0
        """Where the audio begins that the next mark tells of."""
        self._starts: deque[int] = deque()
        """Where the agent's audio began behind silence of the phone, as far as it was not taken."""
        self._settled = True
        """A mark has said where the last of them is."""

    def __repr__(self) -> str:
        return f"<HeardAudio taken={self.taken / RATE:.2f} s, {len(self._caller)} and {len(self._agent)} samples held>"

    def position(self, now: float) -> int:
        """Return the position of the caller's audio that arrives at `now` when the way is as quick as it can be."""
        return round((now - self._zero.value) * RATE)

    @property
    def queued(self) -> int:
        """Return where the agent's audio that was sent ends."""
        return self.taken + len(self._agent)

    # -- what happens --------------------------------------------------------------------------------------------

    def caller(self, ulaw: bytes, timestamp_ms: int, now: float) -> None:
        """Put a chunk of the caller's audio at its place by its timestamp; what never came is silence."""
        size = len(ulaw)
        if self._origin is None:
            self._origin = max(0, self.position(now) - size) - timestamp_ms * RATE // 1000
        start = self._origin + timestamp_ms * RATE // 1000
        # A timestamp from nowhere: the chunk was spoken just before it came, and the time line goes on from there.
        if abs(start + size - self.position(now)) > _FARTHEST_CHUNK:
            start = max(self.taken, self.position(now) - size)
            self._origin = start - timestamp_ms * RATE // 1000
        before = self.position(now)
        self._zero.add(now - (start + size) / RATE, now)
        if moved := self.position(now) - before:
            # The clock was not where it was thought to be.
            self._soonest += moved
            for mark in self._marks:
                mark.soonest += moved
            if not self._settled:
                self._move(self._starts[-1], moved)
        self.spoken, self._chunk = start + size, size
        at = start - self.taken
        if at < 0:
            ulaw, at = ulaw[-at:], 0
        if not ulaw or at + len(ulaw) > LONGEST_HELD:
            return
        if at > len(self._caller):
            self._caller += _HUSH * (at - len(self._caller))
        self._caller[at : at + len(ulaw)] = ulaw

    def sent(self, ulaw: bytes, now: float) -> None:
        """Queue audio that was sent to the phone, behind what the phone has still to play."""
        here = self.position(now)
        start = here + round(self._late.value)
        if start > self.queued:
            self._agent += _HUSH * min(start - self.queued, LONGEST_HELD - len(self._agent))
            self._since = start
            self._starts.append(start)
            self._settled = False
        self._agent += ulaw[: max(0, LONGEST_HELD - len(self._agent))]
        self._soonest = max(here, self._soonest) + len(ulaw)

    def mark(self, name: str) -> None:
        """Put a mark behind the audio that was sent."""
        self._marks.append(_Mark(name, self._since, self.queued, self._soonest))
        self._trust.sent(name, self._soonest / RATE)
        self._since = self.queued

    def reached(self, name: str, now: float) -> None:
        """Take a mark that the phone has returned. One that nothing is known of says nothing."""
        # It came on the same wire as the caller's audio, between two chunks of it.
        place = max(self.spoken, min(self.position(now), self.spoken + self._chunk))
        self._trust.look(place / RATE)
        self._trust.returned(name, place / RATE)
        if not any(mark.name == name for mark in self._marks):
            return
        since = self._marks[0].since
        while (mark := self._marks.popleft()).name != name:
            pass
        # It says where the phone was only if it is no lie, and then those before it may have lied as well.
        if not self._trust.believed:
            self._late = _Least(0.0)
            return
        late = place - mark.at
        if abs(late) > _FARTHEST_MARK:
            return
        self._late.add(max(0, place - mark.soonest), now)
        if self._starts and mark.at > self._starts[-1]:
            self._settled = True
        # Audio may have come late, and only behind a silence sooner than was thought.
        if late > _CLOSE or (late < -_CLOSE and since in self._starts):
            self._move(since, late)

    def cleared(self, now: float) -> None:
        """Take back what the phone had not played when a clear reached it."""
        here = self.position(now)
        del self._agent[max(0, here + round(self._late.value) - self.taken) :]
        self._soonest = min(self._soonest, here)
        self._since = self.queued
        while self._starts and self._starts[-1] >= self.queued:
            self._starts.pop()
            self._settled = True
        # They come back now, and say nothing of what was heard.
        self._marks.clear()
        self._trust.forget()

    # -- what comes of it ----------------------------------------------------------------------------------------

    def take(self, until: float) -> tuple[bytes, bytes]:
        """Return what the caller said and heard since the last time up to `until`: whole frames, of the same length."""
        return self.take_to(self.position(until))

    def take_to(self, position: int) -> tuple[bytes, bytes]:
        """Return both sides up to a position."""
        size = max(0, (position - self.taken) // FRAME * FRAME)
        caller, agent = (bytes(track[:size]).ljust(size, _HUSH) for track in (self._caller, self._agent))
        del self._caller[:size], self._agent[:size]
        self.taken += size
        while self._starts and self._starts[0] < self.taken:
            self._settled |= len(self._starts) == 1
            self._starts.popleft()
        return caller, agent

    def _move(self, since: int, by: int) -> None:
        """Move the agent's audio from `since` on, as far as it was not taken. Audio behind a silence stays."""
        rest = self._insert(since, by)
        # The next audio was placed when it was sent: the silence before it is shorter, or longer, by as much.
        if (after := next((start for start in self._starts if start > since + max(rest, 0)), None)) is not None:
            self._insert(after, -rest)

    def _insert(self, place: int, by: int) -> int:
        """Put silence before a place, or take some away, as far as there is some; return the samples."""
        at = min(max(place - self.taken, 0), len(self._agent))
        if by > 0:
            self._agent[at:at] = _HUSH * by
            del self._agent[LONGEST_HELD:]
        else:
            before = self._agent[:at]
            by = -min(-by, at - len(before.rstrip(_HUSH)))
            del self._agent[at + by : at]
        if by:
            self._starts = deque(start + by if start >= place else start for start in self._starts)
            for mark in self._marks:
                mark.at += by if mark.at > place else 0
                mark.since += by if mark.since >= place else 0
            self._since += by if self._since >= place else 0
        return by
