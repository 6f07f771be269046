"""Hold where a transfer stands, between two requests of the carrier: it is kept beside the states of calls.

Any process may get the next request, so nothing of it is only in memory. It holds what was said on the call, and its
numbers. Nothing of it is logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

import msgspec

from ivr.call.actions import TransferOptions, TransferOutcome
from ivr.server.resume.state import LONGEST_STATE, CallState, fitted

VERSION: Final = 1


class Phase(StrEnum):
    """Name how far a transfer has come."""

    RINGING = "ringing"
    ASKED = "asked"
    JOINED = "joined"
    RETURNING = "returning"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Handover:
    """Hold one transfer."""

    call: CallState
    """Where the call stood."""
    account: str
    """The carrier's account of the call."""
    number: str = field(repr=False)
    """Who is dialled: E.164, a SIP address or a queue."""
    language: Literal["ar", "en"]
    """The language of the documents."""
    began_at: float
    """Unix seconds, as all times here."""
    options: TransferOptions = field(default_factory=TransferOptions)
    phase: Phase = Phase.RINGING
    outcome: TransferOutcome | None = None
    """What became of it; None: that is not known yet."""
    person: str = ""
    """The carrier's id of the person's call, of a warm transfer."""
    rang_at: float = 0.0
    """When the telephone began to ring; 0: the carrier has not said."""
    answered_at: float = 0.0
    """0: not yet."""
    ended_at: float = 0.0
    """When the outcome was known."""
    version: int = VERSION


_HANDOVER: Final = msgspec.json.Decoder(Handover)


def key_of(call_id: str) -> str:
    """Return the name under which the transfer of a call is kept."""
    return f"transfer/{call_id}"


def write_handover(handover: Handover) -> bytes:
    """Return a transfer as bytes."""
    return msgspec.json.encode(replace(handover, call=fitted(handover.call)))


def read_handover(written: bytes | None) -> Handover | None:
    """Return the transfer of these bytes. None: they are none, or of another version."""
    if written is None or len(written) > LONGEST_STATE:
        return None
    try:
        handover = _HANDOVER.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return handover if handover.version == VERSION else None
