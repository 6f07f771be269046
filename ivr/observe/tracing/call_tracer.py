"""Trace the calls of a process: an observer that makes spans when a turn or a call is over.

Nothing is made of a frame. The spans go to a sink, which must not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import SUPERSEDED, CallStarted, Event
from ivr.call.timeline import Turn
from ivr.observe.tracing.trace_ids import SEED_BYTES, TraceIds
from ivr.observe.tracing.turn_spans import AttributeValue, PlainSpan, SpanEvent, turn_span

NOTED: Final = frozenset(
    {
        *("upstream_failed", "speech_failed", "transcript_failed", "reply_failed", "peer_fault", "nothing_understood"),
        *(
            "sentence_again",
            "sentence_lost",
            "play_failed",
            "transfer_failed",
            "transfer_number_refused",
            "filler",
        ),
    }
)
"""Notes of a call that become events of its spans."""
MOST_NOTES: Final = 100
"""Notes that one call may have waiting for a span."""


class SpanSink(Protocol):
    """Take spans that are over."""

    def samples(self, ids: TraceIds) -> bool:
        """Return whether the spans of a call are exported."""

    def put(self, ids: TraceIds, span: PlainSpan, parent: int, offset: float) -> None:
        """Take a span and those below it. `parent`: 0 for none. `offset`: from its seconds to those of the wall."""

    def close(self) -> None:
        """Export what waits, within a bounded time."""


@dataclass(slots=True)
class _TracedCall:
    """Hold a call on the line."""

    ids: TraceIds
    offset: float
    since: float
    streams: int = 1
    line: str = ""
    notes: list[SpanEvent] = field(default_factory=list)


class CallTracer:
    """Follow the calls of a process."""

    wants_still_frames: Final = False

    def __init__(
        self, sink: SpanSink, chance: Callable[[int], bytes], wall: Callable[[float], float], node: str = ""
    ) -> None:
        """Take `chance(bytes)`, and `wall(now)`: what to add to seconds of the loop for seconds since 1970."""
        self._sink = sink
        self._chance = chance
        self._wall = wall
        self._node = node
        self._calls: dict[str, _TracedCall] = {}

    def __repr__(self) -> str:
        return f"<CallTracer {len(self._calls)} calls>"

    def traceparent(self, call_id: str, turn: int) -> str:
        """Return the header for the request to the agent at a turn. Empty: the call is not traced."""
        call = self._calls.get(call_id)
        return "" if call is None else call.ids.traceparent(call.streams, turn)

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Begin a trace. The second stream of a call goes on with that of the first."""
        if (known := self._calls.get(call_id)) is not None:
            known.streams += 1
            return
        ids = TraceIds(self._chance(SEED_BYTES))
        ids = replace(ids, sampled=self._sink.samples(ids))
        self._calls[call_id] = _TracedCall(ids, self._wall(now), now)

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Take what becomes an event of a span."""
        if (call := self._calls.get(call_id)) is None:
            return
        if isinstance(event, CallStarted):
            call.line = event.line
        for command in commands:
            if isinstance(command, Note) and command.name in NOTED and len(call.notes) < MOST_NOTES:
                call.notes.append(SpanEvent(command.name, now, _attributes(command)))

    def closed(self, call_id: str, now: float, turn: Turn) -> None:
        """Make the spans of a turn that is over."""
        if (call := self._calls.get(call_id)) is None or not call.ids.sampled:
            return
        notes, call.notes = call.notes, []
        if (span := turn_span(turn, now, call.ids.agent(call.streams, turn.number), notes)) is not None:
            self._sink.put(call.ids, span, call.ids.call, call.offset)
        # What was noted while nothing else happened belongs to the next turn, or to the call.
        else:
            call.notes = notes

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Make the span of a call that is over."""
        # The call of a stream that was superseded goes on in its second stream.
        if hang_up.reason == SUPERSEDED or (call := self._calls.pop(call_id, None)) is None or not call.ids.sampled:
            return
        about: dict[str, AttributeValue] = {
            "ivr.call": call_id,
            "ivr.line": call.line,
            "ivr.result": hang_up.result,
            "ivr.reason": hang_up.reason,
            "ivr.turns": sum(turn.kind != "phrase" for turn in turns),
        }
        if self._node:
            about["ivr.node"] = self._node
        failed = hang_up.result in ("bridge_error", "upstream_error")
        span = PlainSpan(
            "call", call.since, now, about, tuple(call.notes), id=call.ids.call, failure=hang_up.reason * failed
        )
        self._sink.put(call.ids, span, 0, call.offset)

    def close(self) -> None:
        """Export what waits, within a bounded time."""
        self._sink.close()


def _attributes(note: Note) -> dict[str, AttributeValue]:
    """Return the fields of a note, which hold nothing private."""
    return {f"ivr.{name}": value for name, value in note.fields.items()}
