"""Hold the weights of what words tell of the end: made by `python -m tools.turns.fit_words --write`, not by hand.

`ivr/text/turn/leaning.py` says what each sign is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORD_WEIGHTS: Final[Mapping[str, float]] = {
    "any words": 0.33,
    "begins with a subject when asked openly": -0.23,
    "begins with an Arabic subject": -0.85,
    "begins with an English subject": -0.32,
    "begins with yes or no": -0.47,
    "complete": 1.17,
    "complete and ends in a bare word": -0.49,
    "complete and ends in a verb": -0.59,
    "complete answer_whole": 1.4,
    "complete closing": 0.44,
    "complete question": -0.26,
    "complete request": -0.06,
    "complete sentence": -0.31,
    "complete short_answer": -0.06,
    "complete stop": -0.36,
    "complete story": -0.01,
    "complete when asked for name": -0.33,
    "ends in a bare word": 0.19,
    "ends in a pronoun": -1.09,
    "ends in a small word": -1.06,
    "ends in a verb": -0.24,
    "ends in an adverb": 0.56,
    "ends in an auxiliary": -1.1,
    "many clauses": -0.43,
    "one clause": 0.72,
    "open": -1.26,
    "open and ends in a pronoun": -0.3,
    "open answer_part": -1.26,
    "open clause": 0.5,
    "open filler": 0.25,
    "open governs": -0.75,
    "open when asked for digits": -0.96,
    "question mark": 2.02,
    "question when asked openly": -0.01,
    "tells what happened": -0.91,
    "two words": 0.62,
    "unknown and long": 0.41,
    "unknown answer_part": -0.31,
    "unknown clause": -0.05,
    "unknown fragment": -0.06,
    "unknown none": 0.13,
    "unknown sentence": 0.26,
    "unknown subject": 0.45,
    "unknown when asked for something": -0.25,
}
