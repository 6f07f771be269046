"""What may be heard on a telephone line besides voices, made on the spot from a seed: noise, music and all the rest.

Samples are float64 at 8 kHz, in the units of PCM16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import RATE

Sound: TypeAlias = NDArray[np.float64]
Rng: TypeAlias = np.random.Generator


def amplitude(dbfs: float) -> float:
    """RMS in PCM16 units."""
    return 32768 * float(10 ** (dbfs / 20))


def band(sound: Sound, low: float, high: float, order: int = 4) -> Sound:
    """Only what lies between two frequencies, with soft edges."""
    spectrum = np.fft.rfft(sound)
    hz = np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), 1e-3)
    shape = 1 / np.sqrt(1 + (low / hz) ** (2 * order)) / np.sqrt(1 + (hz / high) ** (2 * order))
    out: Sound = np.fft.irfft(spectrum * shape, len(sound))
    return out


def telephone(sound: Sound) -> Sound:
    """What a telephone line lets through."""
    return band(sound, 250, 3400)


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)) + 1e-9)


def active(sound: Sound) -> float:
    """RMS of a voice, its pauses not counted: of the blocks within 25 dB of the loudest."""
    blocks = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    powers = (blocks**2).mean(axis=1)
    return float(np.sqrt(powers[powers > powers.max() * 10**-2.5].mean()) + 1e-9)


def at_level(sound: Sound, dbfs: float) -> Sound:
    return sound * (amplitude(dbfs) / active(sound))


def echo(played: Sound, rng: Rng, loss: float) -> Sound:
    """What comes back of it: `loss` dB weaker, 100 to 300 ms later, a little blurred."""
    room = rng.normal(0, 0.12, 200) * np.exp(-np.arange(200) / 40)
    room[0] = 1
    blurred = np.convolve(played, room)[: len(played)]
    delay = int(rng.integers(800, 2400))
    weak = blurred * (rms(played) / rms(blurred)) * 10 ** (-loss / 20)
    return np.concatenate((np.zeros(delay), weak))[: len(played)]


def idle(rng: Rng, length: int) -> Sound:
    """A line on which nothing happens."""
    return rng.integers(-8, 9, length).astype(np.float64)


NOISES = ["white", "pink", "car", "fan", "street", "crackle", "rain", "hum"]


def noise(kind: str, rng: Rng, length: int) -> Sound:
    """Noise of RMS 1."""
    white = rng.normal(0, 1, length)
    t = np.arange(length) / RATE
    match kind:
        case "white":
            sound = white
        case "pink":
            spectrum = np.fft.rfft(white)
            sound = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 10), length)
        case "car":
            sound = band(white, 60, 500, 2)
        case "fan":
            sound = band(white, 20, 800, 1) + 0.3 * np.sin(2 * np.pi * 180 * t)
        case "street":
            sound = band(white, 20, 600, 1) * (1 + 0.7 * np.sin(2 * np.pi * 0.13 * t + rng.uniform(0, 6)))
        case "crackle":
            sound = 0.1 * white
            at = rng.integers(0, length, length // 1500)
            sound[at] += rng.normal(0, 8, len(at))
        case "rain":
            sound = 0.5 * white + np.repeat(rng.exponential(1, length // 40 + 1), 40)[:length] * rng.normal(
                0, 1, length
            )
        case _:
            sound = sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in range(1, 20)) + 0.2 * white
    sound = telephone(np.asarray(sound, np.float64))
    return sound / rms(sound)


def _tones(rng: Rng, length: int, dbfs: float, *hertz: float) -> Sound:
    t = np.arange(length) / RATE
    edge = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 24)
    waves = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in hertz)
    return np.asarray(waves * edge * amplitude(dbfs) * np.sqrt(2 / len(hertz)), np.float64)


def keypad(rng: Rng) -> Sound:
    """One to five keys."""
    parts: list[Sound] = []
    for _ in range(rng.integers(1, 6)):
        low, high = [697, 770, 852, 941][rng.integers(4)], [1209, 1336, 1477][rng.integers(3)]
        parts += [_tones(rng, int(rng.integers(480, 1600)), rng.uniform(-18, -8), low, high), np.zeros(800)]
    return np.concatenate(parts)


def click(rng: Rng) -> Sound:
    return rng.normal(0, amplitude(rng.uniform(-16, -6)), int(rng.integers(4, 80)))


def cough(rng: Rng) -> Sound:
    """One to three bursts of breath; some have a little voice at their end."""
    parts: list[Sound] = []
    pitch = rng.uniform(90, 220)
    for _ in range(rng.integers(1, 4)):
        n = int(rng.integers(1200, 2800))
        fall = np.minimum(1, np.arange(n) / 80) * np.exp(-np.arange(n) / rng.uniform(400, 900))
        burst = band(rng.normal(0, 1, n), 300, rng.uniform(1200, 2800), 2)
        if rng.random() < 0.4:
            phase = np.cumsum(pitch * np.linspace(1, 0.8, n)) / RATE
            burst += 0.5 * band(np.diff(np.floor(phase), prepend=0) * 10, 350, 1500, 2) * (np.arange(n) > 600)
        parts += [burst / rms(burst) * fall * amplitude(rng.uniform(-20, -12)), np.zeros(1000)]
    return np.concatenate(parts)


def breath(rng: Rng) -> Sound:
    n = int(rng.integers(3000, 7000))
    return telephone(rng.normal(0, 1, n)) * np.hanning(n) * amplitude(rng.uniform(-44, -32))


def knock(rng: Rng) -> Sound:
    """Knuckles, a cup put down, a phone moved on a table."""
    hertz, parts = rng.uniform(150, 1200), []
    for _ in range(rng.integers(1, 5)):
        t = np.arange(500)
        parts += [np.sin(2 * np.pi * hertz * t / RATE) * np.exp(-t / rng.uniform(30, 90)) * amplitude(-8)]
        parts += [np.zeros(rng.integers(600, 2400))]
    return np.concatenate(parts)


def rustle(rng: Rng) -> Sound:
    """Clothes, paper, wind in the microphone."""
    n = int(rng.integers(2000, 9000))
    swell = np.repeat(rng.exponential(1, n // 160 + 1), 160)[:n]
    return band(rng.normal(0, 1, n), 300, 2600, 1) * swell * np.hanning(n) * amplitude(rng.uniform(-36, -26))


def typing(rng: Rng) -> Sound:
    sound = np.zeros(8000)
    for at in rng.integers(0, 7800, rng.integers(4, 14)):
        sound[at : at + 120] += rng.normal(0, 1, 120) * np.exp(-np.arange(120) / 25) * amplitude(-22)
    return sound


def ringing(rng: Rng) -> Sound:
    """A phone in the room, the tones of an exchange."""
    kinds = [(440.0, 480.0), (425.0,), (400.0, 450.0), (950.0,), (1400.0,), (480.0, 620.0)]
    tones = kinds[rng.integers(len(kinds))]
    parts: list[Sound] = []
    for _ in range(rng.integers(1, 4)):
        parts += [_tones(rng, int(rng.integers(2000, 8000)), rng.uniform(-26, -14), *tones), np.zeros(2400)]
    return np.concatenate(parts)


def sweep(rng: Rng) -> Sound:
    n = int(rng.integers(2000, 6000))
    hertz = np.linspace(rng.uniform(300, 900), rng.uniform(1200, 2800), n)
    return np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * amplitude(-20)


SOUNDS: list[Callable[[Rng], Sound]] = [
    keypad,
    click,
    cough,
    breath,
    knock,
    rustle,
    typing,
    ringing,
    sweep,
    cough,
    keypad,
]


def _note(rng: Rng, style: str, hertz: float, length: int) -> Sound:
    t = np.arange(length) / RATE
    slide = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * t + rng.uniform(0, 6)) * (style in ("lead", "organ"))
    phase = 2 * np.pi * hertz * np.cumsum(slide) / RATE
    steep = {"piano": 1.3, "organ": 0.9, "lead": 1.1, "strings": 1.6, "bells": 0.6}[style]
    stretch = 1.41 if style == "bells" else 1.0
    partials = [k for k in range(1, 12) if hertz * k < 3800]
    wave = sum((np.sin(phase * (1 + (k - 1) * stretch)) / k**steep for k in partials), np.zeros(length))
    if style in ("piano", "bells"):
        return wave * np.exp(-t * rng.uniform(2, 6))
    return wave * np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 400)


STYLES = ["piano", "organ", "lead", "strings", "bells"]


def music(rng: Rng, length: int, style: str) -> Sound:
    """A tune with bass, chords and a drum, as of a call on hold, at -30 to -16 dBFS."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) if rng.random() < 0.5 else np.array([0, 2, 3, 5, 7, 8, 10, 12])
    beat, key = int(rng.integers(1800, 4000)), rng.uniform(180, 300)
    sound = np.zeros(length + 3 * beat)
    for number, at in enumerate(range(0, length, beat)):
        step = scale[rng.integers(len(scale))]
        held = beat * int(rng.integers(1, 3))
        sound[at : at + held] += _note(rng, style, key * 2 ** (step / 12), held)
        if number % 2 == 0:
            for down, size in ((-12, 0.7), (-5, 0.35), (-8, 0.3)):
                wave = _note(rng, style, key * 2 ** ((scale[number // 2 % 5] + down) / 12), 2 * beat)
                sound[at : at + 2 * beat] += size * wave
            sound[at : at + 800] += rng.normal(0, 0.8, 800) * np.exp(-np.arange(800) / 120)
    sound = telephone(sound[:length])
    return sound / rms(sound) * amplitude(rng.uniform(-30, -16))
