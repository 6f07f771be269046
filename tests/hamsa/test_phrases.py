"""Fixed words on disk: rendered once, whole or absent."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.hamsa.phrases import PhraseCache
from ivr.hamsa.tts.synthesizer import Synthesizer
from ivr.media import g711
from ivr.testbench import virtual_time
from tests.hamsa.service import ACK, END, TEXT, Reply, Service, Shut, degenerate, on_demand, settings

VOICE = ("Hiba", "ksa", "ar")
OTHER = "مع السلامة"


def tone(number: int, *, rate: int = 16000, seconds: float = 2.0) -> bytes:
    """A quiet tone: -36 dBFS."""
    samples = [int(700 * math.sin(i * 440 * math.tau / rate)) for i in range(int(rate * seconds))]
    return struct.pack(f"<{len(samples)}h", *samples)


def reply(number: int) -> Reply:
    return [(0.03, ACK), (0.42, tone(number)), (0.01, END)]


class Rig:
    """A cache over a scripted service."""

    def __init__(self, directory: Path, **script: Any) -> None:
        self.service = Service(**{"default": reply, **script})
        self.format: Any = "pcm16"
        self.directory = directory
        self.asked: list[tuple[str, str, str]] = []
        self.url = "wss://speech.example/ws"

    def cache(self) -> PhraseCache:
        return PhraseCache(self.directory, self.voice, service=self.url, note=self.service.note)

    def voice(self, speaker: str, dialect: str, language: str) -> Synthesizer:
        self.asked.append((speaker, dialect, language))
        chosen = settings(speaker=speaker, dialect=dialect, format=self.format)
        return on_demand(chosen, connect=self.service.connect).synthesizer_for(chosen)

    def render(self, *texts: str) -> dict[str, bytes]:
        cache = self.cache()
        return dict(virtual_time.run(cache.render(texts, *VOICE)))

    def spoken(self) -> int:
        return self.service.requests


def test_rendered_once_and_read_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "not" / "there")
    assert rig.cache().get(TEXT, *VOICE) is None
    rendered = rig.render(TEXT, OTHER, TEXT, "", "  ")
    assert list(rendered) == [TEXT, OTHER]
    assert (rig.spoken(), rig.service.attempts, rig.asked) == (2, 1, [VOICE])
    assert rig.cache().get(TEXT, *VOICE) == rendered[TEXT]
    assert rig.render(TEXT, OTHER) == rendered
    assert rig.spoken() == 2
    assert all(socket.closed_by_client for socket in rig.service.sockets)
    assert len(list(rig.directory.iterdir())) == 2


@pytest.mark.parametrize("form", ["pcm16", "pcm8", "mulaw"])
def test_audio_is_mulaw_at_the_level_of_speech(tmp_path: Path, form: str) -> None:
    pcm8 = tone(1, rate=8000)
    sent = {"pcm16": tone(1), "pcm8": pcm8, "mulaw": g711.encode(pcm8)}[form]
    rig = Rig(tmp_path, default=lambda _number: [(0.03, ACK), (0.4, sent), (0.01, END)])
    rig.format = form
    audio = rig.render(TEXT)[TEXT]
    assert len(audio) == pytest.approx(16000, abs=80)
    assert 20 * math.log10(g711.audioop.rms(g711.decode(audio), 2) / 32768) == pytest.approx(-21, abs=2)


@pytest.mark.parametrize("other", [("Fahd", "ksa", "ar"), ("Hiba", "msa", "ar"), ("Hiba", "ksa", "en")])
def test_another_voice_is_another_phrase(tmp_path: Path, other: tuple[str, str, str]) -> None:
    rig = Rig(tmp_path)
    rig.render(TEXT)
    assert rig.cache().get(TEXT, *other) is None
    assert rig.cache().get(TEXT + " ", *VOICE) is None


def test_what_a_mock_has_said_is_nothing_for_a_caller(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.render(TEXT)
    rig.url = "ws://127.0.0.1:8090/ws"
    assert rig.cache().get(TEXT, *VOICE) is None


def test_what_fails_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, replies=[[(0.03, Shut(4003))]] * 2)
    assert list(rig.render(TEXT, "x" * 2001, OTHER)) == [OTHER]
    assert rig.service.noted("phrase_failed") == [
        {"reason": "funds", "characters": len(TEXT)},
        {"reason": "text", "characters": 2001},
    ]


@pytest.mark.parametrize(
    "bad",
    [
        degenerate,
        lambda _number: [(0.03, ACK), (0.3, tone(1, seconds=0.3)), (0.1, END)],
        lambda _number: [(0.03, ACK), (0.3, tone(1)), (0.1, Shut(1006))],
    ],
)
def test_what_is_not_whole_is_not_kept(tmp_path: Path, bad: Callable[[int], Reply]) -> None:
    rig = Rig(tmp_path, default=bad)
    assert rig.render(TEXT) == {}
    assert list(tmp_path.iterdir()) == []


def damaged(whole: bytes) -> dict[str, bytes]:
    head, _, audio = whole.partition(b"\n")
    return {
        "empty": b"",
        "cut": whole[:-1],
        "longer": whole + b"\xff",
        "changed": whole[:-1] + bytes([whole[-1] ^ 1]),
        "head only": head + b"\n",
        "no head": audio,
        "other magic": b"x" + whole,
        "huge": whole + bytes(5_000_000),
    }


@pytest.mark.parametrize("how", list(damaged(b"x")))
def test_damaged_file_is_absent_and_rendered_again(tmp_path: Path, how: str) -> None:
    rig = Rig(tmp_path)
    rendered = rig.render(TEXT)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damaged(file.read_bytes())[how])
    assert rig.cache().get(TEXT, *VOICE) is None
    assert rig.render(TEXT) == rendered
    assert rig.cache().get(TEXT, *VOICE) == rendered[TEXT]


def test_directory_in_place_of_a_file_is_absent(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rendered = rig.render(TEXT)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert rig.cache().get(TEXT, *VOICE) is None
    assert rig.render(TEXT) == rendered
    assert rig.service.noted("phrase_not_kept") == [{"error": "IsADirectoryError", "why": "Is a directory"}]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_directory_that_cannot_be_written_costs_only_the_next_start(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    rig = Rig(blocked)
    cache = rig.cache()
    rendered = virtual_time.run(cache.render([TEXT], *VOICE))
    assert cache.get(TEXT, *VOICE) == rendered[TEXT]
    assert repr(cache) == "<PhraseCache, 1 in memory>"
    assert rig.service.noted("phrase_not_kept")


def test_two_at_once_render_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    cache = rig.cache()

    async def scene() -> None:
        first, second = await asyncio.gather(cache.render([TEXT, OTHER], *VOICE), cache.render([OTHER, TEXT], *VOICE))
        assert dict(first) == dict(second)

    virtual_time.run(scene())
    assert (rig.spoken(), rig.service.attempts) == (2, 1)


def test_cancelled_rendering_leaves_whole_files_only(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def scene() -> None:
        task = asyncio.create_task(rig.cache().render([TEXT, OTHER], *VOICE))
        await asyncio.sleep(1.15 + 0.5 + 0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtual_time.run(scene())
    assert len(list(tmp_path.iterdir())) == 1
    assert rig.cache().get(TEXT, *VOICE)
    assert all(socket.closed_by_client for socket in rig.service.sockets)


def test_two_processes_render_once(tmp_path: Path) -> None:
    rig, other = Rig(tmp_path), Rig(tmp_path)

    async def main() -> None:
        caches = rig.cache(), other.cache()
        one, two = await asyncio.gather(*(cache.render([TEXT, OTHER], *VOICE) for cache in caches))
        assert one == two

    virtual_time.run(main())
    assert rig.spoken() + other.spoken() == 2
