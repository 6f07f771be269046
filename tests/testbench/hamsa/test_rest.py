"""The REST twins, called in process."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest

from ivr.media import wav
from ivr.testbench.hamsa import rest
from ivr.testbench.hamsa.app import create_app
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile, parse_rule

KEY = {"authorization": "Token key"}
SPEAK: dict[str, Any] = {"text": "x" * 32, "speaker": "Hiba", "dialect": "ksa", "mulaw": False}
HEAR: dict[str, Any] = {"audioBase64": base64.b64encode(wav.encode(bytes(3_200), 16_000)).decode(), "language": "en"}


def mock_with(*rules: str, **profile: Any) -> MockHamsa:
    return MockHamsa(HamsaProfile(speed=1000, rules=tuple(map(parse_rule, rules)), **profile))


def call(mock: MockHamsa, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(mock))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client, asyncio.timeout(10):
            return await client.post(f"/v1/realtime/{path}", headers=KEY if headers is None else headers, **sent)

    return asyncio.run(run())


def test_tts_stream_is_bare_audio() -> None:
    mock = mock_with()
    response = call(mock, "tts-stream", json=SPEAK)
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/wav")
    assert len(response.content) == 83_270
    assert response.content[:4] != b"RIFF"
    assert (mock.stats.requests, mock.stats.outcomes) == ({"tts": 1, "rest": 1}, {"done": 1})


@pytest.mark.parametrize(("more", "rate"), [({}, 16_000), ({"mulaw": True}, 8_000), ({"sampleRate": "8k"}, 8_000)])
def test_tts_is_a_wav_file(more: dict[str, Any], rate: int) -> None:
    sound = wav.decode(call(mock_with(), "tts", json=SPEAK | more).content)
    assert sound.rate == rate
    assert len(sound.pcm) / rate / 2 == pytest.approx(2.6, abs=0.01)


@pytest.mark.parametrize("nested", [False, True])
def test_stt_has_two_shapes(nested: bool) -> None:
    answer = call(mock_with(transcript="hello", nested_transcript=nested), "stt", json=HEAR).json()
    assert answer == ({"success": True, "data": {"text": "hello"}} if nested else {"text": "hello"})


@pytest.mark.parametrize(
    ("rule", "path", "status"),
    [
        ("tts error after=0 text=usage limit reached", "tts-stream", 429),
        ("tts error after=0 text=insufficient funds", "tts", 402),
        ("tts error text=Voice not owned by user", "tts", 400),
        ("stt error text=Only WAV files are supported", "stt", 400),
        ("stt close", "stt", 500),
    ],
)
def test_errors_have_code_and_message(rule: str, path: str, status: int) -> None:
    response = call(mock_with(rule), path, json=HEAR if path == "stt" else SPEAK)
    assert (response.status_code, response.json()["code"]) == (status, status)
    assert response.json()["message"]


def test_reply_can_break_off() -> None:
    with pytest.raises(rest.Failed, match="Internal"):
        call(mock := mock_with("tts cut after=2"), "tts-stream", json=SPEAK)
    assert mock.stats.outcomes == {"lost": 1}
    assert (
        call(mock_with("tts degenerate"), "tts-stream", json=SPEAK).content
        == call(mock_with("tts degenerate"), "tts-stream", json=SPEAK).content
    )
    assert call(mock_with("tts empty"), "tts-stream", json=SPEAK).content == b""
    assert call(mock_with("stt say text={}"), "stt", json=HEAR).json() == {"text": "{}"}


def test_stall_lasts_as_long_as_the_client() -> None:
    mock = mock_with("stt stall")

    async def run() -> None:
        transport = httpx.ASGITransport(create_app(mock))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.post("/v1/realtime/stt", headers=KEY, json=HEAR)

    asyncio.run(run())
    assert mock.stats.outcomes == {"aborted": 1}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Token key"}, 200),
        ({"authorization": "Bearer key"}, 200),
        ({"x-api-key": "key"}, 200),
        ({"authorization": "Basic key"}, 401),
        ({"authorization": "Token other"}, 401),
        ({}, 401),
    ],
)
def test_keys_over_rest(headers: dict[str, str], status: int) -> None:
    assert call(mock_with(keys=frozenset({"key"})), "stt", headers=headers, json=HEAR).status_code == status


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"text": ""}'])
def test_bad_bodies(content: bytes) -> None:
    mock = mock_with()
    assert call(mock, "tts", content=content).status_code == 400
    assert not mock.stats.records


def test_slow_mock_prepares_over_rest() -> None:
    mock = MockHamsa(HamsaProfile(speed=1000), hear=lambda pcm: f"{len(pcm)} bytes")
    assert call(mock, "stt", json=HEAR).json() == {"text": "3200 bytes"}
    assert rest.message_of(418) == "Internal server error"
