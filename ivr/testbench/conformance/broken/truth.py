"""Measure the checks: which of them find each fault of the small server, and which cry wolf.

All in memory and in virtual time. Every check gets a server of its own, so that a fault that adds up is seen only by
the check that looks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from ivr.testbench import virtual_time
from ivr.testbench.conformance.broken.server import SmallServer
from ivr.testbench.conformance.broken.switches import SWITCHES, Switch
from ivr.testbench.conformance.catalogue import CHECKS, Check
from ivr.testbench.conformance.findings import CheckFinding
from ivr.testbench.conformance.run import Run
from ivr.testbench.conformance.site import Target
from ivr.testbench.conformance.sound import buzz, ulaw
from ivr.testbench.twilio.asgi import AsgiRefused, websocket
from ivr.testbench.twilio.socket import StreamRefused
from ivr.testbench.twilio.twiml import BAD_HANDSHAKE

BASE: Final = "http://127.0.0.1:9"
SMALL_ACCOUNT: Final = "AC" + "5" * 32
SECRET: Final = "a made-up token"
SPEECH_S: Final = 1.6


async def connect(app: Any, url: str, headers: Mapping[str, str]) -> Any:
    """Open a socket of an application in memory. Raises `StreamRefused`."""
    try:
        return await websocket(app, url, headers)
    except AsgiRefused as refused:
        raise StreamRefused(BAD_HANDSHAKE, f"HTTP {refused.status} where 101 belongs") from refused


def small_target(faults: Collection[str] = ()) -> Target:
    """Return a small server in memory, with these faults."""
    app = SmallServer(BASE, SMALL_ACCOUNT, SECRET, faults).app
    return Target(
        f"{BASE}/voice",
        ulaw(buzz(SPEECH_S)),
        SECRET,
        SMALL_ACCOUNT,
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        connect=lambda url, headers, _: connect(app, url, headers),
    )


def findings(faults: Collection[str] = (), checks: Sequence[Check] = CHECKS) -> dict[str, CheckFinding]:
    """Return what each check finds at the small server with these faults."""

    async def main() -> dict[str, CheckFinding]:
        found: dict[str, CheckFinding] = {}
        observed = Run(small_target(faults))
        if any(check.observes for check in checks):
            async with httpx.AsyncClient(transport=observed.target.transport) as client:
                await observed.observe(client)
        for check in checks:
            run = Run(small_target(faults), seen=observed.seen, why_not=observed.why_not)
            async with httpx.AsyncClient(transport=run.target.transport) as client:
                found[check.number] = (await run.check(check, client)).finding
        return found

    return virtual_time.run(main())


@dataclass(frozen=True, slots=True)
class TruthRow:
    """Hold what the checks found of one fault."""

    switch: Switch | None
    """None: the server is correct."""
    found: Mapping[str, CheckFinding]

    @property
    def failed(self) -> list[str]:
        """Return the numbers of the checks that failed."""
        return [number for number, finding in self.found.items() if finding.judgement == "fail"]

    @property
    def hit(self) -> bool:
        """Return whether the check that is meant failed."""
        return self.switch is None or self.switch.found_by[0] in self.failed

    @property
    def false_alarms(self) -> list[str]:
        """Return the checks that failed and should not have."""
        meant = () if self.switch is None else self.switch.found_by
        return [number for number in self.failed if number not in meant]


def truth(done: Callable[[TruthRow], None] = lambda _: None) -> list[TruthRow]:
    """Run all checks at the correct server and at each broken one. `done` is told each row."""
    rows = []
    for switch in (None, *SWITCHES):
        rows.append(TruthRow(switch, findings(() if switch is None else (switch.name,))))
        done(rows[-1])
    return rows


def markdown(rows: Sequence[TruthRow]) -> str:
    """Return the table of docs/conformance.md."""
    lines = ["| switch | the server ... | should be found by | failed | false alarms |", "|---|---|---|---|---|"]
    for row in rows:
        name = "none" if row.switch is None else f"`{row.switch.name}`"
        about = "is correct" if row.switch is None else row.switch.about
        meant = "" if row.switch is None else ", ".join(row.switch.found_by)
        lines.append(f"| {name} | {about} | {meant} | {', '.join(row.failed)} | {', '.join(row.false_alarms)} |")
    return "\n".join(lines)
