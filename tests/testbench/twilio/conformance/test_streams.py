"""M7 to M25 and M31 to M35: the media stream, what the caller hears, and the faults that are played and seen."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.call.ports import WireClosed
from ivr.media.g711 import SILENCE
from ivr.testbench import virtual_time
from ivr.testbench.memory import MemoryWire, wire_pair
from ivr.testbench.phone.again import AgainScript, differences
from ivr.testbench.phone.figures import figures
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone, PhoneOptions, Stretch, WireViolation
from ivr.testbench.phone.script import CallerScript, PhoneScript
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import FarParty, StreamRefused
from ivr.testbench.twilio.many import place_many
from ivr.testbench.twilio.network import NetworkFaults
from ivr.testbench.twilio.signing import SIGNATURE, signature
from ivr.testbench.twilio.stream import CarrierStream, Clock, WireBroken
from tests.testbench.twilio.legs.offices import STREAM, TOKEN, Bridge, run

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
TALK, CUT = b"\x10", b"\x20"
Talk = Callable[[MemoryWire], Awaitable[None]]


def media(ms: float, sound: bytes = TALK, **more: object) -> str:
    payload = base64.b64encode(sound * int(8 * ms)).decode()
    return json.dumps({"event": "media", "streamSid": IDS.stream, "media": {"payload": payload}, **more})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": IDS.stream, "mark": {"name": name}})


CLEAR = json.dumps({"event": "clear", "streamSid": IDS.stream})


def streamed(
    talk: Talk,
    words: list[str] | None = None,
    *,
    options: PhoneOptions | None = None,
    script: CallerScript | None = None,
    audio: bytes = b"\x30" * 8000,
    room: int = 250,
) -> tuple[PhoneRecord, list[dict[str, Any]]]:
    """Carry one stream to a bridge; return the record and all that the bridge got."""
    scenario = from_words(words or ["at 5 hang up"])
    chosen = script or PhoneScript(scenario, {number: audio for number, _ in enumerate(scenario.steps)})
    got: list[dict[str, Any]] = []

    async def bridge(wire: MemoryWire) -> None:
        async def listen() -> None:
            while True:
                got.append(json.loads(await wire.receive()))

        listening = asyncio.ensure_future(listen())
        try:
            await talk(wire)
            await listening
        except WireClosed:
            pass
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def main() -> PhoneRecord:
        near, far = wire_pair(depth=200)
        record = PhoneRecord()
        phone = Phone(IDS, record, options=options or PhoneOptions(keep_messages=True))
        serving = asyncio.ensure_future(bridge(far))
        await CarrierStream(near, phone, chosen, Clock(), room=room).run()
        await near.close(1000)
        await serving
        return record

    return virtual_time.run(main(), limit=900), got


async def quiet(wire: MemoryWire) -> None:
    del wire


def sent(record: PhoneRecord, event: str) -> list[tuple[float, dict[str, Any]]]:
    read = [(t, json.loads(text)) for t, way, text in record.messages if way == ">"]
    return [(t, message) for t, message in read if message["event"] == event]


@pytest.mark.parametrize(("slash", "signed"), [(False, "/media"), (True, "/media/")])
def test_m07_upgrade_is_signed_over_the_wss_url(slash: bool, signed: str) -> None:
    office = run({"/voice": STREAM}, trailing_slash=slash, talk=closing)
    url, headers = office.carrier.office.webhooks.socket("wss://ivr.example.com/media", trailing_slash=slash)
    assert url == "ws://127.0.0.1:8000/media"
    assert headers == {SIGNATURE: signature(TOKEN, f"wss://ivr.example.com{signed}")}


async def closing(wire: MemoryWire) -> None:
    await wire.receive()
    await wire.close(1000)


@pytest.mark.parametrize("code", [31901, 31902, 31920, 31924])
def test_m08_handshake_that_fails_is_told(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> MemoryWire:
        raise StreamRefused(code, "why")

    monkeypatch.setattr(Bridge, "connect", refuse)
    stream = STREAM.replace("<Stream ", "<Stream statusCallback='/stream' ")
    office = run({"/voice": stream + "<Say>sorry</Say>", "/stream": ""})
    [told] = office.bridge.forms("/stream")
    assert (told["StreamEvent"], told["StreamError"]) == ("stream-error", f"{code} - why")
    assert (list(office.record.warnings), office.record.said) == ([code], ["sorry"])


def test_m09_first_messages_are_those_of_the_capture() -> None:
    record, _ = streamed(quiet)
    texts = [text for _, way, text in record.messages if way == ">"]
    assert texts[0] == '{"event":"connected","protocol":"Call","version":"1.0.0"}'
    assert texts[1] == (
        f'{{"event":"start","sequenceNumber":"1","start":{{"accountSid":"{IDS.account}","streamSid":"{IDS.stream}",'
        f'"callSid":"{IDS.call}",'
        '"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},'
        f'"customParameters":{{}}}},"streamSid":"{IDS.stream}"}}'
    )
    payload = base64.b64encode(bytes([SILENCE]) * 160).decode()
    assert texts[2] == (
        '{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"8",'
        f'"payload":"{payload}"}},"streamSid":"{IDS.stream}"}}'
    )


def test_m10_ids_are_two_letters_and_32_hex_digits() -> None:
    office = run({"/voice": STREAM}, talk=closing)
    for sid, kind in ((office.record.call_sid, "CA"), (office.record.stream_sid, "MZ")):
        assert re.fullmatch(f"{kind}[0-9a-f]{{32}}", sid)


def test_m11_chunks_leave_on_an_absolute_clock() -> None:
    record, _ = streamed(quiet)
    times = [t for t, _ in sent(record, "media")]
    assert times[:11] == [times[0]] * 11
    assert [round(b - a, 6) for a, b in itertools.pairwise(times[11:])] == [0.02] * (len(times) - 12)
    assert record.lateness_p99_ms < 1e-6
    assert record.certified
    record.lateness_ms.extend([6.0] * 100)
    assert not record.certified


def test_m11_gaps_are_late_and_losses_jump() -> None:
    options = PhoneOptions(
        keep_messages=True, pauses=(Stretch(1000, 233),), losses=(Stretch(2000, 100),), chunks=(80, 160, 320)
    )
    record, _ = streamed(quiet, options=options)
    chunks = sent(record, "media")
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(chunks)]
    assert 0.2 < max(gaps) < 0.28
    stamps = [int(message["media"]["timestamp"]) for _, message in chunks]
    assert sum(b - a > 60 for a, b in itertools.pairwise(stamps)) == 1


def test_m12_silence_is_sent_while_the_bridge_speaks() -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(media(3000))

    record, got = streamed(talk)
    payloads = [base64.b64decode(m["media"]["payload"]) for m in got if m["event"] == "media"]
    assert set(b"".join(payloads)) == {0xFF}
    assert len(payloads) >= 249
    assert [run.ms for run in record.runs] == [3000]


def test_m13_slow_bridge_loses_caller_audio() -> None:
    async def main() -> PhoneRecord:
        near, _ = wire_pair(depth=5)
        record = PhoneRecord()
        script = PhoneScript(from_words(["at 8 hang up"]), {})
        await CarrierStream(near, Phone(IDS, record), script, Clock(), room=50).run()
        return record

    record = virtual_time.run(main(), limit=60)
    assert list(record.warnings) == [31930]
    assert len(record.of("warning")) == 1


def test_m14_any_size_is_played_in_order_at_8000_bytes_a_second() -> None:
    async def talk(wire: MemoryWire) -> None:
        for size, sound in ((1, TALK), (999, CUT), (7, TALK)):
            await wire.send(media(size / 8, sound))

    record, _ = streamed(talk)
    [run] = record.runs
    assert bytes(record.heard[run.start : run.end]) == TALK + CUT * 999 + TALK * 7


def test_m15_mark_comes_back_when_it_was_played() -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(mark("none before"))
        await asyncio.sleep(0.5)
        await wire.send(media(1000))
        await wire.send(mark("after a second"))

    record, _ = streamed(talk)
    back = [(round(t - record.of("stream")[0].t, 3), message["mark"]["name"]) for t, message in sent(record, "mark")]
    assert back == [(0.0, "none before"), (1.5, "after a second")]


def test_m16_clear_returns_marks_in_order_within_a_frame() -> None:
    async def talk(wire: MemoryWire) -> None:
        for name in ("a", "b", "c"):
            await wire.send(media(1000))
            await wire.send(mark(name))
        await asyncio.sleep(0.5)
        await wire.send(CLEAR)
        await wire.send(media(200, CUT))

    record, _ = streamed(talk)
    marks = sent(record, "mark")
    assert [message["mark"]["name"] for _, message in marks] == ["a", "b", "c"]
    assert all(0 <= t - record.of("clear")[0].t <= 0.02 for t, _ in marks)
    assert [run.ms for run in record.runs][-1] in (200.0, 700.0)
    assert record.discarded_ms == 2500


def test_m17_order_and_sequence_hold_across_a_clear() -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(media(300))
        await wire.send(mark("gone"))
        await wire.send(CLEAR)
        await wire.send(media(100))
        await wire.send(mark("next"))

    record, got = streamed(talk)
    numbers = [int(message["sequenceNumber"]) for message in got if "sequenceNumber" in message]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [message["mark"]["name"] for _, message in sent(record, "mark")] == ["gone", "next"]


def test_m18_recording_is_what_was_heard(tmp_path: Path) -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(media(500))
        await asyncio.sleep(1)
        await wire.send(media(500))
        await asyncio.sleep(0.1)
        await wire.send(CLEAR)

    record, _ = streamed(talk)
    assert [round(run.ms) for run in record.runs] == [500, 100]
    assert (record.discarded_ms, figures(record).discarded_ms) == (400, 400)
    record.save_wav(tmp_path / "call.wav")
    assert (tmp_path / "call.wav").stat().st_size > 4 * len(record.heard)
    assert [round(gap.ms) for gap in figures(record).underruns] == [500]


def test_m19_more_than_ten_minutes_are_discarded_once() -> None:
    async def talk(wire: MemoryWire) -> None:
        for _ in range(11):
            await wire.send(media(60_000))

    record, _ = streamed(talk)
    assert list(record.warnings) == [31931]
    assert len(record.of("warning")) == 1


WRONG = [
    (b"\x00\x01", 31950),
    ("{", 31951),
    (json.dumps({"event": "sing", "streamSid": IDS.stream}), 31951),
    (json.dumps({"event": "media", "streamSid": IDS.stream}), 31951),
    (media(20, sequenceNumber="1"), 31951),
    (media(20).replace(IDS.stream, "MZ" + "0" * 32), 31951),
    (media(20).replace("EBAQ", "!!!!", 1), 31951),
]


@pytest.mark.parametrize(("message", "code"), WRONG)
def test_m20_messages_outside_the_protocol_are_warned_once(message: str | bytes, code: int) -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(message)
        await wire.send(message)
        await wire.send(media(200))

    record, _ = streamed(talk)
    assert (list(record.warnings), len(record.of("warning")), len(record.of("fault"))) == ([code], 1, 2)
    assert [run.ms for run in record.runs] == [200]
    with pytest.raises(WireViolation):
        streamed(talk, options=PhoneOptions(strict=True))


def test_m21_file_header_in_the_audio_is_seen() -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.send(media(20, b"RIFF" + b"\x10" * 156))

    record, _ = streamed(talk)
    assert [entry.detail for entry in record.of("fault")] == ["a file header in the audio"]


def test_m22_broken_websocket_protocol_is_31924() -> None:
    async def main() -> PhoneRecord:
        near, far = wire_pair(closed=lambda code: WireBroken(code))
        record = PhoneRecord()
        asyncio.get_running_loop().call_later(1, lambda: far.drop())
        await CarrierStream(near, Phone(IDS, record), PhoneScript(from_words(["wait"]), {}), Clock()).run()
        return record

    assert 31924 in virtual_time.run(main(), limit=60).warnings


def test_m23_keys_are_of_the_inbound_track() -> None:
    _, got = streamed(quiet, ["at 1 press 0123456789*#", "at 5 hang up"])
    keys = [message for message in got if message["event"] == "dtmf"]
    assert "".join(message["dtmf"]["digit"] for message in keys) == "0123456789*#"
    assert {message["dtmf"]["track"] for message in keys} == {"inbound_track"}


@pytest.mark.parametrize(("how", "stop"), [("stop", True), ("stop_open", True), ("close", False), ("drop", False)])
def test_m24_ways_to_hang_up(how: str, stop: bool) -> None:
    record, got = streamed(quiet, [f"at 1 hang up {how}"])
    assert ("stop" in [message["event"] for message in got]) == stop
    assert record.ended == "caller"
    if stop:
        last = got[-1]
        assert last["stop"] == {"accountSid": IDS.account, "callSid": IDS.call}


@pytest.mark.parametrize("clean", [True, False])
def test_m25_bridge_that_closes_goes_on_with_the_next_verb(clean: bool) -> None:
    async def talk(wire: MemoryWire) -> None:
        await wire.receive()
        await asyncio.sleep(1)
        if clean:
            await wire.close(1000)
        else:
            wire.drop()

    office = run({"/voice": STREAM + "<Say>next</Say>"}, talk=talk)
    assert office.record.said == ["next"]
    assert list(office.record.warnings) == ([] if clean else [31921])
    action = STREAM.replace("<Connect>", "<Connect action='/after'>")
    office = run({"/voice": action, "/after": "<Say>after</Say>"}, talk=talk)
    assert office.record.said == ["after"]
    assert office.bridge.forms("/after")[0]["CallStatus"] == "in-progress"


async def answering(wire: MemoryWire) -> None:
    """Greet, mark it, and cut itself off two seconds later."""
    await wire.send(media(1500))
    await wire.send(mark("greeting"))
    await asyncio.sleep(2)
    await wire.send(media(3000, CUT))
    await asyncio.sleep(1)
    await wire.send(CLEAR)


def test_m31_call_is_recorded_played_again_and_compared(tmp_path: Path) -> None:
    first, was = streamed(answering, ["at 1 say hello", "at 3 press 5", "at 6 hang up"])
    first.save_log(tmp_path / "call.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "call.jsonl").read_text("utf-8").splitlines()]
    assert sum("message" in line for line in lines) == len(first.messages)
    again, now = streamed(answering, script=AgainScript(first))
    assert now == was
    assert again.messages == first.messages
    assert differences(first, again) == []

    async def otherwise(wire: MemoryWire) -> None:
        await wire.send(media(1700, CUT))
        await asyncio.sleep(0.2)
        await wire.send(mark("greeting"))
        await asyncio.sleep(3)
        await wire.send(CLEAR)

    other, _ = streamed(otherwise, script=AgainScript(first))
    found = differences(first, other)
    assert found[0] == "message 1 (mark greeting): +200 ms"
    assert found[-1].endswith("of what was heard is other audio")


def test_m32_scripts_say_press_interrupt_and_hang_up() -> None:
    record, _ = streamed(answering, ["over 500 say stop", "at 5 press 1", "at 6 hang up"])
    [speech] = record.speech
    assert speech.over
    assert [entry.detail for entry in record.of("digit")] == ["1"]


@pytest.mark.parametrize(
    ("faults", "ended", "late"),
    [
        (NetworkFaults(latency_s=0.2, jitter_s=0.05), "caller", 0.4),
        (NetworkFaults(stalls=((1.0, 2.0),)), "caller", 0.0),
        (NetworkFaults(half_open_at_s=2.0, give_up_s=5.0), "caller", 0.0),
        (NetworkFaults(cut_at_s=2.0), "lost", 0.0),
    ],
)
def test_m33_faults_of_the_network(faults: NetworkFaults, ended: str, late: float) -> None:
    arrived: list[float] = []

    async def talk(wire: MemoryWire) -> None:
        loop = asyncio.get_running_loop()
        while True:
            message = json.loads(await wire.receive())
            arrived.append(loop.time())
            if message["event"] == "start":
                said = media(1000).replace(IDS.stream, message["streamSid"])
                await wire.send(said)
                await wire.send(mark("end").replace(IDS.stream, message["streamSid"]))

    office = run(
        {"/voice": STREAM},
        talk=talk,
        network=faults,
        caller=FarParty(hangs_up_s=6.0),
    )
    record = office.record
    assert record.ended == ended
    if late:
        [back] = record.of("mark_back")
        assert back.t - record.of("stream")[0].t >= 1.0 + late
    gap = max(b - a for a, b in itertools.pairwise(arrived))
    assert (gap > 1.9) == bool(faults.stalls)


def test_m34_many_calls_tell_their_own_cost() -> None:
    async def place(number: int) -> PhoneRecord:
        near, far = wire_pair()
        record = PhoneRecord(call_sid=str(number))
        script = PhoneScript(from_words(["at 2 hang up"]), {})
        await CarrierStream(near, Phone(IDS, record), script, Clock()).run()
        await near.close(1000)
        assert far.over
        return record

    report = virtual_time.run(place_many(20, place, every_s=0.1), limit=60)
    assert len(report.records) == 20
    assert report.certified
    assert report.wall_s == pytest.approx(1.9 + 2 - 0.22 + 0.2)
    assert report.cpu_share == report.cpu_s / report.wall_s
    assert str(report).startswith("20 calls in 3.9 s")
    report.records[0].lateness_ms.extend([9.0] * 10_000)
    assert "was late" in str(report)


def test_m35_figures_of_a_call() -> None:
    async def talk(wire: MemoryWire) -> None:
        await asyncio.sleep(0.3)
        await wire.send(media(1000))
        await asyncio.sleep(4.0)
        await wire.send(media(3000))
        await asyncio.sleep(1.5)
        await wire.send(CLEAR)
        await asyncio.sleep(1.28)
        await wire.send(media(100))

    record, _ = streamed(talk, ["at 3 say question", "at 5.5 say stop", "at 7.2 hang up"])
    found = figures(record)
    assert found.first_audio_ms == pytest.approx(300, abs=20)
    assert [answer.label for answer in found.answers] == ["question", "stop"]
    assert len(found.barge_ins) == 1
    assert found.overlap_ms > 0
    assert found.dead_air_ms > 0
    assert (found.leaked_ms, found.certified) == (100, True)
