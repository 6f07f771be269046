"""The shell: performs commands, feeds events, and leaves nothing behind. In memory, in virtual time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, ReplyRequest
from ivr.call.events import CallStarted, Event, ReplyDelta, ReplyEnded
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.hamsa.client import HearingError, SpeechError
from ivr.replay.memory import MemoryWire, wire_pair
from ivr.replay.virtual import run
from ivr.session import UNSENT_LIMIT, Party, Session, WireClosed
from ivr.twilio.stream import Stream
from tests.call.stage import LOUD, QUIET, Loudness, options, phrases

SID = "MZ" + "0" * 32
CALL = "CA" + "0" * 32
ACCOUNT = "AC" + "0" * 32


@dataclass
class Speaker:
    """A voice: so many ms of audio after so long, or a failure."""

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

    async def open(self) -> None:
        self.opened += 1

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        self.asked.append(text)
        try:
            await asyncio.sleep(3600 if self.hangs else self.delay)
            if self.fails:
                raise SpeechError("degenerate")
            for _ in range(self.ms // 20):
                yield LOUD
                await asyncio.sleep(0.002)
        except asyncio.CancelledError:
            self.stopped += 1
            raise

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Listener:
    """Ears with fixed words."""

    words: list[str] = field(default_factory=lambda: ["hello", "again", "more"])
    heard: list[int] = field(default_factory=list)
    fails: bool = False
    hangs: bool = False
    closed: int = 0

    async def open(self) -> None:
        await asyncio.sleep(0.5)

    async def transcribe(self, pcm: bytes) -> str:
        self.heard.append(len(pcm))
        await asyncio.sleep(3600 if self.hangs else 0.2)
        if self.fails:
            raise HearingError("closed")
        return self.words.pop(0)

    async def aclose(self) -> None:
        self.closed += 1
        if self.hangs:
            await asyncio.sleep(3600)


@dataclass
class Answering:
    """An agent that says one thing."""

    text: str = "Here you are, this is it."
    hang_up: bool = False
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
            yield ReplyEnded(request.turn, self.hang_up)
        finally:
            self.closed += 1


@dataclass
class Watching:
    happenings: list[tuple[float, Event, Sequence[Command]]] = field(default_factory=list)
    over: list[HangUp] = field(default_factory=list)

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.happenings.append((now, event, commands))

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.over.append(hang_up)


class Phone:
    """The far end of the wire, by hand."""

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
        payload = base64.b64encode(frame).decode()
        for _ in range(ms // 20):
            media = {"track": "inbound", "chunk": "1", "timestamp": str(self.ms), "payload": payload}
            await self.say(event="media", sequenceNumber="2", streamSid=SID, media=media)
            self.ms += 20
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        await self.say(event="stop", sequenceNumber="9", streamSid=SID, stop={"accountSid": ACCOUNT, "callSid": CALL})

    async def listen(self) -> None:
        """Collect what comes, and return marks when their audio has played."""
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


@dataclass
class Scene:
    phone: Phone
    session: Session
    voice: Speaker
    ears: Listener
    agent: Answering
    seen: Watching
    hung_up: list[str]
    result: HangUp | None = None
    lasted: float = 0.0


def play(
    script: Callable[[Scene], Awaitable[None]],
    *,
    choices: CallOptions | None = None,
    voice: Speaker | None = None,
    ears: Listener | None = None,
    agent: Answering | None = None,
    token: str = "good",
    depth: int | None = None,
) -> Scene:
    """Run a script against a session; checks that no task is left when it is over."""

    async def main() -> Scene:
        before = asyncio.all_tasks()
        near, far = wire_pair(depth=depth)
        parts = voice or Speaker(), ears or Listener(), agent or Answering()
        hung_up: list[str] = []

        async def hang_up(call_id: str) -> None:
            hung_up.append(call_id)

        def compose(started: CallStarted) -> Party:
            return Party(started, Call(choices or options(), Loudness()), *parts)

        seen = Watching()
        stream = Stream(lambda given, _: given == token, ACCOUNT)
        session = Session(near, stream, compose, hang_up=hang_up, observer=seen)
        scene = Scene(Phone(far), session, *parts, seen, hung_up)
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
        assert session._timer is None or session._timer.cancelled() or not session._tasks
        return scene

    return run(main())


async def ask(scene: Scene) -> None:
    """The caller starts, asks one question and hears the answer."""
    await scene.phone.start()
    await scene.phone.audio(600, LOUD)
    await scene.phone.audio(2600)


def test_a_whole_call_and_nothing_left() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.stop()

    scene = play(script)
    assert scene.result == HangUp("success", "caller_stop", from_caller=True)
    assert scene.phone.audio_got() == 8000
    assert scene.voice.asked == ["Here you are, this is it."]
    assert scene.agent.requests[0].text == "hello"
    assert (scene.voice.opened, scene.voice.closed, scene.ears.closed) == (1, 1, 1)
    assert scene.phone.wire.code == 1000
    assert scene.hung_up == []
    assert scene.seen.over == [scene.result]
    assert scene.lasted < 0.1


def test_the_agent_s_goodbye_is_heard_and_hung_up_at_the_carrier_before_the_socket_closes() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, agent=Answering(hang_up=True))
    assert scene.result == HangUp("success", "agent_goodbye")
    assert scene.phone.audio_got() == 8000
    assert scene.hung_up == [CALL]
    assert scene.phone.wire.code == 1000


def test_a_goodbye_after_an_upstream_failed_leaves_the_line_to_the_carrier() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, voice=Speaker(fails=True), choices=options(phrases=phrases(ready=False, greeting="")))
    assert scene.result == HangUp("upstream_error", "voice_unavailable")
    assert scene.hung_up == []
    assert scene.phone.wire.code == 1000


def test_an_interruption_clears_what_was_sent_and_stops_the_voice() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(1600)
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(600)
        await scene.phone.stop()

    scene = play(script, voice=Speaker(ms=8000), agent=Answering("One sentence here. Another sentence there."))
    kinds = [message["event"] for message in scene.phone.got]
    assert kinds.count("clear") == 1
    place = kinds.index("clear")
    assert kinds[place + 1 :].count("media") <= 1
    assert scene.voice.stopped == 1
    assert len(scene.agent.requests) == 1 or scene.agent.requests[1].unheard


@pytest.mark.parametrize("code", [1000, 1001, None])
def test_a_socket_that_ends_without_a_stop_is_the_end(code: int | None) -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(700, LOUD)
        if code is None:
            scene.phone.wire.drop()
        else:
            await scene.phone.wire.close(code)

    scene = play(script)
    how = "caller_dropped" if code is None else "caller_closed"
    assert scene.result == HangUp("indeterminate", how, from_caller=True)
    assert scene.voice.closed == scene.ears.closed == 1


def test_ears_that_fail_are_heard_of() -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)
        await scene.phone.stop()

    scene = play(script, ears=Listener(fails=True))
    assert scene.phone.audio_got() == 4000
    assert scene.agent.requests == []


def test_peers_that_hang_are_cut_off_within_a_second_of_the_end() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(600)
        await scene.phone.stop()

    scene = play(script, ears=Listener(hangs=True))
    assert scene.result is not None
    assert scene.lasted < 1.0


def test_a_bug_of_ours_ends_the_call_with_a_name_and_closes_everything(caplog: pytest.LogCaptureFixture) -> None:
    async def script(scene: Scene) -> None:
        await ask(scene)

    scene = play(script, agent=Answering(breaks=True))
    assert scene.result == HangUp("bridge_error", "internal_error")
    assert scene.phone.wire.code == 1011
    assert scene.voice.closed == scene.ears.closed == 1
    assert "call_failed" in caplog.text


def test_a_bug_in_the_timer_is_no_different(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        await scene.phone.audio(100)
        monkeypatch.setattr(Call, "_on_tick", lambda *_: 1 / 0)
        await scene.phone.audio(2000)

    scene = play(script, choices=options(silence_timeout=1.0))
    assert scene.result == HangUp("bridge_error", "internal_error")


def test_the_server_may_withdraw_the_call() -> None:
    async def script(scene: Scene) -> None:
        scene.session.withdraw("too early, nobody is there")
        await ask(scene)
        scene.session.withdraw("shutdown")
        scene.session.withdraw("again")

    scene = play(script)
    assert scene.result == HangUp("bridge_error", "shutdown")
    assert scene.phone.wire.code == 1011


def test_a_socket_without_a_start_is_closed() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.say(event="connected", protocol="Call", version="1.0.0")
        await scene.phone.say(event="media")

    scene = play(script)
    assert scene.result is None
    assert scene.phone.wire.code == 1008
    assert 4.9 < scene.lasted < 5.1
    assert scene.voice.opened == 0


def test_a_stream_without_its_token_is_closed_at_once() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()

    scene = play(script, token="another")
    assert (scene.result, scene.phone.wire.code) == (None, 1008)
    assert scene.lasted < 0.1


def test_a_socket_that_dies_before_its_start() -> None:
    async def script(scene: Scene) -> None:
        scene.phone.wire.drop()

    assert play(script).result is None


def test_a_phone_that_does_not_read_is_given_up() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        scene.phone.wire.stall(300)
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(40_000)

    scene = play(script, depth=2, voice=Speaker(ms=35_000))
    assert scene.result == HangUp("indeterminate", "caller_stalled", from_caller=True)
    assert len(scene.session._unsent) <= UNSENT_LIMIT


def test_messages_that_make_no_sense_cost_nothing() -> None:
    async def script(scene: Scene) -> None:
        await scene.phone.start()
        for nonsense in ("", "{", "[]", '"x"', '{"event":7}', '{"event":"media","media":{"payload":"!!"}}', b"\xff"):
            await scene.phone.wire.send(nonsense)
        await scene.phone.audio(600, LOUD)
        await scene.phone.audio(2600)
        await scene.phone.stop()

    scene = play(script)
    assert scene.result == HangUp("success", "caller_stop", from_caller=True)
    assert scene.phone.audio_got() == 8000


def test_it_prints_itself() -> None:
    lines = []

    async def script(scene: Scene) -> None:
        lines.append(repr(scene.session))
        await scene.phone.start()
        await scene.phone.audio(40)
        lines.append(repr(scene.session))
        await scene.phone.stop()

    play(script)
    assert lines[0].startswith("<Session <Stream - waiting")
    assert lines[1].startswith(f"<Session <Call {CALL} listening")
