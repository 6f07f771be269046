"""A voice on a service that does all it was ever seen to do, and some it was not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from ivr.hamsa.client import HamsaSettings, SpeechError, Voice, Wire
from ivr.replay import virtual
from tests.hamsa.service import (
    ACK,
    CONNECT,
    END,
    TEXT,
    Item,
    Reply,
    Service,
    Shut,
    Socket,
    degenerate,
    error,
    good,
    now,
    said,
    settings,
    sound,
    with_voice,
)
from tests.hamsa.test_riff import form, riff

WHOLE = 80000
"""Bytes of a `good` reply."""


def approx(seconds: float) -> Any:
    return pytest.approx(seconds, abs=0.001)


def refused(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "no", Headers()))


async def failure(voice: Voice, text: str = TEXT) -> str:
    with pytest.raises(SpeechError) as failed:
        await said(voice, text)
    return failed.value.reason


async def started(voice: Voice) -> asyncio.Task[bytes]:
    """A sentence that is being said and has given out its first audio."""
    task = asyncio.create_task(said(voice))
    await asyncio.sleep(0.5)
    return task


async def cancelled(task: asyncio.Task[bytes]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_ten_sentences_take_one_connection() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        await voice.open()
        await voice.open()
        for number in range(1, 11):
            began = now()
            assert await said(voice) == sound(number, WHOLE)
            assert now() - began == approx(0.86)
        assert voice.connections == 1
        assert repr(voice) == "<Voice Hiba, <Links of voice: [<LiveLink 1 idle, 10 uses>], 1 opened>>"

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

    async def story(voice: Voice) -> None:
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

    async def story(voice: Voice) -> None:
        assert len(await said(voice)) == WHOLE
        assert (voice.rate, voice.encoding) == (rate, encoding)

    with_voice(service, story, format=form)
    payload = service.sockets[0].requests[0]["payload"]
    assert {key: payload[key] for key in payload if key in {"mulaw", "sampleRate"}} == asked


def test_first_sentence_waits_for_the_connect_under_way() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
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

    async def story(voice: Voice) -> None:
        task = asyncio.create_task(said(voice))
        await asyncio.sleep(0.5)
        await cancelled(task)
        await asyncio.sleep(1.0)
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_second_speaker_waits_for_the_first() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        first, second = await asyncio.gather(said(voice), said(voice))
        assert (first, second) == (sound(1, WHOLE), sound(2, WHOLE))

    with_voice(service, story)
    assert service.attempts == 1


def test_cancelled_sentence_drains_and_the_next_is_clean() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
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

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(0.36 + 0.86)

    with_voice(service, story)
    assert service.attempts == 1


def test_slow_drain_costs_a_fresh_link_and_leaves_a_spare() -> None:
    service = Service(replies=[good(1, frames=40, gap=0.5)])

    async def story(voice: Voice) -> None:
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
    assert [note["reason"] for note in service.noted("voice_link_lost")] == ["stuck", "shut"]


def test_drain_that_ends_before_the_fresh_link_is_there_wins() -> None:
    service = Service(replies=[good(1, frames=4, gap=0.7)])

    async def story(voice: Voice) -> None:
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

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        await asyncio.sleep(3.2 + CONNECT)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_closing_the_generator_is_cancelling() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        chunks = voice.speak(TEXT)
        assert await anext(chunks) == sound(1, 16000)
        await chunks.aclose()
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_abandoned_generator_frees_the_voice() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        async for audio in voice.speak(TEXT):
            assert audio
            break
        await asyncio.sleep(0)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


def test_ten_interruptions_keep_one_connection() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        await voice.open()
        for number in range(1, 21, 2):
            await cancelled(await started(voice))
            await asyncio.sleep(0.3)
            assert await said(voice) == sound(number + 1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_degenerate_reply_is_asked_again_and_never_heard(reused: bool, times: int) -> None:
    before = [good(1)] if reused else []
    service = Service(replies=[*before, *[degenerate(9)] * times, good(7)])

    async def story(voice: Voice) -> None:
        await voice.open()
        if reused:
            await said(voice)
        began = now()
        assert await said(voice) == sound(7, WHOLE)
        lost = 0.297 * times + (CONNECT if times == 2 else 0)
        assert now() - began == approx(lost + 0.86)

    with_voice(service, story)
    assert service.attempts == times
    noted = service.noted("voice_degenerate")
    assert [note["try"] for note in noted] == list(range(1, times + 1))
    assert noted[0]["use"] == (2 if reused else 1)
    assert noted[0]["audio_ms"] == 20


def test_degenerate_for_ever_fails() -> None:
    service = Service(default=degenerate)

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "degenerate"

    with_voice(service, story)
    assert (service.requests, service.attempts) == (3, 2)


def test_no_audio_at_all_is_degenerate() -> None:
    service = Service(replies=[[(0.03, ACK), (0.3, END)]])
    assert with_voice(service, said) == sound(2, WHOLE)
    assert service.noted("voice_degenerate")[0]["audio_ms"] == 0


def test_short_reply_is_heard_and_noted() -> None:
    service = Service(replies=[[(0.03, ACK), (0.3, sound(1, 6400)), (0.1, END)]])
    assert with_voice(service, said) == sound(1, 6400)
    assert service.noted("voice_short") == [{"audio_ms": 200, "characters": len(TEXT)}]


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


def test_link_that_is_closing_is_not_asked() -> None:
    service = Service(probed=True)

    async def story(voice: Voice) -> None:
        await said(voice)
        service.closing = True
        task = asyncio.create_task(said(voice))
        await asyncio.sleep(0.5)
        assert service.requests == 1
        service.closing = False
        assert await task == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


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


def test_cancel_while_sending_drops_the_link() -> None:
    service = Service(send_stalls=True)

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        service.send_stalls = False
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


@pytest.mark.parametrize("size", [1, 639, 8001, 15999])
def test_odd_frames_are_joined(size: int) -> None:
    audio = bytes(range(1, 201)) * 100
    frames: list[tuple[float, Item]] = [(0.01, audio[i : i + size]) for i in range(0, len(audio), size)]
    service = Service(replies=[[(0.03, ACK), *frames[:1], *[(0.0, frame) for _, frame in frames[1:]], (0.0, END)]])

    async def story(voice: Voice) -> bytes:
        chunks = [audio async for audio in voice.speak(TEXT)]
        assert all(len(chunk) % 2 == 0 for chunk in chunks)
        return b"".join(chunks)

    assert with_voice(service, story) == audio


def test_header_is_taken_off_and_its_rate_believed() -> None:
    header = riff(form(rate=24000))
    service = Service(replies=[[(0.03, ACK), (0.3, header + sound(1, 24000)), (0.1, sound(1, 24000)), (0.01, END)]])

    async def story(voice: Voice) -> None:
        assert await said(voice) == sound(1, 48000)
        assert voice.rate == 24000
        assert await said(voice) == sound(2, WHOLE)
        assert voice.rate == 16000

    with_voice(service, story)


def test_audio_that_cannot_be_played_fails_and_drains() -> None:
    header = riff(form(channels=2))
    service = Service(replies=[[(0.03, ACK), (0.3, header + sound(1, 24000)), (0.1, sound(1, 24000)), (0.01, END)]])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "audio_format"
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize("delay", [0.0, 0.02])
def test_frame_after_the_end_is_never_heard(delay: float) -> None:
    service = Service(on_end=[(delay, sound(99, 4000))])

    async def story(voice: Voice) -> None:
        for number in range(1, 5):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert {note["what"] for note in service.noted("voice_stray")} <= {"unasked_audio", "stale"}
    assert service.noted("voice_stray")


def test_end_after_an_error_does_not_end_the_next_sentence() -> None:
    service = Service(replies=[good(1), [(0.03, ACK), (0.03, error("invalid payload")), (0.02, END)]])

    async def story(voice: Voice) -> None:
        assert await said(voice) == sound(1, WHOLE)
        assert await failure(voice) == "invalid"
        assert await said(voice) == sound(3, WHOLE)

    with_voice(service, story)
    assert service.attempts == 2


def test_service_without_acks_is_understood() -> None:
    service = Service(default=lambda number: good(number)[1:])

    async def story(voice: Voice) -> None:
        for number in range(1, 4):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


def test_service_that_acks_once_a_socket_is_understood() -> None:
    service = Service(default=lambda number: good(number)[int(number > 1) :])

    async def story(voice: Voice) -> None:
        for number in range(1, 4):
            assert await said(voice) == sound(number, WHOLE)

    with_voice(service, story)
    assert service.attempts == 1


@pytest.mark.parametrize(
    ("failing", "reason", "attempts"),
    [
        (ConnectionRefusedError(), "connect", 2),
        (OSError("no route"), "connect", 2),
        (UnicodeError("idna"), "connect", 2),
        (TimeoutError(), "connect_timeout", 1),
        (refused(401), "auth", 1),
        (refused(403), "auth", 1),
        (refused(402), "funds", 1),
        (refused(429), "rate_limit", 2),
        (refused(500), "refused", 2),
    ],
)
def test_failed_connect(failing: Exception, reason: str, attempts: int) -> None:
    service = Service(connects=[failing] * 2)

    async def story(voice: Voice) -> None:
        assert await failure(voice) == reason
        await asyncio.sleep(60.0)
        assert service.attempts == attempts
        service.connects.clear()
        assert await said(voice) == sound(1, WHOLE)

    with_voice(service, story)


def test_connect_that_fails_once_is_forgotten() -> None:
    service = Service(connects=[ConnectionRefusedError()])
    assert with_voice(service, said) == sound(1, WHOLE)
    assert service.noted("voice_connect_failed") == [{"reason": "connect", "error": "ConnectionRefusedError"}]


def test_slow_connect_is_waited_for_and_a_dead_one_is_not() -> None:
    async def story(voice: Voice) -> None:
        assert await said(voice) == sound(1, WHOLE)

    with_voice(Service(connects=[5.0]), story)

    async def dead(voice: Voice) -> None:
        began = now()
        assert await failure(voice) == "connect_timeout"
        assert now() - began == approx(7.0)

    with_voice(Service(connects=[1e9]), dead)


def test_open_never_raises() -> None:
    service = Service(connects=[ConnectionRefusedError(), ValueError("?")])

    async def story(voice: Voice) -> None:
        await voice.open()
        await voice.open()
        assert voice.connections == 0

    with_voice(service, story)


def test_half_dead_link_is_found_while_idle() -> None:
    service = Service(probed=True)

    async def story(voice: Voice) -> None:
        await said(voice)
        await asyncio.sleep(100.0)
        assert (service.attempts, service.pings) == (1, 4)
        service.sockets[0].alive = False
        await asyncio.sleep(30.0)
        assert service.attempts == 2
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.noted("voice_link_lost")[0]["reason"] == "dead"


def test_half_dead_link_is_found_by_the_request() -> None:
    service = Service(probed=True)

    async def story(voice: Voice) -> None:
        await said(voice)
        service.sockets[0].alive = False
        began = now()
        assert await said(voice) == sound(2, WHOLE)
        assert now() - began == approx(2.0 + CONNECT + 0.86)

    with_voice(service, story)


def test_old_link_is_replaced_before_it_is_closed() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        await said(voice)
        await asyncio.sleep(2990.0)
        assert service.attempts == 2
        assert "<LiveLink 2 idle, 0 uses>" in repr(voice)
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert service.noted("voice_link_lost")[0]["reason"] == "replaced"


def test_old_link_serves_until_its_successor_is_there() -> None:
    service = Service(connects=[CONNECT, *[ConnectionRefusedError()] * 12])

    async def story(voice: Voice) -> None:
        await said(voice)
        await asyncio.sleep(3050.0)
        assert await said(voice) == sound(2, WHOLE)
        assert voice.connections == 1
        await asyncio.sleep(400.0)
        assert "<LiveLink 2 idle, 0 uses>" in repr(voice)

    with_voice(service, story)


def test_aclose_with_a_dead_peer_takes_less_than_a_second() -> None:
    """`with_voice` measures; here nothing answers, and a sentence is in flight."""
    service = Service(close_stalls=True, default=lambda _number: [(0.03, ACK)])

    async def story(voice: Voice) -> None:
        await voice.open()
        task = asyncio.create_task(failure(voice))
        await asyncio.sleep(0.1)
        await voice.aclose()
        assert await task == "shut"
        assert await failure(voice) == "shut"
        await voice.open()
        await voice.aclose()

    with_voice(service, story)
    assert service.attempts == 1


def test_aclose_while_connecting() -> None:
    service = Service(connects=[1e9])

    async def story(voice: Voice) -> None:
        task = asyncio.create_task(failure(voice))
        await asyncio.sleep(0.1)
        await voice.aclose()
        assert await task == "shut"

    with_voice(service, story)


def test_close_in_the_same_breath_as_the_opening() -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        warming = asyncio.create_task(voice.open())
        await asyncio.sleep(CONNECT)
        await voice.aclose()
        await warming

    with_voice(service, story)


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_text_nobody_may_ask_for_raises(text: str) -> None:
    service = Service()

    async def story(voice: Voice) -> None:
        with pytest.raises(ValueError, match="1 to 2000"):
            await said(voice, text)

    with_voice(service, story)
    assert service.attempts == 0


def test_endless_reply_is_cut_off() -> None:
    service = Service(replies=[good(1, frames=100, gap=0.01)])

    async def story(voice: Voice) -> None:
        assert await failure(voice) == "too_long"
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


def test_flood_on_a_reader_that_sleeps_loses_the_link() -> None:
    flood: Reply = [(0.03, ACK), *[(0.001, sound(1, 1 << 20))] * 40]
    service = Service(replies=[flood])

    async def story(voice: Voice) -> None:
        chunks = voice.speak("x" * 2000)
        await anext(chunks)
        await asyncio.sleep(1.0)
        with pytest.raises(SpeechError, match="flood"):
            async for _ in chunks:
                pass
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)


def test_drain_is_waited_out_when_no_fresh_link_can_be_had() -> None:
    service = Service(replies=[good(1, frames=8, gap=0.5)], connects=[CONNECT, *[ConnectionRefusedError()] * 3])

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        assert await said(voice) == sound(2, WHOLE)

    with_voice(service, story)
    assert (service.attempts, len(service.sockets)) == (2, 1)


def test_drain_that_is_never_over_and_no_fresh_link() -> None:
    service = Service(replies=[good(1)[:2]], connects=[CONNECT, *[ConnectionRefusedError()] * 3])

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        assert await failure(voice) == "connect"

    with_voice(service, story)


def test_no_more_than_three_links() -> None:
    """Every sentence is cut off and every drain is long: the oldest gives way."""
    service = Service(default=lambda number: good(number, frames=40, gap=0.4))

    async def story(voice: Voice) -> None:
        await voice.open()
        for number in range(1, 9):
            chunks = voice.speak(TEXT)
            assert await anext(chunks) == sound(number, 16000)
            await chunks.aclose()
            assert repr(voice).count("LiveLink") <= 3

    with_voice(service, story, drain_patience=0.1, drain_limit=60.0)
    assert "replaced" in {note["reason"] for note in service.noted("voice_link_lost")}


def test_old_link_goes_when_a_spare_is_there() -> None:
    service = Service(replies=[good(1, frames=4, gap=0.7)])

    async def story(voice: Voice) -> None:
        await voice.open()
        await cancelled(await started(voice))
        await said(voice)
        await asyncio.sleep(5.0)
        assert repr(voice).count("idle") == 2
        await asyncio.sleep(2750.0)
        assert voice.connections <= 3

    with_voice(service, story)


def test_socket_that_fails_by_time_out_is_lost() -> None:
    class Slow(Socket):
        async def recv(self) -> str | bytes:
            await super().recv()
            raise TimeoutError

    service = Service()

    async def connect(_settings: HamsaSettings) -> Wire:
        service.attempts += 1
        socket = Slow(service)
        service.sockets.append(socket)
        return socket

    async def scene() -> None:
        voice = Voice(settings(), connect=connect)
        assert await failure(voice) == "broken"
        await voice.aclose()

    virtual.run(scene())
    assert service.attempts == 2
