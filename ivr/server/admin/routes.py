"""Answer the endpoints of the API: check who asks, read the body within limits, ask the directory, log what was done.

Every answer is JSON. A refused one says `error`, a fixed word, and `problem`, what to do. The log says of each act who
did it, on which call, and what came of it: no words and no numbers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ivr import __version__
from ivr.config.settings import Settings
from ivr.fleet.directory import Directory, LiveCall
from ivr.fleet.messages import DrainNode, Operate, OperatorAct
from ivr.server.admin import answers
from ivr.server.admin.endpoints import ENDPOINTS, Endpoint
from ivr.server.admin.openapi import document
from ivr.server.outbound.routes import PlacingRoutes
from ivr.server.roles import SECURITY_HEADERS, Operator, Roles, refusal

log = logging.getLogger("ivr.board")

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
BODY_SECONDS: Final = 5.0
"""Seconds a body may take."""
MOST_CALL_ID: Final = 100
"""Characters of a call's id that are looked for."""


class Admin:
    """Answer the API of one process."""

    def __init__(
        self,
        roles: Roles,
        directory: Directory,
        settings: Callable[[], Settings],
        placing: PlacingRoutes | None = None,
    ) -> None:
        """Take who may ask, what knows the calls, what returns the settings of today, and what takes calls to place."""
        placing = placing or PlacingRoutes(None, settings)
        self._roles, self._directory, self._settings = roles, directory, settings
        self._answers: dict[str, Callable[[Request, Operator, Any], Awaitable[Response]]] = {
            "calls": self.calls,
            "call": self.call,
            "hangup": self.hangup,
            "transfer": self.transfer,
            "say": self.say,
            "nodes": self.nodes,
            "drain": self.drain,
            "close": self.close_line,
            "open": self.close_line,
            "openapi": self.openapi,
            "place": placing.place,
            "jobs": placing.jobs,
            "job": placing.job,
            "cancel": placing.cancel,
        }

    def routes(self, elsewhere: Handler, local: Handler | None = None) -> list[Route]:
        """Return the routes.

        `elsewhere` answers while no operator is named. `local` answers `/calls/{call}` to a request without a token,
        for `ivr call` with `--dev`.
        """
        by_path: dict[str, dict[str, Endpoint]] = {}
        for one in ENDPOINTS:
            by_path.setdefault(one.path, {})[one.method] = one
        return [
            _any_method(path, self._handler(methods, elsewhere, local if path == "/calls/{call}" else None))
            for path, methods in by_path.items()
        ]

    def _handler(self, methods: dict[str, Endpoint], elsewhere: Handler, local: Handler | None) -> Handler:
        async def handle(request: Request) -> Response:
            plain = "authorization" not in request.headers and not request.cookies
            known = bool(self._roles.operators)
            if local is not None and request.method == "GET" and (plain or not known):
                return await local(request)
            if not known:
                return await elsewhere(request)
            one = methods.get("GET" if request.method == "HEAD" else request.method)
            if one is None:
                allowed = ", ".join(methods)
                return refusal(405, "wrong_method", f"this path takes {allowed}", Allow=allowed)
            return await self._answer(one, request)

        return handle

    async def _answer(self, one: Endpoint, request: Request) -> Response:
        who = self._roles.require(request, one.role)
        if isinstance(who, Response):
            return who
        if one.method != "GET" and one.counted and (refused := self._roles.may_act(who)) is not None:
            return refused
        body = None
        if one.body is not None:
            body = await _read(request, one.body, one.most_of_a_body)
            if isinstance(body, Response):
                return body
        return await self._answers[one.name](request, who, body)

    # -- what is shown -------------------------------------------------------------------------------------------

    async def calls(self, _request: Request, who: Operator, _body: None) -> Response:
        """List the live calls."""
        live = await self._directory.calls()
        return _json(answers.Calls([answers.show(call, who.role) for call in live]))

    async def call(self, request: Request, who: Operator, _body: None) -> Response:
        """Show a live call."""
        call = await self._find(request)
        return _no_call() if call is None else _json(answers.show_all(call, who.role))

    async def nodes(self, _request: Request, who: Operator, _body: None) -> Response:
        """List the nodes and the lines."""
        nodes = await self._directory.nodes()
        return _json(answers.Nodes([answers.show_node(node) for node in nodes], self.lines(who)))

    async def openapi(self, _request: Request, _who: Operator, _body: None) -> Response:
        """Return the OpenAPI document."""
        return _json(document(ENDPOINTS, self._settings().public_url, __version__))

    def lines(self, who: Operator) -> list[answers.LineShown]:
        """Return what an operator may see of the lines."""
        settings = self._settings()
        closed = self._directory.closed_lines
        return answers.show_lines(settings.all_lines, closed, who.role, transfers=settings.rest_possible)

    # -- what is done --------------------------------------------------------------------------------------------

    async def hangup(self, request: Request, who: Operator, _body: None) -> Response:
        """End a call."""
        return await self._operate(request, who, "hang_up")

    async def say(self, request: Request, who: Operator, body: answers.SayBody) -> Response:
        """Let the agent's voice say words."""
        words = " ".join(body.words.split())
        if not words or any(ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0 for sign in words):
            return refusal(400, "bad_body", "words: write letters, digits and punctuation")
        return await self._operate(request, who, "say", words=words)

    async def transfer(self, request: Request, who: Operator, body: answers.TransferBody) -> Response:
        """Hand a caller to a person."""
        call = await self._find(request)
        if call is None:
            return self._told(request, who, "transfer", False)
        listed = next((line.transfer_to for line in self.lines(who) if line.name == call.line), [])
        if body.number not in listed:
            log.warning("act", extra=_act(request, who, "transfer", "not_listed"))
            return refusal(422, "not_listed", "name one of the numbers of the call's line: GET /nodes lists them")
        return await self._operate(request, who, "transfer", number=body.number)

    async def drain(self, _request: Request, who: Operator, body: answers.DrainBody) -> Response:
        """Let a node end after its last call."""
        done = await self._directory.tell_node(body.node, DrainNode(body.node, by=who.name))
        known = body.node if done else "unknown"
        log.info("act", extra={"operator": who.name, "act": "drain", "node": known, "outcome": _outcome(done)})
        return _accepted() if done else refusal(404, "no_such_node", "name a node that lives: GET /nodes lists them")

    async def close_line(self, request: Request, who: Operator, _body: None) -> Response:
        """Close a line, or open it again."""
        line, closed = request.path_params["line"], request.url.path.endswith("/close")
        if line not in {one.name for one in self._settings().all_lines}:
            return refusal(404, "no_such_line", "name a line of ivr.toml, or default: GET /nodes lists them")
        await self._directory.close_line(line, closed)
        act = "close_line" if closed else "open_line"
        log.info("act", extra={"operator": who.name, "act": act, "line": line, "outcome": _outcome(True)})
        return _accepted()

    async def _find(self, request: Request) -> LiveCall | None:
        call_id = request.path_params["call"][:MOST_CALL_ID]
        return next((call for call in await self._directory.calls() if call.call_id == call_id), None)

    async def _operate(
        self, request: Request, who: Operator, act: OperatorAct, *, words: str = "", number: str = ""
    ) -> Response:
        call_id = request.path_params["call"][:MOST_CALL_ID]
        done = await self._directory.tell(call_id, Operate(call_id, act, words=words, number=number, by=who.name))
        return self._told(request, who, act, done)

    def _told(self, request: Request, who: Operator, act: str, done: bool) -> Response:
        log.info("act", extra=_act(request, who, act, _outcome(done)))
        return _accepted() if done else _no_call()


def _act(request: Request, who: Operator, act: str, outcome: str) -> dict[str, str]:
    """Return what the log says of an act on a call. A call's id is what the operator wrote: only what may be one."""
    call = request.path_params["call"]
    known = call if call.isascii() and call.isalnum() and len(call) <= MOST_CALL_ID else "unknown"
    return {"operator": who.name, "act": act, "call": known, "outcome": outcome}


def _outcome(done: bool) -> str:
    return "asked" if done else "gone"


def _any_method(path: str, handler: Handler) -> Route:
    route = Route(path, handler)
    route.methods = None  # the handler says what the path takes
    return route


async def _read(request: Request, kind: type[Any], most: int) -> Any:
    """Return the body of a request, or the answer that refuses it."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refusal(415, "not_json", "send the body as application/json")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return refusal(413, "too_long", f"send at most {most} bytes")
    except (TimeoutError, ClientDisconnect):
        return refusal(408, "too_slow", "send the whole body at once")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # It names the field and what it may be; it does not repeat what was sent.
        return refusal(400, "bad_body", f"{error}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refusal(400, "bad_body", "send one JSON object")


def _accepted() -> Response:
    return _json(answers.Accepted(), 202)


def _no_call() -> Response:
    return refusal(404, "no_such_call", "the call is over, or was never there: GET /calls lists those on the line")


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, SECURITY_HEADERS, "application/json")
