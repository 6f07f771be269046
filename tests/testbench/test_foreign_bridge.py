"""The verdict about bridges that are not ours: what a phone alone can hear of them."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.testbench.call import NO_DOOR, NO_STREAM, ring
from ivr.testbench.loopback import bound, serving
from ivr.testbench.scenario import from_words
from tests.support import live

LOUD = b"\x10\x90" * 4000
SILENCE = b"\xff" * 8000
PATIENCE = "30 s (patience_s) for the agent"


class ForeignBridge:
    """Greet with a second of audio, and answer each key with another."""

    def __init__(self, port: int, *, greeting: bytes, answer: bytes, leaves_after: int, refuses: bool) -> None:
        self._document = f'<Response><Connect><Stream url="ws://127.0.0.1:{port}/media"/></Connect></Response>'
        self._greeting, self._answer, self._left, self._refuses = greeting, answer, leaves_after, refuses
        self.app = Starlette(
            routes=[Route("/voice", self.voice, methods=["POST"]), WebSocketRoute("/media", self.media)]
        )

    async def voice(self, _: Request) -> Response:
        return Response(self._document, media_type="text/xml")

    async def media(self, socket: WebSocket) -> None:
        if self._refuses:
            await socket.close()
            return
        await socket.accept()
        try:
            while self._left:
                message = json.loads(await socket.receive_text())
                audio = {"start": self._greeting, "dtmf": self._answer}.get(message["event"], b"")
                self._left -= message["event"] == "media"
                if audio:
                    payload = {"payload": base64.b64encode(audio).decode()}
                    sent = {"event": "media", "streamSid": message["streamSid"], "media": payload}
                    await socket.send_text(json.dumps(sent))
            await socket.close()
        except WebSocketDisconnect:
            pass


def called(
    *steps: str, greeting: bytes = LOUD, answer: bytes = LOUD, leaves_after: int = 10_000, refuses: bool = False
) -> dict[str, Any]:
    """Call such a bridge."""

    async def main() -> dict[str, Any]:
        listener = bound()
        bridge = ForeignBridge(
            listener.getsockname()[1], greeting=greeting, answer=answer, leaves_after=leaves_after, refuses=refuses
        )
        async with serving(bridge.app, listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/voice"
            return await ring(url, from_words(steps), Console(file=io.StringIO()), mock="")

    return live.run(main())


@pytest.mark.live
def test_what_a_phone_alone_can_judge() -> None:
    finish, hang_up = (f"waited in vain: {PATIENCE} to {what}" for what in ("finish", "hang up"))
    none_after = "step 1 (press 1): no sound of the agent came after it"
    rows: list[tuple[str, dict[str, Any], list[str]]] = [
        ("good", called("press 1", "hang up"), []),
        ("refuses the stream", called("press 1", refuses=True),
         ["the call was refused: the stream could not be opened: HTTP 403 where 101 belongs (31920)"]),
        ("sends silence", called("press 1", "wait", greeting=SILENCE, answer=SILENCE),
         ["the agent was never heard: all it sent was silence", f"{hang_up}, at step 2 (wait)"]),
        ("sends nothing", called("press 1", "wait", greeting=b"", answer=b""),
         ["the agent was never heard", f"{finish}, at step 1 (press 1)", f"{hang_up}, at step 2 (wait)", none_after]),
        ("does not answer", called("press 1", "hang up", answer=b""),
         [f"{finish}, at step 2 (hang up)", none_after]),
        ("leaves in the middle", called("press 1", "press 2", leaves_after=100),
         [f"not played, because the call was over: step {number} (press {number})" for number in (1, 2)]),
    ]  # fmt: skip
    wrong = [f"{name}: {call['unmet']}" for name, call, unmet in rows if call["unmet"] != unmet]
    assert not wrong, "\n".join(wrong)
    assert [call["untold"] for _, call, _ in rows] == [NO_DOOR, NO_STREAM, *[NO_DOOR] * 4]
    # Whether what was heard were answers, only a bridge that tells of its turns can say.
    doubts = [call["not_known"] for _, call, _ in rows]
    assert doubts == [[f"whether what the caller heard were answers: {NO_DOOR}"] if number != 1 else []
                      for number in range(6)]  # fmt: skip
