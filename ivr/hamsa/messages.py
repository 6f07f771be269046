"""The words of the speech wire: two requests, and whatever the service may answer.

Pure. The service's envelope is `{"type": ..., "payload": {...}}` with no request id anywhere; audio comes as bare
binary frames and a transcript as a bare text frame. Bare text is why `parse` is careful: a transcript may be digits
only, may look like JSON, may be `null`. A text frame is therefore control only when it is a JSON *object* whose type is
known; everything else is what somebody said. Words in capitals between brackets (`[THINKING]`) are the recogniser
talking about itself.

The text of an error is the service's only signal, so it is classified by what it contains. The text itself goes no
further: it is the peer's and may hold anything.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Info:
    """Something to know and not to act on: the greeting of a new socket, an envelope without meaning for a client."""


@dataclass(frozen=True, slots=True)
class Ack:
    """A synthesis was accepted; its audio follows."""


@dataclass(frozen=True, slots=True)
class End:
    """All audio of the synthesis was sent."""


@dataclass(frozen=True, slots=True)
class Error:
    """The request failed; nothing more of it is expected."""

    kind: str
    """Why: a word of `REASONS`."""


@dataclass(frozen=True, slots=True)
class Audio:
    """A binary frame, cut anywhere."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """A transcript, stripped; may be empty. Never logged."""

    text: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A word the recogniser sends in place of a transcript, without its brackets: `THINKING`."""

    name: str


SpeechKind: TypeAlias = Literal["tts", "stt"]
"""What a request is for: text to speech or speech to text."""
THINKING: Final = "THINKING"
"""The marker of an STT that has not decided yet."""
Message: TypeAlias = Info | Ack | End | Error | Audio | Text | Marker

_MARKER: Final = re.compile(r"\[[A-Z_ ]{1,40}\]")
_QUIET: Final = frozenset({"info", "tts", "stt"})
_SPOKEN: Final = frozenset({"transcription", "response"})
ERRORS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("funds", ("insufficient funds", "usage limit", "payment", "quota")),
    ("rate_limit", ("rate limit", "too many")),
    ("auth", ("api key", "inactive", "unauthorized", "forbidden")),
    ("voice", ("voice not owned", "voice not found", "speaker")),
    ("audio_format", ("only wav", "audio format")),
    ("invalid", ("invalid payload", "invalid message")),
    ("aborted", ("aborted",)),
)
"""Kind, and what its text contains; the first that fits counts. Limits that are bought come
before limits that pass, for a message may name both."""


def request(kind: SpeechKind, payload: dict[str, Any]) -> str:
    """What a link is sent."""
    return json.dumps({"type": kind, "payload": payload}, ensure_ascii=False)


def tts_payload(
    text: str, speaker: str, dialect: str, language: str, mulaw: bool, sample_rate: Literal["8k", "16k"] | None = None
) -> dict[str, Any]:
    """One synthesis. `sample_rate` is for PCM only; None leaves the service's own 16 kHz."""
    payload: dict[str, Any] = {
        "text": _whole(text),
        "speaker": speaker,
        "dialect": dialect,
        "languageId": language,
        "mulaw": mulaw,
    }
    if sample_rate is not None and not mulaw:
        payload["sampleRate"] = sample_rate
    return payload


def stt_payload(wav: bytes, language: str) -> dict[str, Any]:
    """One whole utterance as a WAV. The service's own endpointing stays off: it has been decided already."""
    return {
        "audioBase64": base64.b64encode(wav).decode("ascii"),
        "language": language,
        "isEosEnabled": False,
        "eosThreshold": 0.3,
    }


def parse(frame: str | bytes) -> Message:
    """What a frame says. Never raises."""
    if isinstance(frame, bytes):
        return Audio(frame)
    text = frame.strip()
    if text.startswith("{"):
        return _envelope(text) or Text(text)
    if _MARKER.fullmatch(text):
        return Marker(text[1:-1])
    return Text(text)


def ends_reply(kind: SpeechKind, message: Message) -> bool:
    """Return whether the reply to a request of this kind is whole with this message."""
    if kind == "tts":
        return isinstance(message, End)
    # STT may say that it is thinking before its transcript.
    return isinstance(message, Text) or (isinstance(message, Marker) and message.name != THINKING)


def _whole(text: str) -> str:
    """Text without half characters, which no UTF-8 frame can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _envelope(text: str) -> Message | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kind = value.get("type")
    if kind == "ack":
        return Ack()
    if kind == "end":
        return End()
    if kind == "error":
        return _error(value)
    if isinstance(kind, str) and kind in _SPOKEN:
        said = _payload(value).get("text")
        return Text(said.strip()) if isinstance(said, str) else Info()
    return Info() if isinstance(kind, str) and kind in _QUIET else None


def _payload(envelope: dict[str, Any]) -> dict[str, Any]:
    payload = envelope.get("payload")
    return payload if isinstance(payload, dict) else {}


def _error(envelope: dict[str, Any]) -> Error:
    payload = envelope.get("payload")
    said = _payload(envelope).get("message", envelope.get("message", payload))
    return classify(said if isinstance(said, str) else "")


def classify(message: str) -> Error:
    """What an error means, by its words."""
    words = message.casefold()
    for kind, signs in ERRORS:
        if any(sign in words for sign in signs):
            return Error(kind)
    return Error("unknown_error")
