"""List the endpoints of the API in one table: the routes and the OpenAPI document are both made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from ivr.config.operators import Role
from ivr.server.admin import answers
from ivr.server.outbound.asked import PlaceBody
from ivr.server.outbound.shown import JobShown, JobsShown

EndpointName = Literal[
    "calls", "call", "hangup", "transfer", "say", "nodes", "drain", "close", "open", "openapi",
    "place", "jobs", "job", "cancel",
]  # fmt: skip
MOST_OF_A_BODY: Final = 4096
"""Bytes of a request's body."""
MOST_OF_A_JOB: Final = 24 * 1024
"""Bytes of a body that asks for a call: its context may be Arabic, and escaped."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Describe one method of one path."""

    name: EndpointName
    method: Literal["GET", "POST", "DELETE"]
    path: str
    """With the names of its parameters in braces."""
    role: Role
    summary: str
    answer: type[Any] | None
    """What is answered with `status`; None: any JSON object."""
    body: type[Any] | None = None
    status: int = 200
    problems: tuple[int, ...] = ()
    """Statuses beside those that every endpoint has."""
    most_of_a_body: int = MOST_OF_A_BODY
    counted: bool = True
    """What changes something counts among the acts that an operator may do in a minute."""


COMMON_PROBLEMS: Final = (401, 403, 429)
"""Statuses of an endpoint for who may not ask, or asks too often."""
BODY_PROBLEMS: Final = (400, 408, 413, 415)
"""Statuses of an endpoint that takes a body."""
PROBLEM_STATUSES: Final = {
    400: "The body is no JSON object of the form below",
    401: "No token, a wrong one, or one that has expired",
    403: "The token's role does not allow this, or a foreign web page asks",
    404: "There is no such call, job, node or line",
    408: "The body did not come in time",
    409: "The job is no longer what this asks of it",
    413: "The body is too long",
    415: "The body is not application/json",
    422: "The number is not one of the line's list, or may not be dialled; or there is no such line",
    429: "Too many wrong tokens, or too many acts in a minute: Retry-After says how long to wait",
    503: "The queue of calls is full, or cannot be used",
}
"""What each status of a problem means."""
ENDPOINTS: Final = (
    Endpoint("calls", "GET", "/calls", "view", "List the live calls of the fleet, the oldest first", answers.Calls),
    Endpoint(
        *("place", "POST", "/calls", "act", "Ask for a call to be placed", JobShown),
        body=PlaceBody,
        status=202,
        problems=(409, 422, 503),
        most_of_a_body=MOST_OF_A_JOB,
        counted=False,
    ),
    Endpoint(
        *("jobs", "GET", "/jobs", "view", "List the last calls that were asked for, the newest first", JobsShown),
        problems=(503,),
    ),
    Endpoint("job", "GET", "/jobs/{job}", "view", "Show a call that was asked for", JobShown, problems=(404, 503)),
    Endpoint(
        *("cancel", "DELETE", "/jobs/{job}", "act", "Cancel a call that waits to be placed", JobShown),
        problems=(404, 409, 503),
    ),
    Endpoint("call", "GET", "/calls/{call}", "view", "Show a live call", answers.CallDetail, problems=(404,)),
    Endpoint(
        *("hangup", "POST", "/calls/{call}/hangup", "act", "End a call with a goodbye", answers.Accepted),
        status=202,
        problems=(404,),
    ),
    Endpoint(
        *("transfer", "POST", "/calls/{call}/transfer", "act", "Hand a caller to a person", answers.Accepted),
        body=answers.TransferBody,
        status=202,
        problems=(404, 422),
    ),
    Endpoint(
        *("say", "POST", "/calls/{call}/say", "act", "Let the agent's voice say words", answers.Accepted),
        body=answers.SayBody,
        status=202,
        problems=(404,),
    ),
    Endpoint("nodes", "GET", "/nodes", "view", "List the nodes that live, and the lines", answers.Nodes),
    Endpoint(
        *("drain", "POST", "/drain", "act", "Let a node take no new calls, and end after its last", answers.Accepted),
        body=answers.DrainBody,
        status=202,
        problems=(404,),
    ),
    Endpoint(
        *("close", "POST", "/lines/{line}/close", "act", "Close a line to new callers", answers.Accepted),
        status=202,
        problems=(404,),
    ),
    Endpoint(
        *("open", "POST", "/lines/{line}/open", "act", "Open a closed line again", answers.Accepted),
        status=202,
        problems=(404,),
    ),
    Endpoint("openapi", "GET", "/openapi.json", "view", "Return this document", None),
)
