"""A room changes what a phone sends, and the phone's own track with it."""

from __future__ import annotations

import asyncio
import base64
import json

import numpy as np
import pytest

from ivr.media import g711
from ivr.testbench.phone import messages
from ivr.testbench.recording import PhoneRecord
from tools.tapes.room import QUIET, Room, RoomWire
from tools.vad import sounds

IDS = messages.Ids("AC1", "CA1", "MZ1")
SILENT = bytes([g711.SILENCE]) * 160


class FarEnd:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.over: list[object] = []

    async def receive(self) -> str:
        return "hello"

    async def send(self, message: str) -> None:
        self.sent.append(message)

    async def close(self, code: int) -> None:
        self.over.append(code)

    def drop(self) -> None:
        self.over.append("dropped")


def through(room: Room, record: PhoneRecord, *chunks: bytes) -> tuple[FarEnd, list[bytes]]:
    """Send chunks from sample 0 on, and return what arrives."""
    end = FarEnd()
    wire = RoomWire(end, record, room)

    async def run() -> None:
        for number, chunk in enumerate(chunks):
            record.caller += chunk
            await wire.send(messages.media(IDS, number + 2, number + 1, 8 + 20 * number, chunk))
        assert await wire.receive() == "hello"
        await wire.send("text")
        await wire.close(1000)
        wire.drop()

    asyncio.run(run())
    assert end.over == [1000, "dropped"]
    assert end.sent.pop() == "text"
    return end, [base64.b64decode(json.loads(message)["media"]["payload"]) for message in end.sent]


def loudness(audio: bytes) -> float:
    """Of mu-law, in dBFS."""
    samples = np.frombuffer(g711.decode(audio), "<i2").astype(np.float64)
    return float(20 * np.log10(sounds.rms(samples) / 32768))


def test_a_quiet_room_changes_nothing() -> None:
    voice = bytes(range(160))
    record = PhoneRecord()
    end, arrived = through(QUIET, record, voice, SILENT)
    assert g711.decode(b"".join(arrived)) == g711.decode(voice + SILENT)
    assert json.loads(end.sent[0])["media"]["timestamp"] == "8"


def test_noise_has_its_level() -> None:
    record = PhoneRecord()
    _, arrived = through(Room(noise="pink", noise_dbfs=-40), record, *[SILENT] * 200)
    assert loudness(b"".join(arrived)) == pytest.approx(-40, abs=1.5)
    assert bytes(record.caller) == b"".join(arrived)


def test_the_agent_comes_back_later_and_weaker() -> None:
    heard = sounds.noise("white", np.random.default_rng(1), 160 * 40) * sounds.amplitude(-20)
    record = PhoneRecord(heard=bytearray(g711.encode(np.rint(heard).astype("<i2").tobytes())))
    _, arrived = through(Room(echo_db=20, echo_ms=100), record, *[SILENT] * 40)
    assert b"".join(arrived[:5]) == SILENT * 5
    assert loudness(b"".join(arrived[5:])) == pytest.approx(-40, abs=1)
    back = np.frombuffer(g711.decode(b"".join(arrived)), "<i2").astype(np.float64)
    assert np.corrcoef(back[800:], heard[:-800])[0, 1] > 0.95


def test_what_was_not_heard_yet_does_not_come_back() -> None:
    record = PhoneRecord(heard=bytearray(b"\x10" * 80))
    _, arrived = through(Room(echo_db=1, echo_ms=20), record, SILENT, SILENT, SILENT)
    assert [loudness(one) > -60 for one in arrived] == [False, True, False]


def test_a_room_is_told_in_words() -> None:
    assert QUIET.described() == "quiet"
    assert Room("car", -44.0, 20.0, 120).described() == "car -44 dBFS, echo -20 dB 120 ms"
