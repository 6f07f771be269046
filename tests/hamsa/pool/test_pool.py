"""Links that are opened in time, replaced in time and gone in time."""

from __future__ import annotations

import asyncio

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import (
    ACK,
    CONNECT,
    TEXT,
    WHOLE,
    Service,
    approx,
    cancelled,
    failure,
    good,
    now,
    said,
    sound,
    started,
    with_voice,
)


def refused(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "no", Headers()))


def test_first_sentence_waits_for_the_connect_under_way() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        warming = asyncio.create_task(voice.open())
        await asyncio.sleep(CONNECT - 0.1)
        began = now()
        await anext(chunks := voice.speak(TEXT))
        assert now() - began == approx(0.1 + 0.45)
        await chunks.aclose()
        await warming

    with_voice(service, story)
    assert service.attempts == 1


def test_connect_outlives_the_sentence_that_asked_for_it() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        task = asyncio.create_task(said(voice))
        await asyncio.sleep(0.5)
        await cancelled(task)
        await asyncio.sleep(1.0)
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize(
    ("failing", "reason", "attempts"),
    [
        (ConnectionRefusedError(), "connect", 2),
        (OSError("no route"), "connect", 2),
        (UnicodeError("idna"), "connect", 2),
        (TimeoutError(), "connect_timeout", 1),
        (refused(401), "auth", 2),
        (refused(403), "auth", 2),
        (refused(402), "funds", 2),
        (refused(500), "refused", 2),
    ],
)
def test_failed_connect(failing: Exception, reason: str, attempts: int) -> None:
    service = Service(connects=[failing] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == reason
        await asyncio.sleep(60.0)
        assert service.attempts == attempts
        service.connects.clear()
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story, away_patience=0.0)


@pytest.mark.parametrize("failing", [ConnectionRefusedError(), refused(500), refused(429)])
def test_connects_that_fail_for_a_while_are_waited_for(failing: Exception) -> None:
    service = Service(connects=[failing] * 4)
    assert with_voice(service, said) == sound(1, WHOLE)
    assert service.attempts == 5


def test_too_many_connections_are_waited_out() -> None:
    service = Service(connects=[refused(429)] * 3)

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, WHOLE)
        assert now() < 3 * CONNECT + 4.0

    with_voice(service, story)
    assert service.attempts == 4

    endless = Service(connects=[refused(429)] * 99)
    assert with_voice(endless, failure) == "no_link"
    assert endless.attempts < 9


def test_connect_that_fails_once_is_forgotten() -> None:
    service = Service(connects=[ConnectionRefusedError()])
    assert with_voice(service, said) == sound(1, WHOLE)
    assert service.noted("tts_connect_failed") == [{"reason": "connect", "error": "ConnectionRefusedError"}]


def test_slow_connect_is_waited_for_and_a_dead_one_is_not() -> None:
    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, WHOLE)

    with_voice(Service(connects=[5.0]), story)

    async def dead(voice: Synthesizer) -> None:
        began = now()
        assert await failure(voice) == "connect_timeout"
        assert now() - began == approx(7.0)

    with_voice(Service(connects=[1e9]), dead, away_patience=0.0)


def test_open_never_raises() -> None:
    service = Service(connects=[ConnectionRefusedError(), ValueError("?")])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await voice.open()
        assert len(service.sockets) == 0

    with_voice(service, story)


def test_old_link_is_replaced_before_it_is_closed() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        await asyncio.sleep(3005.0)
        assert service.attempts == 2
        assert "<LiveLink 2 idle, 0 uses>" in repr(voice)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.noted("tts_link_lost")[0]["reason"] == "replaced"


def test_old_link_serves_until_its_successor_is_there() -> None:
    service = Service(connects=[CONNECT, *[ConnectionRefusedError()] * 12])

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        await asyncio.sleep(3050.0)
        assert await said(voice) == sound(2, WHOLE)
        assert len(service.sockets) == 1
        await asyncio.sleep(400.0)
        assert "idle, 0 uses>" in repr(voice)
        assert len(service.sockets) == 2

    with_voice(service, story)


def test_aclose_with_a_dead_peer_takes_less_than_a_second() -> None:
    """`with_voice` measures; here nothing answers, and a sentence is in flight."""
    service = Service(close_stalls=True, default=lambda _number: [(0.03, ACK)])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        task = asyncio.create_task(failure(voice))
        await asyncio.sleep(0.1)
        await service.speech.aclose()
        assert await task == "shut"
        assert await failure(voice) == "shut"
        await voice.open()
        await service.speech.aclose()

    with_voice(service, story)
    assert service.attempts == 1


def test_aclose_while_connecting() -> None:
    service = Service(connects=[1e9])

    async def story(voice: Synthesizer) -> None:
        task = asyncio.create_task(failure(voice))
        await asyncio.sleep(0.1)
        await service.speech.aclose()
        assert await task == "shut"

    with_voice(service, story)


def test_close_in_the_same_breath_as_the_opening() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        warming = asyncio.create_task(voice.open())
        await asyncio.sleep(CONNECT)
        await service.speech.aclose()
        await warming

    with_voice(service, story)


def test_no_more_than_three_links() -> None:
    """Every sentence is cut off and every drain is long: the oldest gives way."""
    service = Service(default=lambda number: good(number, frames=40, gap=0.4))

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        for number in range(1, 9):
            chunks = voice.speak(TEXT)
            assert (await anext(chunks)).audio == sound(number, 16000)
            await chunks.aclose()
            assert repr(voice).count("LiveLink") <= 3

    with_voice(service, story, drain_patience=0.1, drain_limit=60.0)
    assert "replaced" in {note["reason"] for note in service.noted("tts_link_lost")}


def test_link_that_nobody_needs_goes() -> None:
    service = Service(replies=[good(1, frames=4, gap=0.7)])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        await said(voice)
        await asyncio.sleep(5.0)
        assert repr(voice).count("idle") == 2
        await asyncio.sleep(3100.0)
        assert (len(service.sockets), repr(voice).count("LiveLink")) == (3, 1)

    with_voice(service, story)
    assert [note["reason"] for note in service.noted("tts_link_lost")] == ["surplus", "replaced", "shut"]
