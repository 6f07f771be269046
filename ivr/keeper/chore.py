"""Say what the keeper does: a chore each, which tells itself when it wants to be called again."""

from __future__ import annotations

from typing import Final, Protocol

LONGEST_WAIT: Final = 60.0
"""Seconds between two calls of a chore that fails."""


class Chore(Protocol):
    """Do one kind of work, in a thread of its own."""

    name: str

    def work(self, now: float) -> float:
        """Do what there is to do at this wall time; return the seconds until it wants to be called again.

        0: at once, there is more. May raise: it is called again, later each time.
        """

    def report(self) -> dict[str, float]:
        """Return figures for the status of the keeper, by names. Called from another thread."""


def delay_after(failures: int) -> float:
    """Return the seconds until a chore is called again that has failed so often in a row."""
    return min(LONGEST_WAIT, 0.5 * 2.0 ** min(failures, 10))
