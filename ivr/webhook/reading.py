"""Read the answer to one question: its bytes as pieces, within the time that there is for them.

A reply is read a token at a time, each in its own turn of the loop, so little is done for each: one timer serves all
waits of a reply, and it is set anew only when it comes due too early.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, cast

import httpx

from ivr.webhook.formats.detect import ReplyStream
from ivr.webhook.formats.parts import Acting, Delta, Pause, Piece
from ivr.webhook.http.content_encoding import Inflater, Unreadable
from ivr.webhook.http.pool import Body

_SLICE: Final = 512
"""Bytes of a body that are read in one turn of the loop: about 5 ms of the worst that an agent can send."""
_OF_A_CHUNK: Final = 64
"""Bytes that a chunk counts besides its own, however short it is."""
_PROGRESS: Final = (Delta, Pause, Acting)
"""What is progress: keepalives, blank lines and half a line a minute are none."""
_TIMER_SLACK: Final = 0.002
"""Seconds that a loop's timer may come before its time."""


class BadStatus(Exception):
    """Report a status that is no answer."""

    __match_args__ = ("status",)

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


AGENT_FAULTS: Final = (httpx.HTTPError, httpx.InvalidURL, OSError, Unreadable, BadStatus)
"""What an agent, a network or a URL can cause; `OSError` includes `TimeoutError`."""


class ReplyDeadline:
    """Limit each wait for a reply (`with deadline:`), in all and since its last progress. Raises TimeoutError.

    As `asyncio.timeout`, but one timer for all waits. End it with `close`.
    """

    def __init__(self, silence: float, total: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._silence = silence
        self._end = self._loop.time() + total
        self._at = 0.0
        """When a wait has taken too long; never moved to an earlier time."""
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancelling = 0
        """Requests to cancel the task that were there before this wait."""
        self._late = False
        self.extend()

    def extend(self) -> None:
        """Note progress."""
        self._at = min(self._end, self._loop.time() + self._silence)

    def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def __enter__(self) -> None:
        self._waiting = task = cast("asyncio.Task[object]", asyncio.current_task())
        self._cancelling = task.cancelling()
        if self._timer is None:
            self._timer = self._loop.call_at(self._at, self._due)

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, _trace: TracebackType | None
    ) -> None:
        task, self._waiting = self._waiting, None
        if self._late and task is not None:
            self._late = False
            if task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
                raise TimeoutError from raised

    def _due(self) -> None:
        """Give up the wait that is under way, unless there was progress since the timer was set."""
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._at - _TIMER_SLACK:
            self._timer = self._loop.call_at(self._at, self._due)
            return
        self._late = True
        self._waiting.cancel()


class ReplyReading:
    """Read one answer: `next` until it returns nothing, then or at any time before `aclose`."""

    def __init__(self, response: httpx.Response, deadline: ReplyDeadline, agent_node: str | None) -> None:
        self._response = response
        self._deadline = deadline
        self._body = cast(httpx.AsyncByteStream, response.stream)
        self._chunks = aiter(self._body)
        self._stream = ReplyStream(response.headers.get("content-type", ""), agent_node)
        self._inflater: Inflater | None = None
        self._data = b""
        self._place = 0
        """Bytes of `_data` that were read."""
        self._read = 0
        """Bytes that were read since the other calls had their turn."""
        self._ended = self._finished = False
        self._fault: Exception | None = None

    async def next(self) -> list[Piece]:
        """Return the next pieces, none at the end. Raises what broke the body off, after the last of its pieces."""
        if self._inflater is None:
            if not self._response.is_success:
                raise BadStatus(self._response.status_code)
            self._inflater = Inflater(self._response.headers.get("content-encoding", ""))
        while not self._ended:
            if self._place >= len(self._data):
                await self._more(self._inflater)
                continue
            part = self._data[self._place : self._place + _SLICE]
            self._place += _SLICE
            # Other calls have their turn in between, however much there is to read, in chunks of any size.
            if self._read >= _SLICE:
                await asyncio.sleep(0)
                self._read = 0
            self._read += len(part) + _OF_A_CHUNK
            if pieces := self._stream.feed(part):
                if any(isinstance(piece, _PROGRESS) for piece in pieces):
                    self._deadline.extend()
                return pieces
        if not self._finished:
            self._finished = True
            if self._stream.done and isinstance(self._body, Body):
                self._body.settle()
            if pieces := self._stream.finish():
                return pieces
        if self._fault is not None:
            raise self._fault
        return []

    async def _more(self, inflater: Inflater) -> None:
        """Wait for the next bytes of the body, or for its end."""
        self._ended = self._stream.over
        if self._ended:
            return
        # While the agent is waited for, the other calls have their turn anyway.
        if isinstance(self._body, Body) and not self._body.ready:
            self._read = 0
        try:
            with self._deadline:
                data = await anext(self._chunks, None)
            if data is None:
                self._ended = True
                inflater.finish()
            else:
                self._data, self._place = inflater.feed(data), 0
        except AGENT_FAULTS as fault:
            self._ended, self._fault = True, fault

    async def aclose(self) -> None:
        """Give the connection back, or end it when the answer was not read to its end."""
        await self._body.aclose()
