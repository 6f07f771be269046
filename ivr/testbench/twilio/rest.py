"""The carrier's REST interface, as far as a bridge uses it on a live call: fetch one, end it, send it elsewhere.

`Switchboard` knows the calls that are up; `app()` is the interface to mount, with the unmodified `twilio` client as
its peer: basic authentication, form bodies, the carrier's own JSON errors. https://www.twilio.com/docs/voice/api/call-resource
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TWIML_LIMIT = 4000
"""Characters a `Twiml` parameter may have."""


class Updatable(Protocol):
    """A call that is up."""

    @property
    def call_sid(self) -> str:
        """The carrier's id of it."""

    @property
    def status(self) -> str:
        """As the carrier calls it: `ringing`, `in-progress`, `completed`."""

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document; with neither, end the call."""

    def fields(self) -> Mapping[str, object]:
        """The rest of the resource."""


class Switchboard:
    """The calls of one account."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.account_sid = account_sid
        self._auth_token = auth_token
        self.calls: dict[str, Updatable] = {}
        """Every call by its id, ended ones too."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Call id and form of every update that was asked, refused ones too."""

    def __repr__(self) -> str:
        up = sum(call.status == "in-progress" for call in self.calls.values())
        return f"<Switchboard {self.account_sid}, {up} up of {len(self.calls)}>"

    def add(self, call: Updatable) -> None:
        """A call begins."""
        self.calls[call.call_sid] = call

    def app(self) -> Starlette:
        """The interface. Its base URL is what a client is given in place of the carrier's."""
        path = "/2010-04-01/Accounts/{account}/Calls/{call}.json"
        return Starlette(
            routes=[
                Route(path, self._guarded(self._update), methods=["POST"]),
                Route(path, self._guarded(self._fetch), methods=["GET"]),
            ]
        )

    def _guarded(self, act: Callable[[Updatable, dict[str, str]], Response]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
            if not self._known(request.headers.get("authorization", "")):
                return refusal(401, 20003, "Authenticate")
            call = self.calls.get(request.path_params["call"])
            if request.method == "POST":
                self.requests.append((request.path_params["call"], form))
            if call is None or request.path_params["account"] != self.account_sid:
                return refusal(404, 20404, f"The requested resource {request.url.path} was not found")
            return act(call, form)

        return endpoint

    def _known(self, authorization: str) -> bool:
        scheme, _, coded = authorization.partition(" ")
        try:
            given = base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"{self.account_sid}:{self._auth_token}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)

    def _fetch(self, call: Updatable, _: dict[str, str]) -> Response:
        return JSONResponse(self._resource(call))

    def _update(self, call: Updatable, form: dict[str, str]) -> Response:
        status, twiml, url = form.get("Status", ""), form.get("Twiml", ""), form.get("Url", "")
        if sum(bool(said) for said in (status, twiml, url)) != 1:
            return refusal(400, 21218, "Exactly one of Status, Url and Twiml is needed")
        if len(twiml) > TWIML_LIMIT:
            return refusal(400, 21602, f"Twiml is longer than {TWIML_LIMIT} characters")
        if status not in {"", "completed", "canceled"}:
            return refusal(400, 20001, f"Status {status} is not a status a call can be given")
        if call.status != "in-progress":
            return refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.update(twiml=twiml, url=url, method=form.get("Method", "POST"))
        return JSONResponse(self._resource(call))

    def _resource(self, call: Updatable) -> dict[str, object]:
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Calls/{call.call_sid}"
        own = {"sid": call.call_sid, "account_sid": self.account_sid, "status": call.status}
        return {**own, "api_version": "2010-04-01", "uri": f"{uri}.json", "subresource_uris": {}, **call.fields()}


def refusal(status: int, code: int, message: str) -> Response:
    """An error as the carrier words it."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
    return JSONResponse(body, status_code=status, headers=headers)
