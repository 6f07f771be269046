"""Run one call as the carrier does: from the voice request through its TwiML documents to the end.

A document is run verb by verb, as far as the call needs it. Only the media stream is played in full. The call ends
with its document, with a hang-up of either side, or by REST.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Final

from ivr.testbench.phone.messages import Ids, new_sid
from ivr.testbench.phone.phone import Phone, PhoneOptions
from ivr.testbench.phone.script import CallerScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.http import HttpReply, Webhooks, voice_fields
from ivr.testbench.twilio.signing import Honesty, SharedKey
from ivr.testbench.twilio.socket import OpenStream, StreamRefused
from ivr.testbench.twilio.stream import CarrierStream, Clock, FarWire
from ivr.testbench.twilio.twiml import StreamOrder, TwimlDocument, TwimlError, Verb, absolute, parse, stream_order


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """Hold how the carrier behaves beyond the call itself."""

    method: str = "POST"
    """HTTP method of the voice request; `GET` puts the form into the query."""
    fallback_url: str = ""
    """URL that is asked when the voice URL fails; empty: none."""
    status_callback: str = ""
    """URL that receives the events `initiated`, `ringing`, `answered` and `completed`; empty: none."""
    honesty: Honesty = "right"
    """Whether the signatures are right."""
    shared_key: SharedKey | None = None
    trailing_slash: bool = False
    """Sign the socket's URL with a `/` behind it: Twilio's page on webhook security says that this may happen."""
    handshake_s: float = 5.0
    """Seconds that the bridge has to accept the socket. Twilio does not document its own limit."""
    speed: float = 1.0
    """Call seconds in one second of the loop."""
    seed: int | None = None
    """Seed of ids and tokens: the same seed gives the same ones; None: new ones each time."""
    room: int = 250
    """Messages that may wait for a bridge that reads slowly."""
    call_sid: str = ""
    """Call sid to use; empty: a new one."""
    ringing_s: float = 2.0
    """Seconds until the dialled number answers. It does not answer when the timeout in the document is shorter."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Hold the two numbers of a call."""

    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Say where an update by REST sends the call; without TwiML and URL it ends the call."""

    twiml: str = ""
    url: str = ""
    method: str = "POST"


STREAMS_MOST: Final = 10
"""Streams of one call, one after the other, that are played."""
_CALL_OVER = TwimlDocument(())
"""What follows a verb that ended the call."""


class CallFlow:
    """Run one call. Call `run` once, and `update` at any time."""

    def __init__(
        self,
        ids: Ids,
        numbers: Numbers,
        record: PhoneRecord,
        script: CallerScript,
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
        self._webhooks, self._open_stream, self._clock, self._chance = webhooks, connect, clock, chance
        self._stream: CarrierStream | None = None
        self._phone: Phone | None = None
        """Of the last stream."""
        self._streams = 0
        self._redirect: _Redirect | None = None
        self._redirected = asyncio.Event()
        self._answered_at: float | None = None
        self._callbacks: list[asyncio.Task[HttpReply]] = []
        self._sequence = 0
        self._status = "queued"
        record.call_sid = ids.call

    def __repr__(self) -> str:
        return f"<CallFlow {self._ids.call} {self._status}>"

    @property
    def call_sid(self) -> str:
        """Return the carrier's id of the call."""
        return self._ids.call

    @property
    def status(self) -> str:
        """Return the call status: `queued`, `ringing`, `in-progress`, `completed` or `failed`."""
        return self._status

    def fields(self) -> Mapping[str, object]:
        """Return the two numbers and the direction, as fields of the REST resource."""
        return {"from": self._numbers.caller, "to": self._numbers.called, "direction": "inbound"}

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document. End the call when neither is given."""
        self._redirect = _Redirect(twiml, url, method)
        self._redirected.set()
        # Twilio's page on modifying calls in progress: an update takes the call out of its media stream at once.
        if self._stream is not None:
            self._stream.end()

    async def run(self, url: str) -> None:
        """Dial, and follow the call until it is over."""
        try:
            self._report("initiated", "queued")
            self._report("ringing", "ringing")
            began = self._clock.now()
            document = await self._fetch(url, method=self._options.method, fallback=self._options.fallback_url)
            self._record.twiml_s = self._clock.now() - began
            # A document without verbs, or one that begins with `Reject`, ends the call before it is answered.
            if document is not None and document.verbs and document.verbs[0].name == "Reject":
                self._record.verbs.append("Reject")
            elif document is not None and document.verbs:
                self._answered_at = self._clock.now()
                self._report("answered", "in-progress")
                after: TwimlDocument | None = document
                while after is not None and after is not _CALL_OVER:
                    after = await self._execute(after)
            self._record.ended = self._record.ended or "refused"
            self._record.note(self._clock.now(), "ended", self._record.ended)
            self._report("completed", "completed" if document is not None else "failed")
            await asyncio.gather(*self._callbacks)
        finally:
            for task in self._callbacks:
                task.cancel()

    async def _fetch(
        self, url: str, more: Mapping[str, str] | None = None, *, method: str = "POST", fallback: str = ""
    ) -> TwimlDocument | None:
        """Ask for a document. Return None when there is none; the reason is a warning of the record."""
        fields = {**self._call_fields(), **(more or {})}
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
        # Twilio asks the number's fallback URL with the error and the URL that failed.
        return await self._fetch(fallback, {"ErrorCode": str(code), "ErrorUrl": url}, method=method)

    def _read(self, reply: HttpReply) -> TwimlDocument:
        document = parse(reply.body, reply.content_type, reply.url)
        self._record.note(self._clock.now(), "answer", " ".join(verb.name for verb in document.verbs))
        # Twilio warns about a verb it does not know (12200, schema warning) and skips it.
        for name in document.warnings:
            self._record.warn(self._clock.now(), 12200, f"unknown verb <{name}>")
        return document

    async def _execute(self, document: TwimlDocument) -> TwimlDocument | None:
        """Run a document. Return the next one, or None when the call is over."""
        for verb in document.verbs:
            after = await self._perform(verb, document)
            # An update by REST has precedence over whatever the verb asked for.
            if self._redirect is not None:
                to, self._redirect = self._redirect, None
                self._redirected.clear()
                if to.url:
                    return await self._fetch(to.url, method=to.method)
                if not to.twiml:
                    return None
                try:
                    return self._read(HttpReply("", 200, "text/xml", to.twiml.encode()))
                except TwimlError as error:
                    self._record.warn(self._clock.now(), error.code, error.reason)
                    return None
            if after is not None:
                return after
        return None

    async def _perform(self, verb: Verb, document: TwimlDocument) -> TwimlDocument | None:
        """Run one verb. Return the document that replaces this one, or None to go on with the next verb."""
        self._record.verbs.append(verb.name)
        self._record.note(self._clock.now(), "verb", verb.name)
        match verb.name:
            case "Say" | "Gather":
                # Spoken text is written down and takes no time. The caller presses no key in a `Gather`.
                for said in (verb, *verb.children):
                    if said.name == "Say":
                        self._record.said.append(said.text)
                        self._record.note(self._clock.now(), "say", said.text)
            case "Pause":
                await self._pause(float(verb.attributes.get("length", "1")))
            case "Hangup" | "Reject":
                return _CALL_OVER
            case "Redirect":
                url = absolute(verb.text, document.url)
                method = verb.attributes.get("method", "POST")
                return await self._fetch(url, method=method, fallback=self._options.fallback_url) or _CALL_OVER
            case "Dial":
                # Twilio's page on `Dial`: 30 s of ringing unless `timeout` says otherwise. What is said between the
                # caller and the dialled number is not played: it is answered and over.
                patience = float(verb.attributes.get("timeout", "30"))
                self._record.dialled.append(verb.text)
                self._record.note(self._clock.now(), "dial", verb.text)
                await self._pause(min(self._options.ringing_s, patience))
                status = "completed" if self._options.ringing_s <= patience else "no-answer"
                self._record.note(self._clock.now(), "dialled", status)
                return await self._follow(verb, document, {"DialCallStatus": status})
            case "Connect":
                return await self._connect_stream(verb, document)
        return None

    async def _pause(self, seconds: float) -> None:
        """Let call seconds pass, or fewer when an update by REST comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds / self._clock.speed):
                await self._redirected.wait()

    async def _follow(self, verb: Verb, document: TwimlDocument, more: Mapping[str, str]) -> TwimlDocument | None:
        """Ask the verb's `action` URL, where it has one, for the document that follows."""
        url = absolute(verb.attributes.get("action", ""), document.url)
        if not url:
            return None
        return await self._fetch(url, more, method=verb.attributes.get("method", "POST")) or _CALL_OVER

    async def _connect_stream(self, verb: Verb, document: TwimlDocument) -> TwimlDocument | None:
        """Play the media stream of a `<Connect>` to its end, then follow its `action`."""
        self._streams += 1
        if self._streams > STREAMS_MOST:
            self._record.note(self._clock.now(), "fault", f"more than {STREAMS_MOST} streams on one call")
            return _CALL_OVER
        if self._streams > 1:
            self._ids = replace(self._ids, stream=new_sid("MZ", self._chance))
        order: StreamOrder | None = None
        try:
            order = stream_order(verb, document.url)
            before = self._phone
            phone = Phone(
                self._ids, self._record, parameters=order.parameters, options=self._phone_options, before=before
            )
            url, headers = self._webhooks.socket(order.url, trailing_slash=self._options.trailing_slash)
            began = self._clock.now()
            wire: FarWire = await self._open_stream(url, headers, self._options.handshake_s)
            self._record.connect_s = self._clock.now() - began
            self._record.note(self._clock.now(), "connect", order.url)
            self._report_stream(order, "stream-started")
            self._phone = phone
            self._stream = CarrierStream(wire, phone, self._script, self._clock, room=self._options.room)
            try:
                await self._stream.run()
            finally:
                self._stream = None
                await wire.close(1000)
            self._report_stream(order, "stream-stopped")
        except (TwimlError, StreamRefused) as error:
            self._record.warn(self._clock.now(), error.code, error.reason)
            # Twilio's page on `Stream`: the callback is the only place that shows why a handshake failed.
            if order is not None:
                self._report_stream(order, "stream-error", f"{error.code} - {error.reason}")
        if self._record.ended == "caller":
            return _CALL_OVER
        # Twilio's page on `Connect`: a stream that the bridge ended goes on with `action`, else with the next verb.
        return None if self._redirect is not None else await self._follow(verb, document, {})

    def _call_fields(self) -> dict[str, str]:
        """Return the form fields that every request of this call carries."""
        return voice_fields(
            account=self._ids.account,
            call=self._ids.call,
            caller=self._numbers.caller,
            called=self._numbers.called,
            status=self._status,
            chance=self._chance,
        )

    def _report(self, event: str, status: str) -> None:
        """Set the call status, and report `event` to the status callback, where there is one."""
        self._status = status
        url = self._options.status_callback
        if not url:
            return
        fields = {
            **self._call_fields(),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            # RFC 2822 here, ISO 8601 in the stream's callback: so say Twilio's pages on the two callbacks.
            "Timestamp": formatdate(),
        }
        if event == "completed":
            seconds = self._clock.now() - self._answered_at if self._answered_at is not None else 0.0
            # `CallDuration` counts seconds, `Duration` begun minutes.
            fields |= {"CallDuration": f"{seconds:.0f}", "Duration": f"{-(-seconds // 60):.0f}"}
        self._sequence += 1
        self._call_back(url, fields, f"call {event}")

    def _report_stream(self, order: StreamOrder, event: str, error: str = "") -> None:
        """Report a stream event to the stream's status callback, where there is one."""
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
        """Send a callback without waiting for its answer."""
        self._record.note(self._clock.now(), "callback", what)
        self._callbacks.append(asyncio.create_task(self._webhooks.ask(url, fields, method=method)))
