"""Read what a client of the mock Hamsa sends, strictly: a request, or the text of the error in return.

The texts are the service's own where they are known. What a client must never do has a name (`Refusal.violation`) and
is counted, so that a test can fail for it. Some of it the real service may accept.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ivr.media import g711, wav
from ivr.media.resample import RATES, resample
from ivr.testbench.hamsa.audio import AudioFormat

MAX_TTS_TEXT: Final = 2_000
"""Characters that a text may have, as the documentation of the WebSocket API says."""
NOT_A_MESSAGE: Final = "Invalid message format"
NOT_WAV: Final = "Only WAV files are supported"

_PCM: Final = 1
"""Format code of PCM in a WAV header."""


@dataclass(frozen=True, slots=True)
class TtsRequest:
    """Hold a `tts` request."""

    text: str
    speaker: str
    language: str
    form: AudioFormat


@dataclass(frozen=True, slots=True)
class SttRequest:
    """Hold an `stt` request."""

    pcm16k: bytes
    """PCM16 mono at 16 kHz, converted from what was sent."""
    rate: int
    """Hz, as sent."""
    channels: int
    language: str
    eos: bool

    @property
    def seconds(self) -> float:
        """Return the length of the audio in seconds."""
        return len(self.pcm16k) / 32_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold the error for a message."""

    violation: str
    """A short fixed name."""
    message: str
    """Text of the error."""


Request: TypeAlias = TtsRequest | SttRequest | Refusal


def read(frame: str | bytes) -> Request:
    """Read a frame of the client."""
    if isinstance(frame, bytes):
        return Refusal("binary", NOT_A_MESSAGE)
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        return Refusal("not_json", NOT_A_MESSAGE)
    kind = message.get("type") if isinstance(message, dict) else None
    if kind not in ("tts", "stt"):
        return Refusal("unknown_type", NOT_A_MESSAGE)
    payload = message.get("payload")
    if not isinstance(payload, dict):
        return Refusal("no_payload", "Invalid payload: payload is required")
    return read_speak(payload) if kind == "tts" else read_hear(payload)


def read_speak(payload: dict[str, Any]) -> TtsRequest | Refusal:
    """Read a `tts` payload."""
    text, speaker = payload.get("text"), payload.get("speaker")
    # `languageId` is not part of a REST request.
    dialect, language = payload.get("dialect"), payload.get("languageId", "ar")
    mulaw, rate = payload.get("mulaw", False), payload.get("sampleRate")
    if not isinstance(text, str) or not text.strip():
        return Refusal("no_text", "Invalid payload: text is required")
    if len(text) > MAX_TTS_TEXT:
        return Refusal("long_text", f"Invalid payload: text exceeds {MAX_TTS_TEXT} characters")
    if not isinstance(speaker, str) or not speaker.strip():
        return Refusal("no_speaker", "Invalid payload: speaker is required")
    if not isinstance(dialect, str) or not isinstance(language, str):
        return Refusal("no_dialect", "Invalid payload: dialect and languageId must be strings")
    if not isinstance(mulaw, bool) or rate not in (None, "8k", "16k"):
        return Refusal("bad_format", "Invalid payload: mulaw or sampleRate")
    # The service documents `sampleRate` for PCM only: it must not be combined with `mulaw`.
    if mulaw and rate is not None:
        return Refusal("rate_with_mulaw", "Invalid payload: sampleRate cannot be used with mulaw")
    return TtsRequest(text, speaker, language, "mulaw" if mulaw else "pcm8k" if rate == "8k" else "pcm16k")


def read_hear(payload: dict[str, Any]) -> SttRequest | Refusal:
    """Read an `stt` payload: exactly one complete WAV file of PCM16."""
    audio, language, eos = payload.get("audioBase64"), payload.get("language", "ar"), payload.get("isEosEnabled", False)
    # `audioList` is the older form of a request, an array of floats: not both.
    if not isinstance(audio, str) or "audioList" in payload:
        return Refusal("no_audio", "Invalid payload: audioBase64 is required")
    if language not in ("ar", "en") or not isinstance(eos, bool):
        return Refusal("bad_hearing", "Invalid payload: language or isEosEnabled")
    try:
        data = base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        return Refusal("bad_base64", "Invalid payload: audioBase64")
    try:
        sound = wav.decode(data)
    except ValueError:
        return Refusal("not_wav", NOT_WAV)
    # The service refuses raw audio, and fails on mu-law in a WAV file.
    form = data.find(b"fmt ", 12)
    if int.from_bytes(data[form + 8 : form + 10], "little") != _PCM or sound.rate not in RATES or sound.channels > 2:
        return Refusal("bad_audio", "Error generating transcription: Audio format not supported")
    mono = g711.audioop.tomono(sound.pcm, 2, 0.5, 0.5) if sound.channels == 2 else sound.pcm
    return SttRequest(resample(mono, sound.rate, 16_000), sound.rate, sound.channels, language, eos)
