"""Give a test a carrier with people: whole calls at an ASGI application, in memory and in virtual time.

`carrier.people` says who is at the far end of each number. `call` places a call at the application, `create` has the
carrier ring a number as a REST client asks it to; both return when every leg is over. An application that uses the
REST interface itself gets `carrier.transport` for its HTTP client. On a port the same is `MockTwilio`
(`ivr.testbench.twilio.server`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import httpx

from ivr.replay.golden.drivers import VirtualDriver
from ivr.replay.golden.phones import IN_MEMORY, PhoneSettings
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.asgi import AnyAsgiApp, AsgiRefused, AsgiSocket, alive, websocket
from ivr.testbench.twilio.carrier import CarrierOptions, FarParty, Leg, StreamRefused, Switchboard, TwilioCarrier
from ivr.testbench.twilio.http import BridgeAddress
from ivr.testbench.twilio.twiml import BAD_HANDSHAKE

AUDIBLE_KINDS: Final = frozenset({"say", "play", "beep", "ringing", "music", "talk", "agent_speaks", "agent_silent"})
"""What a far party hears, by the kind of an entry of its record."""
SOCKETS_END_S: Final = 5.0
"""Seconds that the application gets to end its sockets after the call."""

During: TypeAlias = Callable[[TwilioCarrier, httpx.AsyncClient], Awaitable[object]]
"""What is done beside a call: it gets the carrier, and a client of its REST interface."""


@dataclass(frozen=True, slots=True)
class CarrierRun:
    """Hold what came of a call and of every leg of it."""

    carrier: TwilioCarrier
    first: Leg
    """The leg of the caller, or of the number that was rung."""

    @property
    def record(self) -> PhoneRecord:
        """Return the record of the first leg."""
        return self.first.record

    @property
    def heard(self) -> list[tuple[float, str, str]]:
        """Return what the first leg heard, in order: seconds, kind and detail."""
        return heard_on(self.first)

    @property
    def warnings(self) -> Mapping[int, str]:
        """Return the carrier's warnings on all legs, by number."""
        return {code: why for leg in self.carrier.legs for code, why in leg.record.warnings.items()}

    def leg_to(self, address: str) -> Leg:
        """Return the last leg that was dialled at an address. Raises LookupError."""
        return self.carrier.leg_to(address)

    def left_alone(self) -> list[tuple[float, float, str]]:
        """Return when a participant was alone in a conference that had begun: from, to, who."""
        conferences = self.carrier.switchboard.conferences.values()
        return [alone for conference in conferences for alone in conference.alone()]


def heard_on(leg: Leg) -> list[tuple[float, str, str]]:
    """Return what a leg heard, in order: seconds, kind and detail."""
    return [
        (round(entry.t, 3), entry.kind, entry.detail) for entry in leg.record.entries if entry.kind in AUDIBLE_KINDS
    ]


class StepCarrier:
    """Be the carrier of a test that does not await."""

    def __init__(self, settings: PhoneSettings | None = None) -> None:
        self.settings = settings or PhoneSettings()
        self.people: dict[str, FarParty] = {}
        """Who is at a number, `sip:...`, `client:...` or `queue:...`."""
        self.switchboard = Switchboard(self.settings.account, self.settings.token)
        self.runs: list[CarrierRun] = []
        self._driver = VirtualDriver()

    def __repr__(self) -> str:
        return f"<StepCarrier {len(self.runs)} calls, {len(self.people)} people>"

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """Return what carries an HTTP client's requests to the REST interface, whatever host they name."""
        return httpx.ASGITransport(self.switchboard.app())

    def call(
        self,
        app: AnyAsgiApp,
        *steps: str,
        caller: FarParty | None = None,
        during: During | None = None,
        **options: Any,
    ) -> CarrierRun:
        """Call an application. `steps`: the caller's part in media streams, in words; without any: listens.

        `caller`: what the caller does outside streams. `options`: fields of `CarrierOptions`.
        """
        chosen = replace(CarrierOptions(seed=self.settings.seed, caller=caller or FarParty()), **options)
        script = from_words(list(steps) or ["wait"])

        async def place(carrier: TwilioCarrier) -> None:
            url = f"{IN_MEMORY}{self.settings.path}"
            await carrier.call_in(url, script, caller=self.settings.caller, called=self.settings.called)

        return self._driver.run(self._whole(app, chosen, place, during))

    def create(self, app: AnyAsgiApp, *, to: str, during: During | None = None, **form: str) -> CarrierRun:
        """Ring a number as REST asks for it: `create(app, to="+1...", Url="/out", MachineDetection="Enable")`."""
        url = form.pop("Url", "")
        asked = {"To": to, "From": self.settings.called, **({"Url": _absolute(url)} if url else {}), **form}

        async def place(carrier: TwilioCarrier) -> None:
            await carrier.place(asked, ["initiated", "ringing", "answered", "completed"])

        return self._driver.run(self._whole(app, CarrierOptions(seed=self.settings.seed), place, during))

    def close(self) -> None:
        """End whatever still runs."""
        self._driver.close()

    async def _whole(
        self,
        app: AnyAsgiApp,
        options: CarrierOptions,
        place: Callable[[TwilioCarrier], Awaitable[None]],
        during: During | None,
    ) -> CarrierRun:
        """Run the application, the call, and what is done beside it. Raises what the application raises in a stream."""
        sockets: list[AsgiSocket] = []

        async def connect(url: str, headers: Mapping[str, str], timeout: float) -> AsgiSocket:
            try:
                async with asyncio.timeout(timeout):
                    sockets.append(await websocket(app, url, headers))
            except AsgiRefused as refused:
                raise StreamRefused(BAD_HANDSHAKE, f"HTTP {refused.status} where 101 belongs") from refused
            return sockets[-1]

        carrier = TwilioCarrier(
            auth_token=self.settings.token,
            account_sid=self.settings.account,
            bridge=BridgeAddress.of(IN_MEMORY, self.settings.public_url),
            voice=self.settings.voice,
            phone=self.settings.phone,
            options=replace(options, people=self.people),
            switchboard=self.switchboard,
            transport=httpx.ASGITransport(app),
            connect=connect,
        )
        login = (self.settings.account, self.settings.token)
        rest = httpx.AsyncClient(transport=self.transport, base_url="https://api.twilio.com", auth=login)
        async with alive(app), rest, carrier:
            beside = asyncio.ensure_future(during(carrier, rest)) if during is not None else None
            await place(carrier)
            if beside is not None:
                await beside
            await carrier.office.settle()
            done, late = (
                await asyncio.wait([s.serving for s in sockets], timeout=SOCKETS_END_S) if sockets else ((), ())
            )
            for task in late:
                task.cancel()
            for task in done:
                task.result()
        run = CarrierRun(carrier, carrier.legs[0])
        self.runs.append(run)
        return run


def _absolute(url: str) -> str:
    """Return the URL of a path of the application."""
    return f"{IN_MEMORY}{url}" if url.startswith("/") else url
