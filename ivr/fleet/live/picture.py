"""Keep a picture of the live calls, from full pictures and from changes between them.

A full picture puts right whatever was lost. Each method returns what has changed in the picture, so that who looks at
it sees changes alone. Nothing here knows how the picture comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.fleet.directory import Change, Gone, LiveCall


class Picture:
    """Hold the live calls, by their ids."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}

    def __repr__(self) -> str:
        return f"<Picture of {len(self._calls)} calls>"

    def __iter__(self) -> Iterator[LiveCall]:
        return iter(self._calls.values())

    def get(self, call_id: str) -> LiveCall | None:
        """Return a call; None: it is not on the line."""
        return self._calls.get(call_id)

    def take(self, change: Change) -> list[Change]:
        """Take one change."""
        known = self._calls.get(change.call_id)
        if isinstance(change, LiveCall):
            if known == change:
                return []
            self._calls[change.call_id] = change
            return [change]
        # A call that goes on at another node is gone at the first: that is no news of the call.
        if known is None or known.node != change.node:
            return []
        del self._calls[change.call_id]
        return [change]

    def replace(self, calls: Iterable[LiveCall]) -> list[Change]:
        """Take a full picture of the fleet: what is not in it is gone."""
        return self._replace(self._calls, calls)

    def replace_node(self, node: str, calls: Iterable[LiveCall]) -> list[Change]:
        """Take a full picture of one node. None of its calls: the node is dead, or idle."""
        return self._replace({call.call_id: call for call in self._calls.values() if call.node == node}, calls)

    def _replace(self, before: Mapping[str, LiveCall], calls: Iterable[LiveCall]) -> list[Change]:
        # Where two nodes show one call, the one that shows it later in the picture is taken.
        found = {call.call_id: call for call in calls}
        lost: list[Change] = [Gone(call.call_id, call.node) for call in before.values() if call.call_id not in found]
        return [news for change in [*lost, *found.values()] for news in self.take(change)]


class PendingChanges:
    """Hold what a watcher was not told yet: the newest state of each call, so that a slow watcher costs no memory."""

    def __init__(self, calls: Iterable[LiveCall] = ()) -> None:
        """Take the picture that the watcher is told first."""
        self._pending: dict[str, Change] = {call.call_id: call for call in calls}
        self._told: set[str] = set()
        """Calls that the watcher believes to be on the line."""

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, change: Change) -> None:
        """Take a change. It goes behind the others, in the place of what is not told of the call yet."""
        self._pending.pop(change.call_id, None)
        # A call that came and went between two looks is no news.
        if isinstance(change, LiveCall) or change.call_id in self._told:
            self._pending[change.call_id] = change

    def take(self) -> Change | None:
        """Return the oldest change. None: the watcher knows all."""
        if not self._pending:
            return None
        change = self._pending.pop(next(iter(self._pending)))
        if isinstance(change, LiveCall):
            self._told.add(change.call_id)
        else:
            self._told.discard(change.call_id)
        return change
