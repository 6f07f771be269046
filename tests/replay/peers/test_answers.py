"""An agent's answers on a tape beside those of today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call.events import Event, PeerFault, ReplyDelta, ReplyEnded, ReplyFailed
from ivr.replay.peers.answers import AgentAnswer, AnswerPair, answer_of, changes, summary, text_difference

ANSWER = AgentAnswer("It costs 25 riyals.", 300.0, 900.0, 4)


def pair(then: AgentAnswer = ANSWER, now: AgentAnswer = ANSWER, turn: int = 1) -> AnswerPair:
    return AnswerPair(turn, "how much", then, now)


def test_an_answer_is_read_from_its_events() -> None:
    events: list[tuple[float, Event]] = [
        (0.1, ReplyDelta(1, " ")), (0.25, ReplyDelta(1, "It costs")), (0.3, PeerFault("agent", "odd")),
        (0.5, ReplyDelta(1, " 25.")), (0.9, ReplyEnded(1, hang_up=True)),
    ]  # fmt: skip
    assert answer_of(events) == AgentAnswer(" It costs 25.", 250.0, 900.0, 3, "hang up")
    assert answer_of(events[:-1], closed=True) == AgentAnswer(" It costs 25.", 250.0, None, 3, cut=True)
    assert answer_of([(0.9, ReplyEnded(1, transfer_to=""))]).action == "transfer to a person"
    assert answer_of([(0.9, ReplyFailed(1, "timeout"))]) == AgentAnswer(total_ms=900.0, failure="timeout")


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("It costs 25.", "It  costs\n25.", True),
        ("It costs 25.", "It costs 26.", False),
        ("", "", True),
    ],
)
def test_words_are_compared_without_blanks(then: str, now: str, same: bool) -> None:
    assert pair(AgentAnswer(then), AgentAnswer(now)).same_text is same


@pytest.mark.parametrize(("now", "same"), [("It costs 25 riyals.", True), ("It is 25 riyals.", False), ("It", False)])
def test_a_cut_answer_counts_by_its_beginning(now: str, same: bool) -> None:
    cut = AgentAnswer("It costs 2", 300.0, None, 3, cut=True)
    assert pair(cut, AgentAnswer(now)).same_text is same
    assert pair(cut, AgentAnswer(now, action="hang up")).same_action, "it may have come later"
    assert pair(AgentAnswer("", cut=True), AgentAnswer("anything")).same_text


def test_actions_and_failures_are_compared() -> None:
    assert pair().same_action
    assert not pair(now=replace(ANSWER, action="hang up")).same_action
    assert not pair(now=replace(ANSWER, failure="timeout")).same_action
    assert pair(then=replace(ANSWER, failure="a"), now=replace(ANSWER, failure="b")).same_action


def test_changes_are_named() -> None:
    assert changes([]) == changes([pair()]) == set()
    assert changes([pair(now=replace(ANSWER, text="No."))]) == {"text"}
    assert changes([pair(now=replace(ANSWER, action="hang up"))]) == {"action"}


@pytest.mark.parametrize(
    ("then", "now", "slower"),
    [
        ([300], [440], False),  # less than the floor
        ([300], [460], True),
        ([1000], [1240], False),  # less than a quarter
        ([1000], [1260], True),
        ([300, 300, 300], [300, 300, 3000], False),  # one of three
        ([300, 300, 300], [300, 900, 900], True),
        ([900], [300], False),
    ],
)
def test_slower_is_more_than_chance(then: list[float], now: list[float], slower: bool) -> None:
    turns = zip(then, now, strict=True)
    pairs = [pair(replace(ANSWER, first_ms=a), replace(ANSWER, first_ms=b)) for a, b in turns]
    assert changes(pairs) == ({"slower"} if slower else set())


def test_few_turns_have_no_percentile() -> None:
    def said(count: int) -> str:
        pairs = [pair(replace(ANSWER, first_ms=100.0 + n), replace(ANSWER, first_ms=200.0 + n)) for n in range(count)]
        return "\n".join(summary(pairs))

    assert "worst 118 then, 218 now (19 turns)" in said(19)
    assert "p95" not in said(19)
    assert "p95 119 then, 219 now (20 turns)" in said(20)
    assert list(summary([pair(now=AgentAnswer())])) == ["0 of 1 answers have the same words, 1 the same action"]


def test_a_difference_of_words_is_shown_in_place() -> None:
    assert text_difference("It costs 25 riyals.", "It costs 26 riyals today.") == (
        "It costs [-25 riyals.-] {+26 riyals today.+}"
    )
    assert text_difference("a b", "a b") == "a b"
    assert text_difference("a b", "b") == "[-a-] b"
    assert text_difference("b", "a b") == "{+a+} b"


def test_a_pair_is_told_to_machines() -> None:
    told = pair(now=replace(ANSWER, text="It costs 26 riyals.")).as_json()
    assert (told["same_text"], told["likeness"], told["same_action"]) == (False, 0.75, True)
    assert told["then"]["first_ms"] == 300.0
