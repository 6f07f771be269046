"""Which of a call's own tones was heard when: every 20 ms of a track against the few tones it may hold.

`hamsa_audio.runs` says of any audio which tone it is. Here the tones are known, and a whole call is asked at once: each
window is projected onto each tone, and belongs to the one that holds most of its power. What no tone holds is left out;
whoever looks for sound that should not be there finds it that way.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.testbench.hamsa.audio import ToneRun, tone_of

HOP_MS: Final = 20
WINDOW: Final = 5
"""Hops that are looked at to judge the middle one."""
SHARE: Final = 0.5
"""Of the window's power that has to be the tone's."""
AUDIBLE: Final = 150.0
"""RMS of a hop of PCM16 below which there is no tone."""
_BATCH: Final = 500

Samples: TypeAlias = NDArray[np.float64]


def hops(pcm: bytes, rate: int) -> Samples:
    """PCM16 as rows of 20 ms."""
    size = rate * HOP_MS // 1000
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float64)
    return samples[: len(samples) // size * size].reshape(-1, size)


def levels(rows: Samples) -> Samples:
    """RMS of each row."""
    loud: Samples = np.sqrt(np.mean(rows**2, axis=1))
    return loud


def heard(pcm: bytes, rate: int, requests: Collection[int]) -> list[ToneRun]:
    """The stretches in which one of these requests is heard, in order. An edge may be 40 ms off."""
    rows = hops(pcm, rate)
    numbers = _judged(rows, rate, sorted(requests)) if len(rows) and requests else np.zeros(len(rows), int)
    numbers[levels(rows) < AUDIBLE] = 0
    edges = np.flatnonzero(np.diff(numbers, prepend=0, append=0))
    return [ToneRun(int(numbers[a]), HOP_MS * int(a), HOP_MS * int(b - a)) for a, b in pairwise(edges) if numbers[a]]


def _judged(rows: Samples, rate: int, requests: list[int]) -> NDArray[np.int_]:
    """The request whose tone each row is; 0: none of them."""
    size = rows.shape[1]
    around = WINDOW // 2 * size
    flat = np.pad(rows.ravel(), around)
    windows = np.lib.stride_tricks.sliding_window_view(flat, WINDOW * size)[::size]
    shape = np.hanning(WINDOW * size)
    turns = np.outer(np.arange(WINDOW * size), [tone_of(number) for number in requests])
    waves = shape[:, None] * np.exp(-2j * np.pi * turns / rate)
    found = np.zeros(len(rows), int)
    for start in range(0, len(rows), _BATCH):
        batch = windows[start : start + _BATCH]
        of_tone = 2 * np.abs(batch @ waves) ** 2 / shape.sum() ** 2
        power = ((batch * shape) ** 2).sum(axis=1) / (shape**2).sum()
        best = of_tone.argmax(axis=1)
        plain = of_tone[np.arange(len(batch)), best] >= SHARE * np.maximum(power, 1.0)
        found[start : start + _BATCH] = np.where(plain, np.array(requests)[best], 0)
    return found
