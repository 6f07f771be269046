"""A voice on a service that does all it was ever seen to do, and some it was not."""

from __future__ import annotations

import asyncio

import pytest

from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import (
    ACK,
    CONNECT,
    END,
    TEXT,
    WHOLE,
    Item,
    Reply,
    Service,
    approx,
    degenerate,
    error,
    failure,
    good,
    now,
    rate_of,
    said,
    sound,
    with_voice,
)
from tests.hamsa.tts.test_wav_header import form, riff


def test_ten_sentences_take_one_connection() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await voice.open()
        for number in range(1, 11):
            began = now()
            assert await said(voice) == sound(number, WHOLE)
            assert now() - began == approx(0.86)
        assert len(service.sockets) == 1
        assert repr(voice) == "<Synthesizer Hiba, <LinkPool [<LiveLink 1 idle, 10 uses>], 1 opened>>"

    with_voice(service, story)
    assert (service.attempts, service.requests) == (1, 10)
    assert service.sockets[0].requests[0]["payload"] == {
        "text": TEXT,
        "speaker": "Hiba",
        "dialect": "ksa",
        "languageId": "ar",
        "mulaw": False,
    }


def test_next_request_leaves_at_the_moment_of_the_end() -> None:
    """Nothing waits between one sentence's end and the next one's request."""
    service = Service()

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await said(voice)
        ended = now()
        chunks = voice.speak(TEXT)
        ask = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0)
        assert (service.requests, now()) == (2, ended)
        await ask
        await chunks.aclose()

    with_voice(service, story)


@pytest.mark.parametrize(
    ("form", "asked", "rate", "encoding"),
    [
        ("pcm16", {"mulaw": False}, 16000, "pcm16"),
        ("pcm8", {"mulaw": False, "sampleRate": "8k"}, 8000, "pcm16"),
        ("mulaw", {"mulaw": True}, 8000, "mulaw"),
    ],
)
def test_format_is_asked_for_and_told(form: str, asked: dict[str, object], rate: int, encoding: str) -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        chunks = [chunk async for chunk in voice.speak(TEXT)]
        assert sum(len(chunk.audio) for chunk in chunks) == WHOLE
        assert {(chunk.rate, chunk.encoding) for chunk in chunks} == {(rate, encoding)}

    with_voice(service, story, format=form)
    payload = service.sockets[0].requests[0]["payload"]
    assert {key: payload[key] for key in payload if key in {"mulaw", "sampleRate"}} == asked


def test_second_speaker_waits_for_the_first() -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        first, second = await asyncio.gather(said(voice), said(voice))
        assert (first, second) == (sound(1, WHOLE), sound(2, WHOLE))

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_degenerate_reply_is_asked_again_and_never_heard(reused: bool, times: int) -> None:
    before = [good(1)] if reused else []
    service = Service(replies=[*before, *[degenerate(9)] * times, good(7)])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        if reused:
            await said(voice)
        began = now()
        assert await said(voice) == sound(7, WHOLE)
        lost = 0.297 * times + (CONNECT if times == 2 else 0)
        assert now() - began == approx(lost + 0.86)

    with_voice(service, story)
    assert service.attempts == times
    noted = service.noted("tts_degenerate")
    assert [note["try"] for note in noted] == list(range(1, times + 1))
    assert noted[0]["use"] == (2 if reused else 1)
    assert noted[0]["audio_ms"] == 20


def test_degenerate_for_ever_fails_in_bounded_time() -> None:
    service = Service(default=degenerate)

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "degenerate"
        assert now() < 2.4 + 3 * CONNECT

    with_voice(service, story)
    assert 3 < service.requests <= 9


def test_no_audio_at_all_is_degenerate() -> None:
    service = Service(replies=[[(0.03, ACK), (0.3, END)]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.noted("tts_degenerate")[0]["audio_ms"] == 0


def test_short_reply_is_taken_up_where_it_ended() -> None:
    service = Service(replies=[[(0.03, ACK), (0.3, sound(1, 6400)), (0.1, END)]])
    assert with_voice(service, said) == sound(1, 6400) + sound(2, WHOLE - 6400)
    noted = service.noted("tts_short")[0]
    assert (noted["audio_ms"], noted["characters"]) == (200, len(TEXT))


def test_reply_that_is_short_again_was_all_there_is() -> None:
    service = Service(default=lambda number: [(0.03, ACK), (0.3, sound(number, 6400 + number)), (0.1, END)])

    async def story(voice: Synthesizer) -> None:
        assert len(await said(voice)) in range(6400, 6404)
        assert voice.stats.failed == 0

    with_voice(service, story)
    assert service.requests == 2


@pytest.mark.parametrize("size", [1, 639, 8001, 15999])
def test_odd_frames_are_joined(size: int) -> None:
    audio = bytes(range(1, 201)) * 100
    frames: list[tuple[float, Item]] = [(0.01, audio[i : i + size]) for i in range(0, len(audio), size)]
    service = Service(replies=[[(0.03, ACK), *frames[:1], *[(0.0, frame) for _, frame in frames[1:]], (0.0, END)]])

    async def story(voice: Synthesizer) -> bytes:
        chunks = [audio.audio async for audio in voice.speak(TEXT)]
        assert all(len(chunk) % 2 == 0 for chunk in chunks)
        return b"".join(chunks)

    assert with_voice(service, story) == audio


def test_header_is_taken_off_and_its_rate_believed() -> None:
    header = riff(form(rate=24000))
    service = Service(replies=[[(0.03, ACK), (0.3, header + sound(1, 24000)), (0.1, sound(1, 24000)), (0.01, END)]] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 48000)
        assert await rate_of(voice) == 24000
        assert await said(voice) == sound(3, WHOLE)
        assert await rate_of(voice) == 16000

    with_voice(service, story)


def test_audio_that_cannot_be_played_drains_and_is_asked_again() -> None:
    header = riff(form(channels=2))
    bad: Reply = [(0.03, ACK), (0.3, header + sound(1, 24000)), (0.1, sound(1, 24000)), (0.01, END)]

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service := Service(replies=[bad]), story)
    assert service.attempts == 2
    assert with_voice(Service(replies=[bad, bad]), failure) == "audio_format"


@pytest.mark.parametrize("delay", [0.0, 0.02])
def test_frame_after_the_end_is_never_heard(delay: float) -> None:
    service = Service(on_end=[(delay, sound(99, 4000))])

    async def story(voice: Synthesizer) -> None:
        for number in range(1, 5):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert {note["what"] for note in service.noted("tts_stray")} <= {"unasked_audio", "stale"}
    assert service.noted("tts_stray")


def test_end_after_an_error_does_not_end_the_next_sentence() -> None:
    wrong = [(0.03, ACK), (0.03, error("invalid payload")), (0.02, END)]
    service = Service(replies=[good(1), wrong, wrong])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, WHOLE)
        assert await failure(voice) == "invalid"
        assert await said(voice) == sound(4, WHOLE)

    with_voice(service, story)
    assert service.attempts == 3


def test_service_without_acks_is_understood() -> None:
    service = Service(default=lambda number: good(number)[1:])

    async def story(voice: Synthesizer) -> None:
        for number in range(1, 4):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_service_that_acks_once_a_socket_is_understood() -> None:
    service = Service(default=lambda number: good(number)[int(number > 1) :])

    async def story(voice: Synthesizer) -> None:
        for number in range(1, 4):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_text_nobody_may_ask_for_raises(text: str) -> None:
    service = Service()

    async def story(voice: Synthesizer) -> None:
        with pytest.raises(ValueError, match="1 to 2000"):
            await said(voice, text)

    with_voice(service, story)
    assert service.attempts == 0


def test_endless_reply_is_cut_off() -> None:
    service = Service(replies=[good(1, frames=100, gap=0.01)])

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "too_long"
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
