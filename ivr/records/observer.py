"""Make the record of each call while it goes by: an observer of calls, which costs the event loop next to nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import SUPERSEDED, CallStarted, Event, PeerFault
from ivr.call.timeline import OWNERS, Turn, spent, wait
from ivr.config.lines import Keep, Line
from ivr.records.record import (
    Began,
    CallFacts,
    Ended,
    Entry,
    FileNamed,
    TurnRecord,
    encode_entry,
    number_key,
    storable,
    without_digits,
)

MOST_RECORDED: Final = 20_000
"""Calls whose tapes and recordings may be named after their end."""
MOST_NAMES: Final = 200
"""Different notes and faults that one call's record names."""


@dataclass(slots=True)
class _LivePart:
    """Hold a part of a call that is on the line."""

    facts: CallFacts
    caller: str
    called: str
    began_at: float
    """The event loop's seconds."""
    notes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    hang_up: HangUp | None = None


class RecordObserver:
    """Put a record of each call into the spool when it begins, and when it ends."""

    wants_still_frames: Final = False

    def __init__(
        self,
        put: Callable[[Callable[[], bytes]], None],
        lines: Sequence[Line],
        *,
        writer: str,
        node: str,
        key: Callable[[], bytes],
        clock: Callable[[], float],
    ) -> None:
        """Take `put`, which has a record made and written in a thread; `key`, the secret of numbers, asked for there;
        and `clock`, which gives Unix time."""
        self._put = put
        self._keep: Mapping[str, tuple[Keep, int]] = {line.name: (line.keep, line.keep_days) for line in lines}
        self._writer = writer
        self._node = node
        self._key = key
        self._clock = clock
        self._parts: dict[str, list[_LivePart]] = {}
        """By the carrier's id; a call whose stream was superseded has two, the newest last."""
        self._recorded: dict[str, None] = {}
        """The last calls that have a record."""

    def __repr__(self) -> str:
        return f"<RecordObserver {len(self._parts)} calls>"

    def name_file(self, call_id: str, kind: str, name: str) -> None:
        """Record that there is a tape or a recording of a call. From any thread."""
        # Where nothing is kept of a call, no name is kept either.
        if call_id not in self._recorded:
            return
        entry = FileNamed(call_id, kind, name, self._clock())
        self._put(lambda: encode_entry(entry))

    def unanswered(
        self,
        call_id: str,
        line: str,
        caller: str,
        called: str,
        began_at: float,
        ended_at: float,
        result: str,
        reason: str,
    ) -> None:
        """Record a call that was placed and had no stream. Times are Unix seconds."""
        keep, days = self._keep.get(line, ("metrics", 0))
        if keep == "none":
            return
        facts = CallFacts(
            part=uuid.uuid4().hex,
            writer=self._writer,
            call_id=call_id,
            stream="",
            line=line,
            direction="outbound-api",
            node=self._node,
            started_at=began_at,
            keep=keep,
            keep_days=days,
        )
        part = _LivePart(facts, caller, called, 0.0)
        self._put(lambda: encode_entry(Began(self._known(part))))
        self._put(lambda: encode_entry(Ended(self._known(part), ended_at, result, reason)))

    # -- an observer of calls ------------------------------------------------------------------------------------

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Record the beginning of a call, and count its notes and faults."""
        if isinstance(event, CallStarted):
            self._begin(call_id, now, event)
        parts = self._parts.get(call_id)
        if parts is None:
            return
        part = parts[-1]
        if isinstance(event, PeerFault):
            _count(part.faults, f"{event.wire}/{event.reason}")
        for command in commands:
            if type(command) is Note:
                _count(part.notes, command.name)
            elif type(command) is HangUp:
                part.hang_up = command

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Record the end of a call."""
        parts = self._parts.get(call_id, [])
        # A call with two streams: the first may end after the second has begun.
        part = next((part for part in parts if part.hang_up is hang_up), parts[-1] if len(parts) == 1 else None)
        if part is None:
            return
        parts.remove(part)
        if not parts:
            del self._parts[call_id]
        told = list(turns)
        ended_at = part.facts.started_at + now - part.began_at
        self._put(lambda: self._ended(part, told, hang_up, ended_at))

    def _begin(self, call_id: str, now: float, event: CallStarted) -> None:
        keep, days = self._keep.get(event.line, ("metrics", 0))
        if keep == "none":
            return
        facts = CallFacts(
            part=uuid.uuid4().hex,
            writer=self._writer,
            call_id=call_id,
            stream=event.stream_id,
            line=event.line,
            direction=event.direction,
            node=self._node,
            started_at=self._clock(),
            keep=keep,
            keep_days=days,
        )
        part = _LivePart(facts, event.caller, event.called, now)
        self._parts.setdefault(call_id, []).append(part)
        self._recorded[call_id] = None
        if len(self._recorded) > MOST_RECORDED:
            del self._recorded[next(iter(self._recorded))]
        self._put(lambda: encode_entry(Began(self._known(part))))

    # -- in the thread -------------------------------------------------------------------------------------------

    def _known(self, part: _LivePart) -> CallFacts:
        """Return the facts of a part, with its numbers as far as they are kept."""
        key = self._key()
        text = part.facts.keep == "text"
        return msgspec.structs.replace(
            part.facts,
            call_id=storable(part.facts.call_id),
            stream=storable(part.facts.stream),
            direction=storable(part.facts.direction),
            caller=storable(part.caller) if text else "",
            called=storable(part.called) if text else "",
            caller_key=number_key(key, part.caller),
            called_key=number_key(key, part.called),
        )

    def _ended(self, part: _LivePart, turns: Sequence[Turn], hang_up: HangUp, ended_at: float) -> bytes:
        entry: Entry = Ended(
            self._known(part),
            ended_at,
            hang_up.result,
            hang_up.reason,
            settled=hang_up.meant,
            superseded=hang_up.reason == SUPERSEDED,
            turns=[turn_record(turn, part.began_at, text=part.facts.keep == "text") for turn in turns],
            notes=dict(part.notes),
            faults=dict(part.faults),
        )
        return encode_entry(entry)


def _count(names: Counter[str], name: str) -> None:
    if name in names or len(names) < MOST_NAMES:
        names[name] += 1


def turn_record(turn: Turn, began_at: float, *, text: bool) -> TurnRecord:
    """Return what is kept of a turn. `text`: what was said as well, without what was pressed."""
    took = {f"{owner}_ms": None if (part := spent(turn, owner)) is None else round(part * 1000) for owner in OWNERS}
    known = [at for at in (turn.speech_started_at, turn.asked_at, turn.first_sent_at, turn.ended_at) if at is not None]
    waited = wait(turn)
    asked = without_digits(turn.text) if turn.digits else turn.text
    return TurnRecord(
        turn.number,
        turn.kind,
        turn.outcome,
        turn.failure,
        at_s=round(max(0.0, min(known) - began_at), 3) if known else 0.0,
        wait_ms=None if waited is None else round(waited * 1000),
        sentences=sum(bool(sentence.text) for sentence in turn.sentences),
        barge_ins=sum(overlap.verdict == "commit" for overlap in turn.overlaps),
        asked=storable(asked) if text else "",
        heard=storable(turn.heard) if text else "",
        unheard=storable(turn.unheard) if text else "",
        **took,
    )
