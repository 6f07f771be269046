"""Hold what the agent has said of the caller's next answer: how keys are gathered, what is expected, and for how long.

It counts from the end of the agent's reply, also where the caller interrupts the reply, until the agent is asked again.
"""

from __future__ import annotations

from ivr.call.actions import Gather
from ivr.call.caller.speculation import Speculation
from ivr.call.deadlines import Deadlines
from ivr.call.events import ReplyEnded
from ivr.text.turn.answer.numbers import read_dictation
from ivr.text.turn.words import folded, words_of


class NextAnswer:
    """Prepare one caller's next answer."""

    def __init__(self, speculation: Speculation, deadlines: Deadlines) -> None:
        self._speculation = speculation
        self._deadlines = deadlines
        self._gather: Gather | None = None
        self._counts = True
        """The length of a number is looked for: the agent has not said how keys are gathered."""
        self._in_vain = False

    def __repr__(self) -> str:
        return f"<NextAnswer keys_only={self.keys_only}>"

    @property
    def keys_only(self) -> bool:
        """Return whether the caller's voice is no answer."""
        return self._gather is not None and not self._gather.allow_speech and not self._in_vain

    def prepare(self, reply: ReplyEnded) -> None:
        """Take what a reply says of the answer to it."""
        gather, expect = reply.gather, reply.expect
        self._counts = gather is None
        # Digits that are expected are typed as well as said.
        if gather is None and expect is not None and expect.kind == "digits":
            gather = Gather(digits=expect.length)
        self._gather, self._in_vain = gather, False
        self._speculation.expect = expect
        self._speculation.utterances.keypad.gather(gather)
        first = gather.first_timeout_s if gather is not None else None
        self._deadlines.be_patient(reply.idle_s if first is None else first)

    def begin_keys(self) -> None:
        """Look for how many keys a number still has, where the agent has not said how keys are gathered."""
        utterances = self._speculation.utterances
        if utterances.keypad.typing:
            return
        kind, length = self._speculation.awaits()
        if not self._counts or kind != "digits" or length < 0:
            length = 0
        # A part of it may be there already, said or typed.
        known = len(read_dictation(words_of(folded(utterances.text()))).digits)
        utterances.keypad.expect(length - known if known < length else length)

    def listen(self) -> None:
        """Take the caller's voice as well: no key has come in time."""
        self._in_vain = True

    def forget(self) -> None:
        """Go back to what the line says: the agent is asked."""
        self._gather, self._speculation.expect, self._counts = None, None, True
        self._speculation.utterances.keypad.gather(None)
        self._deadlines.be_patient(None)
