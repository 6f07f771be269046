"""Say and read the words of the speech wire: two requests, and the answers of the service. Pure.

The service's envelope is `{"type": ..., "payload": {...}}`, with no request id anywhere. Audio comes as bare binary
frames, a transcript as a bare text frame.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Info:
    """Carry nothing to act on: the greeting of a new socket, or an envelope without meaning for a client."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Say that a synthesis was accepted; its audio follows."""


@dataclass(frozen=True, slots=True)
class End:
    """Say that all audio of the synthesis was sent."""


@dataclass(frozen=True, slots=True)
class Error:
    """Say that the request failed; nothing more of it is expected."""

    kind: str
    """Why: a word of `REASONS`."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Carry a binary frame, cut anywhere."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """Carry a transcript, stripped; it may be empty. Never logged."""

    text: str


@dataclass(frozen=True, slots=True)
class Marker:
    """Carry a word that STT sends in place of a transcript, without its brackets: `THINKING`."""

    name: str


SpeechKind: TypeAlias = Literal["tts", "stt"]
"""What a request is for: text to speech or speech to text."""
THINKING: Final = "THINKING"
"""The marker of an STT that has not decided yet."""
SpeechMessage: TypeAlias = Info | Ack | End | Error | Audio | Text | Marker

_MARKER: Final = re.compile(r"\[[A-Z_ ]{1,40}\]")
ERRORS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("funds", ("insufficient funds", "usage limit", "payment", "quota")),
    ("rate_limit", ("rate limit", "too many")),
    ("auth", ("api key", "inactive", "unauthorized", "forbidden")),
    ("voice", ("voice not owned", "voice not found", "speaker")),
    ("audio_format", ("only wav", "audio format")),
    ("invalid", ("invalid payload", "invalid message")),
    ("aborted", ("aborted",)),
)
"""Kind, and what its text contains; the first that fits counts. Limits that are bought come before limits that pass,
because a message may name both."""


def request(kind: SpeechKind, payload: dict[str, Any]) -> str:
    """Build the frame that a link is sent."""
    return json.dumps({"type": kind, "payload": payload}, ensure_ascii=False)


def tts_payload(
    text: str, speaker: str, dialect: str, language: str, mulaw: bool, sample_rate: Literal["8k", "16k"] | None = None
) -> dict[str, Any]:
    """Build the payload of one synthesis. `sample_rate` is for PCM only; None leaves the service's own 16 kHz."""
    payload: dict[str, Any] = {
        # Half a surrogate pair would make a text that no UTF-8 frame can carry.
        "text": text.encode("utf-8", "replace").decode("utf-8"),
        "speaker": speaker,
        "dialect": dialect,
        "languageId": language,
        "mulaw": mulaw,
    }
    if sample_rate is not None and not mulaw:
        payload["sampleRate"] = sample_rate
    return payload


def stt_payload(wav: bytes, language: str) -> dict[str, Any]:
    """Build the payload of one whole utterance as a WAV."""
    return {
        "audioBase64": base64.b64encode(wav).decode("ascii"),
        "language": language,
        # The end of the utterance is decided already. With it on, the service may answer `[THINKING]` and no more.
        "isEosEnabled": False,
        "eosThreshold": 0.3,
    }


def stt_request(wav: bytes, language: str) -> str:
    """Build the frame that asks for the words of an utterance: `request` of `stt_payload`."""
    # Base64 needs no escape: put in as it is, it is not searched for one. That is most of the work.
    frame = request("stt", stt_payload(b"", language))
    before, empty, behind = frame.partition('"audioBase64": "')
    return f"{before}{empty}{base64.b64encode(wav).decode('ascii')}{behind}"


def parse(frame: str | bytes) -> SpeechMessage:
    """Read a frame. Never raises."""
    if isinstance(frame, bytes):
        return Audio(frame)
    text = frame.strip()
    # A transcript may be digits only, may look like JSON, may be `null`. So a text frame is control only when it is a
    # JSON object whose type is known; everything else is what the caller said.
    if text.startswith("{"):
        return _envelope(text) or Text(text)
    if _MARKER.fullmatch(text):
        return Marker(text[1:-1])
    return Text(text)


def ends_reply(kind: SpeechKind, message: SpeechMessage) -> bool:
    """Return whether the reply to a request of this kind is whole with this message."""
    if kind == "tts":
        return isinstance(message, End)
    # STT may say that it is thinking before its transcript.
    return isinstance(message, Text) or (isinstance(message, Marker) and message.name != THINKING)


def classify(message: str) -> Error:
    """Return what an error means, by its words, which are the service's only signal."""
    words = message.casefold()
    for kind, signs in ERRORS:
        if any(sign in words for sign in signs):
            return Error(kind)
    return Error("unknown_error")


def _envelope(text: str) -> SpeechMessage | None:
    """Read a text that may be an envelope; None: it is a transcript."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    payload = value.get("payload")
    fields = payload if isinstance(payload, dict) else {}
    match value.get("type"):
        case "ack":
            return Ack()
        case "end":
            return End()
        case "error":
            # The text of an error goes no further: it is the service's and may hold anything.
            said = fields.get("message", value.get("message", payload))
            return classify(said if isinstance(said, str) else "")
        case "transcription" | "response":
            said = fields.get("text")
            return Text(said.strip()) if isinstance(said, str) else Info()
        case "info" | "tts" | "stt":
            return Info()
        case _:
            return None
