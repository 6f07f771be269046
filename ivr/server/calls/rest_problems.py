"""Say what may be wrong where the carrier refuses a request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

log = logging.getLogger("ivr.bridge")

_PROBLEMS: Final = {
    "not_found": "Twilio knows no such call there: set TWILIO_REGION and TWILIO_EDGE to those of the number, and"
    " TWILIO_SUBACCOUNTS when it is a subaccount's",
    "refused": "Twilio refused: look at TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET, of that region",
}


def warn_of_rest(call_id: str, outcome: str, noted: Callable[[str], None]) -> None:
    """Warn where the carrier does not know a call that is on the line, or the account. `noted` counts it."""
    if outcome in _PROBLEMS:
        noted(f"rest_{outcome}")
        log.warning("rest_failed", extra={"call": call_id, "outcome": outcome, "problem": _PROBLEMS[outcome]})
