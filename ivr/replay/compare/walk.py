"""Feed a tape to today's code, and keep what is decided.

A call is driven by what happens to it and by being woken when it asks for that. A tape holds both, so today's code is
woken when the code of then asked for it. A deadline that has become shorter would not show: it is noticed when the call
goes on for a while without being woken although it has asked (`overdue_at`). It is woken by its own wish from
`part` on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.call import events
from ivr.call.call import Call
from ivr.replay.compare.ear import Decided
from ivr.replay.exact import ReplayStep, compares_bytes, recorded_acoustics, steps
from ivr.replay.records import command_record
from ivr.replay.tape import CommandRecord, Moment, Tape, TapeError

LATE_MOST_S: Final = 0.15
"""How late a process wakes a call that it goes on feeding, at most; in seconds."""
LOOK_EVERY: Final = 8
"""Moments between two looks at when the call asks to be woken."""
WAKES_MOST: Final = 1000
"""Times a call is woken between two moments. One that asks for more at one instant is woken no further."""


class Walk:
    """Walk along one tape."""

    def __init__(self, tape: Tape, wake_at: float | None = None) -> None:
        self._tape = tape
        self._audible = compares_bytes(tape)
        try:
            self.call = Call(tape.options, recorded_acoustics(tape))
        except Exception as fault:
            raise TapeError(f"no call can be made with the options of this tape: {fault}") from fault
        self._wake_at = wake_at
        """Wake the call once at this time, which the tape does not; None: do not."""
        self._parted = self._restless = False
        self._now = tape.began_at
        self._asked_at: float | None = None
        self._asked_since = 0.0
        self.decided: list[Decided] = []
        self.failure = ""
        """How today's code failed at the last step; then there is no further one."""
        self.overdue_at: float | None = None
        """When today's code first asked to be woken and was not, in seconds of the driver's clock."""

    def part(self) -> None:
        """Follow today's code on: from now on it is woken when it asks for it, for the tape wakes the other."""
        self._parted = True

    def steps(self, last: int) -> Iterator[ReplayStep]:
        """Yield every moment before `last` with what is decided today."""
        fed = steps(self._tape, self.call)
        moments, decided = self._tape.moments, self.decided
        for index in range(last):
            moment = moments[index]
            try:
                if self._wake_at is not None and moment.now > self._wake_at:
                    records = self._wake(self._wake_at)
                    if records:
                        yield ReplayStep(index, Moment(self._wake_at, events.Tick()), [], records)
                    self._wake_at = None
                if self._parted:
                    self.wake_until(moment.now)
                elif not index % LOOK_EVERY and self.overdue_at is None:
                    self._look(moment.now)
                step = next(fed)
            # Whatever today's code raises is a finding about the tape.
            except Exception as fault:
                self.failure = f"{type(fault).__name__}: {fault}"
                yield ReplayStep(index, moment, [], [["failure", self.failure]])
                return
            self._now = moment.now
            if step.records:
                decided.append(Decided(moment.now, step.records))
            yield step

    def _look(self, now: float) -> None:
        """Notice that the call is not woken although it asked for it, while it is fed all the same."""
        at = self.call.wake_at()
        if at is None or at >= now or at != self._asked_at:
            self._asked_at, self._asked_since = at, now
        # A process that stood still feeds what has waited at once, and wakes the call as soon as it can.
        elif now - max(at, self._asked_since) > LATE_MOST_S:
            self.overdue_at = at

    def wake_until(self, until: float) -> None:
        """Wake today's code as often as it asks for it before a time."""
        if self._restless:
            return
        began = self._now
        for _ in range(WAKES_MOST):
            at = self.call.wake_at()
            if at is None or at >= until:
                return
            self._now = max(at, self._now)
            self._wake(self._now)
        # It asks for the same instant again and again.
        self._restless = self._now == began

    def _wake(self, at: float) -> list[CommandRecord]:
        records = [command_record(made, audible=self._audible) for made in self.call.receive(events.Tick(), at)]
        if records:
            self.decided.append(Decided(at, records))
        return records
