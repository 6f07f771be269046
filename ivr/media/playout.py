"""Decide what is sent to the phone and when, and know what the caller heard of it (playout).

All agent audio of a call is one growing tape of mu-law samples, cut into *pieces* (a sentence, a phrase). Four
positions run along it, each a count of samples since the call began::

    heard <= ear <= sent <= written

`written` grows as TTS delivers. `sent` follows on absolute deadlines, at most `lead` ahead of the *ear*, which is where
the phone must be if it plays what it got without a pause. `heard` is what the phone has confirmed by returning marks;
of a phone whose marks lie, it is what the clock says (`MarkTrust`). `now` is the driver's clock in seconds and only
grows.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from ivr.media import g711
from ivr.media.acoustics import Acoustics
from ivr.media.g711 import FRAME, RATE
from ivr.media.mark_trust import MarkTrust

_SILENT = bytes([g711.SILENCE])
_TICK = 1e-3
"""Seconds of lateness that mean nothing."""
EARLY_S: Final = 2 * _TICK
"""Seconds before `wake_at` in which `poll` may find something to do."""
_PAUSE_SHARE = 0.03
"""Share of the loudest frame's amplitude up to which a frame is a pause between words (30 dB)."""


@dataclass(frozen=True, slots=True)
class PlayoutOptions:
    """Hold how far ahead is sent, and in what portions. Milliseconds of audio."""

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
    mark_grace_s: float = 1.0
    """Seconds a mark may be overdue before the play clock counts instead of the marks."""


@dataclass(frozen=True, slots=True)
class PlayoutAudio:
    """Play this audio."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PlayoutMark:
    """Return this name once everything before it was heard."""

    name: str


@dataclass(frozen=True, slots=True)
class PlayoutClear:
    """Throw away what was not played."""


Out: TypeAlias = PlayoutAudio | PlayoutMark | PlayoutClear


@dataclass(slots=True)
class _Piece:
    """Hold where a piece lies on the tape; it is open while it has no end."""

    key: int
    start: int
    end: int | None = None


class Playout:
    """Play out the agent's audio of one call."""

    def __init__(self, options: PlayoutOptions | None = None, acoustics: Acoustics | None = None) -> None:
        self.options = options or PlayoutOptions()
        self._acoustics = acoustics or Acoustics()
        self.trust = MarkTrust(self.options.mark_grace_s)
        self.change(self.options)
        self._tape = bytearray()
        self._tape_start = 0
        self._sent = 0
        self._marked = 0
        self._heard = 0
        self._heard_at = 0.0
        self._claimed = 0
        """What counts as heard at least: the clock has said so, and a mark that comes later does not take it back."""
        self._ear_free_at = 0.0
        self._pieces: dict[int, _Piece] = {}
        self._next_end = 0
        """Where the next closed piece ends that is still to be sent; 0: there is none..."""
        self._at_end = False
        """...and whether a piece ends where `sent` is. `_look_ahead` alone writes both."""
        self._marks: deque[tuple[str, int, float]] = deque()
        self._names = 0
        self.held = False
        self.underruns = 0
        self.underrun_ms = 0.0

    def change(self, options: PlayoutOptions) -> None:
        """Send by other options, from now on. What was sent stays sent."""
        self.options = o = options
        self._lead = o.lead_ms / 1000
        self._message = o.message_ms * RATE // 1000
        self._first = o.first_ms * RATE // 1000
        self._patience = min(self._lead / 2, 1.5 * o.message_ms / 1000)
        self._mark_every = o.mark_ms * RATE // 1000
        self._rewind = o.rewind_ms * RATE // 1000
        self.trust.bound_s = o.mark_grace_s

    def __repr__(self) -> str:
        state = "held" if self.held else f"marks={len(self._marks)}"
        return f"<Playout heard={self._heard} sent={self._sent} written={self.written} {state}>"

    @property
    def written(self) -> int:
        """Return the samples received from TTS since the call began."""
        return self._tape_start + len(self._tape)

    @property
    def idle(self) -> bool:
        """Return whether nothing is to be sent, and nothing waits for the phone's mark."""
        return not self._marks and self._sent == self.written

    @property
    def silent_from(self) -> float:
        """Return when the phone runs out of audio, in seconds of `now`; infinite while there is more to send.

        Less than a frame of an open piece is nothing to send.
        """
        return math.inf if self._ready() else self._ear_free_at

    def dry(self, now: float) -> bool:
        """Return whether the caller has heard all that can be sent of the open piece, and then a silence."""
        begun = any(piece.end is None and piece.start < self._sent for piece in self._pieces.values())
        return begun and not self._ready() and now > self._ear_free_at + self._patience

    def unheard_ms(self, now: float) -> int:
        """Return the audio the caller has still to hear, sent or not, in ms."""
        return (self.written - self.ear(now)) * 1000 // RATE

    # -- the tape ------------------------------------------------------------------------------------------------

    def begin(self, key: int) -> None:
        """Open a piece; pieces play in the order in which they are opened, one open at a time."""
        self._pieces[key] = _Piece(key, self.written)

    def write(self, ulaw: bytes) -> None:
        """Add audio to the open piece."""
        self._tape += ulaw

    def mend(self, now: float) -> None:
        """Prepare for more of the open piece."""
        # Less than a frame that has waited through a silence would be a click before what comes.
        if self.dry(now):
            del self._tape[self._sent - self._tape_start :]

    def finish(self, key: int) -> None:
        """Close a piece; its last frame is filled with silence."""
        self._tape += _SILENT * (-(self.written - self._pieces[key].start) % FRAME)
        self._pieces[key].end = self.written
        self._look_ahead()

    def break_off(self, key: int) -> None:
        """Close a piece whose audio stopped coming: it ends with its last whole frame."""
        # Less than a frame is a click by now.
        ragged = (self.written - self._pieces[key].start) % FRAME
        del self._tape[len(self._tape) - min(ragged, self.written - self._sent) :]
        self.finish(key)

    def shorten(self, key: int, pause_ms: int) -> int:
        """End a closed piece, the last on the tape, in its next pause that was not sent; return what is left out, ms.

        Without such a pause it stays whole.
        """
        piece = self._pieces[key]
        start, end = max(piece.start, self._tape_start), piece.end or self.written
        places = range(start - self._tape_start, end - self._tape_start, FRAME)
        loud = self._acoustics.stretch([bytes(self._tape[at : at + FRAME]) for at in places])
        pause, quiet = pause_ms * RATE // 1000, 0
        for place, rms in enumerate(loud, 1):
            at = start + place * FRAME
            quiet = quiet + FRAME if rms <= max(loud) * _PAUSE_SHARE else 0
            # Behind the last word there is a pause as well.
            if quiet >= pause and self._sent <= at < end:
                del self._tape[at - self._tape_start :]
                piece.end = at
                self._look_ahead()
                return (end - at) * 1000 // RATE
        return 0

    def forget(self, key: int) -> None:
        """Drop the bookkeeping of a piece that is over."""
        if self._pieces.pop(key, None) is not None:
            self._look_ahead()

    def heard_ms(self, key: int, now: float) -> int:
        """Return the audio of this piece the caller has heard, in ms."""
        piece = self._pieces[key]
        end = self.written if piece.end is None else piece.end
        return max(0, min(self.heard(now), end) - piece.start) * 1000 // RATE

    def confirmed_ms(self, key: int) -> int:
        """Return the audio of this piece that the phone has confirmed, in ms."""
        piece = self._pieces[key]
        return max(0, min(self._heard, self.written if piece.end is None else piece.end) - piece.start) * 1000 // RATE

    def started(self, key: int) -> bool:
        """Return whether some of this piece has left for the phone."""
        return self._sent > self._pieces[key].start

    def finished(self, key: int) -> bool:
        """Return whether the phone has confirmed this piece to its end."""
        end = self._pieces[key].end
        return end is not None and self._heard >= end

    # -- where the caller is -------------------------------------------------------------------------------------

    def ear(self, now: float) -> int:
        """Return where the phone must be by now if it plays without a pause."""
        ahead = self._ear_free_at - now
        if ahead <= 0:
            return self._sent
        ear = self._sent - round(ahead * RATE)
        return ear if ear > self._heard else self._heard

    def heard(self, now: float) -> int:
        """Return what the caller has heard: the last returned mark, interpolated up to the next; else by the clock."""
        least = max(self._heard, self._claimed)
        if self._by_clock(now):
            # The phone hears of a cut as late as it heard of the audio: by then it is where the clock is now.
            return max(least, self.ear(now))
        if not self._marks:
            return least
        # Only the phone can say that the next mark was reached: until then one sample is missing.
        played = self._heard + round((now - self._heard_at) * RATE)
        return max(least, min(played, self._marks[0][1] - 1, self.ear(now)))

    def _by_clock(self, now: float) -> bool:
        """Return whether the clock says where the caller is."""
        return self.trust.overdue(self._marks[0][2], now) if self._marks else not self.trust.believed

    def playing(self, now: float) -> bytes:
        """Return the 20 ms of mu-law the caller was hearing up to `now`; empty when the agent was silent."""
        if now >= self._ear_free_at:
            return b""
        at = self.ear(now) - self._tape_start
        return bytes(self._tape[at - FRAME if at > FRAME else 0 : at])

    # -- driving -------------------------------------------------------------------------------------------------

    def poll(self, now: float) -> list[Out]:
        """Return what is due to be sent. Call whenever audio was written or `wake_at` has come."""
        out: list[Out] = []
        if (due := self.trust.wake_at()) is not None and now >= due:
            self._judge(now)
        # Of a phone whose marks are not believed, audio counts as heard when they would be back.
        while not self.trust.believed and self._marks and now >= self._marks[0][2] + self.trust.way:
            self._confirm(0, now)
        if self.held:
            return out
        while (ready := self._ready()) and now + _TICK >= self._due_at(ready):
            # The first message after a silence is short, so that it leaves and arrives at once.
            self._send(min(self._first if now >= self._ear_free_at else self._message, ready), now, out)
        # The piece was closed after its last audio had left.
        if self._at_end and self._sent > self._marked:
            self._put_mark(out)
        return out

    def wake_at(self) -> float | None:
        """Return when `poll` has something to do even if nothing happens, in seconds of `now`; None: never."""
        wake = None
        if self._marks:
            wake = self.trust.wake_at() if self.trust.believed else self._marks[0][2] + self.trust.way
        if not self.held and (ready := self._ready()):
            due = self._due_at(ready)
            wake = due if wake is None else min(wake, due)
        return wake

    def _ready(self) -> int:
        """Return the samples that may be sent in one go: to the end of a closed piece, whole frames of an open one."""
        if self._next_end:
            return self._next_end - self._sent
        ready = self._tape_start + len(self._tape) - self._sent
        return ready - ready % FRAME

    def _due_at(self, ready: int) -> float:
        """Return when the next message may leave, in seconds of `now`."""
        # With room for it, and whole unless the phone is about to run out of audio.
        room_at = self._ear_free_at - self._lead + self._message / RATE
        if ready >= self._message or self._next_end:
            return room_at
        return max(room_at, self._ear_free_at - self._patience)

    def _look_ahead(self) -> None:
        """Find the ends of pieces at and behind `sent`: after every change of it, or of a piece."""
        # A call asks for them at every event, and they change with every message.
        self._next_end, self._at_end = 0, False
        for piece in self._pieces.values():
            if piece.end is not None and piece.end >= self._sent:
                if piece.end > self._sent:
                    self._next_end = piece.end
                    return
                self._at_end = True

    def _send(self, size: int, now: float, out: list[Out]) -> None:
        """Send the next `size` samples, and a mark where one is due."""
        at = self._sent - self._tape_start
        out.append(PlayoutAudio(bytes(self._tape[at : at + size])))
        late = now - self._ear_free_at
        if late > 0:
            if self._by_clock(now):
                self._claimed = self.heard(now)
            # The phone had run out. Inside a piece that is an underrun: the caller heard a hole.
            inside = any(p.start < self._sent and (p.end is None or self._sent < p.end) for p in self._pieces.values())
            if inside and late > _TICK:
                self.underruns += 1
                self.underrun_ms += late * 1000
            self._ear_free_at = now
            if not self._marks:
                self._heard_at = now
        self._ear_free_at += size / RATE
        self._sent += size
        self._look_ahead()
        if self._sent - self._marked >= self._mark_every or self._at_end:
            self._put_mark(out)

    def _put_mark(self, out: list[Out]) -> None:
        self._names += 1
        name = f"p{self._names}"
        self._marked = self._sent
        self._marks.append((name, self._sent, self._ear_free_at))
        self.trust.sent(name, self._ear_free_at)
        out.append(PlayoutMark(name))

    # -- what comes back -----------------------------------------------------------------------------------------

    def mark(self, name: str, now: float) -> bool:
        """Take a mark that came back. False: not one of ours, or its audio was thrown away."""
        self._judge(now, name)
        # A mark that comes back after a clear is unknown by then: discarded is not heard.
        place = next((i for i, m in enumerate(self._marks) if m[0] == name), None)
        if place is None:
            return False
        if self.trust.believed:
            self._confirm(place, now)
        return True

    def _judge(self, now: float, name: str | None = None) -> None:
        """Judge a mark that came back, or those that are missing."""
        heard, by_clock = self.heard(now), self._by_clock(now)
        if name is None:
            self.trust.look(now)
        else:
            self.trust.returned(name, now)
        # What has counted as heard stays heard, whatever is believed from here on.
        if by_clock or not self.trust.believed:
            self._claimed = heard

    def _confirm(self, place: int, now: float) -> None:
        """Count what lies before a mark as heard to its end."""
        for _ in range(place + 1):
            _, self._heard, _ = self._marks.popleft()
        self._heard_at = now
        # Audio that no resume can reach any more is let go, a second at a time.
        keep = self._heard - self._rewind - RATE // 2
        if keep - self._tape_start > RATE:
            del self._tape[: keep - self._tape_start]
            self._tape_start = keep

    # -- yielding ------------------------------------------------------------------------------------------------

    def hold(self, now: float) -> list[Out]:
        """Go quiet at once and keep what was not heard."""
        out = self._cut(now)
        self.held = True
        # A short fade of what would have come next: a hard cut is a click.
        if out:
            fade = self._fade(self._heard)
            if fade:
                out.append(PlayoutAudio(fade))
                self._ear_free_at = now + len(fade) / RATE
        return out

    def resume(self, now: float) -> list[Out]:
        """Go on from the last quiet spot before what was heard."""
        self.held = False
        first = max((p.start for p in self._pieces.values() if p.start <= self._heard), default=self._heard)
        low = max(first, self._heard - self._rewind, self._tape_start)
        places = range(low, self._heard - FRAME + 1, FRAME // 2)
        starts = (at - self._tape_start for at in places)
        loud = self._acoustics.stretch([bytes(self._tape[start : start + FRAME]) for start in starts])
        # The last of the quietest 20 ms: a word is begun again, and no more than that.
        floor = min(loud, default=0)
        spot = max((at for at, rms in zip(places, loud, strict=True) if rms <= 1.25 * floor + 50), default=low)
        self._sent = self._marked = self._heard = self._claimed = spot
        self._look_ahead()
        return self.poll(now)

    def drop(self, now: float) -> list[Out]:
        """Forget all audio that was not heard. Every piece is over at the point the caller has heard."""
        out = self._cut(now)
        self.held = False
        del self._tape[self._heard - self._tape_start :]
        for piece in self._pieces.values():
            piece.start = min(piece.start, self._heard)
            piece.end = self._heard if piece.end is None else min(piece.end, self._heard)
        self._look_ahead()
        return out

    def _cut(self, now: float) -> list[Out]:
        """Take back what the phone has not played."""
        if self.held or (self._sent == self._heard and not self._marks):
            return []
        self._heard = self.heard(now)
        self._sent = self._marked = self._heard
        self._look_ahead()
        self._heard_at = now
        self._ear_free_at = now
        self._marks.clear()
        self.trust.forget()
        return [PlayoutClear()]

    def _fade(self, position: int) -> bytes:
        """Return the few ms from there, fading out in steps of 5 ms."""
        at = position - self._tape_start
        pcm = g711.decode(bytes(self._tape[at : at + self.options.fade_ms * RATE // 1000]))
        steps = max(1, len(pcm) // 80)
        parts = (g711.audioop.mul(pcm[i * 80 : (i + 1) * 80], 2, 1 - (i + 1) / (steps + 1)) for i in range(steps))
        return g711.encode(b"".join(parts))
