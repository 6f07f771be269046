"""Hold the weights of what words tell of the end: made by `python -m tools.turns.fit_words --write`, not by hand.

`ivr/text/turn/leaning.py` says what each sign is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORD_WEIGHTS: Final[Mapping[str, float]] = {
    "Arabic pronoun": -0.79,
    "any words": 0.77,
    "begins with a subject when asked openly": -0.17,
    "begins with an Arabic subject": -0.73,
    "begins with an English subject": -0.4,
    "begins with yes or no": -0.37,
    "comma inside": -0.58,
    "complete": 1.1,
    "complete and ends in a bare word": -0.52,
    "complete and ends in a verb": -0.52,
    "complete answer_whole": 1.35,
    "complete closing": 0.41,
    "complete question": -0.25,
    "complete request": -0.08,
    "complete sentence": -0.19,
    "complete short_answer": -0.02,
    "complete stop": -0.36,
    "complete story": -0.13,
    "complete when asked for name": -0.39,
    "ends in a bare word": 0.01,
    "ends in a noun phrase": 0.76,
    "ends in a pronoun": -0.83,
    "ends in a small word": -0.92,
    "ends in a verb": -0.08,
    "ends in an adverb": 0.75,
    "ends in an auxiliary": -0.91,
    "few words when asked for something": -0.47,
    "many words when asked for something": 0.76,
    "many words when asked for yes or no": -0.59,
    "many words when asked openly": -0.35,
    "one clause": 0.34,
    "open": -1.08,
    "open and ends in a pronoun": -0.24,
    "open answer_part": -1.25,
    "open clause": 0.69,
    "open filler": 0.18,
    "open governs": -0.7,
    "open when asked for digits": -0.87,
    "question mark": 2.05,
    "reason or contrast": -1.62,
    "tells what happened": -0.8,
    "two words": 0.44,
    "unknown answer_part": -0.37,
    "unknown clause": -0.02,
    "unknown fragment": -0.16,
    "unknown none": 0.24,
    "unknown sentence": 0.18,
    "unknown subject": 0.28,
    "unknown when asked for something": -0.18,
}
