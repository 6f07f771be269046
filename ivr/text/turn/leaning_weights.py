"""Hold the weights of what words tell of the end: made by `python -m tools.turns.fit_words --write`, not by hand.

`ivr/text/turn/leaning.py` says what each sign is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORD_WEIGHTS: Final[Mapping[str, float]] = {
    "any words": 0.21,
    "begins with a subject when asked openly": -0.45,
    "begins with an Arabic subject": -0.64,
    "begins with an English subject": -0.2,
    "begins with yes or no": -0.6,
    "complete": 1.6,
    "complete and ends in a bare word": -0.75,
    "complete and ends in a verb": -0.92,
    "complete answer_whole": 1.34,
    "complete closing": 0.42,
    "complete question": 0.57,
    "complete request": 0.11,
    "complete sentence": -0.53,
    "complete short_answer": 0.41,
    "complete stop": -0.8,
    "complete story": -0.2,
    "complete when asked for name": -0.77,
    "ends in a bare word": 0.2,
    "ends in a pronoun": -0.73,
    "ends in a small word": -0.92,
    "ends in a verb": 0.18,
    "ends in an adverb": 0.64,
    "ends in an auxiliary": -1.24,
    "many clauses": -0.24,
    "one clause": 0.78,
    "open": -1.61,
    "open and ends in a pronoun": -0.26,
    "open answer_part": -1.39,
    "open clause": 0.46,
    "open filler": 0.28,
    "open governs": -0.96,
    "open when asked for digits": -0.46,
    "question mark": 2.13,
    "question when asked openly": 0.38,
    "tells what happened": -0.94,
    "two words": 0.73,
    "unknown and long": 0.31,
    "unknown answer_part": -0.2,
    "unknown clause": -0.16,
    "unknown fragment": -0.14,
    "unknown none": 0.11,
    "unknown sentence": 0.5,
    "unknown subject": 0.92,
    "unknown when asked for something": -0.27,
}
