"""List the checks: number, title, and how each is judged from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ivr.testbench.conformance.checks import stream, talk, webhook
from ivr.testbench.conformance.findings import CheckFinding
from ivr.testbench.conformance.observation import Observation
from ivr.testbench.conformance.site import Site

CheckRun: TypeAlias = Callable[[Site, Observation | None], Awaitable[CheckFinding]]


@dataclass(frozen=True, slots=True)
class Check:
    """Hold one check."""

    number: str
    """`B1` to `B25`."""
    title: str
    run: CheckRun | None
    """None: it needs the inside of the server."""
    observes: bool = False
    """Whether it is judged on, or with, the observed call."""
    alone: bool = False
    """Whether nothing else may go on at the server meanwhile."""
    rough: bool = False
    """Whether it may kill a weak server: it comes behind the others, so that they still find one."""


CHECKS: Final = (
    Check("B1", "The webhook answers valid TwiML at once, the same for the same call", webhook.b01, alone=True),
    Check("B2", "Only signed requests and sockets are served, whatever their fields", webhook.b02),
    Check("B3", "The stream's token serves once, for its own call and account", webhook.b03),
    Check("B4", "Names and numbers cannot break the document", webhook.b04),
    Check("B5", "The socket is accepted at once, without Origin and subprotocol", stream.b05, alone=True),
    Check(
        "B6",
        "No start, early media, unknown events and broken JSON are survived",
        stream.b06,
        observes=True,
        rough=True,
    ),
    Check(
        "B7",
        "Chunks of any length, odd numbers, bad base64 and other formats are survived",
        stream.b07,
        observes=True,
        rough=True,
    ),
    Check("B8", "Only the caller's track is heard", stream.b08, observes=True),
    Check("B9", "The stream is read while services are waited for", stream.b09, observes=True),
    Check("B10", "Messages have the documented fields, and none comes before start", stream.b10, observes=True),
    Check("B11", "Little audio waits at the phone", talk.b11, observes=True),
    Check("B12", "An interrupted agent is silent, and stays silent", talk.b12, observes=True),
    Check("B13", "Lost and late marks do no harm", talk.b13, observes=True),
    Check("B14", "A call that is over is closed, in order", talk.b14, observes=True),
    Check("B15", "A dead stream leaves the caller with words or a person", webhook.b15),
    Check("B16", "A transfer rings with a timeout, and something follows it", webhook.b16),
    Check("B17", "Keys are taken", stream.b17, observes=True, rough=True),
    Check("B18", "Status callbacks may come twice, late and with new fields", webhook.b18),
    Check("B19", "Health, readiness, drain, and a polite no when full", webhook.b19),
    Check("B20", "The carrier's REST interface may fail", None),
    Check("B21", "Silence, lost marks and endless calls are noticed", None),
    Check("B22", "A service that dies leaves the caller with words", None),
    Check("B23", "The audio is clean", talk.b23, observes=True),
    Check("B24", "The server measures what the phone measures", None),
    Check("B25", "Many calls leave nothing behind", talk.b25, observes=True, alone=True),
)
"""All checks, in order."""


def chosen(only: str) -> Sequence[Check]:
    """Return the checks that are named, such as `B5,B10`; all for an empty text. Raises ValueError."""
    wanted = [name.strip().upper() for name in only.split(",") if name.strip()]
    known = {check.number: check for check in CHECKS}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"--only {unknown[0]}: the checks are B1 to B{len(CHECKS)}")
    return [check for check in CHECKS if check.number in wanted] if wanted else CHECKS
