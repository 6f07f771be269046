"""Decide whether the phone's marks are believed, or the play clock instead.

A mark says that the phone has played the audio before it. A phone that plays without a pause reaches the mark when the
play clock says (`due`), and the mark is back a little later: the *way*, which is a constant of the line. Some carriers
return marks many seconds late, out of order, before their time, or never, while the caller hears everything in time.

    believed      each mark is taken as it comes. A way of some hundred ms, and audio that really plays later because
                  the network stood for a moment, are followed as they are.
    not believed  after a mark that is later than `bound_s`, came too early, or came behind a later one: what was heard
                  is what the play clock says. It ends when marks have come in time several times in a row, and each
                  time the row must be twice as long.

`now` is the driver's clock in seconds. A mark that is missing says nothing as long as a later one comes in time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

EARLY_MARK_S: Final = 0.1
"""Seconds before its due time in which a mark is still in time: the two clocks may differ."""
FIRST_WAY_S: Final = 0.2
"""The way as long as no mark has told it, in seconds."""
OVERDUE_S: Final = 0.2
"""Seconds beyond the way after which a mark that has not come no longer says where the caller is."""
WAYS_KEPT: Final = 3
"""Marks whose shortest way counts: one that was delayed does not make the line longer."""
FIRST_ROW: Final = 3
"""Marks in a row, in time, after which a phone is believed again."""
LONGEST_ROW: Final = 48
_LATE_KEPT: Final = 64
"""Marks that are remembered behind which a later one has come."""

Lie: TypeAlias = Literal["late", "early", "order"]


@dataclass(frozen=True, slots=True)
class TrustChange:
    """Tell that marks are believed from now on, or not."""

    believed: bool
    why: Lie | None
    """What was wrong with a mark; None: they are believed again."""
    seconds: float
    """By how much it was late or early, or for how long the clock was believed."""


class MarkTrust:
    """Judge the marks of one phone."""

    def __init__(self, bound_s: float) -> None:
        self.bound_s = bound_s
        """Seconds that a mark may be late."""
        self.believed = True
        self._awaited: dict[str, float] = {}
        """When each mark is due that has not come, in the order in which they were sent."""
        self._passed: deque[str] = deque(maxlen=_LATE_KEPT)
        """Marks that have not come although a later one has."""
        self._ways: deque[float] = deque(maxlen=WAYS_KEPT)
        self._row = 0
        self._row_needed = FIRST_ROW
        self._since = 0.0
        self._changes: list[TrustChange] = []

    def __repr__(self) -> str:
        state = "believed" if self.believed else f"not believed, {self._row} of {self._row_needed} in time"
        return f"<MarkTrust {state}, way={self.way:.3f} s>"

    @property
    def way(self) -> float:
        """Return how long after its due time a mark of an honest phone is back, in seconds."""
        return min(self._ways) if self._ways else min(FIRST_WAY_S, self.bound_s)

    def sent(self, name: str, due: float) -> None:
        """Await a mark that is due at this time."""
        self._awaited[name] = due

    def forget(self) -> None:
        """Await no mark any more: the audio before them was thrown away, and they say nothing when they come."""
        self._awaited.clear()
        self._passed.clear()

    def excuse(self, seconds: float) -> None:
        """Let every awaited mark be later by this: for so long, none could be received."""
        for name in self._awaited:
            self._awaited[name] += seconds

    def overdue(self, due: float, now: float) -> bool:
        """Return whether the play clock says where the caller is, as a mark due at this time is not back.

        The phone holds some hundred ms of audio, so a short pause of the network changes nothing of what is heard.
        """
        return not self.believed or now > due + self.way + OVERDUE_S

    def returned(self, name: str, now: float) -> None:
        """Take a mark that came back."""
        if name in self._passed:
            self._passed.remove(name)
            self._wrong("order", 0.0, now)
            return
        # Not one of ours, come for the second time, given up, or thrown away.
        if (due := self._awaited.get(name)) is None:
            return
        names = [*self._awaited]
        place = names.index(name)
        for passed in names[: place + 1]:
            del self._awaited[passed]
        self._passed.extend(names[:place])
        late = now - due
        if late > self.bound_s:
            self._wrong("late", late, now)
        elif late < -EARLY_MARK_S:
            self._wrong("early", -late, now)
        else:
            self._right(max(0.0, late), now)

    def look(self, now: float) -> None:
        """Judge the marks that have not come."""
        for name, due in [*self._awaited.items()]:
            if now < due + self.bound_s:
                break
            del self._awaited[name]
            self._wrong("late", now - due, now)

    def wake_at(self) -> float | None:
        """Return when `look` has something to judge, in seconds of `now`; None: nothing is awaited."""
        return next(iter(self._awaited.values())) + self.bound_s if self._awaited else None

    def changes(self) -> list[TrustChange]:
        """Return what has changed since the last time, in order."""
        changes, self._changes = self._changes, []
        return changes

    def _right(self, late: float, now: float) -> None:
        if self.believed:
            self._ways.append(late)
            return
        self._row += 1
        if self._row >= self._row_needed:
            self.believed = True
            # A phone that has lied twice is believed later.
            self._row_needed = min(2 * self._row_needed, LONGEST_ROW)
            self._changes.append(TrustChange(True, None, now - self._since))

    def _wrong(self, why: Lie, seconds: float, now: float) -> None:
        self._row = 0
        if self.believed:
            self.believed, self._since = False, now
            self._changes.append(TrustChange(False, why, seconds))
