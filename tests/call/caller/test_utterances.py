"""Utterances into questions: nothing the caller said is lost or asked twice."""

from __future__ import annotations

from ivr.call.caller.utterances import QUESTION_LIMIT, Utterances
from ivr.call.timeline import Turn


def test_one_utterance_is_one_question_with_its_times() -> None:
    utterances = Utterances()
    number = utterances.add(1.0, 2.0, 2.5, 900)
    assert utterances.open == [number]
    assert utterances.resolve(number, "  where is it ", 3.0)
    assert utterances.open == []
    turn = Turn(1, "speech")
    utterances.take(turn)
    assert turn.text == "where is it"
    assert (turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at, turn.transcript_at) == (1.0, 2.0, 2.5, 3.0)
    assert utterances.text() == ""


def test_a_caller_who_goes_on_asks_one_question() -> None:
    utterances = Utterances()
    first = utterances.add(1.0, 2.0, 2.5, 900)
    second = utterances.add(3.0, 4.0, 4.5, 900)
    assert utterances.resolve(second, "to Riyadh", 5.0)
    assert utterances.open == [first]
    assert utterances.resolve(first, "a parcel", 6.0)
    turn = Turn(1, "speech")
    utterances.take(turn)
    assert turn.text == "a parcel to Riyadh"
    assert (turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at, turn.transcript_at) == (1.0, 4.0, 4.5, 6.0)


def test_words_that_are_not_awaited_are_ignored() -> None:
    utterances = Utterances()
    number = utterances.add(1.0, 2.0, 2.5, 900)
    assert not utterances.resolve(99, "x", 3.0)
    assert utterances.resolve(number, "once", 3.0)
    assert not utterances.resolve(number, "twice", 3.0)
    assert utterances.text() == "once"


def test_an_unanswered_question_is_asked_again_with_the_next() -> None:
    utterances = Utterances()
    utterances.carry("track my parcel")
    assert utterances.text() == "track my parcel"
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), "please", 3.0)
    turn = Turn(2, "speech")
    utterances.take(turn)
    assert turn.text == "track my parcel please"
    assert utterances.text() == "", "once"


def test_a_carried_question_alone_has_no_times() -> None:
    utterances = Utterances()
    utterances.carry("again")
    turn = Turn(2, "speech")
    utterances.take(turn)
    assert turn.text == "again"
    assert turn.endpoint_at is None


def test_giving_up_tells_failure_from_silence() -> None:
    utterances = Utterances()
    assert utterances.give_up() == (False, 0)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 200), "", 3.0)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 700), " ", 3.0)
    assert utterances.give_up() == (False, 700)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 300), None, 3.0)
    assert utterances.give_up() == (True, 300)


def test_forgetting_names_what_stt_still_has() -> None:
    utterances = Utterances()
    done = utterances.add(1.0, 2.0, 2.5, 200)
    utterances.resolve(done, "done", 3.0)
    still = utterances.add(1.0, 2.0, 2.5, 200)
    utterances.carry("old")
    assert utterances.forget() == [still]
    assert utterances.text() == ""
    assert utterances.forget() == []
    assert repr(utterances) == "<Utterances open=[] waiting=0>"


def test_a_long_question_keeps_its_end() -> None:
    utterances = Utterances()
    utterances.carry("first " + "x" * QUESTION_LIMIT)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), "my number is five", 3.0)
    kept = utterances.text()
    assert len(kept) == QUESTION_LIMIT
    assert kept == "x" * (QUESTION_LIMIT - 18) + " my number is five"
    turn = Turn(1, "speech")
    utterances.take(turn)
    assert turn.text == kept


def test_a_question_of_just_the_limit_is_whole() -> None:
    utterances = Utterances()
    utterances.carry("a" + "x" * (QUESTION_LIMIT - 2) + "b")
    assert utterances.text() == "a" + "x" * (QUESTION_LIMIT - 2) + "b"


def test_a_failed_early_utterance_gives_way_to_the_whole_one() -> None:
    utterances = Utterances()
    early = utterances.add(1.0, 2.0, 2.2, 400)
    utterances.resolve(early, None, 2.4)
    assert not utterances.end(early, 2.0, 2.5, 900)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 500), "", 3.0)
    assert utterances.give_up() == (False, 500)
