"""Serve a small Media Streams server: it greets, answers what is said with four sentences, and can be interrupted.

It needs no service: its voice is made of harmonics, and it hears loudness. Without a fault it is correct; each switch
of `switches.SWITCHES` breaks one thing. It is there to measure the checks, and is no model to build on.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import quoteattr

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ivr.testbench.conformance.broken.switches import SWITCHES
from ivr.testbench.conformance.broken.talk import SmallCall
from ivr.testbench.twilio.signing import SIGNATURE, signature

LEAKED_PLACES: Final = 8
"""Calls that the server takes when it leaks places."""
BUSY: Final = "<Response><Reject reason='busy'/></Response>"


class SmallServer:
    """Serve calls of one account."""

    def __init__(self, base: str, account: str, auth_token: str, faults: Collection[str] = ()) -> None:
        """Take `base`, the server's own URL. Raises ValueError for an unknown fault."""
        unknown = set(faults) - {switch.name for switch in SWITCHES}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        self._base, self._account, self._secret, self._faults = base, account, auth_token, frozenset(faults)
        self._tokens: dict[str, str] = {}
        self._asked: set[str] = set()
        self._callbacks: set[tuple[str, str]] = set()
        self._places = 0
        self.app = Starlette(
            routes=[
                Route("/voice", self.voice, methods=["POST"]),
                Route("/after", self.after, methods=["POST"]),
                Route("/status", self.status, methods=["POST"]),
                Route("/healthz", self.health),
                Route("/readyz", self.health),
                WebSocketRoute("/media", self.media),
            ]
        )

    def __repr__(self) -> str:
        return f"<SmallServer {', '.join(sorted(self._faults)) or 'correct'}>"

    async def health(self, request: Request) -> Response:
        """Answer a load balancer."""
        sick = "sick" in self._faults and request.url.path == "/healthz"
        return PlainTextResponse("sick" if sick else "ok", 500 if sick else 200)

    async def voice(self, request: Request) -> Response:
        """Answer a call with its stream."""
        form, refused = await self._form(request)
        if refused is not None:
            return refused
        if "slow-webhook" in self._faults:
            await asyncio.sleep(0.5)
        call = form.get("CallSid", "")
        if ("other-document" in self._faults and call in self._asked) or self._places >= LEAKED_PLACES:
            return Response(BUSY, media_type="text/xml")
        self._asked.add(call)
        token = secrets.token_urlsafe(16)
        self._tokens[token] = call
        url = f"ws{self._base.removeprefix('http')}/media" + ("?call=" + call if "query-in-url" in self._faults else "")
        name = form.get("CallerName", "")
        written = f'"{name}"' if "no-escape" in self._faults else quoteattr(_printable(name)[:200])
        behind = "" if "nothing-behind" in self._faults else "<Say>We are sorry.</Say>"
        action = "" if "nothing-behind" in self._faults else ' action="/after"'
        return Response(
            f'<?xml version="1.0" encoding="UTF-8"?><Response><Connect{action}><Stream url="{url}" '
            f'statusCallback="{self._base}/status"><Parameter name="token" value="{token}"/>'
            f'<Parameter name="name" value={written}/></Stream></Connect>{behind}</Response>',
            media_type="text/xml",
        )

    async def after(self, request: Request) -> Response:
        """Say what follows a stream."""
        _, refused = await self._form(request)
        dial = "<Dial>+966110000001</Dial>" if "bare-dial" in self._faults else (
            '<Dial timeout="20" answerOnBridge="true">+966110000001</Dial><Say>Goodbye.</Say>')  # fmt: skip
        return refused or Response(f"<Response>{dial}</Response>", media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """Take a status callback."""
        form, refused = await self._form(request)
        key = (form.get("CallSid", ""), form.get("CallStatus", ""))
        if "callback-once" in self._faults and key in self._callbacks:
            return Response(status_code=500)
        self._callbacks.add(key)
        return refused or Response(status_code=204)

    async def media(self, socket: WebSocket) -> None:
        """Serve one stream."""
        if "blocking-accept" in self._faults:
            await asyncio.sleep(2.0)
        headers = socket.headers
        query = f"?{socket.url.query}" if socket.url.query else ""
        own = f"ws{self._base.removeprefix('http')}{socket.url.path}{query}"
        signed = self._signed(headers.get(SIGNATURE, ""), own, {})
        if not signed or ("needs-origin" in self._faults and "origin" not in headers):
            await socket.close()
            return
        await socket.accept()
        await SmallCall(socket, self._faults, self._takes).run()

    def _takes(self, account: str, call: str, token: str) -> bool:
        """Return whether a stream may begin with this token."""
        right = self._tokens.get(token) == call and bool(call)
        if "token-serves-twice" not in self._faults:
            self._tokens.pop(token, None)
        self._places += "leaks-places" in self._faults
        return right and (account == self._account or "any-account" in self._faults)

    async def _form(self, request: Request) -> tuple[dict[str, str], Response | None]:
        """Return the form of a request, and the refusal when it is not signed."""
        body = (await request.body()).decode(errors="replace")
        form = dict(parse_qsl(body, keep_blank_values="drops-blank-fields" not in self._faults))
        given = request.headers.get(SIGNATURE)
        if given is None and "fails-unsigned" in self._faults:
            return form, Response(status_code=500)
        if not self._signed(given or "", f"{self._base}{request.url.path}", form):
            return form, Response(status_code=403)
        return form, None

    def _signed(self, given: str, url: str, form: Mapping[str, str]) -> bool:
        """Return whether a signature is right, also for the URL with a slash behind."""
        if "no-signature-check" in self._faults:
            return True
        socket = urlsplit(url).scheme.startswith("ws")
        urls = (url, url + "/") if socket else (url,)
        return any(hmac.compare_digest(given.encode(), signature(self._secret, one, form).encode()) for one in urls)


def _printable(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(one for one in text if one.isprintable())
