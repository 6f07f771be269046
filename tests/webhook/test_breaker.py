"""Stop asking an agent that fails every call, and go on asking one whose answers make no sense."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest

from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed
from ivr.testbench import virtual_time
from ivr.upstream.breaker import BreakerLimits
from ivr.webhook.breaker import ABANDONED, AGENTS, AgentBreakers
from ivr.webhook.client import AgentClient, AgentSettings
from tests.webhook.n8n import line
from tests.webhook.peer import ASKED, replies
from tests.webhook.test_client import URL, Scripted

LIMITS = BreakerLimits(failures=3, pause=2.0)
OTHER = "http://other.test/webhook"
WORDS = [(0.1, line("item", "Hi"))]


def test_a_breaker_opens_for_the_failing_agent_only() -> None:
    breakers = AgentBreakers(LIMITS)
    assert [breakers.failed(URL, "connect", 0.0) for _ in range(3)] == [False, False, True]
    assert not breakers.admits(URL, 1.9)
    assert breakers.admits(OTHER, 1.9)
    assert repr(breakers) == "<breakers of 1 agents, 1 failing>"
    assert breakers.admits(URL, 2.0)
    assert not breakers.admits(URL, 2.0)
    assert breakers.answered(URL)
    assert breakers.admits(URL, 2.1)
    assert not breakers.answered(OTHER)


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        *[(reason, True) for reason in ("connect", "tls", "timeout", "broken", "http_500", "http_503", "http_429")],
        *[(reason, False) for reason in ("http_404", "http_5000", "busy", "url", "html", "empty", "too_long", "")],
    ],
)
def test_a_breaker_counts_only_the_failures_of_agents(reason: str, counts: bool) -> None:
    breakers = AgentBreakers(BreakerLimits(failures=1))
    assert breakers.failed(URL, reason, 0.0) is counts


def test_a_breaker_counts_replies_given_up_late() -> None:
    breakers = AgentBreakers(BreakerLimits(failures=1))
    assert not breakers.abandoned(URL, ABANDONED - 0.1, 0.0)
    assert breakers.abandoned(URL, ABANDONED, 0.0)


@pytest.mark.parametrize("given_up", ["hangs up", "http_404"])
def test_a_breaker_probes_again_after_no_verdict(given_up: str) -> None:
    breakers = AgentBreakers(LIMITS)
    for _ in range(3):
        breakers.failed(URL, "connect", 0.0)
    assert breakers.admits(URL, 2.0)
    assert not breakers.admits(URL, 2.1)
    if given_up == "hangs up":
        assert not breakers.abandoned(URL, 0.1, 2.1)
    else:
        assert not breakers.failed(URL, given_up, 2.1)
    assert breakers.admits(URL, 2.1)


def test_breakers_remember_a_bounded_number_of_agents() -> None:
    breakers = AgentBreakers(LIMITS)
    for number in range(3 * AGENTS):
        breakers.failed(f"{URL}/{number}", "connect", 0.0)
    assert f"of {AGENTS} agents" in repr(breakers)
    assert len(list(breakers)) == AGENTS


def agent(transport: httpx.AsyncBaseTransport) -> AgentClient:
    return AgentClient(AgentSettings(breaker=LIMITS), transport=transport)


def test_a_breaker_refuses_a_dead_agent_and_probes_it_later() -> None:
    down = [httpx.ReadTimeout("")] * 3
    transport = Scripted(*down, WORDS, WORDS, wait=5.0)

    async def main() -> None:
        asking = agent(transport)
        for _ in range(3):
            assert await replies(asking, URL) == [ReplyFailed(3, "timeout")]
        began = asyncio.get_running_loop().time()
        assert await replies(asking, URL) == [ReplyFailed(3, "breaker")]
        assert asyncio.get_running_loop().time() == began
        assert (len(transport.asked), asking.failed) == (3, 4)
        await asyncio.sleep(2.5)
        probe, other = await asyncio.gather(replies(asking, URL), replies(asking, URL))
        assert probe == [ReplyDelta(3, "Hi"), ReplyEnded(3)]
        assert other == [ReplyFailed(3, "breaker")]
        assert await replies(asking, URL) == probe

    virtual_time.run(main())


def test_a_breaker_opens_for_an_agent_that_never_answers(caplog: pytest.LogCaptureFixture) -> None:
    transport = Scripted(*[WORDS] * 9, wait=1000.0)

    async def main() -> None:
        asking = agent(transport)
        for _ in range(3):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10.0):
                    await replies(asking, URL)
        assert await replies(asking, URL) == [ReplyFailed(3, "breaker")]

    virtual_time.run(main())
    assert caplog.text.count("agent_breaker_opened") == 1


def test_a_caller_who_hangs_up_does_not_open_the_breaker() -> None:
    transport = Scripted(*[[(2.0, line("item", "Hi")), (60.0, b"")]] * 9)

    async def main() -> None:
        asking = agent(transport)
        for patience in (1.0, 5.0, 20.0, 1.0, 5.0, 20.0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await replies(asking, URL)
        assert len(transport.asked) == 6
        async with contextlib.aclosing(asking.reply(URL, ASKED)) as events:
            assert await anext(events) == ReplyDelta(3, "Hi")

    virtual_time.run(main())
