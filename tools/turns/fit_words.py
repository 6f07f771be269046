"""Find the weights of what words tell (`ivr/text/turn/leaning.py`): `python -m tools.turns.fit_words`

    python -m tools.turns.fit_words --write      into ivr/text/turn/leaning_weights.py
    python -m tools.turns.fit_words --check      how well it tells transcripts that it has not seen, too

A logistic regression on the transcripts in `tools/turns/transcripts/` (their form: `tools/turns/sets.py`). Each counts
twice, by half: as the agent tells what it expects, and as only its words tell. A weight costs its square, so a sign
that is seen seldom weighs little.

Lines that were read by who wrote the grammar are left out: its rules are right there more often than elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ivr.text.turn import leaning_weights
from ivr.text.turn.asked import asked_for
from ivr.text.turn.leaning import signs_of
from ivr.text.turn.words import folded, words_of
from ivr.text.turn_end import judge_by_rules
from tools.turns.sets import Cut, chosen, read_set

_Many: TypeAlias = npt.NDArray[np.float64]

TRANSCRIPTS: Final = Path(__file__).parent / "transcripts"
_READ: Final = ("arabic_asked", "arabic_open", "english_asked", "english_open")
"""Sets whose even lines were read."""
_ALWAYS: Final = "any words"
"""The sign of every transcript: its weight costs nothing."""
_COST: Final = 2.0
_SEEN_LEAST: Final = 8
"""Transcripts that a sign must be seen in."""
_STEPS: Final = 30
_PARTS: Final = 10


@dataclass(frozen=True, slots=True)
class Example:
    """Hold the signs of a transcript, whether its caller had finished, and how much it counts."""

    signs: Sequence[str]
    done: bool
    counts: float


def unread() -> dict[str, list[Cut]]:
    """Return what the weights are found from, by the names of its sets."""
    sets = {path.stem: read_set(path) for path in sorted(TRANSCRIPTS.glob("*.jsonl"))}
    return {name: chosen(cuts, "odd" if name in _READ else "all") for name, cuts in sets.items()}


def examples(cuts: Iterable[Cut]) -> list[Example]:
    """Return what there is to learn from transcripts."""
    found = []
    for cut in cuts:
        plain = folded(cut.text)
        words = words_of(plain)
        by_words = asked_for(cut.asked)
        for expected, length in ((cut.kind, cut.length) if cut.kind else by_words, by_words):
            judged = judge_by_rules(cut.text, expected, length)
            found.append(Example(signs_of(judged, plain, words, expected), cut.done, 0.5))
    return found


def fitted(given: Sequence[Example]) -> dict[str, float]:
    """Return the weights of signs, rounded as they are kept."""
    seen = Counter(sign for one in given for sign in one.signs)
    names = sorted(sign for sign, count in seen.items() if count >= 2 * _SEEN_LEAST)
    told = np.zeros((len(given), len(names)))
    column = {name: at for at, name in enumerate(names)}
    for row, one in enumerate(given):
        told[row, [column[sign] for sign in one.signs if sign in column]] = 1
    done = np.array([float(one.done) for one in given])
    counts = np.array([one.counts for one in given])
    cost = np.array([0.001 if name == _ALWAYS else _COST for name in names])
    weights = np.zeros(len(names))
    # Newton's steps.
    for _ in range(_STEPS):
        likely = _likely(told @ weights)
        slope = told.T @ (counts * (likely - done)) + cost * weights
        bend = (told * (counts * likely * (1 - likely))[:, None]).T @ told + np.diag(cost)
        weights = weights - np.linalg.solve(bend, slope)
    # No "-0.0".
    return {name: round(float(weight), 2) + 0.0 for name, weight in zip(names, weights, strict=True)}


def _likely(log_odds: _Many) -> _Many:
    shares: _Many = 1 / (1 + np.exp(-log_odds))
    return shares


def printed(weights: Mapping[str, float]) -> str:
    """Return weights as the module that holds them."""
    lines = [f'    "{name}": {weight},' for name, weight in weights.items()]
    head = Path(leaning_weights.__file__).read_text(encoding="utf-8").partition("WORD_WEIGHTS: ")[0]
    return head + "WORD_WEIGHTS: Final[Mapping[str, float]] = {\n" + "\n".join(lines) + "\n}\n"


def mean_loss(given: Sequence[Example], weights: Mapping[str, float]) -> float:
    """Return the mean surprise at whether the callers had finished, in nats: 0.69 of who knows nothing."""
    sums = np.array([sum(weights.get(sign, 0.0) for sign in one.signs) for one in given])
    done = np.array([one.done for one in given])
    return float(np.mean(np.log1p(np.exp(np.where(done, -sums, sums)))))


def checked(sets: Mapping[str, Sequence[Cut]]) -> Iterable[str]:
    """Yield how well each set is told by weights that were found without it, or without each tenth of all."""
    known = {name: examples(cuts) for name, cuts in sets.items()}
    for name, given in known.items():
        others = [one for other, more in known.items() if other != name for one in more]
        yield f"{name:<24} from the other sets {mean_loss(given, fitted(others)):.3f}"
    everything = [one for given in known.values() for one in given]
    # Both readings of a transcript stand side by side.
    parts = [[one for at, one in enumerate(everything) if at // 2 % _PARTS == part] for part in range(_PARTS)]
    losses = []
    for part, given in enumerate(parts):
        rest = [one for at, more in enumerate(parts) if at != part for one in more]
        losses.append(mean_loss(given, fitted(rest)))
    yield f"{'all':<24} from nine tenths     {sum(losses) / len(losses):.3f}"
    yield f"{'all':<24} as committed         {mean_loss(everything, leaning_weights.WORD_WEIGHTS):.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Find the weights. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.fit_words", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write them into the module")
    parser.add_argument("--check", action="store_true", help="weigh what was not seen")
    given = parser.parse_args(arguments)
    sets = unread()
    text = printed(fitted(examples([cut for cuts in sets.values() for cut in cuts])))
    if given.write:
        Path(leaning_weights.__file__).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    if given.check:
        print("\n".join(checked(sets)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
