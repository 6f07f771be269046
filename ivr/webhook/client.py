"""Ask the agent: one POST a turn, its reply as events of that turn while it streams.

Whatever the agent does, the events of a reply end with exactly one `ReplyEnded` or `ReplyFailed`, and nothing is
raised. A failure's reason is one fixed word: a fault of HTTP (`_reason`), `breaker`, `too_long`, or, where nothing was
said, the first fault of the body or `empty`. docs/agents.md explains each.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeAlias

import httpx

from ivr.call.commands import ReplyRequest
from ivr.call.events import PeerFault, ReplyAction, ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from ivr.upstream.breaker import Breaker, BreakerLimits
from ivr.webhook import request as requests
from ivr.webhook.breaker import BREAKER, AgentBreakers
from ivr.webhook.formats.parts import Acting, Delta, Pause
from ivr.webhook.http.content_encoding import Unreadable
from ivr.webhook.http.pool import Pool, PoolLimits
from ivr.webhook.reading import AGENT_FAULTS, BadStatus, ReplyDeadline, ReplyReading
from ivr.webhook.reply_events import ReplyEvents
from ivr.webhook.telling import BackgroundTelling

AgentEvent: TypeAlias = ReplyDelta | ReplyPause | ReplyAction | PeerFault | ReplyEnded | ReplyFailed

log = logging.getLogger("ivr.webhook")

RETRY_PAUSE = 0.1
"""Seconds before the one retry of a connection that was refused."""
_KNOWN_URLS = 256


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Say how the agents of this process are asked."""

    secret: str = field(default="", repr=False)
    """Sent with every request; empty: none."""
    secret_header: str = "Authorization"
    """`Authorization` carries the secret as a bearer token, any other header as it is."""
    agent_node: str | None = None
    """The n8n node that speaks to the caller; None: every node that does not merely respond."""
    silence_timeout: float = 30.0
    """Seconds without words or a pause, first or next. The call itself waits less long."""
    total_timeout: float = 120.0
    """Seconds for a whole reply."""
    pool: PoolLimits = field(default_factory=PoolLimits)
    breaker: BreakerLimits = field(default_factory=BreakerLimits)
    """When an agent is not asked any more, and for how long."""


class AgentClient:
    """Ask the agents of all calls of this process. Used within one event loop; close it with `aclose`."""

    def __init__(
        self, settings: AgentSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Take a `transport` in place of the pool. Raises `ValueError` for a secret that cannot stand in a header."""
        self.settings = settings or AgentSettings()
        self.asked = 0
        """Replies asked for so far."""
        self.failed = 0
        """Replies that failed so far."""
        self.telling = BackgroundTelling()
        """What agents are told in the background."""
        self._headers = requests.headers(self.settings.secret, self.settings.secret_header)
        self._transport = transport or Pool(self.settings.pool)
        self._breakers = AgentBreakers(self.settings.breaker, SystemRandom().random)
        self._targets: dict[str, tuple[httpx.URL, httpx.Headers]] = {}

    def __repr__(self) -> str:
        return f"<agent asked={self.asked} failed={self.failed} {self._transport!r}>"

    @property
    def breakers(self) -> Iterable[Breaker]:
        """Return the breakers of the agents that have failed before."""
        return self._breakers

    def use_secret(self, secret: str) -> None:
        """Send another secret from now on. Raises `ValueError` for one that cannot stand in a header."""
        self._headers = requests.headers(secret, self.settings.secret_header)
        self._targets.clear()

    async def warm(self, url: str) -> None:
        """Have a connection ready for the next `reply`. Cheap when there is one; never raises for an agent's fault."""
        if isinstance(self._transport, Pool):
            with contextlib.suppress(*AGENT_FAULTS):
                await self._transport.warm(self._target(url)[0])

    async def reply(
        self, url: str, request: ReplyRequest, more: Mapping[str, str] | None = None
    ) -> AsyncGenerator[AgentEvent, None]:
        """Yield the events of one reply. Closing the iterator, or cancelling its reader, closes the stream at once.

        `more`: headers of this request alone.
        """
        self.asked += 1
        clock = asyncio.get_running_loop().time
        if not self._breakers.admits(url, clock()):
            self.failed += 1
            yield ReplyFailed(request.turn, BREAKER)
            return
        events, broke, asked_at, spoke = ReplyEvents(request.turn), "", clock(), False
        reading: ReplyReading | None = None
        deadline = ReplyDeadline(self.settings.silence_timeout, self.settings.total_timeout)
        try:
            try:
                with deadline:
                    response = await self._response(url, request, more)
                reading = ReplyReading(response, deadline, self.settings.agent_node)
                while pieces := await reading.next():
                    for piece in pieces:
                        if not spoke and isinstance(piece, Delta | Pause | Acting):
                            spoke = True
                            self._breakers.answered(url)
                        if (event := events.take(piece)) is not None:
                            yield event
            finally:
                deadline.close()
                if reading is not None:
                    await reading.aclose()
        except AGENT_FAULTS as fault:
            broke = _reason(fault)
        except (asyncio.CancelledError, GeneratorExit):
            # The caller left or spoke again. An agent that kept the caller waiting for long has failed.
            self._warn(not spoke and self._breakers.abandoned(url, clock() - asked_at, clock()), "abandoned")
            raise
        end = events.end(broke)
        if isinstance(end, ReplyFailed):
            self.failed += 1
            self._warn(self._breakers.failed(url, end.reason, clock()), end.reason)
        yield end

    def tell(self, url: str, request: ReplyRequest, more: Mapping[str, str] | None = None) -> None:
        """Tell an agent what needs no answer, in the background. Never waits, never raises.

        An agent whose breaker is open is told all the same: the request may be the last one of its call.
        """
        self.telling.start(lambda: self._response(url, request, more), request.event)

    def _warn(self, opened: bool, reason: str) -> None:
        if opened:
            # Without the URL, which may hold a secret.
            log.warning("agent_breaker_opened", extra={"reason": reason})

    async def aclose(self) -> None:
        """Close every connection, those in use included, once what is being told had a moment to arrive."""
        await self.telling.finish()
        await self._transport.aclose()

    async def _response(self, url: str, request: ReplyRequest, more: Mapping[str, str] | None) -> httpx.Response:
        """Return the head of the answer, its body still to be read."""
        target, headers = self._target(url)
        if more:
            headers = headers.copy()
            headers.update(more)
        asking = httpx.Request("POST", target, headers=headers, content=requests.encoded(request))
        # A refused connection is tried once more; nothing else is.
        try:
            return await self._transport.handle_async_request(asking)
        except httpx.ConnectError as refused:
            if isinstance(refused.__cause__, ssl.SSLError):
                raise
        await asyncio.sleep(RETRY_PAUSE)
        return await self._transport.handle_async_request(asking)

    def _target(self, url: str) -> tuple[httpx.URL, httpx.Headers]:
        """Return the parsed URL and its headers. Raises `httpx.InvalidURL`."""
        # The same few URLs are asked in every turn.
        if url not in self._targets:
            if len(self._targets) >= _KNOWN_URLS:
                self._targets.clear()
            target = httpx.URL(url)
            self._targets[url] = target, httpx.Headers(requests.with_userinfo(self._headers, target.userinfo))
        return self._targets[url]


def _reason(fault: BaseException) -> str:
    match fault:
        case BadStatus(status):
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
