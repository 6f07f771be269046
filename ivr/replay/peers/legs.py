"""Stand in for the peers of a call with what a tape has of them, at the times it has.

Where a leg's mode allows it, the peer itself is asked. A request that is not on the tape fails as a peer does, and the
cassette takes note of it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

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
    TtsFailed,
)
from ivr.call.ports import AgentPort, SttError, SttPort, TtsChunk, TtsError, TtsPort
from ivr.replay.peers.cassette import Cassette, NotOnTape
from ivr.replay.peers.exchanges import PeerExchange

NOT_ON_TAPE: Final = "not_on_tape"
"""Reason of a peer's failure that stands for a missing answer."""


async def _paced(exchange: PeerExchange) -> AsyncIterator[Event]:
    """Yield the events of an answer, each as long after the request as it was."""
    loop = asyncio.get_running_loop()
    asked_at = loop.time()
    for seconds, event in exchange.answer:
        await asyncio.sleep(max(0.0, asked_at + seconds - loop.time()))
        yield event


@dataclass(frozen=True, slots=True)
class TapedAgent:
    """Answer for an agent."""

    cassette: Cassette
    peer: AgentPort

    async def warm(self) -> None:
        """Warm the agent itself, where it may be asked."""
        if self.cassette.may_ask("agent"):
            await self.peer.warm()

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[Event, None]:
        """Yield the events of one reply."""
        try:
            exchange = self.cassette.take("agent", msgspec.to_builtins(request))
            if exchange is None:
                async for event in self.peer.reply(request):
                    yield event
                return
            async for event in _paced(exchange):
                match event:
                    case ReplyDelta() | ReplyPause() | ReplyEnded() | ReplyFailed():
                        yield replace(event, turn=request.turn)
                    case PeerFault():
                        yield event
                    case _:
                        pass
            if not exchange.whole:
                raise self.cassette.broke_off(exchange)
        except NotOnTape:
            yield ReplyFailed(request.turn, NOT_ON_TAPE)


@dataclass(frozen=True, slots=True)
class TapedTts:
    """Answer for a TTS service."""

    cassette: Cassette
    peer: TtsPort

    async def open(self) -> None:
        """Open the service itself, where it may be asked."""
        if self.cassette.may_ask("tts"):
            await self.peer.open()

    async def speak(self, text: str, quiet_at: float = 0.0, language: str = "") -> AsyncGenerator[TtsChunk, None]:
        """Yield the audio of a text. Raises TtsError."""
        try:
            exchange = self.cassette.take("tts", {"text": text, "language": language})
            if exchange is None:
                async for chunk in self.peer.speak(text, quiet_at, language):
                    yield chunk
                return
            async for event in _paced(exchange):
                match event:
                    case TtsAudio(_, _, audio, rate, encoding):
                        yield TtsChunk(audio, rate, encoding)
                    case TtsFailed(_, _, reason, again):
                        raise TtsError(reason, again=again)
                    case _:
                        pass
            if not exchange.whole:
                raise self.cassette.broke_off(exchange)
        except NotOnTape:
            raise TtsError(NOT_ON_TAPE, again=False) from None

    async def aclose(self) -> None:
        """Let go of the service."""
        await self.peer.aclose()


@dataclass(frozen=True, slots=True)
class TapedStt:
    """Answer for an STT service."""

    cassette: Cassette
    peer: SttPort

    async def open(self) -> None:
        """Open the service itself, where it may be asked."""
        if self.cassette.may_ask("stt"):
            await self.peer.open()

    async def transcribe(self, pcm: bytes, language: str = "") -> str:
        """Return the words of an utterance. Raises SttError."""
        try:
            exchange = self.cassette.take("stt", {"bytes": len(pcm), "crc": zlib.crc32(pcm), "language": language})
            if exchange is None:
                return await self.peer.transcribe(pcm, language)
            async for event in _paced(exchange):
                match event:
                    case TranscriptArrived(_, text):
                        return text
                    case TranscriptFailed(_, reason):
                        raise SttError(reason)
                    case _:
                        pass
            raise self.cassette.broke_off(exchange)
        except NotOnTape:
            raise SttError(NOT_ON_TAPE) from None

    async def aclose(self) -> None:
        """Let go of the service."""
        await self.peer.aclose()
