"""Ears on a service that answers in bare text, late, twice, or not at all."""

from __future__ import annotations

import asyncio
import base64
import random
import struct

import pytest

from ivr.call.ports import SttError
from ivr.hamsa.stt.transcriber import AT_ONCE, Transcriber
from ivr.media import wav
from ivr.media.resample import resample
from tests.hamsa.service import CONNECT, Reply, Service, Shut, error, now, with_ears

PCM = struct.pack("<800h", *range(800))
"""100 ms at 8 kHz."""


def words(text: str, after: float = 0.8) -> Reply:
    return [(after, text)]


def answering(*replies: Reply) -> Service:
    return Service(replies=list(replies), default=lambda number: words(f"utterance {number}"))


async def failure(ears: Transcriber) -> str:
    with pytest.raises(SttError) as failed:
        await ears.transcribe(PCM)
    return failed.value.reason


def heard(service: Service) -> str:
    return with_ears(service, lambda ears: ears.transcribe(PCM))


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ("مرحبا بك في خدمة همسة", "مرحبا بك في خدمة همسة"),
        ("7826459301240", "7826459301240"),
        ("0512345678", "0512345678"),
        ("null", "null"),
        ('"x"', '"x"'),
        ("[1]", "[1]"),
        ('{"type":"unheard of"}', '{"type":"unheard of"}'),
        ("", ""),
        ("  leading", "leading"),
        ('{"type":"transcription","payload":{"text":"hello"}}', "hello"),
        ("[NO SPEECH]", ""),
    ],
)
def test_transcript(frame: str, text: str) -> None:
    assert heard(answering(words(frame))) == text


def test_ten_utterances_take_one_connection() -> None:
    service = answering()

    async def story(ears: Transcriber) -> None:
        await ears.open()
        for number in range(1, 11):
            began = now()
            assert await ears.transcribe(PCM) == f"utterance {number}"
            assert now() - began == pytest.approx(0.8, abs=0.001)
        assert len(service.sockets) == 1
        assert repr(ears) == "<Transcriber ar, <LinkPool [<LiveLink 1 idle, 10 uses>], 1 opened>>"

    with_ears(service, story)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_utterance_is_sent_as_wav(rate: int) -> None:
    service = answering()
    with_ears(service, lambda ears: ears.transcribe(PCM), stt_rate=rate, language="en")
    payload = service.sockets[0].requests[0]["payload"]
    sent = wav.decode(base64.b64decode(payload["audioBase64"]))
    assert (sent.rate, sent.channels, len(sent.pcm)) == (rate, 1, len(PCM) * rate // 8000)
    assert (payload["language"], payload["isEosEnabled"]) == ("en", False)


def test_long_utterance_leaves_turns_to_other_calls() -> None:
    service, pcm = answering(), random.Random(3).randbytes(16000 * (2 * AT_ONCE + 1))

    async def story(ears: Transcriber) -> int:
        await ears.open()
        asking, turns = asyncio.ensure_future(ears.transcribe(pcm)), 0
        while service.requests == 0:
            await asyncio.sleep(0)
            turns += 1
        await asking
        return turns

    assert with_ears(service, story, stt_rate=16000) >= 3
    payload = service.sockets[0].requests[0]["payload"]
    assert wav.decode(base64.b64decode(payload["audioBase64"])).pcm == resample(pcm, 8000, 16000)


@pytest.mark.parametrize(("seconds", "rate"), [(20, 16000), (21, 8000), (30, 8000)])
def test_long_utterance_stays_under_a_mebibyte(seconds: int, rate: int) -> None:
    service = answering()
    with_ears(service, lambda ears: ears.transcribe(bytes(16000 * seconds)))
    request = service.sockets[0].requests[0]
    assert wav.decode(base64.b64decode(request["payload"]["audioBase64"])).rate == rate
    assert len(str(request)) < 1 << 20


def test_nothing_is_not_sent() -> None:
    service = answering()
    assert with_ears(service, lambda ears: ears.transcribe(b"")) == ""
    assert service.attempts == 0


def test_thinking_then_text() -> None:
    assert heard(answering([(0.5, "[THINKING]"), (1.0, "found it")])) == "found it"


def test_thinking_for_ever_is_retried_once() -> None:
    service = answering([(0.5, "[THINKING]")])
    assert heard(service) == "utterance 2"
    assert service.attempts == 2
    for_ever = Service(default=lambda _number: words("[THINKING]"))
    assert with_ears(for_ever, failure) == "transcript_timeout"
    assert for_ever.requests == 2


def test_silence_is_retried_once_in_bounded_time() -> None:
    service = Service(default=lambda _number: [])

    async def story(ears: Transcriber) -> None:
        await ears.open()
        began = now()
        assert await failure(ears) == "transcript_timeout"
        assert now() - began == pytest.approx(9.0 + CONNECT, abs=0.001)

    with_ears(service, story)


def test_polite_close_without_reply_is_no_words() -> None:
    service = answering([(0.5, Shut(1000))])
    assert heard(service) == ""
    assert service.requests == 1


def test_polite_close_of_a_used_link_is_asked_again() -> None:
    service = answering(words("first"), [(0.5, Shut(1000))])

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "first"
        assert await ears.transcribe(PCM) == "utterance 3"

    with_ears(service, story)


def test_polite_close_of_a_new_link_is_asked_again_when_there_is_time_for_a_word() -> None:
    wordy = PCM * 6
    service = answering([(0.5, Shut(1000))])
    assert with_ears(service, lambda ears: ears.transcribe(wordy)) == "utterance 2"
    empty = Service(default=lambda _number: [(0.5, Shut(1000))])
    assert with_ears(empty, lambda ears: ears.transcribe(wordy)) == ""
    assert empty.requests == 2


def test_polite_close_again_is_no_words() -> None:
    service = answering(words("first"), [(0.5, Shut(1000))], [(0.5, Shut(1000))])

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "first"
        assert await ears.transcribe(PCM) == ""

    with_ears(service, story)


@pytest.mark.parametrize("code", [1001, 1006, 1011])
def test_other_close_is_retried_once(code: int) -> None:
    service = answering([(0.5, Shut(code))])
    assert heard(service) == "utterance 2"
    assert with_ears(Service(default=lambda _number: [(0.5, Shut(code))]), failure) in {
        "going_away",
        "broken",
        "closed_badly",
    }


@pytest.mark.parametrize(("code", "reason"), [(4001, "auth"), (4003, "funds"), (4500, "auth")])
def test_refusal_by_one_link_is_not_the_last_word(code: int, reason: str) -> None:
    assert heard(answering([(0.1, Shut(code))])) == "utterance 2"
    service = Service(default=lambda _number: [(0.1, Shut(code))])
    assert with_ears(service, failure) == reason
    assert service.requests == 2


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Only WAV files are supported", "audio_format"),
        ("Error generating transcription: Audio format not supported", "audio_format"),
        ("insufficient funds", "funds"),
        ("rate limit", "rate_limit"),
        ("?", "unknown_error"),
    ],
)
def test_error_is_retried_once(message: str, reason: str) -> None:
    assert heard(answering(words(error(message)))) == "utterance 2"
    service = Service(default=lambda _number: words(error(message)))
    assert with_ears(service, failure) == reason
    assert service.requests == 2


def test_link_that_failed_is_never_heard_again() -> None:
    """The transcript that follows an error would be the next utterance's."""
    service = answering([(0.1, error("Only WAV files are supported")), (0.2, "late")])

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "utterance 2"
        assert await ears.transcribe(PCM) == "utterance 3"

    with_ears(service, story)
    assert service.attempts == 2


@pytest.mark.parametrize("wait", [0.0, 0.2, 1.0, 5.0])
@pytest.mark.parametrize("late", [0.8, 2.0, 30.0])
def test_late_reply_of_a_cancelled_utterance_is_nobodys(wait: float, late: float) -> None:
    service = answering(words("late", late))

    async def story(ears: Transcriber) -> None:
        await ears.open()
        first = asyncio.create_task(ears.transcribe(PCM))
        await asyncio.sleep(0.5)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await asyncio.sleep(wait)
        began = now()
        assert await ears.transcribe(PCM) == "utterance 2"
        assert now() - began < 1.0 + CONNECT + 0.8 + 0.01

    with_ears(service, story)


def test_late_reply_of_an_overdue_link_is_nobodys() -> None:
    """The link that was asked beside it has answered, and nobody waits for the first any more."""
    service = answering(words("late", 6.6))

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "utterance 2"
        assert await ears.transcribe(PCM) == "utterance 3"
        assert await ears.transcribe(PCM) == "utterance 4"

    with_ears(service, story)
    assert [note["reason"] for note in service.noted("stt_link_lost")] == ["transcript_timeout", "shut"]


@pytest.mark.parametrize("late", [4.6, 5.7, 6.3])
def test_slow_words_are_believed_and_those_of_the_try_beside_them_are_nobodys(late: float) -> None:
    service = answering(words("slow", late))

    async def story(ears: Transcriber) -> None:
        await ears.open()
        began = now()
        assert await ears.transcribe(PCM) == "slow"
        assert now() - began == pytest.approx(late, abs=0.001)
        heard = [await ears.transcribe(PCM) for _ in range(3)]
        assert heard == [f"utterance {number}" for number in range(service.requests - 2, service.requests + 1)]

    with_ears(service, story)
    assert [note["reason"] for note in service.noted("stt_retry")] == ["transcript_timeout"]


def test_every_utterance_may_be_slow() -> None:
    service = Service(default=lambda number: words(f"utterance {number}", 6.0))

    async def story(ears: Transcriber) -> None:
        await ears.open()
        for _ in range(4):
            first = service.requests + 1
            assert await ears.transcribe(PCM) == f"utterance {first}"

    with_ears(service, story)
    assert service.attempts <= 8


def test_a_cancelled_utterance_leaves_no_try() -> None:
    service = answering(words("first", 8.0), words("beside it", 8.0))

    async def story(ears: Transcriber) -> None:
        task = asyncio.create_task(ears.transcribe(PCM))
        await asyncio.sleep(7.0)
        assert service.requests == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [t for t in asyncio.all_tasks() if t.get_name() == "hamsa-ears-try"] == []
        assert await ears.transcribe(PCM) == "utterance 3"

    with_ears(service, story)


def test_what_fails_after_it_was_late_is_not_counted_twice() -> None:
    service = answering([(5.0, Shut(1006))], words("found", 3.0))

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "found"
        assert ears.stats.retries == 1

    with_ears(service, story)


def test_a_fault_of_ours_is_not_a_fault_of_the_ears(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(ears: Transcriber) -> None:
        monkeypatch.setattr(ears._pool, "take", None)
        with pytest.raises(TypeError):
            await ears.transcribe(PCM)

    with_ears(answering(), story)


def test_link_that_speaks_unasked_is_dropped() -> None:
    service = answering([(0.5, "first"), (0.5, "again")])

    async def story(ears: Transcriber) -> None:
        assert await ears.transcribe(PCM) == "first"
        await asyncio.sleep(1.0 + CONNECT)
        began = now()
        assert await ears.transcribe(PCM) == "utterance 2"
        assert now() - began == pytest.approx(0.8, abs=0.001)

    with_ears(service, story)
    assert service.noted("stt_stray") == [{"what": "unasked_text", "uses": 1}]
    assert service.attempts == 2


def test_utterances_wait_for_each_other() -> None:
    service = answering()

    async def story(ears: Transcriber) -> None:
        first, second = await asyncio.gather(ears.transcribe(PCM), ears.transcribe(PCM))
        assert (first, second) == ("utterance 1", "utterance 2")

    with_ears(service, story)


def test_failed_connect() -> None:
    async def story(ears: Transcriber) -> None:
        await ears.open()
        assert await failure(ears) == "connect"

    with_ears(Service(connects=[ConnectionRefusedError()] * 9), story)


def test_aclose_fails_the_utterance_in_flight() -> None:
    service = Service(close_stalls=True, default=lambda _number: [])

    async def story(ears: Transcriber) -> None:
        task = asyncio.create_task(failure(ears))
        await asyncio.sleep(2.0)
        await service.speech.aclose()
        assert await task == "shut"

    with_ears(service, story)
