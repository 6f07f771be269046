"""The machine of the mock service: what it does, its faults, and what it counts."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest

from ivr.media import wav
from ivr.testbench import tts as voices
from ivr.testbench.hamsa import audio as hamsa_audio
from ivr.testbench.hamsa import requests as hamsa_requests
from ivr.testbench.hamsa import script as hamsa_script
from ivr.testbench.hamsa.mock import CloseSocket, HamsaSocket, MockHamsa, SendFrame, SendPing, ServiceOutput
from ivr.testbench.hamsa.profile import HamsaProfile, Rule, parse_rule
from ivr.testbench.hamsa.script import ACK_FRAME, END_FRAME, INFO_FRAME, THINKING_MARKER


def tts(text: str = "x" * 32, **more: Any) -> str:
    """A request to speak."""
    payload = {"text": text, "speaker": "Hiba", "dialect": "ksa", "languageId": "ar", "mulaw": False} | more
    return json.dumps({"type": "tts", "payload": payload})


def stt(seconds: float = 1.0, rate: int = 16_000, *, eos: bool = False, pcm: bytes | None = None) -> str:
    """A request to hear."""
    audio = wav.encode(bytes(2 * int(seconds * rate)) if pcm is None else pcm, rate)
    payload = {"audioBase64": base64.b64encode(audio).decode(), "language": "en", "isEosEnabled": eos}
    return json.dumps({"type": "stt", "payload": payload})


def mock_with(*rules: str | Rule, **profile: Any) -> MockHamsa:
    parsed = tuple(parse_rule(rule) if isinstance(rule, str) else rule for rule in rules)
    return MockHamsa(HamsaProfile(rules=parsed, **profile))


def opened(mock: MockHamsa, at: float = 0.0) -> HamsaSocket:
    """An open socket, its greeting read."""
    socket = mock.connect("key", at)
    socket.opened(at)
    socket.poll(at)
    return socket


def reply(socket: HamsaSocket, frame: str | bytes, at: float = 0.0, until: float = 20.0) -> list[ServiceOutput]:
    socket.received(frame, at)
    return [out for out in socket.poll(at + until) if not isinstance(out, SendPing)]


def shape(outs: Sequence[ServiceOutput]) -> list[str]:
    """A reply in words: `audio` stands for any number of frames."""
    words: list[str] = []
    for out in outs:
        match out:
            case SendFrame(_, bytes()):
                word = "audio"
            case SendFrame(_, str(text)):
                word = {ACK_FRAME: "ack", END_FRAME: "end", INFO_FRAME: "info"}.get(text, text)
            case CloseSocket(_, code):
                word = f"close {code}"
            case _:
                word = "ping"
        if word != "audio" or words[-1:] != ["audio"]:
            words.append(word)
    return words


def audio_of(outs: Sequence[ServiceOutput]) -> bytes:
    return b"".join(out.frame for out in outs if isinstance(out, SendFrame) and isinstance(out.frame, bytes))


def test_socket_greets_pings_and_closes_when_idle() -> None:
    mock = mock_with(ping=30, idle=100)
    socket = mock.connect("key", 5.0)
    assert (socket.delay, socket.http_refusal, socket.open) == (1.15, 0, False)
    assert socket.wake_at() is None
    socket.opened(6.15)
    assert socket.poll(6.15) == [SendFrame(6.15, INFO_FRAME)]
    assert socket.wake_at() == pytest.approx(36.15)
    assert shape(socket.poll(200)) == ["ping", "ping", "ping", "close 1000"]
    assert (socket.open, socket.wake_at(), socket.poll(900)) == (False, None, [])
    assert repr(socket) == "<HamsaSocket 1 closed running=0 waiting=0>"


def test_activity_keeps_a_socket_and_age_ends_it() -> None:
    mock = mock_with(ping=1000, idle=10, max_age=25)
    socket = opened(mock)
    for at in (8.0, 16.0, 24.0):
        assert shape(reply(socket, tts("hi"), at, 0.9)) == ["ack", "audio", "end"]
    assert socket.poll(30) == [CloseSocket(25.0, 1000)]


@pytest.mark.parametrize(("chars", "size", "total"), [(n, *row) for n, row in hamsa_audio.OBSERVED.items()])
def test_observed_lengths_take_observed_times(chars: int, size: int, total: float) -> None:
    mock = mock_with()
    outs = reply(opened(mock), tts("x" * chars))
    frames = [out for out in outs if isinstance(out, SendFrame) and isinstance(out.frame, bytes)]
    assert shape(outs) == ["ack", "audio", "end"]
    assert [outs[0].at, frames[0].at, outs[-1].at] == pytest.approx([0.0, 0.45, total])
    assert len(audio_of(outs)) == size
    assert 7_000 <= len(frames[0].frame) <= 16_018
    assert hamsa_audio.identify(audio_of(outs), 16_000) == 1


def test_times_shrink_with_the_speed() -> None:
    slow, fast = (reply(opened(mock_with(speed=speed)), tts()) for speed in (1.0, 20.0))
    assert [out.at / 20 for out in slow] == pytest.approx([out.at for out in fast])
    mock = mock_with("socket slow pause=2", speed=10)
    assert mock.connect("k", 0).delay == pytest.approx(0.315)
    assert opened(mock).wake_at() == 3.0


@pytest.mark.parametrize(("more", "size"), [({}, 83_270), ({"sampleRate": "8k"}, 41_636), ({"mulaw": True}, 20_818)])
def test_formats_carry_the_same_seconds(more: dict[str, Any], size: int) -> None:
    mock = mock_with()
    assert len(audio_of(reply(opened(mock), tts(**more)))) == size
    assert mock.stats.records[0].seconds == pytest.approx(2.602, abs=0.001)


def test_seed_decides_the_bytes() -> None:
    def run(seed: int) -> list[ServiceOutput]:
        mock = mock_with("tts degenerate probability=0.4", seed=seed, first_frame_spread=0.15)
        socket = opened(mock)
        return [out for number in range(12) for out in reply(socket, tts("y" * 40), 20.0 * number, 19)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert ["audio" in shape(run(7))]


FAULTS: list[tuple[str, list[str]]] = [
    ("tts degenerate", ["ack", "audio", "end"]),
    ("tts empty", ["ack", "end"]),
    ("tts no_ack", ["audio", "end"]),
    ("tts no_end", ["ack", "audio"]),
    ("tts stall", ["ack", "audio"]),
    ("tts stall after=0", ["ack"]),
    ("tts stall pause=2", ["ack", "audio", "end"]),
    ("tts cut after=0", ["ack", "close 1006"]),
    ("tts close code=1001", ["ack", "audio", "close 1001"]),
    ("tts error after=0 text=Voice not owned by user", ["ack", "error: Voice not owned by user"]),
    ("tts error after=2", ["ack", "audio", "error: aborted"]),
    ("tts late", ["ack", "audio", "end", "audio"]),
    ("tts odd", ["ack", "audio", "end"]),
    ("tts riff", ["ack", "audio", "end"]),
    ("stt say text=7826459301240", ["7826459301240"]),
    ("stt say text=null", ["null"]),
    ("stt empty", [""]),
    ("stt thinking", [THINKING_MARKER]),
    ("stt thinking pause=3", [THINKING_MARKER, "hello"]),
    ("stt thinking eos=true", ["hello"]),
    ("stt stall", []),
    ("stt stall pause=9", ["hello"]),
    ("stt close", ["close 1000"]),
    ("stt cut", ["close 1006"]),
    ("stt error text=Only WAV files are supported", ["error: Only WAV files are supported"]),
    ("stt error", ["error: Error generating transcription"]),
]


def test_faults_of_requests() -> None:
    failures = []
    for rule, expected in FAULTS:
        mock = mock_with(rule, transcript="hello")
        sent = shape(reply(opened(mock), tts("x" * 89) if rule.startswith("tts") else stt()))
        words = [f"error: {json.loads(word)['payload']['message']}" if '"error"' in word else word for word in sent]
        (record,) = mock.stats.records
        ended = bool(expected) and (expected[-1].startswith(("close", "error")) or "end" in expected or "stt" in rule)
        running = not ended or rule == "stt thinking"
        counted = {} if "eos" in rule else {rule.split()[1]: 1}
        assert record.fault == "".join(counted)
        if (words, record.outcome == "running", mock.stats.faults) != (expected, running, counted):
            failures.append((rule, words, record.outcome, mock.stats.faults))
    assert failures == []


def test_degenerate_reply_is_20_ms_at_once() -> None:
    for more, size in (({}, 640), ({"sampleRate": "8k"}, 320), ({"mulaw": True}, 160)):
        outs = reply(opened(mock_with("tts degenerate")), tts(**more))
        assert len(audio_of(outs)) == size
        assert [out.at for out in outs] == pytest.approx([0, 0.29, 0.297])


def test_odd_frames_and_headers_carry_the_same_audio() -> None:
    plain = audio_of(reply(opened(mock_with()), tts("x" * 89)))
    odd = reply(opened(mock_with("tts odd")), tts("x" * 89))
    assert audio_of(odd) == plain
    assert sum(len(out.frame) % 2 for out in odd if isinstance(out, SendFrame) and isinstance(out.frame, bytes)) > 3
    for more, width in (({}, 2), ({"mulaw": True}, 1)):
        whole = audio_of(reply(opened(mock_with("tts riff")), tts("x" * 89, **more)))
        assert whole[:16] == b"RIFF\xff\xff\xff\xffWAVEfmt "
        assert wav.decode(whole).rate == (16_000 if width == 2 else 8_000)


@pytest.mark.parametrize("fault", ["riff", "odd", "late", "degenerate"])
def test_faults_of_a_reply_without_audio(fault: str) -> None:
    script = hamsa_script.speech(b"", "pcm16k", 1, 1, HamsaProfile(), parse_rule(f"tts {fault}"))
    assert b"".join(step.act for step in script.steps if isinstance(step.act, bytes)) == b""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("socket refuse", ["close 4001"]),
        ("socket refuse code=4003", ["close 4003"]),
        ("socket close pause=5 code=1001", ["info", "close 1001"]),
        ("socket drop pause=5", ["info", "close 1006"]),
        ("socket no_info", []),
        ("socket slow_info pause=3", ["info"]),
        ("socket deaf pause=2", ["info"]),
    ],
)
def test_faults_of_sockets(rule: str, expected: list[str]) -> None:
    mock = mock_with(rule)
    socket = mock.connect("key", 0.0)
    socket.opened(0.0)
    assert shape(socket.poll(20)) == expected
    assert socket.deaf == ("deaf" in rule)
    if socket.deaf:
        assert (reply(socket, tts(), 21.0), socket.wake_at(), len(mock.stats.records)) == ([], None, 0)
        assert "deaf" in repr(socket)
        socket.closed(30.0)
        assert mock.stats.open_sockets == 0


def test_keys_that_are_right_and_wrong() -> None:
    mock = mock_with(keys=frozenset({"right"}), refuse_with=401)
    assert [mock.connect(key, 0.0).http_refusal for key in ("right", "wrong", "", None)] == [0, 401, 401, 401]
    assert mock_with("socket http code=403").connect("any", 0).http_refusal == 403
    assert mock_with("socket http").connect("any", 0).http_refusal == 401
    assert (mock.stats.connects, mock.stats.refused) == (4, 3)
    socket = mock_with().connect(None, 0)
    socket.opened(0.0)
    assert socket.poll(0.0) == [CloseSocket(0.0, 4001)]


def test_degenerate_after_many_connects() -> None:
    mock = mock_with("tts degenerate connects_over=3 window=20")
    sizes = [len(audio_of(reply(opened(mock, 2.0 * n), tts(), 2.0 * n, 1.9))) for n in range(5)]
    assert sizes == [83_270, 83_270, 83_270, 640, 640]
    assert len(audio_of(reply(opened(mock, 60.0), tts(), 60.0))) == 83_270


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("queue", ["ack", "audio", "end", "ack", "audio", "end"]),
        ("interleave", ["ack", "ack", "audio", "end", "audio", "end"]),
        ("error", ["ack", "Another", "audio", "end"]),
    ],
)
def test_overlapping_request_is_a_violation(overlap: str, expected: list[str]) -> None:
    mock = mock_with(overlap=overlap)
    socket = opened(mock)
    socket.received(tts(), 0.0)
    socket.received(tts(), 0.1)
    words = ["Another" if "Another" in word else word for word in shape(socket.poll(20.0)) if word != "ping"]
    assert words == expected
    assert mock.stats.violations == {"overlap": 1}
    assert mock.stats.most_in_flight == (1 if overlap == "error" else 2)
    assert not socket.busy


def test_queued_request_starts_after_the_first() -> None:
    mock = mock_with()
    socket = opened(mock)
    socket.received(tts(), 0.0)
    socket.received(tts(), 0.1)
    ends = [out.at for out in socket.poll(20.0) if isinstance(out, SendFrame) and out.frame == END_FRAME]
    assert ends == pytest.approx([0.97, 1.94])
    assert hamsa_audio.tone_of(1) != hamsa_audio.tone_of(2)


def test_close_after_end() -> None:
    mock = mock_with(close_after_end=True)
    assert shape(reply(opened(mock), tts())) == ["ack", "audio", "end", "close 1000"]
    assert shape(reply(opened(mock), stt())) == [""]


def test_client_that_leaves_aborts_all_requests() -> None:
    mock = mock_with()
    socket = opened(mock)
    socket.received(tts(), 0.0)
    socket.received(tts(), 0.2)
    socket.poll(0.5)
    socket.closed(0.6)
    socket.closed(0.7)
    socket.received(tts(), 0.8)
    assert (socket.poll(20.0), socket.open) == ([], False)
    assert [(record.outcome, record.ended_at) for record in mock.stats.records] == [("aborted", 0.6)] * 2
    assert (mock.stats.in_flight, mock.stats.open_sockets, list(mock.stats.per_socket)) == (0, 0, [2])


def test_bad_message_gets_an_error_on_an_open_socket() -> None:
    mock = mock_with()
    socket = opened(mock)
    (out,) = reply(socket, "{")
    assert isinstance(out, SendFrame)
    assert json.loads(out.frame) == {"type": "error", "payload": {"message": "Invalid message format"}}
    assert socket.open
    assert (mock.stats.violations, mock.stats.details[0].socket) == ({"not_json": 1}, 1)


def test_order_of_transcript_sources() -> None:
    heard: list[int] = []

    def hear(pcm: bytes) -> str:
        heard.append(len(pcm))
        return "heard"

    profile = HamsaProfile(
        transcripts=("one", "two"),
        marked={3: "marked"},
        rules=(Rule("stt", "stall", requests=frozenset({2})), Rule("stt", "stall", requests=frozenset({3}), pause=1)),
    )
    socket = opened(mock := MockHamsa(profile, hear=hear))
    said = [shape(reply(socket, stt(), 30.0 * turn, 20)) for turn in (0, 1)]
    socket.closed(59.0)
    socket = opened(mock, 60.0)
    marked = stt(pcm=hamsa_audio.marked(bytes(16_000), 3, 8_000), rate=8_000)
    said += [shape(reply(socket, frame, 60 + 30.0 * turn, 20)) for turn, frame in enumerate((stt(), marked, stt(2)))]
    assert said == [["one"], [], ["two"], ["marked"], ["heard"]]
    assert (heard, mock.stats.records[-2].form) == ([64_000], "8000/1")
    unknown = stt(pcm=hamsa_audio.marked(bytes(16_000), 4, 8_000), rate=8_000)
    assert shape(reply(socket, unknown, 150.0, 20)) == ["heard"]
    assert shape(reply(opened(mock_with(transcript="fixed")), stt())) == ["fixed"]


def test_transcription_takes_longer_for_longer_speech() -> None:
    socket = opened(mock_with(transcript="t"))
    assert [reply(socket, stt(seconds), 100.0)[0].at for seconds in (1, 2, 12)] == pytest.approx([100.8, 100.8, 100.98])


def test_prepare_does_the_slow_work() -> None:
    asked: list[tuple[str, str, int]] = []
    heard: list[bytes] = []

    def say(text: str, language: str, rate: int) -> bytes:
        asked.append((text, language, rate))
        return bytes(2 * rate)

    def hear(pcm: bytes) -> str:
        heard.append(pcm)
        return "yes"

    mock = MockHamsa(HamsaProfile(voice="espeak"), say=say, hear=hear)
    socket = opened(mock)
    assert mock.slow
    assert not mock_with().slow
    mock_with().prepare(tts())
    for frame in (tts("hello", mulaw=True), tts("مرحبا"), stt(), "{"):
        mock.prepare(frame)
    assert asked == [("hello", "en", 8_000), ("مرحبا", "ar", 16_000)]
    outs = reply(socket, tts("مرحبا"))
    assert len(audio_of(outs)) == 32_000
    assert outs[-1].at == pytest.approx(0.716)
    assert len(audio_of(reply(socket, tts("hello", mulaw=True), 30.0))) == 8_000
    assert shape(reply(socket, stt(), 60.0)) == ["yes"]
    assert (len(asked), len(heard)) == (2, 1)


def test_espeak_speaks_unless_say_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "available", lambda: True)
    monkeypatch.setattr(voices, "say", lambda text, language, rate: bytes(rate))
    mock = MockHamsa(HamsaProfile(voice="espeak"))
    assert len(audio_of(reply(opened(mock), tts("hi")))) == 16_000
    monkeypatch.setattr(voices, "available", lambda: False)
    with pytest.raises(voices.VoiceError, match="extra `demo`"):
        MockHamsa(HamsaProfile(voice="espeak"))


def test_rest_request_has_its_own_socket() -> None:
    mock = mock_with(close_after_end=True)
    socket = mock.rest(3.0)
    assert socket.wake_at() is None
    socket.asked(hamsa_requests.read(tts()), 3.0)
    assert shape(socket.poll(9.0)) == ["ack", "audio", "end"]
    assert (socket.wake_at(), mock.stats.open_sockets, mock.stats.requests["rest"]) == (None, 0, 1)
    socket.closed(9.0)
    assert mock.stats.open_sockets == 0


def test_stats_show_reuse_and_times_and_no_speech() -> None:
    mock = mock_with("tts empty requests=3")
    for number, socket in enumerate((opened(mock), opened(mock))):
        for turn in range(2):
            reply(socket, tts("secret words"), 40.0 * number + 20 * turn, 19)
    reply(socket, stt(), 90.0)
    stats = json.loads(json.dumps(mock.stats.as_json()))
    assert (stats["connects"], stats["requests"], stats["reused"]) == (2, {"tts": 4, "stt": 1}, {"tts": 2, "stt": 1})
    assert (stats["sockets_used"], stats["faults"]) == ({"tts": 2, "stt": 1}, {"empty": 1})
    assert [shown["chars"] for shown in stats["recent"]] == [12, 12, 12, 12, 0]
    assert stats["recent"][0]["first_at"] == 0.45
    assert "secret" not in json.dumps(stats)
    assert (mock.stats.most_sockets, repr(mock)) == (
        2,
        "<MockHamsa connects=2 open=2 requests={'tts': 4, 'rest': 0, 'stt': 1}>",
    )
