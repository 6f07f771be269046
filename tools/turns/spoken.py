"""Say the scenes of `scenes.toml` as a telephone carries them: mu-law at 8 kHz, pauses to the sample.

A part before a pause is said with the tune of a part: espeak-ng is given a comma behind it. `recorded` voices are
digits in a folder of WAV files (`6.wav`, `oh.wav`), such as `digits/` of Debian's asterisk-core-sounds-en-wav.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ivr.call.actions import Expect
from ivr.media import g711
from ivr.media.g711 import FRAME, FRAME_PCM, RATE
from ivr.media.vad.scorer import factory
from tools.vad.cast import spoken
from tools.vad.recordings import read
from tools.vad.sounds import Rng, Sound, at_level, idle

SCENES_FILE: Final = Path(__file__).with_name("scenes.toml")
RECORDED: Final = "recorded"
_LEVEL_DBFS: Final = -22.0
_VOICED: Final = 0.35
"""Score of a voice that has begun (`EndpointOptions.off`)."""
_RUN_IN: Final = 20 * FRAME
"""Samples of silence before and behind a part that the VAD is asked about."""
_BETWEEN: Final = int(0.05 * RATE)
"""Samples between two recorded digits of a group."""
_DIGIT_FILES: Final = {
    "oh": "oh", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9"
}  # fmt: skip
_HELLO: Final = {"en": "hello", "ar": "مرحبا"}


@dataclass(frozen=True, slots=True)
class PauseScene:
    """Hold one caller who pauses."""

    name: str
    kind: str
    asked: str
    """What the agent had said last."""
    parts: tuple[str, ...]
    heard: tuple[str, ...]
    """What STT makes of each part."""
    pauses_ms: tuple[int, ...]
    """Between the parts: one fewer."""
    voice: str
    stops: bool = False
    """STT puts a full stop behind everything."""
    expect: Expect | None = None

    @property
    def language(self) -> str:
        """Return `en` or `ar`."""
        return self.name[:2]


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """Hold the sound of one part."""

    sound: Sound
    text: str
    """What STT makes of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Hold one word that STT finds, and the middle of it in samples."""

    text: str
    middle: int


def read_scenes(path: Path = SCENES_FILE) -> list[PauseScene]:
    """Return the scenes of a file."""
    return [_scene(given) for given in tomllib.loads(path.read_text(encoding="utf-8"))["scene"]]


def _scene(given: dict[str, Any]) -> PauseScene:
    parts = tuple(given["parts"][::2])
    heard = tuple(given.get("heard", parts))
    if len(heard) != len(parts) or len(given["parts"]) % 2 == 0:
        raise ValueError(f"{given['name']}: parts and pauses in turn, and as many `heard` as parts")
    expect = Expect(**given["expect"]) if "expect" in given else None
    return PauseScene(
        given["name"], given["kind"], given["asked"], parts, heard, tuple(given["parts"][1::2]), given["voice"],
        given.get("stops", False), expect,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """Hold a scene as it sounds."""

    scene: PauseScene
    hello: SpokenPart
    """What the caller says before the agent asks."""
    parts: tuple[SpokenPart, ...]


def say(scene: PauseScene, recordings: Path | None = None) -> Spoken:
    """Return the sound of a scene, each part cut to where it can be heard, and at the level of a telephone."""
    hello = "one" if scene.voice == RECORDED else _HELLO[scene.language]
    marks = "," * (len(scene.parts) - 1) + "."
    return Spoken(
        scene,
        SpokenPart(_sound(scene.voice, hello, ".", recordings), hello),
        tuple(
            SpokenPart(_sound(scene.voice, part, mark, recordings), text)
            for part, text, mark in zip(scene.parts, scene.heard, marks, strict=True)
        ),
    )


def _sound(voice: str, text: str, mark: str, recordings: Path | None) -> Sound:
    if voice != RECORDED:
        name, speed, pitch = voice.split()
        return _as_detected(at_level(spoken(text + mark, name, int(speed), int(pitch)), _LEVEL_DBFS))
    if recordings is None:
        raise ValueError("a recorded voice needs a folder of recordings")
    digits = [trimmed(read(recordings / f"{_DIGIT_FILES[word]}.wav")) for word in text.split()]
    gap = np.zeros(_BETWEEN)
    return at_level(np.concatenate([sound for digit in digits for sound in (digit, gap)][:-1]), _LEVEL_DBFS)


def _as_detected(sound: Sound) -> Sound:
    """Return a sound cut to where the shipped VAD hears a voice: what it does not hear is a pause to the product.

    espeak-ng says some Arabic words so that their last half second is missed.
    """
    scorer, quiet = factory(), np.zeros(_RUN_IN)
    pcm = np.concatenate([quiet, sound, quiet, np.zeros(-len(sound) % FRAME)]).astype("<i2").tobytes()
    voiced = [at for at in range(0, len(pcm), FRAME_PCM) if scorer.score(pcm[at : at + FRAME_PCM]) >= _VOICED]
    if not voiced:
        return sound
    begin, end = voiced[0] // 2 - _RUN_IN - FRAME, voiced[-1] // 2 - _RUN_IN + FRAME
    return sound[max(0, begin) : end]


def trimmed(sound: Sound) -> Sound:
    """Return a sound cut to where it is within 38 dB of its loudest 5 ms."""
    blocks = np.abs(sound[: len(sound) // 40 * 40]).reshape(-1, 40).max(axis=1)
    loud = np.flatnonzero(blocks > blocks.max() * 10 ** (-38 / 20))
    return sound[loud[0] * 40 : (loud[-1] + 1) * 40]


class CallerTrack:
    """Hold what a caller says, put together piece by piece, and the words that STT would find in it."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._pieces: list[Sound] = []
        self.samples = 0
        self.words: list[Heard] = []
        self.spans: list[tuple[int, int]] = []
        """Where each part begins and ends."""

    def say(self, part: SpokenPart) -> None:
        """Add a part. Its words are spread over it by their letters."""
        begin, self.samples = self.samples, self.samples + len(part.sound)
        self._pieces.append(part.sound)
        self.spans.append((begin, self.samples))
        words = part.text.split()
        total, at = sum(map(len, words)), 0
        for word in words:
            middle = begin + int(len(part.sound) * (at + len(word) / 2) / total)
            self.words.append(Heard(word, middle))
            at += len(word)

    def wait(self, ms: int) -> None:
        """Add silence."""
        self._pieces.append(np.zeros(ms * RATE // 1000))
        self.samples += ms * RATE // 1000

    def frames(self) -> list[bytes]:
        """Return all of it as frames of 160 bytes of mu-law, on a line that is never quite silent."""
        sound = np.concatenate(self._pieces)
        sound = np.concatenate([sound, np.zeros(-len(sound) % FRAME)])
        sound = np.clip(sound + idle(self._rng, len(sound)), -32768, 32767)
        mulaw = g711.encode(sound.astype("<i2").tobytes())
        return [mulaw[at : at + FRAME] for at in range(0, len(mulaw), FRAME)]


def words_between(words: Sequence[Heard], onset: int, end: int, *, stops: bool = False) -> str:
    """Return what STT would find between two samples."""
    text = " ".join(word.text for word in words if onset <= word.middle < end)
    return text + "." if stops and text else text
