"""Do what the agent asks for among its words, in the order of the words.

Recordings, pauses and tones are sentences without words: they are queued behind what was written before them, and what
is dropped with an answer does not happen. Words that must be heard are guarded from the first of their audio to the
last. A language is reached once the words before it were heard.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.reply import Pieces
from ivr.call.events import ReplyAction, ReplyEvent
from ivr.call.options import CallOptions, Language
from ivr.call.timeline import Sentence, Turn
from ivr.media import g711
from ivr.media.tones import dtmf


@dataclass(frozen=True, slots=True)
class Guard:
    """Begin or end words that the caller may not interrupt."""

    on: bool


ReplyPart: TypeAlias = ReplyEvent | Guard
"""What waits until all that the agent has written before it was looked at."""


class ReplyActs:
    """Hold what one call's answer is asked to do beside its words."""

    def __init__(self, options: CallOptions, output: SpeechOutput) -> None:
        self._options = options
        self._output = output
        self._speaks: Literal["ar", "en", ""] | None = None
        """The language of what the agent goes on to say; None: the call's."""
        self._guarded: list[list[Sentence]] = []
        """Sentences that may not be interrupted, in groups that are guarded as one."""
        self._guards = False
        self._switches: deque[tuple[Turn, Sentence | None, str]] = deque()
        """Languages that are to be reached, each behind a sentence of a turn."""

    def __repr__(self) -> str:
        return f"<ReplyActs guarded={len(self._guarded)} switches={len(self._switches)}>"

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options

    @property
    def protected(self) -> bool:
        """Return whether the caller hears words that may not be interrupted, or a gap between them."""
        return any(group[0].sent_at is not None and not all(map(_is_over, group)) for group in self._guarded if group)

    @property
    def switched(self) -> bool:
        """Return whether the answer has asked for another language that the line has."""
        return self._speaks is not None

    def begin(self) -> None:
        """Begin another answer, or forget what is left of this one."""
        self._speaks, self._guards = None, False
        self._guarded.clear()
        self._switches.clear()

    def say(self, turn: Turn, pieces: Pieces, now: float) -> None:
        """Queue words of the answer."""
        for text, spoken in pieces:
            self._note(self._output.say(turn, text, spoken, now, language=self._speaks))

    def sound(self, turn: Turn, act: ReplyAction, now: float) -> None:
        """Queue a recording, a pause or tones."""
        audio = dtmf.tones(act.value) if act.act == "dtmf" else g711.silence(act.ms)
        source = act.value if act.act == "play" else ""
        self._note(self._output.say(turn, "", "", now, b"" if source else audio, source=source))

    def guard(self, on: bool) -> None:
        """Let nothing interrupt what is queued from now on, or anything again."""
        self._guards = on
        if on:
            self._guarded.append([])

    def _note(self, sentence: Sentence) -> None:
        if self._guards:
            self._guarded[-1].append(sentence)

    # -- languages -----------------------------------------------------------------------------------------------

    def switch(self, turn: Turn, language: str) -> Language | None:
        """Say what follows in another language. Return it; None: the line does not have it."""
        self._switches.append((turn, turn.sentences[-1] if turn.sentences else None, language))
        options = self._options
        found = next((one for one in (options.language, *options.languages) if one == language), None)
        if found is None and options.changed_to and language in ("ar", "en") and language != options.changed_to:
            found = "en" if options.changed_to == "ar" else "ar"
        if found is not None:
            # Of two languages the one that the call has not changed to is the line's.
            here = found == options.language
            self._speaks = options.changed_to if here else "" if options.changed_to else found
        return found

    def reached(self) -> str | None:
        """Return, once, a language before which all was heard. None: there is none."""
        if not self._switches or not _was_heard(*self._switches[0][:2]):
            return None
        return self._switches.popleft()[2]


def _is_over(sentence: Sentence) -> bool:
    """Return whether no more of a sentence will be heard."""
    silent = sentence.whole and sentence.audio_at is None
    # What begins a broken sentence again is a sentence of its own.
    return sentence.finished or bool(sentence.failed) or silent or sentence.again_from is not None


def _was_heard(turn: Turn, sentence: Sentence | None) -> bool:
    """Return whether a sentence was heard to its end, what began it again included."""
    while sentence is not None and sentence.again_from is not None:
        sentence = turn.sentences[turn.sentences.index(sentence) + 1]
    return sentence is None or _is_over(sentence)
