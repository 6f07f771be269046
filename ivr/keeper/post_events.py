"""Post the ends of calls to the operator's receiver, from the outbox in the database.

Events of one call are posted in their order, those of different calls beside each other: one that the receiver does not
take holds up no other call. Each keeps its id, so that a receiver that gets one twice can tell.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import httpx
from sqlalchemy import func, select, update

from ivr import __version__
from ivr.config.settings import Settings
from ivr.keeper.records_database import CHANCE, RecordsDatabase
from ivr.records import tables
from ivr.records.database import DatabaseProblem
from ivr.records.signature import EVENT_ID, EVENT_SIGNATURE, delay_of, is_over, signature

log = logging.getLogger("ivr.events")

OUTBOX_LOOK_S: Final = 1.0
POST_S: Final = 10.0
"""Seconds that a receiver has for its whole answer."""
ANSWER_BYTES: Final = 64_000
"""Bytes of an answer that are read. Nothing of it is used but the status."""
POSTED_AT_ONCE: Final = 8
POSTED_BATCH: Final = 64
RECEIVER_PROBE_S: Final = 60.0
"""Seconds between two looks whether a receiver that was away is back."""
CLAIM_S: Final = 60.0
"""Seconds for which events are this keeper's: longer than the posting of a batch may take."""


class PostEvents:
    """Post what is due."""

    name = "events"

    def __init__(
        self,
        settings: Settings,
        database: RecordsDatabase,
        *,
        transport: Callable[[], httpx.AsyncBaseTransport | None] = lambda: None,
        chance: Callable[[], float] = CHANCE.random,
    ) -> None:
        """Take `transport`, which stands in for the network in tests."""
        self._url = settings.events_url
        self._secret = settings.events_secret.get_secret_value()
        self._database = database
        self._transport = transport
        self._chance = chance
        self._behind = 0
        self._failing = False
        self._given_up = 0

    def report(self) -> dict[str, float]:
        """Return how many events wait, and how many were given up."""
        return {"events_behind": float(self._behind), "events_given_up": float(self._given_up)}

    def work(self, now: float) -> float:
        """Post a batch."""
        try:
            claimed = self._claim(now)
            if claimed:
                problems = asyncio.run(self._post_all(claimed, now))
                self._note(claimed, problems, now)
        except DatabaseProblem as problem:
            return self._database.lost(problem)
        return 0.0 if len(claimed) == POSTED_BATCH else OUTBOX_LOOK_S

    def _claim(self, now: float) -> list[tuple[str, str, float, int]]:
        """Return events that are due: id, body, when they happened, and how often they were tried."""
        outbox = tables.outbox.c
        earlier = tables.outbox.alias().c
        first = ~(
            select(earlier.event)
            .where(earlier.call_id == outbox.call_id, earlier.state == "waiting")
            .where((earlier.at < outbox.at) | ((earlier.at == outbox.at) & (earlier.event < outbox.event)))
            .exists()
        )
        due = (
            select(outbox.event, outbox.body, outbox.at, outbox.tries)
            .where(outbox.state == "waiting", outbox.due_at <= now, first)
            .order_by(outbox.due_at)
            .limit(POSTED_BATCH)
        )
        with self._database.transaction() as connection:
            # Another machine's keeper posts others.
            found = [tuple(row) for row in connection.execute(due.with_for_update(skip_locked=True))]
            mine = outbox.event.in_([row[0] for row in found])
            connection.execute(update(tables.outbox).where(mine).values(due_at=now + CLAIM_S))
            waiting = select(func.count()).select_from(tables.outbox).where(outbox.state == "waiting")
            self._behind = connection.scalar(waiting) or 0
        return [(str(event), str(body), float(at), int(tries)) for event, body, at, tries in found]

    async def _post_all(self, claimed: list[tuple[str, str, float, int]], now: float) -> list[str]:
        """Return what was wrong with each; empty: it was taken."""
        room = asyncio.Semaphore(POSTED_AT_ONCE)
        async with httpx.AsyncClient(transport=self._transport(), trust_env=False, follow_redirects=False) as client:

            async def post(event: str, body: str) -> str:
                async with room:
                    return await self._post(client, event, body.encode(), now)

            return list(await asyncio.gather(*(post(event, body) for event, body, _, _ in claimed)))

    async def _post(self, client: httpx.AsyncClient, event: str, body: bytes, now: float) -> str:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"ivr-bridge/{__version__}",
            EVENT_ID: event,
            EVENT_SIGNATURE: signature(self._secret, round(now), body),
        }
        try:
            async with (
                asyncio.timeout(POST_S),
                client.stream("POST", self._url, content=body, headers=headers, timeout=POST_S) as answer,
            ):
                read = 0
                async for piece in answer.aiter_raw():
                    read += len(piece)
                    # What it says does not matter, and it may have no end.
                    if read > ANSWER_BYTES:
                        break
                return "" if answer.is_success else f"status_{answer.status_code}"
        except TimeoutError:
            return "timeout"
        except httpx.TimeoutException:
            return "timeout"
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError):
            return "unreachable"

    def _note(self, claimed: list[tuple[str, str, float, int]], problems: list[str], now: float) -> None:
        """Write down what became of each."""
        outbox = tables.outbox
        taken = 0
        with self._database.transaction() as connection:
            for (event, _, at, tries), problem in zip(claimed, problems, strict=True):
                values: dict[str, object] = {"tries": tries + 1, "problem": problem}
                if not problem:
                    taken += 1
                    values["state"] = "posted"
                elif is_over(at, now):
                    self._given_up += 1
                    values["state"] = "given_up"
                    log.warning("event_given_up", extra={"id": event, "reason": problem})
                else:
                    delay = delay_of(tries + 1, self._chance())
                    # While the receiver is away, one event asks for it: it is back within a minute for all.
                    asks = event == claimed[0][0] and _is_away(problem)
                    values["due_at"] = now + (min(delay, RECEIVER_PROBE_S) if asks else delay)
                connection.execute(update(outbox).where(outbox.c.event == event).values(**values))
            if taken and self._failing:
                # The receiver is back: what it missed does not wait for its turn. What it refused by itself does.
                missed = outbox.c.problem.in_(["unreachable", "timeout"]) | outbox.c.problem.like("status_5%")
                waiting = (outbox.c.state == "waiting") & missed
                connection.execute(update(outbox).where(waiting, outbox.c.due_at > now).values(due_at=now))
        if taken and self._failing:
            log.info("events_taken_again")
        elif not taken and not self._failing:
            log.warning("events_not_taken", extra={"reason": problems[0], "setting": "IVR_EVENTS_URL"})
        self._failing = not taken


def _is_away(problem: str) -> bool:
    """Return whether it is the receiver's state, not one event, that was in the way."""
    return problem in ("unreachable", "timeout") or problem.startswith("status_5")
