"""Fetching a recording, from hosts in memory and in virtual time: what they send, how slowly, where they lead."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from ivr.play.fetch import FETCH_S, HEAD_S, MOST_FETCHED, Fetched, Fetcher, Validators
from ivr.play.places import AllowedHosts, PlayRefused
from ivr.testbench import virtual_time
from ivr.upstream.resolver import Resolver

PUBLIC = "93.184.215.14"
URL = "https://audio.example/a.mp3"
HOSTS = AllowedHosts(("audio.example", "*.cdn.example"))


UNKNOWN = Validators()


class Names(Resolver):
    """Names with these addresses. No thread: time is virtual."""

    def __init__(self, found: Callable[[str], tuple[str, ...]] = lambda name: (PUBLIC,)) -> None:
        super().__init__()
        self._found = found

    async def resolve(self, host: str) -> tuple[str, ...]:
        return self._found(host)


class Host(httpx.AsyncBaseTransport):
    """The whole internet. Keeps what was asked of which address."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], head_s: float = 0.0) -> None:
        self._answer = answer
        self._head_s = head_s
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(self._head_s)
        return self._answer(request)


class Slow(httpx.AsyncByteStream):
    """A body in pieces, each after some seconds. Keeps how many were read."""

    def __init__(self, piece: bytes, count: int, pause_s: float = 0.0) -> None:
        self._piece, self._count, self._pause_s = piece, count, pause_s
        self.read = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._count):
            await asyncio.sleep(self._pause_s)
            self.read += 1
            yield self._piece

    async def aclose(self) -> None:
        self.closed = True


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"ETag": '"1"', "Cache-Control": "max-age=30"}, stream=Slow(b"abc", 2))


def fetched(
    host: Host, url: str = URL, known: Validators = UNKNOWN, found: Callable[[str], tuple[str, ...]] | None = None
) -> Fetched:
    """Fetch in virtual time; names have these addresses."""

    async def run() -> Fetched:
        fetcher = Fetcher(HOSTS, transport=host, resolver=Names(found) if found else Names())
        try:
            return await fetcher.fetch(url, known)
        finally:
            await fetcher.aclose()

    return virtual_time.run(run())


def refused(host: Host, url: str = URL, found: Callable[[str], tuple[str, ...]] | None = None) -> str:
    with pytest.raises(PlayRefused) as refusal:
        fetched(host, url, found=found)
    return refusal.value.reason


def test_a_recording_is_fetched_from_the_checked_address() -> None:
    host = Host(ok)
    assert fetched(host) == Fetched(b"abcabc", Validators('"1"'), 30.0)
    (asked,) = host.asked
    assert (asked.url.host, asked.headers["host"]) == (PUBLIC, "audio.example")
    assert asked.extensions["sni_hostname"] == "audio.example"
    assert asked.headers["accept-encoding"] == "identity"


def test_what_has_not_changed_is_not_sent_again() -> None:
    host = Host(lambda request: httpx.Response(304))
    assert fetched(host, known=Validators('"1"', "Mon, 1 Jan")).data is None
    assert host.asked[0].headers["if-none-match"] == '"1"'
    assert host.asked[0].headers["if-modified-since"] == "Mon, 1 Jan"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("", None),
        ("public", None),
        ("no-store", 0.0),
        ("no-cache, max-age=5", 0.0),
        ('max-age="7"', 7.0),
        ("max-age=x", None),
    ],
)
def test_how_long_a_host_says_that_it_lasts(written: str, seconds: float | None) -> None:
    host = Host(lambda request: httpx.Response(200, headers={"Cache-Control": written}, stream=Slow(b"x", 1)))
    assert fetched(host).max_age_s == seconds


@pytest.mark.parametrize(
    "addresses",
    [
        *(("127.0.0.1",), ("10.1.2.3",), ("169.254.169.254",), ("::1",), ("::ffff:192.168.0.1",), ("100.64.1.1",)),
        ("10.0.0.1", PUBLIC),
    ],
)
def test_a_name_with_an_address_inside_is_not_connected_to(addresses: tuple[str, ...]) -> None:
    host = Host(ok)
    assert refused(host, found=lambda name: addresses) == "play_address"
    assert host.asked == []


def test_the_second_address_is_checked_as_the_first() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down", request=request)

    host = Host(down)
    assert refused(host, found=lambda name: (PUBLIC, "192.168.0.1")) == "play_address"
    assert [request.url.host for request in host.asked] == [PUBLIC]


def test_a_name_that_changes_its_address_is_looked_at_each_time() -> None:
    answers = {"audio.example": (PUBLIC,), "a.cdn.example": ("127.0.0.1",)}
    host = Host(lambda request: httpx.Response(302, headers={"Location": "https://a.cdn.example/x"}))
    assert refused(host, found=lambda name: answers[name]) == "play_address"
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("https://127.0.0.1/x", "play_host"),
        ("http://audio.example/x", "play_url"),
        ("https://evil.example/x", "play_host"),
        ("gopher://audio.example/x", "play_url"),
        ("https://audio.example/next", "play_redirects"),
    ],
)
def test_redirects_are_checked_and_counted(location: str, why: str) -> None:
    host = Host(lambda request: httpx.Response(302, headers={"Location": location}))
    assert refused(host) == why
    assert len(host.asked) == (4 if why == "play_redirects" else 1)


def test_a_redirect_within_the_list_is_followed() -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        if request.headers["host"] == "a.cdn.example":
            return ok(request)
        return httpx.Response(301, headers={"Location": "//a.cdn.example/b.mp3"})

    assert fetched(Host(moved)).data == b"abcabc"


@pytest.mark.parametrize("status", [201, 204, 302, 401, 404, 500])
def test_any_other_status_is_no_recording(status: int) -> None:
    assert refused(Host(lambda request: httpx.Response(status))) == "play_status"


def test_a_gigabyte_is_read_to_the_limit_and_no_further() -> None:
    body = Slow(bytes(64 * 1024), 16 * 1024)
    assert refused(Host(lambda request: httpx.Response(200, stream=body))) == "play_size"
    assert body.read == MOST_FETCHED // (64 * 1024) + 1
    assert body.closed


def test_a_size_that_is_told_is_believed_at_once() -> None:
    body = Slow(b"x", 1)
    headers = {"Content-Length": str(10**9)}
    assert refused(Host(lambda request: httpx.Response(200, headers=headers, stream=body))) == "play_size"
    assert body.read == 0


def test_packed_content_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(10**6))
    headers = {"Content-Encoding": "gzip"}
    assert refused(Host(lambda request: httpx.Response(200, headers=headers, stream=Slow(bomb, 1)))) == "play_content"


def test_a_host_has_seconds_for_its_head_and_for_all() -> None:
    assert refused(Host(ok, head_s=HEAD_S + 1)) == "play_slow"
    trickling = Slow(b"x", 10_000, pause_s=1.0)
    assert refused(Host(lambda request: httpx.Response(200, stream=trickling))) == "play_slow"
    assert trickling.read <= FETCH_S
    leading = Host(lambda request: httpx.Response(302, headers={"Location": "/again"}), head_s=HEAD_S - 0.5)
    assert refused(leading) == "play_slow"


def test_a_host_that_is_away_is_unreachable() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone", request=request)

    def unknown(name: str) -> tuple[str, ...]:
        raise OSError("no such name")

    assert refused(Host(down)) == "play_unreachable"
    assert refused(Host(ok), found=unknown) == "play_unreachable"


def test_no_host_is_asked_for_a_url_that_may_not_be_asked() -> None:
    host = Host(ok)
    assert refused(host, "https://evil.example/x") == "play_host"
    assert host.asked == []
    assert repr(Fetcher(HOSTS, transport=host)) == "<Fetcher 2 hosts>"
