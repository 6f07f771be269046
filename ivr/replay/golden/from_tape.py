"""Place a call at this bridge whose peers are played from a tape, and write the tape where a peer itself was asked.

The tape of the new call then stands in the place of the old one: it holds what this call asked, and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ivr.call.commands import ReplyRequest
from ivr.call.ports import AgentPort, CallPorts
from ivr.replay.golden.place import placed
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.peers.cassette import Cassette, CassetteError, LegMode
from ivr.replay.peers.exchanges import exchanges
from ivr.replay.peers.legs import TapedAgent, TapedStt, TapedTts
from ivr.replay.tape import Leg
from ivr.replay.tape_file import read, write
from ivr.testbench.scenario import Scenario
from ivr.webhook.client import AgentClient


@dataclass(frozen=True, slots=True)
class AgentAtUrl:
    """Ask a developer's own agent."""

    client: AgentClient
    url: str

    async def warm(self) -> None:
        """Have a connection before it is needed."""
        await self.client.warm(self.url)

    def reply(self, request: ReplyRequest) -> AsyncGenerator[Any, None]:
        """Ask, and yield the events of the reply."""
        return self.client.reply(self.url, request)


def call_from_tape(
    scenario: Scenario, path: Path, modes: Mapping[Leg, LegMode], phrases: Path, agent: str = ""
) -> ReplayedCall:
    """Place a scenario at this bridge, its peers played from a tape; return the new call.

    `path`: the tape; it is written when a peer itself was asked. `phrases`: a folder that keeps rendered phrases.
    `agent`: the URL of your agent, which is asked where its leg's mode allows it, in real time; empty: the demo agent.
    Raises CassetteError for requests that are not on the tape, TapeError, ScenarioError, OSError.
    """
    cassette = Cassette(path.name, exchanges(read(path)) if path.exists() else [], modes)
    live = bool(agent) and cassette.may_ask("agent")
    clients: list[AgentClient] = []

    def fit(ports: CallPorts) -> CallPorts:
        asked: AgentPort = ports.agent
        if live:
            clients.append(AgentClient())
            asked = AgentAtUrl(clients[0], agent)
        return replace(
            ports,
            agent=TapedAgent(cassette, asked),
            tts=TapedTts(cassette, ports.tts),
            stt=TapedStt(cassette, ports.stt),
        )

    tape = placed(scenario, phrases, fit, live=live)
    if cassette.errors:
        raise CassetteError("\n\n".join(dict.fromkeys(cassette.errors)))
    if sum(cassette.asked.values()):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, tape)
    return ReplayedCall(tape, path.name)
