"""Put a caller's telephone into a room: noise around the caller, and the agent's voice that comes back as an echo.

The room lies between the phone and the bridge: it changes what is sent, and the phone's own track with it, so that the
recording of the phone is what the bridge got.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from ivr.media import g711
from ivr.testbench.phone.phone import PhoneOptions
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.stream import FarWire
from tools.vad import sounds

NOISES: Final = tuple(sounds.NOISES)
_LOOP: Final = 20 * g711.RATE
"""Samples after which the noise repeats."""
_MEDIA: Final = re.compile(r'"timestamp":"(\d+)","payload":"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Room:
    """Where a caller is."""

    noise: str = ""
    """A name of `NOISES`; empty: none."""
    noise_dbfs: float = -50.0
    echo_db: float = 0.0
    """How much weaker the agent's voice comes back; 0: it does not."""
    echo_ms: int = 160

    def described(self) -> str:
        """The room in a few words."""
        parts = [f"{self.noise} {self.noise_dbfs:.0f} dBFS"] if self.noise else []
        parts += [f"echo -{self.echo_db:.0f} dB {self.echo_ms} ms"] if self.echo_db else []
        return ", ".join(parts) or "quiet"


QUIET: Final = Room()


class RoomWire:
    """A wire that carries the caller's audio as it sounds in the room."""

    def __init__(self, wire: FarWire, record: PhoneRecord, room: Room, first_timestamp_ms: int | None = None) -> None:
        self._wire, self._record, self._room = wire, record, room
        first = PhoneOptions().first_timestamp_ms if first_timestamp_ms is None else first_timestamp_ms
        self._first = first

    async def receive(self) -> str | bytes:
        """The next message."""
        return await self._wire.receive()

    async def send(self, message: str) -> None:
        """Send a message; audio gets the room."""
        found = _MEDIA.search(message)
        if found is not None:
            start = (int(found[1]) - self._first) * 8
            payload = self.heard_in(base64.b64decode(found[2]), start)
            self._record.caller[start : start + len(payload)] = payload
            message = f"{message[: found.start(2)]}{base64.b64encode(payload).decode()}{message[found.end(2) :]}"
        await self._wire.send(message)

    async def close(self, code: int) -> None:
        """Close the socket."""
        await self._wire.close(code)

    def drop(self) -> None:
        """Drop the connection."""
        self._wire.drop()

    def heard_in(self, payload: bytes, start: int) -> bytes:
        """A chunk of the caller's track as it sounds in the room. `start`: its first sample."""
        sound = np.frombuffer(g711.decode(payload), "<i2").astype(np.float64)
        if self._room.noise:
            at = start % (_LOOP - len(sound))
            sound += _noise(self._room.noise)[at : at + len(sound)] * sounds.amplitude(self._room.noise_dbfs)
        if self._room.echo_db:
            sound += self._echo(start - self._room.echo_ms * 8, len(sound)) * 10 ** (-self._room.echo_db / 20)
        return g711.encode(np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes())

    def _echo(self, start: int, length: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """What was heard at this place of the agent's track."""
        heard = bytes(self._record.heard[max(0, start) : max(0, start + length)])
        silent = bytes([g711.SILENCE])
        heard = silent * (min(length, -start) if start < 0 else 0) + heard
        return np.frombuffer(g711.decode(heard.ljust(length, silent)), "<i2").astype(np.float64)


@lru_cache(maxsize=len(NOISES))
def _noise(kind: str) -> sounds.Sound:
    return sounds.noise(kind, np.random.default_rng(NOISES.index(kind)), _LOOP)
