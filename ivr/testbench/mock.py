"""The bridge's peers without any account: the mock Hamsa and the demo agent, on one port.

    WS   /v1/realtime/ws     Hamsa; its REST twins lie beside it
    POST /webhook            the demo agent
    GET  /stats              what both have counted; ?reset=1 forgets the agent's part

An English caller is recognised against the phrases that the demo agent understands. Where there is no recogniser (for
Arabic, or without pocketsphinx) the transcripts come from a script: the line whose number is whistled in the caller's
audio (`hamsa_audio.marked`), else the lines in their order, again and again. `scripted` says so, and whoever shows such
a transcript says it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ivr.config.default_phrases import Language
from ivr.testbench import stt, tts
from ivr.testbench.agent import app as agent_app
from ivr.testbench.agent.conversation import phrases
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.hamsa import app as hamsa_app
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.loopback import bound, plain, serving

SCRIPT: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("what are your opening hours", "how much does it cost", "thank you goodbye"),
    "ar": ("متى تفتح الفروع", "كم سعر الشحن", "مع السلامة"),
}
"""What the demo's caller says, and what is scripted as its transcripts."""
PACE: Final = TokenPace(first_token=0.4, rate=150.0)
"""A quick chat model, without tools."""
HURRY: Final = 20.0
"""How much faster phrases are rendered before a demo call than any service renders them."""
_ROUNDS: Final = 1000
"""How often a script is gone through."""


class Mock:
    """Both peers, with the state they share between calls."""

    def __init__(
        self,
        language: Language = "en",
        *,
        voice: Literal["espeak", "tone"] = "espeak",
        speed: float = 1.0,
        script: Sequence[str] | None = None,
    ) -> None:
        """`speed`: how much faster than the real services. `script`: transcripts where nothing can be recognised.

        RuntimeError when `voice` is espeak and there is none on this machine.
        """
        if voice == "espeak" and not tts.available():
            raise RuntimeError(tts.MISSING)
        self.scripted = language != "en" or not stt.available()
        lines = tuple(SCRIPT[language] if script is None else script)
        profile = HamsaProfile(speed=speed, voice=voice)
        if self.scripted:
            profile = replace(profile, transcripts=lines * _ROUNDS, marked=dict(enumerate(lines, 1)))
        hear = None if self.scripted else stt.Grammar(phrases("en")).recognise
        self.hamsa = MockHamsa(profile, hear=hear)
        self.agent = agent_app.DemoAgent(replace(PACE, first_token=PACE.first_token / speed, rate=PACE.rate * speed))

    def __repr__(self) -> str:
        return f"<Mock {self.hamsa!r} {'scripted' if self.scripted else 'hearing'}>"

    def app(self, *more: BaseRoute) -> Starlette:
        """Both on one application, with whatever else is to live there."""
        asked = [route for route in agent_app.routes(self.agent) if route.path != "/stats"]
        return Starlette(
            routes=[*asked, *hamsa_app.routes(self.hamsa, stats="/hamsa/stats"), Route("/stats", self._stats), *more]
        )

    def voice_connections(self, since: float) -> int:
        """Sockets that were asked to speak since a moment of the loop's clock."""
        tally = self.hamsa.stats
        return len({record.socket for record in tally.records if record.kind == "tts" and record.asked_at >= since})

    @contextlib.contextmanager
    def hurrying(self, times: float = HURRY) -> Iterator[None]:
        """Be so many times as fast while the block runs: for what comes before a call."""
        calm = self.hamsa.profile
        self.hamsa.profile = replace(calm, speed=times * calm.speed)
        try:
            yield
        finally:
            self.hamsa.profile = calm

    @contextlib.asynccontextmanager
    async def serving(self, *more: BaseRoute, listener: socket.socket | None = None) -> AsyncIterator[str]:
        """Serve on loopback, or on `listener`, while the block runs; its host and port."""
        listener = listener or bound()
        host, port = listener.getsockname()[:2]
        async with serving(self.app(*more), listener, _configured):
            yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _stats(self, request: Request) -> Response:
        told = JSONResponse({"hamsa": self.hamsa.stats.as_json(), "agent": self.agent.stats()})
        if request.query_params.get("reset"):
            self.agent.reset()
        return told


def _configured(app: Starlette) -> uvicorn.Config:
    """Hamsa keeps its sockets alive and does not mind a client that never answers."""
    config = plain(app)
    config.ws_ping_interval = hamsa_app.PING
    config.ws_ping_timeout = None
    return config


async def serve_mock(mock: Mock, host: str, port: int, said: Callable[[str], None]) -> None:
    """Serve until cancelled; `said` gets the lines a developer needs. OSError when the port is taken."""
    async with mock.serving(listener=bound(host, port)) as peer:
        said(f"IVR_HAMSA_URL=ws://{peer}{hamsa_app.PATH}")
        said(f"IVR_WEBHOOK_URL=http://{peer}/webhook")
        said("transcripts are SCRIPTED" if mock.scripted else "callers are recognised:")
        for phrase in () if mock.scripted else phrases("en"):
            said(f"  {phrase}")
        await asyncio.Event().wait()
