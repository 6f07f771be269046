"""An agent that answers with recordings, as the caller hears it: whole calls through the bridge's own door."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.media import g711
from ivr.play.fetch import Fetcher
from ivr.server import compose
from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.script import AgentScript, AgentStep
from tests.play.test_decode import recording
from tests.play.test_fetch import Names
from tests.whole.world import World, call

HZ = 440
"""Of the recording; the tones of TTS are others."""


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the agent give one answer for all."""

    def given(*lines: Mapping[str, Any]) -> None:
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        asked = DemoAgent.asked

        def scripted(self: DemoAgent, request: bytes, query: Mapping[str, str]) -> AgentScript:
            return replace(asked(self, request, query), steps=(AgentStep(0.3, body),))

        monkeypatch.setattr(DemoAgent, "asked", scripted)

    return given


def recorded_ms(world: World) -> int:
    """Return for how long the caller heard the recording, in ms."""
    pcm = np.frombuffer(g711.decode(bytes(world.record.heard)), "<i2").astype(float)
    hops = pcm[: len(pcm) // 400 * 400].reshape(-1, 400)
    spectrum = np.abs(np.fft.rfft(hops * np.hanning(400)))
    loud = hops.std(axis=1) > 500
    return 50 * int(np.sum(loud & (np.argmax(spectrum, axis=1) == round(HZ * 400 / 8000))))


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    (tmp_path / "news.mp3").write_bytes(recording(44_100, 2, 3.0, format="MP3"))
    return tmp_path


def test_a_recording_is_heard_between_the_words(folder: Path, audio: Path, answer: Callable[..., None]) -> None:
    answer({"text": "Here is the news. "}, {"action": "play", "file": "news.mp3"}, {"text": "That was the news."})
    world = call(folder, ["at 1 say hold on please", "hang up"], IVR_AUDIO_DIR=str(audio))
    assert recorded_ms(world) == pytest.approx(3000, abs=150)
    assert [record.text for record in world.sentences()] == ["Here is the news.", "That was the news."]
    heard = world.heard()
    assert heard.index(1) < heard.index(2)
    turn = next(turn for turn in world.turns if turn.kind == "speech")
    assert (turn.outcome, turn.failure) == ("heard", "")


def test_a_recording_is_interrupted_as_words_are(folder: Path, audio: Path, answer: Callable[..., None]) -> None:
    answer({"action": "play", "file": "news.mp3"})
    world = call(folder, ["at 1 say hold on please", "over 1000 say no stop it", "hang up"], IVR_AUDIO_DIR=str(audio))
    first = next(turn for turn in world.turns if turn.kind == "speech")
    assert first.outcome == "interrupted"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"file": "none.mp3"}, "play_missing"),
        ({"file": "../../etc/passwd"}, "play_name"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "play_host"),
        ({"url": "https://localhost/a.mp3"}, "play_address"),
    ],
)
def test_a_recording_that_is_refused_leaves_the_rest(
    source: dict[str, str],
    reason: str,
    folder: Path,
    audio: Path,
    answer: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A look-up in a thread takes real time, in which virtual time goes on.
    monkeypatch.setattr(compose, "Fetcher", lambda hosts: Fetcher(hosts, resolver=Names(lambda name: ("127.0.0.1",))))
    answer({"text": "Here is the news. "}, {"action": "play", **source}, {"text": "That was the news."})
    steps = ["at 1 say hold on please", "hang up"]
    world = call(folder, steps, IVR_AUDIO_DIR=str(audio), IVR_PLAY_HOSTS="localhost")
    assert recorded_ms(world) == 0
    assert world.heard()[-2:] == [1, 2]
    assert [note["reason"] for note in world.notes("play_failed")] == [reason]
