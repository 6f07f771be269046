"""The carrier's HTTP requests: the form of a call, signed, with its timeouts and its one retry.

A webhook's URL may carry its own limits behind `#` (`ct` connect, `rt` read, `tt` total, all in ms, `rc` retries,
`rp` on what). A retry carries the same idempotency token. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

The bridge may call itself by a public name and listen on loopback: `BridgeAddress` signs the one and asks the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from ivr.testbench.twilio.signing import Signer

RETRIEVAL_FAILURE = 11200
CONNECTION_FAILURE = 11205
BODY_LIMIT = 64 * 1024
TOO_LARGE = 11750
REASON_LIMIT = 80
"""Characters of what a refusal says that are repeated."""
AGENT = "TwilioProxy/1.1"
IDEMPOTENCY_TOKEN = "I-Twilio-Idempotency-Token"


@dataclass(frozen=True, slots=True)
class BridgeAddress:
    """Where the bridge says it is, and where it is."""

    public: str = ""
    """Its public URL, `https://ivr.example.com`, perhaps with a path before its own; empty: it is where it says."""
    local: str = ""
    """Origin it listens on, `http://127.0.0.1:8000`."""

    @classmethod
    def of(cls, url: str, public_url: str | None) -> BridgeAddress:
        """The address of a bridge that is asked at `url` and calls itself `public_url`."""
        if not public_url:
            return cls()
        return cls(_origin(public_url) + urlsplit(public_url).path.rstrip("/"), _origin(url))

    def public_url(self, url: str) -> str:
        """What the bridge calls a local URL: this is signed."""
        return self._moved(url, self.local, self.public)

    def local_url(self, url: str) -> str:
        """Where a URL the bridge gave is to be asked. Socket URLs too."""
        return self._moved(url, self.public, self.local)

    @staticmethod
    def _moved(url: str, old: str, new: str) -> str:
        parts, was, to = urlsplit(url), urlsplit(old), urlsplit(new)
        web = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        if not old or (web, parts.netloc.lower()) != (was.scheme, was.netloc.lower()):
            return url
        scheme = to.scheme if web == parts.scheme else {"http": "ws", "https": "wss"}[to.scheme]
        path = to.path + parts.path.removeprefix(was.path)
        return urlunsplit((scheme, to.netloc, path, parts.query, parts.fragment))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an http URL: {url!r}")
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a webhook's URL says behind `#`."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    """Which failures are tried again: `ct`, `rt`, `4xx`, `5xx`, `all`."""

    @classmethod
    def of(cls, url: str) -> Limits:
        """Read them: out of range means the end of the range, no number means the default."""
        said = dict(parse_qsl(urlsplit(url).fragment))
        return cls(
            _between(said.get("ct"), 100, 10_000, 5000) / 1000,
            _between(said.get("rt"), 100, 15_000, 15_000) / 1000,
            _between(said.get("tt"), 100, 15_000, 15_000) / 1000,
            _between(said.get("rc"), 0, 5, 1),
            frozenset(said.get("rp", "ct").split(",")),
        )


def _between(said: str | None, low: int, high: int, default: int) -> int:
    return min(max(int(said), low), high) if said is not None and said.isdigit() else default


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What a webhook said."""

    url: str
    """The public URL that answered."""
    status: int
    content_type: str
    body: bytes
    error: int = 0
    """The carrier's error number; 0: a good answer."""
    reason: str = ""


class Webhooks:
    """Asks the bridge as the carrier does."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer, bridge: BridgeAddress, chance: random.Random) -> None:
        self._client = client
        self._signer = signer
        self._bridge = bridge
        self._chance = chance

    async def ask(self, url: str, fields: Mapping[str, str], *, method: str = "POST") -> HttpReply:
        """Ask `url`, again if its limits say so. Never raises for what the bridge does."""
        limits = Limits.of(url)
        token = f"{self._chance.getrandbits(128):032x}"
        left = limits.retries
        while True:
            reply, failure = await self._once(url, fields, method, limits, token)
            if not left or not failure or not limits.policy & {failure, "all"}:
                return reply
            left -= 1

    def socket(self, url: str, *, trailing_slash: bool = False) -> tuple[str, dict[str, str]]:
        """Where the socket the bridge calls `url` is, and the headers its opening carries."""
        return self._bridge.local_url(url), self._signer.headers(url + "/" if trailing_slash else url)

    async def _once(
        self, url: str, fields: Mapping[str, str], method: str, limits: Limits, token: str
    ) -> tuple[HttpReply, str]:
        """One request: its reply, and what kind of failure it was (`ct`, `rt`, `4xx`, `5xx`, or none)."""
        request = self._request(url, fields, method, limits, token)
        try:
            async with asyncio.timeout(limits.total):
                answer = await self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return HttpReply(url, 0, "", b"", CONNECTION_FAILURE, f"no connection: {error}"), "ct"
        except (httpx.HTTPError, TimeoutError) as error:
            return HttpReply(url, 0, "", b"", RETRIEVAL_FAILURE, f"no answer: {str(error) or 'timeout'}"), "rt"
        reply = HttpReply(url, answer.status_code, answer.headers.get("content-type", ""), answer.content)
        if answer.status_code >= 400:
            reason = f"HTTP {reply.status}{_said(answer)}"
            broken = HttpReply(url, reply.status, reply.content_type, reply.body, RETRIEVAL_FAILURE, reason)
            return broken, "5xx" if answer.status_code >= 500 else "4xx"
        if len(answer.content) > BODY_LIMIT:
            return HttpReply(url, reply.status, reply.content_type, b"", TOO_LARGE, "body over 64 KB"), ""
        return reply, ""

    def _request(self, url: str, fields: Mapping[str, str], method: str, limits: Limits, token: str) -> httpx.Request:
        plain = urlunsplit(urlsplit(url)._replace(fragment=""))
        form = dict(fields)
        if method == "GET":
            plain += ("&" if urlsplit(plain).query else "?") + urlencode(form)
            form = {}
        headers = {"User-Agent": AGENT, "Accept": "*/*", IDEMPOTENCY_TOKEN: token}
        headers |= self._signer.headers(self._bridge.public_url(plain), form)
        return self._client.build_request(
            method,
            self._bridge.local_url(plain),
            headers=headers,
            data=form or None,
            timeout=httpx.Timeout(limits.read, connect=limits.connect),
        )


def _said(answer: httpx.Response) -> str:
    """The first words of a refusal, where it has any for people."""
    plain = answer.headers.get("content-type", "").startswith("text/plain")
    line = next(iter(answer.text.splitlines()), "").strip() if plain else ""
    return f": {line[:REASON_LIMIT]}" if line.isprintable() and line else ""


PLACE_FIELDS = ("City", "Country", "State", "Zip")


def voice_fields(
    *, account: str, call: str, caller: str, called: str, status: str, chance: random.Random, country: str = "SA"
) -> dict[str, str]:
    """The whole form of an inbound call's request, empty fields included as they come."""
    fields = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "CallSid": call,
        "CallStatus": status,
        "CallToken": f"%7B%22parentCallInfoToken%22%3A%22{chance.getrandbits(96):024x}%22%7D",
        "Direction": "inbound",
        "StirVerstat": "TN-Validation-Passed-A",
        "CallerName": "",
    }
    for name, number in (("Called", called), ("Caller", caller), ("From", caller), ("To", called)):
        fields[name] = number
        fields |= {name + part: country if part == "Country" else "" for part in PLACE_FIELDS}
    return fields
