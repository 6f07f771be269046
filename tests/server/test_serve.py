"""Serving: how uvicorn is set up, what a signal does, and a call on real sockets that is drained."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from socket import gaierror
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.config.settings import Settings
from ivr.server.admission import Admission
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.server.connection_limit import HEAD_BYTES
from ivr.server.rlimit import ENOUGH
from ivr.server.serve import PHONE_MESSAGE_BYTES, Server, check_address, config_for, serve
from ivr.testbench import virtual_time
from ivr.testbench.loopback import bound
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.signing import Signer
from tests.support import live
from tests.support.front import ACCOUNT, AUTH, CALL, PUBLIC, STREAM, a_bridge, document, settings, total, voice_form

IDS = wire.Ids(ACCOUNT, CALL, STREAM)


def test_how_the_server_listens(tmp_path: Path) -> None:
    chosen = settings(tmp_path, IVR_HOST="127.0.0.1", IVR_PORT="8123")
    config = config_for(Starlette(), chosen)
    assert (config.host, config.port) == ("127.0.0.1", 8123)
    assert (config.ws_max_size, config.ws_per_message_deflate) == (PHONE_MESSAGE_BYTES, False)
    assert (config.proxy_headers, config.server_header, config.access_log) == (False, False, False)


def test_serve_puts_it_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[Server] = []
    monkeypatch.setattr(Server, "run", lambda server: ran.append(server))
    monkeypatch.setattr("ivr.observe.logs.set_up", lambda _: SimpleNamespace())
    monkeypatch.setattr("ivr.server.serve.check_address", lambda _host, _port: None)
    monkeypatch.setattr("ivr.server.serve.raise_limit", lambda: ENOUGH)
    serve(settings(tmp_path, IVR_LANGAUGE="x"))
    [server] = ran
    assert isinstance(server.config.app, Starlette)
    assert not server.should_exit
    assert [record.__dict__["problem"] for record in caplog.records] == [
        "IVR_LANGAUGE is not a setting: did you mean IVR_LANGUAGE?"
    ]


def test_serve_starts_a_recorder_and_closes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    recorder: Any = SimpleNamespace(start=lambda: done.append("start"), close=lambda: done.append("close"))

    def run(server: Server) -> None:
        done.append("run")
        asyncio.run(server.shutdown())

    async def shutdown(*_: object) -> None:
        done.append("shutdown")

    monkeypatch.setattr(uvicorn.Server, "shutdown", shutdown)
    monkeypatch.setattr(Server, "run", run)
    monkeypatch.setattr("ivr.observe.logs.set_up", lambda _: SimpleNamespace())
    monkeypatch.setattr("ivr.server.serve.check_address", lambda _host, _port: None)
    monkeypatch.setattr("ivr.server.serve.raise_limit", lambda: ENOUGH)
    serve(settings(tmp_path), recorder)
    assert done == ["start", "run", "shutdown", "close"]
    recorder.on_tape("kept", 12)


@pytest.mark.parametrize(("files", "warned"), [(1024, False), (300, True)], ids=["enough", "few"])
def test_too_few_files_for_the_calls_are_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, files: int, warned: bool
) -> None:
    monkeypatch.setattr(Server, "run", lambda _: None)
    monkeypatch.setattr("ivr.observe.logs.set_up", lambda _: SimpleNamespace())
    monkeypatch.setattr("ivr.server.serve.check_address", lambda _host, _port: None)
    monkeypatch.setattr("ivr.server.serve.raise_limit", lambda: files)
    serve(settings(tmp_path, IVR_MAX_CALLS="50"))
    assert ("few_files" in caplog.text) == warned


def test_a_port_in_use_is_one_line_that_names_it() -> None:
    with contextlib.closing(bound()) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ValueError, match=f"^IVR_PORT {port} is in use on 127.0.0.1.*another port$"):
            check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "raised", "line"),
    [
        ("192.0.2.1", OSError(errno.EADDRNOTAVAIL, "x"), "IVR_HOST 192.0.2.1 is no address of this machine: set it to"),
        ("127.0.0.1", OSError(errno.EACCES, "x"), "IVR_PORT 80 may be opened by the administrator only: set it to"),
        ("127.0.0.1", OSError(errno.EPERM, "odd"), "IVR_HOST 127.0.0.1, IVR_PORT 80: odd: set them to"),
    ],
    ids=["a foreign address", "a port of the system", "anything else"],
)
def test_an_address_that_cannot_be_had(host: str, raised: OSError, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise raised

    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(ValueError, match=f"^{re.escape(line)}"):
        check_address(host, 80)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
def test_an_unknown_host(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise gaierror(-2, "Name or service not known")

    if host.endswith(".invalid"):
        monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(ValueError, match=f"^IVR_HOST {host} is not known: set it to"):
        check_address(host, 8000)


# -- signals -------------------------------------------------------------------------------------------------------


class Draining(Bridge):
    """A bridge with so many calls, that drains when told."""

    calls = 1
    asked = 0

    def __init__(self, chosen: Settings) -> None:
        self.drained = asyncio.Event()
        self.admission = Admission(5)
        for number in range(self.calls):
            self.admission.admit(f"CA{number}", asyncio.get_running_loop().time())

    async def drain(self, notice_s: float = 0.0) -> None:
        self.asked += 1
        self.notice_s = notice_s
        await self.drained.wait()

    def hurry(self) -> None:
        self.drained.set()


def signalled(story: Callable[[Server, Draining], object], *, calls: int = 1, notice_s: float = 0.0) -> None:
    async def main() -> None:
        Draining.calls = calls
        bridge = Draining(None)  # type: ignore[arg-type]
        server = Server(uvicorn.Config(Starlette(), log_config=None), bridge, notice_s)
        server._loop = asyncio.get_running_loop()
        outcome = story(server, bridge)
        if asyncio.iscoroutine(outcome):
            await outcome
        if server._draining is not None:
            server._draining.cancel()
            await asyncio.gather(server._draining, return_exceptions=True)

    virtual_time.run(main())


def test_without_calls_a_signal_ends_the_server() -> None:
    def story(server: Server, bridge: Draining) -> None:
        server.handle_exit(signal.SIGTERM, None)
        assert server.should_exit
        assert bridge.asked == 0

    signalled(story, calls=0)


def test_an_idle_server_gives_notice_of_sigterm() -> None:
    async def story(server: Server, bridge: Draining) -> None:
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(1)
        assert (server.should_exit, bridge.asked, bridge.notice_s) == (False, 1, 7.0)
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(1)
        assert server.should_exit

    signalled(story, calls=0, notice_s=7.0)


def test_an_idle_server_ends_at_once_by_ctrl_c() -> None:
    def story(server: Server, bridge: Draining) -> None:
        server.handle_exit(signal.SIGINT, None)
        assert server.should_exit
        assert bridge.asked == 0

    signalled(story, calls=0, notice_s=7.0)


def test_before_the_start_a_signal_ends_the_server() -> None:
    def story(server: Server, _: Draining) -> None:
        server._loop = None
        server.handle_exit(signal.SIGTERM, None)
        assert server.should_exit

    signalled(story)


def test_with_calls_the_first_signal_drains_and_the_second_hurries() -> None:
    async def story(server: Server, bridge: Draining) -> None:
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(1)
        assert (server.should_exit, bridge.asked) == (False, 1)
        server.handle_exit(signal.SIGTERM, None)
        assert (server.should_exit, bridge.asked) == (False, 1)
        await asyncio.sleep(1)
        assert (server.should_exit, bridge.asked) == (True, 1)

    signalled(story)


def test_two_signals_at_once_drain_in_a_hurry() -> None:
    async def story(server: Server, bridge: Draining) -> None:
        server.handle_exit(signal.SIGINT, None)
        server.handle_exit(signal.SIGINT, None)  # before the loop has come to the first
        await asyncio.sleep(1)
        assert (server.should_exit, bridge.asked) == (True, 1)

    signalled(story)


def test_the_third_signal_ends_everything_at_once() -> None:
    async def story(server: Server, bridge: Draining) -> None:
        for _ in range(3):
            server.handle_exit(signal.SIGTERM, None)
        assert server.should_exit

    signalled(story)


def test_a_drain_that_fails_ends_the_server_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    async def story(server: Server, bridge: Draining) -> None:
        async def broken(notice_s: float = 0.0) -> None:
            raise KeyError("a bug of ours")

        bridge.drain = broken  # type: ignore[method-assign]
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.sleep(1)
        assert server.should_exit

    signalled(story)
    assert "drain_failed" in caplog.text


# -- on real sockets -----------------------------------------------------------------------------------------------


class Quiet(Server):
    """A server that leaves the signals of this process alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(chosen: Settings) -> AsyncIterator[tuple[Quiet, Bridge, str]]:
    """The server as `ivr serve` runs it, on a free port."""
    bridge, listener = a_bridge(chosen), bound()
    server = Quiet(config_for(create_app(chosen, bridge=bridge), chosen), bridge)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started)
        yield server, bridge, f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, 10)
        listener.close()
        assert len(bridge.admission) == 0


async def ring(place: str) -> str:
    """Answer a call; its token."""
    form = voice_form()
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = Signer(AUTH).headers(f"{PUBLIC}/voice", form)
        answer = await client.post(f"http://{place}/voice", data=form, headers=headers)
    parameter = document(answer).find("Connect/Stream/Parameter")
    return "" if parameter is None else str(parameter.get("value"))


async def socket(place: str, headers: dict[str, str] | None = None) -> ClientConnection:
    signed = Signer(AUTH).headers("wss://bridge.example/media") if headers is None else headers
    return await connect(f"ws://{place}/media", additional_headers=signed, compression=None, proxy=None)


async def on_the_line(place: str) -> ClientConnection:
    given = await ring(place)
    phone = await socket(place)
    await phone.send(wire.CONNECTED)
    await phone.send(wire.start(IDS, 1, {"token": given}))
    return phone


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - real sockets tell nobody
            await asyncio.sleep(0.01)


async def code_of(phone: ClientConnection) -> int | None:
    async with asyncio.timeout(5):
        try:
            while True:
                await phone.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@pytest.mark.live
def test_a_message_of_five_megabytes_ends_only_its_call(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (_, bridge, place):
            phone = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            with contextlib.suppress(ConnectionClosed):
                await phone.send("x" * 5_000_000)
            assert await code_of(phone) == 1009
            await until(lambda: len(bridge.admission) == 0)
            ended = {"result": "indeterminate", "reason": "caller_closed"}
            assert total(bridge.metrics, "ivr_terminations_total", **ended) == 1
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"http://{place}/healthz")).status_code == 200
            assert await ring(place)

    live.run(main())


@pytest.mark.live
def test_the_route_of_the_audio_on_a_real_socket(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (_, bridge, place):
            with pytest.raises(InvalidStatus) as refused:
                await socket(place, {})
            assert refused.value.response.status_code == 403
            phone = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            await phone.send(b"\x00\xff binary")
            await phone.send("{")
            await phone.send(json.dumps({"event": "media", "streamSid": "MZ" + "9" * 32, "media": {}}))
            await phone.send(wire.stop(IDS, 2))
            assert await code_of(phone) == 1000
            faults = bridge.metrics.registry.get_sample_value
            assert faults("ivr_peer_faults_total", {"wire": "phone", "reason": "not_json"})
            dead = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            dead.transport.abort()
            await until(lambda: len(bridge.admission) == 0)

    live.run(main())


@pytest.mark.live
def test_a_call_that_comes_within_the_notice_is_taken(tmp_path: Path) -> None:
    async def main() -> None:
        clock = asyncio.get_running_loop().time
        async with served(settings(tmp_path)) as (server, bridge, place):
            await until(lambda: bridge.prepared)
            began = clock()
            server._notice_s = 5.0
            server.handle_exit(signal.SIGTERM, None)
            async with httpx.AsyncClient(trust_env=False) as client:
                for _ in range(4):
                    assert (await client.get(f"http://{place}/readyz")).status_code == 503
                    assert (await client.get(f"http://{place}/healthz")).status_code == 200
                    await asyncio.sleep(1)
            phone = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            await until(lambda: bridge.admission.draining)
            assert 4.9 < clock() - began < 5.5
            assert not server.should_exit
            await phone.send(wire.stop(IDS, 2))
            await code_of(phone)
            await until(lambda: server.should_exit)

    live.run(main())


@pytest.mark.live
def test_a_signal_lets_the_call_end_and_then_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (server, bridge, place):
            phone = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            server.handle_exit(signal.SIGTERM, None)
            await until(lambda: bridge.admission.draining)
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"http://{place}/readyz")).text == "draining\n"
            assert not server.should_exit
            await phone.send(wire.stop(IDS, 2))
            assert await code_of(phone) == 1000
            await until(lambda: server.should_exit)

    live.run(main())


@pytest.mark.live
def test_a_signal_lets_an_answered_call_come(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (server, bridge, place):
            given = await ring(place)
            server.handle_exit(signal.SIGTERM, None)
            await until(lambda: bridge.admission.draining)
            phone = await socket(place)
            await phone.send(wire.CONNECTED)
            await phone.send(wire.start(IDS, 1, {"token": given}))
            await until(lambda: CALL in bridge.admission)
            assert not server.should_exit
            await phone.send(wire.stop(IDS, 2))
            assert await code_of(phone) == 1000
            await until(lambda: server.should_exit)

    live.run(main())


@pytest.mark.live
def test_silent_connections_keep_no_server_from_ending(tmp_path: Path) -> None:
    async def main() -> None:
        halves = (
            b"",
            b"POST /voice HTTP/1.1\r\nHost:",
            b"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nCall",
        )
        async with served(settings(tmp_path)) as (server, _bridge, place):
            server.config.timeout_graceful_shutdown = 1
            host, port = place.split(":")
            opened = [await asyncio.open_connection(host, int(port)) for _ in halves for _ in range(5)]
            for (_, writer), half in zip(opened, halves * 5, strict=True):
                writer.write(half)
            assert await ring(place)
        for _, writer in opened:
            writer.close()

    live.run(asyncio.wait_for(main(), 15))


@pytest.mark.live
@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (b"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"400"),
        (b"POST /voice HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        # Not a byte more than is read: what the server leaves unread would cost the answer.
        (b"GET /" + b"a" * (HEAD_BYTES - 4), b"431"),
        (b"GET /voice?\xff\xd8=1 HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: x\r\n\r\n", b"400"),
        (b"GET /media HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"400"),
    ],
    ids=["TLS", "a version", "a length", "a chunk", "a long URL", "a query", "half a handshake"],
)
def test_what_is_no_request_gets_no_answer_of_ours(tmp_path: Path, request_line: bytes, status: bytes) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (_, bridge, place):
            host, port = place.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request_line)
            answer = await asyncio.wait_for(reader.read(12), 5)
            assert answer == b"HTTP/1.1 " + status
            writer.close()
            assert bridge.admission.admitted == 0
            assert await ring(place)

    live.run(asyncio.wait_for(main(), 15))


@pytest.mark.live
def test_a_second_signal_leaves_the_last_word_to_the_carrier(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(settings(tmp_path)) as (server, bridge, place):
            phone = await on_the_line(place)
            await until(lambda: CALL in bridge.admission)
            server.handle_exit(signal.SIGTERM, None)
            server.handle_exit(signal.SIGTERM, None)
            # 1012 is uvicorn's: it would come before the call could say a word.
            assert await code_of(phone) == 1011
            await until(lambda: server.should_exit)

    live.run(main())
