"""What a client may send, and the error for everything else."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.media import wav
from ivr.testbench.hamsa.requests import Refusal, SttRequest, TtsRequest, read

GOOD: dict[str, Any] = {"text": "hello", "speaker": "Hiba", "dialect": "ksa", "languageId": "ar", "mulaw": False}


def message(kind: str, payload: object) -> str:
    return json.dumps({"type": kind, "payload": payload})


def wave(pcm: bytes = bytes(3_200), rate: int = 16_000, *, code: int = 1, channels: int = 1) -> str:
    width = 1 if code == 7 else 2
    about = struct.pack("<HHIIHH", code, channels, rate, rate * width * channels, width * channels, 8 * width)
    body = b"WAVEfmt \x10\0\0\0" + about + b"data" + struct.pack("<I", len(pcm)) + pcm
    return base64.b64encode(b"RIFF" + struct.pack("<I", len(body)) + body).decode()


@pytest.mark.parametrize(
    ("more", "form"),
    [
        ({}, "pcm16k"),
        ({"sampleRate": "16k"}, "pcm16k"),
        ({"sampleRate": "8k"}, "pcm8k"),
        ({"mulaw": True}, "mulaw"),
        ({"expressiveness": 1.2}, "pcm16k"),
    ],
)
def test_tts_requests(more: dict[str, Any], form: str) -> None:
    assert read(message("tts", GOOD | more)) == TtsRequest("hello", "Hiba", "ar", form)  # type: ignore[arg-type]


REFUSED: list[tuple[str | bytes, str]] = [
    (b"\0\1", "binary"),
    ("", "not_json"),
    ("[" * 100_000, "not_json"),
    ("[]", "unknown_type"),
    ('{"type":"interrupt"}', "unknown_type"),
    ('{"type":"tts"}', "no_payload"),
    (message("tts", "hello"), "no_payload"),
    (message("tts", GOOD | {"text": " "}), "no_text"),
    (message("tts", GOOD | {"text": 5}), "no_text"),
    (message("tts", GOOD | {"text": "x" * 2001}), "long_text"),
    (message("tts", GOOD | {"speaker": ""}), "no_speaker"),
    (message("tts", GOOD | {"speaker": None}), "no_speaker"),
    (message("tts", GOOD | {"dialect": None}), "no_dialect"),
    (message("tts", GOOD | {"languageId": 1}), "no_dialect"),
    (message("tts", GOOD | {"mulaw": "yes"}), "bad_format"),
    (message("tts", GOOD | {"sampleRate": 8000}), "bad_format"),
    (message("tts", GOOD | {"mulaw": True, "sampleRate": "8k"}), "rate_with_mulaw"),
    (message("stt", {}), "no_audio"),
    (message("stt", {"audioList": [0.0], "audioBase64": wave()}), "no_audio"),
    (message("stt", {"audioBase64": wave(), "language": "fr"}), "bad_hearing"),
    (message("stt", {"audioBase64": wave(), "isEosEnabled": "no"}), "bad_hearing"),
    (message("stt", {"audioBase64": "%%%"}), "bad_base64"),
    (message("stt", {"audioBase64": base64.b64encode(bytes(640)).decode()}), "not_wav"),
    (message("stt", {"audioBase64": wave(code=7)}), "bad_audio"),
    (message("stt", {"audioBase64": wave(rate=9_000)}), "bad_audio"),
    (message("stt", {"audioBase64": wave(bytes(3_000), channels=3)}), "bad_audio"),
]


def test_text_of_2000_characters_passes() -> None:
    assert isinstance(read(message("tts", GOOD | {"text": "x" * 2000})), TtsRequest)


def test_refused_messages() -> None:
    answers = [(frame, violation, read(frame)) for frame, violation in REFUSED]
    assert [row for row in answers if not isinstance(row[2], Refusal) or row[2].violation != row[1]] == []
    messages = {answer.violation: answer.message for *_, answer in answers if isinstance(answer, Refusal)}
    assert all(messages.values())
    assert messages["not_wav"] == "Only WAV files are supported"


def test_stt_requests() -> None:
    asked = read(message("stt", {"audioBase64": base64.b64encode(wav.encode(bytes(16_000), 8_000)).decode()}))
    assert asked == SttRequest(bytes(32_000), 8_000, 1, "ar", False)
    assert isinstance(asked, SttRequest)
    assert asked.seconds == 1.0
    stereo = read(
        message("stt", {"audioBase64": wave(bytes(6_400), channels=2), "language": "en", "isEosEnabled": True})
    )
    assert stereo == SttRequest(bytes(3_200), 16_000, 2, "en", True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda kids: st.lists(kids) | st.dictionaries(st.sampled_from(["type", "payload", "text", "speaker"]), kids),
    )
)
def test_any_json_is_a_request_or_a_refusal(value: object) -> None:
    for frame in (json.dumps(value), message("tts", value), message("stt", value)):
        assert isinstance(read(frame), (TtsRequest, SttRequest, Refusal))
