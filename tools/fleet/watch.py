"""Watch a fleet as a board does, and measure how fresh it is."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import httpx

from ivr.testbench.recording import PhoneRecord

PING_LIMIT_S: Final = 40.0
"""Seconds without a sign after which a board is lost; it pings each 15."""


class BoardWatch:
    """Note when a board first shows each call, and when it shows that it is over."""

    def __init__(self) -> None:
        self.shown: dict[str, float] = {}
        """In seconds of the loop's clock, by call."""
        self.over: dict[str, float] = {}

    def take(self, event: str, told: Any, now: float) -> None:
        """Take one event of a board."""
        calls = told.get("calls", []) if event in ("calls", "news") else []
        for call in calls:
            self.shown.setdefault(call["call_id"], now)
        for gone in told.get("gone", []) if event == "news" else []:
            self.over[gone] = now

    def lags(self, records: Iterable[PhoneRecord]) -> tuple[list[float], list[float]]:
        """Return how long after each call's first stream began it was shown, and how long after its end it was gone."""
        began, ended = [], []
        for record in records:
            streams, ends = record.of("stream"), record.of("ended")
            if streams and record.call_sid in self.shown:
                began.append(self.shown[record.call_sid] - streams[0].t)
            if ends and record.call_sid in self.over:
                ended.append(self.over[record.call_sid] - ends[-1].t)
        return began, ended


@contextlib.asynccontextmanager
async def watching(url: str, token: str) -> AsyncIterator[BoardWatch]:
    """Have a board of the bridge at `url` open while the block runs."""
    watch = BoardWatch()

    async def read() -> None:
        headers = {"authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=PING_LIMIT_S, headers=headers) as client,
            client.stream("GET", f"{url}/board/events") as answer,
        ):
            answer.raise_for_status()
            event = ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    watch.take(event, json.loads(value), asyncio.get_running_loop().time())

    task = asyncio.create_task(read())
    try:
        yield watch
    finally:
        # What has just ended is told within a second.
        await asyncio.wait((task,), timeout=2.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
