"""Run a call again for its report: both tracks at play instants, each event with the state before and after it.

What is shown is today's call, fed with the tape's events. Where today's code decides otherwise, the report says from
which event on (`first_difference`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ivr.call import events
from ivr.call.call import Call
from ivr.call.commands import Command, Note
from ivr.call.timeline import Sentence, Turn, place_of
from ivr.media.g711 import RATE
from ivr.replay import exact
from ivr.replay.report.ear import (
    CallerTrack,
    MediaClock,
    PlayClock,
    first_audible,
    last_voiced,
    media_clock,
)
from ivr.replay.report.layout import MarkAtEar, MarkReturn, PhonePlayback, SentCommands, SpokenPiece, lay_out
from ivr.replay.report.state import StateValue, output_position, state_of, watch
from ivr.replay.report.waits import AnswerAtEar, Beginning, TurnWait, turn_wait
from ivr.replay.tape import Tape

_BEFORE_VOICE_S: Final = 0.3
"""Seconds before the detector's first voiced frame in which the voice may have begun."""


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
class RebuiltCall:
    """Hold everything that a report shows of one call."""

    tape: Tape
    call: Call
    clock: MediaClock
    caller: CallerTrack
    played: PhonePlayback
    scores: list[tuple[int, float, float]] = field(default_factory=list)
    """First sample of a frame, its score, and what was believed of it."""
    rows: list[ReportedEvent] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    turn_ends: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Why each turn was over, by its number: the fields of the note."""
    dropped: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Why the answer to a question asked ahead was dropped, by its turn's number, which is no turn's: the note."""
    ended_at: float | None = None
    first_difference: int | None = None
    """Index of the first moment about which today's code decides otherwise."""
    fault: str = ""
    """Why the call could not be run to the end of the tape; empty: it could."""

    @property
    def agent(self) -> PlayClock:
        """Return the agent's track, as it was heard."""
        return self.played.track

    @property
    def pieces(self) -> dict[tuple[int, int], SpokenPiece]:
        """Return the sentences that were heard, by turn and number."""
        return self.played.pieces

    @property
    def fillers(self) -> list[SpokenPiece]:
        """Return the fillers that were heard, in order."""
        return self.played.fillers

    @property
    def marks(self) -> list[MarkAtEar]:
        """Return the marks that were sent, in order."""
        return self.played.marks

    @property
    def clears(self) -> list[float]:
        """Return when audio was thrown away, in the driver's seconds."""
        return self.played.clears

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
        place = place_of(self.turns, turn)
        if place is None:
            return None
        return next((one for one in self.turns[place].sentences if one.number == number), None)


def replayed(tape: Tape) -> RebuiltCall:
    """Run the call of a tape again. What goes wrong on the way is a `fault` of the result, never an error."""
    clock = media_clock(moment for moment in tape.moments if math.isfinite(moment.now))
    call = Call(tape.options, exact.recorded_acoustics(tape))
    found = RebuiltCall(tape, call, clock, CallerTrack(clock), PhonePlayback(PlayClock(clock)))
    sent: list[SentCommands] = []
    returned: dict[str, MarkReturn] = {}
    try:
        _run(found, sent, returned)
    except Exception as fault:
        # A tape from elsewhere may hold events that no bridge sends. What was run so far is shown.
        found.fault = f"the call cannot be run beyond event {len(found.rows)}: {type(fault).__name__}"
    found.played = lay_out(clock, sent, returned, found.ended_at)
    return found


def _run(found: RebuiltCall, sent: list[SentCommands], returned: dict[str, MarkReturn]) -> None:
    """Feed the events of the tape to the call, and note what comes of each."""
    call, zero = found.call, found.clock.zero
    watched = watch(call)
    state = state_of(call, zero, zero)
    shown: dict[str, StateValue] = {}
    spoken_until = zero
    for step in exact.steps(found.tape, call):
        moment, commands = step.moment, step.commands
        if not math.isfinite(moment.now):
            continue
        if not step.same and found.first_difference is None:
            found.first_difference = step.index
        event = moment.event
        if isinstance(event, events.AudioIn):
            at = found.caller.add(event, moment.now)
            found.scores.append((at, event.speech, watched.believed))
            spoken_until = found.time(at + len(event.payload))
        elif isinstance(event, events.DigitPressed):
            found.keys.append(moment.now)
        elif isinstance(event, events.MarkReached):
            returned.setdefault(event.name, MarkReturn(moment.now, spoken_until))
        for note in commands:
            if isinstance(note, Note) and note.name == "turn_end":
                found.turn_ends[int(note.fields["turn"])] = note.fields
            elif isinstance(note, Note) and note.name == "eager" and note.fields["outcome"] != "used":
                found.dropped[int(note.fields["turn"])] = note.fields
        if commands and found.ended_at is None:
            sent.append(SentCommands(moment.now, commands, output_position(call)))
        after = state_of(call, moment.now, zero)
        if commands or not isinstance(event, events.AudioIn | events.Tick) or turned(state, after) or not step.same:
            found.rows.append(
                ReportedEvent(step.index, moment.now, event, commands, state, after, differs=not step.same)
            )
            shown = after
        state = after
        if found.ended_at is None and (isinstance(event, events.CallerLeft) or call.ended is not None):
            found.ended_at = moment.now
    if not shown and found.tape.moments:
        found.fault = found.fault or "nothing happened on this call"


def turned(before: dict[str, StateValue], after: dict[str, StateValue]) -> bool:
    """Return whether something changed that a person would call an event."""
    names = ("floor", "ending", "turn", "early question", "words awaited of", "agent: muted")
    if any(before.get(name) != after.get(name) for name in names):
        return True
    # The caller begins to speak, or an utterance is over.
    return ("caller: silence, ms" in before) != ("caller: silence, ms" in after)
