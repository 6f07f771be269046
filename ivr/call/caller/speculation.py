"""Send the caller's utterances to STT early, in case they are over.

After a short pause the utterance so far is sent. When the caller goes on, it is taken back and sent again later. Words
that come before the end is decided help to decide it. Over the agent the same early start serves another purpose: the
words of an overlap say whether it is an interruption.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ivr.call.actions import Expect
from ivr.call.caller.barge_in import SOONEST_MS
from ivr.call.caller.endpoint_wait import EndpointWait
from ivr.call.caller.input import CallerInput
from ivr.call.caller.keypad import Keypad
from ivr.call.caller.own_echo import OwnEcho
from ivr.call.caller.utterances import Utterances
from ivr.call.commands import Command, ForgetTranscript, JudgeTurn, Note, Transcribe
from ivr.call.options import CallOptions
from ivr.media.endpointing import SpeechEnded
from ivr.media.loudness import is_faint, voice_level
from ivr.media.voice.prosody import log_odds
from ivr.text.turn.asked import asked_for
from ivr.text.turn_end import judge_words

LONG_MS: Final = 12_000
"""Speech of one utterance after which a short pause ends it, in milliseconds."""
VOICE_AT_MS: Final = 100
"""Silence after which the prosody of what was said is measured, in milliseconds."""
MAYBE_WORDS_MS: Final = 300
"""Voiced audio that may have been words, in milliseconds. Less is not worth asking the caller to repeat."""


class Speculation:
    """Follow one caller's utterances, from the first frame to a question."""

    def __init__(self, options: CallOptions, caller: CallerInput, said_lately: Callable[[float], list[str]]) -> None:
        """Take what tells the agent's words of the last seconds, for `now`."""
        self._options = options
        self._caller = caller
        self.utterances = Utterances(Keypad(options.keypad_timeout, options.keypad_terminator))
        self._wait = EndpointWait(options)
        self.early: int | None = None
        """The utterance that was sent before it was over."""
        self.expect: Expect | None = None
        """What the agent expects to be answered."""
        self._said_lately = said_lately
        self._own_echo = OwnEcho()
        self._late: set[int] = set()
        """Voices over the agent that it is not quiet for while their words are looked for."""
        self._beneath: set[int] = set()
        """What was said while nothing might interrupt what was said, and is still to be judged."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options
        self._wait.change(options)
        self.utterances.keypad.change(options.keypad_timeout, options.keypad_terminator)

    def __repr__(self) -> str:
        return f"<Speculation early={self.early} late={sorted(self._late)} {self.utterances!r}>"

    def follow(self, now: float) -> list[Command]:
        """Take one more frame while the caller has the floor."""
        silence_ms = self._caller.silence_ms
        if not silence_ms:
            return self.take_back()
        if silence_ms == VOICE_AT_MS:
            self._wait.take_voice(log_odds(self._caller.voice()))
            self._caller.endpoint_ms = self._wait.ms
        wait = min(self._options.speculate_ms, max(SOONEST_MS, self._options.endpoint_ms // 2))
        if self.early is not None or not wait or not wait <= silence_ms < self._caller.endpoint_ms:
            return []
        out = self.send_early(now)
        asked = next((one for one in out if isinstance(one, Transcribe)), None) if self._options.turn_model else None
        return out if asked is None else [*out, JudgeTurn(asked.utterance, asked.pcm)]

    def send_early(self, now: float) -> list[Command]:
        """Look for the words of what was said so far."""
        so_far = self._caller.so_far()
        if so_far is None:
            return []
        self.early = self._add(so_far, now)
        return [self._transcribe(self.early, so_far)]

    def withdraw(self, number: int | None) -> list[Command]:
        """Forget the beginning of a voice, whose words are still looked for: more of it takes its place."""
        so_far = self._caller.so_far()
        if number is None or so_far is None or number not in self.utterances.open:
            return []
        if self.utterances.began_at(number) != so_far.onset:
            return []
        self.utterances.drop(number)
        self._late.discard(number)
        return [ForgetTranscript(number)]

    def judged(self, number: int, probability: float) -> None:
        """Take what a turn model says of the pause; of one that is over it says nothing."""
        if number == self.early:
            self._wait.take_model(probability)
            self._caller.endpoint_ms = self._wait.ms

    def take_back(self) -> list[Command]:
        """Forget what was sent early: the caller goes on, so it was not all."""
        self._begin_pause()
        if self.early is None:
            return []
        number, self.early = self.early, None
        taken: list[Command] = [Note("early_taken_back")]
        return [*taken, ForgetTranscript(number)] if self.utterances.drop(number) else taken

    def ended(self, utterance: SpeechEnded, now: float, *, beneath: bool = False) -> list[Command]:
        """Take the whole utterance, and send it unless the part that was sent early has succeeded or may still.

        `beneath`: it was said while nothing might interrupt what was said.
        """
        # Cut at its greatest length, or by a key, it tells nothing.
        out: list[Command] = [] if utterance.forced else [self._wait.note(self._caller.endpoint_ms)]
        self._begin_pause()
        number, self.early = self.early, None
        ended_at = self._caller.at(utterance.end, now)
        if number is None or not self.utterances.end(number, ended_at, now, utterance.voiced_ms):
            number = self._add(utterance, now)
            out.append(self._transcribe(number, utterance))
        if beneath:
            self._beneath.add(number)
        return out

    def is_beneath(self, number: int) -> bool:
        """Return whether an utterance was said beneath protected words, and is still to be judged."""
        return number in self._beneath

    def take_beneath(self) -> list[tuple[int, str]]:
        """Return, once, what was said beneath protected words, each with its words, when those of all are there.

        What STT has lost waits for the end of the answer.
        """
        if not self._beneath.isdisjoint(self.utterances.open):
            return []
        beneath, self._beneath = sorted(self._beneath), set()
        return [(number, text) for number in beneath if (text := self.utterances.words_of(number))]

    def cut(self, now: float) -> tuple[bool, list[Command]]:
        """End the open utterance here: keys follow it. Return whether it may have words; if not, it is dropped."""
        # A voice shorter than that is the tone of the key.
        so_far = self._caller.so_far() if self._caller.speech_ms >= MAYBE_WORDS_MS else None
        out = self.take_back() if so_far is None else self.ended(so_far, now)
        self._caller.abandon()
        return so_far is not None, out

    def without_echo(self, number: int, text: str, now: float) -> str:
        """Return the words of an utterance; none, where they are the agent's own and came back as an echo."""
        if number not in self.utterances.open:
            return text
        if not self._own_echo.hears(text, self._said_lately(now), self.utterances.agreement(number)):
            return text
        self.utterances.take_for_echo(number)
        return ""

    def found(self, number: int, text: str | None, now: float) -> bool:
        """Take the words of an utterance; None: STT failed. Return False when it is not awaited."""
        if not self.utterances.resolve(number, text, now):
            return False
        # Plainly complete words end the utterance sooner, plainly incomplete ones give the caller more time.
        if number == self.early and text:
            self._wait.take_words(judge_words(text, *self._awaits(now)))
            self._caller.endpoint_ms = self._wait.ms
        return True

    def _awaits(self, now: float) -> tuple[str, int]:
        """Return what kind of answer the caller is to give, and how many digits: as the agent says, or by its words."""
        if self.expect is not None:
            return self.expect.kind, self.expect.length
        # Each sentence is there as written and as spoken.
        said = self._said_lately(now)[::2]
        return asked_for(said[-1]) if said else ("", 0)

    def _begin_pause(self) -> None:
        """Forget what was known of the last pause."""
        self._wait.begin(long=self._caller.speech_ms >= LONG_MS)
        self._caller.endpoint_ms = self._wait.ms

    def go_on_without(self) -> None:
        """Let the agent go on before the words of the overlap have come; they may still take the floor."""
        if self.early is not None:
            self._late.add(self.early)
        self.early = None

    def take_late(self, number: int) -> bool:
        """Return, once, whether these words are the late ones of an overlap."""
        late = number in self._late
        self._late.discard(number)
        return late

    @property
    def keeps(self) -> bool:
        """Return whether words wait, found or not, that could not interrupt what was said."""
        return self.utterances.spoken(apart_from=self._late)

    def is_faint(self) -> bool:
        """Return whether the open utterance is far softer than the caller was before."""
        usual = self.utterances.loudest
        return usual is not None and is_faint(self._caller.level, usual)

    def may_be_caller(self, *, asked_in_vain: bool) -> bool:
        """Return whether the open utterance may take a floor that is free.

        `asked_in_vain`: the caller was asked, and has not answered.
        """
        # What waits for its words and is this long is answered first, however near the voice that goes on.
        if self.utterances.voiced_ms >= LONG_MS:
            return False
        # A voice far softer than the caller's is passed over, unless the caller has not answered.
        return asked_in_vain or not self.is_faint()

    def forget(self) -> list[Command]:
        """Forget all utterances."""
        self.early = None
        self._late.clear()
        self._beneath.clear()
        self._begin_pause()
        return [ForgetTranscript(number) for number in self.utterances.forget()]

    def _transcribe(self, number: int, utterance: SpeechEnded) -> Transcribe:
        return Transcribe(number, utterance.pcm, utterance.onset, utterance.end, self._options.changed_to)

    def _add(self, utterance: SpeechEnded, now: float) -> int:
        began, ended = self._caller.at(utterance.onset, now), self._caller.at(utterance.end, now)
        level, agreement = voice_level(utterance.loud), self._caller.agreement(utterance)
        return self.utterances.add(
            began, ended, now, utterance.voiced_ms, agreement, onset=utterance.onset, level=level
        )
