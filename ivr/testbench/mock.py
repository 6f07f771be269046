"""Serve the bridge's peers without any account (`ivr mock`): the mock Hamsa and the demo agent, on one port.

    WS   /v1/realtime/ws     Hamsa; its REST twins lie beside it
    POST /webhook            the demo agent
    POST /said               what the caller of `ivr call` will say (`ivr.testbench.said`)
    GET  /stats              what both have counted; ?reset=1 clears the agent's part

What `ivr call` says is heard as it was written, in both languages: its audio carries a marker. Other callers are
recognised in English, with a list of phrases. Without a recogniser (for Arabic, or without pocketsphinx) their
transcripts are the phrases in order, again and again. `scripted` says so, and every page that shows such a transcript
says it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ivr.call.options import Language
from ivr.config.checks import is_loopback
from ivr.server.local_only import LocalOnly
from ivr.testbench import stt, tts
from ivr.testbench.agent import app as agent_app
from ivr.testbench.agent.conversation import phrases
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.hamsa import app as hamsa_app
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.loopback import bound, plain, serving
from ivr.testbench.said import SAID_PATH, SaidTexts, texts_of

SCRIPT: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("what are your opening hours", "how much does it cost", "thank you goodbye"),
    "ar": ("متى تفتح الفروع", "كم سعر الشحن", "مع السلامة"),
}
"""What the caller of the demo says; also the scripted transcripts."""
PACE: Final = TokenPace(first_token=0.4, rate=150.0)
"""The pace of a quick chat model without tools."""
HURRY: Final = 20.0
"""How much faster than real time phrases are rendered before a demo call."""
_ROUNDS: Final = 1000
"""How often the script is repeated."""


class Mock:
    """Hold both peers, with the state that they keep between calls."""

    def __init__(
        self,
        language: Language = "en",
        *,
        voice: Literal["espeak", "tone"] = "espeak",
        speed: float = 1.0,
        script: Sequence[str] | None = None,
        marked: Sequence[str] | None = None,
        known: Sequence[str] = (),
    ) -> None:
        """Take `speed`, how much faster than the real services, and `script`, transcripts in place of a recogniser.

        `marked`: all that callers can say, each with its marker in its audio; anything else is understood as nothing.
        `known`: phrases that callers say in place of the demo's. Raises RuntimeError when `voice` is espeak and this
        machine has none, ValueError for phrases that cannot be recognised.
        """
        if voice == "espeak" and not tts.available():
            raise RuntimeError(tts.NO_VOICE)
        self.scripted = marked is not None or language != "en" or not stt.available()
        self.lines = lines = tuple(script if script is not None else known or SCRIPT[language])
        """Transcripts of callers who are not recognised."""
        self.phrases = tuple(known) or phrases("en")
        """What callers may say, where they are recognised."""
        profile = HamsaProfile(speed=speed, voice=voice)
        if marked is not None:
            profile = replace(profile, transcript="", marked=dict(enumerate(marked, 1)))
        elif self.scripted:
            profile = replace(profile, transcripts=lines * _ROUNDS, marked=dict(enumerate(lines, 1)))
        hear = None if self.scripted else stt.Grammar(self.phrases).recognise
        self.hamsa = MockHamsa(profile, hear=hear)
        self.said = SaidTexts(profile.marked)
        self.agent = agent_app.DemoAgent(replace(PACE, first_token=PACE.first_token / speed, rate=PACE.rate * speed))

    def __repr__(self) -> str:
        return f"<Mock {self.hamsa!r} {'scripted' if self.scripted else 'hearing'}>"

    def app(self, *more: BaseRoute) -> Starlette:
        """Return both peers as one application, with `more` routes beside them."""
        asked = [route for route in agent_app.routes(self.agent) if route.path != "/stats"]
        return Starlette(
            routes=[*asked, *hamsa_app.routes(self.hamsa, stats="/hamsa/stats"), *self._own_routes(), *more]
        )

    def tts_connections(self, since: float) -> int:
        """Count the sockets that got a TTS request since `since`, in seconds of the event loop's clock."""
        records = self.hamsa.stats.records
        return len({record.socket for record in records if record.kind == "tts" and record.asked_at >= since})

    @contextlib.contextmanager
    def hurrying(self, times: float = HURRY) -> Iterator[None]:
        """Run the service `times` as fast while the block runs: for what comes before a call."""
        profile = self.hamsa.profile
        self.hamsa.profile = replace(profile, speed=times * profile.speed)
        try:
            yield
        finally:
            self.hamsa.profile = profile

    @contextlib.asynccontextmanager
    async def serving(self, *more: BaseRoute, listener: socket.socket | None = None) -> AsyncIterator[str]:
        """Serve on loopback, or on `listener`, while the block runs. Yields host and port."""
        listener = listener or bound()
        host, port = listener.getsockname()[:2]

        def configure(app: Starlette) -> uvicorn.Config:
            # Hamsa pings its sockets, and does not mind a client that never answers a ping.
            config = plain(app)
            config.ws_ping_interval, config.ws_ping_timeout = hamsa_app.PING, None
            return config

        app = self.app(*more)
        # Among containers it has a name that is not known here. On loopback any page of the web could ask it.
        app.add_middleware(LocalOnly, every_host=not is_loopback(host))
        async with serving(app, listener, configure):
            yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _own_routes(self) -> list[BaseRoute]:
        return [Route("/stats", self._stats), Route(SAID_PATH, self._said, methods=["POST"])]

    async def _said(self, request: Request) -> Response:
        """Hear these texts from now on in audio that carries their markers."""
        try:
            texts = texts_of(await request.json())
        except (ValueError, RecursionError) as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        markers = [self.said.marker(text) for text in texts]
        self.hamsa.profile = replace(self.hamsa.profile, marked=self.said.marked)
        return JSONResponse({"markers": markers})

    async def _stats(self, request: Request) -> Response:
        answer = JSONResponse({"hamsa": self.hamsa.stats.as_json(), "agent": self.agent.stats()})
        if request.query_params.get("reset"):
            self.agent.reset()
        return answer


def phrases_in(file: Path) -> list[str]:
    """Return the phrases of a file, one a line; `#` begins a remark. Raises OSError and ValueError."""
    lines = file.read_text("utf-8").splitlines()
    found = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not found:
        raise ValueError(f"{file}: no phrase in it; write one a line")
    return found


async def serve_mock(mock: Mock, host: str, port: int, show: Callable[[str], None]) -> None:
    """Serve until cancelled; `show` gets the lines that a developer needs. Raises OSError when the port is taken."""
    async with mock.serving(listener=bound(host, port)) as peer:
        show(f"IVR_HAMSA_URL=ws://{peer}{hamsa_app.PATH}")
        show(f"IVR_WEBHOOK_URL=http://{peer}/webhook")
        show("what `ivr call` says is heard as it was written (SCRIPTED)")
        show("other callers: SCRIPTED, in this order" if mock.scripted else "other callers are recognised:")
        for phrase in mock.lines if mock.scripted else mock.phrases:
            show(f"  {phrase}")
        await asyncio.Event().wait()
