"""Run a session with fake peers and a phone by hand, in memory and in virtual time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, ReplyRequest, Transfer
from ivr.call.events import CallStarted, Event, ReplyDelta, ReplyEnded
from ivr.call.options import CallOptions
from ivr.call.ports import CallPorts, PhonePort, SttError, TtsChunk, TtsError, WireClosed
from ivr.call.timeline import Turn
from ivr.session.session import Session
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.virtual_time import run
from ivr.twilio.stream import Stream
from tests.call.stage import LOUD, QUIET, Loudness, options

SID = "MZ" + "0" * 32
CALL = "CA" + "0" * 32
ACCOUNT = "AC" + "0" * 32


@dataclass
class Speaker:
    """Speak `ms` of audio after `delay` seconds, or fail (TTS)."""

    rate: int = 8000
    encoding: Any = "mulaw"
    ms: int = 1000
    delay: float = 0.3
    fails: bool = False
    hangs: bool = False
    asked: list[str] = field(default_factory=list)
    stopped: int = 0
    opened: int = 0
    closed: int = 0
    quiets: list[float] = field(default_factory=list)
    """When the caller would run out of audio, for each sentence."""
    languages: list[str] = field(default_factory=list)
    """What each sentence was to be said in; empty: the line's language."""

    async def open(self) -> None:
        self.opened += 1

    async def speak(self, text: str, quiet_at: float = 0.0, language: str = "") -> AsyncGenerator[TtsChunk, None]:
        self.asked.append(text)
        self.languages.append(language)
        self.quiets.append(quiet_at)
        try:
            await asyncio.sleep(3600 if self.hangs else self.delay)
            if self.fails:
                raise TtsError("degenerate")
            for _ in range(self.ms // 20):
                yield TtsChunk(LOUD, self.rate, self.encoding)
                await asyncio.sleep(0.002)
        except asyncio.CancelledError:
            self.stopped += 1
            raise

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Listener:
    """Transcribe to fixed words (STT)."""

    words: list[str] = field(default_factory=lambda: ["hello", "again", "more"])
    heard: list[int] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    """What each utterance was taken to be in; empty: the line's language."""
    fails: bool = False
    hangs: bool = False
    closed: int = 0

    async def open(self) -> None:
        await asyncio.sleep(0.5)

    async def transcribe(self, pcm: bytes, language: str = "") -> str:
        self.heard.append(len(pcm))
        self.languages.append(language)
        await asyncio.sleep(3600 if self.hangs else 0.2)
        if self.fails:
            raise SttError("closed")
        return self.words.pop(0)

    async def aclose(self) -> None:
        self.closed += 1
        if self.hangs:
            await asyncio.sleep(3600)


@dataclass
class Answering:
    """Answer every request with one text (agent)."""

    text: str = "Here you are, this is it."
    hang_up: bool = False
    transfer_to: str | None = None
    breaks: bool = False
    requests: list[ReplyRequest] = field(default_factory=list)
    closed: int = 0

    async def warm(self) -> None:
        return None

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        try:
            await asyncio.sleep(0.2)
            if self.breaks:
                raise KeyError("a bug of ours")
            yield ReplyDelta(request.turn, self.text)
            yield ReplyEnded(request.turn, self.hang_up, self.transfer_to)
        finally:
            self.closed += 1


@dataclass
class Watching:
    happenings: list[tuple[float, Event, Sequence[Command]]] = field(default_factory=list)
    over: list[HangUp] = field(default_factory=list)

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.happenings.append((now, event, commands))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.over.append(hang_up)


class Phone:
    """Play the far end of the wire by hand."""

    def __init__(self, wire: MemoryWire) -> None:
        self.wire = wire
        self.got: list[dict[str, Any]] = []
        self.ms = 0
        self._free_at = 0.0

    async def say(self, **message: Any) -> None:
        await self.wire.send(json.dumps(message))

    async def start(self) -> None:
        await self.say(event="connected", protocol="Call", version="1.0.0")
        media = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        start: dict[str, Any] = {"accountSid": ACCOUNT, "streamSid": SID, "callSid": CALL, "tracks": ["inbound"]}
        start |= {"mediaFormat": media, "customParameters": {"token": "good"}}
        await self.say(event="start", sequenceNumber="1", streamSid=SID, start=start)

    async def audio(self, ms: int, frame: bytes = QUIET) -> None:
        for _ in range(ms // 20):
            await self.frame(frame)
            await asyncio.sleep(0.02)

    async def frame(self, frame: bytes = QUIET) -> None:
        payload = base64.b64encode(frame).decode()
        media = {"track": "inbound", "chunk": "1", "timestamp": str(self.ms), "payload": payload}
        await self.say(event="media", sequenceNumber="2", streamSid=SID, media=media)
        self.ms += 20

    async def key(self, digit: str) -> None:
        dtmf = {"track": "inbound_track", "digit": digit}
        await self.say(event="dtmf", streamSid=SID, sequenceNumber="1", dtmf=dtmf)

    async def mark(self, name: str) -> None:
        await self.say(event="mark", sequenceNumber="3", streamSid=SID, mark={"name": name})

    async def stop(self) -> None:
        await self.say(event="stop", sequenceNumber="9", streamSid=SID, stop={"accountSid": ACCOUNT, "callSid": CALL})

    async def listen(self) -> None:
        """Collect the messages of the bridge, and return marks when their audio was played."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                message = json.loads(await self.wire.receive())
                self.got.append(message)
                self._free_at = max(self._free_at, loop.time())
                if message["event"] == "media":
                    self._free_at += len(base64.b64decode(message["media"]["payload"])) / 8000
                elif message["event"] == "mark":
                    loop.call_at(self._free_at, self._return, message["mark"]["name"])
                else:
                    self._free_at = loop.time()
        except WireClosed:
            return

    def _return(self, name: str) -> None:
        mark = {"event": "mark", "sequenceNumber": "3", "streamSid": SID, "mark": {"name": name}}
        if not self.wire.over:
            task = asyncio.ensure_future(self.wire.send(json.dumps(mark)))
            task.add_done_callback(lambda done: done.exception())

    def audio_got(self) -> int:
        return sum(len(base64.b64decode(m["media"]["payload"])) for m in self.got if m["event"] == "media")


class DirectWire:
    """The bridge's end of a wire in memory, which the session listens to and writes to itself."""

    def __init__(self, wire: MemoryWire, *, paused: bool) -> None:
        self._paused = paused
        self.receive, self.send, self.close = wire.receive, wire.send, wire.close
        self.sent_now = 0

    async def listen(self, take: Callable[[str | bytes | None], bool]) -> NoReturn:
        while True:
            waits = take(await self.receive())
            while waits:
                await asyncio.sleep(0)
                waits = take(None)

    def send_now(self, messages: Iterable[str]) -> bool:
        for message in () if self._paused else messages:
            self.sent_now += 1
            # It waits for nothing.
            with contextlib.suppress(StopIteration):
                self.send(message).send(None)
        return not self._paused


def near_end(wire: MemoryWire, _depth: int | None) -> PhonePort:
    """Return what the session gets of the bridge's end of a wire."""
    return wire


def direct_end(wire: MemoryWire, depth: int | None) -> PhonePort:
    """Return it as a socket that the session reads and writes itself. One with a `depth` takes nothing at once."""
    return DirectWire(wire, paused=depth is not None)


@dataclass
class Scene:
    phone: Phone
    session: Session
    voice: Speaker
    ears: Listener
    agent: Answering
    seen: Watching
    hung_up: list[str]
    dialled: list[str] = field(default_factory=list)
    result: HangUp | None = None
    lasted: float = 0.0


def play(
    script: Callable[[Scene], Awaitable[None]],
    *,
    choices: CallOptions | None = None,
    voice: Speaker | None = None,
    ears: Listener | None = None,
    agent: Answering | None = None,
    carrier: str | None = "done",
    token: str = "good",
    depth: int | None = None,
) -> Scene:
    """Run a script against a session. Check that no task is left at the end.

    `carrier`: its answer to a transfer; None: no transfer is possible.
    """

    async def main() -> Scene:
        before = asyncio.all_tasks()
        near, far = wire_pair(depth=depth)
        parts = voice or Speaker(), ears or Listener(), agent or Answering()
        hung_up: list[str] = []

        async def hang_up(call_id: str) -> None:
            hung_up.append(call_id)

        dialled: list[str] = []

        async def hand_over(order: Transfer) -> str:
            dialled.append(order.number)
            await asyncio.sleep(0.2)
            return carrier or ""

        def compose(started: CallStarted, _: Session) -> CallPorts:
            call = Call(choices or options())
            return CallPorts(started, call, *parts, None if carrier is None else hand_over)

        seen = Watching()
        stream = Stream(lambda given, _: given == token, ACCOUNT)
        session = Session(near_end(near, depth), stream, compose, Loudness(), hang_up=hang_up, observer=seen)
        scene = Scene(Phone(far), session, *parts, seen, hung_up, dialled)
        listening = asyncio.create_task(scene.phone.listen())
        serving = asyncio.create_task(session.run())
        with contextlib.suppress(WireClosed):
            await script(scene)
        ended_at = asyncio.get_running_loop().time()
        scene.result = await serving
        scene.lasted = asyncio.get_running_loop().time() - ended_at
        far.drop()
        await listening
        left = asyncio.all_tasks() - before
        assert not left
        assert session._timer is None or session._timer.cancelled() or not session._requests
        return scene

    return run(main())
