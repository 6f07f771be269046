"""A speech service of a few lines for these tests: in memory, scripted to the frame, in virtual time.

Audio can be told apart: every byte of request n has the value n. A request that arrives before the one before it ended
is counted as a violation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from ivr.call.ports import TtsError
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.pool.socket import SpeechSocket
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.testbench import virtual_time
from ivr.upstream.breaker import BreakerLimits

T = TypeVar("T")

ACK = '{"type":"ack","payload":{"message":"Real time text to speach connection establesh"}}'
END = '{"type":"end","payload":{"message":"End of TTS stream"}}'
INFO = '{"type":"info","payload":{"message":"Connected to realtime WebSocket server"}}'
TEXT = "أهلا وسهلا بك في خدمتنا"
KEY = "sk-secret-0123"
CONNECT = 1.15
TICK = 1e-6
"""Seconds that keep frames of the same moment in order."""
WHOLE = 80000
"""Bytes of a `good` reply."""


@dataclass(frozen=True)
class Shut:
    """The service closes the socket with this code; 1006: it just dies."""

    code: int = 1000


Item: TypeAlias = str | bytes | Shut
Reply: TypeAlias = Sequence[tuple[float, Item]]
"""Seconds after the frame before (or the request), and what is sent then."""


def sound(number: int, size: int) -> bytes:
    return bytes([number]) * size


def good(number: int, *, frames: int = 3, gap: float = 0.2) -> Reply:
    """A whole sentence: first audio after 450 ms, faster than real time."""
    return [(0.03, ACK), (0.42, sound(number, 16000)), *[(gap, sound(number, 32000))] * (frames - 1), (0.01, END)]


def degenerate(number: int) -> Reply:
    return [(0.03, ACK), (0.26, sound(number, 640)), (0.007, END)]


def error(message: str) -> str:
    return json.dumps({"type": "error", "payload": {"message": message}})


class Socket:
    """The client's end of one connection, with the surface of the WebSocket library's."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.requests: list[dict[str, Any]] = []
        self.closed_by_client = False
        self.busy = False
        self.alive = True
        self._frames: asyncio.Queue[Item] = asyncio.Queue()
        self._timers: list[asyncio.TimerHandle] = []
        self._shut: Shut | None = None

    async def send(self, message: str, /) -> None:
        if self.service.send_stalls:
            await asyncio.Event().wait()
        self._raise_if_shut()
        if self.alive:
            self.service.asked(self, json.loads(message))

    async def recv(self) -> str | bytes:
        self._raise_if_shut()
        item = await self._frames.get()
        if isinstance(item, Shut):
            self._shut = item
            self._raise_if_shut()
        assert not isinstance(item, Shut)
        return item

    async def close(self) -> None:
        self.closed_by_client = True
        for timer in self._timers:
            timer.cancel()
        if self.service.close_stalls:
            await asyncio.Event().wait()

    def play(self, reply: Reply) -> None:
        loop = asyncio.get_running_loop()
        when = loop.time()
        for delay, item in reply:
            when += delay + TICK
            self._timers.append(loop.call_at(when, self._emit, item))

    def _emit(self, item: Item) -> None:
        if isinstance(item, str) and not item.startswith('{"type":"ack"'):
            self.busy = False
        self._frames.put_nowait(item)

    def _raise_if_shut(self) -> None:
        if self._shut is None:
            return
        if self._shut.code == 1006:
            raise ConnectionClosedError(None, None)
        close = Close(self._shut.code, "")
        raise (ConnectionClosedOK if self._shut.code in {1000, 1001} else ConnectionClosedError)(close, None)


class ProbedSocket(Socket):
    """A connection that can be pinged."""

    @property
    def is_open(self) -> bool:
        return self._shut is None and not self.service.closing

    async def ping(self, heard: Callable[[], None]) -> None:
        self.service.pings += 1
        if self.alive:
            asyncio.get_running_loop().call_later(0.1, heard)


@dataclass
class Service:
    """What the service does, request by request; then `good` replies."""

    replies: list[Reply] = field(default_factory=list)
    connects: list[float | Exception] = field(default_factory=list)
    """Delay or failure of each connect; then `CONNECT`."""
    greeting: Reply = ((0.0, INFO),)
    on_end: Reply = ()
    """What follows every `end`, on the same socket."""
    probed: bool = False
    send_stalls: bool = False
    close_stalls: bool = False
    closing: bool = False
    sockets: list[Socket] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    attempts: int = 0
    requests: int = 0
    speech: SpeechService = field(init=False)
    """The client under test, once a story runs."""
    last: dict[str, Any] = field(default_factory=dict)
    """What was asked last."""
    violations: int = 0
    pings: int = 0
    default: Callable[[int], Reply] = good

    async def connect(self, settings: HamsaSettings) -> SpeechSocket:
        self.attempts += 1
        outcome = self.connects.pop(0) if self.connects else CONNECT
        if isinstance(outcome, Exception):
            raise outcome
        await asyncio.sleep(outcome)
        socket = (ProbedSocket if self.probed else Socket)(self)
        self.sockets.append(socket)
        socket.play(self.greeting)
        return socket

    def asked(self, socket: Socket, request: dict[str, Any]) -> None:
        self.requests += 1
        self.violations += socket.busy
        socket.busy = True
        socket.requests.append(request)
        self.last = request["payload"]
        reply = self.replies.pop(0) if self.replies else self.default(self.requests)
        socket.play([*reply, *self.on_end])

    def note(self, name: str, fields: Any) -> None:
        assert KEY not in repr(fields)
        assert TEXT not in repr(fields)
        self.notes.append((name, dict(fields)))

    def noted(self, name: str) -> list[dict[str, Any]]:
        return [fields for noted, fields in self.notes if noted == name]


def settings(**changes: Any) -> HamsaSettings:
    return HamsaSettings(url="ws://service/v1/realtime/ws", api_key=KEY, **changes)


async def said(voice: Synthesizer, text: str = TEXT, quiet_at: float = 0.0) -> bytes:
    return b"".join([chunk.audio async for chunk in voice.speak(text, quiet_at)])


async def rate_of(voice: Synthesizer) -> int:
    """Return the rate of a sentence's audio, which is the same in all of its chunks."""
    (rate,) = {chunk.rate async for chunk in voice.speak(TEXT)}
    return rate


def now() -> float:
    return asyncio.get_running_loop().time()


def approx(seconds: float) -> Any:
    return pytest.approx(seconds, abs=0.001)


async def failure(voice: Synthesizer, text: str = TEXT) -> str:
    """Why a sentence failed."""
    with pytest.raises(TtsError) as failed:
        await said(voice, text)
    return failed.value.reason


async def started(voice: Synthesizer) -> asyncio.Task[bytes]:
    """A sentence that is being said and has given out its first audio."""
    task = asyncio.create_task(said(voice))
    await asyncio.sleep(0.5)
    return task


async def cancelled(task: asyncio.Task[bytes]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


ON_DEMAND = SpeechServiceOptions(spare_links=0, links_per_call=0.0, breaker=BreakerLimits(failures=1_000_000))
"""No spare links and no breaker, so that a story has each link for its own reason."""


def on_demand(client: HamsaSettings, **others: Any) -> SpeechService:
    """Make a client that opens links on demand, with pauses that do not vary."""
    return SpeechService(client, ON_DEMAND, chance=lambda: 0.5, **others)


def speech_service(service: Service, client: HamsaSettings, **others: Any) -> SpeechService:
    """Make the client of a scripted service."""
    service.speech = on_demand(client, connect=service.connect, note=service.note, **others)
    return service.speech


async def shut(service: Service) -> None:
    """Close the client, and see that nothing is left: no task, no socket, within a second."""
    started = now()
    await service.speech.aclose()
    assert now() - started < 1.0
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("hamsa")] == []
    assert all(socket.closed_by_client for socket in service.sockets)
    assert service.violations == 0


def with_voice(service: Service, story: Callable[[Synthesizer], Awaitable[T]], **changes: Any) -> T:
    """Run a story with a synthesizer in virtual time, then see that nothing is left of it."""

    async def scene() -> T:
        voice = speech_service(service, settings(**changes)).synthesizer_for(settings(**changes))
        try:
            return await story(voice)
        finally:
            await shut(service)

    return virtual_time.run(scene())


def with_ears(service: Service, story: Callable[[Transcriber], Awaitable[T]], **changes: Any) -> T:
    """Run a story with a transcriber in virtual time, then see that nothing is left of it."""

    async def scene() -> T:
        ears = speech_service(service, settings(**changes)).transcriber_for(settings(**changes))
        try:
            return await story(ears)
        finally:
            await shut(service)

    return virtual_time.run(scene())
