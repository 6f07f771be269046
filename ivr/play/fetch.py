"""Fetch recordings over HTTP, from allowed hosts at public addresses, within bounds of time and size."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import httpx

from ivr.play.places import AllowedHosts, PlayRefused
from ivr.upstream.http_transport import ResolvingTransport
from ivr.upstream.resolver import SHARED, Resolver

MOST_FETCHED: Final = 10 * 1024 * 1024
HEAD_S: Final = 5.0
"""Seconds until the head of an answer must be there."""
FETCH_S: Final = 15.0
"""Seconds for all of it, redirects included."""
MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Validators:
    """Hold what tells whether a recording has changed."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return what asks for a recording only if it has changed."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


NONE: Final = Validators()


@dataclass(frozen=True, slots=True)
class Fetched:
    """Hold the answer of a host."""

    data: bytes | None
    """None: what is known has not changed."""
    validators: Validators
    max_age_s: float | None
    """Seconds for which the host says that it will not change; None: it says nothing."""


class Fetcher:
    """Fetch recordings for the calls of one process."""

    def __init__(
        self, hosts: AllowedHosts, *, transport: httpx.AsyncBaseTransport | None = None, resolver: Resolver = SHARED
    ) -> None:
        """Take the hosts that may be asked. `transport`, `resolver`: stand in for the network in tests."""
        self._hosts = hosts
        inner = transport or httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=16, max_keepalive_connections=4)
        )
        self._client = httpx.AsyncClient(
            transport=ResolvingTransport(inner, resolver, hosts.check_address),
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(HEAD_S),
            # What is packed may be a thousand times as large as what came.
            headers={"Accept-Encoding": "identity", "Accept": "audio/mpeg, audio/wav, audio/*;q=0.5"},
        )

    def __repr__(self) -> str:
        return f"<Fetcher {len(self._hosts.entries)} hosts>"

    def check(self, url: str) -> None:
        """Raise PlayRefused for a URL that may not be asked."""
        self._hosts.check(url)

    async def fetch(self, url: str, validators: Validators = NONE) -> Fetched:
        """Return the recording at a URL. Raises PlayRefused."""
        try:
            async with asyncio.timeout(FETCH_S):
                self._hosts.check(url)
                for _ in range(MOST_REDIRECTS + 1):
                    answer = await self._head(url, validators)
                    try:
                        if answer.status_code in _REDIRECTS and "location" in answer.headers:
                            url = self._hosts.redirected(url, answer.headers["location"])
                            continue
                        return await self._body(answer)
                    finally:
                        await answer.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise PlayRefused("play_slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError):
            raise PlayRefused("play_unreachable") from None
        raise PlayRefused("play_redirects")

    async def _head(self, url: str, validators: Validators) -> httpx.Response:
        request = self._client.build_request("GET", url, headers=validators.headers())
        async with asyncio.timeout(HEAD_S):
            return await self._client.send(request, stream=True)

    async def _body(self, answer: httpx.Response) -> Fetched:
        """Read an answer. Raises PlayRefused, and what the client raises."""
        known = Validators(answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
        max_age_s = _max_age_s(answer.headers.get("cache-control", ""))
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return Fetched(None, known, max_age_s)
        if answer.status_code != httpx.codes.OK:
            raise PlayRefused("play_status")
        if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise PlayRefused("play_content")
        told = answer.headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:20]) > MOST_FETCHED:
            raise PlayRefused("play_size")
        data = bytearray()
        async for piece in answer.aiter_raw():
            data += piece
            if len(data) > MOST_FETCHED:
                raise PlayRefused("play_size")
        return Fetched(bytes(data), known, max_age_s)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _max_age_s(written: str) -> float | None:
    """Return the seconds that a `Cache-Control` allows; None: it says nothing of them."""
    found = None
    for part in written.lower().split(","):
        name, _, value = part.strip().partition("=")
        if name in ("no-store", "no-cache"):
            return 0.0
        digits = value.strip('" ')
        if name == "max-age" and digits.isascii() and digits.isdigit():
            found = float(digits[:12])
    return found
