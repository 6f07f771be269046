"""Answer the carrier about callers who are handed to a person: all of it signed.

The documents ask with GET, for a proxy repeats that at another bridge.

    /transfer/done        the caller's dial, or its queue, has ended         -> TwiML
    /transfer/back        the caller is brought back                         -> TwiML
    /transfer/leg         cold: it rings, it was answered, by a machine
    /transfer/person      warm: the same of the person's own call
    /transfer/whisper     warm: the person has answered                      -> TwiML
    /transfer/accept      warm: the person has pressed a key                 -> TwiML
    /transfer/conference  warm: the caller has left
    /transfer/music       the caller waits, in a conference or a queue       -> TwiML
    /transfer/ringing.wav what is heard meanwhile; a static file, not signed

A URL names the caller's call and nothing else. What has no state, because it is over or was never begun, has an answer
too.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.config.lines import Line
from ivr.config.people import QUEUE
from ivr.config.settings import Settings
from ivr.server.resume.state import CallState
from ivr.server.transfer.handover import Handover, Phase
from ivr.server.transfer.progress import Trigger
from ivr.server.transfer.ringing import ringing
from ivr.server.transfer.transfers import Transfers
from ivr.twilio.form import Dialled, Form, own_addresses
from ivr.twilio.twiml import Documents, Spoken

log = logging.getLogger("ivr.transfer")

TransferAnswer: TypeAlias = Callable[[Form], Awaitable[str]]
GATHERED: Final = "Digits"
_TRANSFERS: Final = "/transfer/"
_DIALS: Final[Mapping[str, Trigger]] = {
    "busy": Trigger.BUSY,
    "no-answer": Trigger.NO_ANSWER,
    "failed": Trigger.FAIL,
    "canceled": Trigger.CANCEL,
}
"""How a person's call ends that was not answered."""
_TALKED: Final = frozenset({"completed", "answered"})
_QUEUES: Final[Mapping[str, Trigger]] = {
    "queue-full": Trigger.FULL,
    "leave": Trigger.NO_ANSWER,
    "hangup": Trigger.CALLER_LEFT,
}
"""How a queue ends other than by a person or a fault."""
_DECLINED: Final = "603"
"""SIP's Decline: the person has refused the call on the telephone."""
_LEAVE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response><Leave/></Response>'
_HANG_UP: Final = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'


class Host(Protocol):
    """Name what the routes need of the bridge."""

    settings: Settings
    documents: Documents

    async def go_on(self, dialled: Dialled, state: CallState, line: Line) -> str:
        """Return the document with which a call goes on."""


class TransferRoutes:
    """Handle what the carrier asks and tells about the transfers of one bridge."""

    def __init__(
        self,
        host: Host,
        transfers: Transfers,
        read: Callable[[Request, str], Awaitable[tuple[Form | None, Response]]],
        refuse: Callable[[str, str, int], Response],
    ) -> None:
        """Take the bridge, what reads and checks a signed request, and what refuses one."""
        self._host = host
        self._transfers = transfers
        self._read = read
        self._refuse = refuse

    def __repr__(self) -> str:
        return f"<TransferRoutes {self._transfers!r}>"

    @property
    def routes(self) -> list[Route]:
        """Return the routes."""
        told = (self.done, self.back, self.whisper, self.accept, self.music, self.leg, self.person, self.conference)
        signed = [
            Route(f"{_TRANSFERS}{one.__name__}", self._signed(one.__name__, one), methods=["GET", "POST"])
            for one in told
        ]
        return [*signed, Route(f"{_TRANSFERS}ringing.wav", self.ringing, methods=["GET"])]

    def _signed(self, name: str, answer: TransferAnswer) -> Callable[[Request], Awaitable[Response]]:
        """Return the route that answers a signed request of one of the accounts."""

        async def route(request: Request) -> Response:
            form, refused = await self._read(request, "transfer")
            if form is None:
                return refused
            accounts = self._host.settings.expected_accounts
            if accounts is not None and form.get("AccountSid") not in accounts:
                return self._refuse("transfer", "account", 403)
            try:
                Dialled.of(form)
                if request.method == "POST":
                    form = form.with_query(request.scope["query_string"])
            except ValueError:
                return self._refuse("transfer", "no_call", 400)
            try:
                text = await answer(form)
            # A bug must not leave the caller with the carrier's "an application error has occurred".
            except Exception:
                log.exception("transfer_route_failed", extra={"call": form.get("CallSid"), "route": name})
                text = self._host.documents.say("error", self._host.settings.language)
            return Response(text, media_type="text/xml") if text else Response(status_code=204)

        return route

    # -- the caller's own call -----------------------------------------------------------------------------------

    async def done(self, form: Form) -> str:
        """Say what follows when the caller's dial has ended."""
        call_id = form.get("CallSid")
        status, queued = form.get("DialCallStatus"), form.get("QueueResult")
        before = await self._transfers.read(call_id)
        if before is None:
            return self._say(form, "goodbye" if status in _TALKED else "lost")
        trigger = _DIALS.get(status, Trigger.FAIL)
        if queued:
            bridged = queued in ("bridged", "redirected-from-bridged")
            trigger = Trigger.DIAL_OVER if bridged else _QUEUES.get(queued, Trigger.FAIL)
        elif before.options.mode == "warm":
            trigger = Trigger.DIAL_OVER
        elif status in _TALKED:
            # The person has answered and hung up before the two were connected.
            trigger = Trigger.PERSON_LEFT if form.get("DialBridged") == "false" else Trigger.DIAL_OVER
        if trigger is Trigger.DIAL_OVER and before.options.mode == "cold" and before.phase is not Phase.JOINED:
            # Its own word that the person has answered did not come, or comes later.
            await self._transfers.step(call_id, Trigger.JOIN)
        handover, _ = await self._transfers.step(call_id, trigger)
        return await self._follow(form, handover or before, _seconds(form.get("DialCallDuration")))

    async def back(self, form: Form) -> str:
        """Say what follows for a caller who is brought back."""
        handover, _ = await self._transfers.step(form.get("CallSid"), Trigger.DIAL_OVER)
        if handover is None:
            return self._say(form, "lost")
        return await self._follow(form, handover, 0.0)

    async def _follow(self, form: Form, handover: Handover, talked_s: float) -> str:
        """Return how a call goes on whose transfer is over: with the agent, or with a goodbye."""
        call_id = form.get("CallSid")
        dialled = Dialled.of(form)
        line = self._line(form)
        back = handover.phase is Phase.RETURNING and handover.options.returns and line is not None
        state = self._transfers.finish(call_id, handover, talked_s, back=back)
        if not back or line is None:
            return self._host.documents.say("goodbye", handover.language)
        return await self._host.go_on(dialled, state, line)

    async def music(self, form: Form) -> str:
        """Say what a caller hears who waits, and look whether that has lasted too long."""
        # In a conference the request may be about the person, who never waits.
        call_id = form.get("call") or form.get("CallSid")
        handover = await self._transfers.look(call_id)
        if handover is None:
            return _LEAVE if form.get("QueueSid") else self._host.documents.music(call_id, self._host.settings.language)
        waited = _seconds(form.get("QueueTime"))
        if handover.number.startswith(QUEUE) and waited >= handover.options.timeout_s:
            return _LEAVE
        return self._host.documents.music(call_id, handover.language)

    async def ringing(self, _: Request) -> Response:
        """Return the sound of a telephone that rings."""
        return Response(ringing(), media_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"})

    # -- the person ----------------------------------------------------------------------------------------------

    async def leg(self, form: Form) -> str:
        """Follow the person's call of a cold transfer."""
        call_id, status = form.get("call"), form.get("CallStatus")
        if _is_machine(form):
            await self._transfers.tell(call_id, Trigger.MACHINE)
        elif status == "ringing":
            await self._transfers.step(call_id, Trigger.RING)
        elif status == "in-progress":
            await self._transfers.step(call_id, Trigger.JOIN)
        return ""

    async def person(self, form: Form) -> str:
        """Follow the person's own call of a warm transfer."""
        call_id, status = form.get("call"), form.get("CallStatus")
        # Once it was found out who has answered, every later word of the call says so too.
        if _is_machine(form):
            handover = await self._transfers.read(call_id)
            # Who has pressed the key is no machine.
            if handover is not None and handover.phase is not Phase.JOINED:
                await self._transfers.tell(call_id, Trigger.MACHINE)
        elif status == "ringing":
            await self._transfers.step(call_id, Trigger.RING)
        elif status in _DIALS:
            declined = form.get("SipResponseCode") == _DECLINED
            await self._transfers.tell(call_id, Trigger.DECLINE if declined else _DIALS[status])
        elif status == "completed":
            await self._transfers.tell(call_id, Trigger.PERSON_LEFT)
        return ""

    async def whisper(self, form: Form) -> str:
        """Tell the person what it is about, and ask for the key."""
        call_id = form.get("call")
        handover = await self._transfers.read(call_id)
        if handover is None or not await self._waits(call_id, handover):
            return self._gone(handover)
        handover, _ = await self._transfers.step(call_id, Trigger.ANSWER)
        if handover is None or handover.phase is not Phase.ASKED:
            return self._gone(handover)
        asked = handover.options
        return self._host.documents.whisper(call_id, handover.language, asked.whisper, asked.accept_key)

    async def accept(self, form: Form) -> str:
        """Bring the person to the caller, or the caller back to the agent."""
        call_id, key = form.get("call"), form.get(GATHERED)
        handover = await self._transfers.read(call_id)
        if handover is None or handover.phase is not Phase.ASKED or not await self._waits(call_id, handover):
            return self._gone(handover)
        if not key or handover.options.accept_key not in ("", key[:1]):
            await self._transfers.tell(call_id, Trigger.DECLINE)
            return _HANG_UP
        handover, step = await self._transfers.step(call_id, Trigger.JOIN)
        if handover is None or step is None:
            return self._gone(handover)
        return self._host.documents.connect(call_id, handover.language)

    async def conference(self, form: Form) -> str:
        """Follow who leaves the conference, and who comes when there is no caller."""
        call_id, event = form.get("call"), form.get("StatusCallbackEvent")
        if event == "participant-leave" and form.get("CallSid") == call_id:
            # A caller who is brought back leaves it as well.
            handover = await self._transfers.read(call_id)
            if handover is not None and handover.phase is not Phase.RETURNING:
                await self._transfers.left(call_id)
        return ""

    async def _waits(self, call_id: str, handover: Handover) -> bool:
        """Return whether the caller still waits for this person."""
        if handover.phase not in (Phase.RINGING, Phase.ASKED):
            return False
        if await self._transfers.caller_is_there(call_id, handover):
            return True
        await self._transfers.left(call_id)
        return False

    def _gone(self, handover: Handover | None) -> str:
        """Return what a person hears who comes too late."""
        return self._host.documents.say("gone", handover.language if handover else self._host.settings.language)

    def _line(self, form: Form) -> Line | None:
        ours = own_addresses(form.get("From"), form.get("To"), form.get("Direction") or "inbound")
        return self._host.settings.line(*ours)

    def _say(self, form: Form, name: Spoken) -> str:
        line = self._line(form) or self._host.settings.default_line
        return self._host.documents.say(name, line.language)


def _is_machine(form: Form) -> bool:
    answered_by = form.get("AnsweredBy")
    return answered_by.startswith("machine") or answered_by == "fax"


def _seconds(written: str) -> float:
    """Return a duration of the carrier's; 0 for one that is none."""
    return float(written[:9]) if written.isdecimal() and written.isascii() else 0.0
