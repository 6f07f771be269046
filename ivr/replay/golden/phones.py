"""Give a test a phone: it calls any Media Streams server, an ASGI application in this process or one behind a URL.

In virtual time a minute of a call takes milliseconds and is the same to the microsecond every time; there the server
runs in memory, without a port. Live, it is served on loopback or is wherever its URL says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette

from ivr.replay.golden.drivers import CallDriver, LiveDriver, VirtualDriver
from ivr.replay.golden.heard import HeardReply
from ivr.replay.golden.placed_call import CallView, PlacedCall, default_voice
from ivr.testbench.loopback import bound, plain, serving
from ivr.testbench.phone.phone import How, PhoneOptions
from ivr.testbench.phone.prompted import PromptedScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import SETTLE_MS, STEP_PATIENCE_S
from ivr.testbench.twilio.asgi import AnyAsgiApp, AsgiRefused, alive, websocket
from ivr.testbench.twilio.carrier import CarrierOptions, OpenStream, StreamRefused, open_socket, place_call
from ivr.testbench.twilio.stream import FarWire
from ivr.testbench.twilio.twiml import BAD_HANDSHAKE

T = TypeVar("T")

IN_MEMORY: Final = "https://bridge.test"
"""What an application in memory is called."""
USUAL_PATH: Final = "/voice"


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Hold how a test's phone calls. `@pytest.mark.phone(...)` and `phone.call(..., ...)` set any of them."""

    path: str = USUAL_PATH
    """Path of the voice webhook of an application."""
    live: bool = False
    """Whether an application is called in real time, on a port of loopback."""
    caller: str = "+15550100001"
    called: str = "+15550100002"
    token: str = "token-of-a-made-up-account"
    """Auth token that the requests are signed with."""
    account: str = "AC" + "7" * 32
    public_url: str | None = None
    """What the server calls itself, where that is not the URL that is called: requests are signed with it."""
    voice: Callable[[str], bytes] = default_voice
    """The caller's voice: a text as mu-law at 8 kHz."""
    settle_ms: float = SETTLE_MS
    """Milliseconds of silence after which the agent has finished."""
    phone: PhoneOptions = field(default_factory=PhoneOptions)
    seed: int | None = 1
    """Seed of ids and tokens; None: new ones each time."""

    def changed(self, more: Mapping[str, Any]) -> PhoneSettings:
        """Return the settings with some of them set. Raises TypeError for one that there is not."""
        return replace(self, **more)


class AsyncPhone:
    """Place the calls of a test that awaits, on the loop that runs it."""

    def __init__(self, settings: PhoneSettings | None = None, *, virtual: bool = True) -> None:
        self.settings = settings or PhoneSettings()
        self.calls: list[PlacedCall] = []
        self._virtual = virtual
        self._applications = contextlib.AsyncExitStack()
        self._origins: dict[int, str] = {}

    def __repr__(self) -> str:
        return f"<AsyncPhone {len(self.calls)} calls>"

    async def call(self, server: AnyAsgiApp | str, **settings: Any) -> PlacedCall:
        """Call a server, and return when its media stream is open. Raises CallFailed when it takes no call.

        `server`: an ASGI application, or the URL of a voice webhook. `settings`: see `PhoneSettings`.
        """
        chosen = self.settings.changed(settings)
        record, script = PhoneRecord(), PromptedScript(chosen.settle_ms)
        call = PlacedCall(script, record, chosen.voice)
        url, connect, transport = await self._way(server, chosen, call)
        self.calls.append(call)
        placing = asyncio.create_task(
            place_call(
                url,
                script,
                auth_token=chosen.token,
                account_sid=chosen.account,
                caller=chosen.caller,
                called=chosen.called,
                public_url=chosen.public_url,
                record=record,
                phone=chosen.phone,
                options=CarrierOptions(seed=chosen.seed),
                transport=transport,
                connect=connect,
            )
        )
        await call.start(placing)
        return call

    async def close(self) -> None:
        """End every call and stop the applications."""
        for call in self.calls:
            await call.close()
        await self._applications.aclose()

    async def _way(
        self, server: AnyAsgiApp | str, chosen: PhoneSettings, call: PlacedCall
    ) -> tuple[str, OpenStream, httpx.AsyncBaseTransport | None]:
        """Return how a server is reached: its voice URL, how its socket is opened, and what carries its HTTP."""
        if isinstance(server, str):
            if self._virtual:
                raise ValueError(f"{server}: there is no network in virtual time; give the application, or live=True")
            return server, open_socket, None
        if self._virtual:
            if id(server) not in self._origins:
                await self._applications.enter_async_context(alive(server))
                self._origins[id(server)] = IN_MEMORY
            transport = httpx.ASGITransport(server)
            return f"{IN_MEMORY}{chosen.path}", partial(_open_in_memory, server, call), transport
        if id(server) not in self._origins:
            listener = bound()
            self._origins[id(server)] = f"http://127.0.0.1:{listener.getsockname()[1]}"
            await self._applications.enter_async_context(serving(cast(Starlette, server), listener, _quiet))
        origin = self._origins[id(server)]
        return urljoin(origin, chosen.path), partial(_open_on_loopback, origin), None


async def _open_in_memory(
    app: AnyAsgiApp, call: PlacedCall, url: str, headers: Mapping[str, str], timeout: float
) -> FarWire:
    """Open the socket of an application, whatever host its document names."""
    try:
        async with asyncio.timeout(timeout):
            socket = await websocket(app, url, headers)
    except AsgiRefused as refused:
        raise StreamRefused(BAD_HANDSHAKE, f"HTTP {refused.status} where 101 belongs") from refused
    call.attach(socket)
    return socket


async def _open_on_loopback(origin: str, url: str, headers: Mapping[str, str], timeout: float) -> FarWire:
    """Open the socket of an application that is served on loopback, whatever host its document names."""
    parts = urlsplit(url)
    here = parts._replace(scheme="ws", netloc=urlsplit(origin).netloc)
    return await open_socket(here.geturl(), headers, timeout)


def _quiet(app: Any) -> uvicorn.Config:
    """Return the configuration of a server without logs; an application may know no lifespan."""
    config = plain(app)
    config.lifespan = "auto"
    return config


class StepCall(CallView):
    """Act as the caller, one line of a test after the other: `PlacedCall` for tests that do not await."""

    def __init__(self, call: PlacedCall, driver: CallDriver) -> None:
        super().__init__(call.record)
        self._call = call
        self._driver = driver

    def say(self, text: str, *, after_s: float = 0.0, patience_s: float = STEP_PATIENCE_S) -> None:
        """Say a text once the agent has finished. Returns with its last sound."""
        self._driver.run(self._call.say(text, after_s=after_s, patience_s=patience_s))

    def interrupt(self, text: str, *, after_ms: float = 1000.0, patience_s: float = STEP_PATIENCE_S) -> None:
        """Say a text over the agent, when the caller has heard this much of its reply."""
        self._driver.run(self._call.interrupt(text, after_ms=after_ms, patience_s=patience_s))

    def play(self, path: str | Path, *, patience_s: float = STEP_PATIENCE_S) -> None:
        """Play a WAV or raw mu-law file to the agent once it has finished."""
        self._driver.run(self._call.play(path, patience_s=patience_s))

    def press(self, digits: str, *, patience_s: float = STEP_PATIENCE_S) -> None:
        """Press keys once the agent has finished."""
        self._driver.run(self._call.press(digits, patience_s=patience_s))

    def listen(self, *, patience_s: float = STEP_PATIENCE_S) -> HeardReply:
        """Wait until the agent has spoken and finished; return what was heard since the caller's last act."""
        return self._driver.run(self._call.listen(patience_s=patience_s))

    def wait(self, seconds: float) -> None:
        """Let time pass on the line."""
        self._driver.run(self._call.wait(seconds))

    def wait_for_end(self, *, patience_s: float = STEP_PATIENCE_S) -> str:
        """Wait until the agent hangs up; return who ended the call."""
        return self._driver.run(self._call.wait_for_end(patience_s=patience_s))

    def hang_up(self, how: How = "stop") -> str:
        """Hang up, and wait until the server is through with the call; return who ended it."""
        return self._driver.run(self._call.hang_up(how))


class StepPhone:
    """Place the calls of a test that does not await. Each may be in virtual time or live."""

    def __init__(self, settings: PhoneSettings | None = None) -> None:
        self.settings = settings or PhoneSettings()
        self._phones: dict[bool, tuple[CallDriver, AsyncPhone]] = {}

    def __repr__(self) -> str:
        return f"<StepPhone {len(self.calls)} calls>"

    @property
    def calls(self) -> list[PlacedCall]:
        """Return the calls so far."""
        return [call for _, phone in self._phones.values() for call in phone.calls]

    def call(self, server: AnyAsgiApp | str, **settings: Any) -> StepCall:
        """Call a server, and return when its media stream is open: see `AsyncPhone.call`. A URL is called live."""
        live = isinstance(server, str) or self.settings.changed(settings).live
        if live not in self._phones:
            driver: CallDriver = LiveDriver() if live else VirtualDriver()
            self._phones[live] = driver, AsyncPhone(self.settings, virtual=not live)
        driver, phone = self._phones[live]
        return StepCall(driver.run(phone.call(server, **settings)), driver)

    def close(self) -> None:
        """End every call and stop the applications."""
        for driver, phone in self._phones.values():
            driver.run(phone.close())
            driver.close()
        self._phones.clear()


def run_awaiting(test: Callable[[AsyncPhone], Coroutine[Any, Any, T]], phone: AsyncPhone) -> T:
    """Run a test that awaits, in the time that its phone's settings name; its calls are over when it is."""
    driver: CallDriver = LiveDriver() if phone.settings.live else VirtualDriver()

    async def whole() -> T:
        try:
            return await test(phone)
        finally:
            await phone.close()

    try:
        return driver.run(whole())
    finally:
        driver.close()
