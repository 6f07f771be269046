"""Utterances into questions: nothing the caller said is lost or asked twice."""

from __future__ import annotations

from ivr.call.caller.utterances import LIMIT, Utterances
from ivr.call.timeline import Turn


def test_one_utterance_is_one_question_with_its_times() -> None:
    questions = Utterances()
    number = questions.add(1.0, 2.0, 2.5, 900)
    assert questions.open == [number]
    assert questions.resolve(number, "  where is it ", 3.0)
    assert questions.open == []
    turn = Turn(1, "speech")
    questions.take(turn)
    assert turn.text == "where is it"
    assert (turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at, turn.transcript_at) == (1.0, 2.0, 2.5, 3.0)
    assert questions.text() == ""


def test_a_caller_who_goes_on_asks_one_question() -> None:
    questions = Utterances()
    first = questions.add(1.0, 2.0, 2.5, 900)
    second = questions.add(3.0, 4.0, 4.5, 900)
    assert questions.resolve(second, "to Riyadh", 5.0)
    assert questions.open == [first]
    assert questions.resolve(first, "a parcel", 6.0)
    turn = Turn(1, "speech")
    questions.take(turn)
    assert turn.text == "a parcel to Riyadh"
    assert (turn.speech_started_at, turn.speech_ended_at, turn.transcript_at) == (1.0, 4.0, 6.0)


def test_words_that_nobody_waits_for_are_ignored() -> None:
    questions = Utterances()
    number = questions.add(1.0, 2.0, 2.5, 900)
    assert not questions.resolve(99, "x", 3.0)
    assert questions.resolve(number, "once", 3.0)
    assert not questions.resolve(number, "twice", 3.0)
    assert questions.text() == "once"


def test_an_unanswered_question_is_asked_again_with_the_next() -> None:
    questions = Utterances()
    questions.carry("track my parcel")
    assert questions.text() == "track my parcel"
    questions.resolve(questions.add(1.0, 2.0, 2.5, 900), "please", 3.0)
    turn = Turn(2, "speech")
    questions.take(turn)
    assert turn.text == "track my parcel please"


def test_a_carried_question_alone_has_no_times() -> None:
    questions = Utterances()
    questions.carry("again")
    turn = Turn(2, "speech")
    questions.take(turn)
    assert turn.text == "again"
    assert turn.endpoint_at is None


def test_giving_up_tells_failure_from_silence() -> None:
    questions = Utterances()
    assert questions.give_up() == (False, 0)
    questions.resolve(questions.add(1.0, 2.0, 2.5, 200), "", 3.0)
    questions.resolve(questions.add(1.0, 2.0, 2.5, 700), " ", 3.0)
    assert questions.give_up() == (False, 700)
    questions.resolve(questions.add(1.0, 2.0, 2.5, 300), None, 3.0)
    assert questions.give_up() == (True, 300)


def test_forgetting_names_what_is_still_with_the_ears() -> None:
    questions = Utterances()
    done = questions.add(1.0, 2.0, 2.5, 200)
    questions.resolve(done, "done", 3.0)
    still = questions.add(1.0, 2.0, 2.5, 200)
    questions.carry("old")
    assert questions.forget() == [still]
    assert questions.text() == ""
    assert questions.forget() == []
    assert repr(questions) == "<Utterances open=[] waiting=0>"


def test_a_question_has_an_end() -> None:
    questions = Utterances()
    questions.carry("x" * 9000)
    assert len(questions.text()) == LIMIT
