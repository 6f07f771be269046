"""The mock service on real sockets, at a hundred times its speed, with the real client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.hamsa.options import HamsaSettings
from ivr.testbench.hamsa.app import PATH, create_app
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.testbench.hamsa.script import ACK_FRAME, END_FRAME, INFO_FRAME
from ivr.testbench.loopback import bound, serving
from tests.hamsa.service import on_demand
from tests.support import live

pytestmark = pytest.mark.live

Scene = Callable[[str], Coroutine[Any, Any, None]]


def tts(text: str = "x" * 32) -> str:
    payload = {"text": text, "speaker": "Hiba", "dialect": "ksa", "languageId": "ar", "mulaw": False}
    return json.dumps({"type": "tts", "payload": payload})


def staged(scene: Scene, *rules: str, mock: MockHamsa | None = None, **profile: Any) -> MockHamsa:
    """Run a scene against a served mock; it gets `host:port`."""
    profile = {"speed": 100.0} | profile
    mock = mock or MockHamsa(HamsaProfile(rules=tuple(map(parse_rule, rules)), **profile))

    async def run() -> None:
        listener = bound()
        async with serving(create_app(mock), listener), asyncio.timeout(20):
            await scene(f"127.0.0.1:{listener.getsockname()[1]}")

    live.run(run())
    return mock


def client(peer: str, **headers: str) -> connect:
    return connect(
        f"ws://{peer}{PATH}", additional_headers={"x-api-key": "key"} | headers, compression=None, proxy=None
    )


async def frames_until_end(socket: ClientConnection) -> list[str | bytes]:
    frames: list[str | bytes] = []
    while not frames or frames[-1] != END_FRAME:
        frames.append(await socket.recv())
    return frames


def test_requests_over_one_socket() -> None:
    async def scene(peer: str) -> None:
        async with client(peer) as socket:
            assert await socket.recv() == INFO_FRAME
            for _ in range(2):
                await socket.send(tts())
                frames = await frames_until_end(socket)
                assert frames[0] == ACK_FRAME
                assert sum(len(frame) for frame in frames if isinstance(frame, bytes)) == 83_270
            await socket.send(b"\0\0")
            assert "Invalid message format" in str(await socket.recv())
        async with httpx.AsyncClient(trust_env=False) as web:
            stats = (await web.get(f"http://{peer}/stats")).json()
        assert (stats["connects"], stats["reused"], stats["violations"]) == (1, {"tts": 1}, {"binary": 1})

    assert staged(scene).stats.open_sockets == 0


@pytest.mark.parametrize(
    ("rule", "code"),
    [("socket refuse", 4001), ("socket close pause=9 code=1001", 1001), ("tts cut", 1006), ("tts close after=0", 1000)],
)
def test_ends_of_a_socket(rule: str, code: int) -> None:
    async def scene(peer: str) -> None:
        async with client(peer) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.send(tts())
                while True:
                    await socket.recv()
            frame = closed.value.rcvd
            assert (frame.code if frame else 1006) == code

    staged(scene, rule, ping=1.0)


def test_wrong_key_refused_before_the_upgrade() -> None:
    async def scene(peer: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with client(peer):
                pass
        assert (refused.value.response.status_code, json.loads(refused.value.response.body)["code"]) == (401, 401)
        async with connect(f"ws://{peer}{PATH}?api_key=right", proxy=None) as socket:
            assert await socket.recv() == INFO_FRAME

    assert staged(scene, keys=frozenset({"right"}), refuse_with=401).stats.refused == 1


def test_client_that_leaves_early_aborts() -> None:
    async def scene(peer: str) -> None:
        async with client(peer) as socket:
            await socket.send(tts("x" * 500))
            await socket.recv()
        socket = await client(peer)
        await socket.send(tts("x" * 500))
        socket.transport.abort()
        for _ in range(500):
            await asyncio.sleep(0.01 if mock.stats.open_sockets else 0)

    mock = MockHamsa(HamsaProfile(speed=10))
    staged(scene, mock=mock)
    assert (mock.stats.outcomes, mock.stats.in_flight) == ({"aborted": 2}, 0)


def test_client_that_leaves_before_the_upgrade() -> None:
    async def scene(peer: str) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client(peer)
        await asyncio.sleep(0.3)

    assert staged(scene, speed=4.0).stats.in_flight == 0


def test_slow_part_of_a_request_runs_in_a_thread() -> None:
    async def scene(peer: str) -> None:
        async with client(peer) as socket:
            assert await socket.recv() == INFO_FRAME
            await socket.send(tts("hello"))
            frames = await frames_until_end(socket)
            assert sum(len(frame) for frame in frames if isinstance(frame, bytes)) == 32_000

    profile = HamsaProfile(voice="espeak", speed=100)
    staged(scene, mock=MockHamsa(profile, say=lambda text, language, rate: bytes(2 * rate)))


def test_real_tts_and_stt_clients() -> None:
    async def scene(peer: str) -> None:
        settings = HamsaSettings(url=f"ws://{peer}{PATH}", api_key="key")
        speech = on_demand(settings)
        voice, ears = speech.synthesizer_for(settings), speech.transcriber_for(settings)
        try:
            for chars in (32, 111):
                audio = b"".join([chunk.audio async for chunk in voice.speak("x" * chars)])
                assert len(audio) in (83_270, 395_322)
            assert await ears.transcribe(bytes(16_000)) == "7826459301240"
        finally:
            await speech.aclose()

    mock = staged(scene, "tts degenerate requests=1", transcript="7826459301240")
    assert (mock.stats.connects, mock.stats.violations) == (2, {})
