"""Whole calls, recorded and listened to: the same audio as at the phone, at the same place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.config.lines import DEFAULT_NAME
from ivr.media import g711
from ivr.media.stereo_wav import HEADER_BYTES
from ivr.observe.call_log import Observers
from ivr.recording.audio_recorder import AudioRecorder
from ivr.recording.audio_writer import AudioWriter
from ivr.recording.facts import RecordingFacts
from ivr.server.bridge import Bridge
from ivr.server.listening.live_audio import LiveAudio
from ivr.testbench import virtual_time
from ivr.testbench.hamsa.memory import MemoryHamsa
from ivr.twilio.twiml import Documents
from tests.call.stage import Loudness
from tests.support.front import settings
from tests.whole import world
from tests.whole.world import GREETING, PHRASE, PRICE, QUESTION, Peers, World

STEPS = [f"say {QUESTION}", f"over 600 say {PRICE}", f"say {QUESTION}", "hang up"]
FRAME = 160


class Ears:
    """A relay that notes when each piece came."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []

    def listeners(self, call_id: str) -> int:
        return 2

    def relay(self, call_id: str, audio: bytes) -> None:
        self.pieces.append((asyncio.get_running_loop().time(), audio))


def render(folder: Path) -> None:
    """Render the phrases of a recorded line."""

    async def main() -> None:
        hamsa = MemoryHamsa()
        hamsa.mock.stats.requests["tts"] = PHRASE
        chosen = settings(folder, IVR_GREETING=GREETING, IVR_RECORD="true")
        bridge = Bridge(chosen, Documents.load(None, chosen.public_url), scorer=Loudness, connect=hamsa.connect)
        await bridge.start()
        await world._ready(bridge)
        await bridge.stop()

    virtual_time.run(main())


def recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[str], peers: Peers, ears: Ears
) -> tuple[World, RecordingFacts, bytes]:
    """Return the call, and the facts and the audio of its recording."""
    (tmp_path / "phrases").mkdir()
    render(tmp_path / "phrases")
    recorder = AudioRecorder(AudioWriter(tmp_path / "recordings"), {DEFAULT_NAME: 30})
    told: list[RecordingFacts] = []
    recorder.writer.on_done = told.append

    def observed(*given: Any, observer: Any, **more: Any) -> Bridge:
        return Bridge(*given, observer=Observers(observer, recorder, LiveAudio(ears)), **more)

    monkeypatch.setattr(world, "Bridge", observed)
    recorder.start()
    done = world.call(tmp_path / "phrases", steps, peers, IVR_RECORD="true")
    recorder.close()
    [facts] = told
    return done, facts, (tmp_path / "recordings" / facts.name).read_bytes()[HEADER_BYTES:]


def shift(track: bytes, wanted: bytes) -> int:
    """Return by how many samples a track lies behind another that it resembles."""
    length = 1 << (len(track) + len(wanted)).bit_length()
    one, other = (
        np.abs(np.frombuffer(g711.decode(bytes(part)), "<i2").astype(float)) > 300 for part in (track, wanted)
    )
    match = np.fft.irfft(np.fft.rfft(one, length) * np.conj(np.fft.rfft(other, length)), length)
    best = int(np.argmax(match))
    return best - length if best > length // 2 else best


@pytest.mark.parametrize("latency", [0.0, 0.08])
def test_a_recording_is_what_the_phone_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, latency: float) -> None:
    done, facts, audio = recorded(tmp_path, monkeypatch, STEPS, Peers(latency=latency), Ears())
    assert (facts.state, facts.line, facts.pauses) == ("kept", DEFAULT_NAME, [])
    assert facts.announced_s is not None
    assert 0.3 < facts.announced_s < 8
    first = round(facts.announced_s * 8000) // FRAME * FRAME + FRAME
    caller, agent = audio[0::2], audio[1::2]
    assert set(audio[: 2 * (first - FRAME)]) == {0xFF}
    # From there on both sides lie as the phone has them: by the caller's side, the agent's is right within a frame.
    off = shift(caller[first:], bytes(done.record.caller[first:]))
    assert abs(shift(agent[first:], bytes(done.record.heard[first:])) - off) <= FRAME
    heard = sum(byte != 0xFF for byte in done.record.heard[first:])
    assert heard > 3 * 8000
    assert abs(sum(byte != 0xFF for byte in agent) - heard) <= 0.02 * heard + 4 * FRAME
    assert abs(len(caller) - len(done.record.caller)) <= 8000


def test_a_listener_hears_it_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    done, _, _ = recorded(tmp_path, monkeypatch, STEPS, Peers(), ears)
    said = b"".join(audio[0::2] for _, audio in ears.pieces)
    heard = b"".join(audio[1::2] for _, audio in ears.pieces)
    off = shift(said, bytes(done.record.caller))
    assert abs(shift(heard, bytes(done.record.heard)) - off) <= FRAME
    assert done.record.t0 is not None
    # The first sample of a piece is the oldest: so long ago it was at the phone.
    ages = [at - (done.record.t0 + (number * 640 - off) / 8000) for number, (at, _) in enumerate(ears.pieces)]
    assert max(ages[3:]) <= 0.15


def test_keys_are_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [f"say {QUESTION}", "over 2000 press 41#", "hang up"]
    _, facts, audio = recorded(tmp_path, monkeypatch, steps, Peers(), Ears())
    [(start, end)] = facts.pauses
    assert end - start >= 4.0
    assert set(audio[round(start * 16000) : round(end * 16000)]) == {0xFF}
