"""An operator says something to a caller, hands the caller over, or ends the call."""

from __future__ import annotations

import pytest

from ivr.call.agent.own_words import MOST_TEXTS
from ivr.call.commands import HangUp, RequestReply, Speak, Transfer
from ivr.call.events import (
    DigitPressed,
    Operated,
    ReplyDelta,
    ReplyEnded,
    TransferFailed,
    Transferred,
    TtsFailed,
    Withdraw,
)
from tests.call.stage import Stage, options, phrases

DESK, BRANCH = "+966110000001", "+966110000002"
SAY = Operated("say", "A colleague looks into it.")


def spoken(stage: Stage) -> list[str]:
    return [speak.text for speak in stage.all(Speak)]


def outcomes(stage: Stage) -> list[tuple[str, str]]:
    return [(turn.kind, turn.outcome) for turn in stage.call.turns]


def refusals(stage: Stage) -> list[object]:
    return [note.fields["refused"] for note in stage.notes("operator_act")]


# -- say -------------------------------------------------------------------------------------------------------------


def test_words_are_said_at_once_where_the_agent_is_silent() -> None:
    stage = Stage()
    stage.wait(100)
    stage.feed(SAY)
    assert (spoken(stage), stage.state) == (["A colleague looks into it."], "speaking")
    stage.voice(600)
    stage.wait(900)
    assert (stage.state, outcomes(stage)) == ("listening", [("phrase", "heard")])
    assert stage.call.turns[0].heard == "A colleague looks into it."
    stage.hear()
    assert stage.last(RequestReply).request.text == "where is my parcel"


def test_the_silence_of_the_caller_begins_again_behind_the_words() -> None:
    stage = Stage(options(silence_timeout=2.0))
    stage.answer()
    stage.wait(2500)
    stage.feed(SAY)
    stage.voice(600)
    stage.wait(2300)
    assert [turn.sentences[0].text for turn in stage.call.turns[1:]] == ["A colleague looks into it."]
    stage.wait(700)
    assert stage.call.turns[-1].sentences[0].text == "still_there words"


def test_words_wait_for_the_border_of_a_sentence() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("It is in Riyadh today. It comes tomorrow at noon. Then you sign for it.")
    stage.voice(1000, end=False)
    stage.feed(SAY)
    assert spoken(stage) == ["It is in Riyadh today."]
    for _ in range(4):
        stage.voice(1000)
        stage.wait(900)
    assert spoken(stage)[1:] == ["A colleague looks into it.", "It comes tomorrow at noon.", "Then you sign for it."]
    stage.wait(3000)
    answer, aside = stage.call.turns
    assert answer.heard == "It is in Riyadh today. It comes tomorrow at noon. Then you sign for it."
    assert (aside.heard, aside.kind, aside.outcome, answer.outcome) == (SAY.words, "phrase", "heard", "heard")
    assert [note.fields["turn"] for note in stage.notes("turn")] == [1, 0]


def test_words_are_said_while_the_agent_thinks_and_are_not_its_answer() -> None:
    stage = Stage()
    stage.hear()
    stage.wait(500)
    stage.feed(SAY)
    stage.voice(600)
    stage.wait(400)
    assert stage.state == "thinking"
    stage.feed(ReplyEnded(stage.last(RequestReply).turn))
    # A reply without a word is a failure, whatever the operator has said.
    assert stage.notes("reply_failed")[0].fields["reason"] == "empty"
    stage.wait(2000)
    assert outcomes(stage) == [("speech", "failed"), ("phrase", "heard")]


def test_nothing_interrupts_the_words_but_the_question_is_kept() -> None:
    stage = Stage()
    stage.wait(100)
    stage.feed(SAY)
    stage.voice(2000)
    stage.hear()
    stage.feed(DigitPressed("5"))
    assert stage.state == "speaking"
    stage.wait(3000)
    assert outcomes(stage)[0] == ("phrase", "heard")
    assert stage.last(RequestReply).request.text == "where is my parcel 5"


def test_the_answer_behind_the_words_may_be_interrupted() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("It comes tomorrow at noon.")
    stage.feed(SAY)
    stage.voice(1000)
    stage.wait(300)
    stage.voice(600)
    stage.wait(1500)
    assert stage.call.turns[1].outcome == "heard"
    stage.feed(ReplyDelta(0, "late"))
    stage.hear("and to whom")
    stage.reply("To your neighbour, who has asked for it.")
    stage.voice(3000)
    stage.wait(600)
    stage.interrupt()
    assert [turn.outcome for turn in stage.call.turns] == ["heard", "heard", "interrupted", "open"]


def test_words_are_not_said_over_the_caller() -> None:
    stage = Stage()
    stage.speak(500)
    stage.feed(SAY)
    stage.wait(500)
    assert (stage.state, spoken(stage)) == ("transcribing", [])
    stage.found("where is my parcel")
    assert (stage.state, spoken(stage)) == ("thinking", [SAY.words])


def test_words_wait_while_the_agent_yields() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(800)
    stage.speak(300)
    assert stage.state == "yielding"
    stage.feed(SAY)
    assert len(spoken(stage)) == 1
    stage.wait(180)
    stage.found("no not that")
    stage.wait(600)
    stage.found("no not that")
    stage.say_no_more()
    assert spoken(stage)[1:] == [SAY.words]


def test_texts_are_said_one_after_the_other_and_are_bounded() -> None:
    stage = Stage()
    for number in range(MOST_TEXTS + 2):
        stage.feed(Operated("say", f"Text number {number}."))
    assert refusals(stage)[-2:] == ["", "words"]
    stage.feed(Operated("say", "  "))
    assert refusals(stage)[-1] == "words"
    for _ in range(MOST_TEXTS + 1):
        stage.voice(400)
        stage.wait(500)
    assert [turn.outcome for turn in stage.call.turns] == ["heard"] * (MOST_TEXTS + 1)


def test_a_text_of_several_sentences_is_one_turn() -> None:
    stage = Stage()
    stage.answer("First of all, it is here. Then it goes to you.", ms=400)
    stage.feed(Operated("say", "One moment please, sir. I am looking it up now."))
    for _ in range(4):
        stage.voice(400)
        stage.wait(400)
    stage.wait(500)
    assert outcomes(stage) == [("speech", "heard"), ("phrase", "heard")]
    assert [len(turn.sentences) for turn in stage.call.turns] == [2, 2]


@pytest.mark.parametrize("again", [True, False])
def test_words_that_tts_cannot_say_cost_the_answer_nothing(again: bool) -> None:
    stage = Stage()
    stage.hear()
    stage.feed(SAY)
    asked = stage.last(Speak)
    if again:
        stage.voice(300, end=False)
        stage.wait(200)
    stage.feed(TtsFailed(asked.turn, asked.sentence, "closed", again=again))
    if again:
        stage.voice(300)
    stage.reply()
    stage.voice()
    stage.wait(2500)
    assert stage.call.turns[0].outcome == "heard"
    assert stage.call.turns[1].outcome in ("heard", "interrupted")


def test_the_rest_of_a_broken_sentence_goes_before_the_words() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("It is in Riyadh today, and it comes tomorrow. Then you sign for it.")
    stage.voice(600, end=False)
    stage.wait(400)
    asked = stage.last(Speak)
    stage.feed(TtsFailed(asked.turn, asked.sentence, "closed"))
    stage.feed(SAY)
    assert SAY.words not in spoken(stage)
    stage.voice(600)
    assert spoken(stage)[-1] == SAY.words


def test_an_agent_that_closes_may_be_added_to() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("Goodbye.", hang_up=True)
    stage.voice(500)
    stage.feed(SAY)
    stage.voice(500)
    assert stage.ended is None
    stage.wait(1500)
    assert stage.ended == HangUp("success", "agent_goodbye")
    assert outcomes(stage) == [("speech", "heard"), ("phrase", "heard")]


# -- hang up, transfer -----------------------------------------------------------------------------------------------


def test_an_operator_ends_a_call_with_a_goodbye() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    stage.feed(SAY)
    stage.feed(Operated("hang_up"))
    stage.speak(300)
    assert stage.ended is None
    stage.wait(800)
    assert stage.last(HangUp).at_carrier
    assert stage.ended == HangUp("success", "operator")
    assert stage.call.turns[-1].sentences[-1].text == "goodbye words"
    assert "open" not in [turn.outcome for turn in stage.call.turns]
    assert stage.feed(SAY) == []


@pytest.mark.parametrize(("number", "dialled"), [("", DESK), (BRANCH, BRANCH)])
def test_an_operator_hands_a_caller_over(number: str, dialled: str) -> None:
    stage = Stage(options(transfer_to=(DESK, BRANCH), phrases=phrases(greeting="", transfer="transfer words")))
    stage.answer(ms=3000)
    stage.feed(Operated("transfer", number=number))
    stage.wait(800)
    assert stage.last(Transfer).number == dialled
    stage.feed(Transferred())
    stage.wait(2500)
    assert stage.ended == HangUp("success", "operator_transfer", from_caller=True)


@pytest.mark.parametrize(("people", "number"), [((), ""), ((DESK,), BRANCH), ((), DESK)])
def test_only_people_of_the_list_are_dialled(people: tuple[str, ...], number: str) -> None:
    stage = Stage(options(transfer_to=people))
    stage.answer()
    stage.feed(Operated("transfer", number=number))
    stage.wait(1500)
    assert stage.all(Transfer) == []
    assert (stage.ended, len(stage.notes("transfer_number_refused")), refusals(stage)) == (None, 1, ["number"])


def test_a_person_who_is_not_dialled_leaves_the_call_going_on() -> None:
    stage = Stage(options(transfer_to=(DESK,)))
    stage.answer()
    stage.feed(Operated("transfer"))
    stage.wait(100)
    stage.feed(TransferFailed("refused"))
    stage.wait(1500)
    assert (stage.ended, stage.state) == (None, "listening")
    stage.feed(Operated("transfer"))
    assert len(stage.all(Transfer)) == 2


def test_a_call_that_ends_is_left_alone() -> None:
    stage = Stage(start=False)
    stage.feed(Operated("hang_up"))
    stage = Stage(options(silence_timeout=1.0, silence_prompts=0, phrases=phrases(greeting="", shutdown="x")))
    stage.wait(1100)
    for act in (SAY, Operated("hang_up"), Operated("transfer")):
        stage.feed(act)
    assert refusals(stage) == ["ending"] * 3
    stage.feed(Withdraw("shutdown"))
    assert stage.ended == HangUp("bridge_error", "shutdown")


def test_what_is_said_of_an_operator_shows_no_words_and_no_number() -> None:
    assert repr(Operated("say", "secret", DESK)) == "Operated(act='say')"
    assert repr(Stage().call._words) == "<OwnWords waiting=0 told=0 protected=False>"
