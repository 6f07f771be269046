"""Real sockets: how they are opened, refused and ended."""

import asyncio
import base64
import contextlib
import json
import socket

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from ivr.call.ports import WireClosed
from ivr.testbench.phone.figures import figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import StreamRefused, open_socket, place_call
from ivr.testbench.twilio.stream import WireBroken
from tests.support import live

ACCOUNT, TOKEN = "AC" + "a" * 32, "12345"
SECOND = b"\x10" * 8000


@pytest.mark.live
def test_m07_handshake_has_the_carriers_headers() -> None:
    headers: list[list[tuple[str, str]]] = []

    async def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        headers.append([(name.lower(), value) for name, value in connection.request.headers.raw_items()])
        with contextlib.suppress(Exception):
            async for message in connection:
                if json.loads(message)["event"] == "stop":
                    break
                if json.loads(message)["event"] == "start":
                    sid = json.loads(message)["streamSid"]
                    payload = base64.b64encode(SECOND[:1600]).decode()
                    order = {"event": "media", "streamSid": sid, "media": {"payload": payload}}
                    await connection.send(json.dumps(order))

    async def main() -> list[PhoneRecord]:
        async with serve(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            stream = f'<Connect><Stream url="ws://127.0.0.1:{port}/media"/></Connect>'

            async def answer(_: httpx.Request) -> httpx.Response:
                return httpx.Response(200, text=f"<Response>{stream}</Response>", headers={"content-type": "text/xml"})

            return await asyncio.gather(
                *(
                    place_call(
                        f"http://127.0.0.1:{port}/voice",
                        from_words([f"at 0.5 hang up {how}"]),
                        auth_token=TOKEN,
                        account_sid=ACCOUNT,
                        caller="+966500000001",
                        called="+966110000000",
                        transport=httpx.MockTransport(answer),
                    )
                    for how in ("stop", "close", "drop")
                )
            )

    records = live.run(main())
    assert sorted(name for name, _ in headers[0]) == [
        "accept-encoding", "connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade", "user-agent",
        "x-twilio-signature",
    ]  # fmt: skip
    assert ("user-agent", "Twilio.TmeWs/1.0") in headers[0]
    for record in records:
        assert record.ended == "caller"
        assert [run.ms for run in record.runs] == [200]
        assert len(record.caller) == pytest.approx(4000, abs=480)
        assert figures(record).leaked_ms == 0


@pytest.mark.live
@pytest.mark.parametrize(
    ("answer", "code"),
    [(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 31920), (b"nonsense\r\n\r\n", 31924), (b"", 31901)],
)
def test_error_of_a_failed_handshake(answer: bytes, code: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer:
            writer.write(answer)
        else:
            await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        done.set()

    done = asyncio.Event()

    async def main() -> int:
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(StreamRefused) as caught:
                await open_socket(f"ws://127.0.0.1:{port}/", {}, 0.2)
            await done.wait()
            return caught.value.code

    assert live.run(main()) == code


@pytest.mark.live
def test_error_of_a_refused_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StreamRefused) as caught:
        live.run(open_socket(f"ws://127.0.0.1:{port}/", {}, 1))
    assert caught.value.code == 31902


@pytest.mark.live
@pytest.mark.parametrize(("what", "broken"), [("close", False), ("abort", False), ("fragment", True)])
def test_how_a_socket_ends(what: str, broken: bool) -> None:
    async def handle(connection: ServerConnection) -> None:
        if what == "close":
            await connection.close(1012)
        elif what == "abort":
            connection.transport.abort()
        else:
            connection.transport.write(b"\x09\x00")  # a ping that is not final: control frames cannot be fragments
            with contextlib.suppress(Exception):
                await connection.recv()

    async def main() -> tuple[WireClosed, str]:
        async with serve(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            wire = await open_socket(f"ws://127.0.0.1:{port}/", {}, 1)
            with pytest.raises(WireClosed) as caught:
                await wire.receive()
            with pytest.raises(WireClosed):
                await wire.send("x")
            await wire.close(1000)
            return caught.value, repr(wire)

    end, shown = live.run(main())
    assert isinstance(end, WireBroken) == broken
    assert end.code == {"close": 1012, "abort": None, "fragment": 1002}[what]
    assert shown == "<SocketWire CLOSED>"
