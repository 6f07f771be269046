"""Send the caller's utterances to STT early, in case they are over.

After a short pause the utterance so far is sent. When the caller goes on, it is taken back and sent again later. Words
that come before the end is decided help to decide it; those that come later say whether the question waits for more.
Over the agent the same early start serves another purpose: the words of an overlap say whether it is an interruption.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ivr.call.actions import Expect
from ivr.call.caller.barge_in import SOONEST_MS
from ivr.call.caller.caller_pace import CallerPace
from ivr.call.caller.endpoint_wait import EndpointWait
from ivr.call.caller.input import CallerInput
from ivr.call.caller.keypad import Keypad
from ivr.call.caller.own_echo import OwnEcho
from ivr.call.caller.utterances import Utterances
from ivr.call.commands import Command, ForgetTranscript, JudgeTurn, Note, Transcribe
from ivr.call.options import CallOptions
from ivr.media.endpointing import SpeechEnded
from ivr.media.g711 import RATE
from ivr.media.loudness import is_faint, voice_level
from ivr.media.voice.prosody import log_odds
from ivr.text.turn.asked import asked_for
from ivr.text.turn.words import NOT_TOLD, AnswerKind, Completeness, Judged
from ivr.text.turn_end import judge_words

LONG_MS: Final = 12_000
"""Speech of one utterance after which a short pause ends it, in milliseconds."""
VOICE_AT_MS: Final = 100
"""Silence after which the prosody of what was said is measured, in milliseconds."""
SHORT_DIGITS: Final = 4
"""Digits of an answer that is said in one breath."""
_CLOSE_S: Final = 0.001
"""A wait that is over but for so much is over."""
MAYBE_WORDS_MS: Final = 300
"""Voiced audio that may have been words, in milliseconds. Less is not worth asking the caller to repeat."""


_MORE_IS_LIKELY: Final = -1.1
"""Log-odds that the caller has finished, for one in four."""


class Speculation:
    """Follow one caller's utterances, from the first frame to a question."""

    def __init__(
        self,
        options: CallOptions,
        caller: CallerInput,
        said_lately: Callable[[float], list[str]],
        said_last: Callable[[], str],
    ) -> None:
        """Take what tells the agent's words: of the last seconds, for `now`, and of its last turn."""
        self._options = options
        self._caller = caller
        self.utterances = Utterances(Keypad(*_keypad(options)))
        self._wait = EndpointWait(options)
        self.pace = CallerPace()
        self._silence_ms = 0
        """Of the pause that is under way, at the last frame; 0: the caller speaks."""
        self._early_ms = 0
        """Silence after which this utterance goes to STT; 0: when it is over."""
        self._ended_at = -1
        """Sample at which the last utterance ended; negative where the caller has the floor for no other."""
        self._held = False
        """The question waits, or has waited, for more of it."""
        self.closed = False
        """The caller has ended the question with a key: it waits for no more."""
        self.early: int | None = None
        """The utterance that was sent before it was over."""
        self._judging: int | None = None
        """The utterance of the pause that a turn model is asked about."""
        self.completeness: Completeness = "unknown"
        """Of the last question."""
        self.expect: Expect | None = None
        """What the agent expects to be answered."""
        self._over: tuple[float, int] = 0.0, 0
        """When the words of the last question were over, in seconds of `now`, and what was waited for then, ms."""
        self._expected: Expect | None = None
        """What it expected of the question that it was asked last."""
        self._asked: tuple[str, tuple[AnswerKind, int]] = "", ("open", 0)
        """The agent's words that were looked at last, and what they ask for."""
        self._judged_last: tuple[tuple[str, AnswerKind, int], Judged] = ("", "open", 0), NOT_TOLD
        """The words that were judged last, with what was asked for, and what they tell."""
        self._said_lately, self._said_last = said_lately, said_last
        self._own_echo = OwnEcho()
        self._late: set[int] = set()
        """Voices over the agent that it is not quiet for while their words are looked for."""
        self._beneath: set[int] = set()
        """What was said while nothing might interrupt what was said, and is still to be judged."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._options = options
        self._wait.change(options)
        self.utterances.keypad.change(*_keypad(options))

    def __repr__(self) -> str:
        return f"<Speculation early={self.early} late={sorted(self._late)} {self.utterances!r}>"

    def follow(self, now: float) -> list[Command]:
        """Take one more frame while the caller has the floor."""
        silence_ms = self._caller.silence_ms
        if not silence_ms:
            return self._speaks()
        if not self._silence_ms:
            self._begin_pause()
        self._silence_ms = silence_ms
        if silence_ms == VOICE_AT_MS and (features := self._caller.voice()):
            self._wait.take_voice(log_odds(features))
            self._caller.endpoint_ms = self._wait.ms
        if self.early is not None or not self._early_ms or not self._early_ms <= silence_ms < self._caller.endpoint_ms:
            return []
        out = self.send_early(now)
        asked = next((one for one in out if isinstance(one, Transcribe)), None) if self._options.turn_model else None
        if asked is None:
            return out
        # A turn model judges all of what was said, also before a pause that was taken for the end.
        goes_on = self.utterances.goes_on or self.utterances.spoken(apart_from={asked.utterance})
        self._judging = asked.utterance
        return [*out, JudgeTurn(asked.utterance, self._caller.behind_last(asked.pcm) if goes_on else asked.pcm)]

    def _speaks(self) -> list[Command]:
        """Take a frame of the caller's voice: what was known of the last pause is over."""
        pause_ms, self._silence_ms, self.closed = self._silence_ms, 0, False
        if self._ended_at >= 0:
            pause_ms = (self._caller.onset - self._ended_at) * 1000 // RATE
            self._ended_at = -1
        if pause_ms:
            self.pace.speaks(pause_ms, self._caller.speech_ms)
        return self.take_back()

    def _begin_pause(self) -> None:
        """Forget what was known of the last pause: the caller has fallen silent again."""
        options, caller = self._options, self._caller
        self.pace.falls_silent(caller.speech_ms)
        kind, length = self.awaits()
        early_ms = min(options.speculate_ms, max(SOONEST_MS, options.endpoint_ms // 2))
        if kind == "yes_no" or (kind == "digits" and 0 < length <= SHORT_DIGITS):
            early_ms = min(early_ms, SOONEST_MS)
        self._early_ms = early_ms
        more_ms = self.pace.more_ms(options.endpoint_ms)
        self._wait.begin(asked=kind, more_ms=more_ms, long=caller.speech_ms >= LONG_MS)
        caller.endpoint_ms = self._wait.ms

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

    def judged(self, number: int, probability: float) -> bool:
        """Take what a turn model says of the pause; return False when that pause is over."""
        if number != self._judging:
            return False
        self._judging = None
        self._wait.take_model(probability)
        # Behind its end, the question may still be held.
        if number == self.early:
            self._caller.endpoint_ms = self._wait.ms
        return True

    def take_back(self) -> list[Command]:
        """Forget what was sent early: the caller goes on, so it was not all."""
        judging, self._judging = self._judging, None
        if self.early is None:
            return []
        number, self.early = self.early, None
        taken: list[Command] = [Note("early_taken_back")]
        # Where the words came first, a turn model may still be at it.
        still = self.utterances.drop(number) or number == judging
        return [*taken, ForgetTranscript(number)] if still else taken

    def ended(self, utterance: SpeechEnded, now: float, *, beneath: bool = False) -> list[Command]:
        """Take the whole utterance, and send it unless the part that was sent early has succeeded or may still.

        `beneath`: it was said while nothing might interrupt what was said.
        """
        out: list[Command] = []
        self._ended_at, self._silence_ms = utterance.end, 0
        self._caller.endpoint_ms = self._options.endpoint_ms
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
        # Plainly complete words end the utterance sooner, plainly incomplete ones give the caller more time. What was
        # said before them, and has no answer yet, belongs to them.
        if number == self.early and text:
            self._wait.take_words(self._judge())
            self._caller.endpoint_ms = self._wait.ms
        return True

    def more_is_to_come(self) -> bool:
        """Return whether the words so far say that more is to come, three times in four."""
        return self._judge().weight <= _MORE_IS_LIKELY

    def more_until(self, now: float) -> float | None:
        """Return until when the question waits for more of it, all its words being there; None: it is asked now."""
        ended_at = self.utterances.words_ended_at
        # What was typed last has had its time for more keys.
        if ended_at is None or self.closed:
            return None
        self._wait.take_words(self._judge())
        until = ended_at + self._wait.ms / 1000
        if until <= now + _CLOSE_S:
            return None
        self._held = True
        return until

    def asked(self, turn: int, now: float) -> list[Command]:
        """Note why the question is asked now, in the turn of this number, and begin with the next."""
        self.completeness = self._judge().completeness
        ended_at, held = self.utterances.words_ended_at, self._held
        out: list[Command] = []
        if ended_at is not None:
            out.append(self._wait.note(turn, round((now - ended_at) * 1000), held=held))
            self._over = ended_at, self._wait.ms
            # What the caller was waited for is no time of STT's or of the bridge's.
            if held:
                self.utterances.wait_until(now)
        self.pace.turn_over()
        self._expected = self.expect
        self.forget_pause()
        return out

    def goes_on(self, number: int) -> None:
        """Take an utterance that may go on with a question whose answer was not heard: the caller was cut off."""
        if self.utterances.goes_on:
            over_at, wait_ms = self._over
            self.pace.cut_off(round((self.utterances.started_at(number) - over_at) * 1000), wait_ms)

    def _judge(self) -> Judged:
        """Judge all that waits for an answer, once for the same words and the same question."""
        given = self.utterances.text(), *self.awaits()
        if given != self._judged_last[0]:
            self._judged_last = given, judge_words(*given)
        return self._judged_last[1]

    def awaits(self) -> tuple[AnswerKind, int]:
        """Return what kind of answer the caller is to give, and how many digits: as the agent says, or by its words."""
        said = self._said_last()
        if said != self._asked[0]:
            self._asked = said, asked_for(said)
        kind, length = self._asked[1]
        expect = self.expect or (self._expected if self.utterances.goes_on else None)
        if expect is None:
            return kind, length
        # A kind without a length has that of the agent's words, where these ask for the same.
        return expect.kind, expect.length or (length if kind == expect.kind else 0)

    def forget_pause(self) -> None:
        """Forget the last pause: the question was asked, or came to nothing."""
        self._silence_ms, self._ended_at, self._held, self.closed = 0, -1, False, False
        self._judging = None
        self._wait.begin()
        self._caller.endpoint_ms = self._options.endpoint_ms

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
        self.forget_pause()
        return [ForgetTranscript(number) for number in self.utterances.forget()]

    def _transcribe(self, number: int, utterance: SpeechEnded) -> Transcribe:
        return Transcribe(number, utterance.pcm, utterance.onset, utterance.end, self._options.changed_to)

    def _add(self, utterance: SpeechEnded, now: float) -> int:
        began, ended = self._caller.at(utterance.onset, now), self._caller.at(utterance.end, now)
        level, agreement = voice_level(utterance.loud), self._caller.agreement(utterance)
        return self.utterances.add(
            began, ended, now, utterance.voiced_ms, agreement, onset=utterance.onset, level=level
        )


def _keypad(options: CallOptions) -> tuple[float, str, float]:
    return options.keypad_timeout, options.keypad_terminator, options.endpoint_most_ms / 1000
