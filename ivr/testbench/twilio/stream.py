"""One media stream in time: a phone and a script on one end of a wire.

The phone decides what is sent and when, the script what the caller does; this only waits and carries. Reading,
writing and keeping time are three tasks, so that a bridge that reads slowly holds up the writer alone; when more than
`ROOM` messages wait for it, the phone throws caller audio away, as the carrier does.

The clock is the loop's, times `speed`: real or virtual, the same code.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Protocol, assert_never

from ivr.call.ports import WireClosed
from ivr.testbench.phone.phone import CloseStream, DropStream, Phone, WireViolation
from ivr.testbench.phone.script import CallerAct, HangUpPhone, PhoneScript, PressKey, SayAudio, StepTimedOut

ROOM = 250
"""Messages that may wait for the bridge to read them: 5 s of audio."""
WEBSOCKET_PROTOCOL_ERROR = 31924
"""Error: the bridge broke the WebSocket protocol."""
GOODBYE = 2.0
"""Seconds the socket's own closing may take."""


class FarWire(Protocol):
    """What a stream needs of its socket."""

    async def receive(self) -> str | bytes:
        """The next message; `WireClosed` at the end."""

    async def send(self, message: str) -> None:
        """Send one; waits while the other side does not read. `WireClosed` at the end."""

    async def close(self, code: int) -> None:
        """End in order."""

    def drop(self) -> None:
        """Let the connection die."""


class WireBroken(WireClosed):
    """The other side broke the WebSocket protocol."""


class Clock:
    """The loop's clock, faster or slower."""

    def __init__(self, speed: float = 1.0) -> None:
        self._loop = asyncio.get_running_loop()
        self._origin = self._loop.time()
        self.speed = speed
        """Call seconds in one second of the loop."""

    def now(self) -> float:
        """Call seconds; equal to the loop's at speed 1."""
        return self._origin + (self._loop.time() - self._origin) * self.speed

    def alarm(self, at: float, wake: Callable[[], object]) -> asyncio.TimerHandle:
        """Call `wake` at a moment of this clock."""
        return self._loop.call_at(self._origin + (at - self._origin) / self.speed, wake)

    async def sleep(self, seconds: float) -> None:
        """Let so many call seconds pass."""
        await asyncio.sleep(seconds / self.speed)


class CarrierStream:
    """A stream from `start` to its end. Use `run` once."""

    def __init__(self, wire: FarWire, phone: Phone, script: PhoneScript, clock: Clock, *, room: int = ROOM) -> None:
        self._wire = wire
        self._phone = phone
        self._script = script
        self._clock = clock
        self._room = room
        self._outbox: deque[str] = deque()
        self._kick = asyncio.Event()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._dead = False

    def __repr__(self) -> str:
        return f"<CarrierLeg {self._phone!r}, {len(self._outbox)} unsent, {self._script!r}>"

    def end(self) -> None:
        """The carrier takes the call out of the stream (an update by REST)."""
        self._phone.hang_up(self._clock.now(), "stop", "carrier")
        self._kick.set()

    async def run(self) -> None:
        """Carry the stream until its socket is over. Never raises for what the bridge does, strict phones excepted."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read()), group.create_task(self._write())]
                try:
                    await self._keep_time()
                finally:
                    for task in tasks:
                        task.cancel()
        except* WireViolation as violations:
            raise violations.exceptions[0] from None

    async def _keep_time(self) -> None:
        self._phone.open(self._clock.now())
        while True:
            self._kick.clear()
            now = self._clock.now()
            for due in self._script.poll(self._phone, now):
                self._perform(due, now)
            for out in self._phone.poll(now, room=len(self._outbox) < self._room):
                await self._put(out)
            if self._phone.over:
                return
            await self._sleep_until(self._phone.wake_at())

    async def _sleep_until(self, at: float | None) -> None:
        alarm = self._clock.alarm(at, self._kick.set) if at is not None else None
        await self._kick.wait()
        if alarm is not None:
            alarm.cancel()

    def _perform(self, due: CallerAct, now: float) -> None:
        match due:
            case SayAudio(ulaw, label):
                self._phone.say(ulaw, now, label)
            case PressKey(digit, more):
                self._phone.press(digit, now, more=more)
            case HangUpPhone(how):
                self._phone.hang_up(now, how)
            case StepTimedOut(why):
                self._phone.record.note(now, "gave_up", why)
            case _:
                assert_never(due)

    async def _put(self, out: str | CloseStream | DropStream) -> None:
        match out:
            case str():
                self._queue(out)
            case CloseStream(code):
                await self._flush()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE):
                        await self._wire.close(code)
            case DropStream():
                self._wire.drop()

    def _queue(self, message: str) -> None:
        if not self._dead:
            self._outbox.append(message)
            self._empty.clear()
            self._more.set()

    async def _flush(self) -> None:
        """Give the writer the time of a goodbye for what is still to be sent."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._empty.wait()

    async def _read(self) -> None:
        while True:
            try:
                message = await self._wire.receive()
            except WireClosed as end:
                self._closed(end)
                return
            self._phone.receive(message, self._clock.now())
            self._kick.set()

    def _closed(self, end: WireClosed) -> None:
        now = self._clock.now()
        if isinstance(end, WireBroken):
            self._phone.record.warn(now, WEBSOCKET_PROTOCOL_ERROR, "WebSocket protocol error")
        self._phone.closed(now, end.code)
        self._kick.set()

    async def _write(self) -> None:
        try:
            while True:
                while self._outbox:
                    await self._wire.send(self._outbox[0])
                    self._outbox.popleft()
                self._empty.set()
                self._more.clear()
                await self._more.wait()
        except WireClosed:
            self._dead = True
            self._outbox.clear()
            self._empty.set()
