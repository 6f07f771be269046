"""Compare a whole tape with today's code: the same, or the differences up to the one that makes it another call.

Behind that difference the tape's inputs answer what the other code decided. Today's code is followed there for the
caller's view, as far as the inputs answer what both have asked, and everything else is counted only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ivr.call import events
from ivr.call.events import Event
from ivr.replay.compare.changes import HARMLESS, Change, DecisionKind, changes, number, telling
from ivr.replay.compare.ear import Decided
from ivr.replay.compare.walk import Walk
from ivr.replay.compare.words import asked, command, fields_of, happened
from ivr.replay.exact import ReplayStep
from ivr.replay.tape import CommandRecord, Tape

MOST_DIFFERENCES: Final = 50
"""Harmless differences of one tape that are kept; the others are counted."""

LATEST_S: Final = 3.0
"""Seconds within which the same decision is the same one, sooner or later."""


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

    @property
    def telling(self) -> list[Change]:
        """Return the changes that a declared change must name: those that do not follow from others of the event."""
        return telling(self.changes)

    def declared(self, kinds: frozenset[DecisionKind]) -> bool:
        """Return whether these kinds of decisions explain it."""
        return all(change.allowed_by & kinds for change in self.telling)


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
    found, walk = _compared(tape, None)
    sooner = walk.overdue_at
    # What was left out of a tape may have woken the call.
    if sooner is None or "cut" in tape.header.origin or (found.parted is not None and found.parted.now <= sooner):
        return found
    woken, _ = _compared(tape, sooner)
    return woken if woken.parted is not None and woken.parted.now <= sooner else found


def _compared(tape: Tape, wake_at: float | None) -> tuple[ReplayFinding, Walk]:
    """Compare a tape; `wake_at`: wake today's code at this time as well."""
    found, walk = ReplayFinding(tape), Walk(tape, wake_at)
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
        follow_beyond(found, found.parted, walk, last)
    return found, walk


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


def follow_beyond(found: ReplayFinding, parted: Difference, walk: Walk, last: int) -> None:
    """Find up to when the inputs of the tape answer what both histories have asked."""
    moments = found.tape.moments[:last]
    found.then = [Decided(moment.now, moment.commands) for moment in moments]
    found.today = walk.decided
    found.until = moments[-1].now
    parted.changes[:] = [_moved(change, parted.now, found) for change in parted.changes]
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
        key = request_answered(moment.event)
        if key not in asked_then:
            continue
        at, record = asked_today.get(key, (moment.now, []))
        if at >= moment.now or not answered_alike(asked_then[key], record):
            asked_so = "had not asked for that" if at >= moment.now else "had asked otherwise"
            found.until, found.until_why = moment.now, f"{happened(moment.event)}; today's code {asked_so}"
            return


def _moved(change: Change, now: float, found: ReplayFinding) -> Change:
    """Return a change with how much later the other side decided the same."""
    if change.manner not in ("missing", "new"):
        return change
    stream, record = (found.today, change.then) if change.manner == "missing" else (found.then, change.now)
    for at, records in stream:
        if not now < at <= now + LATEST_S:
            continue
        # Audio and notes have no number that tells one from the next.
        if record in records or (change.kind not in ("playout", "note") and _numbered(record, records)):
            return replace(change, later_s=at - now)
    return change


def _numbered(record: CommandRecord | None, records: Sequence[CommandRecord]) -> bool:
    return record is not None and any(number(one) == number(record) for one in records)


def _requests(stream: Sequence[Decided]) -> Iterator[tuple[Hashable, float, CommandRecord]]:
    """Yield what peers are asked, with its number and time."""
    for now, records in stream:
        for record in records:
            if record[0] in ("Transcribe", "RequestReply", "Speak"):
                yield number(record), now, record


def request_answered(event: Event) -> Hashable:
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


def answered_alike(then: CommandRecord, now: CommandRecord) -> bool:
    """Return whether two requests would be answered alike, as far as their words say."""
    if then[0] == "RequestReply":
        return asked(then) == asked(now)
    if then[0] == "Speak":
        return fields_of(then).get("text") == fields_of(now).get("text")
    # The same utterance cut a little otherwise has the same words.
    return True
