"""Compare a whole tape with today's code: the same, or the differences up to the one that makes it another call.

Behind that difference the tape's inputs answer what the other code decided. Today's code is followed there for the
caller's view, as far as the inputs answer what both have asked, and everything else is counted only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.call import events
from ivr.call.call import Call
from ivr.call.events import Event
from ivr.replay.compare.changes import HARMLESS, Change, DecisionKind, changes, number
from ivr.replay.compare.ear import Decided
from ivr.replay.compare.words import asked, command, fields_of, happened
from ivr.replay.exact import ReplayStep, steps
from ivr.replay.records import command_record
from ivr.replay.tape import CommandRecord, Tape

MOST_DIFFERENCES: Final = 50
"""Harmless differences of one tape that are kept; the others are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one event about which today's code decides otherwise."""

    index: int
    """Of the moment on the tape."""
    now: float
    """Seconds of the driver's clock."""
    event: Event
    then: list[CommandRecord]
    today: list[CommandRecord]
    changes: list[Change]
    """What differs, what says most first."""
    turn: int = 0
    """The turn that was going on; 0: the greeting."""
    question: str = ""
    """What the agent was asked in it."""
    media_ms: int = 0
    """Media time of the caller's last frame by then."""
    failure: str = ""
    """How today's code failed; empty: it did not."""

    @property
    def kind(self) -> DecisionKind:
        """Return the kind that says most."""
        return self.changes[0].kind

    @property
    def kinds(self) -> frozenset[DecisionKind]:
        """Return every kind of decision that differs here."""
        return frozenset(change.kind for change in self.changes)


@dataclass(slots=True)
class ReplayFinding:
    """Hold what came of one tape."""

    tape: Tape
    differences: list[Difference] = field(default_factory=list)
    """In their order, up to the one that makes it another call (`parted`), or all."""
    parted: Difference | None = None
    """The difference behind which the tape's inputs are those of another history."""
    further: Counter[DecisionKind] = field(default_factory=Counter)
    """Events with other decisions that are not among `differences`, by kind."""
    then: list[Decided] = field(default_factory=list)
    """Everything decided then, from the beginning on; kept where a difference needs it."""
    today: list[Decided] = field(default_factory=list)
    """Everything decided today."""
    compared: int = 0
    """Moments compared, from the beginning on."""
    until: float = 0.0
    """Up to when both histories can be compared behind `parted`; seconds of the driver's clock."""
    until_why: str = ""
    """What ends that; empty: the tape does."""

    @property
    def same(self) -> bool:
        """Return whether today's code decides the same, as far as the tape goes."""
        return not self.differences

    @property
    def kinds(self) -> frozenset[DecisionKind]:
        """Return the kinds of decisions that differ, consequences left out."""
        return frozenset(kind for one in self.differences for kind in one.kinds)


def compare(tape: Tape) -> ReplayFinding:
    """Run a tape with today's code, and compare every decision with what was decided then.

    A tape with a gap is compared up to there: what the call was told in the gap is not known.
    """
    found = ReplayFinding(tape)
    call = Call(tape.options)
    walk = _Walk(tape, call)
    last = min(tape.gaps, default=len(tape.moments))
    for step in walk.steps(last):
        found.compared = step.index + 1
        if step.same:
            continue
        difference = _difference(tape, step, walk.failure)
        if found.parted is None and len(found.differences) < MOST_DIFFERENCES:
            found.differences.append(difference)
            if not difference.kinds <= HARMLESS:
                found.parted = difference
                walk.part()
        else:
            found.further[difference.kind] += 1
    if found.parted is not None:
        _follow(found, found.parted, walk, last)
    return found


class _Walk:
    """Feed a tape to today's code, and keep what is decided."""

    def __init__(self, tape: Tape, call: Call) -> None:
        self._tape = tape
        self._call = call
        self._parted = False
        self.decided: list[Decided] = []
        self.failure = ""
        """How today's code failed at the last step; then there is no further one."""

    def part(self) -> None:
        """Follow today's code on: from now on it is woken when it asks for it, for the tape wakes the other."""
        self._parted = True

    def steps(self, last: int) -> Iterator[ReplayStep]:
        """Yield every moment before `last` with what is decided today."""
        fed = steps(self._tape, self._call)
        for index in range(last):
            moment = self._tape.moments[index]
            try:
                if self._parted:
                    self._wake(moment.now)
                step = next(fed)
            # Whatever today's code raises is a finding about the tape.
            except Exception as fault:
                self.failure = f"{type(fault).__name__}: {fault}"
                yield ReplayStep(index, moment, [], [["failure", self.failure]])
                return
            self.decided.append(Decided(moment.now, step.records))
            yield step

    def _wake(self, until: float) -> None:
        """Wake today's code as often as it asks for it before a time."""
        # A call that asks to be woken at once, again and again, is not followed for ever.
        for _ in range(1000):
            at = self._call.wake_at()
            if at is None or at >= until:
                return
            at = max(at, self.decided[-1].now)
            made = self._call.receive(events.Tick(), at)
            self.decided.append(Decided(at, [command_record(one, audible=self._tape.header.audible) for one in made]))


def _difference(tape: Tape, step: ReplayStep, failure: str) -> Difference:
    """Return what differs at a step."""
    then = list(step.moment.commands)
    found = [Change("failure", "new")] if failure else changes(then, step.records)
    turn, question, media_ms = 0, "", 0
    for moment in tape.moments[: step.index + 1]:
        if isinstance(moment.event, events.AudioIn):
            media_ms = moment.event.timestamp_ms
    for moment in tape.moments[: step.index]:
        for record in moment.commands:
            if record[0] == "RequestReply":
                turn, question = _whole(fields_of(record).get("turn")), asked(record)
    return Difference(
        step.index, step.moment.now, step.moment.event, then, [] if failure else step.records, found, turn, question,
        media_ms, failure,
    )  # fmt: skip


def _whole(value: object) -> int:
    return value if type(value) is int else 0


# -- behind the difference -------------------------------------------------------------------------------------------


def _follow(found: ReplayFinding, parted: Difference, walk: _Walk, last: int) -> None:
    """Find up to when the inputs of the tape answer what both histories have asked."""
    moments = found.tape.moments[:last]
    found.then = [Decided(moment.now, moment.commands) for moment in moments]
    found.today = walk.decided
    found.until = moments[-1].now
    if walk.failure:
        found.until, found.until_why = parted.now, "today's code fails there"
        return
    asked_then = {key: record for key, _, record in _requests(found.then)}
    asked_today = {key: (at, record) for key, at, record in _requests(found.today)}
    alone = min(((at, record) for key, (at, record) in asked_today.items() if key not in asked_then), default=None)
    for moment in moments[parted.index + 1 :]:
        if alone is not None and alone[0] <= moment.now:
            found.until, found.until_why = alone[0], f"today's code {command(alone[1])}: the tape has no answer to that"
            return
        key = _answered(moment.event)
        if key not in asked_then:
            continue
        at, record = asked_today.get(key, (moment.now, []))
        if at >= moment.now or not _alike(asked_then[key], record):
            found.until, found.until_why = moment.now, f"{happened(moment.event)}; today's code had not asked for that"
            return


def _requests(stream: Sequence[Decided]) -> Iterator[tuple[Hashable, float, CommandRecord]]:
    """Yield what peers are asked, with its number and time."""
    for now, records in stream:
        for record in records:
            if record[0] in ("Transcribe", "RequestReply", "Speak"):
                yield number(record), now, record


def _answered(event: Event) -> Hashable:
    """Return the number of the request that an event answers; None: it answers none."""
    match event:
        case events.TranscriptArrived() | events.TranscriptFailed():
            return ("Transcribe", str(event.utterance))
        case events.ReplyDelta() | events.ReplyPause() | events.ReplyEnded() | events.ReplyFailed():
            return ("RequestReply", str(event.turn))
        case events.TtsAudio() | events.TtsEnded() | events.TtsFailed():
            return ("Speak", str(event.turn), str(event.sentence))
        case _:
            return None


def _alike(then: CommandRecord, now: CommandRecord) -> bool:
    """Return whether two requests would be answered alike, as far as their words say."""
    if then[0] == "RequestReply":
        return asked(then) == asked(now)
    if then[0] == "Speak":
        return fields_of(then).get("text") == fields_of(now).get("text")
    # The same utterance cut a little otherwise has the same words.
    return True
