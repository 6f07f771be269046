"""Buffer the caller's audio (jitter buffer): chunks as they arrive in, 20 ms frames on one unbroken timeline out.

A chunk's timestamp says where its first sample belongs; arrival time says nothing (carriers deliver in bursts).
Timestamps are whole milliseconds, so a chunk that is less than 19 ms off its place counts as in order and is taken as
it comes: an orderly stream never waits. Otherwise:

- **ahead**: something is missing. The chunk is held until 60 ms of audio are held; if the missing ones come meanwhile
  they are put in place, if not the gap becomes silence. A gap over 2 s is not filled: the timeline goes on from there.
- **behind**: it was played already (late or twice): dropped, apart from what of it reaches beyond the present.
- **behind, five in a row**: the clock itself went back or stands still. From the fifth on chunks are taken in order
  of arrival, until their timestamps fit each other again.

A chunk comes with its speech score, and its frames go out with it; silence that fills a gap has the score 0.

No timestamp makes the buffer hold more than 60 ms and a chunk, or stop the frames.
"""

from __future__ import annotations

from bisect import insort
from operator import itemgetter
from typing import TypeAlias

from ivr.media.g711 import FRAME, RATE, SILENCE

_MS = RATE // 1000
_TOLERANCE = 19 * _MS
"""Samples a chunk may be off its place and still be in order."""
_STRICT = 10 * _MS
"""The same after the clock was found to be wrong."""
_HOLD = 60 * _MS
"""Samples that may wait for what is missing before them."""
_MAX_FILL = 2000 * _MS
"""Samples of a gap that is filled with silence, at most."""
_LATE_RUN = 5
"""Late chunks in a row from which the clock itself is wrong."""
_TRUST_AFTER = 10
"""Chunks in order after which the clock is trusted again."""


Frame: TypeAlias = tuple[bytes, float]
"""160 bytes of mu-law, and the score of how likely they are speech, 0 to 1."""


class JitterBuffer:
    """Hold one stream's audio from the caller until its place in time is known."""

    def __init__(self) -> None:
        self.frames = 0
        """Frames given out."""
        self.late_chunks = 0
        """Chunks dropped whole: their time was over, or never came."""
        self.reordered = 0
        """Chunks that came too early and were put in their place."""
        self.resyncs = 0
        """Times the timeline was moved instead of filled."""
        self._filled = 0
        self._begun = False
        self._next = 0
        self._rest = b""
        self._cut: list[Frame] = []
        self._held: list[tuple[int, bytes, float]] = []
        self._passed = 0
        self._late_run = 0
        self._doubt = 0

    def __repr__(self) -> str:
        return (
            f"<JitterBuffer frames={self.frames} filled={self.filled_ms}ms late={self.late_chunks} "
            f"reordered={self.reordered} resyncs={self.resyncs} held={len(self._held)}>"
        )

    @property
    def filled_ms(self) -> int:
        """Return how much silence was put in place of chunks that never came, ms."""
        return self._filled // _MS

    def push(self, timestamp_ms: int, ulaw: bytes, speech: float = 0.0) -> list[Frame]:
        """Take one chunk of mu-law, any length, and its score; return the frames that are complete now, in order."""
        if not ulaw:
            return []
        start = timestamp_ms * _MS
        if not self._begun:
            self._begun, self._next = True, start
        # Nearly all chunks are one whole frame, in order, and nothing waits.
        orderly = -_TOLERANCE < start - self._next < _TOLERANCE and not (self._doubt or self._held or self._rest)
        if orderly and len(ulaw) == FRAME:
            self._late_run = 0
            self._next += FRAME
            self.frames += 1
            return [(ulaw, speech)]
        if self._doubt:
            # The clock was wrong: chunks are taken as they come until ten in a row fit each other.
            self._doubt = self._doubt - 1 if abs(start - self._next) < _STRICT else _TRUST_AFTER
            self._next = start
            self._take(start, ulaw, speech)
        elif start - self._next >= _TOLERANCE:
            # Of two for one place the first that came is the first: what they sound like decides nothing.
            insort(self._held, (start, ulaw, speech), key=itemgetter(0))
        elif self._take(start, ulaw, speech):
            self._passed += len(ulaw)
        self._settle(_HOLD)
        return self._complete()

    def flush(self) -> list[Frame]:
        """End the stream: return what was held, and the last frame filled up with silence."""
        self._settle(-1)
        self._append(bytes([SILENCE]) * (-len(self._rest) % FRAME), 0.0)
        return self._complete()

    def _take(self, start: int, ulaw: bytes, speech: float) -> bool:
        """Put a chunk at the end of the timeline; False when its time is over."""
        behind = self._next - start
        if behind >= _TOLERANCE:
            if behind >= len(ulaw):
                self._late_run += 1
                if self._late_run < _LATE_RUN:
                    self.late_chunks += 1
                    return False
                # So many in a row are not late: the clock is wrong. The timeline goes on from here.
                self.late_chunks += len(self._held)
                self._held.clear()
                self._resync(start)
                self._doubt = _TRUST_AFTER
                return self._take(start, ulaw, speech)
            # Only what reaches beyond the present is new.
            ulaw = ulaw[behind:]
        self._late_run = 0
        self._append(ulaw, speech)
        self._next += len(ulaw)
        return True

    def _settle(self, patience: int) -> None:
        """Take what is held and due; once more than `patience` samples are held, wait no longer for what is missing."""
        bridged = False
        while self._held:
            start, ulaw, speech = self._held[0]
            missing = start - self._next >= _TOLERANCE
            overdue = sum(len(chunk) for _, chunk, _ in self._held) > patience
            if missing and not overdue and self._passed <= _HOLD:
                return
            del self._held[0]
            if missing and not overdue:
                self.late_chunks += 1
                continue
            if missing:
                self._fill_gap(start)
                bridged = True
            self.reordered += self._take(start, ulaw, speech) and not bridged
        self._passed = 0

    def _fill_gap(self, start: int) -> None:
        missing = start - self._next
        if missing > _MAX_FILL:
            self._resync(start)
            return
        self._append(bytes([SILENCE]) * missing, 0.0)
        self._next = start
        self._filled += missing

    def _resync(self, start: int) -> None:
        self._next = start
        self.resyncs += 1

    def _append(self, ulaw: bytes, speech: float) -> None:
        """Put audio at the end of the timeline and cut the frames it completes."""
        self._rest += ulaw
        # A frame of two chunks takes the score of the later one, which completes it: then a score counts for as many
        # frames as its chunk is long. With the larger of both, one doubtful chunk would be two voiced frames.
        whole = len(self._rest) // FRAME * FRAME
        self._cut += [(self._rest[at : at + FRAME], speech) for at in range(0, whole, FRAME)]
        self._rest = self._rest[whole:]

    def _complete(self) -> list[Frame]:
        """Return the frames cut since the last time."""
        frames, self._cut = self._cut, []
        self.frames += len(frames)
        return frames
