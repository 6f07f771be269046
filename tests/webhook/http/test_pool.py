"""Keep, bound and warm connections, and give up spoilt ones."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from ivr.upstream.resolver import Resolver
from ivr.webhook.client import AgentClient
from ivr.webhook.http import connection as wire
from ivr.webhook.http import pool as pools
from ivr.webhook.http.pool import Origin, Pool, PoolLimits
from tests.webhook.n8n import line, run
from tests.webhook.peer import ASKED, Answer, Peer, accepting, body, chunk, head, hold, raw, replies, serving, told

END = b"0\r\n\r\n"
HI: tuple[str, list[str], str] = ("Hi", [], "ended")
FAST = replace(PoolLimits(), connect_timeout=0.1)


def pooled(limits: PoolLimits | None = None, tls: ssl.SSLContext | None = None) -> tuple[AgentClient, Pool]:
    pool = Pool(limits, tls=tls)
    return AgentClient(transport=pool), pool


def kept(*lines: str) -> Answer:
    return raw(head("application/json", *lines), chunk(run("Hi")), END, keep=True)


def test_a_connection_is_kept_for_the_next_reply() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(run("Hi"))) as peer:
            for _ in range(5):
                assert told(await replies(agent, peer.url)) == HI
            assert (peer.connections, pool.opened, pool.sent, pool.open) == (1, 1, 5, 1)
            assert repr(agent) == "<agent asked=5 failed=0 <agent pool open=1 idle=1 opened=1 sent=5>>"
            await agent.aclose()
            await asyncio.wait_for(peer.left.wait(), 2)

    asyncio.run(main())


def test_the_whole_request_is_written_before_the_loop_turns() -> None:
    """The hot spot: on a kept connection, from `reply()` to the socket no other task runs."""

    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(run("Hi"))) as peer:
            await agent.warm(peer.url)
            turns = 0

            def count() -> None:
                nonlocal turns
                turns += 1
                asyncio.get_running_loop().call_soon(count)

            events = agent.reply(peer.url, ASKED)
            asyncio.get_running_loop().call_soon(count)
            first = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            assert (pool.sent, turns) == (1, 1)
            await first
            await events.aclose()
            await agent.aclose()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [((), 50.0), (("Keep-Alive: timeout=5, max=100",), 4.0), (("Keep-Alive: max=1, Timeout=900",), 50.0),
     (("Keep-Alive: timeout=x",), 50.0), (("Keep-Alive: timeout=0",), 0.0)],
)  # fmt: skip
def test_the_peer_says_how_long_it_keeps_a_connection(lines: tuple[str, ...], seconds: float) -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(kept(*lines)) as peer:
            assert told(await replies(agent, peer.url)) == HI
            connection = next(iter(pool._open))
            assert connection.usable_until - asyncio.get_running_loop().time() == pytest.approx(seconds, abs=0.2)
            await agent.aclose()

    asyncio.run(main())


def test_a_connection_past_its_time_is_not_used() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(kept("Keep-Alive: timeout=0")) as peer:
            for _ in range(3):
                assert told(await replies(agent, peer.url)) == HI
            assert pool.opened == 3
            assert pool.open <= 2
            await agent.aclose()

    asyncio.run(main())


def test_a_request_on_a_closing_connection_is_sent_again() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(run("Hi")), raw(), body(run("Hi"))) as peer:
            assert told(await replies(agent, peer.url)) == HI
            assert told(await replies(agent, peer.url)) == HI
            assert (pool.opened, pool.sent, len(peer.requests)) == (2, 3, 3)
            await agent.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("partial", [b"", b"HTTP/1.1 2"], ids=["late", "after a byte"])
def test_it_is_not_sent_again_once_the_peer_may_have_read_it(partial: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    if not partial:
        monkeypatch.setattr(pools, "RACE", -1.0)

    async def main() -> None:
        agent, _ = pooled()
        async with serving(body(run("Hi")), raw(partial), body(run("Hi"))) as peer:
            assert told(await replies(agent, peer.url)) == HI
            assert told(await replies(agent, peer.url)) == ("", [], "broken")
            assert told(await replies(agent, peer.url)) == HI
            assert len(peer.requests) == 3
            await agent.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("answer", [
    raw(head("application/json", "Connection: close"), chunk(run("Hi")), END, keep=True),
    raw(head(), chunk(run("Hi")), END + b"HTTP/1.1 408 Timeout\r\n\r\n", keep=True),
    raw(b"HTTP/1.0 200 OK\r\nContent-Length: 15\r\n\r\n" + b'{"output":"Hi"}', keep=True),
], ids=["told to close", "bytes after the answer", "HTTP/1.0"])  # fmt: skip
def test_a_spoilt_connection_is_not_kept(answer: Answer) -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(answer) as peer:
            assert told(await replies(agent, peer.url)) == HI
            await asyncio.wait_for(peer.left.wait(), 2)
            assert told(await replies(agent, peer.url)) == HI
            assert pool.opened == 2
            await agent.aclose()

    asyncio.run(main())


DONE = raw(head("text/event-stream"), chunk(b"data: Hi\n\ndata: [DONE]\n\n"), chunk(b": bye\n\n"), END, keep=True)


def test_a_connection_is_kept_when_its_body_ends_after_done() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(DONE) as peer:
            for _ in range(3):
                assert told(await replies(agent, peer.url)) == HI
                while "idle=1" not in repr(pool):  # noqa: ASYNC110  # the end of the body is on its way
                    await asyncio.sleep(0)
            assert pool.opened == 1
            await agent.aclose()
            await asyncio.wait_for(peer.left.wait(), 2)

    asyncio.run(main())


@pytest.mark.parametrize(
    "more", [b"", b"HTTP/1.1 200 OK\r\n", b"5\r\nabc"], ids=["nothing", "no chunk", "half a chunk"]
)
def test_a_body_that_does_not_end_after_done_is_given_up(more: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "BODY_END_WAIT", 0.05)
    done = hold(head("text/event-stream"), chunk(b"data: Hi\n\ndata: [DONE]\n\n"), more)

    async def main() -> None:
        agent, pool = pooled()
        async with serving(done, body(run("Hi"))) as peer:
            assert told(await replies(agent, peer.url)) == HI
            assert told(await replies(agent, peer.url)) == HI
            assert pool.opened == 2
            assert pool._places._value == pool.limits.busy
            while pool.open > 1:  # noqa: ASYNC110  # given up by a timer of its own
                await asyncio.sleep(0)
            await agent.aclose()

    asyncio.run(main())


def test_closing_the_pool_ends_what_is_settling() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(hold(head("text/event-stream"), chunk(b"data: Hi\n\ndata: [DONE]\n\n"))) as peer:
            assert told(await replies(agent, peer.url)) == HI
            await agent.aclose()
            assert pool.open == 0
            await asyncio.wait_for(peer.left.wait(), 2)

    asyncio.run(main())


def test_unexpected_bytes_close_an_idle_connection() -> None:
    async def later(peer: Peer, writer: asyncio.StreamWriter) -> bool:
        await body(run("Hi"))(peer, writer)
        await peer.go.wait()
        writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        return True

    async def main() -> None:
        agent, pool = pooled()
        async with serving(later) as peer:
            assert told(await replies(agent, peer.url)) == HI
            assert pool.open == 1
            peer.go.set()
            await asyncio.wait_for(peer.left.wait(), 2)
            assert pool.open == 0
            assert "idle=0" in repr(pool)
            await agent.aclose()

    asyncio.run(main())


def test_the_number_of_exchanges_is_bounded() -> None:
    async def main() -> None:
        agent, _ = pooled(replace(FAST, busy=1))
        async with serving(hold(head(), chunk(line("item", "Hi"))), body(run("Hi"))) as peer:
            first = agent.reply(peer.url, ASKED)
            await anext(first)
            assert told(await replies(agent, peer.url)) == ("", [], "busy")
            waiting = asyncio.ensure_future(replies(agent, peer.url))
            await asyncio.sleep(0)
            await first.aclose()
            assert told(await waiting) == HI
            await agent.aclose()

    asyncio.run(main())


def test_the_number_of_idle_connections_is_bounded() -> None:
    async def main() -> None:
        agent, pool = pooled(replace(PoolLimits(), idle=2))
        async with serving(body(run("Hi"))) as peer:
            assert {told(events)[0] for events in await asyncio.gather(*(replies(agent, peer.url) for _ in range(6)))}
            await asyncio.sleep(0)
            assert pool.open == 2
            await agent.aclose()

    asyncio.run(main())


def test_a_peer_that_does_not_accept_times_out() -> None:
    async def main() -> None:
        agent, pool = pooled(FAST)
        async with accepting() as (url, _):
            assert told(await replies(agent, url)) == ("", [], "timeout")
        assert pool.open == 0
        await agent.aclose()

    asyncio.run(main())


def test_a_body_without_a_reader_waits_in_the_socket() -> None:
    words = line("item", "x" * 1000) * 8000

    async def main() -> None:
        agent, pool = pooled()
        async with serving(body(words)) as peer:
            events = agent.reply(peer.url, ASKED)
            await anext(events)
            connection = next(iter(pool._open))
            for _ in range(200):
                await asyncio.sleep(0)
            assert connection._paused
            assert connection._unread <= 2 * wire.MAX_UNREAD
            rest = [event async for event in events]
            assert told(rest)[2] == "too_long"
            await agent.aclose()

    asyncio.run(main())


def test_closing_the_pool_ends_what_is_under_way() -> None:
    async def main() -> None:
        agent, pool = pooled()
        async with serving(hold(head(), chunk(line("item", "Hi")))) as peer:
            reading = asyncio.ensure_future(replies(agent, peer.url))
            await peer.asked.wait()
            await agent.aclose()
            assert told(await reading)[2] == "broken"
            assert pool.open == 0

    asyncio.run(main())


def test_no_cookie_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async def main() -> None:
        agent, _ = pooled()
        async with serving(kept("Set-Cookie: who=CA1")) as peer:
            for _ in range(2):
                assert told(await replies(agent, peer.url)) == HI
            assert all("cookie" not in asked.lower() for asked, _ in peer.requests)
            await agent.aclose()

    asyncio.run(main())


def test_origin_of_a_url() -> None:
    assert Origin.of(httpx.URL("https://Agent.Test/x")) == Origin("https", "agent.test", 443)
    assert Origin.of(httpx.URL("http://[::1]:81/")) == Origin("http", "::1", 81)
    assert Origin.of(httpx.URL("http://وكيل.test/")) == Origin("http", "xn--fhbckj.test", 80)


def test_a_connection_is_used_by_one_exchange_at_a_time() -> None:
    async def main() -> None:
        connection = wire.Connection()
        assert repr(connection) == "<agent connection closed uses=0>"
        with pytest.raises(wire.Broken):
            connection.send(b"")
        connection._complete = False
        with pytest.raises(RuntimeError, match="busy"):
            connection.send(b"")

    asyncio.run(main())


def test_a_reply_over_tls(tmp_path: Path) -> None:
    """A reply over TLS, with a certificate made for this test."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(make, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl program to make a certificate with")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def main() -> None:
        agent, pool = pooled(tls=trusting)
        stranger, _ = pooled()
        async with serving(body(run("Hi")), tls=server) as peer:
            assert told(await replies(stranger, peer.url)) == ("", [], "tls")
            for _ in range(2):
                assert told(await replies(agent, peer.url)) == HI
            assert pool.opened == 1
            await agent.aclose()
            await stranger.aclose()
            assert pool.open == 0

    asyncio.run(main())


def test_a_name_that_is_not_found_in_time_costs_its_own_reply() -> None:
    hanging = threading.Event()

    def lookup(host: str) -> tuple[str, ...]:
        if host == "hangs.example":
            hanging.wait(10)
        return ("127.0.0.1",)

    async def main() -> None:
        pool = Pool(FAST, resolver=Resolver(lookup))
        agent = AgentClient(transport=pool)
        async with serving(body(run("Hi"))) as peer:
            slow = [asyncio.create_task(replies(agent, "http://hangs.example:1/")) for _ in range(20)]
            assert told(await replies(agent, peer.url.replace("127.0.0.1", "agent.example"))) == HI
            assert [told(await task) for task in slow] == [("", [], "timeout")] * 20
            await agent.aclose()

    try:
        asyncio.run(main())
    finally:
        hanging.set()
