"""Fit the weights of the voice before a pause (ivr/media/voice/prosody.py) to recorded speakers.

    python -m tools.turns.fit DIR                    the table, and how well it tells ends from pauses
    python -m tools.turns.fit DIR --model FILE.onnx  and how well a turn model tells the same pauses

DIR holds Debian's packages of recorded speech (tools/turns/fit_recordings.py says which), unpacked:

    apt-get download PACKAGE... && for one in *.deb; do dpkg -x $one DIR; done

Each speaker counts as much as any other, and its ends as much as its pauses: the table's log-odds are those of a caller
of whom nothing else is known. How well it does is judged speaker by speaker, by a table that was fitted to all others.
Callers are yet another kind of speech than what is read and acted here. So the table is made as much smaller as tables
that were fitted to two of the kinds say too much of the third.
The exit code is 1 where the table is another than the one in `prosody.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.media.voice.prosody import CONSTANT, WEIGHTS, Weight
from ivr.session.turn_model import TurnModel
from tools.turns.fit_pauses import pauses
from tools.turns.fit_recordings import recordings, spread

MOST: Final = 150
"""Recordings of one speaker."""
FEWEST: Final = 10
"""Ends, and pauses, of a speaker who counts."""
_ROUNDS: Final = 15
"""Steps of Newton's method: it stands still after ten."""
_HELD_BACK: Final = 1e-6
"""Pull of the weights toward 0, against a column that tells nothing at all."""
_RANGES: Final = (-9.0, -0.8, -0.4, 0.0, 0.4, 9.0)
"""Of log-odds, each looked at by itself."""

Numbers: TypeAlias = NDArray[np.float64]
Table: TypeAlias = tuple[float, tuple[Weight, ...]]
"""A constant, and the weights."""


class KnownPause(NamedTuple):
    """Hold what is known of a pause."""

    speaker: str
    is_end: bool
    voice: tuple[int, ...]
    """What `prosody.measure` makes of it."""
    model: float | None = None
    """What a turn model says of it, 0 to 1; None: it was not asked."""


def enough(found: Sequence[KnownPause]) -> list[KnownPause]:
    """Return the pauses whose voice tells something, of speakers of whom there are enough ends and pauses."""
    tell = [one for one in found if one.voice]
    kinds = [(one.speaker, one.is_end) for one in tell]
    often = {kind: kinds.count(kind) for kind in set(kinds)}
    return [one for one in tell if min(often.get((one.speaker, is_end), 0) for is_end in (True, False)) >= FEWEST]


def counts(known: Sequence[KnownPause]) -> Numbers:
    """Return what each pause counts: ends and pauses half of all each, and each speaker the same."""
    kinds = [(one.speaker, one.is_end) for one in known]
    often = {kind: kinds.count(kind) for kind in set(kinds)}
    return np.array([1 / often[kind] / len(often) for kind in kinds])


def fitted(known: Sequence[KnownPause]) -> Table:
    """Return the table that fits these pauses best: logistic regression."""
    least, most = (np.array([getattr(one, end) for one in WEIGHTS], float) for end in ("least", "most"))
    middle, scale = (least + most) / 2, (most - least) / 2
    features = (np.clip(np.array([one.voice for one in known], float), least, most) - middle) / scale
    constant, *weights = _logistic(known, features)
    of_one = np.array(weights) / scale
    table = tuple(one._replace(of_one=float(odds)) for one, odds in zip(WEIGHTS, of_one, strict=True))
    return float(constant - of_one @ middle), table


def _logistic(known: Sequence[KnownPause], features: Numbers) -> Numbers:
    """Return the constant and the weights by which features, a row a pause, tell ends best."""
    rows = np.column_stack([np.ones(len(known)), features])
    ends = np.array([float(one.is_end) for one in known])
    of_all = counts(known)
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (of_all * (ends - likely)) - _HELD_BACK * weights
        curve = (rows * (of_all * likely * (1 - likely))[:, np.newaxis]).T @ rows
        weights += np.linalg.solve(curve + _HELD_BACK * np.eye(len(weights)), slope)
    return weights


def borne_by_others(known: Sequence[KnownPause]) -> float:
    """Return how much of what a table says another kind of speech bears out: 1 is all.

    Each kind is told by a table that was fitted to the others.
    """
    others: list[KnownPause] = []
    says: list[float] = []
    for kind in sorted({_kind(one) for one in known}):
        own = [one for one in known if _kind(one) == kind]
        table = fitted([one for one in known if _kind(one) != kind])
        others += own
        says += [weigh(table, one.voice) for one in own]
    return float(_logistic(others, np.array(says))[1])


def _kind(known: KnownPause) -> str:
    """Return the kind of speech: the first word of the speaker's name."""
    return known.speaker.partition(" ")[0]


def rounded(table: Table, by: float) -> Table:
    """Return a table by a factor, as it is written."""
    constant, weights = table
    return round(constant * by, 2), tuple(one._replace(of_one=round(one.of_one * by, 4)) for one in weights)


def weigh(table: Table, voice: Sequence[int]) -> float:
    """Return what a table says of a voice, without the bounds that the product keeps to."""
    constant, weights = table
    return constant + sum(
        one.of_one * max(one.least, min(one.most, number)) for one, number in zip(weights, voice, strict=True)
    )


def area(scores: Sequence[tuple[float, bool]]) -> float:
    """Return how often an end has a higher score than a pause, of all pairs of them: 0.5 is chance, 1 is all."""
    higher, lower = ([score for score, is_end in scores if is_end == wanted] for wanted in (True, False))
    apart = np.subtract.outer(higher, lower)
    return float(np.mean((apart > 0) + 0.5 * (apart == 0)))


def judged(known: Sequence[KnownPause]) -> dict[str, float]:
    """Return the area of each speaker's pauses, by a table that was fitted to all others."""
    areas = {}
    for speaker in sorted({one.speaker for one in known}):
        table = fitted([one for one in known if one.speaker != speaker])
        areas[speaker] = area([(weigh(table, one.voice), one.is_end) for one in known if one.speaker == speaker])
    return areas


def borne_out(known: Sequence[KnownPause], table: Table) -> list[tuple[float, float, float]]:
    """Return, of each range of what a table says, its mean, the log-odds that the pauses bear out, and its share."""
    of_all, ends = counts(known), np.array([one.is_end for one in known])
    says = np.array([weigh(table, one.voice) for one in known])
    found = []
    for low, high in pairwise(_RANGES):
        here = (says >= low) & (says < high)
        of_ends, of_pauses = float(of_all[here & ends].sum()), float(of_all[here & ~ends].sum())
        if of_ends and of_pauses:
            found.append((float(says[here].mean()), float(np.log(of_ends / of_pauses)), of_ends + of_pauses))
    return found


def written(table: Table) -> str:
    """Return a table as `prosody.py` has it."""
    constant, weights = table
    lines = [f'    Weight("{one.name}", {one.least}, {one.most}, {one.of_one:.4f}),' for one in weights]
    return "\n".join([f"CONSTANT: Final = {constant:.2f}", "WEIGHTS: Final = (", *lines, ")"])


def report(known: Sequence[KnownPause]) -> tuple[Table, str]:
    """Return the table that fits, and what is printed of it."""
    by = borne_by_others(known)
    table = rounded(fitted(known), by)
    areas = judged(known)
    lines = [f"{'':<28}{'ends':>6}{'pauses':>8}{'voice':>8}{'model':>8}"]
    models = {}
    for speaker, found in areas.items():
        own = [one for one in known if one.speaker == speaker]
        ends = sum(one.is_end for one in own)
        asked = [(one.model, one.is_end) for one in own if one.model is not None]
        if {is_end for _, is_end in asked} == {True, False}:
            models[speaker] = area(asked)
        by_model = f"{models[speaker]:>8.2f}" if speaker in models else ""
        lines.append(f"{speaker:<28}{ends:>6}{len(own) - ends:>8}{found:>8.2f}{by_model}")
    by_model = f"{np.mean(list(models.values())):>8.2f}" if models else ""
    lines += [f"{'mean area':<42}{np.mean(list(areas.values())):>8.2f}{by_model}", ""]
    lines += [f"another kind of speech bears out {by:.2f} of a table, so the table is made as much smaller", ""]
    lines += ["the table says, the recordings bear out, of so much of all:"]
    lines += [f"{says:>14.2f}{borne:>25.2f}{share:>18.0%}" for says, borne, share in borne_out(known, table)]
    return table, "\n".join([*lines, "", written(table)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the table to the packages below a folder. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.fit", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="unpacked packages of recorded speech")
    parser.add_argument("--model", type=Path, help="an .onnx file, as IVR_TURN_MODEL takes it")
    parser.add_argument("--most", type=int, default=MOST, help=f"recordings of one speaker (default {MOST})")
    given = parser.parse_args(arguments)
    model = None if given.model is None else TurnModel(given.model)
    some = spread(recordings(given.folder), given.most)
    known = enough([
        KnownPause(
            one.speaker, one.is_end, tuple(one.voice), model.judge(one.said) if model is not None and one.said else None
        )
        for one in pauses(some)
    ])  # fmt: skip
    if len({_kind(one) for one in known}) < 2:
        parser.error(f"{given.folder}: too few kinds of speech with speakers of {FEWEST} ends and {FEWEST} pauses")
    table, text = report(known)
    print(f"{len(some)} recordings, {len(known)} pauses\n{text}")
    if table == (CONSTANT, WEIGHTS):
        print("as in ivr/media/voice/prosody.py")
        return 0
    print("ANOTHER TABLE than in ivr/media/voice/prosody.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
