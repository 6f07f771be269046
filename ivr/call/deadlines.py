"""Named points in time at which something must have happened."""

from __future__ import annotations

from typing import Generic, TypeVar

Name = TypeVar("Name", bound=str)


class Deadlines(Generic[Name]):
    """At most one deadline a name. Seconds of `now`."""

    def __init__(self) -> None:
        self._at: dict[Name, float] = {}

    def __repr__(self) -> str:
        return f"<Deadlines {' '.join(sorted(self._at))}>"

    def set(self, name: Name, at: float) -> None:
        """Start or move a deadline."""
        self._at[name] = at

    def move(self, name: Name, at: float | None) -> None:
        """Start or move a deadline; None: there is none."""
        if at is None:
            self.clear(name)
        else:
            self.set(name, at)

    def clear(self, *names: Name) -> None:
        """What was awaited has happened."""
        for name in names:
            self._at.pop(name, None)

    def next(self) -> float | None:
        """The earliest deadline."""
        return min(self._at.values(), default=None)

    def due(self, now: float) -> list[Name]:
        """Take out the deadlines that have passed, earliest first."""
        if not self._at or now < min(self._at.values()):
            return []
        late = sorted((at, name) for name, at in self._at.items() if at <= now)
        for _, name in late:
            del self._at[name]
        return [name for _, name in late]
