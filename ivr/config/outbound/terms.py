"""Read what a line says of the calls that are placed for it, and which numbers may be dialled.

    [outbound]                      # for every line; a line has the same keys in [line.outbound]
    at_once = 5                     # its calls at once; left out: no limit of its own
    quiet = "21:00-09:00"           # no call is placed; left out: any hour
    zone = "Asia/Riyadh"            # of those times; left out: UTC
    retries = 2                     # a person who was busy or did not answer is called again
    retry_after_s = 1800            # seconds later
    ring_s = 30                     # for how long it rings
    machine = "message"             # "talk" to an answering machine, "hang_up", or leave a "message"
    carrier_amd = true              # the carrier listens for machines as well, for a fee

The message is the phrase `machine_message`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from ivr.config.address import callable_number, check_number, shown
from ivr.config.outbound.quiet import QuietHours

OnMachine: TypeAlias = Literal["talk", "hang_up", "message"]
"""What is done where a machine answers."""
MOST_OUTBOUND: Final = 10_000
MOST_RETRIES: Final = 20
LONGEST_RETRY_S: Final = 7 * 86_400.0
SHORTEST_RING_S: Final = 5
LONGEST_RING_S: Final = 600
"""Twilio's own limit."""
LONGEST_DIALLED: Final = 256
"""Characters of an address that is dialled."""
_DIAL_PREFIX: Final = re.compile(r"\+[1-9][0-9]{0,14}|sip:[a-z0-9_.-]+")
PREFIXES_FIX: Final = (
    "write the beginnings of numbers that may be dialled, such as +966,+9712, and sip:host for SIP, with commas between"
)


@dataclass(frozen=True, slots=True)
class OutboundTerms:
    """Hold what a line says of the calls that are placed for it."""

    at_once: int = 0
    """Its calls at once; 0: no limit of its own."""
    quiet: QuietHours | None = None
    """When no call is placed. None: calls are placed at any hour."""
    retries: int = 0
    """Times that a person is called again who was busy or did not answer."""
    retry_after_s: float = 1800.0
    ring_s: int = 30
    """Seconds for which it rings."""
    machine: OnMachine = "talk"
    carrier_amd: bool = False
    """The carrier listens for machines as well."""


class OutboundTable(BaseModel):
    """Represent `[outbound]` as it is written; None: left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at_once: int | None = None
    quiet: str | None = None
    zone: str | None = None
    retries: int | None = None
    retry_after_s: int | float | None = None
    ring_s: int | None = None
    machine: OnMachine | None = None
    carrier_amd: bool | None = None

    def terms(self, base: OutboundTerms) -> OutboundTerms:
        """Return the terms of this table; what it leaves out, or what is wrong in it, comes from `base`."""
        given = {
            name: value
            for name in ("at_once", "retries", "retry_after_s", "ring_s", "machine", "carrier_amd")
            if (value := getattr(self, name)) is not None
        }
        # Where a machine makes a difference the carrier listens as well, unless the table says otherwise.
        if self.machine is not None and self.carrier_amd is None:
            given["carrier_amd"] = self.machine != "talk"
        try:
            quiet = self._quiet(base.quiet)
        except ValueError:
            quiet = base.quiet
        return replace(base, quiet=quiet, **given)

    def faults(self, where: str) -> list[str]:
        """Return a sentence for every fault. `where`: what the table is called."""
        problems = []
        ranges = (
            ("at_once", self.at_once, 1, MOST_OUTBOUND),
            ("retries", self.retries, 0, MOST_RETRIES),
            ("retry_after_s", self.retry_after_s, 1, LONGEST_RETRY_S),
            ("ring_s", self.ring_s, SHORTEST_RING_S, LONGEST_RING_S),
        )
        for name, value, least, most in ranges:
            if value is not None and not least <= value <= most:
                problems.append(f"{where} {name}: write a number from {least:g} to {most:g}")
        try:
            self._quiet(None)
        except ValueError as error:
            problems.append(f"{where} {'' if str(error).startswith('zone') else 'quiet: '}{error}")
        return problems

    def _quiet(self, base: QuietHours | None) -> QuietHours | None:
        """Return the quiet hours; empty ones are none. Raises ValueError."""
        if self.quiet == "":
            return None
        if self.quiet is None:
            if self.zone is not None:
                QuietHours.read("00:00-00:01", self.zone)
            return base if base is None or self.zone is None else replace(base, zone=self.zone)
        return QuietHours.read(self.quiet, self.zone or (base.zone if base is not None else "UTC"))


OUTBOUND_FIX: Final = "write a table with these keys: " + ", ".join(OutboundTable.model_fields)


def read_prefixes(written: str) -> tuple[str, ...]:
    """Return the beginnings of numbers that may be dialled. Raises ValueError."""
    found = tuple(part.strip().lower() for part in written.split(",") if part.strip())
    if not all(_DIAL_PREFIX.fullmatch(part) for part in found):
        raise ValueError(PREFIXES_FIX)
    return found


def dialled(written: str, prefixes: Sequence[str]) -> str:
    """Return a number as it is dialled, E.164 or a SIP address. Raises ValueError with a fixed word for why not.

    `bad_number`: it is neither. `not_allowed`: none of `prefixes` allows it.
    """
    address = shown(written)
    if address.startswith("sip:"):
        if check_number(address) is not None:
            raise ValueError("bad_number")
        host = address.partition("@")[2].partition(":")[0]
        allowed = any(prefix == f"sip:{host}" for prefix in prefixes)
    else:
        address = callable_number(written)
        if not address:
            raise ValueError("bad_number")
        allowed = any(prefix.startswith("+") and address.startswith(prefix) for prefix in prefixes)
    if not allowed:
        raise ValueError("not_allowed")
    return address
