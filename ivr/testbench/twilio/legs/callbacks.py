"""Write the status callbacks of a call: which events were asked for, and their fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import formatdate

CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
"""Events of a call that may be asked for."""
OVERTAKEN_S = 0.5
"""Seconds by which a callback is late that the next one overtakes."""


@dataclass(slots=True)
class StatusReports:
    """Hold who is told of one call's status, and how much was told."""

    url: str = ""
    events: Collection[str] = ("completed",)
    method: str = "POST"
    told: int = 0
    """Callbacks so far: the number of the next one."""

    def report(self, event: str, seconds: float, sip_code: int = 0) -> Mapping[str, str] | None:
        """Return the fields of a callback beyond the standard ones; None: this event was not asked for."""
        if not self.url or event not in self.events:
            return None
        fields = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.told),
            # RFC 2822 here, ISO 8601 in the stream's callback: so say Twilio's pages on the two callbacks.
            "Timestamp": formatdate(),
        }
        self.told += 1
        if event == "completed":
            # `CallDuration` counts seconds, `Duration` begun minutes.
            fields |= {"CallDuration": f"{seconds:.0f}", "Duration": f"{-(-seconds // 60):.0f}"}
        return fields | ({"SipResponseCode": str(sip_code)} if sip_code else {})
