"""Scenes on a telephone line, and the truth about them: who speaks from which sample to which.

A scene is what a detector is fed: the caller's frames, coded by mu-law as a telephone does, and the frames the caller
was hearing meanwhile. `build(seed)` makes them all; the same seed makes the same scenes. Change thresholds looking at
one seed, believe the figures of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ivr.media import g711
from ivr.media.g711 import FRAME_PCM, RATE
from tools.vad import cast, sounds
from tools.vad.cast import Cast, Espeak, Voice
from tools.vad.sounds import NOISES, SOUNDS, STYLES, Rng, Sound

SNRS = [None, 30, 20, 10, 5]
"""dB between the voice and the noise; None is an idle line."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold one line for a while."""

    heard: list[bytes]
    """The caller's audio: frames of 320 bytes."""
    spoken: tuple[int, int] | None = None
    """The caller's voice: its first sample, and the one after its last. None: the caller is silent."""
    played: list[bytes] | None = None
    """What the caller was hearing, frame by frame; None for nothing."""
    tag: str = ""
    """What is special about it, for the list of misses."""


@dataclass(frozen=True)
class Stage:
    """Hold what scenes are made of: made on the spot, or recordings."""

    cast: Cast = field(default_factory=Espeak)
    music: dict[str, Callable[[Rng, int], Sound]] = field(
        default_factory=lambda: {style: partial(sounds.music, style=style) for style in STYLES}
    )
    """By name: so many samples of it."""
    sounds: list[Callable[[Rng], Sound]] = field(default_factory=lambda: SOUNDS)
    """Short sounds that are no voices."""


@dataclass(slots=True)
class Scenes:
    """Hold scenes by kind, each with what goes wrong when it goes wrong."""

    of: dict[str, list[Scene]] = field(default_factory=dict)

    def add(self, kind: str, scenes: Iterable[Scene]) -> None:
        self.of.setdefault(kind, []).extend(scenes)


def framed(sound: Sound) -> list[bytes]:
    """As a telephone delivers it."""
    pcm = np.rint(np.clip(sound, -32768, 32767)).astype("<i2").tobytes()
    coded = g711.decode(g711.encode(pcm))
    return [coded[i : i + FRAME_PCM] for i in range(0, len(coded) // FRAME_PCM * FRAME_PCM, FRAME_PCM)]


def _line(rng: Rng, length: int, voice_dbfs: float, snr: float | None, kind: str | None = None) -> Sound:
    """The line under a voice."""
    quiet = sounds.idle(rng, length)
    if snr is None:
        return quiet
    kind = kind or NOISES[rng.integers(len(NOISES))]
    return quiet + sounds.noise(kind, rng, length) * sounds.amplitude(voice_dbfs - snr)


def speech(
    rng: Rng, voice: Voice, dbfs: float, snr: float | None, *, lead_ms: int = 0, kind: str | None = None
) -> Scene:
    """Nothing, then a voice, then nothing for 1.5 s."""
    lead = lead_ms * 8 or int(rng.integers(8000, 20000))
    sound = _line(rng, lead + len(voice.sound) + 12000, dbfs, snr, kind)
    sound[lead : lead + len(voice.sound)] += sounds.at_level(voice.sound, dbfs)
    return Scene(framed(sound), (lead, lead + len(voice.sound)), tag=f"{voice.name}, {dbfs:.0f} dBFS, {snr} dB SNR")


def barge_in(rng: Rng, who: Cast, voice: Voice, dbfs: float, loss: float, snr: float | None = None) -> Scene:
    """The caller talks over the agent, whose echo comes back; the agent goes on to the caller's end."""
    at = int(rng.integers(2 * RATE, 5 * RATE))
    length = at + len(voice.sound) + 12000
    played = who.agent(rng, length)
    played[at + len(voice.sound) :] = 0
    sound = sounds.echo(played, rng, loss) + _line(rng, length, dbfs, snr)
    sound[at : at + len(voice.sound)] += sounds.at_level(voice.sound, dbfs)
    tag = f"{voice.name}, {dbfs:.0f} dBFS, echo -{loss:.0f} dB, {snr} dB SNR"
    return Scene(framed(sound), (at, at + len(voice.sound)), framed(played), tag)


def pauses(rng: Rng, who: Cast, gap_ms: int, snr: float | None) -> Scene:
    """Three sentences of one breath, `gap_ms` apart: one utterance."""
    group = list(who.sentences)[rng.integers(len(who.sentences))]
    parts: list[Sound] = []
    for _ in range(3):
        parts += [sounds.at_level(who.sentence(rng, group).sound, -20), np.zeros(gap_ms * 8)]
    voice = np.concatenate(parts[:-1])
    sound = _line(rng, len(voice) + 24000, -20, snr)
    sound[12000 : 12000 + len(voice)] += voice
    return Scene(framed(sound), (12000, 12000 + len(voice)), tag=f"{gap_ms} ms, {snr} dB SNR")


def happenings(rng: Rng, makers: list[Callable[[Rng], Sound]], seconds: int) -> Scene:
    """A quiet line on which something sounds every one or two seconds."""
    sound, at = sounds.idle(rng, seconds * RATE), RATE
    while at < len(sound) - 3 * RATE:
        one = makers[rng.integers(len(makers))](rng)[: len(sound) - at]
        sound[at : at + len(one)] += one
        at += len(one) + int(rng.integers(6000, 16000))
    return Scene(framed(sound), tag=makers[0].__name__)


def noise(rng: Rng, kind: str, dbfs: float, seconds: int) -> Scene:
    sound = sounds.idle(rng, seconds * RATE) + sounds.noise(kind, rng, seconds * RATE) * sounds.amplitude(dbfs)
    return Scene(framed(sound), tag=f"{kind} at {dbfs:.0f} dBFS")


def gusts(rng: Rng, seconds: int) -> Scene:
    """Noise that comes and goes: passing cars, a door to the street."""
    sound = sounds.noise("pink", rng, seconds * RATE) * sounds.amplitude(-50)
    for at in range(RATE, (seconds - 3) * RATE, 20000):
        length = int(rng.integers(4000, 16000))
        burst = sounds.noise(NOISES[rng.integers(len(NOISES))], rng, length)
        sound[at : at + length] += burst * sounds.amplitude(rng.uniform(-42, -25))
    return Scene(framed(sound), tag="gusts")


def music(rng: Rng, name: str, play: Callable[[Rng, int], Sound], seconds: int) -> Scene:
    length = seconds * RATE
    return Scene(framed(sounds.idle(rng, length) + play(rng, length)), tag=name)


def echo(rng: Rng, who: Cast, loss: float, snr: float | None, seconds: int) -> Scene:
    """The agent talks, the caller says nothing."""
    played = who.agent(rng, seconds * RATE)
    sound = sounds.echo(played, rng, loss) + _line(rng, len(played), -20, snr)
    return Scene(framed(sound), played=framed(played), tag=f"echo -{loss:.0f} dB, {snr} dB SNR")


def babble(rng: Rng, who: Cast, seconds: int) -> Scene:
    """People in the background, 25 dB under a caller's own voice."""
    length = seconds * RATE
    return Scene(framed(sounds.idle(rng, length) + cast.babble(rng, who, length) * sounds.amplitude(-45)), tag="babble")


def far_voice(rng: Rng, who: Cast, seconds: int) -> Scene:
    """A television across the room: one clear voice at -42 dBFS."""
    sound = sounds.idle(rng, seconds * RATE)
    sound += who.agent(rng, seconds * RATE) * 10 ** (-22 / 20)
    return Scene(framed(sound), tag="far voice")


def _choice(rng: Rng, options: list[float | None] | list[int | None]) -> float | None:
    return options[rng.integers(len(options))]


def build(seed: int, size: float = 1.0, stage: Stage | None = None) -> dict[str, list[Scene]]:
    """All scenes of a seed, by kind; `size` 1 is some 75 minutes of telephone."""
    stage = stage or Stage()
    rng = np.random.default_rng(seed)
    scenes = Scenes()
    _add_voices(scenes, rng, stage.cast, max(1, round(6 * size)))
    _add_barge_ins(scenes, rng, stage.cast, max(1, round(5 * size)))
    minutes = max(1, round(4 * size))
    scenes.add("noise", (noise(rng, kind, dbfs, 20) for kind in NOISES for dbfs in (-55, -42, -30)))
    scenes.add("noise", (gusts(rng, 60) for _ in range(minutes // 2 + 1)))
    scenes.add("sounds", (happenings(rng, stage.sounds, 60) for _ in range(minutes * 2)))
    scenes.add("music", (music(rng, name, play, 15 * minutes) for name, play in stage.music.items()))
    losses = np.linspace(20, 35, minutes * 2)
    scenes.add("echo", (echo(rng, stage.cast, float(loss), _choice(rng, [None, 30, 25]), 60) for loss in losses))
    scenes.add("(babble)", (babble(rng, stage.cast, 30) for _ in range(minutes // 2 + 1)))
    scenes.add("(far voice)", (far_voice(rng, stage.cast, 30) for _ in range(minutes // 2 + 1)))
    return scenes.of


def _add_voices(scenes: Scenes, rng: Rng, who: Cast, times: int) -> None:
    for group, weight in who.sentences.items():
        for n in range(times * weight):
            voice = who.sentence(rng, group)
            scenes.add("sentences", [speech(rng, voice, rng.uniform(-28, -14), SNRS[n % 5])])
            scenes.add("soft", [speech(rng, voice, rng.uniform(-40, -30), _choice(rng, [None, 25]), kind="pink")])
    for group, weight in who.words.items():
        for n in range(times * weight):
            voice = who.word(rng, group)
            scenes.add("words", [speech(rng, voice, rng.uniform(-28, -14), SNRS[n % 4])])
    for _ in range(2 * times):
        lead, dbfs = 40_000, -22.0
        scenes.add("late word", [speech(rng, who.word(rng), dbfs, _choice(rng, [None, 28, 20]), lead_ms=lead)])
        scenes.add("pauses", [pauses(rng, who, int(rng.integers(200, 420)), _choice(rng, [None, 20]))])


def _add_barge_ins(scenes: Scenes, rng: Rng, who: Cast, times: int) -> None:
    for group in who.sentences:
        for _ in range(times):
            voice, snr = who.sentence(rng, group), _choice(rng, [None, None, 25])
            scenes.add("barge-in", [barge_in(rng, who, voice, rng.uniform(-27, -15), rng.uniform(20, 35), snr)])
    for group in who.words:
        for _ in range(times):
            voice = who.word(rng, group)
            scenes.add("barge-in word", [barge_in(rng, who, voice, rng.uniform(-27, -15), rng.uniform(20, 35))])
            voice = who.word(rng, group)
            scenes.add("barge-in soft", [barge_in(rng, who, voice, rng.uniform(-36, -28), rng.uniform(20, 35))])
