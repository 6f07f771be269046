"""Say words that are not the agent's: phrases of the line, fillers, and what an operator has the caller told.

An operator's words go before the next sentence of the agent, are not interrupted, and are a phrase turn of their own.
They are not said over the caller: they wait until the floor is free or the agent's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.fillers import Fillers
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.reply import Pieces, Reply
from ivr.call.commands import Command, Note
from ivr.call.options import CallOptions, Language, PhraseName, phrase_key
from ivr.call.timeline import Sentence, Turn
from ivr.call.turn import ANSWERING, Floor, TurnState, TurnTrigger
from ivr.media import g711
from ivr.media.tones.beep import beep

MOST_TEXTS: Final = 5
"""Texts of an operator that wait to be said, at most."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """Hold what the caller is to be told between two sentences."""

    pieces: Pieces
    audio: bytes = b""
    """Of a phrase of the line, where it is there already."""
    phrase: PhraseName | None = None
    """None: the words are an operator's."""


class OwnWords:
    """Say the bridge's own words on one call. Commands are appended to `out`."""

    def __init__(
        self,
        options: CallOptions,
        floor: Floor,
        output: SpeechOutput,
        turns: AgentTurns,
        fillers: Fillers,
        out: list[Command],
    ) -> None:
        self._options = options
        self.floor = floor
        self.output = output
        self.turns = turns
        self._fillers = fillers
        self.out = out
        self._waiting: deque[_Telling] = deque()
        """What the caller is to be told and was not begun, a text each."""
        self._told: list[tuple[Turn, Sentence]] = []
        """Sentences of an operator that are on their way, each with its turn."""
        self._aside: list[tuple[Turn, Sentence]] = []
        """Phrases that are said while the agent thinks, each with its turn."""
        self.must_be_heard = False
        """The first words of the line are being said, and nothing may interrupt them."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options

    def __repr__(self) -> str:
        return f"<OwnWords waiting={len(self._waiting)} told={len(self._told)} protected={self.protected}>"

    @property
    def protected(self) -> bool:
        """Return whether nothing may interrupt what is said."""
        return self.must_be_heard or bool(self._told) or self.turns.protected

    def say(self, name: PhraseName, now: float) -> bool:
        """Say a phrase of the line; return False when the line has none."""
        if said := self.turns.say_phrase(name, now):
            self.out.append(self._noted(name))
        # While the agent yields, the phrase waits with the rest.
        if said and self.floor.state is not TurnState.YIELDING:
            self.floor.go(TurnTrigger.SAY)
        return said

    def say_aside(self, *names: PhraseName, now: float, protected: bool = False, pause_ms: int = 0) -> None:
        """Say phrases that the line has before the answer that the agent thinks about, after a silence.

        `protected`: nothing may interrupt them.
        """
        said = [(name, phrase) for name in names if (phrase := self._options.phrases.get(name)) and phrase.text]
        pieces = [(phrase.text, phrase.text) for _, phrase in said]
        audios = [phrase.audio for _, phrase in said]
        # The silence has no words: a caller who speaks in it has heard none.
        if pause_ms:
            pieces, audios = [("", ""), *pieces], [g711.silence(pause_ms), *audios]
        if not pieces:
            return
        turn = self.turns.open_aside()
        aside = [(turn, sentence) for sentence in self.output.interject(turn, pieces, now, audios)]
        (self._told if protected and said else self._aside).extend(aside)
        self.out += [self._noted(name) for name, _ in said]

    def offer_languages(self, now: float) -> None:
        """Say in each other language of the line how to go on in it, where the line has words for that."""
        for language, phrases in self._options.languages.items():
            phrase = phrases.get("language_choice")
            if phrase is not None and phrase.text:
                turn = self.turns.turn if self.turns.open else self.turns.open_turn("phrase")
                self.output.say(turn, phrase.text, phrase.text, now, phrase.audio, fixed=True, language=language)
                self.out.append(self._noted("language_choice", language))
                self.floor.go(TurnTrigger.SAY)

    def repeat(self, now: float) -> bool:
        """Say again what was said last, an answer or else the first words; return False when there is nothing."""
        spoken = [turn for turn in self.turns.turns if any(one.text for one in turn.sentences)]
        answers = [turn for turn in spoken if turn.kind != "phrase"]
        if not spoken:
            return False
        again, rest = self.turns.open_turn("phrase"), False
        # The offer of another language is said in that one, and has its audio.
        every = self._options.phrases, *self._options.languages.values()
        ready = {phrase.text: phrase.audio for phrases in every for phrase in phrases.values()}
        for one in (answers[-1] if answers else spoken[0]).sentences:
            # What follows a sentence that broke off is its own end.
            if one.text and not rest:
                self.output.say(again, one.text, one.spoken, now, ready.get(one.text, b""), fixed=one.fixed)
            rest = one.again_from is not None
        self.floor.go(TurnTrigger.SAY)
        return True

    def announce_message(self, text: str, now: float) -> None:
        """Say `text`, or the line's phrase, before a message of the caller's, and the tone: uninterrupted."""
        reply = Reply(self._options.language)
        pieces = [*reply.feed(text, 0, now), *reply.finish()] if text else []
        turn = self.turns.turn if self.turns.open else self.turns.open_turn("phrase")
        for written, spoken in pieces:
            self.output.say(turn, written, spoken, now, fixed=True)
        # Whatever the agent says of it: a caller who is recorded is told so.
        told = not pieces or self._options.record_messages
        if told and self.turns.say_phrase("message_announce", now):
            self.out.append(self._noted("message_announce"))
        self.output.say(turn, "", "", now, beep(), fixed=True)
        self.must_be_heard = True
        self.floor.go(TurnTrigger.SAY)

    def fill(self, now: float) -> None:
        """Say a filler: the caller has heard nothing for too long."""
        name = self._fillers.next()
        turn = self.turns.turn if self.turns.open else None
        out = self.output.fill(self._options.phrases.get(name), turn, now)
        if out is not None:
            self.out += out
            self.out.append(Note("filler", {"state": self.floor.state.value}))
            self.out.append(self._noted(name))

    def _noted(self, name: PhraseName, language: Language | None = None) -> Note:
        """Return what observers are told of a phrase. `language`: None: the call's."""
        return Note("phrase", {"name": phrase_key(name, language or self._options.changed_to)})

    # -- an operator's words -------------------------------------------------------------------------------------

    def tell(self, words: str) -> bool:
        """Take words of an operator for the caller; return False when there are none, or too many wait."""
        reply = Reply(self._options.language)
        pieces = [*reply.feed(words, 0, 0.0), *reply.finish()]
        if not pieces or len(self._waiting) >= MOST_TEXTS:
            return False
        self._waiting.append(_Telling(pieces))
        return True

    def remind(self, name: PhraseName) -> None:
        """Take a phrase of the line for the caller, if it has it, to be said as an operator's words are."""
        phrase = self._options.phrases.get(name)
        if phrase is not None and phrase.text:
            self._waiting.append(_Telling([(phrase.text, phrase.text)], phrase.audio, name))

    def advance(self, now: float) -> bool:
        """Begin what an operator has the caller told, where it may be said. Return whether there was anything."""
        self._told = [told for told in self._told if not self._is_over(*told, now)]
        self._aside = [aside for aside in self._aside if not self._is_over(*aside, now)]
        if not self._waiting or self._told:
            return False
        free = self.floor.state is TurnState.LISTENING
        if not free and self.floor.state not in ANSWERING:
            return False
        turn = self.turns.open_turn("phrase") if free else self.turns.open_aside()
        told = self._waiting.popleft()
        audios = [told.audio] if told.audio else []
        self._told = [(turn, sentence) for sentence in self.output.interject(turn, told.pieces, now, audios)]
        if told.phrase is not None:
            self.out.append(self._noted(told.phrase))
        else:
            self.out.append(Note("operator_words", {"sentences": len(told.pieces)}))
        if free:
            self.floor.go(TurnTrigger.SAY)
        return True

    def over(self) -> None:
        """Forget what protects the words that are being said: they were dropped."""
        self.must_be_heard = False
        self._told, self._aside = [], []

    def _is_over(self, turn: Turn, sentence: Sentence, now: float) -> bool:
        """Return whether a sentence was heard or given up; close its turn with the last one."""
        # What begins a broken sentence again is a sentence of its own, and may be interrupted.
        over = sentence.finished or bool(sentence.failed) or sentence.again_from is not None
        if over and turn is not self.turns.turn and turn.outcome == "open" and sentence is turn.sentences[-1]:
            self.out += self.turns.close_aside(turn, now)
        return over
