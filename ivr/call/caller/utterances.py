"""Keep what the caller has said and the agent has not answered.

A caller may go on talking while STT still looks for the words of the last utterance, or while the agent thinks.
Nothing of that is lost: utterances wait until all of them have their words and become one question. A question whose
answer the caller did not hear is carried over to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ivr.call.timeline import Turn

QUESTION_LIMIT: Final = 4000
"""Characters of a question at most."""


@dataclass(slots=True)
class _OpenUtterance:
    """Hold one utterance. Times in seconds of `now`."""

    started_at: float
    ended_at: float
    endpoint_at: float
    """When it was found to be over; of one sent early, when it was sent, until it is over."""
    voiced_ms: int
    text: str | None = None
    transcript_at: float | None = None
    failed: bool = False

    def end(self, ended_at: float, now: float, voiced_ms: int) -> None:
        """Note that it is over, of one that was sent early."""
        self.ended_at, self.endpoint_at, self.voiced_ms = ended_at, now, voiced_ms

    def resolve(self, text: str | None, now: float) -> None:
        """Note its words; None: STT failed."""
        self.transcript_at, self.failed, self.text = now, text is None, (text or "").strip()


class Utterances:
    """Hold one call's utterances between their endpoint and the request they become part of."""

    def __init__(self) -> None:
        self._number = 0
        self._utterances: dict[int, _OpenUtterance] = {}
        self._carried = ""

    def __repr__(self) -> str:
        return f"<Utterances open={self.open} waiting={len(self._utterances)}>"

    @property
    def open(self) -> list[int]:
        """Return the utterances still without words."""
        return [n for n, u in self._utterances.items() if u.transcript_at is None]

    def add(self, started_at: float, ended_at: float, now: float, voiced_ms: int) -> int:
        """Add an utterance that is over; return its number. Times in seconds of `now`."""
        self._number += 1
        self._utterances[self._number] = _OpenUtterance(started_at, ended_at, now, voiced_ms)
        return self._number

    def end(self, number: int, ended_at: float, now: float, voiced_ms: int) -> bool:
        """End an utterance that was sent early; return False when STT has failed and it must be sent again."""
        utterance = self._utterances[number]
        utterance.end(ended_at, now, voiced_ms)
        # STT had only a part of it: the whole of it may have words.
        if utterance.failed:
            del self._utterances[number]
        return not utterance.failed

    def drop(self, number: int) -> bool:
        """Drop what was no utterance; return whether STT still looks for its words."""
        utterance = self._utterances.pop(number, None)
        return utterance is not None and utterance.transcript_at is None

    def resolve(self, number: int, text: str | None, now: float) -> bool:
        """Take the words of an utterance; None: STT failed. Return False when they are not awaited."""
        utterance = self._utterances.get(number)
        if utterance is None or utterance.transcript_at is not None:
            return False
        utterance.resolve(text, now)
        return True

    def text(self) -> str:
        """Return all words that wait for an answer."""
        parts = [self._carried, *(u.text or "" for u in self._utterances.values())]
        # The end of a long question is kept: what was said last matters most.
        return " ".join(filter(None, parts))[-QUESTION_LIMIT:]

    def carry(self, text: str) -> None:
        """Carry over a question whose answer the caller did not hear: it is asked again with what comes next."""
        self._carried = text

    def take(self, turn: Turn) -> None:
        """Turn all words into the question of this turn, which gets their times."""
        turn.put_question(self.text())
        self._carried = ""
        utterances = list(self._utterances.values())
        self._utterances.clear()
        # A question that was only carried over has no times of its own.
        if utterances:
            first, last = utterances[0], utterances[-1]
            transcript_at = max(u.transcript_at or u.endpoint_at for u in utterances)
            turn.record_speech(first.started_at, last.ended_at, last.endpoint_at, transcript_at)

    def give_up(self) -> tuple[bool, int]:
        """Drop utterances without words; return whether STT failed, and the longest one's voiced milliseconds."""
        failed = any(u.failed for u in self._utterances.values())
        voiced_ms = max((u.voiced_ms for u in self._utterances.values()), default=0)
        self._utterances.clear()
        return failed, voiced_ms

    def forget(self) -> list[int]:
        """Forget everything; return the utterances that STT still has."""
        still_open = self.open
        self._utterances.clear()
        self._carried = ""
        return still_open
