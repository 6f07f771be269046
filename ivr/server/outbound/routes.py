"""Answer the endpoints of the API that are about calls to place."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ivr.config.settings import Settings
from ivr.outbound.store import QueueFull
from ivr.server.outbound.asked import PlaceBody, Refused, job_of_body, same_request
from ivr.server.outbound.outbound import Outbound
from ivr.server.outbound.shown import JobsShown, show_job
from ivr.server.roles import SECURITY_HEADERS, Operator, refusal

log = logging.getLogger("ivr.board")

MOST_JOB_ID: Final = 64
_REFUSALS: Final = {"not_allowed": 422, "bad_number": 422, "no_such_line": 422, "bad_sender": 422}


class PlacingRoutes:
    """Take calls to place, show what becomes of them, cancel those that wait."""

    def __init__(
        self,
        outbound: Outbound | None,
        settings: Callable[[], Settings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what places calls; None: nothing does. `clock`: Unix seconds."""
        self._outbound, self._settings, self._clock = outbound, settings, clock

    async def place(self, _request: Request, who: Operator, body: PlaceBody) -> Response:
        """Take a call to place."""
        if (outbound := self._outbound) is None or not outbound.on:
            return _off()
        new_id, lines = secrets.token_hex(8), self._settings().all_lines
        asked = job_of_body(body, new_id, lines, outbound.prefixes, who.name, self._clock())
        if isinstance(asked, Refused):
            log.warning("act", extra={"operator": who.name, "act": "place", "outcome": asked.error})
            return refusal(_REFUSALS.get(asked.error, 400), asked.error, asked.problem)
        try:
            job = await outbound.add(asked)
        except QueueFull:
            return refusal(503, "queue_full", "too many calls wait: try again when some were placed", Retry_After="60")
        except (sqlite3.Error, OSError):
            return _away()
        if not same_request(job, asked):
            return refusal(409, "other_request", "id: another call was asked for with it: use an id of its own")
        return _shown(show_job(job, who.role), 202)

    async def jobs(self, _request: Request, who: Operator, _body: None) -> Response:
        """List the jobs that came last."""
        if (outbound := self._outbound) is None or not outbound.on:
            return _off()
        try:
            jobs = await outbound.latest()
        except (sqlite3.Error, OSError):
            return _away()
        return _shown(JobsShown([show_job(job, who.role) for job in jobs]))

    async def job(self, request: Request, who: Operator, _body: None) -> Response:
        """Show a job."""
        if (outbound := self._outbound) is None or not outbound.on:
            return _off()
        try:
            job = await outbound.get(request.path_params["job"][:MOST_JOB_ID])
        except (sqlite3.Error, OSError):
            return _away()
        return _no_job() if job is None else _shown(show_job(job, who.role))

    async def cancel(self, request: Request, who: Operator, _body: None) -> Response:
        """Cancel a job that waits."""
        if (outbound := self._outbound) is None or not outbound.on:
            return _off()
        try:
            job = await outbound.cancel(request.path_params["job"][:MOST_JOB_ID])
        except (sqlite3.Error, OSError):
            return _away()
        if job is None:
            return _no_job()
        done = job.state == "canceled"
        log.info("act", extra={"operator": who.name, "act": "cancel", "outcome": "done" if done else "too_late"})
        if not done:
            return refusal(409, "too_late", "the call was placed: end it with POST /calls/{call}/hangup")
        return _shown(show_job(job, who.role))


def _off() -> Response:
    problem = "this bridge calls no one: set IVR_DIAL_PREFIXES, and TWILIO_AUTH_TOKEN or TWILIO_API_KEY"
    return refusal(403, "outbound_off", problem)


def _away() -> Response:
    return refusal(503, "no_queue", "the queue cannot be used: look at the log and IVR_DATA_DIR", Retry_After="10")


def _no_job() -> Response:
    return refusal(404, "no_such_job", "there is none of this id, or it has been over for a week: GET /jobs lists them")


def _shown(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, SECURITY_HEADERS, "application/json")
