"""Begin a call that the bridge has placed: wait for who answers, and do what the line says where it is a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from ivr.call.call_ending import CallEnding
from ivr.call.caller.input import CallerInput
from ivr.call.commands import Command, HangUp, Note
from ivr.call.deadlines import Deadlines
from ivr.call.ending import PlannedEnd
from ivr.call.events import CallStarted
from ivr.call.options import CallOptions
from ivr.call.placed.answering import Answering, Heard
from ivr.media import g711
from ivr.media.acoustics import Acoustics

OpenCall: TypeAlias = Callable[[CallStarted, float], None]
"""Says the first words of a call, at a time in seconds of `now`, when it is the bridge's turn to speak. It is the
call's own, and no part of the call keeps it: a call that is over would wait for the garbage collector."""
SPEAK_AFTER_S: Final = 2.0
"""Seconds without any audio after which the bridge speaks first."""
_LEFT: Final = PlannedEnd(HangUp("success", "machine_message"), words=("machine_message",))
_HUNG_UP: Final = HangUp("success", "answered_by_machine")


class WhoAnswers:
    """Listen to who answers one call. Where the bridge has not placed it, nothing is done."""

    def __init__(
        self,
        options: CallOptions,
        acoustics: Acoustics,
        caller: CallerInput,
        deadlines: Deadlines,
        end: CallEnding,
        out: list[Command],
    ) -> None:
        """Take the machines of a call, and where its commands are put."""
        self._options, self._acoustics = options, acoustics
        self._input, self._deadlines, self._end, self._out = caller, deadlines, end, out
        self._answering: Answering | None = None
        self._started: CallStarted | None = None
        """What the call began with, until the bridge has spoken first."""

    def __repr__(self) -> str:
        return f"<WhoAnswers {self._answering!r}>"

    @property
    def listens(self) -> bool:
        """Tell whether frames are to be heard here."""
        return self._answering is not None and self._answering.listens

    def begin(self, event: CallStarted, now: float) -> bool:
        """Wait for who answers a call, before it is opened. False: nothing is waited for."""
        if not self._options.placed:
            return False
        self._answering, self._started = Answering(), event
        self._deadlines.set("answer", now + SPEAK_AFTER_S)
        return True

    def hear(self, frame: bytes, now: float, open_call: OpenCall) -> bool:
        """Take a frame of mu-law that the caller's input has heard. True: it is not meant for the agent."""
        if (answering := self._answering) is None:
            return False
        held = answering.holds
        voiced = self._input.speaking and not self._input.silence_ms
        hz = self._acoustics.tone(g711.decode(frame))
        self._do(answering.hear(hz, voiced=voiced), now, open_call)
        if held:
            self._deadlines.clear("answer")
            # What is said to a telephone that rings is no question, and neither is a machine's greeting.
            if not answering.holds:
                self._input.abandon()
        return held

    def told(self, by: str, now: float, open_call: OpenCall) -> None:
        """Take who has answered, as the carrier says."""
        if self._answering is not None:
            self._do(self._answering.told(by), now, open_call, by)

    def waited(self, now: float, open_call: OpenCall) -> None:
        """Take that no audio has come since the call began."""
        if self._answering is not None:
            self._do(self._answering.waited(), now, open_call)

    def _do(self, finding: Heard, now: float, open_call: OpenCall, by: str = "") -> None:
        """Do what a finding asks for."""
        if not finding or (answering := self._answering) is None:
            return
        if finding == "over":
            if not self._end.over:
                self._end.say_last_words(_LEFT, now)
            return
        named = by or ("machine" if finding == "machine" else "unknown" if answering.how == "silence" else "person")
        self._out.append(Note("answered_by", {"by": named, "how": answering.how}))
        self._deadlines.clear("answer")
        choice = "hang_up" if named == "fax" else self._options.machine
        if finding == "machine" and choice == "hang_up":
            answering.stage = "done"
            self._end.end(_HUNG_UP, now)
        elif finding == "machine" and choice == "message":
            # What was said to a machine as to a person is dropped.
            if self._started is None:
                self._end.hush(now)
                self._deadlines.clear("silence")
        else:
            if finding == "machine":
                answering.stage = "done"
            if (started := self._started) is not None:
                self._started = None
                open_call(started, now)
            elif finding == "greet":
                self._deadlines.begin("silence", now)
