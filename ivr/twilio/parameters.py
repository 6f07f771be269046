"""Choose what a request, its URL and its stream say about a call beside who calls whom: the call's parameters.

The carrier adds fields without notice and the operator adds some of their own (`<Parameter>`, the query of the voice
URL, SIP headers), so everything is taken but what is named here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ivr.twilio.form import Form
from ivr.twilio.stream import TOKEN

MOST_TOLD: Final = 64
LONGEST_TOLD: Final = 1000
"""Characters of name and value together."""
TOLD_BYTES: Final = 16 * 1024
"""Bytes of all names and values together: they go to the agent with every question."""
LATE_FIELDS: Final = ("AnsweredBy", "MachineDetectionDuration")
"""Fields that the carrier finds out while the call lasts."""
_TOLD_ELSEWHERE: Final = frozenset({"CallSid", "From", "To", "Caller", "Called", "Direction"})
_OF_THE_CARRIER: Final = frozenset({"AccountSid", "ApiVersion", "CallStatus", "CallToken"})
"""Fields that tell nothing about the call, or are secrets."""
_SAID_TWICE: Final = frozenset(
    f"{who}{part}" for who in ("Caller", "Called") for part in ("City", "State", "Zip", "Country")
)
"""The same as `FromCity`, `ToCity` and so on."""
_LEFT_OUT: Final = _TOLD_ELSEWHERE | _OF_THE_CARRIER | _SAID_TWICE
_NEVER: Final = frozenset({TOKEN, "bodySHA256"})


def own_fields(form: Form) -> dict[str, str]:
    """Return a form by name. A name that occurs more than once has its values with commas between them."""
    return {name: ", ".join(form.getlist(name)) for name in form}


def carrier_fields(form: Form) -> dict[str, str]:
    """Return what the carrier's form says that stands nowhere else in a request to the agent."""
    return {name: value for name, value in own_fields(form).items() if name not in _LEFT_OUT}


def call_parameters(sources: Iterable[Mapping[str, str]]) -> tuple[dict[str, str], int]:
    """Return the parameters of a call, and how many were too many or too long. The first source of a name wins."""
    chosen: dict[str, str] = {}
    left_out: set[str] = set()
    room = TOLD_BYTES
    for name, value in ((name, value) for source in sources for name, value in source.items()):
        # The carrier sends fields without a value for what it does not know.
        if not value or name in chosen or name in _NEVER:
            continue
        size = len(name.encode("utf-8", "replace")) + len(value.encode("utf-8", "replace"))
        if len(name) + len(value) > LONGEST_TOLD or len(chosen) >= MOST_TOLD or size > room:
            left_out.add(name)
            continue
        chosen[name] = value
        room -= size
    return chosen, len(left_out - chosen.keys())
