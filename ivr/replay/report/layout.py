"""Lay out what was sent to the phone as the phone played it, corrected by what its marks say.

Audio plays when it arrives, and a tape knows only when it left. The phone's marks know better: a mark stands among the
caller's frames in the one stream from the phone, so the frame before it says how far the phone was when it had played
the audio in front of the mark. That holds however late the line, the bridge or its process was. So audio that would
have been over before that frame was played later, by as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ivr.call import commands as ask
from ivr.call.commands import Command
from ivr.media.g711 import FRAME, RATE
from ivr.replay.report.ear import MediaClock, PlayClock, PlayedAudio
from ivr.replay.report.state import OutputPosition

_LONGEST_DELAY_S: Final = 2.0
"""Seconds by which a mark may move its audio: one that is later was lost or held back."""
_HALF_FRAME_S: Final = 0.01
"""Seconds that a mark lies behind the frame before it, on average."""


class SentCommands(NamedTuple):
    """Hold what was decided at one time, and how far speech output was then."""

    now: float
    commands: Sequence[Command]
    position: OutputPosition


class MarkReturn(NamedTuple):
    """Hold when a mark came back. Driver's seconds."""

    at: float
    spoken_until: float
    """The end of the last frame of the caller's audio before it: its own audio was not over sooner."""


@dataclass(slots=True)
class SpokenPiece:
    """Hold what the caller heard of one sentence, or of a filler. Samples of the agent's track."""

    turn: int
    """-1: a filler."""
    sentence: int
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Where it was played, from and to; more than one where it was cut or waited for its own audio."""

    @property
    def start(self) -> int:
        """Return its first sample."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Return the sample after its last."""
        return self.spans[-1][1]

    def add(self, start: int, end: int) -> None:
        """Add where a part is played; parts that touch are one, in the order of time."""
        joined: list[tuple[int, int]] = []
        for first, last in sorted([*self.spans, (start, end)]):
            if joined and first <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        self.spans = joined

    def cut(self, at: int) -> None:
        """Forget what was to be played after a sample."""
        self.spans = [(start, min(end, at)) for start, end in self.spans if start < at]


@dataclass(slots=True)
class MarkAtEar:
    """Hold one mark. Driver's seconds."""

    name: str
    sent_at: float
    due_at: float
    """When its audio was played to its end."""
    back_at: float | None = None
    """None: it never came back."""
    cleared: bool = False
    """It came back after its audio had been thrown away."""


@dataclass(slots=True)
class PhonePlayback:
    """Hold what the phone played."""

    track: PlayClock
    pieces: dict[tuple[int, int], SpokenPiece] = field(default_factory=dict)
    fillers: list[SpokenPiece] = field(default_factory=list)
    marks: list[MarkAtEar] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    delay_s: float = 0.0
    """Seconds that audio takes to the phone at least, and a mark back."""


def lay_out(
    clock: MediaClock, sent: Sequence[SentCommands], returned: Mapping[str, MarkReturn], ended_at: float | None
) -> PhonePlayback:
    """Return what the phone played of all that was sent. `ended_at`: when the stream ended; None: it did not."""
    # Once without a delay: the mark that was least late tells what the line takes.
    plain = _Layout(clock, returned).of(sent)
    late = [
        back.spoken_until - mark.due_at
        for mark in plain.marks
        if not mark.cleared and (back := returned.get(mark.name)) is not None
    ]
    base = min(max(0.0, min(late, default=0.0)), _LONGEST_DELAY_S)
    played = _Layout(clock, returned, base + _HALF_FRAME_S if base > 0 else 0.0).of(sent, correct=True)
    if ended_at is not None:
        played.track.clear(ended_at + played.delay_s)
        cut(played, len(played.track.audio))
    return played


def cut(played: PhonePlayback, at: int) -> None:
    """Forget what was to be played after a sample: it was thrown away."""
    for piece in (*played.pieces.values(), *played.fillers):
        piece.cut(at)
    played.pieces = {key: piece for key, piece in played.pieces.items() if piece.spans}
    played.fillers = [filler for filler in played.fillers if filler.spans]


class _Layout:
    """Lay out one call. `delay`: seconds that everything takes to the phone."""

    def __init__(self, clock: MediaClock, returned: Mapping[str, MarkReturn], delay: float = 0.0) -> None:
        self._clock = clock
        self._returned = returned
        self._delay = delay
        self._played = PhonePlayback(PlayClock(clock), delay_s=delay)

    def of(self, sent: Sequence[SentCommands], *, correct: bool = False) -> PhonePlayback:
        """Return what was played. `correct`: move audio that its mark says was played later."""
        stretches = _stretches(sent, self._returned) if correct else {}
        for place, (now, commands, position) in enumerate(sent):
            messages: list[tuple[int, PlayedAudio]] = []
            for number, command in enumerate(commands):
                match command:
                    case ask.SendAudio(payload=payload):
                        held = self._held(*stretches[place, number]) if (place, number) in stretches else 0.0
                        messages.append((len(payload), self._played.track.send(payload, now + self._delay, held)))
                    case ask.SendClear():
                        self._clear(now)
                    case ask.SendMark(name=name):
                        self._mark(name, now)
                    case _:
                        pass
            self._attribute(messages, position)
        return self._played

    def _held(self, stretch: _Stretch, number: int) -> float:
        """Return by how many seconds message `number` of a stretch was played later than it could have been."""
        end = len(self._played.track.audio)
        # Audio behind other audio of its stretch is late when that is.
        if number and self._clock.sample(stretch.messages[number][0] + self._delay) <= end:
            return 0.0
        for place, (now, size) in enumerate(stretch.messages[number:]):
            at = self._clock.sample(now + self._delay)
            # The mark speaks of what comes behind this silence.
            if place and at > end:
                return 0.0
            end = max(at, end) + size
        over = self._clock.zero + end / RATE
        extra = stretch.back.spoken_until - over
        if not 0 < extra <= _LONGEST_DELAY_S:
            return 0.0
        # The mark stands somewhere in the frame behind: in its middle, where nothing else is known.
        return extra if extra <= _HALF_FRAME_S else extra + _HALF_FRAME_S

    def _clear(self, now: float) -> None:
        at = self._played.track.clear(now + self._delay)
        cut(self._played, at)
        self._played.clears.append(now)
        for mark in self._played.marks:
            # In virtual time the phone's answer to a clear comes at the same instant.
            mark.cleared = (
                mark.cleared or mark.back_at is None or (mark.back_at >= now > mark.sent_at and mark.due_at > now)
            )

    def _mark(self, name: str, now: float) -> None:
        back = self._returned.get(name)
        due = max(now + self._delay, self._clock.zero + len(self._played.track.audio) / RATE)
        self._played.marks.append(MarkAtEar(name, now, due, None if back is None else back.at))

    def _attribute(self, messages: Sequence[tuple[int, PlayedAudio]], position: OutputPosition) -> None:
        """Note which sentence each message belongs to."""
        # The last message ends where speech output is now, and so on back. A fade before them is no sentence's
        # beginning.
        end = position.sent
        for size, audio in reversed(messages):
            for piece in position.pieces:
                low, high = max(piece.start, end - size), min(piece.end, end)
                if low < high:
                    start = audio.start + low - (end - size)
                    self._spoken(piece.turn, piece.sentence, start).add(start, start + high - low)
            end -= size

    def _spoken(self, turn: int, sentence: int, start: int) -> SpokenPiece:
        """Return the piece that a part belongs to. Fillers have no number: what follows without a pause is the same."""
        if turn >= 0:
            return self._played.pieces.setdefault((turn, sentence), SpokenPiece(turn, sentence))
        fillers = self._played.fillers
        if not fillers or start > fillers[-1].end + FRAME:
            fillers.append(SpokenPiece(turn, sentence))
        return fillers[-1]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Hold the audio in front of one mark that came back when it was played."""

    messages: Sequence[tuple[float, int]]
    """When each message left, and its samples."""
    back: MarkReturn


def _stretches(
    sent: Sequence[SentCommands], returned: Mapping[str, MarkReturn]
) -> dict[tuple[int, int], tuple[_Stretch, int]]:
    """Return the stretch that each message belongs to, and its number there, by the places of the message."""
    found: dict[tuple[int, int], tuple[_Stretch, int]] = {}
    since: list[tuple[tuple[int, int], float, int]] = []
    clears = [now for now, commands, _ in sent if any(isinstance(one, ask.SendClear) for one in commands)]
    for place, (now, commands, _) in enumerate(sent):
        for number, command in enumerate(commands):
            match command:
                case ask.SendAudio(payload=payload):
                    since.append(((place, number), now, len(payload)))
                case ask.SendClear():
                    since.clear()
                case ask.SendMark(name=name):
                    back = returned.get(name)
                    # A mark that came back for a clear says nothing of its audio.
                    if since and back is not None and not any(now <= at <= back.at for at in clears):
                        stretch = _Stretch([(at, size) for _, at, size in since], back)
                        found |= {where: (stretch, index) for index, (where, _, _) in enumerate(since)}
                    since.clear()
                case _:
                    pass
    return found
