"""Decide which step of a scenario is due, seen from the phone.

The driver may call `poll` as often as it likes, and performs the acts that it returns. Nothing here acts by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never

from ivr.testbench.phone.phone import How, Phone
from ivr.testbench.scenario import (
    SETTLE_MS,
    AfterAgent,
    At,
    HangUpStep,
    IntoReply,
    Moment,
    PlayFile,
    Press,
    Say,
    Scenario,
    Step,
    Wait,
)

KEY_GAP = 0.25
"""Seconds between two keys of one step."""
GREETING_MS = 100.0
"""Agent audio that counts as speech; less is a click."""


@dataclass(frozen=True, slots=True)
class SayAudio:
    """Ask the driver to say this audio."""

    ulaw: bytes
    label: str


@dataclass(frozen=True, slots=True)
class PressKey:
    """Ask the driver to press one key."""

    digit: str
    more: bool
    """Whether it belongs to a number whose first digit was pressed before."""


@dataclass(frozen=True, slots=True)
class HangUpPhone:
    """Ask the driver to hang up."""

    how: How


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """Report that the moment of a step never came."""

    why: str


CallerAct: TypeAlias = SayAudio | PressKey | HangUpPhone | StepTimedOut


class CallerScript(Protocol):
    """Decide what the caller of a stream does."""

    agent_owes: bool
    """Whether the bridge tells that more of the answer will come."""

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the acts that are due now, each at most once. The driver performs them at once, in order."""


def reached(
    moment: Moment, phone: Phone, now: float, acted_at: int, owed_at: float, settle_ms: float = SETTLE_MS
) -> bool:
    """Return whether the moment of an act has come.

    `acted_at`: the sample at which the caller's last act was over. `owed_at`: when the agent last owed an answer.
    """
    match moment:
        case At(seconds):
            return phone.elapsed(now) >= seconds
        case IntoReply(ms, reply):
            # A pause inside the reply does not count: the caller interrupts audible speech.
            wanted = phone.acts if reply is None else reply
            return phone.spoken_ms(wanted) >= ms and phone.quiet_ms() is None
        case AfterAgent(seconds):
            quiet = phone.quiet_ms()
            said = phone.spoken_ms(phone.acts, acted_at) >= GREETING_MS
            # What the bridge has sent last may be on its way.
            settled = min(quiet or 0.0, (now - owed_at) * 1000)
            return said and quiet is not None and settled >= settle_ms + seconds * 1000
        case _:
            assert_never(moment)


def acted_until(phone: Phone) -> int:
    """Return the sample from which on audio may be the answer to the caller's last words."""
    speech = phone.record.speech
    return min(speech[-1].end, phone.position) if speech else 0


class PhoneScript:
    """Play the caller's part, step by step.

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
        self._keys = ""
        self._next_key = 0.0
        self._owed_at = float("-inf")
        self.agent_owes = False
        """Whether the bridge tells that more of the answer will come: then the agent has not finished, even when a
        filler was heard and is over. False where the bridge tells nothing."""

    def __repr__(self) -> str:
        return f"<PhoneScript step {self._at + 1} of {len(self._scenario.steps)}>"

    @property
    def step(self) -> Step:
        """Return the step that is due next. After the last step it is to wait until the agent hangs up."""
        steps = self._scenario.steps
        return steps[self._at] if self._at < len(steps) else Step(Wait())

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the acts that are due now, each at most once. The driver performs them at once, in order."""
        phone.play_to(now)
        if self.agent_owes:
            self._owed_at = now
        if phone.over or phone.hung_up:
            return []
        if self._keys:
            if now < self._next_key:
                return []
            digit, self._keys = self._keys[0], self._keys[1:]
            self._next_key = now + KEY_GAP
            return [PressKey(digit, more=True)]
        # A step is looked at when the step before it is over: its last word was spoken.
        if phone.speaking:
            return []
        if self._since is None:
            self._since = now
            # Audio that is heard after the caller's last act was over may be its answer.
            self._acted_at = acted_until(phone)
        step = self.step
        if not isinstance(step.act, Wait) and reached(
            step.moment, phone, now, self._acted_at, self._owed_at, self._scenario.settle_ms
        ):
            return self._act(step, now)
        # A moment of the clock always comes: such a step needs no patience.
        for_good = isinstance(step.moment, At) and not isinstance(step.act, Wait)
        patience = self._scenario.patience_s if step.patience_s is None else step.patience_s
        if now - self._since < patience or for_good:
            return []
        # A scenario that does not say how the call ends has waited for nothing.
        if self._at >= len(self._scenario.steps):
            return self._act(step, now)
        why = "to finish"
        if isinstance(step.act, Wait):
            why = "to hang up"
        elif isinstance(step.moment, IntoReply):
            why = f"to speak for {step.moment.ms:.0f} ms"
        place = self._scenario.place(self._at)
        return [StepTimedOut(f"{patience:g} s (patience_s) for the agent {why}, at {place}"), *self._act(step, now)]

    def _act(self, step: Step, now: float) -> list[CallerAct]:
        """Go on to the next step. Return the acts of this one."""
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
                # The agent did not hang up in time: the caller does.
                return [HangUpPhone("stop")]
            case _:
                assert_never(step.act)
