"""Serve the shipped mock Hamsa and an agent with fixed latencies. `python -m tools.load.peers.services` prints where.

Every bridge under test meets the same services: 570 ms from the end of a question to the first audio of its answer.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

import uvicorn
import uvloop
from starlette.applications import Starlette

from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.app import routes as agent_routes
from ivr.testbench.agent.script import AgentScript, AgentStep, record
from ivr.testbench.hamsa import app as hamsa_app
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.loopback import bound, plain, serving

HEARING_S: Final = 0.15
FIRST_WORD_S: Final = 0.2
WORD_S: Final = 0.01
FIRST_AUDIO_S: Final = 0.15
MS_PER_CHARACTER: Final = 55.0
"""A sentence takes about two seconds to say."""
ANSWER: Final = (
    "Your parcel left our big depot last night.",
    "You can follow it on the map in our own app.",
    "A driver will ring you before he is at your door.",
    "Is there any other thing that I can do now?",
)
_WORDS: Final = tuple(tuple(sentence.split()) for sentence in ANSWER)
SERVICES_MS: Final = 1e3 * (HEARING_S + FIRST_WORD_S + WORD_S * (len(_WORDS[0]) - 1) + FIRST_AUDIO_S)
"""Milliseconds that the services take of each wait, whatever the bridge does."""


class SteadyAgent(DemoAgent):
    """Answer every question with the same four sentences, a word every 10 ms."""

    def asked(self, body: bytes, query: Mapping[str, str]) -> AgentScript:
        """Return the answer. Raises `ValueError` for a body that is no JSON."""
        json.loads(body)
        self.counts["requests"] += 1
        return _ANSWER


def _answer() -> AgentScript:
    words = [word for sentence in _WORDS for word in sentence]
    times = accumulate([FIRST_WORD_S, *[WORD_S] * (len(words) - 1)])
    steps = [AgentStep(at, record("item", f" {word}")) for at, word in zip(times, words, strict=True)]
    return AgentScript((AgentStep(0.0, record("begin")), *steps, AgentStep(steps[-1].at, record("end"))))


_ANSWER: Final = _answer()


def app() -> Starlette:
    """Return both services as one application."""
    profile = HamsaProfile(
        connect=0.0, voice="tone", first_frame=FIRST_AUDIO_S, ms_per_char=MS_PER_CHARACTER,
        hearing=HEARING_S, hearing_per_second=0.0, transcript="where is my shipment",
    )  # fmt: skip
    agent = [route for route in agent_routes(SteadyAgent()) if route.path != "/stats"]
    return Starlette(routes=[*agent, *hamsa_app.routes(MockHamsa(profile))])


async def serve(port: int) -> None:
    """Serve until the process ends."""
    listener = bound(port=port)

    def configure(served: Starlette) -> uvicorn.Config:
        config = plain(served)
        config.ws_ping_interval, config.ws_ping_timeout = hamsa_app.PING, None
        return config

    async with serving(app(), listener, configure):
        gc.freeze()
        gc.set_threshold(50_000)
        print(json.dumps({"address": f"127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Run the command line."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--port", type=int, default=0)
    uvloop.run(serve(asks.parse_args().port))


if __name__ == "__main__":
    main()
