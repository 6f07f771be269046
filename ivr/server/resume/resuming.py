"""Go on with calls whose streams have died: find where a call stands, for `/resume` and then for its new stream."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from math import nan
from typing import Final, Literal, TypeAlias

from ivr.call.events import CallStarted
from ivr.fleet.kept.calls import KeptCalls
from ivr.observe.metrics import Metrics, ReadGauge
from ivr.server.resume.keeper import StateKeeper
from ivr.server.resume.state import CallState, read_state, write_state

log = logging.getLogger("ivr.resume")

RESUMED_MOST: Final = 3
"""Times that a call is resumed."""
TAKE_S: Final = 0.5
"""Seconds in which the state of a call is found, or not."""

Outcome: TypeAlias = Literal["goes_on", "unknown", "too_often", "ending"]


class Resuming:
    """Resume the calls of one bridge."""

    def __init__(self, kept: KeptCalls, noted: Callable[[str], None]) -> None:
        """Take where states are kept, and what counts an outcome."""
        self.kept = kept
        self.keeper = StateKeeper(kept)
        self._noted = noted

    def open(self, metrics: Metrics) -> None:
        """Begin to keep, in the running loop."""
        self.kept.open()
        metrics.add(self.gauge())

    def gauge(self) -> ReadGauge:
        """Return what tells Prometheus whether states can be kept."""
        help_text = "Whether it can be kept where calls stand, for another process to go on with them"
        return ReadGauge("ivr_resumable_up", help_text, lambda: nan if self.kept.up is None else float(self.kept.up))

    def __repr__(self) -> str:
        return f"<Resuming {self.kept!r}>"

    async def take(self, call_id: str, *, ending: bool = False) -> CallState | None:
        """Return where a call stands, and count this time. None: it does not go on; the log and the metrics say why.

        `ending`: this bridge is about to end, and there is no other.
        """
        self.keeper.awaited.discard(call_id)
        state = await self._read(call_id)
        outcome: Outcome = "goes_on"
        if state is None:
            outcome = "unknown"
        elif state.stands.count >= RESUMED_MOST:
            outcome = "too_often"
        elif ending:
            outcome = "ending"
        self._noted(f"resume_{outcome}")
        log.log(
            logging.INFO if outcome in ("goes_on", "unknown") else logging.WARNING,
            "resume",
            extra={"call": call_id, "outcome": outcome, "times": state.stands.count if state is not None else 0},
        )
        if state is None or outcome != "goes_on":
            self.kept.drop(call_id)
            return None
        # A stream that never begins is counted as well: the carrier would ask without end.
        state = replace(state, stands=replace(state.stands, count=state.stands.count + 1))
        self.kept.keep(call_id, write_state(state))
        return state

    async def recall(self, started: CallStarted, *, resumed: bool) -> CallStarted:
        """Return the start of a call, with what is known of it where it is `resumed` and that can be read."""
        if not resumed:
            return started
        state = await self._read(started.call_id)
        if state is None:
            log.warning("not_recalled", extra={"call": started.call_id})
            return started
        return replace(started, resumption=state.stands)

    async def _read(self, call_id: str) -> CallState | None:
        try:
            async with asyncio.timeout(TAKE_S):
                written = await self.kept.take(call_id)
        except TimeoutError:
            return None
        return read_state(written) if written is not None else None
