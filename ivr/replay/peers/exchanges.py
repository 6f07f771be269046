"""Read from a tape what was asked of each peer, and what came back when. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ivr.call.commands import ReplyRequest
from ivr.call.events import (
    Event,
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
from ivr.replay.tape import Leg, Tape


@dataclass(slots=True)
class PeerExchange:
    """Hold one request to a peer, and its answer."""

    leg: Leg
    key: tuple[int, ...]
    """Turn, turn and sentence, or utterance."""
    asked_at: float
    """Seconds of the driver's clock."""
    request: dict[str, Any]
    """Of the agent: the fields of a `ReplyRequest`. Of TTS: `text`. Of STT: `bytes`, and `crc` where it is known.
    Of both: `language`, where the call has changed it."""
    answer: list[tuple[float, Event]] = field(default_factory=list)
    """Each with the seconds since the request."""
    closed: bool = False
    """The call did not wait for the rest."""

    @property
    def whole(self) -> bool:
        """Return whether the answer came to its own end."""
        return bool(self.answer) and isinstance(self.answer[-1][1], _ENDS)


_ENDS = (ReplyEnded, ReplyFailed, TranscriptArrived, TranscriptFailed, TtsEnded, TtsFailed)


def exchanges(tape: Tape) -> list[PeerExchange]:
    """Return everything that was asked, in order, each with what was answered."""
    found: list[PeerExchange] = []
    open_: dict[tuple[Leg, tuple[int, ...]], PeerExchange] = {}
    for moment in tape.moments:
        address = _address(moment.event)
        if address is not None and address in open_:
            exchange = open_[address]
            exchange.answer.append((moment.now - exchange.asked_at, moment.event))
            if exchange.whole:
                del open_[address]
        for name, *said in moment.commands:
            told = said[0] if said and isinstance(said[0], dict) else {}
            for gone in _given_up(name, told):
                if gone in open_:
                    open_.pop(gone).closed = True
            if (asked := _asked(name, told)) is not None:
                leg, key, request = asked
                open_[leg, key] = PeerExchange(leg, key, moment.now, request)
                found.append(open_[leg, key])
    return found


def reply_request(exchange: PeerExchange) -> ReplyRequest:
    """Return what the agent was asked. Raises ValueError where the tape makes no sense."""
    try:
        return msgspec.convert(exchange.request, ReplyRequest)
    except msgspec.ValidationError as fault:
        raise ValueError(f"the request of turn {exchange.key[0]} makes no sense: {fault}") from None


def _asked(name: str, said: dict[str, Any]) -> tuple[Leg, tuple[int, ...], dict[str, Any]] | None:
    """Return what a command asks of a peer. None: nothing."""
    match name:
        case "RequestReply":
            request = said.get("request")
            return ("agent", (said.get("turn", 0),), request) if isinstance(request, dict) else None
        case "Speak":
            asked = {name: said.get(name, "") for name in ("text", "language")}
            return "tts", (said.get("turn", 0), said.get("sentence", 0)), asked
        case "Transcribe":
            size = said.get("pcm", [])
            asked = dict(zip(("bytes", "crc"), size, strict=False)) | {"language": said.get("language", "")}
            return "stt", (said.get("utterance", 0),), asked
        case _:
            return None


def _given_up(name: str, said: dict[str, Any]) -> Iterator[tuple[Leg, tuple[int, ...]]]:
    """Yield what a command gives up."""
    match name:
        case "CloseReply":
            yield "agent", (said.get("turn", 0),)
        case "CancelSpeech":
            yield "tts", (said.get("turn", 0), said.get("sentence", 0))
        case "ForgetTranscript":
            yield "stt", (said.get("utterance", 0),)
        case _:
            return


def _address(event: Event) -> tuple[Leg, tuple[int, ...]] | None:
    """Return what an event answers. None: it is no answer."""
    match event:
        case ReplyDelta(turn=turn) | ReplyPause(turn=turn) | ReplyEnded(turn=turn) | ReplyFailed(turn=turn):
            return "agent", (turn,)
        case TtsAudio(turn=turn, sentence=sentence) | TtsEnded(turn=turn, sentence=sentence):
            return "tts", (turn, sentence)
        case TtsFailed(turn=turn, sentence=sentence):
            return "tts", (turn, sentence)
        case TranscriptArrived(utterance=utterance) | TranscriptFailed(utterance=utterance):
            return "stt", (utterance,)
        case _:
            return None
