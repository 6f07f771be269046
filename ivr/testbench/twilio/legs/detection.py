"""Tell what answering machine detection finds, and when.

https://www.twilio.com/docs/voice/answering-machine-detection
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.testbench.twilio.people import BEEP_S, FarParty

DetectionMode: TypeAlias = Literal["Enable", "DetectMessageEnd"]
QUICK_S = 4.0
"""Seconds after which a person, or that it is a machine, is known: peers measured 4 to 7."""


@dataclass(frozen=True, slots=True)
class Detection:
    """Hold what detection finds."""

    answered_by: str
    """`human`, `machine_start`, `machine_end_beep`, `machine_end_silence`, `machine_end_other`, `fax` or `unknown`."""
    after_s: float
    """Seconds after answering."""


def detect(party: FarParty, mode: str, timeout_s: float = 30.0) -> Detection:
    """Return what detection finds of a party. It gives up after `timeout_s` with `unknown`."""
    if party.kind == "fax":
        found = Detection("fax", QUICK_S)
    elif party.kind == "person":
        found = Detection("human", QUICK_S)
    elif mode == "Enable":
        found = Detection("machine_start", QUICK_S)
    elif party.beep:
        found = Detection("machine_end_beep", party.greeting_s + BEEP_S)
    else:
        found = Detection("machine_end_silence", party.greeting_s + 1.0)
    found = Detection(
        party.answered_by or found.answered_by, found.after_s if party.detect_s is None else party.detect_s
    )
    return found if found.after_s <= timeout_s else Detection("unknown", timeout_s)
