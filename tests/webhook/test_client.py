"""Follow a reply from `reply()` to its end: what is asked, what is reported, what is closed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import httpx
import pytest

from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.testbench import virtual_time
from ivr.webhook import client
from ivr.webhook.client import AgentClient, AgentSettings
from ivr.webhook.http.pool import Pool
from tests.webhook.n8n import line, run
from tests.webhook.peer import ASKED, accepting, body, chunk, head, hold, replies, serving, told

URL = "http://agent.test/webhook"
WORDS = (head(), chunk(line("item", "Hi")))


class Scripted(httpx.AsyncBaseTransport):
    """Answers or raises in order; a body is a list of (seconds to wait, bytes)."""

    def __init__(self, *answers: BaseException | list[tuple[float, bytes]], wait: float = 0.0) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.closed = 0
        self.wait = wait

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(self.wait)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=Timed(self, answer))


class Timed(httpx.AsyncByteStream):
    def __init__(self, transport: Scripted, parts: list[tuple[float, bytes]]) -> None:
        self._transport = transport
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for seconds, data in self._parts:
            if seconds:
                await asyncio.sleep(seconds)
            yield data

    async def aclose(self) -> None:
        self._transport.closed += 1


def test_the_events_of_a_reply_and_what_was_asked() -> None:
    async def main() -> None:
        agent = AgentClient(AgentSettings(secret="s3cret"))
        async with serving(body(run("He", "llo"))) as peer:
            events = await replies(agent, peer.url)
            assert events == [ReplyDelta(3, "He"), ReplyDelta(3, "llo"), ReplyPause(3), ReplyEnded(3)]
            asked, sent = peer.requests[0]
            assert asked.startswith("POST /webhook HTTP/1.1\r\n")
            assert f"host: {peer.url[7:-8]}\r\n" in asked.lower()
            assert "authorization: bearer s3cret\r\n" in asked.lower()
            assert (sent["text"], sent["session_id"], sent["turn"]) == ("وين شحنتي", "CA1", 3)
            assert "s3cret" not in repr(agent) + repr(agent.settings)
            assert (agent.asked, agent.failed) == (1, 0)
            await agent.aclose()

    asyncio.run(main())


def test_userinfo_of_the_url_authorises() -> None:
    transport = Scripted([(0, b"Hi")])
    asyncio.run(replies(AgentClient(transport=transport), "http://me:pw@agent.test/"))
    assert transport.asked[0].headers["Authorization"] == "Basic bWU6cHc="


@pytest.mark.parametrize(
    "url", ["", "agent.test", "ftp://agent.test/", "http://", "http://[", "http://a:99999/", "x" * 70_000]
)
def test_a_senseless_url_fails_the_reply_only(url: str) -> None:  # fmt: skip
    async def main() -> None:
        agent = AgentClient()
        await agent.warm(url)
        assert told(await replies(agent, url)) == ("", [], "url")
        await agent.aclose()

    asyncio.run(main())


def test_a_refused_connection_is_tried_once_more() -> None:
    transport = Scripted(httpx.ConnectError("no"), [(0, line("item", "Hi"))])
    assert told(virtual_time.run(replies(AgentClient(transport=transport), URL))) == ("Hi", [], "ended")
    assert len(transport.asked) == 2
    assert transport.asked[0].content == transport.asked[1].content


def test_a_connection_refused_twice_fails_the_reply() -> None:
    transport = Scripted(httpx.ConnectError("no"), httpx.ConnectError("no"))
    agent = AgentClient(transport=transport)
    assert virtual_time.run(replies(agent, URL)) == [ReplyFailed(3, "connect")]
    assert agent.failed == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (httpx.ConnectTimeout("late"), "timeout"),
        (httpx.PoolTimeout("full"), "busy"),
        (httpx.ReadError("gone"), "broken"),
        (httpx.RemoteProtocolError("odd"), "broken"),
        (OSError("gone"), "broken"),
    ],
)
def test_nothing_else_is_tried_again(fault: Exception, reason: str) -> None:
    transport = Scripted(fault)
    assert virtual_time.run(replies(AgentClient(transport=transport), URL)) == [ReplyFailed(3, reason)]
    assert len(transport.asked) == 1


def test_faults_of_the_bridge_are_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        virtual_time.run(replies(AgentClient(transport=Scripted(ZeroDivisionError())), URL))


KEEPALIVE = b'{"type":"keepalive"}\n'
PATIENCE: list[tuple[str, list[tuple[float, bytes]], float, tuple[str, list[str], str], float]] = [
    ("words in time", [(9, line("item", "b")), (9, line("item", "c")), (9, b"")], 0, ("bc", [], "ended"), 27),
    ("nothing", [(99, b"")], 0, ("", [], "timeout"), 10),
    ("no head", [(0, b"")], 99, ("", [], "timeout"), 10),
    ("keepalives only", [(4, KEEPALIVE)] * 9, 0, ("", [], "timeout"), 10),
    ("keepalives after words", [(4, line("item", "b")), *[(4, KEEPALIVE)] * 9], 0, ("b", [], "timeout"), 14),
    ("a pause is progress", [(4, run("a")), (8, run("b")), (99, b"")], 0, ("ab", [], "timeout"), 22),
    (
        "slow drip, never a whole line",
        [(0.5, bytes([byte])) for byte in b'{"type":"item","content":"Hi'],
        0,
        ("", ["bad_line"], "timeout"),
        10,
    ),
    ("endless words", [(5, line("item", "b"))] * 99, 0, ("bbbbbbbbbbb", [], "timeout"), 60),
]


@pytest.mark.parametrize(
    ("parts", "wait", "outcome", "lasted"), [row[1:] for row in PATIENCE], ids=[row[0] for row in PATIENCE]
)
def test_a_reply_is_waited_for_while_it_goes_on(
    parts: list[tuple[float, bytes]], wait: float, outcome: tuple[str, list[str], str], lasted: float
) -> None:
    transport = Scripted(parts, wait=wait)
    agent = AgentClient(AgentSettings(silence_timeout=10, total_timeout=60), transport=transport)

    async def main() -> float:
        assert told(await replies(agent, URL)) == outcome
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == pytest.approx(lasted)
    assert transport.closed == (0 if wait else 1)


def test_done_ends_the_reply_on_an_open_connection() -> None:
    async def main() -> None:
        agent = AgentClient()
        async with serving(hold(head("text/event-stream"), chunk(b"data: Hi\n\ndata: [DONE]\n\n"))) as peer:
            assert told(await replies(agent, peer.url)) == ("Hi", [], "ended")
            await asyncio.wait_for(peer.left.wait(), 2)
        await agent.aclose()

    asyncio.run(main())


async def _left(agent: AgentClient, pool: Pool) -> None:
    """Nothing of the agent is left."""
    assert pool.open == 0
    await agent.aclose()
    names = {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks() - {asyncio.current_task()}}
    assert names <= {"Peer.serve"}


def pooled() -> tuple[AgentClient, Pool]:
    pool = Pool()
    return AgentClient(transport=pool), pool


@pytest.mark.parametrize("parts", [(), (head(),), WORDS], ids=["before the head", "after the head", "after words"])
def test_cancelling_the_reader_closes_the_stream_at_once(parts: tuple[bytes, ...]) -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(hold(*parts), body(run("next"))) as peer:
            reading = asyncio.ensure_future(replies(agent, peer.url))
            await peer.asked.wait()
            for _ in range(9):
                await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await asyncio.wait_for(peer.left.wait(), 2)
            assert pool.open == 0
            assert told(await replies(agent, peer.url)) == ("next", [], "ended")
            assert pool.open == 1
            await agent.aclose()
            await _left(agent, pool)

    asyncio.run(main())


@pytest.mark.parametrize("how", ["aclose", "forget"])
def test_leaving_the_iterator_closes_the_stream(how: str) -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(hold(*WORDS)) as peer:
            events = agent.reply(peer.url, ASKED)
            assert await anext(events) == ReplyDelta(3, "Hi")
            if how == "aclose":
                await events.aclose()
            else:
                del events
                gc.collect()
            await asyncio.wait_for(peer.left.wait(), 2)
            await asyncio.sleep(0)
            await _left(agent, pool)

    asyncio.run(main())


def test_cancelling_while_connecting_leaves_nothing() -> None:
    """A TLS handshake that the peer never answers."""

    async def main() -> None:
        agent, pool = pooled()
        async with accepting() as (url, connected):
            reading = asyncio.ensure_future(replies(agent, url))
            await asyncio.wait_for(connected.wait(), 2)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        await _left(agent, pool)

    asyncio.run(main())


def test_a_hundred_cancelled_replies_leave_nothing_open() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(*[line("item", word) for word in "abcdefgh"])) as peer:
            for rounds in range(100):
                reading = asyncio.ensure_future(replies(agent, peer.url))
                for _ in range(rounds % 25):
                    await asyncio.sleep(0)
                reading.cancel()
                await asyncio.wait([reading])
            assert told(await replies(agent, peer.url)) == ("abcdefgh", [], "ended")
            assert pool._places._value == pool.limits.busy
            await agent.aclose()
            await asyncio.wait_for(peer.left.wait(), 2)
            await _left(agent, pool)

    asyncio.run(main())


def test_a_flood_of_values_leaves_turns_to_other_calls() -> None:
    async def main() -> None:
        turns = 0

        async def other_call() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        for parts in ([b"{}" * 32_768], [b"{}"] * 4096, [b'{"a": [{}, {}]}\n' * 4096]):
            transport = Scripted([(0, b"".join(parts))] if len(parts) == 1 else [(0, part) for part in parts])
            other, turns = asyncio.ensure_future(other_call()), 0
            assert told(await replies(AgentClient(transport=transport), URL)) == ("", [], "empty")
            other.cancel()
            assert turns >= sum(len(part) + 64 for part in parts) // 1024

    asyncio.run(main())


def test_warm_is_nothing_without_a_pool_and_never_raises() -> None:
    async def main() -> None:
        await AgentClient(transport=Scripted()).warm(URL)
        agent, pool = pooled()
        await agent.warm("http://127.0.0.1:1/")
        await _left(agent, pool)

    asyncio.run(main())


def test_tls_without_trust_is_named_and_not_tried_again() -> None:
    async def main() -> None:
        agent, pool = pooled()

        async with accepting(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (url, _):
            assert told(await replies(agent, url)) == ("", [], "tls")
        await _left(agent, pool)

    asyncio.run(main())


def test_the_addresses_of_many_lines_are_kept_within_bounds() -> None:
    agent = AgentClient()
    for number in range(3 * client._KNOWN_URLS):
        agent._target(f"http://agent.test/{number}")
    assert len(agent._targets) <= client._KNOWN_URLS
