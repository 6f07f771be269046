"""The phone, driven by hand: every `now` is a made-up time."""

import base64
import json

import pytest

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import CloseStream, DropStream, How, Phone, PhoneOptions, PhoneOutput, WireViolation
from ivr.testbench.recording import PhoneRecord

IDS = Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32)
NOW = 100.0
PLAIN = PhoneOptions(start_burst=1)


def opened(options: PhoneOptions = PLAIN, now: float = NOW) -> Phone:
    phone = Phone(IDS, PhoneRecord(), parameters={"token": "t"}, options=options)
    phone.open(now)
    return phone


def order(event: str, **more: object) -> str:
    return json.dumps({"event": event, "streamSid": IDS.stream, **more})


def audio(ms: float) -> str:
    return order("media", media={"payload": base64.b64encode(b"\x10" * int(8 * ms)).decode()})


def mark(name: str) -> str:
    return order("mark", mark={"name": name})


def read(out: list[PhoneOutput]) -> list[dict[str, object]]:
    return [json.loads(message) for message in out if isinstance(message, str)]


def events(out: list[PhoneOutput]) -> list[object]:
    return [message["event"] for message in read(out)]


def marks(out: list[PhoneOutput]) -> list[object]:
    return [message["mark"]["name"] for message in read(out) if message["event"] == "mark"]  # type: ignore[index]


def run_until(phone: Phone, until: float) -> list[tuple[float, PhoneOutput]]:
    """Poll whenever the phone wants it; returns what left, and when."""
    sent: list[tuple[float, PhoneOutput]] = []
    while (at := phone.wake_at()) is not None and at <= until:
        sent += [(at, out) for out in phone.poll(at)]
    phone.poll(until)
    return sent


def test_stream_begins_with_connected_start_and_media() -> None:
    phone = opened()
    first, start, media = read(phone.poll(NOW))
    assert first == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert (start["sequenceNumber"], start["start"]["customParameters"]) == ("1", {"token": "t"})  # type: ignore[index]
    assert media["sequenceNumber"] == "2"
    assert media["media"] == {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "8",
        "payload": base64.b64encode(b"\xff" * 160).decode(),
    }
    assert phone.record.t0 == NOW - 0.02


def test_nothing_leaves_before_open() -> None:
    phone = Phone(IDS, PhoneRecord())
    assert (phone.wake_at(), phone.poll(NOW), phone.elapsed(NOW)) == (None, [], 0.0)
    assert not phone.speaking
    assert "new" in repr(phone)
    with pytest.raises(RuntimeError):
        phone.say(b"x", NOW)
    phone.receive(audio(20), NOW)
    assert phone.playback.buffered == 160


def test_first_eleven_chunks_come_at_once() -> None:
    phone = opened(PhoneOptions())
    media = [message["media"] for message in read(phone.poll(NOW))[2:]]
    assert [m["timestamp"] for m in media] == [str(8 + 20 * n) for n in range(11)]  # type: ignore[index]
    assert [m["chunk"] for m in media] == [str(n + 1) for n in range(11)]  # type: ignore[index]
    assert phone.wake_at() == pytest.approx(NOW + 0.02)
    assert list(phone.record.lateness_ms) == [0.0] * 11


def test_chunks_leave_on_absolute_deadlines() -> None:
    phone = opened()
    phone.poll(NOW)
    assert len(phone.poll(NOW + 0.019)) == 0
    assert len(phone.poll(NOW + 0.021)) == 1
    assert phone.wake_at() == pytest.approx(NOW + 0.04)
    assert len(phone.poll(NOW + 1.0)) == 49
    assert phone.wake_at() == pytest.approx(NOW + 1.02)
    assert phone.record.lateness_ms[1] == pytest.approx(1.0)
    assert not phone.record.certified
    assert phone.record.lateness_p99_ms > 900


def test_hour_of_chunks_has_no_drift() -> None:
    phone = opened()
    for second in range(1, 3601):
        assert len(phone.poll(NOW + second)) in {50, 53}
    assert len(phone.record.caller) == 8000 * 3600 + 160


def test_speech_is_on_the_track_with_silence_around_it() -> None:
    phone = opened()
    phone.poll(NOW)
    speech = phone.say(b"\x01" * 200, NOW + 0.005, "hello")
    assert phone.speaking
    second = phone.say(b"\x02" * 100, NOW + 0.005)
    run_until(phone, NOW + 0.1)
    assert not phone.speaking
    assert (speech.start, speech.end, second.start, second.end) == (160, 360, 360, 460)
    assert bytes(phone.record.caller[160:640]) == b"\x01" * 200 + b"\x02" * 100 + b"\xff" * 180
    assert [e.kind for e in phone.record.entries] == ["stream", "caller_speaks", "caller_speaks", "caller_silent"]
    assert phone.record.entries[-1].t == pytest.approx(NOW - 0.02 + 460 / 8000)
    assert not speech.over
    assert phone.say(b"", NOW + 0.1).end == len(phone.record.caller)
    assert not phone.speaking


def test_agent_audio_is_heard_when_it_arrives() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.receive(audio(100), NOW + 0.5)
    run_until(phone, NOW + 1)
    assert phone.record.heard.find(0x10) == phone.record.runs[0].start == 4160
    assert phone.record.runs[0].ms == 100
    kinds = {e.kind: e.t for e in phone.record.entries}
    assert kinds["agent_speaks"] == NOW + 0.5
    assert kinds["agent_silent"] == pytest.approx(NOW + 0.6)
    assert phone.spoken_ms(0) == 100
    assert phone.spoken_ms(1) == 0
    assert phone.spoken_ms(0, after=4160 + 400) == 50
    assert phone.quiet_ms() == pytest.approx(400)
    assert phone.position == len(phone.record.heard) == 8160


def test_marks_come_back_when_heard() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.receive(mark("at once"), NOW + 0.001)
    assert marks(phone.poll(NOW + 0.001)) == ["at once"]
    phone.receive(audio(50), NOW + 0.001)
    phone.receive(mark("after 50 ms"), NOW + 0.001)
    sent = run_until(phone, NOW + 0.2)
    back = [(at, m) for at, out in sent if isinstance(out, str) and (m := json.loads(out))["event"] == "mark"]
    assert [m["mark"]["name"] for _, m in back] == ["after 50 ms"]
    assert back[0][0] == pytest.approx(NOW + 0.051, abs=0.0002)
    assert back[0][1]["sequenceNumber"] == "6"


def test_clear_returns_marks_and_new_audio_plays() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.receive(audio(1000), NOW)
    phone.receive(mark("one"), NOW)
    phone.receive(audio(1000), NOW)
    phone.receive(mark("two"), NOW)
    run_until(phone, NOW + 0.3)
    phone.receive(order("clear"), NOW + 0.3)
    phone.receive(audio(100), NOW + 0.3)
    phone.receive(mark("three"), NOW + 0.3)
    assert marks(phone.poll(NOW + 0.3)) == ["one", "two"]
    run_until(phone, NOW + 1)
    assert [e.detail for e in phone.record.of("mark_back")] == ["one", "two", "three"]
    assert phone.record.discarded_ms == pytest.approx(1700)
    assert sum(run.ms for run in phone.record.runs) == pytest.approx(400)


def test_clear_of_nothing_and_of_unheard_audio() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.receive(order("clear"), NOW)
    phone.receive(audio(100), NOW + 0.001)
    phone.receive(order("clear"), NOW + 0.001)
    assert (phone.record.runs, phone.record.discarded_ms) == ([], 100)
    assert [e.kind for e in phone.record.entries[-3:]] == ["agent_speaks", "clear", "agent_silent"]
    assert phone.quiet_ms() is None


def test_replies_are_numbered_by_the_callers_acts() -> None:
    phone = opened()
    phone.receive(audio(100), NOW)
    run_until(phone, NOW + 0.2)
    phone.say(b"\x01" * 800, NOW + 0.2)
    run_until(phone, NOW + 0.4)
    phone.receive(audio(100), NOW + 0.4)
    phone.press("1", NOW + 0.4)
    phone.press("2", NOW + 0.4, more=True)
    phone.receive(audio(100), NOW + 0.4)
    run_until(phone, NOW + 0.7)
    phone.receive(audio(100), NOW + 0.7)
    run_until(phone, NOW + 1)
    assert [run.reply for run in phone.record.runs] == [0, 1, 2]
    assert phone.acts == 2


def test_speech_over_the_agent_is_noted() -> None:
    phone = opened()
    phone.receive(audio(1000), NOW)
    assert phone.quiet_ms() is None
    assert phone.say(b"\x01", NOW + 0.1).over


def test_pressed_keys() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.press("1#", NOW)
    digits = read(phone.poll(NOW))
    assert [m["dtmf"] for m in digits] == [{"track": "inbound_track", "digit": d} for d in "1#"]
    for wrong in ("", "x", "1 "):
        with pytest.raises(ValueError, match="no such keys"):
            phone.press(wrong, NOW)


@pytest.mark.parametrize(
    ("how", "last", "out"),
    [
        ("stop", "stop", []),
        ("stop_open", "stop", []),
        ("close", None, [CloseStream(1000)]),
        ("drop", None, [DropStream()]),
    ],
)
def test_how_a_hang_up_ends_the_stream(how: How, last: str | None, out: list[PhoneOutput]) -> None:
    phone = opened()
    phone.poll(NOW)
    phone.receive(audio(500), NOW)
    phone.hang_up(NOW + 0.01, how)
    phone.hang_up(NOW + 0.01, how)
    left = phone.poll(NOW + 0.01)
    assert [m for m in left if not isinstance(m, str)] == out
    assert events(left) == ([last] if last else [])
    assert phone.record.ended == "caller"
    assert phone.record.cut_ms == pytest.approx(490)
    assert phone.over == (how in {"close", "drop"})
    assert ("over" if phone.over else "hung up") in repr(phone)


def test_phone_closes_after_stop_if_the_bridge_does_not() -> None:
    phone = opened()
    phone.hang_up(NOW, "stop")
    phone.poll(NOW)
    assert phone.wake_at() == pytest.approx(NOW + 0.2)
    assert phone.poll(NOW + 0.1) == []
    assert phone.poll(NOW + 0.2) == [CloseStream(1000)]
    assert phone.wake_at() is None
    assert phone.poll(NOW + 9) == []
    phone.closed(NOW + 9, 1000)
    stays = opened()
    stays.hang_up(NOW, "stop_open")
    assert stays.wake_at() == NOW + 30


def test_audio_after_the_hang_up_is_a_leak() -> None:
    phone = opened()
    phone.receive(mark("never"), NOW)
    phone.poll(NOW)
    phone.receive(audio(100), NOW)
    phone.receive(mark("not heard"), NOW)
    phone.hang_up(NOW + 0.01)
    phone.poll(NOW + 0.01)
    phone.receive(audio(60), NOW + 0.05)
    phone.receive(order("clear"), NOW + 0.06)
    assert phone.poll(NOW + 0.1) == []
    assert phone.record.leaked_ms == 60
    assert sum(run.ms for run in phone.record.runs) == pytest.approx(10)


def test_speech_ends_at_the_hang_up() -> None:
    phone = opened()
    phone.poll(NOW)
    first = phone.say(b"\x01" * 8000, NOW)
    second = phone.say(b"\x01" * 8000, NOW)
    run_until(phone, NOW + 0.1)
    phone.hang_up(NOW + 0.1, "drop")
    assert first.end == len(phone.record.caller) == 960
    assert second.end == second.start


def test_bridge_closes_the_stream() -> None:
    phone = opened()
    phone.poll(NOW)
    phone.closed(NOW + 1, 1000)
    assert (phone.record.ended, phone.over, phone.wake_at(), phone.poll(NOW + 2)) == ("agent", True, None, [])
    assert phone.record.warnings == {}


def test_connection_dies() -> None:
    phone = opened()
    phone.closed(NOW + 1, None)
    assert phone.record.ended == "lost"
    assert list(phone.record.warnings) == [31921]
    after_stop = opened()
    after_stop.hang_up(NOW)
    after_stop.closed(NOW + 0.1, None)
    assert (after_stop.record.ended, after_stop.record.warnings) == ("caller", {})


def test_faults_are_counted_and_warned_about_once() -> None:
    phone = opened()
    for message in ("{", "[]", b"\x00", order("hello"), b"\x01"):
        phone.receive(message, NOW)
    assert phone.record.warnings == {31951: "not JSON", 31950: "binary message"}
    assert len(phone.record.of("fault")) == 5
    assert len(phone.record.of("warning")) == 2


def test_strict_phone_raises() -> None:
    phone = opened(PhoneOptions(strict=True))
    with pytest.raises(WireViolation, match="31951 not JSON"):
        phone.receive("{", NOW)


def test_file_header_in_the_audio_is_a_fault() -> None:
    phone = opened()
    phone.receive(order("media", media={"payload": base64.b64encode(b"RIFF1234").decode()}), NOW)
    assert [e.detail for e in phone.record.of("fault")] == ["a file header in the audio"]
    phone.receive(order("media", media={"payload": base64.b64encode(b"RIFF1234").decode()}), NOW)
    assert len(phone.record.of("fault")) == 1


def test_audio_beyond_the_buffer_is_refused() -> None:
    phone = opened(PhoneOptions(start_burst=1, buffer_s=1))
    for _ in range(3):
        phone.receive(audio(600), NOW)
    assert list(phone.record.warnings) == [31931]
    run_until(phone, NOW + 3)
    assert sum(run.ms for run in phone.record.runs) == 1000


def test_buffer_holds_ten_minutes() -> None:
    phone = opened()
    phone.receive(audio(600_000), NOW)
    assert phone.record.warnings == {}
    phone.receive(audio(20), NOW)
    assert 31931 in phone.record.warnings


def test_caller_audio_without_room_is_discarded() -> None:
    phone = opened()
    phone.poll(NOW)
    assert phone.poll(NOW + 1, room=False) == []
    assert phone.record.warnings == {31930: "the bridge reads too slowly"}
    media = read(phone.poll(NOW + 1.02))
    assert [(m["sequenceNumber"], m["media"]["chunk"]) for m in media] == [("3", "2")]  # type: ignore[index]
    assert media[0]["media"]["timestamp"] == str(8 + 51 * 20)  # type: ignore[index]


def test_messages_are_kept_when_asked() -> None:
    phone = opened(PhoneOptions(start_burst=1, keep_messages=True))
    phone.poll(NOW)
    phone.receive(audio(20), NOW)
    phone.receive(b"\x00", NOW)
    assert [way for _, way, _ in phone.record.messages] == [">", ">", ">", "<", "<"]
    assert "open" in repr(phone)
