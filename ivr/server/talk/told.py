"""Follow one call of the softphone, and say what its page may show: whose turn it is, the words, the waits.

The page gets these on the socket of the call, beside the messages of the carrier's protocol, as `"event": "talk"`.
So they come wherever the call is carried, and in order with its audio. Only the page of the call gets them: they hold
speech.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.timeline import OWNERS, Sentence, Turn, spent, wait

Tell: TypeAlias = Callable[[dict[str, Any]], None]
"""Take a message for the page. Must not wait and must not raise."""

NOTES_TOLD: Final = frozenset(
    {
        *("upstream_failed", "speech_failed", "transcript_failed", "reply_failed", "peer_fault"),
        *("nothing_understood", "transfer_number_refused", "transfer_failed"),
    }
)
"""Notes of a call that the page shows."""


class ToldCall:
    """Tell the page of one call what is new."""

    def __init__(self, tell: Tell, call: Call) -> None:
        self._tell = tell
        self._call = call
        self._state = ""
        self._from = 0
        """The first turn that is not closed."""
        self._asked: set[int] = set()
        self._waited: set[int] = set()
        self._said: set[tuple[int, str, int]] = set()

    def __repr__(self) -> str:
        return f"<ToldCall {self._state} from turn {self._from}>"

    def happened(self, commands: Sequence[Command]) -> None:
        """Tell what has changed with an event and its commands."""
        if (state := self._call.floor.state.value) != self._state:
            self._state = state
            self._send("state", state=state)
        turns = self._call.turns
        for turn in turns[self._from :]:
            self._turn(turn)
        while self._from < len(turns) and turns[self._from].ended_at is not None:
            self._from += 1
        for command in commands:
            if isinstance(command, Note) and command.name in NOTES_TOLD:
                reason = str(command.fields.get("reason", command.fields.get("who", "")))
                self._send("fault", name=command.name, reason=reason)
            elif isinstance(command, HangUp):
                self._send("ended", result=command.result, reason=command.reason)

    def _turn(self, turn: Turn) -> None:
        """Tell what is new of a turn that is not closed, or has just been."""
        # A question that is asked ahead may be dropped without a trace.
        if turn.text and not turn.ahead and turn.number not in self._asked:
            self._asked.add(turn.number)
            self._send("asked", turn=turn.number, text=turn.text, keys=turn.kind == "dtmf")
        for number, filler in enumerate(turn.fillers):
            self._sentence(turn, filler, "filler", number)
        if turn.number not in self._waited and turn.first_sent_at is not None and (waited := wait(turn)) is not None:
            self._waited.add(turn.number)
            parts = {owner: _ms(seconds) for owner in OWNERS if (seconds := spent(turn, owner)) is not None}
            self._send("wait", turn=turn.number, ms=_ms(waited), parts=parts)
        for sentence in turn.sentences:
            self._sentence(turn, sentence, "phrase" if sentence.fixed else "answer", sentence.number)
        if turn.ended_at is not None:
            self._send("closed", turn=turn.number, outcome=turn.outcome, heard=turn.heard, unheard=turn.unheard)

    def _sentence(self, turn: Turn, sentence: Sentence, kind: str, number: int) -> None:
        """Tell the words of a sentence once its first audio leaves for the phone."""
        key = turn.number, kind, number
        if sentence.sent_at is not None and sentence.text and key not in self._said:
            self._said.add(key)
            self._send("said", turn=turn.number, text=sentence.text, kind=kind)

    def _send(self, what: str, **fields: Any) -> None:
        self._tell({"event": "talk", "what": what, **fields})


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
