"""Bound how often a caller is asked: to repeat what was not understood, and whether anybody is there.

Noise is no sign of the caller. Beside a television nothing is asked for ever, and a call that the caller has left ends.
"""

from __future__ import annotations

from typing import Final

REPROMPTS_MOST: Final = 2
"""Times in a row that the caller is asked to repeat; after that a noise is passed over."""


class Prompts:
    """Count what one caller was asked in vain. Times in seconds of `now`."""

    def __init__(self, silence_prompts: int) -> None:
        self._most = silence_prompts
        self._not_understood = 0
        self._noise_since: float | None = None
        self.silent = 0
        """Times in a row that a silent caller was asked."""

    def change(self, silence_prompts: int) -> None:
        """Ask a silent caller so many times, from now on."""
        self._most = silence_prompts

    def __repr__(self) -> str:
        return f"<Prompts silent={self.silent} not_understood={self._not_understood}>"

    def answered(self) -> None:
        """Begin to count again: there are words or keys."""
        self.silent = self._not_understood = 0
        self._noise_since = None

    def may_ask_again(self) -> bool:
        """Count something that was not understood; return whether the caller is asked to repeat it."""
        self._not_understood += 1
        return self._not_understood <= REPROMPTS_MOST

    def silent_since(self, now: float) -> float:
        """Return since when there was nothing but noise, which has just ended."""
        if self._noise_since is None:
            self._noise_since = now
        return self._noise_since

    def may_ask_silent(self) -> bool:
        """Count a silence; return whether the caller is asked once more before the call ends."""
        self.silent += 1
        self._noise_since = None
        return self.silent <= self._most
