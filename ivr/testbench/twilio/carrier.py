"""Place a call at a bridge, as Twilio does when a caller dials the bridge's number.

`place_call` asks the voice webhook (signed), reads the document in the answer, opens the media stream, plays the
scenario in it, and goes on with the verbs behind `</Connect>` when the stream is over. It returns a `PhoneRecord` with
what the caller heard and all that happened. Faults of the bridge stand in the record; they are not raised.

Time is the loop's: real on a socket, virtual with `connect` and `transport` given. Any number of calls run at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from ivr.testbench.phone.caller_audio import render
from ivr.testbench.phone.messages import Ids, new_sid
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.phone.script import CallerScript, PhoneScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.call_flow import CallFlow, CarrierOptions, Numbers
from ivr.testbench.twilio.http import BridgeAddress, Webhooks
from ivr.testbench.twilio.rest import Switchboard
from ivr.testbench.twilio.signing import SharedKey, Signer
from ivr.testbench.twilio.socket import OpenStream, StreamRefused, open_socket
from ivr.testbench.twilio.stream import Clock

__all__ = ["CarrierOptions", "OpenStream", "SharedKey", "StreamRefused", "Switchboard", "open_socket", "place_call"]

ASK_EVERY: Final = 0.25
"""Seconds between two questions whether the agent owes an answer."""
USUAL: Final = CarrierOptions()
USUAL_PHONE: Final = PhoneOptions()


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
    `switchboard` lets a REST client act on the call. Raises `ScenarioError` before the call, ValueError when `url`
    is not an http URL, and `WireViolation` when `phone` is strict. Anything else the bridge does is in the record.
    """
    # Rendering comes first: a slow voice must not delay the first chunks of the stream.
    played = scenario if not isinstance(scenario, Scenario) else await _script_of(scenario, voice)
    chance = random.Random(options.seed)
    bridge, record = BridgeAddress.of(url, public_url), PhoneRecord() if record is None else record
    signer = Signer(auth_token, options.shared_key, options.honesty)
    async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as client:
        call = CallFlow(
            Ids(account_sid, options.call_sid or new_sid("CA", chance), new_sid("MZ", chance)),
            Numbers(caller, called),
            record,
            played,
            options=options,
            phone=phone,
            webhooks=Webhooks(client, signer, bridge, chance),
            connect=connect,
            clock=Clock(options.speed),
            chance=chance,
        )
        if switchboard is not None:
            switchboard.add(call)
        asking = asyncio.create_task(_ask(owes, played)) if owes is not None else None
        try:
            await call.run(bridge.public_url(url))
        finally:
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
    return record


async def _script_of(scenario: Scenario, voice: Callable[[str], bytes] | None) -> CallerScript:
    """Return the script of a scenario. Raises `ScenarioError`."""
    return PhoneScript(scenario, await asyncio.to_thread(render, scenario, voice))


async def _ask(owes: Callable[[], Awaitable[bool | None]], script: CallerScript) -> None:
    """Tell the script again and again whether the agent owes an answer, until the bridge does not tell."""
    while (owed := await owes()) is not None:
        script.agent_owes = owed
        await asyncio.sleep(ASK_EVERY)
    script.agent_owes = False
