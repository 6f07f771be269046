"""Many calls on one speech_service and the mock service, in virtual time: what each waited, and what came of it."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette

from ivr.call.ports import SttError, TtsError
from ivr.hamsa.options import HamsaSettings, SpeechServiceOptions
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.rest import SpeechRest
from ivr.hamsa.stats import SpeechStats
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.testbench import virtual_time
from ivr.testbench.hamsa import rest as hamsa_rest
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule

SETTINGS = HamsaSettings(url="ws://localhost/v1/realtime/ws", api_key="key")
PCM = bytes(16000)
"""A second of what a caller says."""
REPLY = ["x" * 32, "x" * 65, "x" * 89, "x" * 111]
"""Four sentences: 30 s of audio."""
UP = 5.0
"""Seconds the process runs before the first call."""


class Streaming(httpx.AsyncBaseTransport):
    """An application's answers while they come; httpx's own transport waits for their end. A connection costs 1 s."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1.0)
        content = await request.aread()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.url.path,
            "raw_path": request.url.raw_path,
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }
        events: asyncio.Queue[Any] = asyncio.Queue()
        gone = asyncio.Event()
        asked = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Any:
            if asked:
                return asked.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def serve() -> None:
            try:
                await self._app(scope, receive, events.put)
            except Exception:
                events.put_nowait(None)

        task = asyncio.create_task(serve())
        head = await events.get()
        if head is None:
            raise httpx.ReadError("")
        return httpx.Response(head["status"], headers=head["headers"], stream=_Body(events, gone, task))


class _Body(httpx.AsyncByteStream):
    def __init__(self, events: asyncio.Queue[Any], gone: asyncio.Event, task: asyncio.Task[None]) -> None:
        self._events = events
        self._gone = gone
        self._task = task

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            event = await self._events.get()
            if event is None:
                raise httpx.ReadError("")
            yield event.get("body", b"")
            more = event.get("more_body", False)

    async def aclose(self) -> None:
        self._gone.set()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@dataclass
class Crowd:
    """The calls of one run. Times in seconds."""

    rules: Sequence[str] = ()
    options: SpeechServiceOptions = field(default_factory=SpeechServiceOptions)
    rest: bool = False
    profile: Mapping[str, Any] = field(default_factory=dict)
    live: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """Sentences and utterances that failed, by reason."""
    misheard: int = 0
    """Sentences whose audio has not the length of the text."""
    firsts: list[float] = field(default_factory=list)
    """From each request to its first audio."""
    silences: list[float] = field(default_factory=list)
    """What each caller heard nothing for, while a sentence was owed."""
    hearings: list[float] = field(default_factory=list)
    tallies: list[SpeechStats] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    mock: MockHamsa = field(init=False)
    speech_service: SpeechService = field(init=False)

    def run(self, call: Callable[[Crowd, int], Any], calls: int, spread: float = 0.0) -> Crowd:
        """So many calls arrive, evenly within `spread` seconds; until all are over."""
        virtual_time.run(self._run(call, calls, spread), limit=100_000)
        return self

    def total(self, figure: str) -> int:
        return sum(getattr(tally, figure) for tally in self.tallies)

    @property
    def reuse(self) -> float:
        return self.total("reused") / max(1, self.total("requests"))

    @property
    def waited(self) -> float:
        """The longest wait for a link."""
        return max(tally.waited for tally in self.tallies)

    def __str__(self) -> str:
        return (
            f"{sum(self.failed.values())} failed, {self.mock.stats.connects} connects "
            f"({self.mock.stats.refused} refused), {self.total('requests')} requests, reuse {self.reuse:.1%}, "
            f"{self.total('rest')} over REST, {self.total('degenerate')} degenerate, {self.total('resumed')} resumed; "
            f"longest wait for a link {self.waited:.2f} s; first audio mean {statistics.mean(self.firsts):.3f} s, "
            f"max {max(self.firsts):.2f} s; longest silence {max(self.silences):.2f} s"
        )

    async def _run(self, call: Callable[[Crowd, int], Any], calls: int, spread: float) -> None:
        self.mock = MockHamsa(
            HamsaProfile(rules=tuple(map(parse_rule, self.rules)), transcript="hello", **self.profile)
        )
        app = Starlette(routes=hamsa_rest.routes(self.mock))
        rest = SpeechRest("http://localhost/v1/realtime", "key", transport=Streaming(app))
        self.speech_service = SpeechService(
            SETTINGS,
            self.options,
            rest=rest if self.rest else None,
            connect=MemoryHamsa(self.mock).connect,
            note=lambda name, _: self.notes.update([name]),
            calls=lambda: self.live,
            chance=Random(1).random,
        )
        self.speech_service.open()
        await asyncio.sleep(UP)

        async def arrive(number: int) -> None:
            await asyncio.sleep(spread * number / calls)
            self.live += 1
            await call(self, number)
            self.live -= 1

        await asyncio.gather(*map(arrive, range(calls)))
        await self.speech_service.aclose()
        await rest.aclose()
        assert not self.mock.stats.violations
        assert (self.mock.stats.open_sockets, self.mock.stats.in_flight) == (0, 0)
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("hamsa")]

    def speaker(self) -> Synthesizer:
        voice = self.speech_service.synthesizer_for(SETTINGS)
        self.tallies.append(voice.stats)
        return voice

    def listener(self) -> Transcriber:
        ears = self.speech_service.transcriber_for(SETTINGS)
        self.tallies.append(ears.stats)
        return ears

    async def say(self, voice: Synthesizer, text: str, dry_at: float) -> float:
        """One sentence; when the caller will have heard it, who until `dry_at` hears what was said before."""
        began, size = _now(), 0
        try:
            async for audio in voice.speak(text, dry_at):
                if not size:
                    self.firsts.append(_now() - began)
                self.silences.append(max(0.0, _now() - max(began, dry_at)))
                size += len(audio.audio)
                dry_at = max(dry_at, _now()) + len(audio.audio) / 32000
        except TtsError as failed:
            self.failed[failed.reason] += 1
        else:
            self.misheard += not 70 * len(text) < size / 32 < 120 * len(text)
        return dry_at

    async def hear(self, ears: Transcriber) -> None:
        began = _now()
        try:
            assert await ears.transcribe(PCM) == "hello"
        except SttError as failed:
            self.failed[failed.reason] += 1
        self.hearings.append(_now() - began)


async def conversation(crowd: Crowd, number: int) -> None:
    """A greeting from the cache, then three questions, each answered in four sentences."""
    chance, voice, ears = Random(number), crowd.speaker(), crowd.listener()
    await asyncio.gather(voice.open(), ears.open(), asyncio.sleep(4 + 3 * chance.random()))
    for _ in range(3):
        await crowd.hear(ears)
        await asyncio.sleep(1.5)
        dry_at = 0.0
        for text in REPLY:
            dry_at = await crowd.say(voice, text, dry_at)
        await asyncio.sleep(max(0.0, dry_at - _now()) + 1 + 3 * chance.random())
    await voice.aclose()
    await ears.aclose()


def monologue(sentences: int) -> Callable[[Crowd, int], Any]:
    """A call that says so many sentences, four in a row."""

    async def call(crowd: Crowd, number: int) -> None:
        voice, dry_at = crowd.speaker(), 0.0
        await asyncio.sleep(0.7 * number)
        for place in range(sentences):
            dry_at = await crowd.say(voice, REPLY[place % 4], dry_at)
            if place % 4 == 3:
                await asyncio.sleep(max(0.0, dry_at - _now()) + 1)
        await voice.aclose()

    return call


def _now() -> float:
    return asyncio.get_running_loop().time()
