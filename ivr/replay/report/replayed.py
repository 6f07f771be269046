"""Run a call again for its report: both tracks at play instants, each event with the state before and after it.

What is shown is today's call, fed with the tape's events. Where today's code decides otherwise, the report says from
which event on (`first_difference`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.call.timeline import Sentence, Turn
from ivr.media.g711 import FRAME, RATE
from ivr.replay import exact
from ivr.replay.report.ear import (
    CallerTrack,
    MediaClock,
    PlayClock,
    PlayedAudio,
    first_audible,
    last_voiced,
    media_clock,
)
from ivr.replay.report.state import OutputPosition, StateValue, output_position, state_of, watch
from ivr.replay.report.waits import AnswerAtEar, Beginning, TurnWait, turn_wait
from ivr.replay.tape import Moment, Tape

_BEFORE_VOICE_S: Final = 0.3
"""Seconds before the detector's first voiced frame in which the voice may have begun."""


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


@dataclass(slots=True)
class ReportedEvent:
    """Hold one event of the call, and what came of it."""

    index: int
    """Of its moment on the tape."""
    now: float
    event: events.Event
    commands: Sequence[Command]
    before: dict[str, StateValue]
    after: dict[str, StateValue]
    differs: bool = False
    """Today's code decided otherwise than the tape says."""


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
class RebuiltCall:
    """Hold everything that a report shows of one call."""

    tape: Tape
    call: Call
    clock: MediaClock
    caller: CallerTrack
    agent: PlayClock
    scores: list[tuple[int, float, float]] = field(default_factory=list)
    """First sample of a frame, its score, and what was believed of it."""
    rows: list[ReportedEvent] = field(default_factory=list)
    pieces: dict[tuple[int, int], SpokenPiece] = field(default_factory=dict)
    fillers: list[SpokenPiece] = field(default_factory=list)
    marks: list[MarkAtEar] = field(default_factory=list)
    clears: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    ended_at: float | None = None
    first_difference: int | None = None
    """Index of the first moment about which today's code decides otherwise."""
    fault: str = ""
    """Why the call could not be run to the end of the tape; empty: it could."""

    @property
    def turns(self) -> list[Turn]:
        """Return the turns of the call as it was run again."""
        return self.call.turns

    def seconds(self, at: float) -> float:
        """Return a time of the driver's clock in seconds since the beginning of both tracks."""
        return at - self.clock.zero

    def time(self, sample: int) -> float:
        """Return when a sample of the tracks is spoken or played, in the driver's seconds."""
        return self.clock.zero + sample / RATE

    @property
    def length(self) -> float:
        """Return the seconds from the beginning of both tracks to the end of the call."""
        end = self.tape.moments[-1].now if self.tape.moments else self.clock.zero
        tracks = max(len(self.caller.audio), len(self.agent.audio)) / RATE
        return max(tracks, min(self.seconds(end), tracks + 60.0))

    def waits(self) -> list[TurnWait]:
        """Return the wait of each turn whose answer was heard, the first words of the call among them."""
        return [wait for turn in self.turns if (wait := self._wait(turn)) is not None]

    def _wait(self, turn: Turn) -> TurnWait | None:
        answer = self._answer(turn)
        if answer is None:
            return None
        begins, start = self._beginning(turn, answer)
        if start is None:
            return None
        heard = (self.time(piece.start) for piece in self.fillers if start <= self.time(piece.start))
        return turn_wait(turn, begins, start, answer, min(heard, default=None))

    def _answer(self, turn: Turn) -> AnswerAtEar | None:
        """Return when the answer of a turn began at the ear; None: nothing of it was heard."""
        played = [self.pieces[key] for key in self._keys(turn) if key in self.pieces]
        for piece in played:
            for start, end in piece.spans:
                audible = first_audible(self.agent.audio, start, end)
                if audible is not None:
                    return AnswerAtEar(self.time(played[0].start), self.time(audible))
        # Without sound there is only the time at which it was played.
        if played and not self.sounds:
            return AnswerAtEar(self.time(played[0].start), self.time(played[0].start), measured=False)
        return None

    def _keys(self, turn: Turn) -> Iterator[tuple[int, int]]:
        return ((turn.number, sentence.number) for sentence in turn.sentences)

    def _beginning(self, turn: Turn, answer: AnswerAtEar) -> tuple[Beginning, float | None]:
        """Return where the wait of a turn begins; None: the caller waited for nothing."""
        if turn.kind == "dtmf":
            before = [at for at in self.keys if turn.asked_at is not None and at <= turn.asked_at]
            return "key", before[-1] if before else None
        if turn.kind == "phrase":
            return "call", self.tape.began_at if turn.number == 0 else None
        began, ended, endpoint = turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at
        if began is None or ended is None or endpoint is None:
            return "detector", ended
        first = self.clock.sample(began - _BEFORE_VOICE_S)
        last = self.clock.sample(max(ended, min(endpoint, answer.played_at)))
        voice = last_voiced(self.caller.audio, first, last) if self.tape.header.audible else None
        return ("detector", ended) if voice is None else ("voice", self.time(voice))

    @property
    def sounds(self) -> bool:
        """Return whether the agent's audio is on the tape."""
        return self.tape.header.legs.get("tts", "audio") == "audio"

    def sentence(self, turn: int, number: int) -> Sentence | None:
        """Return a sentence of the call; None: there is none of that number."""
        if not 0 <= turn < len(self.turns):
            return None
        return next((one for one in self.turns[turn].sentences if one.number == number), None)


def replayed(tape: Tape) -> RebuiltCall:
    """Run the call of a tape again. What goes wrong on the way is a `fault` of the result, never an error."""
    moments = [moment for moment in tape.moments if math.isfinite(moment.now)]
    clock = media_clock(moments)
    call = Call(tape.options, exact.recorded_acoustics(tape))
    found = RebuiltCall(tape, call, clock, CallerTrack(clock), PlayClock(clock))
    try:
        _run(found)
    except Exception as fault:
        # A tape from elsewhere may hold events that no bridge sends. What was run so far is shown.
        found.fault = f"the call cannot be run beyond event {len(found.rows)}: {type(fault).__name__}"
    return found


def _run(found: RebuiltCall) -> None:
    """Feed the events of the tape to the call, and note what comes of each."""
    call, zero = found.call, found.clock.zero
    watched = watch(call)
    state = state_of(call, zero, zero)
    shown: dict[str, StateValue] = {}
    for step in exact.steps(found.tape, call):
        moment, commands = step.moment, step.commands
        if not math.isfinite(moment.now):
            continue
        if not step.same and found.first_difference is None:
            found.first_difference = step.index
        event = moment.event
        if isinstance(event, events.AudioIn):
            found.scores.append((found.caller.add(event, moment.now), event.speech, watched.believed))
        elif isinstance(event, events.DigitPressed):
            found.keys.append(moment.now)
        elif isinstance(event, events.MarkReached):
            _mark_back(found, event.name, moment.now)
        if commands:
            _play(found, commands, moment.now, output_position(call))
        after = state_of(call, moment.now, zero)
        if commands or not isinstance(event, events.AudioIn | events.Tick) or turned(state, after) or not step.same:
            found.rows.append(
                ReportedEvent(step.index, moment.now, event, commands, state, after, differs=not step.same)
            )
            shown = after
        state = after
        if isinstance(event, events.CallerLeft) or call.ended is not None:
            _end(found, moment)
    if not shown and found.tape.moments:
        found.fault = found.fault or "nothing happened on this call"


def _end(found: RebuiltCall, moment: Moment) -> None:
    """Stop what is played: the stream is over."""
    if found.ended_at is None:
        found.ended_at = moment.now
        found.agent.clear(moment.now)


def turned(before: dict[str, StateValue], after: dict[str, StateValue]) -> bool:
    """Return whether something changed that a person would call an event."""
    names = ("floor", "ending", "turn", "early question", "words awaited of", "agent: muted")
    if any(before.get(name) != after.get(name) for name in names):
        return True
    # The caller begins to speak, or an utterance is over.
    return ("caller: silence, ms" in before) != ("caller: silence, ms" in after)


def _play(
    found: RebuiltCall,
    commands: Sequence[Command],
    now: float,
    position: OutputPosition,
) -> None:
    """Play what was sent, and note which sentence each message belongs to."""
    if found.ended_at is not None:
        return
    played: list[tuple[int, PlayedAudio]] = []
    for command in commands:
        match command:
            case ask.SendAudio(payload=payload):
                played.append((len(payload), found.agent.send(payload, now)))
            case ask.SendClear():
                _cut(found, found.agent.clear(now))
                found.clears.append(now)
                for mark in found.marks:
                    mark.cleared = mark.cleared or (mark.back_at is None and mark.due_at > now)
            case ask.SendMark(name=name):
                found.marks.append(MarkAtEar(name, now, max(now, found.time(len(found.agent.audio)))))
            case _:
                pass
    # The last message ends where speech output is now, and so on back. A fade before them belongs to no sentence's
    # beginning: it is cut off there.
    end = position.sent
    for size, audio in reversed(played):
        for piece in position.pieces:
            low, high = max(piece.start, end - size), min(piece.end, end)
            if low < high:
                offset = low - (end - size)
                _note_piece(found, piece.turn, piece.sentence, audio.start + offset, audio.start + offset + high - low)
        end -= size


def _note_piece(
    found: RebuiltCall,
    turn: int,
    sentence: int,
    start: int,
    end: int,
) -> None:
    """Note where a part of a sentence is played."""
    if turn < 0:
        last = found.fillers[-1] if found.fillers else None
        # Fillers have no number: what follows without a pause is the same one.
        if last is None or start > last.end + FRAME:
            last = SpokenPiece(turn, sentence)
            found.fillers.append(last)
        piece = last
    else:
        piece = found.pieces.setdefault((turn, sentence), SpokenPiece(turn, sentence))
    add_span(piece, start, end)


def add_span(piece: SpokenPiece, start: int, end: int) -> None:
    """Add where a part is played; parts that touch are one, in the order of time."""
    piece.spans.append((start, end))
    piece.spans.sort()
    joined = [piece.spans[0]]
    for first, last in piece.spans[1:]:
        if first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    piece.spans = joined


def _cut(found: RebuiltCall, at: int) -> None:
    """Forget what was to be played after a sample: it was thrown away."""
    for key, piece in list(found.pieces.items()):
        piece.spans = [(start, min(end, at)) for start, end in piece.spans if start < at]
        if not piece.spans:
            del found.pieces[key]
    for filler in found.fillers:
        filler.spans = [(start, min(end, at)) for start, end in filler.spans if start < at]
    found.fillers = [filler for filler in found.fillers if filler.spans]


def _mark_back(found: RebuiltCall, name: str, now: float) -> None:
    """Note that a mark came back."""
    mark = next((one for one in found.marks if one.name == name and one.back_at is None), None)
    if mark is not None:
        mark.back_at = now
