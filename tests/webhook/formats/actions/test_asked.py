"""Do once what a reply asks for."""

from __future__ import annotations

from typing import Any

from ivr.webhook.formats.actions.asked import AskedActions, sounds
from ivr.webhook.formats.actions.table import MOST_ACTIONS
from ivr.webhook.formats.parts import Acting, Closing, Failure, Transferring, Waiting

PAUSE: dict[str, Any] = {"action": "pause", "ms": 500}


def test_a_whole_answer_repeats_nothing() -> None:
    asked = AskedActions()
    assert not asked.any
    assert asked.take(PAUSE, again=False) == [Acting("pause", ms=500)]
    assert asked.take(PAUSE, again=False) == [Acting("pause", ms=500)]
    whole = {"actions": [PAUSE, PAUSE, PAUSE, {"idle": 30}]}
    assert asked.take(whole, again=True) == [Acting("pause", ms=500), Waiting(30.0)]
    assert asked.take(whole, again=True) == []
    assert asked.any


def test_the_first_end_of_a_reply_counts() -> None:
    asked = AskedActions()
    assert asked.take({"transfer": {"to": "+1"}}, again=False) == [Transferring("+1")]
    assert asked.take({"transfer": {"to": "+2"}, "is_closing": True}, again=False) == [Closing()]
    assert asked.take({"is_closing": True}, again=False) == []


def test_too_many_actions_are_left_out_once() -> None:
    asked = AskedActions()
    found = asked.take({"actions": [PAUSE] * 10_000}, again=False)
    assert found == [*[Acting("pause", ms=500)] * MOST_ACTIONS, Failure("too_many_actions")]
    assert asked.take(PAUSE, again=False) == []
    assert repr(asked) == "<AskedActions left=-1>"


def test_faults_count_as_well() -> None:
    asked = AskedActions()
    assert len(asked.take({"actions": [5] * 10_000}, again=True)) == MOST_ACTIONS + 1
    assert asked.take({"actions": [5]}, again=False) == []
    assert not asked.any


def test_what_has_its_place_among_the_words() -> None:
    assert sounds([Closing(), Acting("pause", ms=20)])
    assert not sounds([Closing(), Failure("bad_idle")])
