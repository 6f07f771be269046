"""Both peers on one port, as a bridge and a developer meet them."""

from __future__ import annotations

import asyncio
import contextlib
import json

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from websockets.asyncio.client import connect

from ivr.testbench import mock, stt, tts
from ivr.testbench.hamsa.app import PATH
from tests.support import live

ASK = {"type": "tts", "payload": {"text": "hello there", "speaker": "x", "dialect": "us", "languageId": "en"}}


async def synthesised(peer: str) -> int:
    """Bytes of one spoken text."""
    async with connect(f"ws://{peer}{PATH}", additional_headers={"X-Api-Key": "k"}, proxy=None) as socket:
        await socket.send(json.dumps(ASK))
        size = 0
        while True:
            frame = await socket.recv()
            if isinstance(frame, bytes):
                size += len(frame)
            elif json.loads(frame).get("type") == "end":
                return size


async def _here(request: Request) -> PlainTextResponse:
    return PlainTextResponse("here")


@pytest.mark.live
def test_both_peers_answer_on_one_port() -> None:
    both = mock.Mock("ar", voice="tone", speed=50)

    async def visit() -> None:
        extra = Route("/extra", _here)
        async with both.serving(extra) as peer, httpx.AsyncClient(trust_env=False, base_url=f"http://{peer}") as client:
            began = asyncio.get_running_loop().time()
            assert await synthesised(peer) > 8_000
            assert both.tts_connections(began) == 1
            assert both.tts_connections(began + 100) == 0
            answer = await client.post("/webhook", json={"text": "hello", "session_id": "s", "language": "en"})
            assert "Rimal" in "".join(json.loads(line).get("content", "") for line in answer.text.splitlines())
            assert (await client.get("/extra")).text == "here"
            for foreign in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
                assert (await client.get("/stats?reset=1", headers=foreign)).status_code == 403
            stats = (await client.get("/stats?reset=1")).json()
            assert stats["hamsa"]["requests"] == {"tts": 1}
            assert stats["agent"]["counts"]["requests"] == 1
            assert (await client.get("/stats")).json()["agent"]["counts"] == {}

    live.run(visit())


def test_a_hurry_is_over_with_its_block() -> None:
    both = mock.Mock("ar", voice="tone", speed=2.0)
    calm = both.hamsa.profile
    with pytest.raises(KeyError), both.hurrying():
        assert both.hamsa.profile.speed == 2.0 * mock.HURRY
        raise KeyError
    assert both.hamsa.profile is calm


def test_arabic_is_scripted_and_says_so() -> None:
    both = mock.Mock("ar", voice="tone", script=["مرحبا"])
    assert both.scripted
    assert both.hamsa.profile.transcripts[:2] == ("مرحبا", "مرحبا")
    assert both.hamsa.profile.marked == {1: "مرحبا"}
    assert "scripted" in repr(both)


def test_english_is_recognised_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    both = mock.Mock("en", voice="tone")
    assert both.scripted is not stt.available()
    monkeypatch.setattr(stt, "available", lambda: False)
    assert mock.Mock("en", voice="tone").scripted


def test_no_voice_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tts, "available", lambda: False)
    with pytest.raises(RuntimeError, match="espeak"):
        mock.Mock("en")
    mock.Mock("ar", voice="tone")


@pytest.mark.live
@pytest.mark.parametrize("language", ["en", "ar"])
def test_serving_tells_a_developer_what_to_set(language: str) -> None:
    lines: list[str] = []

    async def serve() -> None:
        chosen = mock.Mock("ar" if language == "ar" else "en", voice="tone")
        task = asyncio.create_task(mock.serve_mock(chosen, "127.0.0.1", 0, lines.append))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if len(lines) > 4:
                break
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    live.run(serve())
    assert lines[0].startswith("IVR_HAMSA_URL=ws://127.0.0.1:")
    assert lines[1].startswith("IVR_WEBHOOK_URL=http://127.0.0.1:")
    assert "as it was written (SCRIPTED)" in lines[2]
    assert ("SCRIPTED" in lines[3]) == (language == "ar" or not stt.available())
