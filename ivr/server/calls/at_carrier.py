"""Do what a call asks of the carrier: end it there, and let a person take over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from ivr.server.calls.rest_problems import warn_of_rest
from ivr.server.transfer.transfers import Transfers
from ivr.twilio.rest import TwilioRest
from ivr.twilio.stream import Stream

log = logging.getLogger("ivr.bridge")


class AtCarrier:
    """Ask the carrier for the calls of one bridge. Nothing here raises to a call."""

    def __init__(self, rest: TwilioRest, transfers: Transfers, noted: Callable[[str], None]) -> None:
        """Take the carrier's REST, what hands callers over, and what counts an outcome."""
        self.rest = rest
        self.hand_over = transfers.hand_over
        self._noted = noted

    def __repr__(self) -> str:
        return f"<AtCarrier {self.rest!r}>"

    async def hang_up(self, call_id: str, account: str) -> None:
        """End a call."""
        outcome = await self.rest.hang_up(call_id, account)
        log.info("hung_up", extra={"call": call_id, "outcome": outcome})
        warn_of_rest(call_id, outcome, self._noted)

    def ending(self, stream: Stream) -> Callable[[str], Awaitable[None]]:
        """Return what ends the call of a stream."""

        async def hang_up(call_id: str) -> None:
            await self.hang_up(call_id, stream.account_sid)

        return hang_up
