"""Asking the agent: one POST a turn, its reply as events of that turn while it streams.

Whatever the peer does, the events of a reply end with exactly one `ReplyEnded` or `ReplyFailed` and nothing is raised.
The reasons are fixed words: `connect` no connection; `tls` no trust; `busy` no free place; `timeout` nothing new in
time; `http_NNN` the status; `broken` cut off; `encoding` compressed in a way we cannot read; `url` no such address;
`too_long` more than a telephone can say; `breaker` it failed so often of late that it was not asked; and, where nothing
was said, the first fault of the body (`html`, `charset`, `content_type`, `not_json`, `bad_line`, `bad_record`,
`agent_error`, `only_thoughts`, `respond_immediately`, `not_understood`, ...) or `empty`, where there were no words.

Progress is words or a pause: keepalives, blank lines and half a line a minute are none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeAlias, cast

import httpx

from ivr.call.commands import ReplyRequest
from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.upstream.breaker import Breaker, BreakerLimits
from ivr.webhook import request as wording
from ivr.webhook.breaker import BREAKER, Breakers
from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.formats.parts import Delta, Pause, Piece
from ivr.webhook.http.content_encoding import Inflater, Unreadable
from ivr.webhook.http.pool import Body, Pool, PoolLimits
from ivr.webhook.reply_events import ReplyEvents

AgentEvent: TypeAlias = ReplyDelta | ReplyPause | PeerFault | ReplyEnded | ReplyFailed

log = logging.getLogger("ivr.webhook")

RETRY_PAUSE = 0.1
"""Seconds before the one retry of a connection that was refused."""
_TARGETS = 256


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How the agents of this process are asked."""

    secret: str = field(default="", repr=False)
    """Sent with every request; empty: none."""
    secret_header: str = "Authorization"
    """`Authorization` carries the secret as a bearer token, any other header as it is."""
    agent_node: str | None = None
    """The n8n node that speaks to the caller; None: every node that does not merely respond."""
    silence_timeout: float = 30.0
    """Seconds without words or a pause, first or next. A backstop: the call itself is less patient."""
    total_timeout: float = 120.0
    """Seconds for a whole reply."""
    pool: PoolLimits = field(default_factory=PoolLimits)
    breaker: BreakerLimits = field(default_factory=BreakerLimits)
    """When an agent is left alone, and for how long."""


class AgentRefused(Exception):
    """The agent answered with a status that is no answer."""

    __match_args__ = ("status",)

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Patience:
    """How long a reply is waited for: in all, and since its last progress. Loop time."""

    def __init__(self, settings: AgentSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence = settings.silence_timeout
        self._end = self._loop.time() + settings.total_timeout
        self.until = 0.0
        self.progress()

    def progress(self) -> None:
        """The reply went on."""
        self.until = min(self._end, self._loop.time() + self._silence)


class AgentClient:
    """The agents of all calls of this process. Used within one event loop; close it with `aclose`."""

    def __init__(
        self, settings: AgentSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`transport` replaces the pool. Raises `ValueError` for a secret that cannot stand in a header."""
        self.settings = settings or AgentSettings()
        self.asked = 0
        """Replies asked for so far."""
        self.failed = 0
        """Replies that failed so far."""
        self._headers = wording.headers(self.settings.secret, self.settings.secret_header)
        self._transport = transport or Pool(self.settings.pool)
        self._breakers = Breakers(self.settings.breaker, SystemRandom().random)
        self._targets: dict[str, tuple[httpx.URL, httpx.Headers]] = {}

    def __repr__(self) -> str:
        return f"<agent asked={self.asked} failed={self.failed} {self._transport!r}>"

    @property
    def breakers(self) -> Iterable[Breaker]:
        """Of the agents that have failed before."""
        return self._breakers

    async def warm(self, url: str) -> None:
        """Have a connection ready for the next `reply`. Cheap when there is one; never raises for a peer's fault."""
        if isinstance(self._transport, Pool):
            with contextlib.suppress(*_FAULTS):
                await self._transport.warm(self._target(url)[0])

    async def reply(self, url: str, request: ReplyRequest) -> AsyncGenerator[AgentEvent, None]:
        """The events of one reply. Closing the iterator, or cancelling its reader, closes the stream at once."""
        self.asked += 1
        clock = asyncio.get_running_loop().time
        if not self._breakers.admits(url, clock()):
            self.failed += 1
            yield ReplyFailed(request.turn, BREAKER)
            return
        account, broke, asked_at, spoke = ReplyEvents(request.turn), "", clock(), False
        try:
            async with contextlib.aclosing(self._pieces(url, request)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Delta | Pause) and not spoke:
                        spoke = True
                        self._breakers.spoke(url)
                    if (event := account.take(piece)) is not None:
                        yield event
        except _FAULTS as fault:
            broke = _reason(fault)
        except (asyncio.CancelledError, GeneratorExit):
            self._left_alone(not spoke and self._breakers.abandoned(url, clock() - asked_at, clock()), "abandoned")
            raise
        verdict = account.verdict(broke)
        if isinstance(verdict, ReplyFailed):
            self.failed += 1
            self._left_alone(self._breakers.failed(url, verdict.reason, clock()), verdict.reason)
        yield verdict

    def _left_alone(self, opened: bool, reason: str) -> None:
        """Tell the operator. The URL may hold a secret."""
        if opened:
            log.warning("agent_breaker_opened", extra={"reason": reason})

    async def aclose(self) -> None:
        """Close every connection, those in use included."""
        await self._transport.aclose()

    async def _pieces(self, url: str, request: ReplyRequest) -> AsyncGenerator[Piece, None]:
        """The reply's pieces, then its fault if it could not be read to its end."""
        patience = Patience(self.settings)
        async with asyncio.timeout_at(patience.until):
            response = await self._answer(url, request)
        body = cast(httpx.AsyncByteStream, response.stream)
        try:
            if not response.is_success:
                raise AgentRefused(response.status_code)
            async with contextlib.aclosing(self._read(response, body, patience)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            await body.aclose()

    async def _read(
        self, response: httpx.Response, body: httpx.AsyncByteStream, patience: Patience
    ) -> AsyncGenerator[Piece, None]:
        stream = ReplyStream(response.headers.get("content-type", ""), self.settings.agent_node)
        inflater = Inflater(response.headers.get("content-encoding", ""))
        fault: Exception | None = None
        chunks = aiter(body)
        while not stream.over:
            try:
                async with asyncio.timeout_at(patience.until):
                    data = await anext(chunks, None)
                pieces = [] if data is None else stream.feed(inflater.feed(data))
            except _FAULTS as broke:
                fault = broke
                break
            if data is None:
                break
            for piece in pieces:
                if isinstance(piece, Delta | Pause):
                    patience.progress()
                yield piece
        if stream.done and isinstance(body, Body):
            body.settle()
        for piece in stream.finish():
            yield piece
        if fault is not None:
            raise fault

    async def _answer(self, url: str, request: ReplyRequest) -> httpx.Response:
        """The head of the answer. A refused connection is tried once more; nothing else is."""
        target, headers = self._target(url)
        asking = httpx.Request("POST", target, headers=headers, content=wording.encoded(request))
        try:
            return await self._transport.handle_async_request(asking)
        except httpx.ConnectError as refused:
            if isinstance(refused.__cause__, ssl.SSLError):
                raise
        await asyncio.sleep(RETRY_PAUSE)
        return await self._transport.handle_async_request(asking)

    def _target(self, url: str) -> tuple[httpx.URL, httpx.Headers]:
        """The parsed URL and its headers: the same few for every turn. Raises `httpx.InvalidURL`."""
        if url not in self._targets:
            if len(self._targets) >= _TARGETS:
                self._targets.clear()
            target = httpx.URL(url)
            self._targets[url] = target, httpx.Headers(wording.with_userinfo(self._headers, target.userinfo))
        return self._targets[url]


_FAULTS = (httpx.HTTPError, httpx.InvalidURL, OSError, Unreadable, AgentRefused)
"""What a peer, a network or a URL can do to us; `OSError` has `TimeoutError` in it."""


def _reason(fault: BaseException) -> str:
    match fault:
        case AgentRefused(status):
            return f"http_{status}"
        case httpx.PoolTimeout():
            return "busy"
        case TimeoutError() | httpx.TimeoutException():
            return "timeout"
        case httpx.ConnectError():
            return "tls" if isinstance(fault.__cause__, ssl.SSLError) else "connect"
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return "url"
        case Unreadable():
            return "encoding"
    return "broken"
