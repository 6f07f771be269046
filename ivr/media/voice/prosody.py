"""Tell from the sound of a voice whether it has come to its end: its prosody in the moments before a pause.

`measure` turns the end of an utterance into a few whole numbers, `log_odds` weighs them by a small table. A tape keeps
the numbers, not the audio. The table is fitted by `python -m tools.turns.fit`; `docs/turns.md` says to what, and how
little it is: voices that come to their end and voices that pause overlap by far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from ivr.media.g711 import RATE
from ivr.media.voice.pitch import EVERY_MS, contour

HEARD_MS: Final = 1600
"""Audio before the pause that is looked at, in milliseconds at most."""
_FEWEST: Final = RATE * 300 // 1000
"""Samples under which nothing is told."""
_CLIPPED, _CLIPPED_SHARE = 31000, 0.02
"""What a sample reaches that is cut off, and the share of such samples that shows the line to be overdriven."""
_FAINT_DBFS: Final = -62
_VOICED, _UNDER_LOUDEST = 0.55, 25
"""A voiced frame repeats itself so well at least, and lies so many dB under the loudest at most."""
_LEAST_VOICED, _LATEST_END = 8, 20
"""Voiced frames at least, and frames behind the last of them at most: else what was last heard was no voice."""
_TOGETHER: Final = 0.6
"""Voiced frames that follow another at once, as a share of all: of noise, frames here and there look voiced."""
_OCTAVE_SLIPS: Final = 0.75
"""Octaves from the median beyond which a pitch is taken for one that is an octave off."""
_UNMOVED: Final = 8
"""Cents between the low and the high pitches of what is a tone, not a voice."""
_JUMPS: Final = 200
"""Cents from frame to frame, in the median, of what is noise."""
_LAST_PITCH, _LAST_LEVEL = 4, 10
"""Voiced frames whose pitch, and whose level, is the last."""


class Weight(NamedTuple):
    """Hold what one of the numbers of `measure` weighs."""

    name: str
    least: int
    most: int
    """Numbers beyond these weigh as much as they."""
    of_one: float
    """Log-odds of one more."""


CONSTANT: Final = -1.12
WEIGHTS: Final = (
    Weight("pitch", -500, 500, -0.0015),
    Weight("level", -120, 40, -0.0130),
    Weight("silence", 20, 260, 0.0034),
    Weight("sustained", 20, 800, -0.0005),
)
"""The last pitch against the median of the utterance, in cents; the last level against its median, in tenths of a dB;
silence since the last voiced frame, in ms: what fades away has more of it than what breaks off; the last voiced
stretch, in ms: who draws a vowel out thinks."""
_BOUNDS: Final = (-1.2, 0.8)
"""What all of it weighs at most. Sentences that are read or acted bear out more; callers think while they speak."""


def measure(pcm: bytes) -> list[int]:
    """Return the features of the end of an utterance, in the order of `WEIGHTS`; none where the voice does not tell.

    `pcm`: PCM16 at 8 kHz, up to `HEARD_MS`; its last voiced frame, and some 100 ms behind it, is its end.
    """
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 4 * 2)
    if len(samples) < _FEWEST or np.count_nonzero(samples > _CLIPPED) > _CLIPPED_SHARE * len(samples):
        return []
    hertz, likeness, level = contour(samples)
    loudest = float(level.max())
    voiced = np.flatnonzero((likeness > _VOICED) & (level > loudest - _UNDER_LOUDEST))
    count, frames = len(voiced), len(level)
    if loudest < _FAINT_DBFS or count < _LEAST_VOICED or frames - voiced[-1] > _LATEST_END:
        return []
    apart = voiced[1:] - voiced[:-1]
    if np.count_nonzero(apart == 1) < _TOGETHER * len(apart):
        return []
    octaves = np.log2(hertz[voiced])
    octaves -= np.sort(octaves)[count // 2]
    octaves -= np.where(np.abs(octaves) > _OCTAVE_SLIPS, np.rint(octaves), 0)
    ordered = np.sort(octaves)
    pitch = 1200 * (octaves - ordered[count // 2])
    spread = 1200 * float(ordered[-1 - count // 10] - ordered[count // 10])
    # A tone does not move at all, noise jumps.
    steps = np.sort(np.abs(pitch[1:] - pitch[:-1]))
    if spread < _UNMOVED or steps[count // 2] > _JUMPS:
        return []
    loud = level[voiced]
    breaks = np.flatnonzero(apart > 2)
    return [
        round(float(pitch[-_LAST_PITCH:].mean())),
        round(10 * float(loud[-_LAST_LEVEL:].mean() - np.sort(loud)[count // 2])),
        (frames - int(voiced[-1])) * EVERY_MS,
        (count - 1 - int(breaks[-1]) if len(breaks) else count) * EVERY_MS,
    ]


def log_odds(features: Sequence[int]) -> float:
    """Return the log-odds that a voice with these features has finished; 0 where there are none."""
    if len(features) != len(WEIGHTS):
        return 0.0
    known = zip(WEIGHTS, features, strict=True)
    total = CONSTANT + sum(one.of_one * max(one.least, min(one.most, number)) for one, number in known)
    return max(_BOUNDS[0], min(_BOUNDS[1], total))
