"""Errors, closes and stalls before, inside and between sentences."""

from __future__ import annotations

import asyncio

import pytest

from ivr.call.ports import TtsError
from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import (
    ACK,
    CONNECT,
    END,
    TEXT,
    WHOLE,
    Reply,
    Service,
    Shut,
    approx,
    degenerate,
    error,
    failure,
    good,
    now,
    said,
    sound,
    with_voice,
)

RETRIED = [
    ("rate limit exceeded", "rate_limit"),
    ("aborted", "aborted"),
    ("internal error", "unknown_error"),
    ("", "unknown_error"),
    ("Voice not owned by user", "voice"),
    ("insufficient funds", "funds"),
    ("usage limit", "funds"),
    ("api key inactive", "auth"),
    ("invalid payload", "invalid"),
    ("invalid message format", "invalid"),
    ("Only WAV files are supported", "audio_format"),
]


@pytest.mark.parametrize(("message", "reason"), RETRIED)
def test_error_is_retried_once_on_a_fresh_link(message: str, reason: str) -> None:
    """Whatever it says: one link's word proves nothing."""
    service = Service(replies=[[(0.03, ACK), (0.03, error(message))]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.attempts == 2
    again = Service(replies=[[(0.03, error(message))]] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == reason
        assert await said(voice) == sound(3, WHOLE)

    with_voice(again, story, away_patience=0.0)


def test_a_limit_that_passes_is_waited_for() -> None:
    service = Service(replies=[[(0.03, error("rate limit exceeded"))]] * 5)
    assert with_voice(service, said) == sound(6, WHOLE)


def test_error_after_audio_is_followed_by_the_rest_of_the_sentence() -> None:
    service = Service(replies=[[*good(1)[:2], (0.1, error("internal"))]])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 16000) + sound(2, WHOLE - 16000)
        assert await said(voice) == sound(3, WHOLE)

    with_voice(service, story)


CODES = [(1000, "closed"), (1001, "going_away"), (1006, "broken"), (1011, "closed_badly")]
REFUSALS = [(4001, "auth"), (4003, "funds"), (4500, "auth")]


@pytest.mark.parametrize(("code", "_reason"), CODES)
@pytest.mark.parametrize("cut", [0, 1])
def test_close_before_the_first_audio_is_silently_retried(code: int, _reason: str, cut: int) -> None:
    service = Service(replies=[[*good(1)[:cut], (0.05, Shut(code))]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.attempts == 2


@pytest.mark.parametrize(("code", "reason"), CODES)
def test_close_inside_a_sentence_is_followed_by_the_rest_of_it(code: int, reason: str) -> None:
    service = Service(replies=[[*good(1)[:3], (0.05, Shut(code))]])

    async def story(voice: Synthesizer) -> None:
        assert await said(voice) == sound(1, 48000) + sound(2, WHOLE - 48000)
        assert await said(voice) == sound(3, WHOLE)
        assert (voice.stats.resumed, voice.stats.failed) == (1, 0)

    with_voice(service, story)
    noted = service.noted("tts_resumed")
    assert [(note["reason"], note["got_ms"], note["link"]) for note in noted] == [(reason, 1500, 1)]


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_refusal_inside_a_sentence_is_followed_by_the_rest_of_it(code: int, reason: str) -> None:
    service = Service(replies=[[*good(1)[:3], (0.05, Shut(code))]])
    assert with_voice(service, said) == sound(1, 48000) + sound(2, WHOLE - 48000)
    assert [note["reason"] for note in service.noted("tts_resumed")] == [reason]


@pytest.mark.parametrize("breaks", [2, 3, 4, 6])
def test_sentence_that_breaks_off_again_and_again(breaks: int) -> None:
    """Each rendering comes a little further. Three times it is taken up."""
    service = Service(
        replies=[[(0.03, ACK), (0.1, sound(n, 16000 * n)), (0.05, Shut(1006))] for n in range(1, breaks + 1)]
    )

    async def story(voice: Synthesizer) -> None:
        heard = bytearray()
        try:
            async for audio in voice.speak(TEXT):
                heard += audio.audio
        except TtsError as failed:
            assert (breaks > 3, failed.reason) == (True, "broken")
        parts = min(breaks, 4)
        last = WHOLE - 16000 * parts if breaks < 4 else 0
        assert heard == b"".join(sound(n, 16000) for n in range(1, parts + 1)) + sound(parts + 1, last)

    with_voice(service, story)


def test_rest_that_is_not_there_is_nothing() -> None:
    """The second rendering is no longer than what was given out of the first."""
    service = Service(replies=[[*good(1)[:3], (0.05, Shut(1006))], good(2, frames=2)])
    assert with_voice(service, said) == sound(1, 48000)


@pytest.mark.parametrize(("code", "_reason"), CODES)
def test_close_between_sentences_is_replaced_in_the_background(code: int, _reason: str) -> None:
    service = Service(replies=[[*good(1), (1.0, Shut(code))]])

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        await asyncio.sleep(1.0 + CONNECT + 0.1)
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(0.86)

    with_voice(service, story)
    assert service.attempts == 2


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_refusal_before_the_first_audio_is_retried_once(code: int, reason: str) -> None:
    assert with_voice(Service(replies=[[(0.05, Shut(code))]]), said) == sound(2, WHOLE)
    service = Service(replies=[[(0.05, Shut(code))]] * 2)

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == reason
        await asyncio.sleep(10.0)

    with_voice(service, story)
    assert service.attempts == 2


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_refusal_right_after_the_opening(code: int, reason: str) -> None:
    service = Service(greeting=[(0.0, Shut(code))])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        await asyncio.sleep(5.0)
        assert service.attempts == 1
        assert await failure(voice) == reason

    with_voice(service, story)
    assert service.attempts == 3


def test_service_that_turns_everybody_away_is_asked_twice_a_sentence() -> None:
    service = Service(greeting=[(0.0, Shut(1000))])

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "closed"
        await asyncio.sleep(60.0)

    with_voice(service, story)
    assert service.attempts == 2


def test_close_after_every_end_prepares_the_next_link() -> None:
    service = Service(on_end=[(0.001, Shut(1000))])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        for number in range(1, 4):
            began = now()
            assert await said(voice) == sound(number, WHOLE)
            assert now() - began == approx(0.86)
            await asyncio.sleep(2.0)

    with_voice(service, story)
    assert service.attempts == 4


def test_close_together_with_the_end_meets_the_next_request() -> None:
    """The request goes out before the close is read: it is made again on a fresh link."""
    service = Service(on_end=[(0.0, Shut(1000))])

    async def story(voice: Synthesizer) -> None:
        for number in (1, 3, 5):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)


@pytest.mark.parametrize("cut", [0, 1])
def test_stall_before_the_first_audio_is_retried(cut: int) -> None:
    service = Service(replies=[good(1)[:cut]])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(3.0 + CONNECT + 0.86)

    with_voice(service, story)
    (noted,) = service.noted("tts_retry")
    assert noted == {"reason": "first_audio_timeout", "route": "other", "link": 1, "use": 1, "age_s": 3.0}


def test_while_the_caller_listens_there_is_time() -> None:
    """2.5 s of audio were given out in 0.86 s: the next sentence may take its time, and so may a frame in it."""
    slow: Reply = [(0.03, ACK), (2.5, sound(2, 48000)), (2.9, sound(2, 32000)), (0.01, END)]
    service = Service(replies=[good(1, frames=6), slow])

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        assert await said(voice, quiet_at=now() + 5.0) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_a_caller_whose_queue_was_dropped_does_not_listen() -> None:
    """Five seconds of audio were given out and dropped unheard: the next sentence has no more time than any other."""
    service = Service(replies=[good(1, frames=6), good(2)[:1]])

    async def story(voice: Synthesizer) -> None:
        await said(voice)
        began = now()
        assert await said(voice) == sound(3, WHOLE)
        assert now() - began == approx(3.0 + CONNECT + 0.86)

    with_voice(service, story)


def test_stall_of_a_held_frame_is_retried() -> None:
    service = Service(replies=[degenerate(1)[:2]])
    assert with_voice(service, said) == sound(2, WHOLE)


def test_stall_inside_a_sentence_is_followed_by_the_rest_of_it() -> None:
    service = Service(replies=[good(1)[:2]])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        began = now()
        assert await said(voice) == sound(1, 16000) + sound(2, WHOLE - 16000)
        assert now() - began == approx(0.45 + 1.5 + CONNECT + 0.86)

    with_voice(service, story)


def test_stall_for_ever_fails_in_bounded_time() -> None:
    service = Service(default=lambda _number: [])

    async def story(voice: Synthesizer) -> None:
        await voice.open()
        began = now()
        assert await failure(voice) == "first_audio_timeout"
        assert now() - began == approx(6.0 + CONNECT)

    with_voice(service, story)


def test_socket_that_takes_no_bytes_is_replaced() -> None:
    service = Service(send_stalls=True)

    async def story(voice: Synthesizer) -> None:
        assert await failure(voice) == "broken"

    with_voice(service, story)
