"""A call that is up: from the voice request through its documents to the end.

A document is run verb by verb, as far as a call needs to go on: words are written down and take no time, a pause
takes its time, a gather gets no keys, a dial rings, is answered and over. The stream is the one thing that is played in
full. A call ends when its document does, on a hang-up of either side, or by REST; an `update` by REST takes it out of
whatever it is doing and into another document.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import random
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.phone.script import PhoneScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.http import HttpReply, Webhooks, voice_fields
from ivr.testbench.twilio.signing import Honesty, SharedKey
from ivr.testbench.twilio.socket import OpenStream, StreamRefused
from ivr.testbench.twilio.stream import CarrierStream, Clock, FarWire
from ivr.testbench.twilio.twiml import StreamOrder, TwimlDocument, TwimlError, Verb, absolute, parse, stream_order


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """How the carrier behaves beyond the call itself."""

    method: str = "POST"
    """Of the voice request; `GET` puts the form into the query."""
    fallback_url: str = ""
    """Asked when the voice URL fails."""
    status_callback: str = ""
    """Told of the call's `initiated`, `ringing`, `answered`, `completed`."""
    honesty: Honesty = "right"
    """Whether the signatures are."""
    shared_key: SharedKey | None = None
    trailing_slash: bool = False
    """Sign the socket's URL with a `/` behind it, as is seen now and then."""
    handshake_s: float = 5.0
    """Seconds the bridge has to accept the socket."""
    speed: float = 1.0
    """Call seconds in one second of the loop."""
    seed: int | None = None
    """Makes ids and tokens the same each time; None: new ones."""
    room: int = 250
    """Messages that may wait for a bridge that reads slowly."""
    call_sid: str = ""
    """Use this one; empty: a new one."""
    ringing_s: float = 2.0
    """Seconds until somebody who is dialled answers; nobody does when the document has less patience."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Who calls whom."""

    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where an update by REST sends the call."""

    twiml: str = ""
    url: str = ""
    method: str = "POST"


_CALL_OVER = TwimlDocument(())
"""The call has ended."""


class LiveCall:
    """One call. Use `run` once; `update` at any time."""

    def __init__(
        self,
        ids: Ids,
        numbers: Numbers,
        record: PhoneRecord,
        script: PhoneScript,
        *,
        options: CarrierOptions,
        phone: PhoneOptions,
        webhooks: Webhooks,
        connect: OpenStream,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._ids, self._numbers, self._record, self._script = ids, numbers, record, script
        self._options, self._phone_options = options, phone
        self._webhooks, self._connect, self._clock, self._chance = webhooks, connect, clock, chance
        self._line: CarrierStream | None = None
        self._elsewhere: _Redirect | None = None
        self._moved = asyncio.Event()
        self._answered_at: float | None = None
        self._callbacks: list[asyncio.Task[HttpReply]] = []
        self._told = 0
        self._status = "queued"
        record.call_sid = ids.call

    def __repr__(self) -> str:
        return f"<LiveCall {self._ids.call} {self._status}>"

    @property
    def call_sid(self) -> str:
        """The carrier's id of the call."""
        return self._ids.call

    @property
    def status(self) -> str:
        """`queued`, `ringing`, `in-progress`, `completed`, `failed`."""
        return self._status

    def fields(self) -> Mapping[str, object]:
        """Who calls whom."""
        return {"from": self._numbers.caller, "to": self._numbers.called, "direction": "inbound"}

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document; with neither, end the call."""
        self._elsewhere = _Redirect(twiml, url, method)
        self._moved.set()
        if self._line is not None:
            self._line.end()

    async def run(self, url: str) -> None:
        """Dial, and live through the call until it is over."""
        try:
            self._tell("initiated", "queued")
            self._tell("ringing", "ringing")
            began = self._clock.now()
            document = await self._fetch(url, method=self._options.method, fallback=self._options.fallback_url)
            self._record.twiml_s = self._clock.now() - began
            await self._answered(document)
            self._record.ended = self._record.ended or "refused"
            self._record.note(self._clock.now(), "ended", self._record.ended)
            self._tell("completed", "completed" if document is not None else "failed")
            await asyncio.gather(*self._callbacks)
        finally:
            for task in self._callbacks:
                task.cancel()

    async def _answered(self, document: TwimlDocument | None) -> None:
        if document is None or not document.verbs or document.verbs[0].name == "Reject":
            self._record.verbs += ["Reject"] if document is not None and document.verbs else []
            return
        self._answered_at = self._clock.now()
        self._tell("answered", "in-progress")
        while document is not None and document is not _CALL_OVER:
            document = await self._execute(document)

    # Documents.

    async def _fetch(
        self, url: str, more: Mapping[str, str] | None = None, *, method: str = "POST", fallback: str = ""
    ) -> TwimlDocument | None:
        """Ask for a document; None when there is none to be had, and why is a warning of the record."""
        fields = {**self._standard(), **(more or {})}
        self._record.note(self._clock.now(), "request", f"{method} {url}")
        reply = await self._webhooks.ask(url, fields, method=method)
        code, reason = reply.error, reply.reason
        if not code:
            try:
                return self._read(reply)
            except TwimlError as error:
                code, reason = error.code, error.reason
        self._record.warn(self._clock.now(), code, reason)
        if not fallback:
            return None
        return await self._fetch(fallback, {"ErrorCode": str(code), "ErrorUrl": url}, method=method)

    def _read(self, reply: HttpReply) -> TwimlDocument:
        document = parse(reply.body, reply.content_type, reply.url)
        self._record.note(self._clock.now(), "answer", " ".join(verb.name for verb in document.verbs))
        for name in document.warnings:
            self._record.warn(self._clock.now(), 12200, f"unknown verb <{name}>")
        return document

    async def _execute(self, document: TwimlDocument) -> TwimlDocument | None:
        """Run a document; the one to go on with, or none when the call is over."""
        for verb in document.verbs:
            after = await self._verb(verb, document)
            if self._elsewhere is not None:
                return await self._move(self._elsewhere)
            if after is not None:
                return after
        return None

    async def _move(self, to: _Redirect) -> TwimlDocument | None:
        self._elsewhere = None
        self._moved.clear()
        if to.url:
            return await self._fetch(to.url, method=to.method)
        if not to.twiml:
            return None
        try:
            return self._read(HttpReply("", 200, "text/xml", to.twiml.encode()))
        except TwimlError as error:
            self._record.warn(self._clock.now(), error.code, error.reason)
            return None

    async def _verb(self, verb: Verb, document: TwimlDocument) -> TwimlDocument | None:
        """Run one verb: None to go on with the next."""
        self._record.verbs.append(verb.name)
        self._record.note(self._clock.now(), "verb", verb.name)
        match verb.name:
            case "Say":
                self._say(verb)
            case "Gather":
                for child in verb.children:
                    if child.name == "Say":
                        self._say(child)
            case "Pause":
                await self._pause(float(verb.attributes.get("length", "1")))
            case "Hangup" | "Reject":
                return _CALL_OVER
            case "Redirect":
                url = absolute(verb.text, document.url)
                return await self._fetch(url, method=verb.attributes.get("method", "POST")) or _CALL_OVER
            case "Dial":
                return await self._action(verb, document, {"DialCallStatus": await self._dial(verb)})
            case "Connect":
                return await self._connected(verb, document)
        return None

    def _say(self, verb: Verb) -> None:
        self._record.said.append(verb.text)
        self._record.note(self._clock.now(), "say", verb.text)

    async def _dial(self, verb: Verb) -> str:
        """Ring whoever is dialled, as long as the document says; how it went. What is talked then is not played."""
        patience = float(verb.attributes.get("timeout", "30"))
        answered = self._options.ringing_s <= patience
        self._record.dialled.append(verb.text)
        self._record.note(self._clock.now(), "dial", verb.text)
        await self._pause(min(self._options.ringing_s, patience))
        status = "completed" if answered else "no-answer"
        self._record.note(self._clock.now(), "dialled", status)
        return status

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds / self._clock.speed):
                await self._moved.wait()

    async def _action(self, verb: Verb, document: TwimlDocument, more: Mapping[str, str]) -> TwimlDocument | None:
        url = absolute(verb.attributes.get("action", ""), document.url)
        if not url:
            return None
        return await self._fetch(url, more, method=verb.attributes.get("method", "POST")) or _CALL_OVER

    # The stream.

    async def _connected(self, verb: Verb, document: TwimlDocument) -> TwimlDocument | None:
        if self._record.t0 is not None:
            self._record.note(self._clock.now(), "fault", "a second stream on one call is not played")
            return _CALL_OVER
        order: StreamOrder | None = None
        try:
            order = stream_order(verb, document.url)
            await self._stream(order)
        except (TwimlError, StreamRefused) as error:
            self._record.warn(self._clock.now(), error.code, error.reason)
            if order is not None:
                self._tell_stream(order, "stream-error", f"{error.code} - {error.reason}")
        if self._record.ended == "caller":
            return _CALL_OVER
        return None if self._elsewhere is not None else await self._action(verb, document, {})

    async def _stream(self, order: StreamOrder) -> None:
        phone = Phone(self._ids, self._record, parameters=order.parameters, options=self._phone_options)
        url, headers = self._webhooks.socket(order.url, trailing_slash=self._options.trailing_slash)
        began = self._clock.now()
        wire: FarWire = await self._connect(url, headers, self._options.handshake_s)
        self._record.connect_s = self._clock.now() - began
        self._record.note(self._clock.now(), "connect", order.url)
        self._tell_stream(order, "stream-started")
        self._line = CarrierStream(wire, phone, self._script, self._clock, room=self._options.room)
        try:
            await self._line.run()
        finally:
            self._line = None
            await wire.close(1000)
        self._tell_stream(order, "stream-stopped")

    # What the bridge is told.

    def _standard(self) -> dict[str, str]:
        return voice_fields(
            account=self._ids.account,
            call=self._ids.call,
            caller=self._numbers.caller,
            called=self._numbers.called,
            status=self._status,
            chance=self._chance,
        )

    def _tell(self, event: str, status: str) -> None:
        """The call is `status` now; whoever asked for it is told of `event`."""
        self._status = status
        url = self._options.status_callback
        if not url:
            return
        fields = {
            **self._standard(),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._told),
            "Timestamp": formatdate(),
        }
        if event == "completed":
            seconds = self._clock.now() - self._answered_at if self._answered_at is not None else 0.0
            fields |= {"CallDuration": f"{seconds:.0f}", "Duration": f"{-(-seconds // 60):.0f}"}
        self._told += 1
        self._call_back(url, fields, f"call {event}")

    def _tell_stream(self, order: StreamOrder, event: str, error: str = "") -> None:
        if not order.status_callback:
            return
        fields = {
            "AccountSid": self._ids.account,
            "CallSid": self._ids.call,
            "StreamSid": self._ids.stream,
            "StreamName": order.name or self._ids.stream,
            "StreamEvent": event,
            "Timestamp": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        }
        self._call_back(
            order.status_callback, fields | ({"StreamError": error} if error else {}), event, order.status_method
        )

    def _call_back(self, url: str, fields: Mapping[str, str], what: str, method: str = "POST") -> None:
        self._record.note(self._clock.now(), "callback", what)
        self._callbacks.append(asyncio.create_task(self._webhooks.ask(url, fields, method=method)))
