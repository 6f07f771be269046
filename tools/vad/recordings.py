"""Voices, music and sounds of one's own: directories of WAV files that scenes are made of.

    --voices DIR    people. A folder in DIR is one person, a file directly in DIR is one too
    --music DIR     music, a minute at a time
    --sounds DIR    sounds that are no voices, a few seconds at most

Files are PCM16 or mu-law at any rate; two channels are added up. Everything goes through a telephone's band and is
scaled as scenes want it. What is speech in a recording is told by its energy, from the clean recording, with nothing
of the detectors that will be judged: within 30 dB of the loudest 5 ms, and well over the recording's own noise. A pause
of 400 ms parts two phrases. Recordings with noise less than 40 dB under the voice are left out, for no one could say
where their speech begins; so is what has no pitch for 60 ms, such as a lone consonant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ivr.media import wav
from ivr.media.g711 import FRAME, RATE
from ivr.media.resample import resample
from tools.vad.cast import Voice, levels
from tools.vad.sounds import Rng, Sound, amplitude, at_level, rms, telephone

_BLOCK = 40
"""Samples of one look: 5 ms."""
_SOFTEST, _OVER_NOISE, _CLEAN = -30.0, 10.0, 40.0
"""dB: speech against the loudest, against the recording's noise; noise under the loudest at least."""
_PAUSE, _LONE, _APART = 80, 8, 30
"""Blocks of silence that part two phrases; blocks of a click, and of silence that shows it to be one."""
_SHORTEST, _WORD, _LONGEST = RATE // 8, int(0.7 * RATE), 8 * RATE
"""Samples of a phrase at least, of a word at most, of a sentence at most."""
_VOICED, _VOICED_FRAMES = 0.6, 3
_LAGS = np.arange(RATE // 400, RATE // 60)

_T = TypeVar("_T")


@dataclass(slots=True)
class Person:
    """Hold what a person said."""

    sentences: list[Voice] = field(default_factory=list)
    words: list[Voice] = field(default_factory=list)


class People:
    """A cast of recorded people. The groups are persons."""

    def __init__(self, folder: Path) -> None:
        self.persons: dict[str, Person] = {}
        self.files = self.refused = 0
        for path in _files(folder):
            self._add(path, path.relative_to(folder).parts[0])
        self.sentences = {name: 1 for name, one in self.persons.items() if one.sentences}
        self.words = {name: 1 for name, one in self.persons.items() if one.words}
        if not self.sentences or not self.words:
            raise ValueError(f"{folder}: no clean recordings of both words and sentences")

    def __str__(self) -> str:
        sentences, words = (
            sum(len(found) for found in (getattr(one, kind) for one in self.persons.values()))
            for kind in ("sentences", "words")
        )
        return (
            f"{len(self.persons)} people, {sentences} sentences, {words} words "
            f"from {self.files} files ({self.refused} not clean)"
        )

    def sentence(self, rng: Rng, group: str | None = None) -> Voice:
        group = group or _one(rng, list(self.sentences))
        return _one(rng, self.persons[group].sentences)

    def word(self, rng: Rng, group: str | None = None) -> Voice:
        group = group or _one(rng, list(self.words))
        return _one(rng, self.persons[group].words)

    def agent(self, rng: Rng, length: int) -> Sound:
        """One of them, sentence after sentence."""
        group = _one(rng, list(self.sentences))
        parts: list[Sound] = []
        while sum(map(len, parts)) < length:
            parts += [at_level(self.sentence(rng, group).sound, -20), np.zeros(rng.integers(800, 4000))]
        return np.concatenate(parts)[:length]

    def _add(self, path: Path, name: str) -> None:
        self.files += 1
        found = phrases(read(path))
        self.refused += not found
        for number, sound in enumerate(found):
            person = self.persons.setdefault(name, Person())
            voice = Voice(sound, f"{name}/{path.stem}{f' {number}' if number else ''}")
            (person.words if len(sound) <= _WORD else person.sentences).append(voice)


def read(path: Path) -> Sound:
    """A file as a telephone lets it through. `ValueError`: not a WAV file of a known kind."""
    try:
        found = wav.decode(path.read_bytes())
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from problem
    samples = np.frombuffer(found.pcm, "<i2").reshape(-1, found.channels).mean(axis=1)
    pcm = resample(samples.astype("<i2").tobytes(), found.rate, RATE)
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    return telephone(sound) if len(sound) else sound


def phrases(sound: Sound) -> list[Sound]:
    """What is said in a recording, cut at its pauses; nothing when it is not clean."""
    if len(sound) < _SHORTEST:
        return []
    loud = levels(sound)
    quietest = float(_smooth(loud).min())
    if quietest > -_CLEAN:
        return []
    heard = np.flatnonzero(loud > max(_SOFTEST, quietest + _OVER_NOISE))
    found: list[Sound] = []
    for run in _runs(heard, _PAUSE):
        parts = [part for part in _runs(run, _APART) if len(part) > _LONE]
        if not parts:
            continue
        phrase = sound[parts[0][0] * _BLOCK : (parts[-1][-1] + 1) * _BLOCK]
        if _SHORTEST <= len(phrase) <= _LONGEST and _is_voiced(phrase):
            found.append(phrase)
    return found


def tunes(folder: Path) -> dict[str, Callable[[Rng, int], Sound]]:
    """Music by the names of its files: any part of it, from the beginning again when it is over, at -30 to -16 dBFS."""
    return {str(path.relative_to(folder)): _Tune(read(path)) for path in _files(folder)}


def clips(folder: Path) -> list[Callable[[Rng], Sound]]:
    """Short sounds, at -30 to -10 dBFS."""
    found = ((path, read(path)) for path in _files(folder))
    return [_Clip(sound, str(path.relative_to(folder))) for path, sound in found if sound.any()]


class _Tune:
    def __init__(self, sound: Sound) -> None:
        self._sound = sound

    def __call__(self, rng: Rng, length: int) -> Sound:
        part = np.resize(np.roll(self._sound, -int(rng.integers(len(self._sound)))), length)
        return part / rms(part) * amplitude(rng.uniform(-30, -16))


class _Clip:
    def __init__(self, sound: Sound, name: str) -> None:
        self._sound = sound
        self.__name__ = name

    def __call__(self, rng: Rng) -> Sound:
        return at_level(self._sound, rng.uniform(-30, -10))


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.wav"))
    if not found:
        raise ValueError(f"{folder}: no .wav files")
    return found


def _one(rng: Rng, some: list[_T]) -> _T:
    return some[rng.integers(len(some))]


def _smooth(decibels: Sound) -> Sound:
    """Mean level of every 20 ms."""
    return np.asarray(10 * np.log10(np.convolve(10 ** (decibels / 10), np.full(4, 0.25), "valid")), np.float64)


def _runs(blocks: NDArray[Any], gap: int) -> Iterator[NDArray[Any]]:
    """Blocks in runs with less than `gap` between them."""
    return (run for run in np.split(blocks, np.flatnonzero(np.diff(blocks) > gap) + 1) if len(run))


def _is_voiced(sound: Sound) -> bool:
    """60 ms of it repeat themselves 60 to 400 times a second."""
    count = 0
    for at in range(0, len(sound) - 2 * FRAME, FRAME):
        piece = sound[at : at + 2 * FRAME]
        likeness = np.correlate(piece, piece, "full")[len(piece) - 1 :]
        fit = likeness[_LAGS] * len(piece) / (len(piece) - _LAGS)
        count += bool(fit.max() > _VOICED * likeness[0])
        if count == _VOICED_FRAMES:
            return True
    return False
