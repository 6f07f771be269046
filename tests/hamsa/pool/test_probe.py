"""A request that is to show whether the service is back, and is given up before it has: the next one may show it.

And one that waits for a link while the other pool finds out that there will be none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ivr.call.ports import TtsError
from ivr.hamsa.options import SpeechServiceOptions
from ivr.hamsa.pool.service import SpeechService
from ivr.hamsa.pool.sizing import HOPE
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import SpeechRest
from ivr.testbench import virtual_time
from ivr.upstream.breaker import BreakerLimits
from tests.hamsa.service import KEY, TEXT, Service, approx, cancelled, failure, now, said, settings
from tests.hamsa.stt.test_transcriber import PCM, words
from tests.hamsa.test_rest import URL, WHOLE, Answer, Http, refusal, text

OPTIONS = SpeechServiceOptions(breaker=BreakerLimits(failures=1, pause=2.0))


def governed(service: Service, story: Callable[[SpeechService], Awaitable[None]]) -> None:
    """With breakers that are about to let a probe through."""

    async def scene() -> None:
        speech_service = SpeechService(settings(), OPTIONS, connect=service.connect, chance=lambda: 0.5)
        for breaker in (speech_service.pool.breaker("tts"), speech_service.pool.breaker("stt")):
            breaker.failed(0.0, fatal=True)
        await asyncio.sleep(2.0)
        try:
            await story(speech_service)
        finally:
            await speech_service.aclose()

    virtual_time.run(scene())


@pytest.mark.parametrize("after", [0.1, 1.3, 1.6])
def test_a_sentence_that_is_cancelled_leaves_room_for_the_next(after: float) -> None:
    """While its link is opened; while its audio is awaited; when it has sounded."""
    service = Service()

    async def story(speech_service: SpeechService) -> None:
        probe = asyncio.create_task(said(speech_service.synthesizer_for(settings(away_patience=0.0))))
        await asyncio.sleep(after)
        await cancelled(probe)
        assert len(await said(speech_service.synthesizer_for(settings(away_patience=0.0)))) == 80000

    governed(service, story)


def test_there_is_one_probe_at_a_time() -> None:
    async def story(speech_service: SpeechService) -> None:
        probe = asyncio.create_task(said(speech_service.synthesizer_for(settings())))
        await asyncio.sleep(0.1)
        assert await failure(speech_service.synthesizer_for(settings(away_patience=0.0))) == "breaker"
        assert len(await probe) == 80000

    governed(Service(), story)


def test_a_probe_without_a_link_in_time_leaves_room() -> None:
    async def story(speech_service: SpeechService) -> None:
        assert await failure(speech_service.synthesizer_for(settings(link_timeout=0.5, away_patience=0.0))) == "no_link"
        assert len(await said(speech_service.synthesizer_for(settings()))) == 80000

    governed(Service(), story)


@pytest.mark.parametrize("after", [0.1, 1.3])
def test_an_utterance_that_is_cancelled_leaves_room_for_the_next(after: float) -> None:
    async def story(speech_service: SpeechService) -> None:
        probe = asyncio.create_task(speech_service.transcriber_for(settings()).transcribe(PCM))
        await asyncio.sleep(after)
        probe.cancel()
        await asyncio.wait([probe])
        assert await speech_service.transcriber_for(settings()).transcribe(PCM) == "found"

    governed(Service(default=lambda _number: words("found")), story)


def over_http(http: Http, story: Callable[[SpeechRest], Awaitable[None]]) -> None:
    async def scene() -> None:
        rest = SpeechRest(URL, KEY, transport=http, chance=lambda: 0.5)
        for path in ("tts-stream", "stt"):
            for _ in range(3):
                rest.report(path, LinkLost("connect"))
        await asyncio.sleep(2.0)
        await story(rest)
        await rest.aclose()

    virtual_time.run(scene())


async def spoken(rest: SpeechRest) -> bytes:
    exchange = rest.speak({"text": TEXT})
    audio = b""
    while payload := getattr(await exchange.next(60.0), "payload", b""):
        audio += payload
    return audio


async def heard(rest: SpeechRest) -> object:
    return await rest.hear({}, 60.0)


@pytest.mark.parametrize(("ask", "answer"), [(spoken, Answer()), (heard, text({"text": "found"}))])
def test_a_request_over_http_that_is_cancelled_leaves_room_for_the_next(
    ask: Callable[[SpeechRest], Awaitable[object]], answer: Answer
) -> None:
    async def story(rest: SpeechRest) -> None:
        probe = asyncio.ensure_future(ask(rest))
        await asyncio.sleep(0.5)
        with pytest.raises(LinkLost, match="breaker"):
            await ask(rest)
        probe.cancel()
        await asyncio.wait([probe])
        await ask(rest)

    over_http(Http(answer, answer, wait=1.0), story)


def test_an_answer_that_blames_the_request_leaves_room_for_the_next() -> None:
    async def story(rest: SpeechRest) -> None:
        with pytest.raises(LinkLost):
            await spoken(rest)
        assert await spoken(rest) == WHOLE

    over_http(Http(refusal(400, "Invalid payload"), Answer()), story)


@pytest.mark.parametrize(("failures", "told_after"), [(0, None), (6, HOPE)])
def test_who_waits_is_told_when_the_other_pool_has_found_that_there_is_no_hope(
    failures: int, told_after: float | None
) -> None:
    service = Service()

    async def story(speech_service: SpeechService) -> None:
        speech_service.pool.rate.failed(now(), now(), LinkLost("connect"))
        began, voice = now(), speech_service.synthesizer_for(settings(away_patience=0.0))
        waiting = asyncio.create_task(said(voice))
        await asyncio.sleep(0.1)
        for _ in range(failures):
            speech_service.pool.rate.failed(now(), now(), LinkLost("auth"))
        if told_after is None:
            assert len(await waiting) == 80000
        else:
            with pytest.raises(TtsError):
                await waiting
            assert now() - began == approx(told_after)

    governed(service, story)
