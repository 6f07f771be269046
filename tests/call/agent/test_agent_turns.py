"""The agent's turns: what is asking, what is lost, and what the next request says was heard."""

from __future__ import annotations

from typing import Literal

import pytest

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.output import SpeechOutput
from ivr.call.commands import RequestReply, Speak
from ivr.call.events import ReplyDelta, TtsFailed
from ivr.call.options import CallOptions
from ivr.media import g711
from tests.call.stage import LOUD, Stage, options, phrases


@pytest.mark.parametrize(
    ("sent", "unsent", "asking"),
    [
        ("Shall I send it?", "", True),
        ("هل أرسلها؟", "", True),
        ("He said «shall I send it?» ", "", True),
        ('She said "shall I?"\n', "", True),
        ("I shall send it.", "", False),
        ("I shall send it.", "Shall I?", False),
        ("Shall I send it?", "Yes.", True),
        ("Shall I send it? Say yes or no, please.", "", True),
        ("", "Shall I?", False),
        ("", "", False),
    ],
    ids=[
        "English",
        "Arabic",
        "guillemets",
        "quotes",
        "statement",
        "unsent",
        "then unsent",
        "hint",
        "only unsent",
        "nothing",
    ],
)
def test_the_agent_asks_with_what_it_has_sent(sent: str, unsent: str, asking: bool) -> None:
    options = CallOptions()
    turns = AgentTurns(options, SpeechOutput(options))
    assert not turns.asking
    turn = turns.open_turn("speech")
    if sent:
        turn.send(turn.add_sentence(sent, sent, 1.0), 2.0)
    if unsent:
        turn.add_sentence(unsent, unsent, 1.0)
    assert turns.asking is asking


def test_what_was_asked_lives_until_the_caller_speaks() -> None:
    options = CallOptions()
    turns = AgentTurns(options, SpeechOutput(options))

    def said(*texts: str, kind: Literal["phrase", "speech", "dtmf"] = "phrase") -> bool:
        turn = turns.open_turn(kind)
        for text in texts:
            turn.send(turn.add_sentence(text, text, 1.0), 2.0)
        return turns.asking

    assert said("Shall I cancel it?", "That is free.", "Say it now.", kind="speech")
    assert said("I am still here.")
    assert said("One moment.")
    assert not said("Done.", kind="speech")
    assert not said("Goodbye.")
    assert said("هل أرسلها؟", "خذ وقتك.", kind="dtmf")
    assert not said(kind="dtmf")


def test_a_lost_sentence_is_left_out_while_the_reply_still_streams() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "The first one is here. And"))
    stage.feed(TtsFailed(0, 1, "degenerate"))
    assert [note.fields["reason"] for note in stage.notes("sentence_lost")] == ["degenerate"]
    assert stage.notes("upstream_failed") == []


def test_an_answer_without_a_word_leaves_what_was_heard_before() -> None:
    stage = Stage()
    stage.answer()
    stage.wait(1100)
    stage.hear("and where")
    stage.interrupt("is the other one")
    assert stage.call.turns[1].outcome == "superseded"
    stage.wait(500)
    request = stage.last(RequestReply).request
    assert (request.text, request.heard) == ("and where is the other one", "It is in Riyadh today.")


@pytest.mark.parametrize("ready", [True, False])
def test_the_greeting_may_wait_a_moment(ready: bool) -> None:
    stage = Stage(options(phrases=phrases(ready=ready), greeting_after_ms=700))
    stage.wait(600)
    assert set(stage.heard) == {g711.SILENCE}
    stage.wait(200)
    if not ready:
        assert stage.last(Speak).text == "greeting words"
        stage.voice(500)
        stage.wait(100)
    assert set(stage.heard[-320:]) != {g711.SILENCE}
    stage.wait(800)
    assert stage.call.turns[0].outcome == "heard"
    assert (stage.call.turns[0].heard, stage.call.turns[0].summary()["sentences"]) == ("greeting words", 1)


def test_who_speaks_before_the_greeting_has_heard_none_of_it() -> None:
    stage = Stage(options(phrases=phrases(), greeting_after_ms=2000))
    stage.wait(600)
    stage.hear("hello I need help", 800)
    assert (stage.call.turns[0].heard, stage.call.turns[0].unheard) == ("", "greeting words")
    assert stage.last(RequestReply).request.text == "hello I need help"


def test_the_agent_s_side_is_at_rest_until_something_is_due() -> None:
    options = CallOptions()
    output = SpeechOutput(options)
    turns = AgentTurns(options, output)
    turns.settle()
    assert turns.at_rest(1e9)
    output.say(turns.open_turn("phrase"), "a", "a", 1.0, LOUD * 50)
    turns.settle()
    assert not turns.at_rest(1.0), "the sentence was not asked for"
    output.pump(1.0)
    turns.settle()
    due = turns.wake_at()
    assert due is not None
    assert turns.at_rest(due - 0.003)
    assert not turns.at_rest(due - 0.001), "what is due may be sent a moment before"
