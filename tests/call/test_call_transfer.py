"""A person takes over: at the end of the ladder, or because the agent says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ivr.call.actions import TransferOptions, TransferResult
from ivr.call.commands import ForgetTranscript, HangUp, RequestReply, SendClear, Speak, TellAgent, Transcribe, Transfer
from ivr.call.ending import Ending
from ivr.call.events import (
    CallerLeft,
    DigitPressed,
    ReplyDelta,
    ReplyEnded,
    ReplyFailed,
    Resumption,
    TranscriptArrived,
    TranscriptFailed,
    TransferFailed,
    Transferred,
    TtsFailed,
    Withdraw,
)
from ivr.call.options import Phrase
from tests.call.stage import LOUD, STARTED, Stage, options, phrases

DESK, BRANCH = "+966110000001", "+966110000002"
WORDS: dict[Any, Phrase] = phrases(greeting="") | {
    name: Phrase(f"{name} words", LOUD * 25) for name in ("transfer", "farewell")
}


def desk(**choices: Any) -> Stage:
    """A line with two people and ready words."""
    return Stage(options(**{"phrases": WORDS, "transfer_to": (DESK, BRANCH), **choices}))


def lost(stage: Stage) -> None:
    """A question to which the agent has no answer."""
    stage.hear()
    stage.feed(ReplyFailed(stage.last(RequestReply).turn, "connect"))


def given_up(stage: Stage) -> None:
    """As many as the line bears; the last words are about to be said."""
    for _ in range(3):
        stage.wait(600)
        lost(stage)


def handed_over(**choices: Any) -> Stage:
    """The carrier was told to dial."""
    stage = desk(**choices)
    given_up(stage)
    stage.wait(700)
    assert stage.all(Transfer)
    return stage


# -- the ladder ------------------------------------------------------------------------------------------------------


def test_the_last_words_are_heard_before_a_person_is_dialled() -> None:
    stage = desk()
    given_up(stage)
    stage.wait(480)
    assert stage.all(Transfer) == []
    stage.wait(40)
    assert stage.all(Transfer) == [Transfer(DESK)]
    assert stage.call.turns[-1].sentences[-1].text == "transfer words"
    assert stage.ended is None
    stage.feed(Transferred())
    assert stage.ended is None
    stage.feed(CallerLeft("stop"))
    assert stage.ended == HangUp("upstream_error", "agent_unavailable_transfer", from_caller=True)
    assert stage.log[-1][1] is stage.ended


def test_the_words_before_a_person_are_not_interrupted() -> None:
    stage = desk()
    given_up(stage)
    stage.feed(DigitPressed("1"))
    stage.speak(600)
    assert stage.all(SendClear) == []
    assert stage.all(Transfer) == [Transfer(DESK)]


def test_a_line_without_words_for_it_apologises_first() -> None:
    stage = desk(phrases=phrases(greeting=""))
    given_up(stage)
    stage.wait(700)
    assert stage.call.turns[-1].sentences[-1].text == "apology words"
    assert stage.all(Transfer) == [Transfer(DESK)]


def test_stt_that_is_gone_leads_to_a_person_without_a_word() -> None:
    stage = desk(phrases={}, failures_in_a_row=1)
    stage.speak(600)
    stage.wait(500)
    stage.feed(TranscriptFailed(1, "closed"))
    assert stage.all(Transfer) == [Transfer(DESK)]
    stage.feed(Transferred())
    stage.feed(CallerLeft("stop"))
    assert stage.ended == HangUp("upstream_error", "stt_unavailable_transfer", from_caller=True)


def test_without_tts_and_phrases_the_person_is_dialled_at_once() -> None:
    stage = desk(phrases=phrases(ready=False, greeting=""))
    stage.hear()
    stage.reply()
    stage.feed(TtsFailed(0, 1, "connect"))
    assert stage.all(Transfer) == [Transfer(DESK)]
    assert stage.all(Speak) == [Speak(0, 1, "It is in Riyadh today.", stage.now)]


def test_last_words_that_tts_fails_to_say_are_left_out() -> None:
    words = WORDS | {"transfer": Phrase("transfer words")}
    stage = desk(phrases=words)
    given_up(stage)
    said = stage.last(Speak)
    stage.feed(TtsFailed(said.turn, said.sentence, "connect"))
    assert stage.all(Transfer) == [Transfer(DESK)]


def test_the_answer_so_far_is_heard_before_the_last_words() -> None:
    stage = desk(failures_in_a_row=1)
    stage.hear()
    stage.feed(ReplyDelta(0, "Your parcel is "))
    stage.feed(ReplyFailed(0, "broken"))
    stage.voice(400)
    stage.wait(1000)
    assert stage.call.turns[0].heard == "Your parcel is transfer words"
    assert stage.all(Transfer) == [Transfer(DESK)]


def test_a_line_without_a_person_says_farewell() -> None:
    stage = desk(transfer_to=())
    given_up(stage)
    assert stage.call.turns[-1].sentences[-1].text == "farewell words"
    stage.wait(700)
    assert stage.ended == HangUp("upstream_error", "agent_unavailable", said_farewell=True)
    assert stage.last(HangUp).meant


def test_an_unheard_farewell_leaves_the_last_word_to_the_carrier() -> None:
    stage = desk(transfer_to=(), phrases=WORDS | {"farewell": Phrase("farewell words")})
    given_up(stage)
    said = stage.last(Speak)
    stage.feed(TtsFailed(said.turn, said.sentence, "connect"))
    assert stage.ended == HangUp("upstream_error", "tts_unavailable")
    assert not stage.last(HangUp).meant


# -- the agent asks --------------------------------------------------------------------------------------------------


def asked(stage: Stage, to: str = "", *, hang_up: bool = False, text: str = "I will put you through.") -> None:
    """The agent answers a question with a transfer."""
    stage.hear("a person please")
    turn = stage.last(RequestReply).turn
    if text:
        stage.feed(ReplyDelta(turn, text))
    stage.feed(ReplyEnded(turn, hang_up, to))


@pytest.mark.parametrize(("to", "number"), [("", DESK), (DESK, DESK), (BRANCH, BRANCH), ("+882990000000", DESK)])
def test_the_agent_is_heard_before_the_person_is_dialled(to: str, number: str) -> None:
    stage = desk()
    asked(stage, to)
    stage.voice(800)
    stage.wait(780)
    assert stage.all(Transfer) == []
    stage.wait(40)
    assert stage.all(Transfer) == [Transfer(number)]
    assert len(stage.notes("transfer_number_refused")) == (to not in ("", DESK, BRANCH))
    stage.feed(Transferred())
    stage.feed(CallerLeft("closed"))
    assert stage.ended == HangUp("success", "agent_transfer", from_caller=True)


def test_a_stream_the_carrier_does_not_end_is_left_after_a_while() -> None:
    stage = handed_over()
    stage.feed(Transferred())
    stage.feed(TransferFailed("late"))
    stage.feed(Transferred())
    stage.speak(1900)
    assert stage.ended is None
    stage.wait(200)
    assert stage.ended == HangUp("upstream_error", "agent_unavailable_transfer", from_caller=True)


def test_a_transfer_without_a_word_has_those_of_the_line() -> None:
    stage = desk()
    asked(stage, text="")
    stage.wait(600)
    assert stage.call.turns[-1].heard == "transfer words"
    assert stage.all(Transfer) == [Transfer(DESK)]
    silent = desk(phrases={})
    asked(silent, text="")
    assert silent.all(Transfer) == [Transfer(DESK)]


def test_a_caller_with_one_more_question_keeps_the_agent() -> None:
    stage = desk()
    asked(stage)
    stage.voice(800)
    stage.wait(400)
    stage.hear("wait, one more")
    assert stage.last(RequestReply).request.text == "wait, one more"
    stage.wait(1000)
    assert stage.all(Transfer) == []


def test_a_transfer_without_a_person_is_apologised_for() -> None:
    stage = desk(transfer_to=())
    asked(stage)
    stage.voice(400)
    stage.wait(1000)
    assert stage.call.turns[0].heard == "I will put you through. apology words"
    assert (stage.call.turns[0].outcome, stage.call.turns[0].failure) == ("failed", "transfer")
    assert stage.state == "listening"


def test_an_agent_that_closes_hangs_up_without_a_person() -> None:
    stage = desk(transfer_to=())
    asked(stage, hang_up=True)
    stage.voice(400)
    stage.wait(500)
    assert stage.ended == HangUp("success", "agent_goodbye")


@pytest.mark.parametrize(("to", "last"), [("", "transfer words"), (None, "goodbye words")])
def test_the_line_speaks_for_an_agent_that_cannot_be_heard(to: str | None, last: str) -> None:
    stage = desk()
    stage.hear("bye")
    stage.feed(ReplyDelta(0, "All the best to you."))
    stage.feed(ReplyEnded(0, to is None, to))
    stage.feed(TtsFailed(0, 1, "connect"))
    stage.wait(600)
    assert stage.call.turns[0].heard == last
    if to is None:
        assert stage.ended == HangUp("success", "agent_goodbye")
    else:
        assert stage.all(Transfer) == [Transfer(DESK)]


# -- the carrier answers ---------------------------------------------------------------------------------------------


def test_a_person_who_cannot_be_dialled_leaves_the_farewell() -> None:
    stage = handed_over()
    stage.feed(TransferFailed("refused"))
    assert [note.fields["reason"] for note in stage.notes("transfer_failed")] == ["refused"]
    assert stage.call.turns[-1].sentences[-1].text == "farewell words"
    stage.wait(700)
    assert stage.ended == HangUp("upstream_error", "transfer_unavailable", said_farewell=True)
    assert len(stage.all(Transfer)) == 1


@pytest.mark.parametrize("returns", [True, False])
def test_the_agent_is_told_whether_the_caller_may_return(returns: bool) -> None:
    stage = desk(tell_end=True)
    stage.hear("a person please")
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyEnded(turn, transfer_to=DESK, transfer=TransferOptions(returns=returns)))
    stage.wait(2000)
    stage.feed(Transferred())
    stage.feed(CallerLeft("stop"))
    told = stage.last(TellAgent).request
    assert (told.event, told.details["reason"]) == ("ended", "agent_transfer")
    assert told.details.get("may_return", False) is returns


def test_a_caller_who_hangs_up_first_does_not_return() -> None:
    stage = desk(tell_end=True)
    stage.hear("a person please")
    stage.feed(ReplyEnded(stage.last(RequestReply).turn, transfer_to=DESK))
    stage.feed(CallerLeft("stop"))
    told = stage.last(TellAgent).request
    assert (told.details["reason"], "may_return" in told.details) == ("caller_stop", False)


def test_a_carrier_that_says_nothing_has_refused() -> None:
    stage = handed_over()
    stage.wait(4700)
    assert stage.notes("transfer_failed") == []
    stage.wait(300)
    assert [note.fields["reason"] for note in stage.notes("transfer_failed")] == ["timeout"]
    stage.feed(Transferred())
    stage.feed(TransferFailed("late"))
    assert stage.ended is None
    assert len(stage.notes("transfer_failed")) == 1


def test_the_agent_is_told_of_a_refused_transfer_at_once() -> None:
    stage = desk(phrases=WORDS | {"transfer_back": Phrase("back words", LOUD * 25)})
    asked(stage)
    stage.voice(200)
    stage.wait(300)
    stage.feed(TransferFailed("unreachable"))
    request = stage.last(RequestReply).request
    assert (request.event, request.text) == ("transfer_result", "")
    assert (request.details["outcome"], request.details["to"]) == ("refused", DESK)
    stage.wait(600)
    assert [turn.heard for turn in stage.call.turns if turn.kind == "phrase"] == ["back words"]
    stage.reply("Can I help you with something else?")
    stage.voice(500)
    stage.wait(1100)
    turn = next(turn for turn in stage.call.turns if turn.kind == "transfer_result")
    assert turn.outcome == "heard"
    assert stage.state == "listening"


def test_a_line_without_words_for_it_asks_the_agent_all_the_same() -> None:
    mute = desk(phrases={})
    asked(mute, text="")
    mute.feed(TransferFailed("unreachable"))
    assert mute.last(RequestReply).request.event == "transfer_result"
    assert mute.state == "thinking"


def test_the_caller_is_not_heard_while_the_carrier_dials() -> None:
    stage = handed_over(max_call=6.0)
    place = len(stage.log)
    stage.speak(1000)
    stage.feed(DigitPressed("1"))
    assert stage.since(place) == []
    stage.wait(3000)
    assert stage.since(place) == []
    assert stage.state == "listening"
    stage.feed(TransferFailed("refused"))
    stage.wait(600)
    assert stage.ended == HangUp("upstream_error", "transfer_unavailable", said_farewell=True)


def test_late_words_are_dropped_while_the_carrier_dials() -> None:
    stage = desk()
    asked(stage)
    stage.voice(1500)
    stage.wait(500)
    stage.speak(300)
    stage.wait(2500)
    assert stage.all(Transfer) == [Transfer(DESK)]
    late = stage.last(Transcribe).utterance
    assert stage.last(ForgetTranscript) == ForgetTranscript(late)
    place = len(stage.log)
    stage.feed(TranscriptArrived(late, "wait, one more"))
    assert stage.since(place) == []
    assert stage.state == "listening"


def test_speech_begun_before_the_carrier_dials_is_no_question() -> None:
    stage = desk()
    asked(stage)
    stage.voice(2000)
    stage.wait(500)
    stage.speak(80)  # a cough makes the agent harder to stop
    stage.wait(600)
    while stage.call._output.owes_ms(stage.now) > 80:
        stage.wait(20)
    stage.speak(100)
    assert stage.all(Transfer) == [Transfer(DESK)]
    stage.feed(TransferFailed("unreachable"))
    stage.wait(600)
    assert stage.last(RequestReply).request.event == "transfer_result"
    assert stage.state == "thinking"
    assert stage.notes("speech_ignored") == []


def test_a_call_too_long_while_the_carrier_dials_ends_later() -> None:
    stage = desk(max_call=3.0)
    asked(stage)
    stage.voice(200)
    stage.wait(2500)
    stage.feed(TransferFailed("unreachable"))
    stage.wait(8000)
    assert stage.ended == HangUp("success", "call_too_long")


def test_keys_pressed_before_the_last_words_are_dropped() -> None:
    stage = desk(max_call=2.0)
    stage.wait(1000)
    stage.feed(DigitPressed("1"))
    stage.wait(4000)
    assert stage.all(RequestReply) == []
    assert stage.ended == HangUp("success", "call_too_long")


@pytest.mark.parametrize("how", ["stop", "closed", "dropped"])
def test_the_carrier_answers_after_the_end_of_the_stream(how: str) -> None:
    stage = handed_over()
    stage.feed(CallerLeft(how))  # type: ignore[arg-type]
    stage.feed(CallerLeft("closed"))
    assert stage.ended is None
    stage.feed(Transferred())
    assert stage.ended == HangUp("upstream_error", "agent_unavailable_transfer", from_caller=True)


@pytest.mark.parametrize(
    ("left", "reason", "ended"),
    [
        ("stop", "gone", HangUp("success", "caller_stop", from_caller=True)),
        (None, "gone", HangUp("success", "caller_stop", from_caller=True)),
        ("dropped", "timeout", HangUp("indeterminate", "caller_dropped", from_caller=True)),
    ],
)
def test_a_caller_who_hung_up_meanwhile(left: Any, reason: str, ended: HangUp) -> None:
    stage = handed_over()
    if left:
        stage.feed(CallerLeft(left))
    stage.feed(TransferFailed(reason))
    assert stage.ended == ended


def test_the_bridge_may_withdraw_meanwhile() -> None:
    stage = handed_over()
    stage.feed(Withdraw("shutdown"))
    assert stage.ended == HangUp("bridge_error", "shutdown")


def test_answers_of_the_carrier_to_nothing_do_nothing() -> None:
    stage = desk()
    stage.feed(Transferred())
    stage.feed(TransferFailed("refused"))
    assert stage.ended is None
    assert stage.notes("transfer_failed") == []


def test_a_transfer_has_the_time_of_last_words() -> None:
    stage = handed_over()
    stage.feed(Withdraw("shutdown", 2.0))
    assert stage.ended is None
    stage.feed(Transferred())
    stage.feed(CallerLeft("stop"))
    assert stage.ended == HangUp("upstream_error", "agent_unavailable_transfer", from_caller=True)


# -- how it is asked for, and how it comes back ---------------------------------------------------------------------


def asked_for(to: str, **fields: Any) -> Stage:
    """The agent asks for a person, and its words are heard."""
    stage = desk()
    stage.hear()
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "I connect you."))
    stage.feed(ReplyEnded(turn, transfer_to=to, **fields))
    stage.voice()
    stage.wait(2000)
    return stage


@pytest.mark.parametrize("to", [BRANCH, "+966 11 000-0002", "+966.11.(000)0002"])
def test_how_the_person_is_asked_comes_from_the_agent(to: str) -> None:
    warm = TransferOptions(mode="warm", whisper="about an order")
    assert asked_for(to, transfer=warm).all(Transfer) == [Transfer(BRANCH, warm)]


def test_an_address_of_the_list_is_found_however_it_is_written() -> None:
    ending = Ending(options(transfer_to=("sip:Ann@desk.example", "queue:sales-1")))
    assert not ending.is_foreign(ReplyEnded(0, transfer_to="sip:ann@deskexample"))
    assert not ending.is_foreign(ReplyEnded(0, transfer_to="queue:sales1"))
    assert ending.is_foreign(ReplyEnded(0, transfer_to="sip:eve@desk.example"))


def back(came: TransferResult, **choices: Any) -> Stage:
    """A caller whom no person has taken is on a new stream."""
    words = WORDS | {"transfer_back": Phrase("back words", LOUD * 25)}
    kept = Resumption(lasted_s=30, turn=4, noticed=True, heard="I connect you.", transfer=came)
    stage = Stage(options(**{"phrases": words, "transfer_to": (DESK, BRANCH), **choices}), start=False)
    stage.feed(replace(STARTED, resumption=kept))
    return stage


def test_the_agent_is_told_at_once_and_the_caller_hears_a_phrase() -> None:
    stage = back(TransferResult("no_answer", 25.0, 0.0, DESK))
    request = stage.last(RequestReply).request
    assert (request.event, request.text, request.turn, request.heard) == ("transfer_result", "", 4, "I connect you.")
    assert request.details == {"outcome": "no_answer", "rang_ms": 25_000, "talked_ms": 0, "to": DESK}
    stage.wait(700)
    assert [turn.heard for turn in stage.call.turns if turn.kind == "phrase"] == ["back words"]
    assert stage.notes("transfer_back")[0].fields == {"outcome": "no_answer", "rang_s": 25.0, "talked_s": 0.0}


def test_a_stream_that_dies_before_the_answer_still_tells_of_it() -> None:
    came = TransferResult("busy", 3.0)
    stage = back(came)
    stands = stage.call.stands(stage.now)
    assert stands is not None
    assert stands.transfer == came
    stage.feed(ReplyDelta(4, "Can I help you with something else?"))
    stage.feed(ReplyEnded(4))
    stage.voice()
    stage.wait(1500)
    stands = stage.call.stands(stage.now)
    assert stands is not None
    assert stands.transfer is None


def test_a_person_who_did_not_come_is_not_dialled_for_a_failure() -> None:
    stage = back(TransferResult("busy", 3.0), failures_in_a_row=1)
    stage.feed(ReplyFailed(4, "connect"))
    stage.wait(3000)
    assert stage.all(Transfer) == []
    assert stage.ended == HangUp("upstream_error", "agent_unavailable", said_farewell=True)


def test_what_must_be_said_is_said_again_before_the_answer() -> None:
    words = WORDS | {"recorded": Phrase("recorded words", LOUD * 25), "transfer_back": Phrase("back words", LOUD * 25)}
    stage = back(TransferResult("busy"), phrases=words)
    stage.wait(1500)
    assert [turn.heard for turn in stage.call.turns if turn.kind == "phrase"] == ["back words recorded words"]
