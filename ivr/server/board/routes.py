"""Serve the board: its page, the login, and the events that keep it fresh.

    GET  /board          the board, or the login where no cookie opens it
    POST /board          the login's form
    POST /board/logout   takes the cookie back
    GET  /board/events   server-sent events: `hello`, `calls`, `news`, `nodes`, `over`

Where `IVR_BOARD_TOKENS` names no operator there is no such route.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, TypeAlias
from urllib.parse import parse_qs

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ivr.server.admin.answers import Nodes, show_node
from ivr.server.admin.routes import Admin
from ivr.server.board.feed import Feed
from ivr.server.board.page import board_page, language_of, login_page
from ivr.server.roles import SECURITY_HEADERS, Operator, Roles, refusal

log = logging.getLogger("ivr.board")

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
PING_S: Final = 15.0
"""Seconds between two signs of life on a stream without news. The operator's cookie is looked at again then."""
TOGETHER_S: Final = 0.1
"""Seconds in which changes are gathered into one message."""
RETRY_MS: Final = 1000
"""What the browser waits before it asks again."""
_LONGEST_FORM: Final = 1024
_FORM_SECONDS: Final = 5.0


class BoardRoutes:
    """Serve the board of one process."""

    def __init__(self, roles: Roles, feed: Feed, admin: Admin, clock: Callable[[], float] = time.time) -> None:
        """Take who may look, what there is to see, and the API. `clock` returns Unix seconds."""
        self._roles, self._feed, self._admin, self._clock = roles, feed, admin, clock

    def routes(self, elsewhere: Handler) -> list[Route]:
        """Return the routes. `elsewhere` answers while no operator is named."""
        table: dict[str, dict[str, Handler]] = {
            "/board": {"GET": self.page, "POST": self.log_in},
            "/board/logout": {"POST": self.log_out},
            "/board/events": {"GET": self.events},
        }
        found = [Route(path, self._handler(methods, elsewhere)) for path, methods in table.items()]
        for route in found:
            route.methods = None  # the handler says what the path takes
        return found

    def _handler(self, methods: dict[str, Handler], elsewhere: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if not self._roles.operators:
                return await elsewhere(request)
            handler = methods.get("GET" if request.method == "HEAD" else request.method)
            if handler is None:
                return refusal(405, "wrong_method", f"this path takes {', '.join(methods)}", Allow=", ".join(methods))
            return await handler(request)

        return handle

    # -- pages ---------------------------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        """Return the board, or the login."""
        who = self._roles.require(request, "view")
        language = language_of(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        if isinstance(who, Operator):
            return _page(*board_page(language))
        return _page(*login_page(language))

    async def log_in(self, request: Request) -> Response:
        """Take the token of the form, and set the cookie."""
        language = language_of(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        # Else a page elsewhere could log the operator in as another.
        if not self._roles.own_page(request):
            return _page(*login_page(language, 403), status=403)
        who = self._roles.by_token(request, await _token_of(request))
        if isinstance(who, Response):
            answer = _page(*login_page(language, who.status_code), status=who.status_code)
            if "retry-after" in who.headers:
                answer.headers["Retry-After"] = who.headers["retry-after"]
            return answer
        log.info("board_login", extra={"operator": who.name, "role": who.role})
        asked = request.query_params.get("lang", "")
        answer = Response(
            status_code=303,
            headers={**SECURITY_HEADERS, "Location": f"?lang={asked}" if asked in ("ar", "en") else "?"},
        )
        self._roles.remember(answer, who)
        return answer

    async def log_out(self, request: Request) -> Response:
        """Take the cookie back."""
        who = self._roles.require(request, "view")
        # A foreign page must not even log the operator out.
        if isinstance(who, Response):
            return who
        answer = Response(status_code=204, headers=SECURITY_HEADERS)
        self._roles.forget(answer)
        return answer

    # -- events --------------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """Tell a board what is to be seen, until it is closed."""
        who = self._roles.require(request, "view")
        if isinstance(who, Response):
            return who
        if self._feed.full:
            return refusal(
                503, "too_many_boards", "too many boards are open: close some, then try again", Retry_After="10"
            )
        headers = {**SECURITY_HEADERS, "X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(who, request), 200, headers, "text/event-stream")

    async def _told(self, who: Operator, request: Request) -> AsyncGenerator[bytes, None]:
        # Opened in here: what is never asked for a first event leaves no board behind.
        board = await self._feed.open(who.name)
        if board is None:
            return
        try:
            yield b"retry: %d\n\n" % RETRY_MS
            yield _event("hello", msgspec.json.encode(self._hello(who)))
            board.changed.clear()
            board.nodes_changed = False
            yield _event("calls", self._feed.snapshot(who.role))
            yield _event("nodes", self._nodes(who))
            while not board.over:
                try:
                    async with asyncio.timeout(PING_S):
                        await board.wake.wait()
                except TimeoutError:
                    yield b": still here\n\n"
                    if isinstance(self._roles.require(request, "view"), Response):
                        break
                    continue
                await asyncio.sleep(TOGETHER_S)
                board.wake.clear()
                if board.nodes_changed:
                    board.nodes_changed = False
                    yield _event("nodes", self._nodes(who))
                if board.changed:
                    yield _event("news", self._feed.news(board, who.role))
            yield _event("over", msgspec.json.encode({"why": board.over or "logged_out"}))
        finally:
            self._feed.close(board)

    def _hello(self, who: Operator) -> dict[str, object]:
        return {"name": who.name, "role": who.role, "csrf": who.csrf, "now": self._clock()}

    def _nodes(self, who: Operator) -> bytes:
        return msgspec.json.encode(Nodes([show_node(node) for node in self._feed.nodes], self._admin.lines(who)))


def _event(name: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def _page(text: bytes, policy: str, status: int = 200) -> Response:
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": policy}
    return Response(text, status, headers, "text/html; charset=utf-8")


async def _token_of(request: Request) -> str:
    """Return the token of the login's form; empty: there is none."""
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_FORM:
                    return ""
        return parse_qs(body.decode("ascii"), max_num_fields=5).get("token", [""])[0].strip()
    except (TimeoutError, ClientDisconnect, ValueError):
        return ""
