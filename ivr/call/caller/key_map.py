"""Find what a key of the line's map stands for: keys that act without the agent.

A mapped key is the line's only while the agent waits for no keys and no entry is being typed. Otherwise `2` for English
would be the first digit of a number that the agent has asked for.
"""

from __future__ import annotations

from ivr.call.events import ReplyEnded
from ivr.call.options import CallOptions, KeyAction


class KeyMap:
    """Hold the keys of one call's line."""

    def __init__(self, options: CallOptions) -> None:
        self.change(options)
        self._awaited = False
        """The agent has asked for keys."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""
        self._keys, self._numbers = options.keys, options.transfer_to

    def __repr__(self) -> str:
        return f"<KeyMap {len(self._keys)} keys>"

    def asked(self) -> None:
        """Note that the agent is asked: it waits for no keys until it says so."""
        self._awaited = False

    def answered(self, event: ReplyEnded) -> None:
        """Note whether the agent waits for keys after its answer."""
        self._awaited = event.gather is not None or (event.expect is not None and event.expect.kind == "digits")

    def find(self, key: str) -> KeyAction | None:
        """Return what a key stands for. None: it is for the agent."""
        action = None if self._awaited else self._keys.get(key)
        # Without a person to hand the caller to, the key is one for the agent.
        if action is None or (action.act == "transfer" and not self._numbers):
            return None
        return action
