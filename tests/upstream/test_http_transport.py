"""Requests of httpx at addresses that the resolver has found."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest

from ivr.upstream.http_transport import ResolvingTransport
from ivr.upstream.resolver import Resolver


def client_of(
    seen: list[httpx.Request], *addresses: str, dead: str = "", answered: threading.Event | None = None
) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == dead:
            raise httpx.ConnectError("refused")
        seen.append(request)
        return httpx.Response(200, text="ok")

    def lookup(_: str) -> tuple[str, ...]:
        if not addresses:
            if answered is not None:
                answered.wait(10)
            raise OSError("no such name")
        return addresses

    return httpx.AsyncClient(transport=ResolvingTransport(httpx.MockTransport(answer), Resolver(lookup)))


def test_the_name_stays_in_host_and_certificate() -> None:
    async def main() -> None:
        seen: list[httpx.Request] = []
        async with client_of(seen, "192.0.2.1", "2001:db8::1", dead="192.0.2.1") as client:
            answer = await client.post("https://api.example:444/x?y=1", json={"a": 1})
        [request] = seen
        assert answer.text == "ok"
        assert str(request.url) == "https://[2001:db8::1]:444/x?y=1"
        assert (request.headers["host"], request.extensions["sni_hostname"]) == ("api.example:444", "api.example")
        assert await request.aread() == b'{"a":1}'

    asyncio.run(main())


def test_an_address_is_sent_as_it_is() -> None:
    async def main() -> None:
        seen: list[httpx.Request] = []
        async with client_of(seen) as client:
            await client.get("http://127.0.0.1:1/")
        assert "sni_hostname" not in seen[0].extensions

    asyncio.run(main())


@pytest.mark.parametrize("host", ["api.example", "192.0.2.1"])
def test_no_address_is_asked_that_does_not_pass(host: str) -> None:
    def check(name: str, address: str) -> None:
        assert name == host
        if address == "192.0.2.1":
            raise PermissionError(address)

    async def main() -> None:
        seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200)

        resolver = Resolver(lambda _: ("192.0.2.1",))
        transport = ResolvingTransport(httpx.MockTransport(answer), resolver, check)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises((PermissionError, httpx.ConnectError)):
                await client.get(f"http://{host}/")
        assert seen == []

    asyncio.run(main())


def test_a_name_without_address_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(fault: type[Exception], answered: threading.Event | None = None) -> None:
        async with client_of([], answered=answered) as client:
            with pytest.raises(fault):
                await client.get("http://api.example/")
        if answered is not None:
            answered.set()

    asyncio.run(main(httpx.ConnectError))
    monkeypatch.setattr("ivr.upstream.resolver.LOOKUP_S", 0.0)
    asyncio.run(main(httpx.ConnectTimeout, threading.Event()))
