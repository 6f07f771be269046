"""Run one leg of a call as the carrier does: ringing, its TwiML documents verb by verb, and its end.

A leg has its own call sid, its own far party and its own record. Its documents end it, a hang-up of its far party, the
end of what it is connected to, or an update by REST, which may also send it to another document.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import Final, TypeAlias

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import CallerScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.http import HttpReply, voice_fields
from ivr.testbench.twilio.legs.callbacks import OVERTAKEN_S, StatusReports
from ivr.testbench.twilio.legs.office import CentralOffice
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.stream import CarrierStream
from ivr.testbench.twilio.twiml import TwimlDocument, TwimlError, Verb, parse


@dataclass(frozen=True, slots=True)
class Numbers:
    """Hold the two numbers of a call."""

    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """Say where an update by REST sends the call; without TwiML and URL it ends the call."""

    twiml: str = ""
    url: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Follow:
    """Go on with the document that a URL answers with."""

    url: str
    more: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


VerbOutcome: TypeAlias = Follow | Hangup | None
"""None: go on with the next verb."""
Perform: TypeAlias = Callable[["Leg", Verb, TwimlDocument], Awaitable[VerbOutcome]]
STATUSES_OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""Statuses of a call that is over."""
REDIRECTS_MOST: Final = 100
"""Documents of one call, one after the other, that are run."""
SIP_CODES: Final = {"busy": 486, "failed": 404, "no-answer": 487, "canceled": 487}


class Leg:
    """Run one leg. The verbs are given by `perform`, a function for each name."""

    def __init__(
        self,
        office: CentralOffice,
        numbers: Numbers,
        perform: Mapping[str, Perform],
        *,
        ids: Ids | None = None,
        direction: str = "inbound",
        party: FarParty,
        script: CallerScript | None = None,
        record: PhoneRecord | None = None,
        parent: Leg | None = None,
        reports: StatusReports | None = None,
    ) -> None:
        self.office, self.numbers, self.direction, self.party = office, numbers, direction, party
        self.ids = ids or Ids(office.account_sid, office.sid("CA"), office.sid("MZ"))
        self.record = PhoneRecord() if record is None else record
        self.script, self.parent, self.perform = script, parent, perform
        self.reports = reports or StatusReports()
        self.clock = office.clock
        self.status = "queued"
        self.answered_by = ""
        """What detection found; empty: nothing yet."""
        self.left = False
        """Whether the far party hung up."""
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        """Keys pressed outside a media stream."""
        self.stream: CarrierStream | None = None
        self.phone: Phone | None = None
        """Of the last stream."""
        self.streams = 0
        self.gathers = 0
        """`<Gather>` verbs so far."""
        self.created_on = formatdate()
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether a dialled leg can be connected: set once it is answered and its own document was run, or is over."""
        self.gone = asyncio.Event()
        """Set when a dialled leg is over, or an update sent it elsewhere."""
        self._redirect: Redirected | None = None
        self._broken = asyncio.Event()
        self._callbacks: list[asyncio.Task[object]] = []
        self._alarms: list[asyncio.TimerHandle] = []
        self.record.call_sid = self.ids.call
        if office.watch is not None:
            self.record.watch = partial(office.watch, self)
        office.add(self)

    def __repr__(self) -> str:
        return f"<Leg {self.ids.call} {self.direction} {self.status}>"

    # -- what REST and tests see ---------------------------------------------------------------------------------

    @property
    def call_sid(self) -> str:
        """Return the carrier's id of the call."""
        return self.ids.call

    @property
    def over(self) -> bool:
        """Return whether the call is over."""
        return self.status in STATUSES_OVER

    @property
    def seconds(self) -> float:
        """Return how long the call was or is answered."""
        if self.answered_at is None:
            return 0.0
        return (self.ended_at if self.ended_at is not None else self.clock.now()) - self.answered_at

    def fields(self) -> Mapping[str, object]:
        """Return fields of the REST resource."""
        return {
            "from": self.numbers.caller,
            "to": self.numbers.called,
            "direction": self.direction,
            "parent_call_sid": self.parent.call_sid if self.parent is not None else None,
            "answered_by": self.answered_by or None,
            "duration": f"{self.seconds:.0f}" if self.over else None,
            "date_created": self.created_on,
        }

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        """Leave what the call does and go on with a document. End the call when neither is given."""
        if self.over:
            return
        self._redirect = Redirected(twiml, url, method)
        self.gone.set()
        self._break()
        # Twilio's page on modifying calls in progress: an update takes the call out of its media stream at once.
        if self.stream is not None:
            self.stream.end()

    def end(self) -> None:
        """End the call from the carrier's side."""
        self.update()

    def leave(self) -> None:
        """Hang up: the far party does."""
        if self.left or self.over:
            return
        self.left = True
        self.record.note(self.clock.now(), "left", self.numbers.caller if self.direction == "inbound" else self.to)
        self.gone.set()
        self._break()
        if self.stream is not None:
            self.stream.end("caller")

    def press(self, digits: str) -> None:
        """Press keys: the far party does."""
        for digit in digits:
            if self.stream is not None:
                self.stream.press(digit)
            else:
                self.record.note(self.clock.now(), "digit", digit)
                self.keys.put_nowait(digit)

    @property
    def to(self) -> str:
        """Return what was dialled."""
        return self.numbers.called

    # -- the life of a leg ---------------------------------------------------------------------------------------

    async def run_inbound(self, at: Follow) -> None:
        """Dial the bridge's number, whose document is `at`, and follow the call until it is over."""
        ended = "completed"
        try:
            self._report("initiated", "queued")
            self._report("ringing", "ringing")
            began = self.clock.now()
            document = await self.fetch(at)
            self.record.twiml_s = self.clock.now() - began
            # A document that begins with `Reject` ends the call before it is answered.
            if document is not None and document.verbs and document.verbs[0].name == "Reject":
                self.record.verbs.append("Reject")
                ended = "busy" if document.verbs[0].attributes.get("reason") == "busy" else "no-answer"
            elif document is not None and document.verbs:
                first = document.verbs[0]
                # Twilio's page on `Dial`: with `answerOnBridge` the caller hears ringing until the other answers.
                if first.name != "Dial" or first.attributes.get("answerOnBridge") != "true":
                    self.answer()
                await self.follow(document)
            elif document is None:
                ended = "failed"
        finally:
            await self.finish(ended if self.answered_at is None else "completed")

    async def ring(self, timeout: float) -> str:
        """Ring at the far party. Return `in-progress`, or the status with which the call is over."""
        party = self.party
        self._report("initiated", "initiated")
        if party.does == "failed":
            return "canceled" if await self.pause(min(party.ring_s, 0.5)) else "failed"
        self._report("ringing", "ringing")
        rings = timeout if party.does == "no_answer" else min(party.ring_s, timeout)
        if await self.pause(rings):
            return "canceled"
        if party.does == "no_answer" or party.ring_s > timeout:
            return "no-answer"
        if party.does in {"busy", "reject"}:
            return "busy"
        self.answer()
        return "in-progress"

    def answer(self) -> None:
        """Note that the far party is on the line, and begin its own plans."""
        if self.answered_at is not None:
            return
        self.answered_at = self.clock.now()
        self._report("answered", "in-progress")
        if self.party.stays_s is not None:
            self.alarm(self.party.stays_s, self.leave)

    def connected(self) -> None:
        """Begin to talk with another party."""
        if self.party.talks_s is not None and self.party.kind == "person":
            self.alarm(self.party.talks_s, self.leave)

    def alarm(self, seconds: float, act: Callable[[], object]) -> asyncio.TimerHandle:
        """Do something later, unless the leg is over by then."""
        handle = self.clock.alarm(self.clock.now() + seconds, act)
        self._alarms.append(handle)
        return handle

    async def finish(self, status: str) -> None:
        """End the leg, and wait until its callbacks were answered."""
        for alarm in self._alarms:
            alarm.cancel()
        self.ended_at = self.clock.now()
        self.record.ended = self.record.ended or "refused"
        self.record.note(self.clock.now(), "ended", self.record.ended)
        self._report("completed", status, SIP_CODES.get(status, 0) if self.direction != "inbound" else 0)
        self.gone.set()
        if not self.ready.done():
            self.ready.set_result(False)
        try:
            await asyncio.gather(*self._callbacks)
        finally:
            for task in self._callbacks:
                task.cancel()

    # -- documents -----------------------------------------------------------------------------------------------

    async def follow(self, document: TwimlDocument | None) -> None:
        """Run a document and all that follow it."""
        for _ in range(REDIRECTS_MOST):
            if document is None:
                return
            document = await self._execute(document)
        self.record.note(self.clock.now(), "fault", f"more than {REDIRECTS_MOST} documents on one call")

    async def fetch(self, at: Follow) -> TwimlDocument | None:
        """Ask for a document. Return None when there is none; the reason is a warning of the record."""
        self.record.note(self.clock.now(), "request", f"{at.method} {at.url}")
        reply = await self.office.webhooks.ask(at.url, {**self.call_fields(), **at.more}, method=at.method)
        code, reason = reply.error, reply.reason
        if not code:
            try:
                return self.read(reply)
            except TwimlError as error:
                code, reason = error.code, error.reason
        self.record.warn(self.clock.now(), code, reason)
        if not at.fallback:
            return None
        # Twilio asks the number's fallback URL with the error and the URL that failed.
        return await self.fetch(Follow(at.fallback, {"ErrorCode": str(code), "ErrorUrl": at.url}, at.method))

    def read(self, reply: HttpReply) -> TwimlDocument:
        """Return the document of an answer. Raises `TwimlError`."""
        document = parse(reply.body, reply.content_type, reply.url)
        self.record.note(self.clock.now(), "answer", " ".join(verb.name for verb in document.verbs))
        # Twilio warns about what it does not know (12200, schema warning) and skips it.
        for name in document.warnings:
            self.record.warn(self.clock.now(), 12200, f"unknown {name}")
        return document

    def read_text(self, twiml: str, url: str = "") -> TwimlDocument | None:
        """Return a document that came as text; None when it is broken."""
        try:
            return self.read(HttpReply(url, 200, "text/xml", twiml.encode()))
        except TwimlError as error:
            self.record.warn(self.clock.now(), error.code, error.reason)
            return None

    async def redirected(self) -> TwimlDocument | None:
        """Return the document that an update asked for; None: it ended the call."""
        to, self._redirect = self._redirect or Redirected(), None
        self._broken.clear()
        if to.url:
            return await self.fetch(Follow(to.url, method=to.method))
        return self.read_text(to.twiml) if to.twiml else None

    @property
    def is_redirected(self) -> bool:
        """Return whether an update waits to be obeyed."""
        return self._redirect is not None

    async def pause(self, seconds: float) -> bool:
        """Let call seconds pass. Return whether a hang-up or an update came before."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds / self.clock.speed):
                await self._broken.wait()
        return self._broken.is_set()

    async def broken(self) -> None:
        """Wait for a hang-up of the far party or an update."""
        await self._broken.wait()

    async def _execute(self, document: TwimlDocument) -> TwimlDocument | None:
        """Run a document. Return the next one, or None when the call is over."""
        for verb in document.verbs:
            outcome = None if self._broken.is_set() else await self._perform(verb, document)
            if self.left:
                return None
            # An update by REST has precedence over whatever the verb asked for.
            if self.is_redirected:
                return await self.redirected()
            match outcome:
                case Follow():
                    return await self.fetch(outcome)
                case Hangup():
                    return None
        return None

    async def _perform(self, verb: Verb, document: TwimlDocument) -> VerbOutcome:
        """Run one verb, until it is done or broken off."""
        self.record.verbs.append(verb.name)
        self.record.note(self.clock.now(), "verb", verb.name)
        perform = self.perform.get(verb.name)
        if perform is None:
            return None
        if verb.name in self.party.leaves:
            self.alarm(self.party.leaves[verb.name], self.leave)
        work = asyncio.ensure_future(perform(self, verb, document))
        breaking = asyncio.ensure_future(self._broken.wait())
        try:
            await asyncio.wait({work, breaking}, return_when=asyncio.FIRST_COMPLETED)
            # A stream has been told and says goodbye by itself.
            if not work.done() and self.stream is None:
                work.cancel()
                await asyncio.wait({work})
            return None if work.cancelled() else await work
        finally:
            breaking.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    # -- callbacks -----------------------------------------------------------------------------------------------

    def call_fields(self) -> dict[str, str]:
        """Return the form fields that every request of this call carries."""
        fields = voice_fields(
            account=self.ids.account,
            call=self.ids.call,
            caller=self.numbers.caller,
            called=self.numbers.called,
            status=self.status,
            chance=self.office.chance,
            direction=self.direction,
        )
        if self.parent is not None:
            fields["ParentCallSid"] = self.parent.call_sid
        return fields | ({"AnsweredBy": self.answered_by} if self.answered_by else {})

    def call_back(self, url: str, fields: Mapping[str, str], what: str, method: str = "POST") -> None:
        """Send a callback without waiting for its answer."""
        self.record.note(self.clock.now(), "callback", what)
        self._callbacks.append(asyncio.create_task(self.office.webhooks.ask(url, fields, method=method)))

    def _report(self, event: str, status: str, sip_code: int = 0) -> None:
        """Set the call status, and report `event` to the status callback, where there is one."""
        self.status = status
        fields = self.reports.report(event, self.seconds, sip_code)
        if fields is None:
            return
        form, what, order = {**self.call_fields(), **fields}, f"call {event}", self.office.options.callbacks
        url, method = self.reports.url, self.reports.method
        if order == "overtaking" and self.reports.told % 2:
            self._callbacks.append(asyncio.create_task(self._late(url, form, what, method)))
            return
        for _ in range(2 if order == "doubled" else 1):
            self.call_back(url, form, what, method)

    async def _late(self, url: str, form: Mapping[str, str], what: str, method: str) -> None:
        """Send a callback that the next one overtakes."""
        await self.clock.sleep(OVERTAKEN_S)
        self.record.note(self.clock.now(), "callback", what)
        await self.office.webhooks.ask(url, form, method=method)

    def _break(self) -> None:
        self._broken.set()
