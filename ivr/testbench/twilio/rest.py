"""Serve the carrier's REST interface for calls that are up: fetch one, end it, or send it to another document.

`Switchboard` holds the calls. `app()` is the interface for the unmodified `twilio` client: basic authentication, form
bodies, the carrier's own JSON errors. https://www.twilio.com/docs/voice/api/call-resource
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TWIML_LIMIT = 4000
"""Characters that a `Twiml` parameter may have."""


class Updatable(Protocol):
    """Represent a call that is up."""

    @property
    def call_sid(self) -> str:
        """Return the carrier's id of the call."""

    @property
    def status(self) -> str:
        """Return the call status: `ringing`, `in-progress`, `completed` and others."""

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document. End the call when neither is given."""

    def fields(self) -> Mapping[str, object]:
        """Return the other fields of the resource."""


class Switchboard:
    """Hold the calls of one account, and serve them."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.account_sid = account_sid
        self._credentials = base64.b64encode(f"{account_sid}:{auth_token}".encode())
        self.calls: dict[str, Updatable] = {}
        """Every call by its id, ended ones too."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Call id and form of every update that was asked for, refused ones too."""

    def __repr__(self) -> str:
        up = sum(call.status == "in-progress" for call in self.calls.values())
        return f"<Switchboard {self.account_sid}, {up} up of {len(self.calls)}>"

    def add(self, call: Updatable) -> None:
        """Add a call that begins."""
        self.calls[call.call_sid] = call

    def app(self) -> Starlette:
        """Return the interface. A client takes its base URL in place of the carrier's."""

        async def answer(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "basic" or not hmac.compare_digest(given.encode(), self._credentials):
                return refusal(401, 20003, "Authenticate")
            sid = request.path_params["call"]
            if request.method == "POST":
                self.requests.append((sid, form))
            call = self.calls.get(sid)
            if call is None or request.path_params["account"] != self.account_sid:
                return refusal(404, 20404, f"The requested resource {request.url.path} was not found")
            refused = self._update(call, form) if request.method == "POST" else None
            own = {
                "sid": sid,
                "account_sid": self.account_sid,
                "status": call.status,
                "api_version": "2010-04-01",
                "uri": request.url.path,
                "subresource_uris": {},
            }
            return refused or JSONResponse({**own, **call.fields()})

        path = "/2010-04-01/Accounts/{account}/Calls/{call}.json"
        return Starlette(routes=[Route(path, answer, methods=["GET", "POST"])])

    def _update(self, call: Updatable, form: dict[str, str]) -> Response | None:
        """Update a call. Return the refusal when the form or the call does not allow it."""
        status, twiml, url = form.get("Status", ""), form.get("Twiml", ""), form.get("Url", "")
        # Twilio's page on the call resource: `Twiml` and `Url` exclude each other, and `Twiml` has a limit.
        if sum(bool(given) for given in (status, twiml, url)) != 1:
            return refusal(400, 21218, "Exactly one of Status, Url and Twiml is needed")
        if len(twiml) > TWIML_LIMIT:
            return refusal(400, 21602, f"Twiml is longer than {TWIML_LIMIT} characters")
        if status not in {"", "completed", "canceled"}:
            return refusal(400, 20001, f"Status {status} is not a status a call can be given")
        if call.status != "in-progress":
            return refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.update(twiml=twiml, url=url, method=form.get("Method", "POST"))
        return None


def refusal(status: int, code: int, message: str) -> Response:
    """Return an error in the carrier's words."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
    return JSONResponse(
        {"code": code, "message": message, "more_info": more, "status": status}, status_code=status, headers=headers
    )
