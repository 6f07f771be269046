"""Make a job of what an operator asks for, or say why not. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from ivr.config.address import callable_number, telephone
from ivr.config.lines import DEFAULT_NAME, Line
from ivr.config.outbound.terms import LONGEST_DIALLED, dialled
from ivr.outbound.job import LONGEST_CONTEXT, Job

LONGEST_AHEAD_S: Final = 31 * 86_400.0
"""Seconds ahead that a call may be asked for."""
_FIXES_ASKED: Final = {
    "bad_number": "to: write + and the country code, such as +966110000000, or sip:user@host",
    "not_allowed": "to: IVR_DIAL_PREFIXES does not allow this number",
    "no_such_line": "line: name a line of ivr.toml, or default: GET /nodes lists them",
    "bad_sender": "from: name the line's number or its caller_id; without it, the line needs one of the two",
    "bad_time": "at: write a time such as 2026-12-01T15:00:00+03:00, at most 31 days ahead",
    "bad_context": f"context: write JSON of at most {LONGEST_CONTEXT} characters",
}


class PlaceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a call."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_DIALLED)]
    """Who is called: E.164, or a SIP address."""
    line: Annotated[str, msgspec.Meta(max_length=32)] = DEFAULT_NAME
    """The name of the line that the call belongs to."""
    context: Any = None
    """Any JSON: the agent is given it with each request."""
    sender: Annotated[str, msgspec.Meta(max_length=LONGEST_DIALLED)] = msgspec.field(default="", name="from")
    """The number that the person is shown: the line's, or its `caller_id`. Empty: the line's `caller_id`, or its
    number."""
    at: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Not before this time, ISO 8601 with a time zone. Empty: as soon as it may be."""
    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{0,64}$")] = ""
    """Names the call: a second request with the same id places no second call. Empty: the bridge makes one."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Say why no job was made."""

    error: str

    @property
    def problem(self) -> str:
        """Return what to do."""
        return _FIXES_ASKED[self.error]


def job_of_body(
    body: PlaceBody, new_id: str, lines: Sequence[Line], prefixes: Sequence[str], by: str, now: float
) -> Job | Refused:
    """Return the job that is asked for, or why there is none. `now`: Unix seconds."""
    line = next((line for line in lines if line.name == body.line), None)
    if line is None:
        return Refused("no_such_line")
    try:
        to = dialled(body.to, prefixes)
    except ValueError as error:
        return Refused(str(error))
    own = [number for number in map(callable_number, (line.caller_id, line.number)) if number]
    sender = telephone(body.sender) if body.sender else next(iter(own), "")
    if not sender or sender not in own:
        return Refused("bad_sender")
    # The person is called from their own number: the call would reach the bridge itself.
    if to in own or any(to == callable_number(one.number) for one in lines):
        return Refused("not_allowed")
    context = "" if body.context is None else json.dumps(body.context, ensure_ascii=False, separators=(",", ":"))
    if len(context) > LONGEST_CONTEXT:
        return Refused("bad_context")
    at = now
    if body.at:
        try:
            written = datetime.fromisoformat(body.at)
            at = written.timestamp() if written.tzinfo is not None else math.inf
        except (ValueError, OverflowError):
            return Refused("bad_time")
        if at > now + LONGEST_AHEAD_S:
            return Refused("bad_time")
    return Job(
        id=body.id or new_id,
        to=to,
        line=line.name,
        sender=sender,
        context=context,
        created_at=now,
        not_before=max(now, at),
        changed_at=now,
        by=by,
    )


def same_request(job: Job, asked: Job) -> bool:
    """Tell whether a job that is kept is the one that is asked for under its id."""
    return (job.to, job.line, job.sender, job.context) == (asked.to, asked.line, asked.sender, asked.context)
