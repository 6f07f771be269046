"""Compare ways to end a turn, as eot-bench does: how many pauses are cut off at a price in waiting.

A pause has a score: the higher, the likelier the caller has finished. A policy has three knobs: where the score
reaches the threshold it waits for the action delay, else for the timeout. A pause in the middle of a turn that is
longer than its wait is cut off; the mean wait at the ends of turns is what callers wait. The sweep tries all knobs, and
what counts are the policies that no other beats in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

_Many: TypeAlias = npt.NDArray[np.float64]

STEP_MS: Final = 20
"""A frame: no finer wait is possible."""
LEAST_ACTION_MS: Final = 100
"""The shortest action delay that is tried: the closure of a consonant lasts as long."""
_DELAYS_MS: Final = 2000
_TIMEOUTS_MS: Final = 4000
_THRESHOLDS: Final = 60
"""At most so many are tried, at quantiles of the scores."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Hold one pause: its score, the wait that the product would choose, and its length, infinite at an end."""

    score: float
    wait_ms: float
    length_ms: float

    @property
    def done(self) -> bool:
        """Return whether the caller had finished."""
        return math.isinf(self.length_ms)


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold what eot-bench tells of a way to end turns, and what the shipped waits do. Shares are 0 to 1."""

    at_300: float
    """Share of pauses cut off, where the mean wait may be 300 ms."""
    at_600: float
    wait_at_5: float
    """Mean wait, ms, where 5 % of the pauses may be cut off; infinite where no policy is that careful."""
    shipped_cut: float
    """Share of pauses that the product's own waits cut off."""
    shipped_ms: float
    """Mean of the product's own waits at the ends of turns."""


def mean_of(many: Sequence[Figures]) -> Figures:
    """Return the means of several draws."""
    rows = [(one.at_300, one.at_600, one.wait_at_5, one.shipped_cut, one.shipped_ms) for one in many]
    return Figures(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def swept(pauses: Sequence[Scored]) -> Figures:
    """Return the figures of pauses, at least one of them an end and one not."""
    holds, ends = [one for one in pauses if not one.done], [one for one in pauses if one.done]
    waits, cuts = _policies(holds, ends)
    few = waits[cuts <= 0.05 + 1e-9]
    return Figures(
        float(cuts[waits <= 300 + 1e-9].min()),
        float(cuts[waits <= 600 + 1e-9].min()),
        float(few.min()) if few.size else math.inf,
        sum(one.wait_ms < one.length_ms for one in holds) / len(holds),
        sum(one.wait_ms for one in ends) / len(ends),
    )


def _policies(holds: Sequence[Scored], ends: Sequence[Scored]) -> tuple[_Many, _Many]:
    """Return the mean wait and the share of pauses cut off of every policy."""
    delays = np.arange(LEAST_ACTION_MS, _DELAYS_MS + 1, STEP_MS, dtype=float)
    timeouts = np.arange(LEAST_ACTION_MS, _TIMEOUTS_MS + 1, STEP_MS, dtype=float)
    hold_scores, hold_lengths = (np.array([getattr(one, name) for one in holds]) for name in ("score", "length_ms"))
    end_scores = np.array([one.score for one in ends])
    scores = np.concatenate([hold_scores, end_scores])
    values = np.unique(scores)
    if len(values) > _THRESHOLDS:
        values = np.unique(np.quantile(scores, np.linspace(0, 1, _THRESHOLDS)))
    sure, unsure = delays[:, None], timeouts[None, :]
    sensible = sure <= unsure
    all_waits, all_cuts = [], []
    # Above the last threshold no pause waits for the action delay alone.
    for threshold in (*values, math.inf):
        likely = float((end_scores >= threshold).mean())
        waits = likely * sure + (1 - likely) * unsure
        cuts = _longer(hold_lengths[hold_scores >= threshold], delays)[:, None]
        cuts = (cuts + _longer(hold_lengths[hold_scores < threshold], timeouts)[None, :]) / len(holds)
        all_waits.append(waits[sensible])
        all_cuts.append(cuts[sensible])
    return np.concatenate(all_waits), np.concatenate(all_cuts)


def _longer(lengths: _Many, waits: _Many) -> _Many:
    """Return how many of the lengths are longer than each wait."""
    ordered: _Many = (len(lengths) - np.searchsorted(np.sort(lengths), waits, side="right")).astype(float)
    return ordered
