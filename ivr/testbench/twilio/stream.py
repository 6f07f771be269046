"""Run one media stream in time: a phone and a script on one end of a wire.

The phone decides what is sent and when. The script decides what the caller does. This file waits and carries.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Protocol, assert_never

from ivr.call.ports import WireClosed
from ivr.testbench.phone.phone import CloseStream, DropStream, Phone, WireViolation
from ivr.testbench.phone.script import CallerScript, HangUpPhone, PressKey, SayAudio, StepTimedOut
from ivr.testbench.recording import Ending

ROOM = 250
"""Messages that may wait until the bridge reads them: 5 s of audio."""
WEBSOCKET_PROTOCOL_ERROR = 31924
"""Error: the bridge broke the WebSocket protocol."""
GOODBYE = 2.0
"""Seconds that closing the socket may take."""


class FarWire(Protocol):
    """Represent what a stream needs of its socket."""

    async def receive(self) -> str | bytes:
        """Return the next message. Raises `WireClosed` at the end."""

    async def send(self, message: str) -> None:
        """Send a message. Waits while the bridge does not read. Raises `WireClosed` at the end."""

    async def close(self, code: int) -> None:
        """Close the socket with a close frame."""

    def drop(self) -> None:
        """Drop the connection without a close frame."""


class WireBroken(WireClosed):
    """Report that the bridge broke the WebSocket protocol."""


class Clock:
    """Tell the loop's time, faster or slower."""

    def __init__(self, speed: float = 1.0) -> None:
        self._loop = asyncio.get_running_loop()
        self._origin = self._loop.time()
        self.speed = speed
        """Call seconds in one second of the loop."""

    def now(self) -> float:
        """Return the time in call seconds. It is the loop's time at speed 1."""
        return self._origin + (self._loop.time() - self._origin) * self.speed

    def alarm(self, at: float, wake: Callable[[], object]) -> asyncio.TimerHandle:
        """Call `wake` at a moment of this clock."""
        return self._loop.call_at(self._origin + (at - self._origin) / self.speed, wake)

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` call seconds."""
        await asyncio.sleep(seconds / self.speed)


class CarrierStream:
    """Carry a stream from `start` to its end. Call `run` once."""

    def __init__(self, wire: FarWire, phone: Phone, script: CallerScript, clock: Clock, *, room: int = ROOM) -> None:
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
        self._ending: Ending = ""

    def __repr__(self) -> str:
        return f"<CarrierLeg {self._phone!r}, {len(self._outbox)} unsent, {self._script!r}>"

    def end(self, ending: Ending = "carrier") -> None:
        """Take the call out of the stream: an update by REST, or a hang-up that the script does not know of."""
        self._phone.hang_up(self._clock.now(), "stop", ending)
        self._kick.set()

    def end_soon(self, ending: Ending) -> None:
        """End a stream that has not begun as soon as it has."""
        self._ending = ending

    def press(self, digit: str) -> None:
        """Press a key that the script does not know of."""
        self._phone.press(digit, self._clock.now())
        self._kick.set()

    async def run(self) -> None:
        """Carry the stream until its socket is over. Raises `WireViolation` for a strict phone, else never."""
        # Three tasks, so that a bridge that reads slowly holds up the writer alone.
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
        """Perform what the script and the phone ask for, each at its time, until the phone is over."""
        self._phone.open(self._clock.now())
        if self._ending:
            self.end(self._ending)
        while True:
            self._kick.clear()
            now = self._clock.now()
            for act in self._script.poll(self._phone, now):
                match act:
                    case SayAudio(ulaw, label):
                        self._phone.say(ulaw, now, label)
                    case PressKey(digit, more):
                        self._phone.press(digit, now, more=more)
                    case HangUpPhone(how):
                        self._phone.hang_up(now, how)
                    case StepTimedOut(why):
                        self._phone.record.note(now, "gave_up", why)
                    case _:
                        assert_never(act)
            # Twilio discards caller audio when the bridge reads too slowly (31930, upstream buffer overflow).
            for out in self._phone.poll(now, room=len(self._outbox) < self._room):
                match out:
                    case str() if not self._dead:
                        self._outbox.append(out)
                        self._empty.clear()
                        self._more.set()
                    case CloseStream(code):
                        # What is still to be sent goes first, but a bridge that does not read must not hold up the end.
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(GOODBYE):
                                await self._empty.wait()
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(GOODBYE):
                                await self._wire.close(code)
                    case DropStream():
                        self._wire.drop()
            if self._phone.over:
                return
            at = self._phone.wake_at()
            alarm = self._clock.alarm(at, self._kick.set) if at is not None else None
            await self._kick.wait()
            if alarm is not None:
                alarm.cancel()

    async def _read(self) -> None:
        """Give the phone every message of the bridge, and the end of the socket."""
        while True:
            try:
                message = await self._wire.receive()
            except WireClosed as end:
                now = self._clock.now()
                if isinstance(end, WireBroken):
                    self._phone.record.warn(now, WEBSOCKET_PROTOCOL_ERROR, "WebSocket protocol error")
                self._phone.closed(now, end.code)
                self._kick.set()
                return
            self._phone.receive(message, self._clock.now())
            self._kick.set()

    async def _write(self) -> None:
        """Send what waits in the outbox, until the socket is over."""
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
