"""A carrier in virtual time, with a bridge of prepared documents behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from ivr.call.ports import WireClosed
from ivr.testbench import virtual_time
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import CarrierOptions, FarParty, TwilioCarrier
from ivr.testbench.twilio.http import BridgeAddress

ACCOUNT, TOKEN, PUBLIC = "AC" + "a" * 32, "12345", "https://ivr.example.com"
CALLER, DESK = "+966500000001", "+966110000099"
STREAM = '<Connect><Stream url="wss://ivr.example.com/media"/></Connect>'
AUDIBLE = ("say", "play", "beep", "ringing", "music", "talk")

Document = str | int | httpx.Response | Callable[[dict[str, str]], str]


@dataclass
class Bridge:
    """Answers webhooks with documents by path, and says nothing in streams."""

    documents: Mapping[str, Document]
    talk: Callable[[MemoryWire], Awaitable[None]] | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and form of each request, GET's too."""
    requests: list[httpx.Request] = field(default_factory=list)
    sockets: list[float] = field(default_factory=list)
    tasks: list[asyncio.Future[None]] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True)) or dict(request.url.params)
        self.asked.append((request.url.path, form))
        self.requests.append(request)
        found = self.documents.get(request.url.path, 404)
        if callable(found):
            found = found(form)
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        if isinstance(found, int):
            return httpx.Response(found)
        return httpx.Response(200, text=f"<Response>{found}</Response>", headers={"content-type": "text/xml"})

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> MemoryWire:
        del url, headers, timeout
        self.sockets.append(asyncio.get_running_loop().time())
        near, far = wire_pair()
        self.tasks.append(asyncio.ensure_future(self._listen(far)))
        return near

    async def _listen(self, wire: MemoryWire) -> None:
        with contextlib.suppress(WireClosed):
            if self.talk is not None:
                await self.talk(wire)
            while True:
                await wire.receive()

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == path]


@dataclass
class Office:
    """What came of a run."""

    carrier: TwilioCarrier
    bridge: Bridge
    record: PhoneRecord = field(default_factory=PhoneRecord)
    found: Any = None

    def heard(self, record: PhoneRecord | None = None) -> list[tuple[float, str, str]]:
        """Everything audible, in order, with its time."""
        chosen = record or self.record
        return [(round(entry.t, 3), entry.kind, entry.detail) for entry in chosen.entries if entry.kind in AUDIBLE]


Beside = Callable[[TwilioCarrier, httpx.AsyncClient], Awaitable[Any]]


def run(
    documents: Mapping[str, Document],
    *,
    people: Mapping[str, FarParty] | None = None,
    caller: FarParty | None = None,
    beside: Beside | None = None,
    dial_in: bool = True,
    talk: Callable[[MemoryWire], Awaitable[None]] | None = None,
    phone: PhoneOptions | None = None,
    **options: Any,
) -> Office:
    """Call in (unless told otherwise) while `beside` uses the REST interface; return when all legs are over."""
    bridge = Bridge(documents, talk)
    chosen = CarrierOptions(**{"settle_s": 120.0, **options}, seed=1, people=people or {}, caller=caller or FarParty())

    async def main() -> Office:
        carrier = TwilioCarrier(
            auth_token=TOKEN,
            account_sid=ACCOUNT,
            bridge=BridgeAddress.of("http://127.0.0.1:8000", PUBLIC),
            options=chosen,
            phone=phone or PhoneOptions(),
            transport=httpx.MockTransport(bridge.answer),
            connect=bridge.connect,
        )
        office = Office(carrier, bridge)
        rest = httpx.AsyncClient(
            transport=httpx.ASGITransport(carrier.switchboard.app()), base_url="http://carrier", auth=(ACCOUNT, TOKEN)
        )
        async with rest, carrier:
            using = asyncio.ensure_future(beside(carrier, rest)) if beside else None
            if dial_in:
                office.record = await carrier.call_in(
                    f"{PUBLIC}/voice", from_words(["wait"]), caller=CALLER, called="+1", record=office.record
                )
            office.found = await using if using else None
        await asyncio.gather(*bridge.tasks)
        return office

    return virtual_time.run(main(), limit=600)


def calls(more: str = "") -> str:
    return f"/2010-04-01/Accounts/{ACCOUNT}/Calls{more}.json"
