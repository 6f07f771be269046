"""Serve the routes of the carrier and of the operator.

    POST|GET /voice    what to do with a call -> TwiML
    WS       /media    the call's audio
    POST|GET /resume   how to go on with a call whose audio has ended -> TwiML
    POST|GET /status   the state of a call, from the carrier
    POST|GET /goodbye  the last words of a document that asks for them -> TwiML
    GET      /transfer/...  callers who are handed to a person (`ivr.server.transfer.routes`)
    GET      /healthz  the process lives
    GET      /readyz   calls are welcome: 200, else 503
    GET      /metrics  for Prometheus, with the operator's token; without one there is no such route
    GET      /calls/ID the turns of one of the last calls, for `ivr call`; only with --dev is there such a route
             /board    what operators see and do, and the API (`ivr.server.board`, `ivr.server.admin`)
    GET      /talk     the softphone (`ivr.server.talk`)

A slash at the end and the path of `IVR_PUBLIC_URL` in front make no other path. Every request of the carrier is signed.
A refused one gets its status and nothing else; the log and the metrics say why.
No answer waits for an upstream.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ivr.call.ports import CallObserver, WireClosed
from ivr.config.settings import Settings
from ivr.observe.call_log import Observers
from ivr.observe.metrics import CONTENT_TYPE
from ivr.observe.recent_calls import RecentCalls, decode, encode
from ivr.server.board.mount import Mounted, mount
from ivr.server.bridge import Bridge
from ivr.server.local_only import RELAYED, LocalOnly
from ivr.server.outbound.carrier_words import job_of
from ivr.server.paths import PROBLEMS, misdirected, resolve
from ivr.server.shared.shared import Shared
from ivr.server.talk.routes import TalkRoutes
from ivr.server.transfer.routes import TransferRoutes
from ivr.server.websocket_protocol import DIRECT, STARTED, LimitedWebSocketProtocol
from ivr.twilio.form import LONGEST_BODY, Dialled, Form, own_addresses
from ivr.twilio.parameters import LATE_FIELDS, call_parameters, carrier_fields, own_fields
from ivr.twilio.signature import SETTINGS_HEADER, SIGNATURE_HEADER, Signatures, allowed_urls
from ivr.twilio.twiml import Documents

log = logging.getLogger("ivr.app")

BODY_TIMEOUT = 5.0
"""Seconds a request's body may take; the carrier itself gives up after fifteen."""
SMALL_BODY: Final = 4096
"""Bytes of body and query that are looked at in no time; a real request has about 1.5 KB."""
MOST_LONG_BODIES: Final = 50
"""Requests with more than that which may wait at once."""
FOREIGN: Final = "with --dev only 127.0.0.1, localhost and the host of IVR_PUBLIC_URL are answered, and no web pages"
AS_IT_CAME: Final = "ivr.path"
"""The key of a request's path as it came, without the path of IVR_PUBLIC_URL. It is what was signed."""
_DEAD = frozenset({1005, 1006})
_STREAM_OVER = frozenset({"stream-stopped", "stream-error"})
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class PhoneWire:
    """Carry the phone's WebSocket for the session."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> str | bytes:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise _closed(message.get("code"))
        text = message.get("text")
        return text if text is not None else message.get("bytes") or b""

    async def send(self, message: str) -> None:
        try:
            await self._websocket.send({"type": "websocket.send", "text": message})
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WireClosed from error

    async def close(self, code: int) -> None:
        if WebSocketState.DISCONNECTED not in (self._websocket.client_state, self._websocket.application_state):
            await self._websocket.close(code)


class DirectPhoneWire(PhoneWire):
    """Carry it without ASGI between once a call runs: the server's own socket is at hand."""

    def __init__(self, websocket: WebSocket, socket: LimitedWebSocketProtocol) -> None:
        super().__init__(websocket)
        self._socket = socket
        self._over = False

    async def listen(self, take: Callable[[str | bytes | None], bool]) -> NoReturn:
        code = await self._socket.listen(take)
        self._over = True
        raise _closed(code)

    def send_now(self, messages: Iterable[str]) -> bool:
        return self._socket.send_now(messages)

    async def close(self, code: int) -> None:
        # Starlette has not seen the end.
        if not self._over:
            await super().close(code)


def phone_wire(websocket: WebSocket) -> PhoneWire:
    """Return the wire of a phone whose socket was accepted."""
    socket = websocket.scope.get(DIRECT)
    return PhoneWire(websocket) if socket is None else DirectPhoneWire(websocket, socket)


def _closed(code: int | None) -> WireClosed:
    return WireClosed(None if code in _DEAD else code)


class Routes:
    """Handle the requests of one bridge."""

    def __init__(self, bridge: Bridge, recent: RecentCalls) -> None:
        self.bridge = bridge
        self._recent = recent
        if not bridge.shared.alone:
            recent.tell = lambda call_id, snapshot: bridge.admission.keep(call_id, encode(snapshot))
        self._long_bodies = 0
        """Requests with a long body that are being looked at, or wait for that."""
        self._one_long_body = asyncio.Lock()
        self._signed_by: tuple[Settings, Signatures] | None = None

    @property
    def _settings(self) -> Settings:
        return self.bridge.settings

    @property
    def _signatures(self) -> Signatures:
        """Return the check by the secrets of today: they may be read again."""
        settings = self._settings
        if self._signed_by is None or self._signed_by[0] is not settings:
            by = Signatures(settings.auth_tokens, settings.signing_keys, settings.require_shared_key)
            self._signed_by = settings, by
        return self._signed_by[1]

    async def voice(self, request: Request) -> Response:
        """Answer a call."""
        form, refused = await self._read(request, "voice")
        if form is None:
            return refused
        try:
            dialled = Dialled.of(form)
        except ValueError:
            return self._refuse("voice", "no_call", 400)
        own = {}
        # The query is the operator's own, but that of a GET is the carrier's form. One that is no form may be signed as
        # well: it tells the agent nothing.
        if request.method == "POST":
            with contextlib.suppress(ValueError):
                own = own_fields(Form.parse(request.scope["query_string"]))
        parameters, left_out = call_parameters((own, carrier_fields(form)))
        if left_out:
            log.warning("parameters_left_out", extra={"call": dialled.call_sid, "count": left_out})
        dialled = replace(dialled, parameters=parameters)
        accounts = self._settings.expected_accounts
        if accounts is not None and dialled.account_sid not in accounts:
            return self._refuse("voice", "account", 403)
        try:
            name, text = await self.bridge.take_call(dialled)
        # A bug must not leave the caller with the carrier's "an application error has occurred".
        except Exception:
            log.exception("answer_failed", extra={"call": dialled.call_sid})
            name, text = "error", self.bridge.documents.say("error", self._settings.language)
        self.bridge.metrics.answered(name)
        if name == "answer":
            log.info("answered", extra={"call": dialled.call_sid, "document": name})
        # Without the call: these may come by the thousand, and are told once for all (`ivr.observe.logs.Sparing`).
        else:
            reason = self.bridge.doors.reason_of(dialled.call_sid) or name
            log.warning("turned_away", extra={"document": name, "reason": reason})
        return Response(text, media_type="text/xml")

    async def resume(self, request: Request) -> Response:
        """Go on with a call whose stream has ended, or say its last words."""
        form, refused = await self._read(request, "resume")
        if form is None:
            return refused
        try:
            dialled = Dialled.of(form)
        except ValueError:
            return self._refuse("resume", "no_call", 400)
        accounts = self._settings.expected_accounts
        if accounts is not None and dialled.account_sid not in accounts:
            return self._refuse("resume", "account", 403)
        try:
            text = await self.bridge.resume(dialled)
        except Exception:
            log.exception("resume_failed", extra={"call": dialled.call_sid})
            text = self.bridge.documents.say("error", self._settings.language)
        return Response(text, media_type="text/xml")

    async def media(self, websocket: WebSocket) -> None:
        """Carry a call."""
        reason = self._unsigned(websocket, None, websocket=True)
        if reason is not None:
            self.note_refusal("media", reason)
            await websocket.close(1008)
            return
        await websocket.accept()
        await self.bridge.serve(phone_wire(websocket), websocket.scope.get(STARTED))

    async def status(self, request: Request) -> Response:
        """End a call, or its stream, that the carrier says is over, also where its socket never ends."""
        form, refused = await self._read(request, "status")
        if form is None:
            return refused
        call_id, status = form.get("CallSid"), form.get("CallStatus")
        found = {name: form.get(name) for name in LATE_FIELDS if form.get(name)}
        if call_id and found:
            self.bridge.learn(call_id, found)
        if (named := job_of(request.scope["query_string"])) is not None:
            self.bridge.outbound.said(named, call_id, status, found, form.get("CallDuration"))
        if call_id and status in _OVER:
            self.bridge.over(call_id)
        event = form.get("StreamEvent")
        if call_id and event in _STREAM_OVER:
            if event == "stream-error":
                log.warning("stream_error", extra={"call": call_id})
            self.bridge.stream_over(call_id, form.get("StreamSid"))
        return Response(status_code=204)

    async def goodbye(self, request: Request) -> Response:
        """Say the last words, after a voicemail for example."""
        form, refused = await self._read(request, "goodbye")
        if form is None:
            return refused
        ours = own_addresses(form.get("From"), form.get("To"), form.get("Direction"))
        line = self._settings.line(*ours) or self._settings.default_line
        return Response(self.bridge.documents.say("goodbye", line.language), media_type="text/xml")

    async def healthz(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        if self.bridge.leaving or self.bridge.admission.draining:
            return PlainTextResponse("draining\n", 503)
        if not self.bridge.prepared:
            return PlainTextResponse("preparing phrases\n", 503)
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        """Return what Prometheus reads."""
        expected = f"Bearer {self._settings.metrics_token.get_secret_value()}"
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
            return self._refuse("metrics", "no_token", 401)
        return Response(self.bridge.metrics.render(), media_type=CONTENT_TYPE)

    async def call(self, request: Request) -> Response:
        """Return a call that is over; 202 while it lasts."""
        # It holds speech, which must not leave the machine by a tunnel.
        from_here = not RELAYED.intersection(request.headers)
        told = self._told_of(request.path_params["call"]) if from_here else None
        if told is None:
            return self._refuse("calls", "unknown_call", 404)
        return Response(told, 200 if decode(told).result else 202, media_type="application/json")

    def for_transfers(self) -> list[Route]:
        """Return the routes for callers who are handed to a person. Without the carrier's REST there are none."""
        transfers = self.bridge.transfers
        return [] if transfers is None else TransferRoutes(self.bridge, transfers, self._read, self._refuse).routes

    def for_operators(self) -> Mounted:
        """Return the board and the API. With --dev `/calls/{call}` also answers `ivr call`, which has no token."""
        bridge = self.bridge
        return mount(
            lambda: self._settings,
            bridge.directory,
            self.elsewhere,
            local=self.call if self._settings.dev else None,
            refused=self.note_refusal,
            leaving=lambda: bridge.leaving or bridge.admission.draining,
            exiting=lambda: bridge.exiting,
            outbound=bridge.outbound,
        )

    def _told_of(self, call_id: str) -> bytes | None:
        """Return what is known of one of the last calls, of any worker."""
        kept = None if self.bridge.shared.alone else self.bridge.admission.kept(call_id)
        if kept is None and (snapshot := self._recent.get(call_id)) is not None:
            return encode(snapshot)
        return kept

    # -- the sender ----------------------------------------------------------------------------------------------

    async def _read(self, request: Request, route: str) -> tuple[Form | None, Response]:
        """Return the form of a signed request, or None and the refusal."""
        headers = request.headers
        # What the headers alone tell costs no reading: a stranger's request is refused for its least price.
        early = self._signatures.early_refusal(headers.get(SIGNATURE_HEADER), headers.get(SETTINGS_HEADER))
        if early is not None and self._settings.check_signatures:
            return None, self._refuse(route, early, 403)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:12]) > LONGEST_BODY:
            return None, self._refuse(route, "too_long", 413)
        try:
            body = bytearray()
            async with asyncio.timeout(BODY_TIMEOUT):
                async for chunk in request.stream():
                    body += chunk
                    # The form refuses what is longer: the rest need not be read for that.
                    if len(body) > LONGEST_BODY:
                        break
            # A long form takes milliseconds: many of them are looked at one in a turn of the loop, beside the calls.
            if len(body) + len(request.scope["query_string"]) <= SMALL_BODY:
                return self._checked(request, route, bytes(body))
            if self._long_bodies >= MOST_LONG_BODIES:
                return None, self._refuse(route, "too_many_long_bodies", 503)
            self._long_bodies += 1
            try:
                async with self._one_long_body:
                    await asyncio.sleep(0)
                    return self._checked(request, route, bytes(body))
            finally:
                self._long_bodies -= 1
        except ClientDisconnect:
            return None, self._refuse(route, "disconnected", 400)
        except TimeoutError:
            return None, self._refuse(route, "too_slow", 408)

    def _checked(self, request: Request, route: str, body: bytes) -> tuple[Form | None, Response]:
        """Return the form of a request whose body was read, or None and the refusal."""
        try:
            posted = Form.parse(body) if request.method == "POST" else None
            form = posted if posted is not None else Form.parse(request.scope["query_string"])
        except ValueError as fault:
            return None, self._refuse(route, str(fault), 413 if str(fault) == "too_long" else 400)
        reason = self._unsigned(request, posted)
        if reason is not None:
            return None, self._refuse(route, reason, 403)
        return form, Response()

    def _unsigned(self, connection: HTTPConnection, form: Form | None, *, websocket: bool = False) -> str | None:
        """Say why this is not from the carrier; None: it is."""
        if not self._settings.check_signatures:
            return None
        scope, headers = connection.scope, connection.headers
        query = scope["query_string"].decode("latin-1")
        # The URL comes from the settings: a `Host` header is the sender's own word.
        urls = allowed_urls(self._settings.public_url, scope[AS_IT_CAME], query, websocket)
        return self._signatures.refusal(urls, form, headers.get(SIGNATURE_HEADER), headers.get(SETTINGS_HEADER))

    async def elsewhere(self, request: Request) -> Response:
        """Refuse a request for which there is no route."""
        wrong = misdirected(request.scope["path"], request.method, request.headers.keys())
        self.note_refusal(wrong.route, wrong.reason, wrong.problem)
        return PlainTextResponse(f"{HTTPStatus(wrong.status).phrase}\n", wrong.status, dict(wrong.headers))

    async def stream_elsewhere(self, websocket: WebSocket) -> None:
        """Refuse a stream for which there is no route."""
        wrong = misdirected(websocket.scope["path"], "GET", websocket.headers.keys(), websocket=True)
        self.note_refusal(wrong.route, wrong.reason, wrong.problem)
        await websocket.close(1008)

    def _refuse(self, route: str, reason: str, status: int) -> Response:
        self.note_refusal(route, reason)
        return PlainTextResponse(f"{HTTPStatus(status).phrase}\n", status)

    def note_refusal(self, route: str, reason: str, problem: str = "") -> None:
        """Count a refusal, and log it. `problem`: a fixed text that says what to correct."""
        self.bridge.metrics.rejected(route, reason)
        problem = problem or PROBLEMS.get(reason, "")
        log.warning("refused", extra={"route": route, "reason": reason, **({"problem": problem} if problem else {})})


class OwnPaths:
    """Give every request the path of the route that it means, and keep the path as it came."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] in ("http", "websocket"):
            route, rest = resolve(scope["path"], self._prefix)
            scope = {**scope, "path": route, AS_IT_CAME: rest}
        await self._app(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    observe: CallObserver | None = None,
    bridge: Bridge | None = None,
    recent: RecentCalls | None = None,
    shared: Shared | None = None,
) -> Starlette:
    """Build the server's application.

    `observe` sees every event of every call. `recent`: what the observer of a given `bridge` remembers of its calls.
    `shared`: what this worker shares with others; None: it serves alone.
    Raises ValueError when a TwiML document is bad.
    """
    recent = recent or RecentCalls(settings.max_calls)
    if bridge is None:
        watching = [*([recent] if settings.dev else []), *([observe] if observe is not None else [])]
        documents = Documents.load(settings.twiml_dir, settings.public_url)
        bridge = Bridge(settings, documents, observer=Observers(*watching), shared=shared)
    recent.describe = bridge.facts
    routes = Routes(bridge, recent)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await bridge.start()
        try:
            yield
        finally:
            await bridge.stop()

    talk = TalkRoutes(bridge, routes.note_refusal, phone_wire, STARTED)
    operators = routes.for_operators()
    elsewhere = Route("/{path:path}", routes.elsewhere)
    elsewhere.methods = None  # every method: what has no route is counted
    app = Starlette(
        routes=[
            *(
                Route(f"/{route.__name__}", route, methods=["GET", "POST"])
                for route in (routes.voice, routes.resume, routes.status, routes.goodbye)
            ),
            WebSocketRoute("/media", routes.media),
            Route("/healthz", routes.healthz),
            Route("/readyz", routes.readyz),
            *([Route("/metrics", routes.metrics)] if settings.metrics_token.get_secret_value() else []),
            *(*operators.routes, *talk.routes, *routes.for_transfers()),
            elsewhere,
            WebSocketRoute("/{path:path}", routes.stream_elsewhere),
        ],
        lifespan=lifespan,
    )
    public = urlsplit(settings.public_url)
    app.add_middleware(OwnPaths, prefix=unquote(public.path).rstrip("/"))
    if settings.dev:
        # Nothing is signed: what a foreign web page makes the developer's browser ask must not place a call.
        own = {host for host in (public.hostname, settings.host) if host}
        app.add_middleware(LocalOnly, hosts=own, refused=lambda reason: routes.note_refusal("dev", reason, FOREIGN))
    app.router.redirect_slashes = False  # a redirect would name the host that the request did
    app.state.bridge, app.state.talk, app.state.roles = bridge, talk, operators.roles
    return app
