"""Utterances into questions: nothing the caller said is lost or asked twice."""

from __future__ import annotations

import pytest

from ivr.call.caller.keypad import Keypad
from ivr.call.caller.utterances import QUESTION_LIMIT, Utterances
from ivr.call.timeline import Turn


def waiting() -> Utterances:
    return Utterances(Keypad(2.0, "#"))


def unanswered(utterances: Utterances, text: str) -> None:
    """The caller asked this, and heard nothing of the answer."""
    utterances.resolve(utterances.add(0.1, 0.2, 0.3, 100), text, 0.4)
    utterances.take(Turn(1, "speech"))
    utterances.carry()


def question(utterances: Utterances) -> Turn:
    turn = Turn(2, "speech")
    utterances.take(turn)
    return turn


def test_one_utterance_is_one_question_with_its_times() -> None:
    utterances = waiting()
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
    utterances = waiting()
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
    utterances = waiting()
    number = utterances.add(1.0, 2.0, 2.5, 900)
    assert not utterances.resolve(99, "x", 3.0)
    assert utterances.resolve(number, "once", 3.0)
    assert not utterances.resolve(number, "twice", 3.0)
    assert utterances.text() == "once"


def test_an_unanswered_question_is_asked_again_with_the_next() -> None:
    utterances = waiting()
    unanswered(utterances, "track my parcel")
    assert utterances.text() == "track my parcel"
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), "please", 3.0)
    turn = Turn(2, "speech")
    utterances.take(turn)
    assert turn.text == "track my parcel please"
    assert utterances.text() == "", "once"


def test_a_carried_question_alone_has_no_times() -> None:
    utterances = waiting()
    unanswered(utterances, "again")
    turn = Turn(2, "speech")
    utterances.take(turn)
    assert turn.text == "again"
    assert turn.endpoint_at is None


def test_giving_up_tells_failure_from_silence() -> None:
    utterances = waiting()
    assert utterances.give_up() == (False, 0)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 200), "", 3.0)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 700), " ", 3.0)
    assert utterances.give_up() == (False, 700)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 300), None, 3.0)
    assert utterances.give_up() == (True, 300)


def test_forgetting_names_what_stt_still_has() -> None:
    utterances = waiting()
    unanswered(utterances, "old")
    done = utterances.add(1.0, 2.0, 2.5, 200)
    utterances.resolve(done, "done", 3.0)
    still = utterances.add(1.0, 2.0, 2.5, 200)
    assert utterances.forget() == [still]
    assert utterances.text() == ""
    assert utterances.forget() == []
    assert repr(utterances) == "<Utterances open=[] <Keypad typing=0> waiting=0>"


def test_a_long_question_keeps_its_end() -> None:
    utterances = waiting()
    unanswered(utterances, "first " + "x" * QUESTION_LIMIT)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), "my number is five", 3.0)
    kept = utterances.text()
    assert len(kept) == QUESTION_LIMIT
    assert kept == "x" * (QUESTION_LIMIT - 18) + " my number is five"
    turn = Turn(1, "speech")
    utterances.take(turn)
    assert turn.text == kept


def test_a_question_of_just_the_limit_is_whole() -> None:
    utterances = waiting()
    unanswered(utterances, "a" + "x" * (QUESTION_LIMIT - 2) + "b")
    assert utterances.text() == "a" + "x" * (QUESTION_LIMIT - 2) + "b"


def test_a_failed_early_utterance_gives_way_to_the_whole_one() -> None:
    utterances = waiting()
    early = utterances.add(1.0, 2.0, 2.2, 400)
    utterances.resolve(early, None, 2.4)
    assert not utterances.end(early, 2.0, 2.5, 900)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 500), "", 3.0)
    assert utterances.give_up() == (False, 500)


# -- keys ------------------------------------------------------------------------------------------------------------


def typed(utterances: Utterances, keys: str, now: float) -> None:
    for key in keys:
        utterances.press(key, now)


def test_keys_are_a_question_once_they_have_an_end() -> None:
    utterances = waiting()
    typed(utterances, "12", 1.0)
    assert (utterances.complete, utterances.open, utterances.text()) == (False, [], "")
    assert not utterances.tick(2.9)
    assert utterances.tick(3.0)
    assert (utterances.complete, utterances.only_keys) == (True, True)
    turn = question(utterances)
    assert (turn.text, turn.digits, turn.endpoint_at) == ("12", "12", None)
    assert not utterances.tick(9.0)


def test_words_and_keys_are_one_question_in_their_order() -> None:
    """Rows: what the caller does, and the question. `t...`: types, `s...`: says, `p`: pauses, `c`: is not answered."""
    rows = [
        (["sit is", "t12#"], "it is 12", "12"),
        (["t12", "sis my card"], "12 is my card", "12"),
        (["t12", "p", "t34#"], "1234", "1234"),
        (["t12", "p", "c", "t34#"], "1234", "1234"),
        (["t12#", "t34#"], "12 34", "12 34"),
        (["t12#", "c", "t34#"], "12 34", "12 34"),
        (["t12", "p", "sand", "t34#"], "12 and 34", "12 34"),
        (["shello", "c", "t1#"], "hello 1", "1"),
        (["t1", "p", "c", "shello", "c", "t2", "p", "c", "t3#"], "1 hello 23", "1 23"),
    ]
    for steps, text, digits in rows:
        utterances, now = waiting(), 0.0
        for step in steps:
            now += 1.0
            match step[0]:
                case "t":
                    typed(utterances, step[1:], now)
                case "s":
                    utterances.resolve(utterances.add(now + 0.1, now + 0.5, now + 0.6, 400), step[1:], now + 0.7)
                case "p":
                    now += 2.0
                    assert utterances.tick(now)
                case _:
                    question(utterances)
                    utterances.carry()
        turn = question(utterances)
        assert (turn.text, turn.digits) == (text, digits), steps


def test_words_end_the_keys_before_them_only() -> None:
    utterances = waiting()
    before = utterances.add(0.5, 0.9, 1.0, 400)
    utterances.press("1", 1.0)
    assert utterances.resolve(before, "my code", 1.5)
    assert utterances.keypad.typing
    noise = utterances.add(1.6, 1.8, 2.0, 400)
    assert utterances.resolve(noise, "", 2.1)
    assert utterances.keypad.typing, "no words, no end"
    after = utterances.add(2.2, 2.4, 2.5, 400)
    assert utterances.resolve(after, "that is all", 2.6)
    assert (utterances.keypad.typing, utterances.complete) == (False, True)
    assert question(utterances).text == "my code 1 that is all"


def test_stt_has_no_words_for_keys() -> None:
    utterances = waiting()
    utterances.press("1", 1.0)
    assert not utterances.resolve(1, "one", 1.1)
    assert utterances.forget() == []
    assert not utterances.keypad.typing


def test_only_open_keys_may_go_on() -> None:
    utterances = waiting()
    assert not utterances.may_go_on()
    for keys, said, expected in (("1", "", True), ("1#", "", False), ("1", "yes", False)):
        typed(utterances, keys, 1.0)
        utterances.tick(3.0)
        if said:
            utterances.resolve(utterances.add(3.1, 3.2, 3.3, 400), said, 3.4)
        question(utterances)
        assert utterances.may_go_on() == expected, keys


def test_the_level_of_the_caller_is_that_of_questions() -> None:
    utterances = waiting()
    assert utterances.loudest is None
    first = utterances.add(1.0, 2.0, 2.5, 900, level=-20.0)
    assert not utterances.is_faint(first)
    assert utterances.loudest == -20.0
    utterances.resolve(first, "where is it", 3.0)
    utterances.take(Turn(1, "speech"))
    television = utterances.add(3.0, 4.0, 4.5, 900, level=-46.0)
    assert utterances.is_faint(television)
    assert utterances.loudest == -20.0
    utterances.resolve(television, "the news", 5.0)
    utterances.take(Turn(2, "speech"))
    assert utterances.level == -26.5
    utterances.resolve(utterances.add(5.0, 6.0, 6.5, 900, level=-20.5), "no", 7.0)
    utterances.take(Turn(3, "speech"))
    assert utterances.level == -23.5


def test_what_waits_is_known_by_its_length_and_place() -> None:
    utterances = waiting()
    one = utterances.add(1.0, 2.0, 2.5, 900, onset=160)
    other = utterances.add(3.0, 4.0, 4.5, 300, onset=320)
    assert utterances.voiced_ms == 1200
    assert [utterances.began_at(number) for number in (one, other)] == [160, 320]
    assert utterances.spoken(apart_from={one})
    assert not utterances.spoken(apart_from={one, other})


def test_the_wait_for_stt_is_learnt_from_words_alone() -> None:
    utterances = waiting()
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), None, 12.5)
    assert utterances.stt.longest == pytest.approx(1.4)
    utterances.resolve(utterances.add(1.0, 2.0, 2.5, 900), "yes", 2.9)
    assert utterances.stt.longest == pytest.approx(0.7)
