"""The mock service in memory: the surface of the real client, and the real clients themselves, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from ivr.call.ports import TtsError
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.testbench import virtual_time
from ivr.testbench.hamsa import audio as hamsa_audio
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule
from ivr.testbench.hamsa.script import ACK_FRAME, END_FRAME, INFO_FRAME
from tests.hamsa.service import on_demand

SETTINGS = HamsaSettings(url="ws://localhost/v1/realtime/ws", api_key="key")
REQUEST = json.dumps(
    {"type": "tts", "payload": {"text": "x" * 32, "speaker": "Hiba", "dialect": "ksa", "languageId": "ar"}}
)


def service(*rules: str, **profile: Any) -> MemoryHamsa:
    return MemoryHamsa(MockHamsa(HamsaProfile(rules=tuple(map(parse_rule, rules)), **profile)))


async def spoken(voice: Synthesizer, text: str) -> bytes:
    return b"".join([chunk.audio async for chunk in voice.speak(text)])


def test_request_in_virtual_time() -> None:
    async def scene() -> list[Any]:
        hamsa, loop = service(), asyncio.get_running_loop()
        assert isinstance(loop, virtual_time.VirtualLoop)
        socket = await hamsa.connect(SETTINGS)
        assert (loop.time(), await socket.recv()) == (1.15, INFO_FRAME)
        await socket.send(REQUEST)
        frames: list[Any] = []
        while (frame := await socket.recv()) != END_FRAME:
            frames.append((round(loop.time(), 3), frame if isinstance(frame, str) else len(frame)))
        assert loop.time() == pytest.approx(2.12)
        await socket.close()
        assert "closed" in repr(socket)
        assert "tts" in repr(hamsa)
        return frames

    frames = virtual_time.run(scene())
    assert frames[0] == (1.15, ACK_FRAME)
    assert frames[1][0] == 1.6
    assert sum(size for _, size in frames[1:]) == 83_270
    assert frames == virtual_time.run(scene())


def test_close_raises_the_librarys_exceptions() -> None:
    async def scene() -> None:
        for rule, kind in (("close pause=1", ConnectionClosedOK), ("drop pause=1", ConnectionClosedError)):
            socket = await service(f"socket {rule}").connect()
            assert await socket.recv() == INFO_FRAME
            with pytest.raises(kind):
                await socket.recv()
            assert not socket.is_open
            with pytest.raises(kind):
                await socket.send("x")
            with pytest.raises(kind):
                await socket.ping(lambda: None)
            await socket.close()
            with pytest.raises(kind):
                await socket.recv()
        with pytest.raises(InvalidStatus):
            await service("socket http code=403").connect()
        refused = await service(keys=frozenset({"other"})).connect(SETTINGS)
        with pytest.raises(ConnectionClosedError) as closed:
            await refused.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4001

    virtual_time.run(scene())


def test_close_ends_a_wait_and_a_request() -> None:
    async def scene() -> None:
        hamsa = service()
        socket = await hamsa.connect()
        await socket.recv()
        await socket.send(REQUEST)
        await socket.recv()
        waiting = asyncio.create_task(socket.recv())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await socket.recv()
        await socket.close()
        with pytest.raises(ConnectionClosedOK):
            await waiting
        assert hamsa.mock.stats.outcomes == {"aborted": 1}
        assert not socket.is_open

    virtual_time.run(scene())


def test_cancelled_recv_loses_no_frame() -> None:
    async def scene() -> None:
        socket = await service().connect()
        await socket.recv()
        await socket.send(REQUEST)
        got = 0
        while got < 83_270:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.0301):
                    frame = await socket.recv()
                    got += len(frame) if isinstance(frame, bytes) else 0
        assert got == 83_270
        await socket.close()

    virtual_time.run(scene())


def test_pings_both_ways_until_the_service_is_deaf() -> None:
    async def scene() -> None:
        socket = await service("socket deaf pause=70").connect()
        await socket.recv()
        heard: list[float] = []
        loop = asyncio.get_running_loop()
        for wait in (65.0, 10.0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await socket.recv()
            await socket.ping(lambda: heard.append(loop.time()))
            await asyncio.sleep(0.001)
        assert (socket.pings, len(heard), socket.is_open) == (2, 1, True)
        await socket.close()

    virtual_time.run(scene())


def test_real_tts_reuses_a_socket_and_gets_every_byte() -> None:
    async def scene() -> tuple[list[int], dict[str, Any]]:
        hamsa = service()
        speech = on_demand(SETTINGS, connect=hamsa.connect)
        voice = speech.synthesizer_for(SETTINGS)
        await voice.open()
        audio = [await spoken(voice, "x" * chars) for chars in (32, 65, 89, 111)]
        assert [hamsa_audio.runs(pcm, 16_000)[0].request for pcm in audio] == [1, 2, 3, 4]
        assert all(len(hamsa_audio.runs(pcm, 16_000)) == 1 for pcm in audio)
        assert speech.pool.opened("tts") == 1
        await speech.aclose()
        return [len(pcm) for pcm in audio], hamsa.mock.stats.as_json()

    sizes, stats = virtual_time.run(scene())
    assert sizes == [83_270, 210_560, 273_718, 395_322]
    assert (stats["reused"], stats["violations"], stats["open_sockets"]) == ({"tts": 3}, {}, 0)


def test_real_tts_drops_a_degenerate_reply() -> None:
    async def scene() -> dict[str, Any]:
        hamsa = service("tts degenerate requests=1,2,4")
        speech = on_demand(SETTINGS, connect=hamsa.connect)
        voice = speech.synthesizer_for(SETTINGS)
        for chars in (32, 65):
            assert len(await spoken(voice, "x" * chars)) == hamsa_audio.OBSERVED[chars][0]
        await speech.aclose()
        return hamsa.mock.stats.as_json()

    stats = virtual_time.run(scene())
    assert (stats["faults"], stats["requests"]["tts"], stats["violations"]) == ({"degenerate": 3}, 5, {})


def test_real_tts_fails_without_speech() -> None:
    async def scene(rule: str) -> str:
        speech = on_demand(SETTINGS, connect=service(rule).connect)
        voice = speech.synthesizer_for(SETTINGS)
        try:
            with pytest.raises(TtsError) as failed:
                await spoken(voice, "x" * 40)
            return failed.value.reason
        finally:
            await speech.aclose()

    reasons = [virtual_time.run(scene(rule)) for rule in ("socket refuse", "tts degenerate", "tts stall after=0")]
    assert reasons[:2] == ["auth", "degenerate"]
    assert all(reasons)


def test_real_tts_stops_and_speaks_the_next_sentence() -> None:
    async def scene() -> dict[str, Any]:
        hamsa = service()
        speech = on_demand(SETTINGS, connect=hamsa.connect)
        voice = speech.synthesizer_for(SETTINGS)
        stream = voice.speak("x" * 111)
        await anext(stream)
        await stream.aclose()
        runs = hamsa_audio.runs(await spoken(voice, "x" * 32), 16_000)
        assert [run.request for run in runs] == [2]
        await speech.aclose()
        return hamsa.mock.stats.as_json()

    assert virtual_time.run(scene())["violations"] == {}


def test_real_stt_gets_the_script() -> None:
    async def scene() -> list[str]:
        hamsa = service("stt stall requests=2 pause=30", transcripts=("7826459301240", "null", " yes "))
        speech = on_demand(SETTINGS, connect=hamsa.connect)
        ears = speech.transcriber_for(SETTINGS)
        await ears.open()
        heard = [await ears.transcribe(bytes(16_000)) for _ in range(3)]
        await speech.aclose()
        assert {record.form for record in hamsa.mock.stats.records} == {"16000/1"}
        assert hamsa.mock.stats.violations == {}
        return heard

    assert virtual_time.run(scene())[0] == "7826459301240"
