"""Keep what one reply has asked for, so that each thing is done once.

Formats repeat: a last record holds the whole answer with its actions, n8n says things twice.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ivr.webhook.formats.actions.found import actions_of
from ivr.webhook.formats.actions.table import MOST_ACTIONS
from ivr.webhook.formats.parts import Acting, Action, Closing, Failure, TakingMessage, Transferring

_ONCE: Final = (Closing, Transferring, TakingMessage)
"""What ends a call: the first of a reply counts."""


class AskedActions:
    """Count the actions of one reply."""

    def __init__(self) -> None:
        self._done: Counter[Action] = Counter()
        self._left = MOST_ACTIONS

    def __repr__(self) -> str:
        return f"<AskedActions left={self._left}>"

    @property
    def any(self) -> bool:
        """Return whether the reply has asked for anything."""
        return bool(self._done)

    def take(self, record: dict[str, Any], *, again: bool) -> list[Action | Failure]:
        """Return what a record asks for that was not done yet. `again`: it may repeat what the reply has said."""
        # A reply that asks for too much is not looked at any further.
        if self._left < 0:
            return []
        new, before = list[Action | Failure](), Counter(self._done) if again else Counter()
        for piece in actions_of(record):
            if isinstance(piece, Failure):
                new.append(piece)
            elif before[piece]:
                before[piece] -= 1
                continue
            elif isinstance(piece, _ONCE) and any(isinstance(one, type(piece)) for one in self._done):
                continue
            else:
                new.append(piece)
            self._left -= 1
            if self._left < 0:
                new[-1] = Failure("too_many_actions")
                break
            if not isinstance(piece, Failure):
                self._done[piece] += 1
        return new


def sounds(pieces: list[Action | Failure]) -> bool:
    """Return whether something of this has its place among the words."""
    return any(isinstance(piece, Acting) for piece in pieces)
