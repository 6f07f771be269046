"""Calls whose streams die and that go on: what the caller hears, and what the agent is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.commands import HangUp
from ivr.call.events import CallStarted, Resumption
from ivr.config.default_phrases import PHRASES
from tests.support.front import CALLED
from tests.whole.world import BYE, QUESTION, Peers, World, call, dies

RESUMED = PHRASES["en"]["resumed"]
ANSWER = (
    "Our branches are open from Saturday to Thursday, from eight in the morning until ten in the evening. On Friday"
    " they open at four in the afternoon. Is there anything else I can do for you?"
)
SCRIPT = [f"say {QUESTION}", f"say {BYE}", "wait"]


def resumptions(world: World) -> list[Resumption]:
    return [one.resumption for _, one, _ in world.happenings if isinstance(one, CallStarted) and one.resumption]


@pytest.mark.parametrize(
    ("at", "heard"),
    [
        (12.0, ""),
        (15.3, "Our branches are open from Saturday to Thursday,"),
        (19.0, ANSWER[: ANSWER.index(" On Friday")]),
    ],
)
def test_an_answer_goes_on_where_it_broke_off(folder: Path, at: float, heard: str) -> None:
    world = call(folder, SCRIPT, during=dies(at))
    [kept] = resumptions(world)
    assert (kept.heard, kept.rest, kept.question) == (heard, ANSWER[len(heard) :].strip(), "")
    assert (kept.count, kept.noticed) == (1, True)
    assert kept.since > 0
    assert world.turns[0].heard == f"{RESUMED} {kept.rest}"
    # No word of the answer was asked for twice but the clause that broke off; the agent hears of all of it.
    assert [(one["text"], one["event"], one["turn"]) for one in world.asked] == [
        (QUESTION, "speech", 1),
        (BYE, "resumed", 3),
    ]
    assert (world.asked[1]["heard"], world.asked[1]["unheard"]) == (ANSWER, "")
    assert world.asked[0]["session_id"] == world.asked[1]["session_id"]
    assert world.ends == [
        HangUp("indeterminate", "caller_dropped", from_caller=True),
        HangUp("success", "agent_goodbye"),
    ]
    assert (world.record.verbs, world.record.ended) == (["Connect", "Redirect", "Connect"], "carrier")


def test_a_question_without_an_answer_is_asked_again(folder: Path) -> None:
    world = call(folder, SCRIPT, during=dies(8.3))
    assert [(one["text"], one["event"]) for one in world.asked] == [
        (QUESTION, "speech"),
        (QUESTION, "resumed"),
        (BYE, "speech"),
    ]
    assert [(turn.kind, turn.heard) for turn in world.turns[:2]] == [("speech", ANSWER), ("phrase", RESUMED)]
    # The phrase comes first.
    assert world.turns[1].sentences[0].sent_at < world.turns[0].sentences[0].sent_at  # type: ignore[operator]


def test_a_caller_who_is_owed_nothing_is_listened_to(folder: Path) -> None:
    world = call(folder, [f"say {BYE}", "wait"], during=dies(5.0))
    assert world.notes("resumed") == [{"count": 1, "owed": "nothing"}]
    assert [(one["event"], one["heard"]) for one in world.asked] == [
        ("resumed", "Hello, and welcome. How can I help you today?")
    ]


def test_a_greeting_goes_on_and_a_notice_is_heard_whole(folder: Path, tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    notice = 'notice = "This call is recorded."'
    lines.write_text(f'[[line]]\nnumber = "{CALLED}"\n[line.phrases]\n{notice}\n', "utf-8")
    world = call(folder, [f"say {BYE}", "wait"], during=dies(1.0), prepared=False, IVR_CONFIG=str(lines))
    said = [sentence.text for sentence in world.turns[0].sentences]
    assert said[:2] == [RESUMED, "This call is recorded."]
    assert said[2].endswith("today?")


def test_a_call_is_cut_off_three_times_and_no_more(folder: Path) -> None:
    world = call(folder, SCRIPT, during=dies(12.0, 2.0, 2.0, 2.0))
    assert [kept.count for kept in resumptions(world)] == [1, 2, 3]
    assert len({kept.since for kept in resumptions(world)}) == 1
    assert world.record.verbs == [*["Connect", "Redirect"] * 4, "Say", "Hangup"]
    assert world.record.said[0].startswith("Thank you for calling.")
    assert {kept.rest for kept in resumptions(world)} == {ANSWER}


def test_a_call_that_ended_as_meant_does_not_go_on(folder: Path) -> None:
    world = call(folder, [f"say {BYE}", "wait"], Peers(rest=None), IVR_DEV="true")
    assert world.ends == [HangUp("success", "agent_goodbye")]
    assert world.record.verbs == ["Connect", "Redirect", "Say", "Hangup"]
    assert resumptions(world) == []
