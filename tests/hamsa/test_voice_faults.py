"""Errors, closes and stalls before, inside and between sentences."""

from __future__ import annotations

import asyncio

import pytest

from ivr.hamsa.client import Voice
from tests.hamsa.service import (
    ACK,
    CONNECT,
    WHOLE,
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

RETRIED = ["rate limit exceeded", "aborted", "internal error", ""]
FINAL = [
    ("Voice not owned by user", "voice"),
    ("insufficient funds", "funds"),
    ("usage limit", "funds"),
    ("api key inactive", "auth"),
    ("invalid payload", "invalid"),
    ("invalid message format", "invalid"),
    ("Only WAV files are supported", "audio_format"),
]


@pytest.mark.parametrize("message", RETRIED)
def test_error_that_may_pass_is_retried_once_on_a_fresh_link(message: str) -> None:
    service = Service(replies=[[(0.03, error(message))]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.attempts == 2
    again = Service(replies=[[(0.03, error(message))]] * 2)
    assert with_voice(again, failure)
    assert again.requests == 2


@pytest.mark.parametrize(("message", "reason"), FINAL)
def test_error_that_will_not_pass_fails_at_once(message: str, reason: str) -> None:
    service = Service(replies=[[(0.03, ACK), (0.03, error(message))]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == reason
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.requests == 2


def test_error_after_audio_ends_the_sentence() -> None:
    service = Service(replies=[[*good(1)[:2], (0.1, error("internal"))]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "unknown_error"
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


CODES = [(1000, "closed"), (1001, "going_away"), (1006, "broken"), (1011, "closed_badly")]
REFUSALS = [(4001, "auth"), (4003, "funds"), (4500, "auth")]


@pytest.mark.parametrize(("code", "_reason"), CODES)
@pytest.mark.parametrize("cut", [0, 1])
def test_close_before_the_first_audio_is_silently_retried(code: int, _reason: str, cut: int) -> None:
    service = Service(replies=[[*good(1)[:cut], (0.05, Shut(code))]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.attempts == 2


@pytest.mark.parametrize(("code", "reason"), CODES + REFUSALS)
def test_close_inside_a_sentence_fails_it_and_not_the_next(code: int, reason: str) -> None:
    service = Service(replies=[[*good(1)[:3], (0.05, Shut(code))]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == reason
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


@pytest.mark.parametrize(("code", "_reason"), CODES)
def test_close_between_sentences_is_replaced_in_the_background(code: int, _reason: str) -> None:
    service = Service(replies=[[*good(1), (1.0, Shut(code))]])

    async def story(voice: Voice) -> None:
        await said(voice)
        await asyncio.sleep(1.0 + CONNECT + 0.1)
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(0.86)

    with_voice(service, story)
    assert service.attempts == 2


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_refusal_before_the_first_audio_is_not_retried(code: int, reason: str) -> None:
    service = Service(replies=[[(0.05, Shut(code))]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == reason
        await asyncio.sleep(10.0)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_refusal_right_after_the_opening(code: int, reason: str) -> None:
    service = Service(greeting=[(0.0, Shut(code))])

    async def story(voice: Voice) -> None:
        await voice.open()
        await asyncio.sleep(5.0)
        assert service.attempts == 1
        assert await failure(voice) == reason

    with_voice(service, story)
    assert service.attempts == 2


def test_service_that_turns_everybody_away_is_asked_twice_a_sentence() -> None:
    service = Service(greeting=[(0.0, Shut(1000))])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "closed"
        await asyncio.sleep(60.0)

    with_voice(service, story)
    assert service.attempts == 2


def test_close_after_every_end_prepares_the_next_link() -> None:
    service = Service(on_end=[(0.001, Shut(1000))])

    async def story(voice: Voice) -> None:
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

    async def story(voice: Voice) -> None:
        for number in (1, 3, 5):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)


@pytest.mark.parametrize("cut", [0, 1])
def test_stall_before_the_first_audio_is_retried(cut: int) -> None:
    service = Service(replies=[good(1)[:cut]])

    async def story(voice: Voice) -> None:
        await voice.open()
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(3.0 + CONNECT + 0.86)

    with_voice(service, story)
    assert service.noted("voice_retry") == [{"reason": "first_audio_timeout"}]


def test_stall_of_a_held_frame_is_retried() -> None:
    service = Service(replies=[degenerate(1)[:2]])
    assert with_voice(service, said) == sound(2, WHOLE)


def test_stall_inside_a_sentence_fails_it_and_not_the_next() -> None:
    service = Service(replies=[good(1)[:2]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "gap_timeout"
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


def test_stall_for_ever_fails_in_bounded_time() -> None:
    service = Service(default=lambda _number: [])

    async def story(voice: Voice) -> None:
        await voice.open()
        began = now()
        assert await failure(voice) == "first_audio_timeout"
        assert now() - began == approx(6.0 + CONNECT)

    with_voice(service, story)


def test_socket_that_takes_no_bytes_is_replaced() -> None:
    service = Service(send_stalls=True)

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "broken"

    with_voice(service, story)
