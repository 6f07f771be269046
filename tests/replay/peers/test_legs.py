"""Peers that are played from a tape, at the times of the tape, or asked where the mode allows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ivr.call.commands import ReplyRequest
from ivr.call.events import (
    Event,
    PeerFault,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    ReplyPause,
    TranscriptArrived,
    TranscriptFailed,
    TtsAudio,
    TtsEnded,
    TtsFailed,
)
from ivr.call.ports import SttError, TtsChunk, TtsError
from ivr.replay.peers.cassette import Cassette, LegMode
from ivr.replay.peers.exchanges import PeerExchange
from ivr.replay.peers.legs import NOT_ON_TAPE, TapedAgent, TapedStt, TapedTts
from ivr.testbench import virtual_time

PCM = bytes(1600)
REQUEST = ReplyRequest("hello", "CA1", "speech", 7, "en", "CA1", "+1", "+2", "inbound")


@dataclass
class Peer:
    """Every peer in one, which writes down what was asked of it."""

    asked: list[str] = field(default_factory=list)

    async def warm(self) -> None:
        self.asked.append("warm")

    async def open(self) -> None:
        self.asked.append("open")

    async def aclose(self) -> None:
        self.asked.append("close")

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        self.asked.append(request.text)
        yield ReplyEnded(request.turn)

    async def speak(self, text: str, quiet_at: float = 0.0, language: str = "") -> AsyncGenerator[TtsChunk, None]:
        self.asked.append(text)
        yield TtsChunk(b"\1\2", 8000, "pcm16")

    async def transcribe(self, pcm: bytes, language: str = "") -> str:
        self.asked.append(f"{len(pcm)} bytes")
        return "from the peer"


def cassette(mode: LegMode, *recorded: PeerExchange) -> Cassette:
    return Cassette("a.tape", recorded, {"agent": mode, "stt": mode, "tts": mode})


def replied(*answer: tuple[float, Event]) -> PeerExchange:
    request = {"text": "hello", "event": "speech", "language": "en", "caller": "+1", "called": "+2"}
    return PeerExchange("agent", (1,), 5.0, request, list(answer))


def spoke(*answer: tuple[float, Event]) -> PeerExchange:
    return PeerExchange("tts", (1, 1), 5.0, {"text": "Hi."}, list(answer))


def heard(*answer: tuple[float, Event]) -> PeerExchange:
    return PeerExchange("stt", (1,), 5.0, {"bytes": len(PCM)}, list(answer))


def timed(events: Any) -> list[tuple[float, Any]]:
    """Gather what a peer yields, each with its time."""

    async def main() -> list[tuple[float, Any]]:
        return [(round(asyncio.get_running_loop().time(), 3), one) async for one in events]

    return virtual_time.run(main())


def test_a_reply_comes_at_its_times_for_the_turn_of_today() -> None:
    fault = PeerFault("agent", "odd")
    answer: list[tuple[float, Event]] = [
        (0.3, ReplyDelta(1, "yes")), (0.4, ReplyPause(1)), (0.5, fault), (0.6, TtsEnded(1, 1)), (0.9, ReplyEnded(1)),
    ]  # fmt: skip
    peer = Peer()
    events = timed(TapedAgent(cassette("none", replied(*answer)), peer).reply(REQUEST))
    assert events == [(0.3, ReplyDelta(7, "yes")), (0.4, ReplyPause(7)), (0.5, fault), (0.9, ReplyEnded(7))]
    assert peer.asked == []


def test_a_missing_reply_is_a_failure_and_an_error() -> None:
    for made in (cassette("none"), cassette("none", replied((0.3, ReplyDelta(1, "y"))))):
        events = timed(TapedAgent(made, Peer()).reply(REQUEST))
        assert events[-1][1] == ReplyFailed(7, NOT_ON_TAPE)
        assert len(made.errors) == 1


def test_peers_are_asked_where_the_mode_allows_it() -> None:
    peer, made = Peer(), cassette("new")

    async def main() -> None:
        for port in (TapedTts(made, peer), TapedStt(made, peer)):
            await port.open()
            await port.aclose()
        await TapedAgent(made, peer).warm()
        assert [one async for one in TapedAgent(made, peer).reply(REQUEST)] == [ReplyEnded(7)]
        assert [one.audio async for one in TapedTts(made, peer).speak("Hi.")] == [b"\1\2"]
        assert await TapedStt(made, peer).transcribe(PCM) == "from the peer"

    virtual_time.run(main())
    assert peer.asked == ["open", "close", "open", "close", "warm", "hello", "Hi.", "1600 bytes"]
    assert made.asked == {"agent": 1, "stt": 1, "tts": 1}


def test_peers_are_left_alone_otherwise() -> None:
    peer, made = Peer(), cassette("none")

    async def main() -> None:
        await TapedTts(made, peer).open()
        await TapedStt(made, peer).open()
        await TapedAgent(made, peer).warm()

    virtual_time.run(main())
    assert peer.asked == []


def test_speech_comes_at_its_times() -> None:
    answer: list[tuple[float, Event]] = [
        (0.2, TtsAudio(1, 1, b"ab", 24_000)),
        (0.5, ReplyPause(1)),
        (0.7, TtsEnded(1, 1)),
    ]
    chunks = timed(TapedTts(cassette("none", spoke(*answer)), Peer()).speak("Hi."))
    assert chunks == [(0.2, TtsChunk(b"ab", 24_000, "pcm16"))]


@pytest.mark.parametrize(
    ("recorded", "reason", "again"),
    [
        ([spoke((0.2, TtsFailed(1, 1, "timeout", again=True)))], "timeout", True),
        ([spoke((0.2, TtsAudio(1, 1, b"ab")))], NOT_ON_TAPE, False),
        ([], NOT_ON_TAPE, False),
    ],
)
def test_speech_fails_as_then_or_for_a_missing_answer(recorded: list[PeerExchange], reason: str, again: bool) -> None:
    with pytest.raises(TtsError, match=reason) as failed:
        timed(TapedTts(cassette("none", *recorded), Peer()).speak("Hi."))
    assert failed.value.again is again


@pytest.mark.parametrize(
    ("recorded", "outcome"),
    [
        ([heard((0.2, ReplyPause(1)), (0.4, TranscriptArrived(1, "hello")))], "hello"),
        ([heard((0.4, TranscriptFailed(1, "timeout")))], "timeout"),
        ([heard()], NOT_ON_TAPE),
        ([], NOT_ON_TAPE),
    ],
)
def test_an_utterance_has_the_words_of_the_tape(recorded: list[PeerExchange], outcome: str) -> None:
    async def main() -> str:
        try:
            return await TapedStt(cassette("none", *recorded), Peer()).transcribe(PCM)
        except SttError as failed:
            return failed.reason

    assert virtual_time.run(main()) == outcome
