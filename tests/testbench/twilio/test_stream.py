"""A whole stream in virtual time: a phone with a scenario, and a small agent."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr.call.ports import WireClosed
from ivr.testbench import virtual_time
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.phone.figures import figures
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions, WireViolation
from ivr.testbench.phone.script import PhoneScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.stream import CarrierStream, Clock, WireBroken

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
SECOND = b"\x10" * 8000
LOUD = b"\x20"


class Agent:
    """Greets, answers every utterance 0.6 s after its end, goes quiet when talked over, says goodbye and closes."""

    def __init__(self, wire: MemoryWire, *, answers: int = 3, length: float = 3.0) -> None:
        self.wire = wire
        self.answers = answers
        self.length = length
        self.heard: list[dict[str, Any]] = []

    async def order(self, event: str, **more: object) -> None:
        with contextlib.suppress(WireClosed):
            await self.wire.send(json.dumps({"event": event, "streamSid": IDS.stream, **more}))

    async def speak(self, seconds: float) -> None:
        await self.order("media", media={"payload": base64.b64encode(LOUD * int(8000 * seconds)).decode()})
        await self.order("mark", mark={"name": "end"})

    async def run(self) -> None:
        talking = quiet = 0
        while True:
            message = json.loads(await self.wire.receive())
            self.heard.append(message)
            if message["event"] == "start":
                await self.speak(2.0)
            if message["event"] != "media":
                continue
            loud = base64.b64decode(message["media"]["payload"]).strip(b"\xff") != b""
            talking, quiet = (talking + 1, 0) if loud else (talking, quiet + 1)
            if loud and talking == 5:
                await self.order("clear")
            if talking and quiet == 30:
                talking, self.answers = 0, self.answers - 1
                await self.speak(self.length if self.answers > 0 else 1.0)
                if self.answers <= 0:
                    await asyncio.sleep(1.5)
                    await self.wire.close(1000)


def played(
    scenario: Scenario,
    bridge: Callable[[MemoryWire], Awaitable[None]],
    *,
    options: PhoneOptions | None = None,
    speed: float = 1.0,
    room: int = 250,
    during: Callable[[CarrierStream, MemoryWire], Awaitable[None]] | None = None,
    **wire: Any,
) -> PhoneRecord:
    record = PhoneRecord()

    async def main() -> None:
        near, far = wire_pair(**wire)
        script = PhoneScript(scenario, dict.fromkeys(range(len(scenario.steps)), SECOND))
        line = CarrierStream(near, Phone(IDS, record, options=options), script, Clock(speed), room=room)
        assert "unsent" in repr(line)
        other = asyncio.ensure_future(bridge(far))
        meddling = asyncio.ensure_future(during(line, near)) if during else None
        try:
            await line.run()
        finally:
            for task in (other, meddling):
                if task is not None:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError, WireClosed):
                        await task

    virtual_time.run(main(), limit=600)
    return record


CONVERSATION = from_words(["say one", "say two", "over 2000 say stop", "say bye", "wait"])


async def answering(wire: MemoryWire) -> None:
    await Agent(wire, answers=4).run()


async def deaf(wire: MemoryWire) -> None:
    while True:
        await wire.receive()


def test_two_questions_a_barge_in_and_a_hang_up() -> None:
    record = played(CONVERSATION, answering)
    found = figures(record)
    assert [speech.label for speech in record.speech] == ["one", "two", "stop", "bye"]
    assert [speech.over for speech in record.speech] == [False, False, True, False]
    assert record.ended == "agent"
    assert record.of("gave_up") == []
    assert record.warnings == {}
    assert [answer.reply_ms for answer in found.answers] == pytest.approx([600, 600, 600, 600], abs=21)
    assert found.first_audio_ms == 0
    assert [barge.stop_ms for barge in found.barge_ins] == pytest.approx([100], abs=21)
    assert found.overlap_ms == pytest.approx(100, abs=21)
    assert found.discarded_ms == pytest.approx(900, abs=41)
    assert (found.underruns, found.leaked_ms, found.cut_ms) == ([], 0, 0)
    assert found.certified
    assert found.lateness_p99_ms < 0.01


def test_same_call_gives_the_same_record() -> None:
    one, other = (played(CONVERSATION, answering, options=PhoneOptions(keep_messages=True)) for _ in range(2))
    assert one == other
    assert len(one.messages) > 500


def test_network_latency_is_measured() -> None:
    found = figures(played(CONVERSATION, answering, latency=0.09))
    assert [answer.reply_ms for answer in found.answers] == pytest.approx([780] * 4, abs=21)
    assert [barge.stop_ms for barge in found.barge_ins] == pytest.approx([280], abs=21)


def test_clock_may_run_faster() -> None:
    async def main() -> tuple[float, float]:
        clock, loop = Clock(10), asyncio.get_running_loop()
        began = clock.now()
        await clock.sleep(5)
        rung = asyncio.Event()
        clock.alarm(clock.now() + 5, rung.set)
        await rung.wait()
        return clock.now() - began, loop.time()

    assert virtual_time.run(main()) == pytest.approx((10, 1))
    assert figures(played(from_words(["at 1 hang up"]), deaf, speed=20)).certified


def test_caller_hangs_up() -> None:
    heard: list[str] = []

    async def bridge(wire: MemoryWire) -> None:
        while True:
            message = json.loads(await wire.receive())
            heard.append(message["event"])
            if message["event"] == "stop":
                await wire.close(1000)

    record = played(from_words(["at 1 press 1", "at 1.5 hang up"]), bridge)
    assert (heard[:2], heard[-1]) == (["connected", "start"], "stop")
    assert heard.count("dtmf") == 1
    assert (record.ended, record.of("closed")[0].detail) == ("caller", "1000")
    assert len(record.caller) == pytest.approx(1.5 * 8000, abs=320)


@pytest.mark.parametrize(
    ("how", "code", "seconds"), [("stop", 1000, 1.2), ("stop_open", 1000, 31), ("close", 1000, 1), ("drop", None, 1)]
)
def test_what_the_bridge_sees_of_a_hang_up(how: str, code: int | None, seconds: float) -> None:
    seen: list[tuple[int | None, float]] = []

    async def bridge(wire: MemoryWire) -> None:
        try:
            await deaf(wire)
        except WireClosed as end:
            seen.append((end.code, asyncio.get_running_loop().time()))

    played(from_words([f"at 1 hang up {how}"]), bridge)
    [(found, at)] = seen
    assert found == code
    assert at == pytest.approx(seconds - 0.22, abs=0.03)


def test_bridge_drops_the_connection() -> None:
    async def bridge(wire: MemoryWire) -> None:
        await asyncio.sleep(1)
        wire.drop()

    record = played(CONVERSATION, bridge)
    assert (record.ended, list(record.warnings)) == ("lost", [31921])


def test_bridge_breaks_the_websocket_protocol() -> None:
    def closed(code: int | None) -> WireClosed:
        return WireBroken(1002)

    async def bridge(wire: MemoryWire) -> None:
        await asyncio.sleep(1)
        wire.drop()

    record = played(CONVERSATION, bridge, closed=closed)
    assert list(record.warnings) == [31924]


def test_slow_bridge_loses_caller_audio() -> None:
    async def bridge(wire: MemoryWire) -> None:
        await asyncio.sleep(10)
        await wire.close(1000)

    record = played(CONVERSATION, bridge, depth=100, room=50)
    assert list(record.warnings) == [31930]
    assert len(record.lateness_ms) == pytest.approx(150, abs=12)


def test_hang_up_ends_when_the_bridge_does_not_read() -> None:
    async def bridge(wire: MemoryWire) -> None:
        await asyncio.sleep(100)

    record = played(from_words(["at 5 hang up"]), bridge, depth=10)
    assert record.ended == "caller"


def test_hang_up_ends_when_the_socket_does_not_close() -> None:
    class Stuck(MemoryWire):
        async def close(self, code: int = 1000) -> None:
            await asyncio.sleep(1000)

    async def main() -> float:
        near, _ = wire_pair()
        near.__class__ = Stuck
        line = CarrierStream(near, Phone(IDS, PhoneRecord()), PhoneScript(from_words(["at 1 hang up"]), {}), Clock())
        await line.run()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == pytest.approx(3, abs=0.3)


def test_carrier_ends_the_stream() -> None:
    async def during(line: CarrierStream, _: MemoryWire) -> None:
        await asyncio.sleep(3)
        line.end()

    record = played(CONVERSATION, answering, during=during)
    assert record.ended == "carrier"


def test_step_that_times_out_is_noted() -> None:
    record = played(Scenario(from_words(["say hello"]).steps, patience_s=2), deaf)
    assert [e.detail for e in record.of("gave_up")] == [
        "2 s (patience_s) for the agent to finish, at step 1 (say 'hello')"
    ]
    assert record.ended == "caller"


def test_strict_phone_fails_the_run() -> None:
    async def bridge(wire: MemoryWire) -> None:
        await wire.receive()
        await wire.send("nonsense")
        await deaf(wire)

    assert list(played(from_words(["at 1 hang up"]), bridge).warnings) == [31951]
    with pytest.raises(WireViolation):
        played(CONVERSATION, bridge, options=PhoneOptions(strict=True))


def test_pauses_and_losses_of_the_network() -> None:
    async def during(_: CarrierStream, wire: MemoryWire) -> None:
        await asyncio.sleep(2.5)
        wire.stall(0.2)

    record = played(CONVERSATION, answering, during=during, latency=0.05)
    assert record.ended == "agent"
