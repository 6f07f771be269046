"""Do what the keys of a line stand for, without the agent: a person, the last words again, another language, the end.

A key ends what is being said. Where that may not be interrupted, the key acts behind it; the last one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ivr.call.agent.own_words import OwnWords
from ivr.call.call_ending import CallEnding
from ivr.call.call_language import CallLanguage
from ivr.call.caller.input import CallerInput
from ivr.call.caller.key_map import KeyMap
from ivr.call.commands import HangUp, Note
from ivr.call.deadlines import Deadlines
from ivr.call.ending import PlannedEnd
from ivr.call.options import CallOptions, KeyAction

ClearFloor: TypeAlias = Callable[[float], None]
"""Ends what has the floor, at a time in seconds of `now`. It is the call's own, and no part of it keeps it: a call that
is over would wait for the garbage collector."""


class KeyActions:
    """Act on the keys of one call's line."""

    def __init__(
        self,
        options: CallOptions,
        end: CallEnding,
        words: OwnWords,
        deadlines: Deadlines,
        caller: CallerInput,
        language: CallLanguage,
    ) -> None:
        self.map = KeyMap(options)
        self._numbers = options.transfer_to
        self._end = end
        self._words = words
        self._deadlines = deadlines
        self._input = caller
        self._language = language
        self._waiting: KeyAction | None = None
        """What is done once what must be heard was heard."""

    def __repr__(self) -> str:
        return f"<KeyActions {self.map!r} waiting={self._waiting is not None}>"

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self.map.change(options)
        self._numbers = options.transfer_to

    def press(self, key: str, now: float, clear_floor: ClearFloor) -> bool:
        """Do what a key stands for, or remember it; return False when it is for the agent."""
        action = self.map.find(key)
        if action is None:
            return False
        self._words.out.append(Note("key_action", {"action": action.act}))
        self._input.deafen()
        if self._words.protected:
            self._waiting = action
        else:
            self._act(action, now, clear_floor)
        return True

    def act_on_waiting(self, now: float, clear_floor: ClearFloor) -> bool:
        """Do what a key stands for that was pressed over words that must be heard; return whether there is one."""
        action, self._waiting = self._waiting, None
        if action is not None:
            self._act(action, now, clear_floor)
        return action is not None

    def _act(self, action: KeyAction, now: float, clear_floor: ClearFloor) -> None:
        self._waiting = None
        match action.act:
            case "hang_up":
                plan = PlannedEnd(HangUp("success", "key_hang_up"), words=("goodbye",))
                self._end.say_goodbye(plan, now)
            case "transfer":
                number = action.value if action.value in self._numbers else self._numbers[0]
                plan = PlannedEnd(HangUp("success", "key_transfer"), number, ("transfer",))
                self._end.say_goodbye(plan, now)
            case "repeat":
                self._say(lambda: self._words.repeat(now), now, clear_floor)
            case "language":
                if self._language.change(action.value, "key"):
                    self._say(lambda: self._words.say("greeting", now), now, clear_floor)

    def _say(self, say: Callable[[], bool], now: float, clear_floor: ClearFloor) -> None:
        """Say something in the place of what is being said, or wait for the caller where there is nothing to say."""
        clear_floor(now)
        self._deadlines.clear("silence")
        if not say():
            self._deadlines.begin("silence", now)
