"""Ask Valkey (or Redis) within a bounded time, and go on without it where it cannot be asked.

A call never waits for a store that is away: one question that fails opens the circuit, and from then on the answer is
`otherwise` at once, until a probe in the background has found the store again. What was written to a store that was
away is lost: who needs it writes it again when told (`on_back`). No failure is raised, and no URL is ever logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ivr.config.store_url import STORE_SCHEMES, check_store_url
from ivr.fleet.keys import key

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("ivr.fleet")

T = TypeVar("T")
Other = TypeVar("Other")
Ask: TypeAlias = "Callable[[Redis], Awaitable[T]]"

ASK_S: Final = 0.25
"""Seconds that a question may take."""
OWN_LATE_S: Final = 0.1
"""Seconds by which the end of that time is late where the event loop itself was: that says nothing of the store."""
CONNECT_S: Final = 1.0
"""Seconds that a probe may take while the store is away: a first connection over TLS takes longer than a question."""
PROBE_S: Final = 0.5
"""Seconds between two probes."""
PROBE_KEPT_S: Final = 60
"""Seconds for which the store keeps what a probe wrote."""
MOST_CONNECTIONS: Final = 64
MOST_POSTED: Final = 10_000
"""Writes that may wait for their turn; the oldest is dropped for one more."""
LISTEN_S: Final = 1.0
"""Seconds after which a subscriber looks whether the store is away."""
PING_S: Final = 15.0
"""Seconds after which a subscriber proves that its connection still carries something."""


class Valkey:
    """Ask the store that the machines share. Belongs to the loop in which `open` is called."""

    def __init__(self, url: str, name: str = "ivr", patience: float = ASK_S) -> None:
        """Take the URL, the name by which the store knows this process, and the seconds that a question may take.

        Raises ValueError for a URL that cannot be used. The library is loaded here, which takes 0.4 s: before the
        loop runs.
        """
        self.up: bool | None = None
        """Whether the store can be asked. None: not known yet."""
        self.why = "not asked yet"
        """Why it cannot be asked, in words that hold no secret; empty: it can."""
        self.on_back: list[Callable[[], None]] = []
        """Called when the store can be asked, the first time too: what it had may be gone."""
        self._client = connect_to(url, name)
        self._probe_key = key("probe", name)
        self._patience = patience
        self._is_up = asyncio.Event()
        self._excused = False
        """The last question took too long because this process was late."""
        self._outage = 0
        """The number of the outage: subscribers begin again after each."""
        self._posted: deque[Ask[object]] = deque(maxlen=MOST_POSTED)
        self._has_posted = asyncio.Event()
        self._writing = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"<Valkey {'up' if self.up else 'unknown' if self.up is None else f'away: {self.why}'}>"

    def open(self) -> None:
        """Begin to connect, in the background of the running loop."""
        self._tasks = [asyncio.create_task(self._probe_again()), asyncio.create_task(self._write_posted())]

    async def close(self) -> None:
        """End every task and connection. What was posted is written, if the store takes it at once."""
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._patience):
                await self._client.aclose()

    async def ask(self, do: Ask[T], otherwise: Other, *, again: bool = False) -> T | Other:
        """Return what `do` returns, or `otherwise` where the store cannot be asked or takes too long. Never raises.

        `again`: it does no harm to do it twice. Then it is, where this process itself was late.
        """
        if not self.up:
            return otherwise
        return await self._try(do, otherwise, self._patience, again=again)

    def post(self, do: Ask[object]) -> None:
        """Do something later, behind all that was posted before. It is lost where the store is away."""
        if self.up:
            self._posted.append(do)
            self._has_posted.set()

    async def subscribe(self, channel: str, begun: Callable[[], None] = lambda: None) -> AsyncGenerator[bytes, None]:
        """Yield what is published to a channel. What is published while the store is away is lost.

        `begun` is called whenever the channel is heard from then on: at first, and after each loss.
        """
        while True:
            await self._is_up.wait()
            outage = self._outage
            try:
                async with contextlib.aclosing(self._client.pubsub()) as listening:
                    await listening.subscribe(channel)
                    for turn in itertools.count(1):
                        told = await listening.get_message(ignore_subscribe_messages=False, timeout=LISTEN_S)
                        if told is not None and told["type"] == "subscribe":
                            begun()
                        # The answer to a ping is none.
                        elif told is not None and told["type"] == "message":
                            yield told["data"]
                        if self._outage != outage:
                            break
                        if told is None and turn % round(PING_S / LISTEN_S) == 0:
                            await listening.ping()
            except Exception as error:
                log.debug("subscription lost: %s", reason(error))
                await asyncio.sleep(PROBE_S)

    async def _try(self, do: Ask[T], otherwise: Other, seconds: float, *, again: bool = False) -> T | Other:
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        try:
            async with asyncio.timeout(seconds):
                answer = await do(self._client)
            self._excused = False
            return answer
        except Exception as error:
            # An event loop that stood still finds the answer and the end of its patience together. Once in a row.
            late = isinstance(error, TimeoutError) and clock() - asked_at > seconds + OWN_LATE_S
            if late and not self._excused:
                self._excused = True
                return await self._try(do, otherwise, seconds) if again else otherwise
            if why := reason(error):
                self._lose(why)
            # Another program's key of the same name, or a mistake here. The store itself answers.
            else:
                log.warning("fleet_ask_failed", extra={"error": type(error).__name__})
            return otherwise

    def _lose(self, why: str) -> None:
        self.why = why
        if self.up is not False:
            self.up = False
            self._outage += 1
            self._is_up.clear()
            self._posted.clear()
            log.warning("fleet_store_lost", extra={"why": why})

    async def _probe_again(self) -> None:
        """Learn again and again whether the store takes what is written: a copy, or a full one, only answers."""
        while True:
            seconds = self._patience if self.up else CONNECT_S
            taken = await self._try(lambda client: client.set(self._probe_key, 1, ex=PROBE_KEPT_S), None, seconds)
            if taken and not self.up:
                if self.up is None:
                    log.info("fleet_store_found")
                else:
                    log.info("fleet_store_back")
                self.up, self.why = True, ""
                self._is_up.set()
                for tell in self.on_back:
                    try:
                        tell()
                    except Exception:
                        log.exception("fleet_restore_failed")
            elif not taken and self.up is None:
                self._lose("no answer")
            await asyncio.sleep(PROBE_S)

    async def _write_posted(self) -> None:
        while True:
            await self._has_posted.wait()
            self._has_posted.clear()
            await self._flush()

    async def _flush(self) -> None:
        async with self._writing:
            while self._posted:
                await self.ask(self._posted.popleft(), None)


def reason(error: Exception) -> str:
    """Return why the store is away, by what was raised; empty: it is there, and refused one question."""
    from redis import exceptions as found

    words: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        ((found.AuthenticationError, found.AuthorizationError), "it refused the password"),
        (found.NoPermissionError, "the user may not do that"),
        (found.BusyLoadingError, "it is loading its data"),
        (found.ReadOnlyError, "it is a read-only copy"),
        (found.OutOfMemoryError, "its memory is full"),
        ((TimeoutError, found.TimeoutError), "no answer in time"),
        (found.MaxConnectionsError, "too many questions at once"),
        ((found.ConnectionError, OSError), "no connection"),
        (found.InvalidResponse, "it does not speak the protocol"),
    )
    for kinds, why in words:
        if isinstance(error, kinds):
            return why
    if isinstance(error, found.ResponseError):
        text = str(error)
        refusals = {"MISCONF": "it cannot write to its disk", "NOREPLICAS": "it has no copies", "CLUSTERDOWN": "down"}
        return next((why for word, why in refusals.items() if text.startswith(word)), "")
    return ""


def connect_to(url: str, name: str) -> Redis:
    """Return a client that connects at its first question. Raises ValueError."""
    import redis.asyncio as library
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    if problem := check_store_url(url):
        raise ValueError(f"IVR_REDIS_URL {problem}")
    scheme, _, rest = url.partition("://")
    options: dict[str, Any] = {} if scheme == "unix" else {"socket_keepalive": True}
    pool = library.BlockingConnectionPool.from_url(
        f"{STORE_SCHEMES[scheme]}://{rest}",
        max_connections=MOST_CONNECTIONS,
        # A question has a time of its own, and a subscriber waits for as long as it takes.
        timeout=ASK_S,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_S,
        # The one that asks decides whether to ask again: an answer from memory is better than a late one.
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name=name,
        **options,
    )
    return library.Redis.from_pool(pool)
