"""The same voice and the same ears over HTTP: what is left when no link is to be had or none serves.

One client for the process, used only while links fail. A request is abortable and may overlap with others; what it
costs is a connection, about a second, so it is the last way and not the first. A spoken reply is read like one of a
link (`next`, `cancel`), so that whoever reads need not know which it is; `Synthesis` takes off a WAV header if one
comes. A service that fails here too is left alone for a while: one breaker for each of the two requests.

Environment proxies are not asked and redirects are not followed: the key goes to one host.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from random import SystemRandom
from typing import Any, Final

import httpx

from ivr.hamsa.messages import Audio, End, Message, classify, parse
from ivr.hamsa.pool.socket import REFUSALS
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.breaker import Breaker, BreakerLimits

CONNECT_TIMEOUT: Final = 3.0
"""Seconds for a connection."""
BUSY: Final = 64
"""Requests at once."""
LONGEST: Final = 1 << 20
"""Bytes of an answer that is no audio."""
LIMITS: Final = BreakerLimits(failures=3, pause=1.0, longest=1.0)
_CHANCE: Final = SystemRandom()


class SpeechRest:
    """The service's REST twin. Used within one event loop; close it with `aclose`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] | None = None,
        chance: Callable[[], float] = _CHANCE.random,
    ) -> None:
        """`url`: up to and without `/tts-stream`. `chance`: 0 to 1, spreads the pauses of the breakers."""
        self.asked = 0
        """Requests made so far."""
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Token {key}", "User-Agent": "ivr-bridge"},
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT, pool=CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=BUSY, max_keepalive_connections=8, keepalive_expiry=30.0),
            trust_env=False,
            transport=transport,
        )
        self._clock = clock
        self._breakers = {path: Breaker(LIMITS, chance) for path in ("tts-stream", "stt")}
        self._closing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<SpeechRest {self.asked} asked, {self._breakers}>"

    def now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    @property
    def breakers(self) -> Mapping[str, Breaker]:
        """Of `tts` and `stt`."""
        return {"tts": self._breakers["tts-stream"], "stt": self._breakers["stt"]}

    def speak(self, payload: dict[str, Any]) -> SpeechRestExchange:
        """One synthesis: what a link would be asked, without `languageId`."""
        return SpeechRestExchange(self, {name: value for name, value in payload.items() if name != "languageId"})

    async def hear(self, payload: dict[str, Any], deadline: float) -> Message:
        """One utterance: what came of it. Raises LinkLost, TimeoutError at the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                response = await self.send("stt", payload)
                try:
                    answer = _json(await _body(response))
                finally:
                    await response.aclose()
        except TimeoutError:
            self.report("stt", LinkLost("hearing_timeout"))
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
                raise await _refusal(response)
        except BaseException:
            await response.aclose()
            raise
        return response

    def broken(self, path: str, exc: Exception) -> LinkLost:
        """What an exception means, told to the breaker."""
        lost = lost_from(exc)
        self.report(path, lost)
        return lost

    def report(self, path: str, lost: LinkLost | None) -> None:
        """How a request went: None is well."""
        if lost is None:
            self._breakers[path].succeeded()
        elif lost.row.service_is_bad:
            self._breakers[path].failed(self.now(), fatal=lost.row.account_is_bad)
        elif lost.reason != "breaker":
            self.forgo(path)

    def forgo(self, path: str) -> None:
        """A request was given up before it was known how it goes, or its answer says nothing about the service."""
        self._breakers[path].forgo(self.now())

    def abandon(self, response: httpx.Response) -> None:
        """Close an answer that nobody reads any more, in the background."""
        task = asyncio.create_task(_close(response), name="hamsa-rest-close")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._closing:
            await asyncio.wait(self._closing, timeout=1.0)
        await self._client.aclose()


class SpeechRestExchange:
    """One synthesis over HTTP and its reply, read as that of a link."""

    reused = False

    def __init__(self, rest: SpeechRest, payload: dict[str, Any]) -> None:
        self._rest = rest
        self._payload = payload
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def next(self, deadline: float) -> Message:
        """The next piece of the reply: `Audio`, then `End`. Raises LinkLost, TimeoutError at the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                if self._chunks is None:
                    self._response = await self._rest.send("tts-stream", self._payload)
                    self._chunks = _audio(self._response)
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
        """Nobody waits for the rest of it. Harmless when it is over."""
        response, self._response = self._response, None
        if response is not None:
            self._rest.abandon(response)


def _audio(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, unless it says of itself that it is a message."""
    if "json" in response.headers.get("content-type", ""):
        raise httpx.DecodingError("a message instead of audio")
    return response.aiter_bytes()


async def _close(response: httpx.Response) -> None:
    with contextlib.suppress(Exception):
        await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    """A short answer. Raises httpx.DecodingError when it is not."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LONGEST:
            raise httpx.DecodingError("an answer without end")
    return bytes(body)


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}


async def _refusal(response: httpx.Response) -> LinkLost:
    """The fixed word for an answer that is none. Its message comes before its status: 429 has two meanings."""
    message = _json(await _body(response)).get("message")
    found = classify(message if isinstance(message, str) else "")
    if found.kind != "unknown_error":
        return LinkLost(found.kind)
    status = response.status_code
    return LinkLost(REFUSALS.get(status, "http_5xx" if status >= 500 else "http_4xx" if status >= 400 else "http_3xx"))


def lost_from(exc: Exception) -> LinkLost:
    """The fixed word for what happened to a request."""
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
