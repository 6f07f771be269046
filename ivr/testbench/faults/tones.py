"""Find the tones of known requests in the track of a whole call, every 20 ms.

`hamsa.audio.runs` finds the tone of any audio. Here the tones are known: each window is projected onto each of them,
and belongs to the tone that holds most of its power. Sound that is no known tone is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.testbench.hamsa.audio import ToneRun, tone_of

HOP_MS: Final = 20
WINDOW_HOPS: Final = 5
"""Hops that are looked at to judge the middle one."""
TONE_SHARE: Final = 0.5
"""Share of the window's power that the tone must have."""
TONE_RMS: Final = 150.0
"""RMS of a hop of PCM16 below which there is no tone."""
_BATCH: Final = 500
"""Windows projected at a time, to bound the memory."""

Samples: TypeAlias = NDArray[np.float64]


def hops(pcm: bytes, rate: int) -> Samples:
    """Return PCM16 as rows of 20 ms. A last row that is not full is left out."""
    size = rate * HOP_MS // 1000
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2).astype(np.float64)
    return samples[: len(samples) // size * size].reshape(-1, size)


def levels(rows: Samples) -> Samples:
    """Return the RMS of each row."""
    loud: Samples = np.sqrt(np.mean(rows**2, axis=1))
    return loud


def heard(pcm: bytes, rate: int, requests: Collection[int]) -> list[ToneRun]:
    """Return the stretches in which one of these requests is heard, in order. An edge may be 40 ms off."""
    rows = hops(pcm, rate)
    numbers = np.zeros(len(rows), int)
    if not len(rows) or not requests:
        return []
    size = rows.shape[1]
    candidates = np.array(sorted(requests))
    padded = np.pad(rows.ravel(), WINDOW_HOPS // 2 * size)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_HOPS * size)[::size]
    shape = np.hanning(WINDOW_HOPS * size)
    periods = np.outer(np.arange(WINDOW_HOPS * size), [tone_of(number) for number in candidates.tolist()])
    waves = shape[:, None] * np.exp(-2j * np.pi * periods / rate)
    for start in range(0, len(rows), _BATCH):
        batch = windows[start : start + _BATCH]
        of_tone = 2 * np.abs(batch @ waves) ** 2 / shape.sum() ** 2
        power = ((batch * shape) ** 2).sum(axis=1) / (shape**2).sum()
        best = of_tone.argmax(axis=1)
        # Two tones that meet share a window's power: then neither is plain, and the hop belongs to none.
        plain = of_tone[np.arange(len(batch)), best] >= TONE_SHARE * np.maximum(power, 1.0)
        numbers[start : start + _BATCH] = np.where(plain, candidates[best], 0)
    numbers[levels(rows) < TONE_RMS] = 0
    edges = np.flatnonzero(np.diff(numbers, prepend=0, append=0))
    return [ToneRun(int(numbers[a]), HOP_MS * int(a), HOP_MS * int(b - a)) for a, b in pairwise(edges) if numbers[a]]
