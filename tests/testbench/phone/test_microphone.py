"""The caller's audio: sizes of chunks, pauses, losses and noise."""

import base64
import json
import random

import pytest

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.microphone import Microphone
from ivr.testbench.phone.phone import Phone, PhoneOptions, PhoneOutput, Stretch
from ivr.testbench.recording import PhoneRecord

NOW = 100.0


def opened(options: PhoneOptions) -> Phone:
    phone = Phone(Ids("AC" + "a" * 32, "CA" + "b" * 32, "MZ" + "c" * 32), PhoneRecord(), options=options)
    phone.open(NOW)
    return phone


def run_until(phone: Phone, until: float) -> list[tuple[float, PhoneOutput]]:
    """Poll whenever the phone wants it; returns what left, and when."""
    sent: list[tuple[float, PhoneOutput]] = []
    while (at := phone.wake_at()) is not None and at <= until:
        sent += [(at, out) for out in phone.poll(at)]
    phone.poll(until)
    return sent


@pytest.mark.parametrize("sizes", [(1,), (320,), (999,), (160, 33, 7)])
def test_chunks_of_other_sizes_carry_the_same_track(sizes: tuple[int, ...]) -> None:
    phone = opened(PhoneOptions(start_burst=1, chunks=sizes))
    said = bytes(random.Random(1).randbytes(1500))
    phone.say(said, NOW)
    sent = [json.loads(out) for _, out in run_until(phone, NOW + 0.5) if isinstance(out, str)]
    media = [m["media"] for m in sent if m["event"] == "media"]
    track = b"".join(base64.b64decode(m["payload"]) for m in media)
    assert said in track
    assert track == bytes(phone.record.caller)
    assert [len(base64.b64decode(m["payload"])) for m in media[:3]] == [sizes[n % len(sizes)] for n in range(3)]
    at = 0
    for m in media:
        assert int(m["timestamp"]) == 8 + at // 8
        at += len(base64.b64decode(m["payload"]))


def test_pause_delivers_late_with_continuous_timestamps() -> None:
    phone = opened(PhoneOptions(start_burst=1, pauses=(Stretch(100, 233),)))
    sent = [(at, json.loads(out)) for at, out in run_until(phone, NOW + 1) if isinstance(out, str)]
    media = [(at, m["media"]) for at, m in sent if m["event"] == "media"]
    assert [int(m["timestamp"]) for _, m in media] == [8 + 20 * n for n in range(len(media))]
    late = [at for at, m in media if int(m["timestamp"]) in range(88, 318)]
    assert late == pytest.approx([NOW - 0.02 + 0.333] * 12)
    assert phone.record.lateness_p99_ms < 0.001


def test_speech_in_a_pause_keeps_its_place() -> None:
    phone = opened(PhoneOptions(start_burst=1, pauses=(Stretch(100, 200),)))
    run_until(phone, NOW + 0.18)
    speech = phone.say(b"\x01" * 160, NOW + 0.18)
    assert speech.start == 1600


def test_chunk_leaves_at_the_moment_it_is_due() -> None:
    microphone = Microphone(PhoneOptions(start_burst=1), NOW, bytearray(), [])
    assert [chunk.leaves for chunk in microphone.take(microphone.due())] == [NOW]


def test_loss_makes_timestamps_jump() -> None:
    phone = opened(PhoneOptions(start_burst=1, losses=(Stretch(100, 200),)))
    sent = [json.loads(out) for _, out in run_until(phone, NOW + 0.5) if isinstance(out, str)]
    media = [m["media"] for m in sent if m["event"] == "media"]
    stamps = [int(m["timestamp"]) for m in media]
    assert stamps[:7] == [8, 28, 48, 68, 88, 308, 328]
    assert [int(m["chunk"]) for m in media] == list(range(1, len(media) + 1))


def test_line_noise_is_faint_seeded_and_not_silence() -> None:
    tracks = []
    for seed in (1, 1, 2):
        phone = opened(PhoneOptions(start_burst=1, noise=True, seed=seed))
        run_until(phone, NOW + 2)
        tracks.append(bytes(phone.record.caller))
    assert tracks[0] == tracks[1] != tracks[2]
    assert set(tracks[0]) <= {0xFF, 0x7F, 0xFE, 0x7E, 0xFD, 0x7D}
    assert b"\xff" * 40 not in tracks[0]
    for size in (8000, 9000):
        big = opened(PhoneOptions(start_burst=1, noise=True, chunks=(size,)))
        run_until(big, NOW + 0.9)
        assert len(big.record.caller) == size
