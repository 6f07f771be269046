"""How a call begins, and how it goes on after its stream has died."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ivr.call.agent.opening import SHORTEST_S
from ivr.call.commands import RequestReply, Speak, Transfer
from ivr.call.events import Resumption, Withdraw
from ivr.call.options import Phrase
from tests.call.stage import LOUD, STARTED, Stage, options, phrases

ANSWER = "It is in Riyadh today, and it comes tomorrow."


def said_first(**texts: str) -> dict[Any, Phrase]:
    """Ready phrases of half a second, with these besides."""
    more: dict[Any, Phrase] = {name: Phrase(text, LOUD * 25) for name, text in texts.items()}
    return {**phrases(), "resumed": Phrase("resumed words", LOUD * 25), **more}


def resumed(kept: Resumption, texts: dict[str, str] | None = None, **choices: Any) -> Stage:
    stage = Stage(options(phrases=said_first(**(texts or {})), **choices), start=False)
    stage.feed(replace(STARTED, resumption=kept))
    return stage


def said(stage: Stage) -> list[str]:
    return [sentence.text for turn in stage.call.turns for sentence in turn.sentences]


def stands(stage: Stage) -> Resumption:
    found = stage.call.stands(stage.now)
    assert found is not None
    return found


def owed(stage: Stage) -> object:
    [note] = stage.notes("resumed")
    return note.fields["owed"]


def test_a_call_has_its_first_words() -> None:
    stage = Stage(options(phrases=said_first(notice="notice words")))
    assert said(stage) == ["greeting words", "notice words"]
    assert stage.notes("resumed") == []
    assert "resumed=0" in repr(stage.call._opening)


def test_a_call_that_has_not_begun_stands_nowhere() -> None:
    stage = Stage(start=False)
    assert stage.call.stands(stage.now) is None


def test_the_rest_of_an_answer_is_said_behind_a_phrase() -> None:
    kept = Resumption(count=1, turn=4, heard="Hello.", unheard=ANSWER, rest=ANSWER, noticed=True, lasted_s=20.0)
    stage = resumed(kept, {"greeting": "greeting words", "notice": "notice words"})
    assert said(stage) == ["resumed words", ANSWER]
    assert (owed(stage), [turn.number for turn in stage.call.turns]) == ("rest", [4])
    assert stage.last(Speak).text == ANSWER
    # Should this stream die as well, at once, all of it is still owed.
    again = stands(stage)
    assert replace(again, turn=0) == replace(kept, turn=0)
    stage.wait(1000)
    stage.voice(1000)
    stage.wait(1500)
    assert stage.call.turns[0].outcome == "heard"
    assert (stands(stage).heard, stands(stage).rest) == (f"Hello. {ANSWER}", "")
    assert stands(stage).lasted_s == pytest.approx(22.5)


def test_a_question_is_asked_at_once_and_once() -> None:
    stage = resumed(Resumption(count=2, turn=3, question="where is it", heard="Hello.", noticed=True))
    assert owed(stage) == "question"
    request = stage.last(RequestReply).request
    assert (request.text, request.event, request.turn, request.heard) == ("where is it", "resumed", 3, "Hello.")
    stage.reply(ANSWER)
    stage.voice(1000)
    stage.wait(2500)
    stage.hear("thank you")
    request = stage.last(RequestReply).request
    assert (request.text, request.event, request.turn) == ("thank you", "speech", stage.call.turns[-1].number)
    assert len(stage.all(RequestReply)) == 2


def test_keys_that_were_typed_are_keys_again() -> None:
    stage = resumed(Resumption(count=1, turn=2, question="1234#", digits="1234#", noticed=True))
    request = stage.last(RequestReply).request
    assert (request.text, request.digits, stage.call.turns[0].kind) == ("1234#", "1234#", "dtmf")


def test_a_notice_that_was_not_heard_comes_before_all() -> None:
    kept = Resumption(count=1, turn=1, question="where is it")
    stage = resumed(kept, {"notice": "notice words"})
    assert said(stage) == ["resumed words", "notice words"]
    assert stage.all(RequestReply) == []
    assert not stands(stage).noticed
    stage.wait(1500)
    assert stands(stage).noticed
    # Only then is the question put again, without another word of the caller.
    request = stage.last(RequestReply).request
    assert (request.text, request.event) == ("where is it", "resumed")


def test_a_recorded_line_says_so_on_every_stream() -> None:
    kept = Resumption(count=1, turn=1, rest=ANSWER, noticed=True)
    stage = resumed(kept, {"recorded": "recorded words", "notice": "notice words"})
    assert said(stage) == ["resumed words", "recorded words", ANSWER]
    assert stands(stage).rest == ANSWER


def test_a_line_without_the_phrase_goes_on_all_the_same() -> None:
    for kept, texts, note in (
        (Resumption(count=1, turn=2, noticed=True), [], "nothing"),
        (Resumption(count=1, turn=2, rest=ANSWER), [ANSWER], "rest"),
    ):
        stage = resumed(kept, {"resumed": ""})
        assert (said(stage), owed(stage)) == (texts, note)


def test_who_is_owed_nothing_is_asked_for_words() -> None:
    stage = resumed(Resumption(count=1, turn=2, noticed=True), silence_timeout=3.0)
    stage.wait(5000)
    assert "still_there words" in said(stage)


def test_a_call_without_a_limit_lasts() -> None:
    stage = resumed(Resumption(count=1, lasted_s=1e6, noticed=True), max_call=0.0, silence_timeout=100.0)
    stage.wait(15_000)
    assert said(stage) == ["resumed words"]


@pytest.mark.parametrize(("lasted", "left"), [(20.0, 40.0), (59.0, SHORTEST_S)])
def test_a_call_lasts_as_long_as_it_may(lasted: float, left: float) -> None:
    stage = resumed(Resumption(count=1, lasted_s=lasted, noticed=True), max_call=60.0, silence_timeout=100.0)
    stage.wait(round(left * 1000) - 1000)
    assert "goodbye words" not in said(stage)
    stage.wait(2000)
    assert "goodbye words" in said(stage)


def test_a_call_that_ends_as_meant_does_not_go_on() -> None:
    stage = Stage(options(phrases=said_first(greeting="")))
    stage.hear()
    stage.reply("Goodbye.", hang_up=True)
    assert stage.call.stands(stage.now) is None


def test_a_call_of_a_bridge_that_leaves_goes_on() -> None:
    stage = Stage(options(phrases=said_first(shutdown="shutdown words")))
    assert stands(stage).count == 0
    # Its last words are no end of the conversation.
    stage.feed(Withdraw("shutdown", words_s=5.0))
    assert stands(stage).count == 0
    stage.feed(Withdraw("shutdown"))
    assert stage.ended is not None
    assert stage.call.stands(stage.now) is None


@pytest.mark.parametrize(("number", "handed"), [("+966500000009", True), ("+966500000008", False), ("", False)])
def test_a_caller_who_was_handed_over_still_is(number: str, handed: bool) -> None:
    stage = resumed(Resumption(count=1, turn=3, transfer_to=number, noticed=True), transfer_to=("+966500000009",))
    stage.wait(3000)
    assert bool(stage.all(Transfer)) is handed
