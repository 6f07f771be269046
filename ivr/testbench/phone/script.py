"""A scenario being played: which act is due, seen from the phone.

`poll` is asked as often as the driver likes and answers with the acts that are due now, at most once each and in
order; a step is looked at when the one before it is over (its last word was spoken). It reads the phone and never
acts itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from ivr.testbench.phone.phone import How, Phone
from ivr.testbench.recording import Speech
from ivr.testbench.scenario import AfterAgent, At, HangUpStep, IntoReply, PlayFile, Press, Say, Scenario, Step, Wait

KEY_GAP = 0.25
"""Seconds between two keys of one step."""
GREETING_MS = 100.0
"""Agent audio that counts as having said something; less is a click."""


@dataclass(frozen=True, slots=True)
class SayAudio:
    """Say this audio."""

    ulaw: bytes
    label: str


@dataclass(frozen=True, slots=True)
class PressKey:
    """Press one key."""

    digit: str
    more: bool
    """It belongs to the number whose first digit was pressed before."""


@dataclass(frozen=True, slots=True)
class HangUpPhone:
    """Hang up."""

    how: How


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """The moment of a step never came."""

    why: str


CallerAct: TypeAlias = SayAudio | PressKey | HangUpPhone | StepTimedOut


class PhoneScript:
    """The caller's part, step by step.

    `audio` has the mu-law of every step that speaks, by the step's number from 0.
    """

    def __init__(self, scenario: Scenario, audio: Mapping[int, bytes]) -> None:
        missing = [n for n, s in enumerate(scenario.steps) if isinstance(s.act, Say | PlayFile) and n not in audio]
        if missing:
            raise ValueError(f"no audio for step {missing[0] + 1}")
        self._scenario = scenario
        self._audio = audio
        self._at = 0
        self._since: float | None = None
        self._acted_at = 0
        self._speech: Speech | None = None
        self._keys = ""
        self._next_key = 0.0

    def __repr__(self) -> str:
        return f"<PhoneScript step {self._at + 1} of {len(self._scenario.steps)}>"

    @property
    def step(self) -> Step:
        """The one that is waited for; behind the last one, waiting for the agent to hang up."""
        steps = self._scenario.steps
        return steps[self._at] if self._at < len(steps) else Step(Wait())

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """The acts that are due. The driver performs them at once, in order."""
        phone.play_to(now)
        if phone.over or phone.hung_up:
            return []
        if self._keys:
            return self._press_on(now)
        if phone.speaking:
            return []
        if self._since is None:
            self._since = now
            self._acted_at = self._acted_until(phone)
        return self._due(phone, now, self._since)

    def _due(self, phone: Phone, now: float, since: float) -> list[CallerAct]:
        step = self.step
        patience = self._scenario.patience_s if step.patience_s is None else step.patience_s
        if not isinstance(step.act, Wait) and self._reached(step, phone, now):
            return self._act(step, now)
        for_good = isinstance(step.moment, At) and not isinstance(step.act, Wait)
        if now - since >= patience and not for_good:
            return [StepTimedOut(_why(step)), *self._act(step, now)]
        return []

    def _reached(self, step: Step, phone: Phone, now: float) -> bool:
        match step.moment:
            case At(seconds):
                return phone.elapsed(now) >= seconds
            case IntoReply(ms, reply):
                wanted = phone.acts if reply is None else reply
                return phone.spoken_ms(wanted) >= ms and phone.quiet_ms() is None
            case AfterAgent(seconds):
                quiet = phone.quiet_ms()
                said = phone.spoken_ms(phone.acts, self._acted_at) >= GREETING_MS
                return said and quiet is not None and quiet >= self._scenario.settle_ms + seconds * 1000
            case _:
                assert_never(step.moment)

    def _act(self, step: Step, now: float) -> list[CallerAct]:
        number, self._since = self._at, None
        self._at += 1
        match step.act:
            case Say(text):
                return [SayAudio(self._audio[number], text)]
            case PlayFile(path):
                return [SayAudio(self._audio[number], path.name)]
            case Press(digits):
                self._keys = digits[1:]
                self._next_key = now + KEY_GAP
                return [PressKey(digits[0], more=False)]
            case HangUpStep(how):
                return [HangUpPhone(how)]
            case Wait():
                return [HangUpPhone("stop")]
            case _:
                assert_never(step.act)

    def _press_on(self, now: float) -> list[CallerAct]:
        if now < self._next_key:
            return []
        digit, self._keys = self._keys[0], self._keys[1:]
        self._next_key = now + KEY_GAP
        return [PressKey(digit, more=True)]

    @staticmethod
    def _acted_until(phone: Phone) -> int:
        """The sample at which the caller's last act was over: what is heard after it may be its answer."""
        speech = phone.record.speech
        return min(speech[-1].end, phone.position) if speech else 0


def _why(step: Step) -> str:
    if isinstance(step.act, Wait):
        return "the agent did not hang up"
    if isinstance(step.moment, IntoReply):
        return f"the agent did not speak for {step.moment.ms:.0f} ms"
    return "the agent did not finish"
