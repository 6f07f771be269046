"""Cut off in mid-sentence: the rest goes nowhere, and the next sentence is clean and soon."""

from __future__ import annotations

import asyncio

from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import (
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


def test_cancelled_sentence_drains_and_the_next_is_clean() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        assert "draining" in repr(voice)
        await asyncio.sleep(0.6)
        assert "idle" in repr(voice)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_next_sentence_waits_for_a_short_drain() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(0.36 + 0.86)

    with_voice(service, story)
    assert service.attempts == 1


def test_slow_drain_costs_a_fresh_link_and_leaves_a_spare() -> None:
    service = Service(replies=[good(1, frames=40, gap=0.5)])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(1.0 + CONNECT + 0.86)
        assert await said(voice) == sound(3, WHOLE)
        await asyncio.sleep(10.0)
        assert repr(voice).count("Live") == 1

    with_voice(service, story)
    assert service.attempts == 2
    assert [note["reason"] for note in service.noted("tts_link_lost")] == ["stuck", "shut"]


def test_drain_that_ends_before_the_fresh_link_is_there_wins() -> None:
    service = Service(replies=[good(1, frames=4, gap=0.7)])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began < 1.0 + CONNECT + 0.86 - 0.05
        await cancelled(await started(voice))
        assert await said(voice) == sound(4, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_stalled_drain_is_given_up() -> None:
    service = Service(replies=[good(1)[:2]])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        await asyncio.sleep(3.2 + CONNECT)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_closing_the_generator_is_cancelling() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        chunks = voice.speak(TEXT)
        assert (await anext(chunks)).audio == sound(1, 16000)
        await chunks.aclose()
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_abandoned_generator_frees_the_voice() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        async for audio in voice.speak(TEXT):
            assert audio
            break
        await asyncio.sleep(0)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


def test_ten_interruptions_keep_one_connection() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        for number in range(1, 21, 2):
            await cancelled(await started(voice))
            await asyncio.sleep(0.3)
            assert await said(voice) == sound(number + 1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_cancel_while_sending_drops_the_link() -> None:
    service = Service(send_stalls=True)

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        service.send_stalls = False
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_drain_is_waited_out_when_no_fresh_link_can_be_had() -> None:
    service = Service(replies=[good(1, frames=8, gap=0.5)], connects=[CONNECT, *[ConnectionRefusedError()] * 3])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert len(service.sockets) <= 2


def test_drain_that_is_never_over_and_no_fresh_link() -> None:
    service = Service(replies=[good(1)[:2]], connects=[CONNECT, *[ConnectionRefusedError()] * 99])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await cancelled(await started(voice))
        assert await failure(voice) == "connect"

    with_voice(service, story)
