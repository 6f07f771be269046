"""Check the settings of the calls that the bridge places: one line a fault, the setting's name first, then the fix."""

from __future__ import annotations

from typing import Final

from ivr.config.outbound.terms import read_prefixes
from ivr.config.settings import Settings

NO_REST: Final = "IVR_DIAL_PREFIXES: the bridge cannot place calls: set TWILIO_AUTH_TOKEN or TWILIO_API_KEY"
NO_OPERATORS: Final = (
    "IVR_DIAL_PREFIXES: there is no token with which calls may be asked for: set IVR_BOARD_TOKENS to one of role act"
)


def dial_faults(settings: Settings) -> list[str]:
    """Return the fault of the numbers that may be dialled."""
    try:
        read_prefixes(settings.dial_prefixes)
    except ValueError as error:
        return [f"IVR_DIAL_PREFIXES cannot be read: {error}"]
    return []


def dial_notes(settings: Settings) -> list[str]:
    """Return a line for each thing without which no call is placed, where numbers may be dialled."""
    if not settings.dial_prefixes:
        return []
    notes = [] if settings.rest_possible else [NO_REST]
    return notes if settings.board_tokens.get_secret_value() else [*notes, NO_OPERATORS]
