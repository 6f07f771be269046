"""Tell an agent in the background: what arrives, what is lost, and that nothing waits for it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import httpx
import pytest

from ivr.call.commands import ReplyRequest
from ivr.testbench import virtual_time
from ivr.webhook.client import AgentClient
from ivr.webhook.line_agent import LineAgent
from ivr.webhook.telling import LAST_TELLING_S, TELL_S, THROWN_AWAY_BYTES, TOLD_AT_ONCE
from tests.webhook.peer import ASKED, body, hold, serving

URL = "http://agent.test/webhook"
ENDED: ReplyRequest = replace(ASKED, text="", event="ended", details={"reason": "caller_stop"})


class Told(httpx.AsyncBaseTransport):
    """Takes what it is told after some seconds, or raises; keeps the requests."""

    def __init__(self, *, wait: float = 0.0, status: int = 200, raises: Exception | None = None) -> None:
        self.wait, self.status, self.raises = wait, status, raises
        self.asked: list[httpx.Request] = []
        self.content = b"{}"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(self.wait)
        if self.raises is not None:
            raise self.raises
        return httpx.Response(self.status, stream=httpx.ByteStream(self.content))


def telling(peer: Told, *, times: int = 1, wait_s: float = 10.0) -> AgentClient:
    """Tell this often, and close the client after some seconds."""

    async def main() -> AgentClient:
        agent = AgentClient(transport=peer)
        before = asyncio.get_running_loop().time()
        for _ in range(times):
            agent.tell(URL, ENDED)
        assert asyncio.get_running_loop().time() == before
        await asyncio.sleep(wait_s)
        await agent.aclose()
        assert not agent.telling._tasks
        return agent

    return virtual_time.run(main())


def reasons(caplog: pytest.LogCaptureFixture) -> list[tuple[object, object]]:
    return [
        (record.__dict__["told_event"], record.__dict__["reason"])
        for record in caplog.records
        if record.getMessage() == "agent_not_told"
    ]


def test_an_agent_is_told() -> None:
    peer = Told()
    agent = telling(peer)
    assert (agent.telling.told, agent.telling.lost, len(peer.asked)) == (1, 0, 1)
    assert b'"event":"ended"' in peer.asked[0].content
    assert repr(agent.telling) == "<BackgroundTelling open=0 told=1 lost=0>"
    # It is no question: neither a reply nor a failure of one.
    assert (agent.asked, agent.failed) == (0, 0)


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (Told(status=500), "BadStatus"),
        (Told(raises=httpx.ReadError("gone")), "ReadError"),
        (Told(wait=TELL_S + 1), "TimeoutError"),
        (Told(raises=ZeroDivisionError()), "error"),
    ],
)
def test_what_is_not_taken_is_lost(peer: Told, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    agent = telling(peer)
    assert (agent.telling.told, agent.telling.lost) == (0, 1)
    assert reasons(caplog) == [("ended", reason)]
    assert URL not in caplog.text


def test_a_long_answer_is_not_read_to_its_end() -> None:
    peer = Told()
    peer.content = b"x" * (THROWN_AWAY_BYTES + 1)
    assert telling(peer).telling.told == 1


def test_too_much_at_once_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    peer = Told(wait=1.0)
    agent = telling(peer, times=TOLD_AT_ONCE + 2)
    assert (agent.telling.told, agent.telling.lost, len(peer.asked)) == (TOLD_AT_ONCE, 2, TOLD_AT_ONCE)
    assert reasons(caplog) == 2 * [("ended", "busy")]


@pytest.mark.parametrize(("wait", "told"), [(LAST_TELLING_S - 0.5, 1), (LAST_TELLING_S + 0.5, 0)])
def test_the_end_waits_a_moment(wait: float, told: int, caplog: pytest.LogCaptureFixture) -> None:
    agent = telling(Told(wait=wait), wait_s=0.0)
    assert agent.telling.told == told
    assert reasons(caplog) == ([] if told else [("ended", "stopped")])


def test_a_line_tells_with_all_that_is_known() -> None:
    peer = Told()

    async def main() -> None:
        agent = AgentClient(transport=peer)
        line = LineAgent(agent, URL, {"AnsweredBy": "human"}, lambda call, turn: f"00-{call}-{turn}")
        line.tell(ENDED)
        await agent.aclose()

    virtual_time.run(main())
    assert peer.asked[0].headers["traceparent"] == "00-CA1-3"
    assert b'"AnsweredBy":"human"' in peer.asked[0].content


def test_over_a_socket() -> None:
    async def main() -> None:
        async with serving(body(b"{}")) as peer:
            agent = AgentClient()
            agent.tell(peer.url, ENDED)
            await asyncio.wait_for(peer.asked.wait(), 5)
            await agent.aclose()
            assert peer.requests[0][1]["event"] == "ended"
            assert agent.telling.told == 1
        async with serving(hold()) as peer:
            agent = AgentClient()
            agent.tell(peer.url, ENDED)
            await asyncio.wait_for(peer.asked.wait(), 5)
            await agent.aclose()
            assert agent.telling.lost == 1
            await asyncio.wait_for(peer.left.wait(), 5)

    asyncio.run(main())


def test_reports_are_quiet_about_success(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ivr.webhook")
    telling(Told())
    assert caplog.records == []
