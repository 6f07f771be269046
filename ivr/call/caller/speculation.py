"""The caller's side of a call: what is said, sent to the ears, and asked.

The ears start early. After a short pause the utterance so far is sent, in case it is over; when the caller goes on it
is taken back and sent again later. Words that come before the end is decided help to decide it: plainly complete ones
end the utterance sooner, plainly incomplete ones give the caller more time.

Over the agent the same early start serves another purpose: the words of an overlap say whether it is an interruption.
"""

from __future__ import annotations

from ivr.call.caller.input import CallerInput
from ivr.call.caller.utterances import Utterances
from ivr.call.commands import Command, ForgetTranscript, Note, Transcribe
from ivr.call.options import CallOptions
from ivr.media.endpointing import SpeechEnded
from ivr.text.turn_end import completeness

SOONEST_MS = 100
"""Silence before which the ears never begin: the closure of a consonant lasts as long."""


class Speculation:
    """One caller's utterances, from the first frame to a question."""

    def __init__(self, options: CallOptions, ears: CallerInput) -> None:
        self._options = options
        self._ears = ears
        self.questions = Utterances()
        self.early: int | None = None
        """The utterance that was sent before it was over."""

    def __repr__(self) -> str:
        return f"<Speculation early={self.early} {self.questions!r}>"

    def follow(self, now: float) -> list[Command]:
        """One more frame while the caller has the floor."""
        if not self._ears.silence_ms:
            return self.take_back()
        wait = min(self._options.speculate_ms, max(SOONEST_MS, self._options.endpoint_ms // 2))
        if self.early is not None or not wait or not wait <= self._ears.silence_ms < self._ears.endpoint_ms:
            return []
        return self.send_early(now)

    def send_early(self, now: float) -> list[Command]:
        """Look for the words of what was said so far."""
        so_far = self._ears.so_far()
        if so_far is None:
            return []
        self.early = self._add(so_far, now)
        return [Transcribe(self.early, so_far.pcm)]

    def take_back(self) -> list[Command]:
        """The caller goes on: what was sent early was not all."""
        self._ears.endpoint_ms = self._options.endpoint_ms
        if self.early is None:
            return []
        number, self.early = self.early, None
        taken: list[Command] = [Note("early_taken_back")]
        return [*taken, ForgetTranscript(number)] if self.questions.drop(number) else taken

    def ended(self, utterance: SpeechEnded, now: float) -> list[Command]:
        """The utterance is over."""
        self._ears.endpoint_ms = self._options.endpoint_ms
        number, self.early = self.early, None
        if number is not None and self.questions.end(number, self._at(utterance.end, now), now, utterance.voiced_ms):
            return []
        return [Transcribe(self._add(utterance, now), utterance.pcm)]

    def found(self, number: int, text: str | None, now: float) -> bool:
        """Words for an utterance, None: the ears failed. False: nobody waits for them."""
        if not self.questions.resolve(number, text, now):
            return False
        if number == self.early and text:
            self._adapt(text)
        return True

    def forget(self) -> list[Command]:
        """Nobody waits for anything any more."""
        self.early = None
        self._ears.endpoint_ms = self._options.endpoint_ms
        return [ForgetTranscript(number) for number in self.questions.forget()]

    def _adapt(self, text: str) -> None:
        """Decide the end sooner or later, as the words say."""
        meant = completeness(text)
        if meant == "complete":
            self._ears.endpoint_ms = min(self._options.endpoint_ms, self._options.endpoint_least_ms)
        elif meant == "open":
            self._ears.endpoint_ms = self._options.endpoint_ms + self._options.endpoint_more_ms

    def _add(self, utterance: SpeechEnded, now: float) -> int:
        begun, over = self._at(utterance.onset, now), self._at(utterance.end, now)
        return self.questions.add(begun, over, now, utterance.voiced_ms)

    def _at(self, sample: int, now: float) -> float:
        return self._ears.at(sample, now)
