"""Be the carrier of a bridge: calls in, calls out over REST, and people at the far end of each.

`place_call` asks the voice webhook (signed), reads the document in the answer, opens the media stream, plays the
scenario in it, and goes on with the verbs behind `</Connect>` when the stream is over. It returns a `PhoneRecord` with
what the caller heard and all that happened. `TwilioCarrier` does so for any number of calls of one account, and places
those that a REST client asks for. Faults of the bridge stand in the records; they are not raised.

Time is the loop's: real on a socket, virtual with `connect` and `transport` given. Any number of calls run at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Final

import httpx

from ivr.testbench.phone.caller_audio import render
from ivr.testbench.phone.messages import Ids, new_sid
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.phone.script import CallerScript, PhoneScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.http import BridgeAddress, Webhooks
from ivr.testbench.twilio.legs.callbacks import CALL_EVENTS, StatusReports
from ivr.testbench.twilio.legs.created import CallOrder, run_created
from ivr.testbench.twilio.legs.leg import Follow, Leg, Numbers
from ivr.testbench.twilio.legs.office import CentralOffice
from ivr.testbench.twilio.legs.table import PERFORM
from ivr.testbench.twilio.options import CarrierOptions
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.rest import Switchboard
from ivr.testbench.twilio.signing import SharedKey, Signer
from ivr.testbench.twilio.socket import OpenStream, StreamRefused, open_socket
from ivr.testbench.twilio.stream import Clock

__all__ = [
    "CarrierOptions", "FarParty", "Leg", "OpenStream", "SharedKey", "StreamRefused", "Switchboard", "TwilioCarrier",
    "open_socket", "place_call",
]  # fmt: skip

ASK_EVERY: Final = 0.25
"""Seconds between two questions whether the agent owes an answer."""
USUAL: Final = CarrierOptions()
USUAL_PHONE: Final = PhoneOptions()


class TwilioCarrier:
    """Be the carrier of one account, while an `async with` block runs."""

    def __init__(
        self,
        *,
        auth_token: str,
        account_sid: str,
        bridge: BridgeAddress | None = None,
        voice: Callable[[str], bytes] | None = None,
        phone: PhoneOptions = USUAL_PHONE,
        options: CarrierOptions = USUAL,
        switchboard: Switchboard | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: OpenStream = open_socket,
    ) -> None:
        """Take the account, where the bridge listens, and how the carrier behaves: see `place_call`."""
        self._auth_token, self._account_sid = auth_token, account_sid
        self._bridge = bridge or BridgeAddress()
        self._voice, self._phone, self._options, self._connect = voice, phone, options, connect
        self.switchboard = switchboard or Switchboard(account_sid, auth_token)
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
        self.office: CentralOffice = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<TwilioCarrier {self.switchboard!r}>"

    async def __aenter__(self) -> TwilioCarrier:
        chance = random.Random(self._options.seed)
        signer = Signer(self._auth_token, self._options.shared_key, self._options.honesty)
        self.office = CentralOffice(
            self._account_sid,
            self._options,
            self._phone,
            Webhooks(self._client, signer, self._bridge, chance),
            self._connect,
            Clock(self._options.speed),
            chance,
            self.switchboard,
            self._voice,
        )
        self.switchboard.placers.append(self.place)
        self.switchboard.now = self.office.clock.now
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if fault is None:
                await self.office.settle()
        finally:
            self.switchboard.placers.remove(self.place)
            await self.office.stop()
            await self._client.aclose()

    @property
    def legs(self) -> list[Leg]:
        """Return every leg so far, in the order in which they began."""
        return list(self.office.legs)

    def leg_to(self, address: str) -> Leg:
        """Return the last leg that was dialled at an address. Raises LookupError."""
        for leg in reversed(self.legs):
            if leg.to == address and leg.direction != "inbound":
                return leg
        raise LookupError(f"{address} was not dialled")

    async def call_in(
        self,
        url: str,
        scenario: Scenario | CallerScript,
        *,
        caller: str,
        called: str,
        record: PhoneRecord | None = None,
        call_sid: str = "",
        party: FarParty | None = None,
    ) -> PhoneRecord:
        """Call the bridge's number, whose voice webhook is at the public `url`. Return when that call is over."""
        script = await script_of(scenario, self._voice)
        leg = self.inbound(caller=caller, called=called, script=script, record=record, call_sid=call_sid, party=party)
        await leg.run_inbound(Follow(url, method=self._options.method, fallback=self._options.fallback_url))
        return leg.record

    def inbound(
        self,
        *,
        caller: str,
        called: str,
        script: CallerScript | None = None,
        record: PhoneRecord | None = None,
        call_sid: str = "",
        party: FarParty | None = None,
        reports: StatusReports | None = None,
    ) -> Leg:
        """Return the leg of a call at the bridge's number; `run_inbound` runs it."""
        office = self.office
        ids = Ids(office.account_sid, call_sid or new_sid("CA", office.chance), new_sid("MZ", office.chance))
        return Leg(
            office,
            Numbers(caller, called),
            PERFORM,
            ids=ids,
            party=self._options.caller if party is None else party,
            script=script,
            record=record,
            reports=reports or StatusReports(self._options.status_callback, CALL_EVENTS),
        )

    async def place(self, form: Mapping[str, str], events: Sequence[str]) -> Leg:
        """Place a call that a REST client asks for; its form was checked. It runs on by itself."""
        office, party = self.office, self.office.party(form["To"])
        script = party.script() if party.script is not None else None
        if party.scenario is not None:
            script = await script_of(party.scenario, self._voice)
        reports = StatusReports(
            form.get("StatusCallback", ""), events or ("completed",), form.get("StatusCallbackMethod", "POST")
        )
        leg = Leg(
            office,
            Numbers(form["From"], form["To"]),
            PERFORM,
            direction="outbound-api",
            party=party,
            script=script,
            reports=reports,
        )
        office.spawn(run_created(leg, CallOrder.of(form)))
        # The stream of a call may open before the request that created it is answered.
        if self._options.created_after_s:
            await office.clock.sleep(self._options.created_after_s)
        return leg


async def place_call(
    url: str,
    scenario: Scenario | CallerScript,
    *,
    auth_token: str,
    account_sid: str,
    caller: str,
    called: str,
    public_url: str | None = None,
    voice: Callable[[str], bytes] | None = None,
    record: PhoneRecord | None = None,
    phone: PhoneOptions = USUAL_PHONE,
    options: CarrierOptions = USUAL,
    switchboard: Switchboard | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    connect: OpenStream = open_socket,
    owes: Callable[[], Awaitable[bool | None]] | None = None,
) -> PhoneRecord:
    """Call the bridge whose voice webhook is at `url` and play `scenario`. Return when the call is over.

    `scenario`: a list of steps, or whatever else decides what the caller does, such as a `PromptedScript`.
    `public_url` is the bridge's own name for itself: requests are signed with it and sent to the origin of `url`.
    `voice` turns a text of the scenario into mu-law at 8 kHz; it runs in a thread, before the call.
    `record` is an empty record to fill: the caller of this function can watch it, or keep it after a cancellation.
    `owes` tells whether the agent's answer is still to come; None: the bridge will not tell.
    `switchboard` lets a REST client act on the call, and create others, which end before this returns. Raises
    `ScenarioError` before the call, ValueError when `url` is not an http URL, and `WireViolation` when `phone` is
    strict. Anything else the bridge does is in the record.
    """
    # Rendering comes first: a slow voice must not delay the first chunks of the stream.
    played = await script_of(scenario, voice)
    bridge = BridgeAddress.of(url, public_url)
    carrier = TwilioCarrier(
        auth_token=auth_token,
        account_sid=account_sid,
        bridge=bridge,
        voice=voice,
        phone=phone,
        options=options,
        switchboard=switchboard,
        transport=transport,
        connect=connect,
    )
    async with carrier:
        asking = asyncio.create_task(_ask(owes, played)) if owes is not None else None
        try:
            return await carrier.call_in(
                bridge.public_url(url), played, caller=caller, called=called, record=record, call_sid=options.call_sid
            )
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)


async def script_of(scenario: Scenario | CallerScript, voice: Callable[[str], bytes] | None) -> CallerScript:
    """Return the script of a scenario. Raises `ScenarioError`."""
    if not isinstance(scenario, Scenario):
        return scenario
    return PhoneScript(scenario, await asyncio.to_thread(render, scenario, voice))


async def _ask(owes: Callable[[], Awaitable[bool | None]], script: CallerScript) -> None:
    """Tell the script again and again whether the agent owes an answer, until the bridge does not tell."""
    while (owed := await owes()) is not None:
        script.agent_owes = owed
        await asyncio.sleep(ASK_EVERY)
    script.agent_owes = False
