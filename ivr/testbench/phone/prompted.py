"""Play a caller who acts when told to: what a test does step by step, seen from the phone.

One prompt at a time: the driver gives it (`ask`), polls as it does a script, and reads `answer` once it is not None.
Nothing here acts or waits by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import (
    KEY_GAP,
    CallerAct,
    HangUpPhone,
    PressKey,
    SayAudio,
    acted_until,
    reached,
)
from ivr.testbench.scenario import SETTLE_MS, STEP_PATIENCE_S, AfterAgent, HangUpStep, IntoReply, Moment, Press, Wait

CALL_OVER = "the call is over"
FINISHED: Moment = AfterAgent()
"""The agent has finished."""


@dataclass(frozen=True, slots=True)
class Words:
    """Say this audio."""

    ulaw: bytes
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Hold one act and its moment."""

    act: Words | Press | HangUpStep | Wait | None
    """`Wait`: until the agent has hung up. None: the moment itself is waited for."""
    moment: Moment = FINISHED
    patience_s: float = STEP_PATIENCE_S
    """Seconds to wait for the moment."""


class PromptedScript:
    """Decide what the caller does, one prompt after the other."""

    def __init__(self, settle_ms: float = SETTLE_MS) -> None:
        self._settle_ms = settle_ms
        self.answered: Callable[[], object] = int
        """Called when `answer` is there."""
        self._prompt: Prompt | None = None
        self._since: float | None = None
        self._acted_at = 0
        self._acted = False
        self._keys = ""
        self._next_key = 0.0
        self._owed_at = float("-inf")
        self.agent_owes = False
        self.answer: str | None = None
        """What came of the prompt: empty when it was done, else why it was not. None: it is not over."""

    def __repr__(self) -> str:
        return f"<PromptedScript {self._prompt.act if self._prompt else 'idle'!r}>"

    def ask(self, prompt: Prompt) -> None:
        """Take the next prompt. The one before it is forgotten, whatever became of it."""
        self._prompt, self._since, self._acted, self.answer = prompt, None, False, None

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the acts that are due now. The driver performs them at once, in order."""
        phone.play_to(now)
        if self.agent_owes:
            self._owed_at = now
        if self._prompt is None:
            return []
        if phone.over or phone.hung_up:
            # To wait for the end, and to have acted, is to be done.
            return self._done("" if self._acted or isinstance(self._prompt.act, Wait) else CALL_OVER)
        if self._keys:
            return self._next_keys(now)
        # What the caller says is said to its end first.
        if phone.speaking:
            return []
        if self._acted:
            return self._done("")
        if self._since is None:
            self._since, self._acted_at = now, acted_until(phone)
        prompt = self._prompt
        if not isinstance(prompt.act, Wait) and reached(
            prompt.moment, phone, now, self._acted_at, self._owed_at, self._settle_ms
        ):
            return self._act(prompt, now)
        if now - self._since >= prompt.patience_s:
            return self._done(f"{prompt.patience_s:g} s passed without {_awaited(prompt)}")
        return []

    def _act(self, prompt: Prompt, now: float) -> list[CallerAct]:
        self._acted = True
        match prompt.act:
            case Words(ulaw, label):
                return [SayAudio(ulaw, label)]
            case Press(digits):
                self._keys, self._next_key = digits[1:], now + KEY_GAP
                return [PressKey(digits[0], more=False)]
            case HangUpStep(how):
                # A socket that is dropped is over at once: nothing is polled any more.
                self._done("")
                return [HangUpPhone(how)]
            case _:
                return self._done("")

    def _next_keys(self, now: float) -> list[CallerAct]:
        if now < self._next_key:
            return []
        digit, self._keys = self._keys[0], self._keys[1:]
        self._next_key = now + KEY_GAP
        return [PressKey(digit, more=True)]

    def _done(self, answer: str) -> list[CallerAct]:
        self._prompt, self._keys, self.answer = None, "", answer
        self.answered()
        return []


def _awaited(prompt: Prompt) -> str:
    """Return what was waited for, in words."""
    if isinstance(prompt.act, Wait):
        return "the agent hanging up"
    if isinstance(prompt.moment, IntoReply):
        return f"{prompt.moment.ms:.0f} ms of the agent's reply"
    return "the agent speaking and then falling silent"
