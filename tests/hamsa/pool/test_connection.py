"""An open socket that closes, dies, floods or fails under its link."""

from __future__ import annotations

import asyncio

import pytest

from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.socket import SpeechSocket
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.testbench import virtual_time
from tests.hamsa.service import (
    ACK,
    CONNECT,
    END,
    WHOLE,
    Reply,
    Service,
    Socket,
    approx,
    failure,
    now,
    on_demand,
    said,
    settings,
    sound,
    with_voice,
)


def test_link_that_is_closing_is_not_asked() -> None:
    service = Service(probed=True)

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        service.closing = True
        task = asyncio.create_task(said(voice))
        await asyncio.sleep(0.5)
        assert service.requests == 1
        service.closing = False
        assert await task == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_half_dead_link_is_found_while_idle() -> None:
    service = Service(probed=True)

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        await asyncio.sleep(100.0)
        assert (service.attempts, service.pings) == (1, 4)
        service.sockets[0].alive = False
        await asyncio.sleep(30.0)
        assert service.attempts == 2
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.noted("tts_link_lost")[0]["reason"] == "dead"


def test_half_dead_link_is_found_by_the_request() -> None:
    service = Service(probed=True)

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        service.sockets[0].alive = False
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(0.8 + CONNECT + 0.86)

    with_voice(service, story)


def test_flood_on_a_reader_that_sleeps_loses_the_link() -> None:
    flood: Reply = [(0.03, ACK), *[(0.001, sound(1, 1 << 20))] * 40]
    service = Service(replies=[flood])

    async def story(voice: Synthesizer) -> None:
        chunks = voice.speak("x" * 2000)
        await anext(chunks)
        await asyncio.sleep(1.0)
        assert {byte async for chunk in chunks for byte in chunk.audio} == {1}
        assert await said(voice) == sound(3, WHOLE)

    with_voice(service, story)
    assert service.noted("tts_resumed")[0]["reason"] == "flood"


def test_socket_that_fails_by_time_out_is_lost() -> None:
    class Slow(Socket):
        async def recv(self) -> str | bytes:
            await super().recv()
            raise TimeoutError

    service = Service()

    async def connect(_settings: HamsaSettings) -> SpeechSocket:
        service.attempts += 1
        socket = Slow(service)
        service.sockets.append(socket)
        return socket

    async def scene() -> None:
        speech = on_demand(settings(), connect=connect)
        assert await failure(speech.synthesizer_for(settings())) == "broken"
        await speech.aclose()

    virtual_time.run(scene())
    assert service.attempts == 2


def test_a_last_frame_that_comes_again_is_heard_once_and_any_other_where_it_belongs() -> None:
    """Behind its `end`, when the next sentence is under way and acknowledged."""
    tail, rest = sound(9, 20000), sound(8, 20000)
    first: Reply = [(0.03, ACK), (0.42, sound(1, 16000)), (0.2, tail), (0.01, END), (0.15, tail)]
    second: Reply = [(0.03, ACK), (0.42, sound(2, 60000)), (0.01, END), (0.15, rest)]
    service = Service(replies=[first, second])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 16000) + tail
        assert await said(voice) == sound(2, 60000)
        assert await said(voice) == rest + sound(3, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1
    assert [note["what"] for note in service.noted("tts_stray")] == ["stale"]


@pytest.mark.parametrize("quick", [0.4, 0.1, 0.02])
def test_the_same_words_twice_are_the_same_bytes_and_heard_twice(quick: float) -> None:
    """However quick the service is."""

    def reply(number: int) -> Reply:
        return [(0.001, ACK), (quick, sound(1, WHOLE)), (0.001, END)]

    async def story(voice: Synthesizer) -> None:
        for _ in range(3):
            assert await said(voice) == sound(1, WHOLE)

    with_voice(Service(default=reply), story)
