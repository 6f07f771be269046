"""The demo agent's fronts: in memory in virtual time, and on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn

from ivr.call.commands import ReplyRequest
from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed
from ivr.testbench import virtual_time
from ivr.testbench.agent.app import DemoAgent, MemoryTransport, create_app
from ivr.testbench.agent.dialogue import LINES
from ivr.testbench.agent.script import MODES, TokenPace
from ivr.webhook.client import AgentClient, AgentEvent
from tests.support import live

ASKED = ReplyRequest("where is my shipment", "CA1", "speech", 1, "en", "CA1", "+1", "+2", "inbound")
BODY = {"text": "where is my shipment", "session_id": "CA1", "language": "en"}
NAME = LINES["en"]["ask_name"]


def asked(agent: DemoAgent, body: Any, query: dict[str, str] | None = None) -> bytes:
    return b"".join(step.data for step in agent.asked(json.dumps(body).encode(), query or {}).steps)


def test_asked_returns_a_script() -> None:
    agent = DemoAgent()
    assert b'"begin"' in asked(agent, BODY)
    assert agent.stats()["counts"] == {"requests": 1, "mode_ndjson": 1}
    assert agent.stats()["recent"] == [BODY]
    agent.reset()
    assert agent.stats() == {"conversations": 0, "counts": {}, "recent": []}


def test_script_of_modes_goes_by_turns_of_a_session() -> None:
    agent = DemoAgent(mode="text")
    query = {"script": "ok, 500,json"}
    for session in ("a", "b"):
        statuses = [agent.asked(json.dumps(BODY | {"session_id": session}).encode(), query).status for _ in range(4)]
        assert statuses == [200, 500, 200, 200]
    assert agent.counts == {"requests": 8, "mode_text": 2, "mode_500": 2, "mode_json": 4}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"text":5}', b"[" * 100_000, b"\xff"])
def test_senseless_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="body"):
        DemoAgent().asked(body, {})


@pytest.mark.parametrize(
    "query", [{"mode": "x"}, {"script": "x"}, {"first": "x"}, {"first": "-1"}, {"rate": "nan"}, {"total": "inf"}]
)
def test_senseless_queries_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"mode|pace|float"):
        asked(DemoAgent(), BODY, query)


def test_recent_requests_are_bounded() -> None:
    agent = DemoAgent()
    for _ in range(250):
        asked(agent, BODY, {"mode": "empty"})
    assert len(agent.recent) == 100


def in_memory(query: str, request: ReplyRequest = ASKED) -> tuple[list[AgentEvent], float, DemoAgent]:
    """The events of a reply, how long it took, and the agent."""
    demo = DemoAgent(TokenPace(first_token=0.5, rate=50))

    async def main() -> tuple[list[AgentEvent], float]:
        agent = AgentClient(transport=MemoryTransport(demo))
        events = [event async for event in agent.reply(f"http://agent/webhook?{query}", request)]
        return events, asyncio.get_running_loop().time()

    events, lasted = virtual_time.run(main())
    return events, lasted, demo


def spoken(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReplyDelta))


@pytest.mark.parametrize("mode", ["ndjson", "tools", "sse", "openai", "text", "json", "gzip", "split", "busy", "slow"])
def test_answers_in_memory(mode: str) -> None:
    events, lasted, demo = in_memory(f"mode={mode}")
    assert (spoken(events), events[-1]) == (NAME, ReplyEnded(1))
    assert lasted >= 0.5 + (len(NAME) - 4) / 50
    assert demo.counts["whole"] == (mode not in ("sse", "openai"))  # left at `[DONE]`


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("500", ReplyFailed(1, "http_500")),
        ("404", ReplyFailed(1, "http_404")),
        ("empty", ReplyFailed(1, "empty")),
        ("html", ReplyFailed(1, "html")),
        ("error", ReplyFailed(1, "agent_error")),
        ("late_error", ReplyFailed(1, "agent_error")),
        ("cut", ReplyFailed(1, "broken")),
        ("stall", ReplyFailed(1, "timeout")),
        ("late_stall", ReplyFailed(1, "timeout")),
        ("nonsense", ReplyFailed(1, "http_422")),
    ],
)
def test_faults_in_memory(mode: str, end: AgentEvent) -> None:
    events, _, demo = in_memory(f"mode={mode}")
    assert events[-1] == end
    assert demo.counts["aborted"] == (end == ReplyFailed(1, "timeout") or mode in ("500", "404", "html"))


def test_pace_by_query() -> None:
    assert in_memory("mode=text&first=1&total=4")[1] == pytest.approx(4.0)
    assert in_memory("mode=four")[1] == pytest.approx(5.9)


def test_goodbye_hangs_up() -> None:
    assert in_memory("", replace(ASKED, text="thank you goodbye"))[0][-1] == ReplyEnded(1, hang_up=True)


@contextlib.asynccontextmanager
async def served(demo: DemoAgent) -> AsyncIterator[str]:
    config = uvicorn.Config(create_app(demo), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.mark.live
def test_answers_over_http() -> None:
    demo = DemoAgent(TokenPace(first_token=0.01, rate=5000))
    modes = MODES.keys() - {"four", "stall", "late_stall", "slow", "busy"}
    expected = {mode: in_memory(f"mode={mode}")[0] for mode in modes}

    async def main() -> None:
        agent = AgentClient()
        async with served(demo) as url:
            for mode, memory in expected.items():
                demo.reset()
                events = [event async for event in agent.reply(f"{url}/webhook?mode={mode}", ASKED)]
                assert (spoken(events), events[-1]) == (spoken(memory), memory[-1]), mode
            events = [event async for event in agent.reply(f"{url}/webhook?mode=x", ASKED)]
            assert events == [ReplyFailed(1, "http_422")]
            stalled = agent.reply(f"{url}/webhook?mode=late_stall", ASKED)
            await anext(stalled)
            await stalled.aclose()
            async with httpx.AsyncClient(trust_env=False) as client:
                long = await client.post(f"{url}/webhook", content=b"x" * 2_000_000)
                assert long.status_code == 413
                stats = (await client.get(f"{url}/stats?reset=1")).json()
                assert stats["counts"]["aborted"] >= 1
                assert (await client.get(f"{url}/stats")).json()["counts"] == {}
            await agent.aclose()

    live.run(main())
