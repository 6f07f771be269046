"""The way over HTTP, when links fail."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from ivr.call.ports import SttError, TtsError
from ivr.hamsa.messages import Text, stt_payload
from ivr.hamsa.reasons import LinkLost
from ivr.hamsa.rest import REST_MESSAGE_LONGEST, SpeechRest
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.media import wav
from ivr.testbench import virtual_time
from ivr.testbench.hamsa import rest as hamsa_rest
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from tests.hamsa.service import (
    ACK,
    KEY,
    TEXT,
    Service,
    Shut,
    approx,
    degenerate,
    good,
    now,
    rate_of,
    said,
    settings,
    sound,
    speech_service,
)
from tests.hamsa.stt.test_transcriber import PCM, words
from tests.hamsa.tts.test_wav_header import form, riff

URL = "http://service/v1/realtime"
WHOLE = sound(7, 80000)


@dataclass
class Answer:
    """One response: its body comes in parts, each some seconds after the one before."""

    parts: list[tuple[float, bytes]] = field(default_factory=lambda: [(0.5, WHOLE[:20001]), (0.2, WHOLE[20001:])])
    status: int = 200
    kind: str = "audio/wav"
    breaks: Exception | None = None


class Http(httpx.AsyncBaseTransport):
    """The service's HTTP side, scripted."""

    def __init__(self, *answers: Answer | Exception, wait: float = 0.0) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any], httpx.Headers]] = []
        self.wait = wait
        self.open = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url), json.loads(await request.aread()), request.headers))
        await asyncio.sleep(self.wait)
        answer = self.answers.pop(0) if self.answers else Answer()
        if isinstance(answer, Exception):
            raise answer
        self.open += 1
        return httpx.Response(answer.status, headers={"content-type": answer.kind}, stream=Body(self, answer))


class Body(httpx.AsyncByteStream):
    def __init__(self, http: Http, answer: Answer) -> None:
        self._http = http
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for seconds, data in self._answer.parts:
            await asyncio.sleep(seconds)
            yield data
        if self._answer.breaks:
            raise self._answer.breaks

    async def aclose(self) -> None:
        self._http.open -= 1


def refusal(status: int, message: str = "") -> Answer:
    return Answer([(0.0, json.dumps({"code": status, "message": message}).encode())], status, "application/json")


def text(answer: object) -> Answer:
    return Answer([(0.8, json.dumps(answer).encode())], kind="application/json")


def speaking(service: Service, http: Http, story: Callable[[Synthesizer], Awaitable[None]], **changes: Any) -> None:
    async def scene() -> None:
        rest = SpeechRest(URL, KEY, transport=http)
        speech = speech_service(service, settings(**changes), rest=rest)
        try:
            await story(speech.synthesizer_for(settings(**changes)))
        finally:
            await speech.aclose()
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("hamsa")]
        assert http.open == 0

    virtual_time.run(scene())


def hearing(service: Service, http: Http, story: Callable[[Transcriber], Awaitable[None]]) -> None:
    async def scene() -> None:
        rest = SpeechRest(URL, KEY, transport=http)
        speech = speech_service(service, settings(), rest=rest)
        try:
            await story(speech.transcriber_for(settings()))
        finally:
            await speech.aclose()
        assert http.open == 0

    virtual_time.run(scene())


def deaf() -> Service:
    return Service(connects=[ConnectionRefusedError()] * 99)


def test_without_a_link_the_voice_comes_over_http() -> None:
    http = Http()

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == WHOLE
        assert (voice.stats.rest, voice.stats.failed) == (1, 0)

    speaking(deaf(), http, story)
    ((url, asked, headers),) = http.asked
    assert url == f"{URL}/tts-stream"
    assert asked == {"text": TEXT, "speaker": "Hiba", "dialect": "ksa", "mulaw": False}
    assert headers["authorization"] == f"Token {KEY}"
    assert KEY not in repr(SpeechRest(URL, KEY))


def test_a_slow_connect_is_not_waited_for() -> None:
    async def story(voice: Synthesizer) -> None:
        began = now()
        assert await said(voice) == WHOLE
        assert now() - began == approx(2.0 + 0.7)

    speaking(Service(connects=[6.0]), Http(), story)


def test_after_three_degenerate_replies_comes_http() -> None:
    service = Service(replies=[degenerate(1), degenerate(2), degenerate(3)])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == WHOLE
        assert await said(voice) == sound(4, 80000)
        assert (voice.stats.degenerate, voice.stats.rest) == (3, 1)

    speaking(service, Http(), story)


def test_degenerate_over_http_too_is_never_heard() -> None:
    http = Http(*[Answer([(0.3, bytes(640))])] * 9)

    async def story(voice: Synthesizer) -> None:
        with pytest.raises(TtsError, match="degenerate"):
            await said(voice)

    speaking(Service(default=degenerate), http, story)
    assert 1 <= len(http.asked) <= 3


def test_a_header_is_taken_off() -> None:
    header = riff(form(rate=24000))

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == WHOLE
        assert await rate_of(voice) == 24000

    speaking(deaf(), Http(Answer([(0.5, header + WHOLE)]), Answer([(0.5, header + WHOLE)])), story)


def test_a_sentence_that_breaks_off_twice_goes_on_over_http() -> None:
    service = Service(
        replies=[[(0.03, ACK), (0.1, sound(1, 16000)), (0.1, Shut(1006))], [*good(2)[:3], (0.1, Shut(1006))]]
    )

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 16000) + sound(2, 32000) + sound(7, 32000)

    speaking(service, Http(), story)


def test_http_that_breaks_off_goes_on_over_a_link() -> None:
    http = Http(Answer([(0.5, WHOLE[:32000])], breaks=httpx.ReadError("")))
    service = Service(connects=[ConnectionRefusedError()] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(7, 32000) + sound(1, 48000)

    speaking(service, http, story)


FAILURES = [
    (httpx.ConnectError(""), "connect"),
    (httpx.ConnectTimeout(""), "connect_timeout"),
    (httpx.ReadError(""), "broken"),
    (RuntimeError(""), "broken"),
    (refusal(401), "auth"),
    (refusal(402), "funds"),
    (refusal(429, "usage limit reached"), "funds"),
    (refusal(400, "Voice not owned by user"), "voice"),
    (refusal(404), "http_4xx"),
    (Answer([(0.0, b"[]")], kind="application/json"), "bad_answer"),
    (httpx.PoolTimeout(""), "connect_timeout"),
    (Answer([(0.0, b"x" * (REST_MESSAGE_LONGEST + 1))], status=500), "bad_answer"),
]


@pytest.mark.parametrize(
    ("answer", "reason"), FAILURES, ids=[f"{reason} {n}" for n, (_, reason) in enumerate(FAILURES)]
)
def test_what_fails_over_http_has_a_word(answer: Answer | Exception, reason: str) -> None:
    async def story(voice: Synthesizer) -> None:
        with pytest.raises(TtsError) as failed:
            await said(voice)
        assert failed.value.reason == reason

    speaking(deaf(), Http(answer), story, away_patience=0.0)


@pytest.mark.parametrize("answer", [refusal(429, "rate limit"), refusal(429), refusal(500), refusal(503, "?")])
def test_http_that_may_do_better_gives_a_link_a_chance(answer: Answer) -> None:
    service = Service(connects=[6.0])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 80000)
        assert (voice.stats.rest, now()) == (1, approx(6.86))

    speaking(service, Http(answer, answer), story)


def test_http_in_silence_is_given_up() -> None:
    async def story(voice: Synthesizer) -> None:
        with pytest.raises(TtsError, match="first_audio_timeout"):
            await said(voice)

    speaking(deaf(), Http(wait=100.0), story)


def test_who_stops_early_closes_the_stream() -> None:
    http = Http(Answer([(0.1, WHOLE), (100.0, WHOLE)]))

    async def story(voice: Synthesizer) -> None:
        chunks = voice.speak("x" * 500)
        assert (await anext(chunks)).audio == WHOLE
        assert http.open == 1
        await chunks.aclose()
        await asyncio.sleep(0.01)
        assert http.open == 0

    speaking(deaf(), http, story)


def test_http_that_fails_everybody_is_left_alone() -> None:
    http = Http(*[httpx.ReadError("")] * 99)

    async def story(voice: Synthesizer) -> None:
        for _ in range(9):
            with pytest.raises(TtsError):
                await said(voice)

    speaking(deaf(), http, story, away_patience=0.0)
    assert len(http.asked) == 3


def test_http_that_comes_back_is_found_while_the_caller_waits() -> None:
    http = Http(*[httpx.ConnectError("")] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == WHOLE

    speaking(deaf(), http, story)
    assert len(http.asked) == 3


SHAPES = [{"text": " 0512345678 "}, {"success": True, "data": {"text": "0512345678"}}]


@pytest.mark.parametrize("shape", SHAPES)
def test_without_a_link_the_ears_hear_over_http(shape: object) -> None:
    http = Http(text(shape))

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "0512345678"
        assert ears.stats.rest == 1

    hearing(deaf(), http, story)
    ((url, asked, _),) = http.asked
    assert url == f"{URL}/stt"
    assert wav.decode(base64.b64decode(asked["audioBase64"])).rate == 16000
    assert (asked["language"], asked["isEosEnabled"]) == ("ar", False)


def test_three_tries_share_the_time_of_two() -> None:
    async def story(ears: Transcriber) -> None:
        await ears.open()
        began = now()
        assert await ears.transcribe(PCM) == "found"
        assert 6.0 < now() - began < 9.0

    hearing(Service(default=lambda _: []), Http(text({"text": "found"})), story)


def test_slow_words_over_http_are_believed_beside_those_of_links() -> None:
    http = Http(Answer([(5.0, json.dumps({"text": "found"}).encode())], kind="application/json"))

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "found"
        assert ears.stats.rest == 1

    hearing(Service(connects=[ConnectionRefusedError()] * 2, default=lambda _: []), http, story)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text({"text": "[THINKING]"}), "thinking"),
        (text({"text": 5}), "bad_answer"),
        (text([]), "bad_answer"),
        (refusal(401), "auth"),
        (httpx.ReadError(""), "broken"),
        (Answer([(100.0, b"")]), "transcript_timeout"),
    ],
)
def test_what_is_not_heard_over_http_has_a_word(answer: Answer | Exception, reason: str) -> None:
    async def story(ears: Transcriber) -> None:
        with pytest.raises(SttError) as failed:
            await ears.transcribe(PCM)
        assert failed.value.reason == reason
        assert ears.stats.failed == 1

    hearing(Service(default=lambda _: words("[THINKING]")), Http(answer), story)


def test_no_words_over_http_are_no_words() -> None:
    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == ""

    hearing(deaf(), Http(text({"text": "[NO SPEECH]"})), story)


def test_the_mock_understands_us() -> None:
    mock = MockHamsa(HamsaProfile(transcript="hello"))
    transport = httpx.ASGITransport(Starlette(routes=hamsa_rest.routes(mock)))

    async def scene() -> None:
        rest = SpeechRest(URL, KEY, transport=transport)
        speech = speech_service(deaf(), settings(), rest=rest)
        assert len(await said(speech.synthesizer_for(settings()))) > 20000
        assert await rest.hear(stt_payload(wav.encode(PCM, 8000), "ar"), now() + 5.0) == Text("hello")
        await speech.aclose()

    virtual_time.run(scene())
    assert not mock.stats.violations


def test_abandoned_answers_are_closed_before_the_client() -> None:
    async def scene() -> None:
        rest = SpeechRest(URL, KEY, transport=Http())
        exchange = rest.speak({"text": "x"})
        await exchange.next(now() + 1.0)
        exchange.cancel()
        exchange.cancel()
        await rest.aclose()
        assert repr(rest).startswith("<SpeechRest 1 asked")
        with pytest.raises(LinkLost):
            await rest.hear({}, now() + 1.0)

    virtual_time.run(scene())
