"""Lines that are worse than lines should be: what the scorer adds with `--stress`.

Each kind is one thing that goes wrong on telephones, once while the caller is silent and once under a voice, or one way
in which a voice arrives spoilt. Nothing here has a goal; the figures are to be compared before and after a change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ivr.media.g711 import RATE, audioop
from tools.vad import cast, sounds
from tools.vad.cast import Cast, Voice
from tools.vad.scenes import Scene, Scenes, Stage, barge_in, framed, happenings, speech
from tools.vad.sounds import Rng, Sound

_LEAD, _TAIL = 12000, 12000
_SILENT_S = 60


def build(seed: int, size: float, stage: Stage) -> dict[str, list[Scene]]:
    """All of it."""
    rng = np.random.default_rng(seed)
    scenes = Scenes()
    times = max(1, round(40 * size))
    for name, spoil in LINES.items():
        scenes.add(f"({name})", (silent(rng, name, spoil) for _ in range(max(1, round(2 * size)))))
        scenes.add(f"(+{name})", (spoken(rng, stage.cast, name, spoil) for _ in range(times)))
    for name, change in VOICES.items():
        scenes.add(f"({name})", (changed(rng, stage.cast, name, change) for _ in range(times)))
    scenes.add("(-45 dBFS)", (speech(rng, stage.cast.sentence(rng), -45, None) for _ in range(times)))
    scenes.add("(word, 5 dB)", (speech(rng, stage.cast.word(rng), -20, 5) for _ in range(times)))
    scenes.add("(double talk)", (_double_talk(rng, stage.cast) for _ in range(times)))
    scenes.add("(cafe)", (_cafe(rng, stage.cast, None) for _ in range(max(1, round(4 * size)))))
    scenes.add("(cafe, agent)", (_cafe(rng, stage.cast, 28.0) for _ in range(max(1, round(4 * size)))))
    scenes.add("(+cafe)", (_over_cafe(rng, stage.cast) for _ in range(times)))
    scenes.add("(siren)", (happenings(rng, [siren], _SILENT_S) for _ in range(max(1, round(2 * size)))))
    scenes.add("(+keys)", (_over_keys(rng, stage.cast) for _ in range(times)))
    return scenes.of


def _clicks(rng: Rng, line: Sound) -> Sound:
    """Single samples and short bursts, a few a second."""
    for at in rng.integers(0, len(line) - 80, len(line) // 3000):
        line[at : at + int(rng.integers(1, 40))] += rng.normal(0, sounds.amplitude(-14))
    return line


def _comfort_noise(rng: Rng, line: Sound) -> Sound:
    """The far end sends nothing between words; the near end fills with noise of another level and colour."""
    room = sounds.noise("pink", rng, len(line)) * sounds.amplitude(rng.uniform(-50, -42))
    filling = sounds.noise("white", rng, len(line)) * sounds.amplitude(rng.uniform(-62, -50))
    blocks = line[: len(line) // 160 * 160].reshape(-1, 160)
    loud = np.sqrt((blocks**2).mean(axis=1)) > sounds.amplitude(-50)
    sends = np.convolve(loud, np.ones(12), "full")[: len(loud)] > 0
    sends |= np.repeat(rng.random(len(loud) // 25 + 1) < 0.3, 25)[: len(loud)]
    mask = np.repeat(sends, 160)
    heard = np.where(mask, (line + room)[: len(mask)], filling[: len(mask)])
    return np.concatenate((heard, line[len(mask) :]))


def _lost(rng: Rng, line: Sound) -> Sound:
    """One frame in twenty is lost; every other one of those is filled with the one before it."""
    for at in range(160, len(line) - 160, 160):
        if rng.random() < 0.05:
            line[at : at + 160] = line[at - 160 : at] * 0.7 if rng.random() < 0.5 else 0
    return line


def _gain_control(rng: Rng, line: Sound) -> Sound:
    """A gain that jumps by up to 12 dB every one or two seconds, over a noisy room."""
    line = line + sounds.noise("pink", rng, len(line)) * sounds.amplitude(-48)
    at = 0
    while at < len(line):
        length = int(rng.integers(6000, 16000))
        line[at : at + length] *= 10 ** (rng.uniform(-6, 6) / 20)
        at += length
    return line


def _offset(rng: Rng, line: Sound) -> Sound:
    """A constant of -30 to -20 dBFS, that jumps now and then."""
    at = 0
    while at < len(line):
        length = int(rng.integers(16000, 48000))
        line[at : at + length] += sounds.amplitude(rng.uniform(-30, -20)) * rng.choice([-1, 1])
        at += length
    return line


def _pumped(rng: Rng, line: Sound) -> Sound:
    """A gain control that turns the room up by 20 dB within a few seconds of silence."""
    room = sounds.noise("street", rng, len(line)) * sounds.amplitude(-58)
    gain, out = 0.0, line + room
    for at in range(0, len(line) - 159, 160):
        loud = sounds.rms(line[at : at + 160]) > sounds.amplitude(-45)
        gain = max(0.0, gain - 3) if loud else min(20.0, gain + 0.1)
        out[at : at + 160] *= 10 ** (gain / 20)
    return out


LINES: dict[str, Callable[[Rng, Sound], Sound]] = {
    "clicks": _clicks,
    "comfort noise": _comfort_noise,
    "packet loss": _lost,
    "gain jumps": _gain_control,
    "gain pumps": _pumped,
    "offset": _offset,
}


def _clipped(rng: Rng, voice: Sound) -> Sound:
    """Too loud for the microphone by 10 to 20 dB."""
    loud = sounds.at_level(voice, -20) * 10 ** (rng.uniform(10, 20) / 20)
    top = sounds.amplitude(-8)
    return np.clip(loud, -top, top)


def _adpcm(rng: Rng, voice: Sound) -> Sound:
    """Through a codec of four bits and mu-law, twice."""
    pcm = np.rint(sounds.at_level(voice, -22)).clip(-32768, 32767).astype("<i2").tobytes()
    for _ in range(2):
        coded, _ = audioop.lin2adpcm(pcm, 2, None)
        pcm, _ = audioop.adpcm2lin(coded, 2, None)
        pcm = audioop.ulaw2lin(audioop.lin2ulaw(pcm, 2), 2)
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def _child(rng: Rng, voice: Sound) -> Sound:
    """Higher and quicker by a quarter to two fifths: throat and pitch of a child."""
    faster = rng.uniform(1.25, 1.4)
    at = np.arange(0, len(voice) - 1, faster)
    return sounds.telephone(np.interp(at, np.arange(len(voice)), sounds.band(voice, 50, 2400)))


def _muffled(rng: Rng, voice: Sound) -> Sound:
    """Through a mask or a pocket."""
    return sounds.band(voice, 200, 1100, 2)


def _thin(rng: Rng, voice: Sound) -> Sound:
    """A bad headset: nothing under 800 Hz."""
    return sounds.band(voice, 800, 3400, 3)


VOICES: dict[str, Callable[[Rng, Sound], Sound]] = {
    "clipped": _clipped,
    "codecs": _adpcm,
    "child": _child,
    "muffled": _muffled,
    "thin": _thin,
}


def silent(rng: Rng, name: str, spoil: Callable[[Rng, Sound], Sound]) -> Scene:
    """Nobody speaks on such a line."""
    return Scene(framed(spoil(rng, sounds.idle(rng, _SILENT_S * RATE))), tag=name)


def spoken(rng: Rng, who: Cast, name: str, spoil: Callable[[Rng, Sound], Sound]) -> Scene:
    """Somebody does."""
    voice = who.sentence(rng)
    line = sounds.idle(rng, _LEAD + len(voice.sound) + _TAIL)
    line[_LEAD : _LEAD + len(voice.sound)] += sounds.at_level(voice.sound, rng.uniform(-30, -16))
    return Scene(framed(spoil(rng, line)), (_LEAD, _LEAD + len(voice.sound)), tag=f"{voice.name}, {name}")


def changed(rng: Rng, who: Cast, name: str, change: Callable[[Rng, Sound], Sound]) -> Scene:
    """A word in a voice that arrives spoilt."""
    voice = who.word(rng)
    return speech(rng, Voice(change(rng, voice.sound), f"{voice.name}, {name}"), rng.uniform(-28, -14), None)


def siren(rng: Rng) -> Sound:
    """A fire engine, near enough to be heard on the phone."""
    t = np.arange(int(rng.integers(3, 8)) * RATE) / RATE
    hertz = 950 + 450 * np.sin(2 * np.pi * rng.uniform(0.2, 3) * t)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    wave = sum(np.sin(k * phase) / k for k in (1, 2, 3))
    return sounds.at_level(np.asarray(wave, np.float64), rng.uniform(-40, -22)) * np.hanning(len(t))


def _cafe(rng: Rng, who: Cast, loss: float | None) -> Scene:
    """Many people, 20 dB under a caller's own voice; none of them is a caller. With an agent, its echo comes back."""
    length = _SILENT_S * RATE
    line = cast.babble(rng, who, length) * sounds.amplitude(-40)
    if loss is None:
        return Scene(framed(line), tag="cafe")
    played = who.agent(rng, length)
    return Scene(framed(line + sounds.echo(played, rng, loss)), played=framed(played), tag="cafe over the agent")


def _over_cafe(rng: Rng, who: Cast) -> Scene:
    """A word with many people 20 dB under it."""
    voice = who.word(rng)
    first, last = 5 * RATE, 5 * RATE + len(voice.sound)
    line = cast.babble(rng, who, last + _TAIL) * sounds.amplitude(-40)
    line[first:last] += sounds.at_level(voice.sound, -20)
    return Scene(framed(line), (first, last), tag=f"{voice.name}, cafe")


def _over_keys(rng: Rng, who: Cast) -> Scene:
    """Press keys while the caller speaks."""
    scene = speech(rng, who.sentence(rng), rng.uniform(-26, -16), 30)
    sound = np.frombuffer(b"".join(scene.heard), "<i2").astype(np.float64)
    first, last = scene.spoken or (0, 0)
    keys = sounds.keypad(rng)
    at = int(rng.integers(first, last))
    keys = keys[: len(sound) - at]
    sound[at : at + len(keys)] += keys
    return replace(scene, heard=framed(sound), spoken=(first, max(last, at + len(keys))))


def _double_talk(rng: Rng, who: Cast) -> Scene:
    """As loud as the agent, over an echo of 20 dB."""
    return barge_in(rng, who, who.word(rng), -22, 20)
