"""Show a tape to people: a line an event, with its time, who has the floor, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.call import events
from ivr.call.timeline import numbers_of, place_of
from ivr.replay.edit.walk import FollowedMoment, Follower
from ivr.replay.edit.wording import command_words, decides, event_words
from ivr.replay.tape import CommandRecord, Tape, TapeError
from ivr.replay.terminal_text import clock, printable

_RUNS: Final = (events.AudioIn, events.TtsAudio, events.ReplyDelta, events.MarkReached, events.Tick)
"""Events that come in rows: those without a decision share a line."""
_INDENT: Final = " " * 23


@dataclass(frozen=True, slots=True)
class ShownPart:
    """Say which part of a tape is shown."""

    turn: int | None = None
    """This turn alone, with what led to it."""
    start: float = float("-inf")
    """Seconds of the call."""
    end: float = float("inf")
    each: bool = False
    """Each event has a line, also those that come in rows."""

    def holds(self, seen: FollowedMoment, at: float) -> bool:
        """Return whether a moment is shown. `at`: its time in seconds of the call."""
        in_turn = self.turn is None or seen.turn == self.turn or asks_for(seen.moment.commands, self.turn)
        return in_turn and self.start <= at <= self.end


def asks_for(commands: Sequence[CommandRecord], turn: int) -> bool:
    """Return whether the agent is asked here for the answer of a turn.

    Where the caller spoke over the turn before, that is the last event of that turn.
    """
    return any(
        command[0] == "RequestReply" and isinstance(command[1], dict) and command[1].get("turn") == turn
        for command in commands
        if len(command) > 1
    )


@dataclass(slots=True)
class _ShownRow:
    """Collect events of one kind that share a line."""

    at: float
    state: str
    happened: list[events.Event] = field(default_factory=list)
    commands: list[CommandRecord] = field(default_factory=list)

    def take(self, seen: FollowedMoment) -> None:
        self.happened.append(seen.moment.event)
        self.commands += seen.moment.commands

    def lines(self) -> Iterator[str]:
        first, *more = command_words(self.commands) or [""]
        said = f"{clock(self.at):>9} {self.state:<12} {event_words(self.happened)}"
        yield said + f"  → {first}" if first else said
        yield from (f"{_INDENT}→ {words}" for words in more)


def shown(tape: Tape, part: ShownPart | None = None) -> Iterator[str]:
    """Yield the lines of a tape. Raises TapeError for a turn that the call does not have."""
    part = part if part is not None else ShownPart()
    yield from about_call(tape)
    if tape.header.side == "phone":
        yield "a phone's tape: nothing was decided there. `ivr report` shows the call; --json prints the records"
        return
    follower = Follower(tape)
    rows: dict[object, _ShownRow] = {}
    gaps, turn = frozenset(tape.gaps), -1
    for seen in follower.moments():
        at = seen.moment.now - tape.began_at
        if not part.holds(seen, at):
            continue
        kind = type(seen.moment.event)
        alone = part.each or kind not in _RUNS or decides(seen.moment.commands)
        row = rows.get(kind)
        others = turn != seen.turn or seen.index in gaps or (row is not None and row.state != seen.state)
        if alone or others:
            # A decision stands behind all that came before it.
            yield from _flushed(rows)
            row = None
        if turn != seen.turn:
            turn = seen.turn
            yield f"turn {turn}"
        if seen.index in gaps:
            yield f"{_INDENT}some events are missing here"
        if row is None:
            row = rows[kind] = _ShownRow(at, seen.state)
        row.take(seen)
        if alone:
            yield from _flushed(rows)
    yield from _flushed(rows)
    if part.turn is not None and turn < 0 and place_of(follower.turns, part.turn) is None:
        raise TapeError(f"there is no turn {part.turn}: the call has {numbers_of(follower.turns)}")
    if follower.broke:
        yield f"today's code cannot go on with this call: {printable(follower.broke)}"
    yield from about_end(tape)


def _flushed(rows: dict[object, _ShownRow]) -> Iterator[str]:
    """Yield the rows that are open, by their beginnings, and close them."""
    for row in sorted(rows.values(), key=lambda row: row.at):
        yield from row.lines()
    rows.clear()


def about_call(tape: Tape) -> Iterator[str]:
    """Yield what is known of a call before its events."""
    header = tape.header
    line = f", line {header.line}" if header.line else ""
    yield printable(f"{header.call_id}{line}, {header.started_on or 'time unknown'}, {header.origin}")
    legs = ", ".join(f"{leg}: {kept}" for leg, kept in header.legs.items()) or "nothing is said of its legs"
    if header.side == "phone":
        seconds = f"{tape.end.seconds:.1f} s" if tape.end is not None else "the end is missing"
        yield printable(f"{seconds}, {len(tape.phone)} records of a phone, {legs}")
        return
    yield printable(f"{tape.seconds:.3f} s, {len(tape.moments)} events, {legs}")


def about_end(tape: Tape) -> Iterator[str]:
    """Yield how a call ended, what was wrong with it, and what could not be read."""
    if tape.end is not None:
        end = tape.end
        yield printable(f"{end.result or 'no result'}, {end.reason or 'no reason'}: {end.turns} turns")
        for trouble in end.trouble:
            where = f"turn {trouble.turn}" if trouble.turn else "no turn"
            at = clock(trouble.at - tape.began_at) if trouble.at else ""
            yield printable(f"trouble: {trouble.kind}, {where} {at} {trouble.detail}".rstrip())
    yield from (f"fault: {printable(fault)}" for fault in tape.faults)
