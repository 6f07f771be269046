"""Hold the weights of what words tell of the end: made by `python -m tools.turns.fit_words --write`, not by hand.

`ivr/text/turn/leaning.py` says what each sign is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORD_WEIGHTS: Final[Mapping[str, float]] = {
    "Arabic pronoun": -0.82,
    "any words": 0.59,
    "begins with a subject when asked openly": -0.15,
    "begins with an Arabic subject": -0.76,
    "begins with an English subject": -0.4,
    "begins with yes or no": -0.37,
    "comma inside": -0.59,
    "complete": 1.11,
    "complete and ends in a bare word": -0.53,
    "complete and ends in a verb": -0.52,
    "complete answer_whole": 1.36,
    "complete closing": 0.41,
    "complete question": -0.26,
    "complete request": -0.09,
    "complete sentence": -0.19,
    "complete short_answer": -0.01,
    "complete stop": -0.34,
    "complete story": -0.13,
    "complete when asked for name": -0.36,
    "ends in a bare word": 0.01,
    "ends in a noun phrase": 0.74,
    "ends in a pronoun": -0.81,
    "ends in a small word": -0.92,
    "ends in a verb": -0.09,
    "ends in an adverb": 0.78,
    "ends in an auxiliary": -0.88,
    "few words when asked for something": -0.53,
    "many words when asked for something": 0.81,
    "many words when asked for yes or no": -0.51,
    "many words when asked openly": -0.28,
    "one clause": 0.51,
    "open": -1.26,
    "open and ends in a pronoun": -0.18,
    "open answer_part": -1.36,
    "open clause": 0.6,
    "open filler": 0.2,
    "open governs": -0.7,
    "open when asked for digits": -0.88,
    "question mark": 2.07,
    "reason or contrast": -1.52,
    "tells what happened": -0.8,
    "two words": 0.62,
    "unknown answer_part": -0.35,
    "unknown clause": -0.01,
    "unknown fragment": -0.14,
    "unknown none": 0.26,
    "unknown sentence": 0.24,
    "unknown subject": 0.28,
    "unknown when asked for something": -0.17,
}
