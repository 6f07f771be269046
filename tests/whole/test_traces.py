"""The trace of a whole call, as a collector gets it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ivr.testbench.agent.app import MemoryTransport
from scripts import draw_trace
from tests.support.collector import collecting
from tests.support.front import CALLED, CALLER
from tests.whole.world import BYE, QUESTION, call

ROOT = Path(__file__).parents[2]


def test_a_call_is_one_trace_that_the_agent_joins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parents: list[str] = []
    ask = MemoryTransport.handle_async_request

    async def listen(transport: MemoryTransport, request: httpx.Request) -> httpx.Response:
        parents.append(request.headers.get("traceparent", ""))
        return await ask(transport, request)

    monkeypatch.setattr(MemoryTransport, "handle_async_request", listen)
    with collecting() as collector:
        endpoint = f"http://127.0.0.1:{collector.port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        world = call(folder, [f"say {QUESTION}", f"say {BYE}", "wait"], OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    [root] = [span for span in collector.spans if not span.parent]
    greeting, question, goodbye = collector.below(root)
    assert collector.tree(greeting) == "turn(playout)"
    assert collector.tree(question).startswith("turn(caller endpoint stt agent tts playout")
    assert collector.tree(goodbye).startswith("turn(caller endpoint stt agent tts playout")
    assert len({span.trace for span in collector.spans}) == 1
    assert root.attributes["ivr.result"] == "success"
    assert root.attributes["ivr.call"] == world.record.call_sid
    # The agent was told of the spans in which it answered.
    agents = [span for turn in (question, goodbye) for span in collector.below(turn) if span.name == "agent"]
    assert parents == [f"00-{root.trace}-{span.id}-01" for span in agents]
    # Every span lies in its parent, and the parts of the wait end where the sound begins.
    for turn in (question, goodbye):
        assert root.start <= turn.start <= turn.end <= root.end
        parts = {span.name: span for span in reversed(collector.below(turn))}
        waited = parts["playout"].start - parts["endpoint"].start
        assert waited == pytest.approx(turn.attributes["ivr.answer_ms"] / 1000, abs=0.002)
    drawn = "\n".join(draw_trace.lines(collector, root, root))
    assert drawn in (ROOT / "docs" / "tracing.md").read_text("utf-8")
    for private in (CALLER, CALLED, QUESTION, BYE, "Our branches"):
        assert private.encode() not in collector.raw


def test_without_a_collector_nothing_is_traced(folder: Path) -> None:
    assert call(folder, ["hang up"]).bridge.tracer is None
