"""A recorded call played again, and what is told of a bridge that does otherwise."""

import json

from ivr.testbench.phone.again import AgainScript, differences
from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import HangUpPhone, PressKey, SayAudio
from ivr.testbench.recording import PhoneRecord

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)


def record(*marks: tuple[float, str], heard: bytes = b"\x10" * 100, ended: str = "caller") -> PhoneRecord:
    found = PhoneRecord(t0=10.0, caller=bytearray(b"\x20" * 8000), heard=bytearray(heard), ended=ended)  # type: ignore[arg-type]
    for t, name in marks:
        found.messages.append((10.0 + t, "<", json.dumps({"event": "mark", "mark": {"name": name}})))
    found.messages.append((10.0, "<", json.dumps({"event": "media"})))
    found.messages.append((10.0, ">", "x"))
    found.note(11.0, "digit", "5")
    found.note(12.0, "hang_up", "stop")
    return found


def test_caller_speaks_presses_and_hangs_up_as_before() -> None:
    script, phone = AgainScript(record()), Phone(IDS, PhoneRecord())
    phone.open(100.0)
    began = phone.record.t0 or 0.0
    assert script.poll(phone, began) == [SayAudio(b"\x20" * 8000, "as it was recorded")]
    assert repr(script) == "<AgainScript 1 keys left>"
    assert script.poll(phone, began + 0.5) == []
    assert script.poll(phone, began + 1.0) == [PressKey("5", more=False)]
    assert script.poll(phone, began + 2.0) == [HangUpPhone("stop")]
    assert script.poll(phone, began + 3.0) == []


def test_agent_that_hung_up_is_waited_for() -> None:
    script, phone = AgainScript(record(ended="agent")), Phone(IDS, PhoneRecord())
    phone.open(0.0)
    script.poll(phone, 1.0)
    assert [act for act in script.poll(phone, 500.0) if isinstance(act, HangUpPhone)] == []


def test_differences_are_told_in_words() -> None:
    first = record((1.0, "a"), (2.0, "b"))
    assert differences(first, record((1.0, "a"), (2.05, "b"))) == []
    assert differences(first, record((1.0, "a"), (2.0, "c"))) == ["message 2: mark c where mark b was"]
    assert differences(first, record((1.0, "a"), (2.5, "b"))) == ["message 2 (mark b): +500 ms"]
    assert differences(first, record((1.0, "a"))) == ["1 messages where 2 were"]
    other = record((1.0, "a"), (2.0, "b"), heard=b"\x10" * 90)
    assert differences(first, other) == ["10 % of what was heard is other audio"]
    assert differences(record(heard=b""), record(heard=b"")) == []
