"""Keep what the caller has said or typed and the agent has not answered.

A caller may go on talking while STT still looks for the words of the last utterance, or while the agent thinks.
Nothing of that is lost: utterances wait until all of them have their words and become one question. Keys are utterances
that need no STT. A question whose answer the caller did not hear is carried over to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Final

from ivr.call.caller.keypad import KeyEntry, Keypad
from ivr.call.caller.usual_wait import UsualWait
from ivr.call.timeline import Turn
from ivr.media.loudness import is_faint

QUESTION_LIMIT: Final = 4000
"""Characters of a question at most."""
STT_WAIT_S: Final = 0.8
"""Seconds that STT is expected to take before it has been seen to."""
_LOUDER, _SOFTER = 0.5, 0.25
"""Share of a louder or softer question in the caller's usual level."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Hold a part of a question."""

    text: str
    keys: bool = False
    """It was typed."""
    more: bool = False
    """Keys may follow that belong to it."""


def _joined(parts: Iterable[_Part], *, only_keys: bool = False) -> str:
    """Return parts as one text. Keys in two groups are one number unless the caller ended the first."""
    text, glue = "", ""
    for part in parts:
        if part.keys or not only_keys:
            text += (glue if part.keys else " ") + part.text if text else part.text
        glue = "" if part.more else " "
    return text


@dataclass(slots=True)
class _OpenUtterance:
    """Hold one utterance. Times in seconds of `now`."""

    started_at: float
    ended_at: float
    endpoint_at: float
    """When it was found to be over; of one sent early, when it was sent, until it is over."""
    voiced_ms: int
    onset: int = -1
    """Sample of the caller's audio at which it begins."""
    level: float = 0.0
    """Of its voice, dBFS."""
    sent_at: float = 0.0
    text: str | None = None
    transcript_at: float | None = None
    failed: bool = False
    entry: KeyEntry | None = None
    """The keys, of one that is typed."""
    typed: bool = False
    agreement: float = 0.0
    echo: bool = False

    @property
    def part(self) -> _Part:
        """Return what it adds to the question; nothing while its words are looked for."""
        if self.entry is not None:
            return _Part(self.entry.keys, keys=True, more=not self.entry.whole)
        return _Part(self.text or "")

    def end(self, ended_at: float, now: float, voiced_ms: int) -> None:
        """Note that it is over, of one that was sent early."""
        self.ended_at, self.endpoint_at, self.voiced_ms = ended_at, now, voiced_ms

    def wait_until(self, now: float) -> None:
        """Note that it was over only now."""
        self.endpoint_at = now

    def resolve(self, text: str | None, now: float) -> None:
        """Note its words; None: STT failed."""
        self.transcript_at, self.failed, self.text = now, text is None, (text or "").strip()

    def take_for_echo(self) -> None:
        """Note that it was not the caller's voice."""
        self.echo = True

    def type(self, entry: KeyEntry, now: float) -> None:
        """Note its keys."""
        self.transcript_at, self.entry = now, entry


class Utterances:
    """Hold one call's utterances between their endpoint and the request they become part of."""

    def __init__(self, keypad: Keypad) -> None:
        self.keypad = keypad
        self._number = 0
        self._utterances: dict[int, _OpenUtterance] = {}
        self._carried: list[_Part] = []
        self._asked: list[_Part] = []
        """The last question."""
        self.withdrawn = False
        """The last question was withdrawn: the next holds it as well."""
        self.limit = QUESTION_LIMIT
        """Characters of a question, or of a message, at most."""
        self.stt = UsualWait(STT_WAIT_S)
        self.level: float | None = None
        """Of the voice that asked the last questions, dBFS; None: there was none."""

    def __repr__(self) -> str:
        return f"<Utterances open={self.open} {self.keypad!r} waiting={len(self._utterances)}>"

    @property
    def open(self) -> list[int]:
        """Return the utterances that STT still looks for words in."""
        return [n for n, u in self._utterances.items() if u.transcript_at is None and not u.typed]

    @property
    def complete(self) -> bool:
        """Return whether nothing is looked for or typed any more."""
        return all(u.transcript_at is not None for u in self._utterances.values())

    @property
    def only_keys(self) -> bool:
        """Return whether all that waits for an answer was typed."""
        parts = self._parts
        return bool(parts) and all(part.keys for part in parts)

    def add(
        self,
        started_at: float,
        ended_at: float,
        now: float,
        voiced_ms: int,
        agreement: float = 0.0,
        *,
        onset: int = -1,
        level: float = 0.0,
    ) -> int:
        """Add an utterance that goes to STT; return its number. Times in seconds of `now`.

        `agreement`: see `agreement`. `onset`: the sample at which it begins. `level`: of its voice,
        dBFS.
        """
        self._number += 1
        self._utterances[self._number] = _OpenUtterance(
            started_at, ended_at, now, voiced_ms, onset, level, now, agreement=agreement
        )
        return self._number

    def agreement(self, number: int) -> float:
        """Return how well an utterance's loudness follows what was played: a correlation, -1 to 1."""
        return self._utterances[number].agreement

    def take_for_echo(self, number: int) -> None:
        """Note that an utterance was not the caller's voice."""
        self._utterances[number].take_for_echo()

    def spoken(self, *, apart_from: Set[int]) -> bool:
        """Return whether anything that was said waits, with its words or without, but for some utterances."""
        return any(not u.typed for number, u in self._utterances.items() if number not in apart_from)

    @property
    def voiced_ms(self) -> int:
        """Return the voiced audio of all that waits, ms."""
        return sum(u.voiced_ms for u in self._utterances.values())

    def sent_at(self, number: int) -> float:
        """Return when an utterance went to STT, in seconds of `now`."""
        return self._utterances[number].sent_at

    def started_at(self, number: int) -> float:
        """Return when an utterance began, in seconds of `now`."""
        return self._utterances[number].started_at

    def began_at(self, number: int) -> int:
        """Return the sample of the caller's audio at which an utterance begins."""
        return self._utterances[number].onset

    def words_of(self, number: int) -> str:
        """Return the words of an utterance that waits for its answer; none, where there are none, or not yet."""
        return (self._utterances[number].text or "") if number in self._utterances else ""

    def is_faint(self, number: int) -> bool:
        """Return whether an utterance is far softer than the voice that asked the last questions."""
        return self.level is not None and is_faint(self._utterances[number].level, self.level)

    @property
    def loudest(self) -> float | None:
        """Return the level of the caller as far as it is known, dBFS: of the last questions, and of what waits."""
        levels = [u.level for u in self._utterances.values() if not u.typed]
        return max(levels if self.level is None else [*levels, self.level], default=None)

    @property
    def words_ended_at(self) -> float | None:
        """Return when the last words that wait were said, in seconds of `now`; None: there are none, or keys follow."""
        last = next((u for u in reversed(self._utterances.values()) if u.part.text), None)
        return None if last is None or last.typed else last.ended_at

    @property
    def goes_on(self) -> bool:
        """Return whether the last question has had no answer, and is asked again with what comes next."""
        return bool(self._carried)

    def wait_until(self, now: float) -> None:
        """Note that the last utterance was over only now: its question has waited for more of it."""
        list(self._utterances.values())[-1].wait_until(now)

    def press(self, key: str, now: float) -> None:
        """Take a key: there is no question until its entry has an end."""
        if not self.keypad.typing:
            self._number += 1
            self._utterances[self._number] = _OpenUtterance(now, now, now, 0, typed=True)
        self._end_keys(self.keypad.press(key, now), now)

    def tick(self, now: float) -> bool:
        """End an entry of keys whose time is up; return whether there was one."""
        return self._end_keys(self.keypad.tick(now), now)

    def _end_keys(self, entry: KeyEntry | None, now: float) -> bool:
        if entry is None:
            return False
        typing = next(u for u in self._utterances.values() if u.typed and u.transcript_at is None)
        typing.type(entry, now)
        return True

    def end(self, number: int, ended_at: float, now: float, voiced_ms: int) -> bool:
        """End an utterance that was sent early; return False when it must be sent again, as a whole."""
        utterance = self._utterances.get(number)
        # Its beginning said nothing over the agent, and was dropped.
        if utterance is None:
            return False
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
        if utterance is None or utterance.transcript_at is not None or utterance.typed:
            return False
        utterance.resolve(text, now)
        if text is not None:
            self.stt.learn(now - utterance.sent_at)
        # A caller who goes on in words has done with the keys.
        if utterance.text and utterance.started_at > self.keypad.pressed_at:
            self._end_keys(self.keypad.finish(), now)
        return True

    def text(self) -> str:
        """Return all that waits for an answer, keys included."""
        # The end of a long question is kept: what was said last matters most.
        return _joined(self._parts)[-self.limit :]

    def carry(self) -> None:
        """Carry the last question over: its answer was not heard, and it is asked again with what comes next."""
        self._carried, self.withdrawn = self._asked, True

    def recall(self, text: str, digits: str) -> None:
        """Take a question of before the call was resumed: it waits for an answer."""
        self._carried = [_Part(text, keys=bool(digits) and text == digits)] if text else []

    def may_go_on(self) -> bool:
        """Return whether the last question ended with keys that more may belong to."""
        return bool(self._asked) and self._asked[-1].more

    def show(self, turn: Turn) -> None:
        """Make all that waits the question of this turn, and keep it: the caller may go on."""
        digits = _joined(self._parts, only_keys=True)[-QUESTION_LIMIT:]
        turn.put_question(self.text(), digits=digits, supersedes=self.withdrawn)

    def withdraw(self) -> None:
        """Note that the question that was shown is withdrawn: the next holds what there was of it."""
        self.withdrawn = True

    def take(self, turn: Turn) -> None:
        """Turn all that waits into the question of this turn, which gets its times."""
        self.show(turn)
        self._asked = self._parts
        self._carried, self.withdrawn = [], False
        utterances = list(self._utterances.values())
        self._utterances.clear()
        # The caller is the loudest of those who were understood; a softer one may be a television.
        if levels := [u.level for u in utterances if u.text]:
            loudest = max(levels)
            before = loudest if self.level is None else self.level
            self.level = before + (loudest - before) * (_LOUDER if loudest > before else _SOFTER)
        # A question that was only carried over has no times of its own. One with keys was not waited for like words.
        if utterances and not turn.digits:
            first, last = utterances[0], utterances[-1]
            transcript_at = max(u.transcript_at or u.endpoint_at for u in utterances)
            turn.record_speech(first.started_at, last.ended_at, last.endpoint_at, transcript_at)

    def give_up(self) -> tuple[bool, int]:
        """Drop utterances without words; return whether STT failed, and the longest one's voiced milliseconds."""
        failed = any(u.failed for u in self._utterances.values())
        voiced_ms = max((u.voiced_ms for u in self._utterances.values() if not u.echo), default=0)
        self._utterances.clear()
        return failed, voiced_ms

    def forget(self) -> list[int]:
        """Forget everything; return the utterances that STT still has."""
        still_open = self.open
        self._utterances.clear()
        self._carried, self.withdrawn = [], False
        self.keypad.forget()
        return still_open

    @property
    def _parts(self) -> list[_Part]:
        parts = [*self._carried, *(u.part for u in self._utterances.values())]
        return [part for part in parts if part.text]
