"""Log calls: their notes, and one line at the end with what an operator asks first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import SUPERSEDED, AudioIn, CallStarted, Event
from ivr.call.ports import CallObserver
from ivr.call.timeline import Turn
from ivr.observe import logs
from ivr.observe.closed_turns import ClosedTurns
from ivr.observe.event_loop.loop_lag import LoopLag

log = logging.getLogger("ivr.call")

_WARNINGS = frozenset(
    {"upstream_failed", "speech_failed", "transcript_failed", "reply_failed", "peer_fault", "marks_lie"}
)


class CallLog:
    """Write the notes of calls to the log. By contract, a note holds nothing private."""

    wants_still_frames: Final = False

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Log the start of a call, and the notes among its commands."""
        if isinstance(event, CallStarted):
            self._lines[call_id] = event.line
            log.info("call_started", extra={"call": call_id, "stream": event.stream_id, "line": event.line})
        for command in commands:
            if isinstance(command, Note):
                level = logging.WARNING if command.name in _WARNINGS else logging.INFO
                # What the line says of its own is no news.
                if command.name == "phrase":
                    level = logging.DEBUG
                # The figures of a turn are compared by line.
                line = {"line": self._lines.get(call_id, "")} if command.name == "turn" else {}
                log.log(level, command.name, extra={**logs.fitted(command.fields), **line, "call": call_id})

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Log the end of a call. `now` is the event loop's time."""
        asked = [turn for turn in turns if turn.kind != "phrase"]
        waits = sorted(
            turn.first_sent_at - turn.speech_ended_at
            for turn in asked
            if turn.first_sent_at is not None and turn.speech_ended_at is not None
        )
        # The call of a stream that was superseded goes on in its second stream.
        line = self._lines.get(call_id, "") if hang_up.reason == SUPERSEDED else self._lines.pop(call_id, "")
        fields = {
            "call": call_id,
            "line": line,
            "result": hang_up.result,
            "reason": hang_up.reason,
            "turns": len(asked),
            "heard": sum(turn.outcome == "heard" for turn in asked),
            "interrupted": sum(turn.outcome == "interrupted" for turn in asked),
            "failed": sum(turn.outcome == "failed" for turn in asked),
        }
        if waits:
            fields["answer_ms_p50"] = round(waits[len(waits) // 2] * 1000)
            fields["answer_ms_max"] = round(waits[-1] * 1000)
        log.info("call_ended", extra=fields)


@runtime_checkable
class TurnObserver(Protocol):
    """See each turn once, when it is closed, and those that are open when their call ends."""

    def closed(self, call_id: str, now: float, turn: Turn) -> None:
        """Take a turn with its stalls. Of a call that ends, its turns come before its end."""


class Observers:
    """Join several observers into one. An observer that raises is logged and does no harm."""

    def __init__(self, *observers: CallObserver, lag: LoopLag | None = None) -> None:
        """Take the observers. `lag` adds its stalls to turns that are over: without it none is told of."""
        self._observers = observers
        self._of_frames = [one for one in observers if getattr(one, "wants_still_frames", True)]
        self._of_turns = [one for one in observers if lag is not None and isinstance(one, TurnObserver)]
        self._lag = lag
        self._told = ClosedTurns()

    @property
    def wants_still_frames(self) -> bool:
        """Return whether an observer wants also frames of the caller from which nothing follows."""
        return bool(self._of_frames)

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Pass a call on that is about to begin."""
        if self._of_turns:
            self._told.began(call_id, call)
        for observer in self._observers:
            try:
                observer.began(call_id, now, call)
            except Exception:
                log.exception("observer_failed", extra={"call": call_id})

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Pass an event and its commands on."""
        # Nearly all events are such frames, and few observers learn something from them.
        still = not commands and type(event) is AudioIn
        for observer in self._of_frames if still else self._observers:
            try:
                observer.happened(call_id, now, event, commands)
            except Exception:
                log.exception("observer_failed", extra={"call": call_id})
        if self._of_turns and commands:
            self._pass_on(call_id, now, self._told.among(call_id, commands))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Pass the end of a call on."""
        if self._lag is not None:
            turns = self._lag.add_stalls(turns)
        if self._of_turns:
            self._pass_on(call_id, now, self._told.rest(call_id, turns, hang_up))
        for observer in self._observers:
            try:
                observer.ended(call_id, now, turns, hang_up)
            except Exception:
                log.exception("observer_failed", extra={"call": call_id})

    def _pass_on(self, call_id: str, now: float, turns: Sequence[Turn]) -> None:
        """Pass turns on that are over."""
        for turn in turns:
            [whole] = [turn] if self._lag is None else self._lag.add_stalls([turn])
            for observer in self._of_turns:
                try:
                    observer.closed(call_id, now, whole)
                except Exception:
                    log.exception("observer_failed", extra={"call": call_id})
