"""Send the carrier's webhook requests: the form of a call, signed, with timeouts and one retry.

The bridge may have a public name and listen on loopback. `BridgeAddress` maps one to the other: requests are signed
with the public URL and sent to the local one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from ivr.testbench.twilio.signing import Signer

RETRIEVAL_FAILURE = 11200
"""Error: the webhook did not answer, or answered with an HTTP error."""
CONNECTION_FAILURE = 11205
"""Error: no connection to the webhook."""
BAD_ADDRESS = 11100
"""Error: the URL has no valid form."""
BODY_LIMIT = 64 * 1024
"""Bytes of a document that Twilio accepts (error 11750)."""
TOO_LARGE = 11750
"""Error: the body of the answer is too large."""
REASON_LIMIT = 80
"""Characters of a refusal's own text that are repeated."""
AGENT = "TwilioProxy/1.1"
IDEMPOTENCY_TOKEN = "I-Twilio-Idempotency-Token"


@dataclass(frozen=True, slots=True)
class BridgeAddress:
    """Map the URLs that the bridge gives to the place where it listens, and back."""

    public: str = ""
    """Public URL of the bridge, `https://ivr.example.com`, perhaps with a path; empty: it listens where it says."""
    local: str = ""
    """Origin that the bridge listens on, `http://127.0.0.1:8000`."""

    @classmethod
    def of(cls, url: str, public_url: str | None) -> BridgeAddress:
        """Return the address of a bridge that is asked at `url` and calls itself `public_url`."""
        if not public_url:
            return cls()
        return cls(_origin(public_url) + urlsplit(public_url).path.rstrip("/"), _origin(url))

    def public_url(self, url: str) -> str:
        """Return the bridge's own name for a local URL. This is the URL to sign."""
        return self._moved(url, self.local, self.public)

    def local_url(self, url: str) -> str:
        """Return where to ask for a URL that the bridge gave, http or WebSocket."""
        return self._moved(url, self.public, self.local)

    @staticmethod
    def _moved(url: str, old: str, new: str) -> str:
        """Return `url` with the origin and path of `old` replaced by those of `new`."""
        parts, was, to = urlsplit(url), urlsplit(old), urlsplit(new)
        # A socket URL belongs to the bridge when the http URL of the same host does.
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
    """Hold the limits of one webhook, as its URL gives them behind `#`. Times in seconds."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    """Failures that are retried: `ct`, `rt`, `4xx`, `5xx`, `all`."""

    @classmethod
    def of(cls, url: str) -> Limits:
        """Read the limits behind `#` in a webhook's URL. A value out of range becomes the end of the range."""
        overrides = dict(parse_qsl(urlsplit(url).fragment))

        def number(name: str, low: int, high: int, default: int) -> int:
            given = overrides.get(name, "")
            return min(max(int(given), low), high) if given.isdigit() else default

        # Ranges and defaults are those of Twilio's page "Webhooks: connection overrides":
        # https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
        return cls(
            number("ct", 100, 10_000, 5000) / 1000,
            number("rt", 100, 15_000, 15_000) / 1000,
            number("tt", 100, 15_000, 15_000) / 1000,
            number("rc", 0, 5, 1),
            frozenset(overrides.get("rp", "ct").split(",")),
        )


@dataclass(frozen=True, slots=True)
class HttpReply:
    """Hold the answer of a webhook."""

    url: str
    """Public URL that answered."""
    status: int
    content_type: str
    body: bytes
    error: int = 0
    """Error number of the carrier; 0: a good answer."""
    reason: str = ""


class Webhooks:
    """Ask the bridge as the carrier does."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer, bridge: BridgeAddress, chance: random.Random) -> None:
        self._client = client
        self._signer = signer
        self._bridge = bridge
        self._chance = chance

    async def ask(self, url: str, fields: Mapping[str, str], *, method: str = "POST") -> HttpReply:
        """Ask `url`, and again when its limits say so. Never raises for what the bridge does."""
        # A relative address in a document without an address of its own leads nowhere.
        if urlsplit(url).scheme not in {"http", "https"}:
            return HttpReply(url, 0, "", b"", BAD_ADDRESS, f"no http URL: {url}")
        limits = Limits.of(url)
        # The fragment is neither sent nor signed.
        plain = urlunsplit(urlsplit(url)._replace(fragment=""))
        form = dict(fields)
        if method == "GET":
            plain += ("&" if urlsplit(plain).query else "?") + urlencode(form)
            form = {}
        # A retry carries the token of the first attempt: the bridge must not answer one call twice.
        headers = {"User-Agent": AGENT, "Accept": "*/*", IDEMPOTENCY_TOKEN: f"{self._chance.getrandbits(128):032x}"}
        # A server that builds its stream's URL from the request must see its own name, as through a proxy.
        if self._bridge.public:
            headers["Host"] = urlsplit(self._bridge.public).netloc
        request = self._client.build_request(
            method,
            self._bridge.local_url(plain),
            headers=headers | self._signer.headers(self._bridge.public_url(plain), form),
            data=form or None,
            timeout=httpx.Timeout(limits.read, connect=limits.connect),
        )
        for left in range(limits.retries, -1, -1):
            reply, failure = await self._send(request, url, limits)
            if not left or not failure or not limits.policy & {failure, "all"}:
                break
        return reply

    def socket(self, url: str, *, trailing_slash: bool = False) -> tuple[str, dict[str, str]]:
        """Return where to open the bridge's socket `url`, and the headers of its opening."""
        return self._bridge.local_url(url), self._signer.headers(url + "/" if trailing_slash else url)

    async def _send(self, request: httpx.Request, url: str, limits: Limits) -> tuple[HttpReply, str]:
        """Send one request. Return its reply and the kind of failure: `ct`, `rt`, `4xx`, `5xx`, or empty for none."""
        try:
            async with asyncio.timeout(limits.total):
                answer = await self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return HttpReply(url, 0, "", b"", CONNECTION_FAILURE, f"no connection: {error}"), "ct"
        except (httpx.HTTPError, TimeoutError) as error:
            return HttpReply(url, 0, "", b"", RETRIEVAL_FAILURE, f"no answer: {str(error) or 'timeout'}"), "rt"
        content_type = answer.headers.get("content-type", "")
        reply = HttpReply(url, answer.status_code, content_type, answer.content)
        if answer.status_code >= 400:
            # A plain text body explains the refusal to a person: repeat its first line.
            line = next(iter(answer.text.splitlines()), "").strip() if content_type.startswith("text/plain") else ""
            said = f": {line[:REASON_LIMIT]}" if line.isprintable() and line else ""
            reason = f"HTTP {answer.status_code}{said}"
            return replace(reply, error=RETRIEVAL_FAILURE, reason=reason), "5xx" if reply.status >= 500 else "4xx"
        if len(answer.content) > BODY_LIMIT:
            return replace(reply, body=b"", error=TOO_LARGE, reason="body over 64 KB"), ""
        return reply, ""


PLACE_FIELDS = ("City", "Country", "State", "Zip")


def voice_fields(
    *,
    account: str,
    call: str,
    caller: str,
    called: str,
    status: str,
    chance: random.Random,
    country: str = "SA",
    direction: str = "inbound",
) -> dict[str, str]:
    """Return the whole form of a call's request."""
    fields = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "CallSid": call,
        "CallStatus": status,
        "CallToken": f"%7B%22parentCallInfoToken%22%3A%22{chance.getrandbits(96):024x}%22%7D",
        "Direction": direction,
    }
    # What the caller's own carrier says of the caller comes with inbound calls alone.
    if direction == "inbound":
        fields |= {"StirVerstat": "TN-Validation-Passed-A", "CallerName": ""}
    # Twilio sends fields without a value as empty ones, and signs them too.
    for name, number in (("Called", called), ("Caller", caller), ("From", caller), ("To", called)):
        fields[name] = number
        fields |= {name + part: country if part == "Country" else "" for part in PLACE_FIELDS}
    return fields
