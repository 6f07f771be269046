"""Reach the server under test as the carrier does: signed requests, streams, and a log of every byte.

Each check has a `Site` of its own, with its own wire log. Time is the loop's, real or virtual.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

import httpx

from ivr.call.ports import WireClosed
from ivr.testbench.conformance.findings import NotJudged
from ivr.testbench.conformance.probe_call import ProbeCall
from ivr.testbench.conformance.wire_log import WireLog
from ivr.testbench.phone.messages import Ids, new_sid
from ivr.testbench.phone.microphone import PhoneOptions
from ivr.testbench.twilio.http import BridgeAddress, HttpReply, Webhooks, voice_fields
from ivr.testbench.twilio.signing import Honesty, Signer
from ivr.testbench.twilio.socket import OpenStream, StreamRefused, open_socket
from ivr.testbench.twilio.stream import FarWire
from ivr.testbench.twilio.twiml import LOOPBACK, StreamOrder, TwimlDocument, TwimlError, Verb, absolute, parse
from ivr.testbench.twilio.twiml import stream_order as order_of

CALLER: Final = "+966500000001"
CALLED: Final = "+966110000000"
NO_ACCOUNT: Final = "AC" + "0" * 32
HANDSHAKE_S: Final = 8.0
"""Seconds that a socket may take to open. Slower ones are refused."""
DOCUMENTS_MOST: Final = 3
USUAL_PHONE: Final = PhoneOptions()


@dataclass(frozen=True, slots=True)
class Target:
    """Hold what is known of the server under test."""

    url: str
    """Its voice webhook, or the `ws` or `wss` URL of its stream when it has none."""
    speech: bytes
    """What the caller says, mu-law at 8 kHz: one to three seconds."""
    auth_token: str = field(default="", repr=False)
    """Signs the requests; empty: nothing is signed."""
    account_sid: str = NO_ACCOUNT
    public_url: str | None = None
    """Name of the server for itself, which is signed."""
    timeout: float = 10.0
    """Seconds that it may take until it is heard."""
    status_url: str = ""
    """Its status callback, where it has one."""
    transport: httpx.AsyncBaseTransport | None = None
    connect: OpenStream = open_socket

    @property
    def has_webhook(self) -> bool:
        """Return whether calls begin at a webhook."""
        return urlsplit(self.url).scheme in {"http", "https"}

    @property
    def loopback(self) -> bool:
        """Return whether the server is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK


@runtime_checkable
class Pingable(Protocol):
    """Represent a wire that tells when the server has read what was sent."""

    async def ping(self) -> None:
        """Wait until the server has read what was sent."""


class LoggedWire:
    """Carry a stream's messages, log them, and change them where a check wants it."""

    def __init__(self, wire: FarWire, log: WireLog) -> None:
        self._wire, self._log = wire, log
        self._loop = asyncio.get_running_loop()
        self.rewrite: Callable[[str], Sequence[str]] = lambda message: (message,)
        """Turns one message to the server into those that are sent in its place."""
        self.hold_marks = False
        """Whether marks to the server are kept in `held`."""
        self.held: list[str] = []
        self.code: int | None = None
        self.closed_at: float | None = None
        """When the server's end was seen; loop time."""

    def __repr__(self) -> str:
        return f"<LoggedWire of {self._wire!r}>"

    async def receive(self) -> str | bytes:
        """Return the next message. Raises `WireClosed` at the end."""
        try:
            message = await self._wire.receive()
        except WireClosed as end:
            if self.closed_at is None:
                self.code, self.closed_at = end.code, self._loop.time()
                self._log.note(self.closed_at, "closed", "died" if end.code is None else str(end.code))
            raise
        self._log.note(self._loop.time(), "<", message if isinstance(message, str) else f"binary: {message[:200]!r}")
        return message

    async def send(self, message: str) -> None:
        """Send a message, or what the check wants in its place."""
        if self.hold_marks and message.startswith('{"event":"mark"'):
            self.held.append(message)
            return
        for one in self.rewrite(message):
            await self.inject(one)

    async def inject(self, message: str) -> None:
        """Send exactly this message. Does nothing once the wire is over."""
        with contextlib.suppress(WireClosed):
            self._log.note(self._loop.time(), ">", message)
            await self._wire.send(message)

    async def release(self) -> None:
        """Send the marks that were held, in order."""
        self.hold_marks = False
        held, self.held = self.held, []
        for message in held:
            await self.inject(message)

    async def lag(self, limit: float) -> float | None:
        """Return how many seconds the server takes to read what was sent, `limit` at most. None: it cannot be seen."""
        if not isinstance(self._wire, Pingable):
            return None
        began = self._loop.time()
        with contextlib.suppress(WireClosed, TimeoutError):
            async with asyncio.timeout(limit):
                await self._wire.ping()
        return self._loop.time() - began

    async def close(self, code: int) -> None:
        """Close the socket with a close frame."""
        await self._wire.close(code)

    def drop(self) -> None:
        """Drop the connection without a close frame."""
        self._wire.drop()


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold the answer of a webhook, and how long it took."""

    reply: HttpReply
    seconds: float

    @property
    def status(self) -> int:
        """Return the HTTP status; 0: no answer."""
        return self.reply.status

    def document(self) -> TwimlDocument:
        """Return the document in the answer. Raises `TwimlError`."""
        if self.reply.error:
            raise TwimlError(self.reply.error, self.reply.reason)
        return parse(self.reply.body, self.reply.content_type, self.reply.url)

    def connect(self) -> Verb | None:
        """Return the first `<Connect>` of the document. Raises `TwimlError`."""
        return next((verb for verb in self.document().verbs if verb.name == "Connect"), None)


class Site:
    """Reach the server for one check."""

    def __init__(self, target: Target, log: WireLog, client: httpx.AsyncClient, seed: int | None = None) -> None:
        self.target = target
        self.log = log
        self.client = client
        self.chance = random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self._bridge = BridgeAddress.of(target.url, target.public_url) if target.has_webhook else BridgeAddress()

    def new_call(self) -> str:
        """Return a new call id."""
        return new_sid("CA", self.chance)

    def webhook(self) -> str:
        """Return the URL of the voice webhook as it is signed. Raises `NotJudged` where there is none."""
        if not self.target.has_webhook:
            raise NotJudged("the stream was given without a webhook")
        return self._bridge.public_url(self.target.url)

    async def ask(
        self,
        call: str,
        more: Mapping[str, str] | None = None,
        *,
        url: str = "",
        honesty: Honesty = "right",
        form: Mapping[str, str] | None = None,
    ) -> Asked:
        """Ask a webhook for this call; `more` fields are added, `form` takes the place of the usual ones."""
        url = url or self.webhook()
        if form is None:
            form = voice_fields(
                account=self.target.account_sid, call=call, caller=CALLER, called=CALLED, status="ringing",
                chance=self.chance,
            ) | dict(more or {})  # fmt: skip
        began = self._loop.time()
        self.log.note(began, "request", json.dumps({"url": url, "signature": honesty, "form": dict(form)}))
        reply = await self._webhooks(honesty).ask(url, form)
        seconds = self._loop.time() - began
        text = {"status": reply.status, "type": reply.content_type, "error": reply.reason,
                "body": reply.body.decode(errors="replace")}  # fmt: skip
        self.log.note(self._loop.time(), "answer", json.dumps(text, ensure_ascii=False))
        return Asked(reply, seconds)

    async def order(self, call: str, more: Mapping[str, str] | None = None) -> StreamOrder:
        """Return the stream that a new call is sent to. Raises `NotJudged` where the call gets none."""
        if not self.target.has_webhook:
            return StreamOrder(self.target.url, {})
        try:
            asked = await self.ask(call, more)
            for _ in range(DOCUMENTS_MOST):
                connect = asked.connect()
                if connect is not None:
                    return order_of(connect, asked.reply.url)
                onward = next((verb for verb in asked.document().verbs if verb.name == "Redirect"), None)
                if onward is None:
                    break
                asked = await self.ask(call, more, url=absolute(onward.text, asked.reply.url))
        except TwimlError as error:
            # A query in the stream's URL, or a scheme that is not wss: B3 says so. All else goes on with it.
            refused = refused_order(asked)
            if refused is not None:
                return refused
            raise NotJudged(f"no stream: {error}") from error
        raise NotJudged("no stream: the document has no <Connect><Stream>")

    async def open(self, order: StreamOrder, *, honesty: Honesty = "right", trailing_slash: bool = False) -> LoggedWire:
        """Open a stream's socket. Raises `StreamRefused`."""
        url, headers = self._webhooks(honesty).socket(order.url, trailing_slash=trailing_slash)
        self.log.note(self._loop.time(), "open", json.dumps({"url": url, "headers": sorted(headers)}))
        try:
            wire = await self.target.connect(url, headers, HANDSHAKE_S)
        except StreamRefused as refused:
            self.log.note(self._loop.time(), "refused", str(refused))
            raise
        self.log.note(self._loop.time(), "accepted", "")
        return LoggedWire(wire, self.log)

    @contextlib.asynccontextmanager
    async def call(
        self,
        *,
        call: str = "",
        order: StreamOrder | None = None,
        account: str = "",
        honesty: Honesty = "right",
        phone: PhoneOptions = USUAL_PHONE,
        prepare: Callable[[LoggedWire], None] = lambda _: None,
    ) -> AsyncIterator[ProbeCall]:
        """Place a call and give it to the check while the block runs. Raises `NotJudged`, `StreamRefused`.

        `order`: the stream of a document that was asked for already. `prepare`: changes the wire before `start`.
        """
        call = call or self.new_call()
        order = order or await self.order(call)
        wire = await self.open(order, honesty=honesty)
        prepare(wire)
        ids = Ids(account or self.target.account_sid, call, new_sid("MZ", self.chance))
        probe = ProbeCall(ids, order.parameters, wire, phone)
        try:
            yield probe
        finally:
            await probe.end()

    def _webhooks(self, honesty: Honesty) -> Webhooks:
        chosen: Honesty = honesty if self.target.auth_token else "missing"
        return Webhooks(self.client, Signer(self.target.auth_token, None, chosen), self._bridge, self.chance)


def refused_order(asked: Asked) -> StreamOrder | None:
    """Return the stream of a document that the carrier refuses for its URL; None where it has none."""
    with contextlib.suppress(TwimlError):
        connect = asked.connect()
        if connect is not None and len(connect.children) == 1:
            stream = connect.children[0]
            parameters = {one.attributes.get("name", ""): one.attributes.get("value", "") for one in stream.children}
            return StreamOrder(absolute(stream.attributes.get("url", ""), asked.reply.url), parameters)
    return None
