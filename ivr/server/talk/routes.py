"""Serve the softphone: a page on which a developer talks to the bridge, and the socket of its call.

    GET  /talk           the page
    POST /talk/session   exchanges a one-time link for a session
    POST /talk/call      asks for a call: its id and the token of its stream
    WS   /talk/media     the call's audio, in the carrier's protocol

Of a bridge with `--dev`, each page of the machine itself may call any line. Otherwise it takes a link that the
operator has signed (`ivr talk --link`), for one line. Neither socket takes the other's tokens: `/media` is the
carrier's alone, `/talk/media` takes only calls that `/talk/call` has given. The page's requests name their origin,
which must be the page's own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from ivr.call.ports import PhonePort
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.server.bridge import Bridge
from ivr.server.shared.places import Place
from ivr.server.talk import page_text
from ivr.server.talk.calls import LONGEST_CALL_S, TALK, TALK_CALLER
from ivr.server.talk.origin import on_machine, own_origin
from ivr.server.talk.page_wire import TalkWire
from ivr.server.talk.passes import NONCE_BYTES, SESSION_S, Pass, Passes, pass_secrets

log = logging.getLogger("ivr.talk")

LONGEST_POST: Final = 2048
"""Bytes of what a page posts."""
BODY_S: Final = 5.0
"""Seconds that its body may take."""
TALK_COOKIE: Final = "ivr_talk"
REFUSED: Final = 1008
"""WebSocket close code: RFC 6455, section 7.4.1."""
TALK_PROBLEMS: Final = {
    "no_link": "the softphone was opened without a link, or with one that is void: `ivr talk --link` writes another",
    "used_link": "a one-time link was used before: `ivr talk --link` writes another",
    "foreign_origin": "the softphone was asked from a page that is not at IVR_PUBLIC_URL: open it there",
}
_STATUS: Final = {"no_link": 403, "used_link": 403, "foreign_origin": 403, "too_often": 429, "bad_request": 400}


class TalkRoutes:
    """Handle the requests of the softphone's pages."""

    def __init__(
        self,
        bridge: Bridge,
        refused: Callable[[str, str, str], None],
        wire: Callable[[WebSocket], PhonePort],
        started: str,
    ) -> None:
        """Take `refused`, told the route, the reason and what to correct; `wire`, which makes a socket's wire.

        `started`: the key of a socket's scope under which stands what is to be called when it carries a call.
        """
        self._bridge = bridge
        self._refused = refused
        self._wire = wire
        self._started = started
        self.hints: tuple[str, ...] = ()
        """What may be said to the agent, where it understands nothing else."""
        self.scripted = False
        """What is said is not recognised: the hints are taken for it, in their order."""

    @property
    def routes(self) -> list[BaseRoute]:
        """Return the routes; none where the settings allow no such call."""
        if not self._bridge.talk.most:
            return []
        return [
            Route("/talk", self.page),
            Route("/talk/session", self.session, methods=["POST"]),
            Route("/talk/call", self.call, methods=["POST"]),
            WebSocketRoute("/talk/media", self.media),
        ]

    async def page(self, request: Request) -> Response:
        """Return the page, or the same page with the reason why it may not call."""
        opened = self._opened(request)
        link = request.query_params.get("link", "")
        # The link is not used up by looking at it.
        allowed = opened is not None or self._passes.read("link", link, time.time()) is not None
        if not allowed:
            self._count_refusal("no_link")
        settings = self._bridge.settings
        facts: dict[str, Any] = {
            "problem": "" if allowed else "no_link",
            "session": opened is not None,
            "lines": [_shown(line) for line in self._lines(opened)] if opened is not None else [],
            "seconds": int(LONGEST_CALL_S),
            "hints": list(self.hints),
            "scripted": self.scripted,
            "tapes": settings.tapes_keep if settings.tapes is not None and settings.dev else "",
        }
        return HTMLResponse(page_text.html(facts), 200 if allowed else 403, page_text.headers())

    async def session(self, request: Request) -> Response:
        """Exchange a one-time link for a session."""
        asked = await self._read(request)
        if isinstance(asked, Response):
            return asked
        now = time.time()
        link = self._passes.read("link", str(asked.get("link", "")), now)
        if link is None:
            return self._refuse("no_link")
        clock = asyncio.get_running_loop().time()
        if not self._bridge.admission.redeem(Place("", deadline=clock + link.until - now, nonce=link.nonce), clock):
            return self._refuse("used_link")
        opened = Pass(link.line, now + SESSION_S, secrets.token_bytes(NONCE_BYTES))
        answer = JSONResponse({"lines": [_shown(line) for line in self._lines(opened)]})
        public = urlsplit(self._bridge.settings.public_url)
        answer.set_cookie(
            TALK_COOKIE,
            self._passes.write("session", opened),
            max_age=int(SESSION_S),
            path=f"{unquote(public.path).rstrip('/')}/talk",
            secure=public.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        log.info("talk_opened", extra={"line": opened.line})
        return answer

    async def call(self, request: Request) -> Response:
        """Give a place to a call, and the token of its stream."""
        asked = await self._read(request)
        if isinstance(asked, Response):
            return asked
        opened = self._opened(request)
        if opened is None:
            return self._refuse("no_link")
        bridge = self._bridge
        lines = self._lines(opened)
        line = next((line for line in lines if line.name == asked.get("line")), lines[0] if lines else None)
        if line is None or line.name in bridge.directory.closed_lines:
            return self._refuse("closed")
        bridge.talk.forget(str(asked.get("before", "")))
        live = [call.call_id for call in await bridge.directory.calls() if call.direction == TALK]
        now = asyncio.get_running_loop().time()
        if (too_many := bridge.talk.refusal(live, now)) is not None:
            return self._refuse(too_many)
        call_id = f"CA{secrets.token_hex(16)}"
        verdict, place = bridge.admission.place(Place(call_id, TALK_CALLER, line.number, TALK), now)
        if verdict != "answer":
            return self._refuse(verdict)
        bridge.talk.expect(call_id, now)
        bridge.metrics.noted("talk_call")
        log.info("talk_answered", extra={"call": call_id, "line": line.name})
        given = {"call": call_id, "token": bridge.token_of(place, now), "line": line.name}
        return JSONResponse(given, headers={"cache-control": "no-store"})

    async def media(self, websocket: WebSocket) -> None:
        """Carry a call."""
        foreign = not own_origin(websocket.headers, self._bridge.settings.public_url)
        if foreign or self._opened(websocket) is None:
            self._count_refusal("foreign_origin" if foreign else "no_link")
            await websocket.close(REFUSED)
            return
        await websocket.accept()
        wire = TalkWire(self._wire(websocket))
        await self._bridge.serve(wire.port, websocket.scope.get(self._started), wire.tell)

    # -- who asks ------------------------------------------------------------------------------------------------

    @property
    def _settings(self) -> Settings:
        return self._bridge.settings

    @property
    def _passes(self) -> Passes:
        """Return the passes by the secrets of today: they may be read again."""
        return Passes(pass_secrets(self._settings))

    def _opened(self, connection: HTTPConnection) -> Pass | None:
        """Return what the sender may call. None: nothing."""
        if self._settings.dev and on_machine(connection.headers):
            return Pass("", 0.0, b"")
        return self._passes.read("session", connection.cookies.get(TALK_COOKIE, ""), time.time())

    def _lines(self, opened: Pass) -> list[Line]:
        """Return the lines that may be called."""
        return [line for line in self._settings.all_lines if opened.line in ("", line.name)]

    async def _read(self, request: Request) -> dict[str, Any] | Response:
        """Return what a page has posted, or the refusal."""
        if not own_origin(request.headers, self._settings.public_url):
            return self._refuse("foreign_origin")
        body = bytearray()
        with suppress(ClientDisconnect, TimeoutError, ValueError, RecursionError):
            async with asyncio.timeout(BODY_S):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > LONGEST_POST:
                        return self._refuse("bad_request")
            asked = json.loads(body or b"{}")
            if isinstance(asked, dict):
                return asked
        return self._refuse("bad_request")

    def _refuse(self, reason: str) -> Response:
        """Refuse a page's request; its script has words for the reason."""
        self._count_refusal(reason)
        status = _STATUS.get(reason, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"problem": reason}, status, headers={"cache-control": "no-store"})

    def _count_refusal(self, reason: str) -> None:
        self._refused("talk", reason, TALK_PROBLEMS.get(reason, ""))


def _shown(line: Line) -> dict[str, str]:
    """Return what the page says of a line."""
    return {"name": line.name, "number": line.number, "language": line.language}
