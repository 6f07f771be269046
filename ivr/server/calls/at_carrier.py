"""Do what a call asks of the carrier: end it there, and let a person take over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from ivr.call.commands import Transfer
from ivr.call.events import CallStarted
from ivr.config.address import callable_number
from ivr.config.lines import Line
from ivr.twilio.rest import TwilioRest
from ivr.twilio.stream import Stream
from ivr.twilio.twiml import Documents

log = logging.getLogger("ivr.bridge")

_REST_PROBLEMS: Final = {
    "not_found": "Twilio knows no such call there: set TWILIO_REGION and TWILIO_EDGE to those of the number, and"
    " TWILIO_SUBACCOUNTS when it is a subaccount's",
    "refused": "Twilio refused: look at TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET, of that region",
}


class AtCarrier:
    """Ask the carrier for the calls of one bridge. Nothing here raises to a call."""

    def __init__(self, rest: TwilioRest, documents: Documents, noted: Callable[[str], None]) -> None:
        """Take the carrier's REST, the documents, and what counts an outcome."""
        self.rest = rest
        self._documents = documents
        self._noted = noted

    def __repr__(self) -> str:
        return f"<AtCarrier {self.rest!r}>"

    async def hang_up(self, call_id: str, account: str) -> None:
        """End a call."""
        outcome = await self.rest.hang_up(call_id, account)
        log.info("hung_up", extra={"call": call_id, "outcome": outcome})
        self._warn(call_id, outcome)

    def ending(self, stream: Stream) -> Callable[[str], Awaitable[None]]:
        """Return what ends the call of a stream."""

        async def hang_up(call_id: str) -> None:
            await self.hang_up(call_id, stream.account_sid)

        return hang_up

    async def hand_over(self, started: CallStarted, line: Line, account: str, order: Transfer) -> str:
        """Let a person take over; return `done`, or a fixed word for why not."""
        shown = ""
        # The carrier shows the person the caller's number. Where that is none (withheld, SIP), it would not dial.
        if not callable_number(started.caller):
            ours = (line.caller_id, started.called, line.number)
            shown = next(filter(None, map(callable_number, ours)), "")
            if not shown:
                log.warning("no_caller_id", extra={"call": started.call_id, "setting": "IVR_CALLER_ID"})
        twiml = self._documents.transfer(order.number, line.language, shown)
        outcome = await self.rest.redirect(started.call_id, account, twiml=twiml)
        log.info("transferred", extra={"call": started.call_id, "outcome": outcome})
        self._warn(started.call_id, outcome)
        return outcome

    def _warn(self, call_id: str, outcome: str) -> None:
        """Say what may be wrong where the carrier does not know a call that is on the line, or the account."""
        if outcome in _REST_PROBLEMS:
            self._noted(f"rest_{outcome}")
            log.warning("rest_failed", extra={"call": call_id, "outcome": outcome, "problem": _REST_PROBLEMS[outcome]})
