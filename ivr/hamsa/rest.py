"""Ask the speech service over HTTP: what is left when no link is to be had or none serves.

One client for the process, used only while links fail. A request can be aborted and may overlap with others; it costs
a connection, about a second. A spoken reply is read like one of a link (`next`, `cancel`), so a reader need not know
which it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from random import SystemRandom
from typing import Any, Final

import httpx

from ivr.hamsa.messages import Audio, End, SpeechMessage, classify, parse
from ivr.hamsa.pool.socket import REFUSALS
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.breaker import Breaker, BreakerLimits
from ivr.upstream.http_transport import ResolvingTransport

CONNECT_TIMEOUT: Final = 3.0
"""Seconds for a connection."""
REST_MOST: Final = 64
"""Requests at once."""
REST_LIMITS: Final = httpx.Limits(max_connections=REST_MOST, max_keepalive_connections=8, keepalive_expiry=30.0)
REST_MESSAGE_LONGEST: Final = 1 << 20
"""Bytes of an answer that is no audio."""
REST_BREAKER: Final = BreakerLimits(failures=3, pause=1.0, longest=1.0)
_CHANCE: Final = SystemRandom()


class SpeechRest:
    """Speak and transcribe over the service's REST API. Used within one event loop; close it with `aclose`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] | None = None,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """Ask at `url`, which is up to and without `/tts-stream`. `chance`: 0 to 1, spreads the breakers' pauses."""
        self.asked = 0
        """Requests made so far."""
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Token {key}", "User-Agent": "ivr-bridge"},
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT),
            trust_env=False,  # no proxy of the environment: the key goes to one host
            transport=transport or ResolvingTransport(httpx.AsyncHTTPTransport(limits=REST_LIMITS, trust_env=False)),
        )
        self._clock = clock
        self._breakers = {path: Breaker(REST_BREAKER, chance) for path in ("tts-stream", "stt")}
        self._closing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<SpeechRest {self.asked} asked, {self._breakers}>"

    def use_key(self, key: str) -> None:
        """Ask with another key from now on."""
        self._client.headers["Authorization"] = f"Token {key}"

    def now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    @property
    def breakers(self) -> Mapping[str, Breaker]:
        """Return the breakers of `tts` and `stt`."""
        return {"tts": self._breakers["tts-stream"], "stt": self._breakers["stt"]}

    def speak(self, payload: dict[str, Any]) -> SpeechRestExchange:
        """Begin one synthesis: what a link would be asked, without `languageId`."""
        return SpeechRestExchange(self, {name: value for name, value in payload.items() if name != "languageId"})

    async def hear(self, payload: dict[str, Any], deadline: float) -> SpeechMessage:
        """Transcribe one utterance. Raises LinkLost, TimeoutError at the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                response = await self.send("stt", payload)
                try:
                    answer = _json(await _body(response))
                finally:
                    await response.aclose()
        except TimeoutError:
            self.report("stt", LinkLost("transcript_timeout"))
            raise
        except asyncio.CancelledError:
            self.forgo("stt")
            raise
        except Exception as exc:
            raise self.broken("stt", exc) from exc
        nested = answer.get("data")
        text = answer.get("text", nested.get("text") if isinstance(nested, dict) else None)
        if not isinstance(text, str):
            raise self.broken("stt", LinkLost("bad_answer"))
        self.report("stt", None)
        return parse(text)

    async def send(self, path: str, payload: dict[str, Any]) -> httpx.Response:
        """Post, and see that the head of the answer is good. Raises LinkLost and httpx's errors."""
        if not self._breakers[path].admits(self.now()):
            raise LinkLost("breaker")
        self.asked += 1
        response = await self._client.send(self._client.build_request("POST", path, json=payload), stream=True)
        try:
            if not response.is_success:
                # The message comes before the status: 429 has two meanings.
                message = _json(await _body(response)).get("message")
                kind = classify(message if isinstance(message, str) else "").kind
                if kind == "unknown_error":
                    status = response.status_code
                    other = "http_5xx" if status >= 500 else "http_4xx" if status >= 400 else "http_3xx"
                    kind = REFUSALS.get(status, other)
                raise LinkLost(kind)
        except BaseException:
            await response.aclose()
            raise
        return response

    def broken(self, path: str, exc: Exception) -> LinkLost:
        """Report an exception to the breaker and return what it means."""
        lost = lost_from(exc)
        self.report(path, lost)
        return lost

    def report(self, path: str, lost: LinkLost | None) -> None:
        """Report how a request went: None is well."""
        if lost is None:
            self._breakers[path].succeeded()
        # One refusal of the account opens the breaker: over REST no other caller's link may disprove it.
        elif lost.row.service_is_bad:
            self._breakers[path].failed(self.now(), fatal=lost.row.account_is_bad)
        elif lost.reason != "breaker":
            self.forgo(path)

    def forgo(self, path: str) -> None:
        """Report a request that was given up, or whose answer says nothing about the service."""
        self._breakers[path].forgo(self.now())

    def abandon(self, response: httpx.Response) -> None:
        """Close an answer that is not read any more, in the background."""

        async def close() -> None:
            with contextlib.suppress(Exception):
                await response.aclose()

        task = asyncio.create_task(close(), name="hamsa-rest-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._closing:
            await asyncio.wait(self._closing, timeout=1.0)
        await self._client.aclose()


class SpeechRestExchange:
    """Read one synthesis over HTTP as that of a link."""

    reused = False

    def __init__(self, rest: SpeechRest, payload: dict[str, Any]) -> None:
        self._rest = rest
        self._payload = payload
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def next(self, deadline: float) -> SpeechMessage:
        """Return the next piece of the reply: `Audio`, then `End`. Raises LinkLost, TimeoutError at the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                if self._chunks is None:
                    self._response = await self._rest.send("tts-stream", self._payload)
                    if "json" in self._response.headers.get("content-type", ""):
                        raise httpx.DecodingError("a message instead of audio")
                    self._chunks = self._response.aiter_bytes()
                chunk = await anext(self._chunks, None)
        except TimeoutError:
            self._rest.report("tts-stream", LinkLost("first_audio_timeout"))
            self.cancel()
            raise
        except asyncio.CancelledError:
            self._rest.forgo("tts-stream")
            raise
        except Exception as exc:
            self.cancel()
            raise self._rest.broken("tts-stream", exc) from exc
        if chunk is None:
            self.cancel()
            return End()
        self._rest.report("tts-stream", None)
        return Audio(chunk)

    def cancel(self) -> None:
        """Give up the rest of the reply. Harmless when it is over."""
        response, self._response = self._response, None
        if response is not None:
            self._rest.abandon(response)


async def _body(response: httpx.Response) -> bytes:
    """Read a short answer. Raises httpx.DecodingError when it is long."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > REST_MESSAGE_LONGEST:
            raise httpx.DecodingError("an answer without end")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}


def lost_from(exc: Exception) -> LinkLost:
    """Return the fixed word for what happened to a request."""
    match exc:
        case LinkLost():
            return exc
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return LinkLost("connect_timeout")
        case httpx.ConnectError():
            return LinkLost("connect")
        case httpx.DecodingError():
            return LinkLost("bad_answer")
    return LinkLost("broken")
