"""Playout: what is sent to the phone, when, and what the caller heard of it.

All agent audio of a call is one growing tape of mu-law samples, cut into *pieces* (a sentence, a phrase). Four
positions run along it, each a count of samples since the call began::

    heard <= ear <= sent <= written

`written` grows as the voice delivers. `sent` follows on absolute deadlines, at most `lead` ahead of the *ear*, which
is where the phone must be if it plays what it got without a pause. `heard` is what the phone has confirmed by
returning marks; between two marks it is interpolated, never past the next unreturned one. "The agent is speaking" means
marks are outstanding, not that a socket is busy.

Yielding (`hold`) clears the phone, sends a short fade of what would have come next and winds `sent` back to `heard`,
so nothing is lost; `resume` goes on from the last quiet spot before it. `drop` forgets all that was not heard. A mark
that comes back after a clear is unknown by then and says nothing: discarded is not heard.

`now` is the driver's clock in seconds and only grows.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from ivr.media import g711

FRAME = g711.FRAME
RATE = g711.RATE
_SILENT = bytes([g711.SILENCE])
_TICK = 1e-3
"""Seconds of lateness that mean nothing."""


@dataclass(frozen=True, slots=True)
class PlayoutOptions:
    """How far ahead, in what portions. Milliseconds of audio."""

    lead_ms: int = 480
    """Most audio the phone may hold."""
    message_ms: int = 100
    """Audio per message."""
    first_ms: int = 20
    """Audio of the first message after a silence: short, so that it leaves and arrives at once."""
    mark_ms: int = 400
    """Most audio between two marks."""
    fade_ms: int = 40
    """Audio faded out at a yield; 0: a hard cut."""
    rewind_ms: int = 400
    """How far back a resume may look for a quiet spot."""
    mark_grace_s: float = 2.0
    """Seconds a mark may be overdue before its audio counts as heard."""


@dataclass(frozen=True, slots=True)
class PlayoutAudio:
    """Audio for the phone."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PlayoutMark:
    """A name to be returned once everything before it was heard."""

    name: str


@dataclass(frozen=True, slots=True)
class PlayoutClear:
    """The phone throws away what it has not played."""


Out: TypeAlias = PlayoutAudio | PlayoutMark | PlayoutClear


@dataclass(slots=True)
class _Piece:
    key: int
    start: int
    end: int | None = None


class Playout:
    """One call's way to the caller's ear."""

    def __init__(self, options: PlayoutOptions | None = None) -> None:
        self.options = options or PlayoutOptions()
        o = self.options
        self._lead = o.lead_ms / 1000
        self._message = o.message_ms * RATE // 1000
        self._first = o.first_ms * RATE // 1000
        self._patience = min(self._lead / 2, 1.5 * o.message_ms / 1000)
        self._mark_every = o.mark_ms * RATE // 1000
        self._rewind = o.rewind_ms * RATE // 1000
        self._tape = bytearray()
        self._tape_start = 0
        self._sent = 0
        self._marked = 0
        self._heard = 0
        self._heard_at = 0.0
        self._ear_free_at = 0.0
        self._pieces: dict[int, _Piece] = {}
        self._marks: deque[tuple[str, int, float]] = deque()
        self._names = 0
        self.held = False
        self.underruns = 0
        self.underrun_ms = 0.0

    def __repr__(self) -> str:
        state = "held" if self.held else f"marks={len(self._marks)}"
        return f"<Playout heard={self._heard} sent={self._sent} written={self.written} {state}>"

    @property
    def written(self) -> int:
        """Samples received from the voice since the call began."""
        return self._tape_start + len(self._tape)

    @property
    def idle(self) -> bool:
        """Nothing to send, nothing the phone has not confirmed."""
        return not self._marks and self._sent == self.written

    @property
    def silent_from(self) -> float:
        """When the phone runs dry, with what it has; infinite while there is more to send. Less than a frame of a piece
        that is open is nothing to send."""
        return math.inf if self._ready() else self._ear_free_at

    def dry(self, now: float) -> bool:
        """The caller has heard all that can be sent of the open piece, and then a silence."""
        begun = any(piece.end is None and piece.start < self._sent for piece in self._pieces.values())
        return begun and not self._ready() and now > self._ear_free_at + self._patience

    def unheard_ms(self, now: float) -> int:
        """Audio the caller has still to hear, sent or not."""
        return (self.written - self.ear(now)) * 1000 // RATE

    # -- the tape ------------------------------------------------------------------------------------------------

    def begin(self, key: int) -> None:
        """Open a piece; pieces play in the order in which they are opened, one open at a time."""
        self._pieces[key] = _Piece(key, self.written)

    def write(self, ulaw: bytes) -> None:
        """Add audio to the open piece."""
        self._tape += ulaw

    def mend(self, now: float) -> None:
        """More of the open piece comes. Less than a frame that has waited through a silence is dropped: it would be a
        click before what comes."""
        if self.dry(now):
            del self._tape[self._sent - self._tape_start :]

    def finish(self, key: int) -> None:
        """Close a piece; its last frame is filled with silence."""
        self._tape += _SILENT * (-(self.written - self._pieces[key].start) % FRAME)
        self._pieces[key].end = self.written

    def break_off(self, key: int) -> None:
        """Close a piece of which no more will come: it ends with its last whole frame, for less is a click by now."""
        ragged = (self.written - self._pieces[key].start) % FRAME
        del self._tape[len(self._tape) - min(ragged, self.written - self._sent) :]
        self.finish(key)

    def forget(self, key: int) -> None:
        """Drop the bookkeeping of a piece that is over."""
        self._pieces.pop(key, None)

    def heard_ms(self, key: int, now: float) -> int:
        """Audio of this piece the caller has heard."""
        piece = self._pieces[key]
        end = self.written if piece.end is None else piece.end
        return max(0, min(self.heard(now), end) - piece.start) * 1000 // RATE

    def started(self, key: int) -> bool:
        """Some of this piece has left for the phone."""
        return self._sent > self._pieces[key].start

    def finished(self, key: int) -> bool:
        """The phone has confirmed this piece to its end."""
        end = self._pieces[key].end
        return end is not None and self._heard >= end

    # -- where the caller is -------------------------------------------------------------------------------------

    def ear(self, now: float) -> int:
        """Where the phone must be by now if it plays without a pause."""
        ahead = self._ear_free_at - now
        return self._sent if ahead <= 0 else max(self._heard, self._sent - round(ahead * RATE))

    def heard(self, now: float) -> int:
        """What the caller has heard: the last returned mark, interpolated up to the next."""
        if not self._marks:
            return self._heard
        played = self._heard + round((now - self._heard_at) * RATE)
        return max(self._heard, min(played, self._marks[0][1] - 1, self.ear(now)))

    def playing(self, now: float) -> bytes:
        """The 20 ms of mu-law the caller was hearing up to `now`; empty when the agent was silent."""
        if now >= self._ear_free_at:
            return b""
        at = self.ear(now) - self._tape_start
        return bytes(self._tape[max(0, at - FRAME) : at])

    # -- driving -------------------------------------------------------------------------------------------------

    def poll(self, now: float) -> list[Out]:
        """What is due to be sent. Call whenever audio was written or `wake_at` has come."""
        out: list[Out] = []
        self._give_up_lost_marks(now)
        if self.held:
            return out
        while size := self._due(now):
            self._send(size, now, out)
        if self._sent > self._marked and self._at_end():  # closed after its last audio had left
            self._put_mark(out)
        return out

    def wake_at(self) -> float | None:
        """When `poll` has something to do even if nothing happens."""
        wake = None
        if self._marks:
            wake = self._marks[0][2] + self.options.mark_grace_s
        ready = self._ready()
        if ready and not self.held:
            due = self._due_at(ready)
            wake = due if wake is None else min(wake, due)
        return wake

    def _due(self, now: float) -> int:
        """Samples to send now; 0: not yet."""
        ready = self._ready()
        if not ready or now + _TICK < self._due_at(ready):
            return 0
        return min(self._first if now >= self._ear_free_at else self._message, ready)

    def _ready(self) -> int:
        """Samples that may be sent in one go: up to the end of a closed piece, whole frames of an open one."""
        end = self._next_end()
        return end - self._sent if end else (self.written - self._sent) // FRAME * FRAME

    def _due_at(self, ready: int) -> float:
        """When the next message may leave: with room for it, and whole unless the phone is about to run dry."""
        room_at = self._ear_free_at - self._lead + self._message / RATE
        if ready >= self._message or self._next_end():
            return room_at
        return max(room_at, self._ear_free_at - self._patience)

    def _next_end(self) -> int:
        """Where the next closed piece ends, if that is still to be sent; else 0."""
        return next((p.end for p in self._pieces.values() if p.end is not None and p.end > self._sent), 0)

    def _send(self, size: int, now: float, out: list[Out]) -> None:
        at = self._sent - self._tape_start
        out.append(PlayoutAudio(bytes(self._tape[at : at + size])))
        late = now - self._ear_free_at
        if late > 0:
            self._count_underrun(late)
            self._ear_free_at = now
            if not self._marks:
                self._heard_at = now
        self._ear_free_at += size / RATE
        self._sent += size
        if self._sent - self._marked >= self._mark_every or self._at_end():
            self._put_mark(out)

    def _count_underrun(self, late: float) -> None:
        inside = any(p.start < self._sent and (p.end is None or self._sent < p.end) for p in self._pieces.values())
        if inside and late > _TICK:
            self.underruns += 1
            self.underrun_ms += late * 1000

    def _at_end(self) -> bool:
        return any(p.end == self._sent for p in self._pieces.values())

    def _put_mark(self, out: list[Out]) -> None:
        self._names += 1
        name = f"p{self._names}"
        self._marked = self._sent
        self._marks.append((name, self._sent, self._ear_free_at))
        out.append(PlayoutMark(name))

    # -- what comes back -----------------------------------------------------------------------------------------

    def mark(self, name: str, now: float) -> bool:
        """A mark came back. False: not one of ours, or its audio was thrown away."""
        place = next((i for i, m in enumerate(self._marks) if m[0] == name), None)
        if place is None:
            return False
        for _ in range(place + 1):
            _, self._heard, _ = self._marks.popleft()
        self._heard_at = now
        self._trim()
        return True

    def _give_up_lost_marks(self, now: float) -> None:
        while self._marks and now >= self._marks[0][2] + self.options.mark_grace_s:
            self.mark(self._marks[0][0], now)

    def _trim(self) -> None:
        keep = self._heard - self._rewind - RATE // 2
        if keep - self._tape_start > RATE:
            del self._tape[: keep - self._tape_start]
            self._tape_start = keep

    # -- yielding ------------------------------------------------------------------------------------------------

    def hold(self, now: float) -> list[Out]:
        """Go quiet at once and keep what was not heard."""
        out = self._cut(now)
        self.held = True
        if out:
            fade = self._fade(self._heard)
            if fade:
                out.append(PlayoutAudio(fade))
                self._ear_free_at = now + len(fade) / RATE
        return out

    def resume(self, now: float) -> list[Out]:
        """Go on from the last quiet spot before what was heard."""
        self.held = False
        self._sent = self._marked = self._heard = self._quiet_spot()
        return self.poll(now)

    def drop(self, now: float) -> list[Out]:
        """Forget all audio that was not heard. Every piece is over where the caller left it."""
        out = self._cut(now)
        self.held = False
        del self._tape[self._heard - self._tape_start :]
        for piece in self._pieces.values():
            piece.start = min(piece.start, self._heard)
            piece.end = self._heard if piece.end is None else min(piece.end, self._heard)
        return out

    def _cut(self, now: float) -> list[Out]:
        """Take back what the phone has not played."""
        if self.held or (self._sent == self._heard and not self._marks):
            return []
        self._heard = self.heard(now)
        self._sent = self._marked = self._heard
        self._heard_at = now
        self._ear_free_at = now
        self._marks.clear()
        return [PlayoutClear()]

    def fading(self, now: float) -> bytes:
        """What the phone would play next, going to nothing: to mix under what takes its place. Ask before `drop`."""
        return b"" if self.held or now >= self._ear_free_at else self._fade(self.heard(now))

    def _fade(self, position: int) -> bytes:
        """The few ms from there, going to nothing in steps of 5 ms."""
        at = position - self._tape_start
        pcm = g711.decode(bytes(self._tape[at : at + self.options.fade_ms * RATE // 1000]))
        steps = max(1, len(pcm) // 80)
        parts = (g711.audioop.mul(pcm[i * 80 : (i + 1) * 80], 2, 1 - (i + 1) / (steps + 1)) for i in range(steps))
        return g711.encode(b"".join(parts))

    def _quiet_spot(self) -> int:
        """The last of the quietest 20 ms in what was heard of this piece within `rewind_ms`."""
        first = max((p.start for p in self._pieces.values() if p.start <= self._heard), default=self._heard)
        low = max(first, self._heard - self._rewind, self._tape_start)
        loud = {at: self._loudness(at) for at in range(low, self._heard - FRAME + 1, FRAME // 2)}
        if not loud:
            return low
        floor = min(loud.values())
        return max(at for at, rms in loud.items() if rms <= 1.25 * floor + 50)

    def _loudness(self, at: int) -> int:
        start = at - self._tape_start
        return g711.audioop.rms(g711.decode(bytes(self._tape[start : start + FRAME])), 2)
