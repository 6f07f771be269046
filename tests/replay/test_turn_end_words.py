"""Why a turn was over, in words."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from ivr.call.agent.eager import EagerOutcome
from ivr.replay.turn_end_words import dropped_words, eager_words, turn_end_words
from ivr.text.turn.words import TurnRule

UNKNOWN = "? ms of silence, where ? ms were enough"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"silence_ms": 520, "wait_ms": 500, "words": "unknown", "rule": "none", "held": False},
            "520 ms of silence, where 500 ms were enough: the words do not tell",
        ),
        (
            {
                "silence_ms": 2000, "wait_ms": 2000, "words": "open", "rule": "number_part", "held": True,
                "words_weight": -2.4, "asked": "email", "voice": -0.33, "model": 1.0, "caller_ms": 120, "long": True,
            },
            "2000 ms of silence with the question held, where 2000 ms were enough: the words are not complete (the "
            "number is not whole), -2.40; the agent awaited an e-mail address; the voice says going on (-0.33); the "
            "turn model says finished (+1.00); this caller is given 120 ms more; the voice went on and on",
        ),
        (
            {"voice": 0.0, "asked": "colour"},
            f"{UNKNOWN}: the words were not judged; the agent awaited colour; the voice hardly tells (+0.00)",
        ),
        (
            {"silence_ms": 280, "wait_ms": 111, "words": "complete", "rule": "answer_whole", "asked": "yes_no"},
            "280 ms of silence, where 111 ms were enough but the words were not there before: the words are complete "
            "(they are all of what was asked for); the agent awaited yes or no",
        ),
        (
            {"silence_ms": 2040, "wait_ms": 450, "words": "unknown", "rule": "number_part", "held": True},
            "2040 ms of silence with the question held, where 450 ms were enough: the words do not tell (the number "
            "may be whole, or a part of one)",
        ),
        (
            {"words": 5, "rule": [1], "voice": "x", "caller_ms": "x"},
            f"{UNKNOWN}: the words were not judged ([1])",
        ),
    ],
)  # fmt: skip
def test_a_turns_end_in_words(fields: dict[str, Any], said: str) -> None:
    assert turn_end_words(fields) == said


def test_every_rule_has_its_words() -> None:
    for rule in get_args(TurnRule):
        said = turn_end_words({"words": "open", "rule": rule})
        assert (f"({rule})" in said, "(" in said) == (False, rule != "none")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"turn": 3, "outcome": "used", "ms": 240},
            "let the answer to turn 3 sound, 240 ms sooner for being asked for ahead",
        ),
        (
            {"turn": 3, "outcome": "keys", "ms": 0},
            "dropped the answer to turn 3, which was asked for ahead: the caller typed",
        ),
        ({"outcome": 7}, "dropped the answer to turn ?, which was asked for ahead: 7"),
        ({"outcome": "used"}, "let the answer to turn ? sound, ? ms sooner for being asked for ahead"),
    ],
)
def test_what_came_of_asking_ahead_in_words(fields: dict[str, Any], said: str) -> None:
    assert eager_words(fields) == said


def test_every_outcome_has_its_words() -> None:
    said = {outcome: dropped_words({"outcome": outcome}) for outcome in get_args(EagerOutcome)}
    assert said.pop("used") == ""
    assert all(" " in why for why in said.values())
