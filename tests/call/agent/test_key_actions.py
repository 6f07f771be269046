"""Keys that act without the agent, in a call."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.actions import Gather
from ivr.call.commands import HangUp, Note, RequestReply, Speak, Transfer
from ivr.call.events import DigitPressed, ReplyDelta, ReplyEnded, TtsFailed
from ivr.call.options import KeyAction, Phrase
from tests.call.stage import LOUD, Stage, options, phrases

PERSON, OTHER = "+966110000001", "+966110000002"
KEYS = {
    "0": KeyAction("transfer"),
    "3": KeyAction("transfer", OTHER),
    "9": KeyAction("repeat"),
    "2": KeyAction("language", "ar"),
    "*": KeyAction("hang_up"),
}
ARABIC: dict[Any, Phrase] = {"greeting": Phrase("مرحبا", LOUD * 25)}


def on_a_line(**choices: Any) -> Stage:
    given = {"keys": KEYS, "transfer_to": (PERSON, OTHER), "languages": {"ar": ARABIC}, **choices}
    words = {**phrases(), "transfer": Phrase("transfer words", LOUD * 25)}
    return Stage(options(**{"phrases": words, **given}))


def press(stage: Stage, key: str) -> list[object]:
    """Press a key; return what the log says of it."""
    before = len(stage.log)
    stage.feed(DigitPressed(key))
    noted = [command for command in stage.since(before) if isinstance(command, Note)]
    # A key is never logged.
    assert not any(key in str(value) for note in noted if note.name == "key_action" for value in note.fields.values())
    return [note.fields["action"] for note in noted if note.name == "key_action"]


def said(stage: Stage) -> list[str]:
    return [one.text for turn in stage.call.turns for one in turn.sentences if one.sent_at is not None and one.text]


@pytest.mark.parametrize(("key", "number"), [("0", PERSON), ("3", OTHER)])
def test_a_key_hands_the_caller_to_a_person(key: str, number: str) -> None:
    stage = on_a_line()
    stage.wait(700)
    assert press(stage, key) == ["transfer"]
    stage.wait(800)
    assert said(stage)[-1] == "transfer words"
    assert stage.last(Transfer).number == number
    assert not stage.all(RequestReply)


def test_a_key_ends_the_call_after_a_goodbye() -> None:
    stage = on_a_line()
    stage.wait(100)
    assert press(stage, "*") == ["hang_up"]
    stage.wait(800)
    assert said(stage) == ["greeting words", "goodbye words"]
    assert stage.ended == HangUp("success", "key_hang_up")


def test_a_key_says_the_answer_again() -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.answer("It is in Riyadh today.")
    stage.wait(1600)
    assert press(stage, "9") == ["repeat"]
    assert stage.last(Speak).text == "It is in Riyadh today."
    stage.voice(1000)
    stage.wait(1600)
    assert stage.state == "listening"
    assert said(stage)[-2:] == 2 * ["It is in Riyadh today."]
    assert len(stage.all(RequestReply)) == 1
    # The agent learns nothing of it but what was said last.
    stage.hear("thank you")
    assert stage.last(RequestReply).request.digits == ""
    # Once more: it is the answer, and not its repetition, that is said again.
    assert [turn.kind for turn in stage.call.turns] == ["phrase", "speech", "phrase", "speech"]


def test_a_key_in_an_answer_begins_it_anew() -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.answer("It is in Riyadh today.")
    stage.wait(500)
    press(stage, "9")
    stage.voice(1000)
    stage.wait(1600)
    assert [turn.outcome for turn in stage.call.turns[1:]] == ["interrupted", "heard"]


def test_the_greeting_is_said_again_from_its_audio() -> None:
    stage = on_a_line()
    stage.wait(800)
    press(stage, "9")
    stage.wait(800)
    assert said(stage) == 2 * ["greeting words"]
    assert not stage.all(Speak)


def test_the_offer_of_another_language_is_repeated_in_it() -> None:
    offer = {**ARABIC, "language_choice": Phrase("للعربية اضغط اثنين", LOUD * 25)}
    stage = on_a_line(languages={"ar": offer})
    stage.wait(1400)
    press(stage, "9")
    stage.wait(1400)
    assert said(stage) == 2 * ["greeting words", "للعربية اضغط اثنين"]
    assert not stage.all(Speak)


def test_a_sentence_that_broke_off_is_said_once() -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.hear()
    stage.reply("It is in Riyadh today, and it comes tomorrow.")
    stage.voice(700, end=False)
    asked = stage.last(Speak)
    stage.feed(TtsFailed(asked.turn, asked.sentence, "broken"))
    stage.voice(600)
    stage.wait(2500)
    press(stage, "9")
    stage.voice(1400)
    assert [one.text for one in stage.call.turns[-1].sentences] == ["It is in Riyadh today, and it comes tomorrow."]


def test_where_nothing_was_said_nothing_is_repeated() -> None:
    stage = on_a_line(phrases=phrases(greeting=""), silence_timeout=3.0)
    assert press(stage, "9") == ["repeat"]
    assert (stage.state, said(stage)) == ("listening", [])
    stage.wait(3200)
    assert said(stage) == ["still_there words"]


def test_a_key_changes_the_language() -> None:
    stage = on_a_line()
    stage.wait(100)
    assert press(stage, "2") == ["language"]
    stage.wait(800)
    assert said(stage)[-1] == "مرحبا"
    stage.hear("كم السعر")
    assert stage.last(RequestReply).request.language == "ar"


def test_a_language_that_the_line_has_not_changes_nothing() -> None:
    stage = on_a_line(languages={})
    stage.wait(100)
    press(stage, "2")
    assert stage.notes("language_refused")
    stage.wait(800)
    assert said(stage) == ["greeting words"]


def test_keys_within_an_entry_are_digits() -> None:
    stage = on_a_line()
    stage.wait(700)
    for key in "109":
        assert press(stage, key) == []
    stage.wait(2200)
    assert stage.last(RequestReply).request.digits == "109"


def test_an_agent_that_asked_for_keys_gets_them() -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.hear()
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "Type your number."))
    stage.feed(ReplyEnded(turn, gather=Gather(digits=2)))
    stage.voice(500)
    stage.wait(900)
    for key in "92":
        assert press(stage, key) == []
    stage.wait(2200)
    assert stage.last(RequestReply).request.digits == "92"


def test_a_key_over_what_must_be_heard_acts_behind_it() -> None:
    words = {**phrases(), "notice": Phrase("notice words", LOUD * 25)}
    stage = on_a_line(phrases=words)
    stage.wait(200)
    assert press(stage, "9") == ["repeat"]
    # The last key counts.
    assert press(stage, "*") == ["hang_up"]
    assert "waiting=True" in repr(stage.call._keys)
    stage.wait(1800)
    assert said(stage) == ["greeting words", "notice words", "goodbye words"]
    assert stage.ended == HangUp("success", "key_hang_up")


def test_a_question_that_was_not_answered_follows_the_repetition() -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.hear("where is my parcel")
    press(stage, "9")
    stage.wait(900)
    assert [asked.request.text for asked in stage.all(RequestReply)] == 2 * ["where is my parcel"]


@pytest.mark.parametrize("moment", ["hearing", "transcribing", "thinking", "speaking"])
@pytest.mark.parametrize("key", sorted(KEYS))
def test_a_key_acts_at_every_moment(moment: str, key: str) -> None:
    stage = on_a_line()
    stage.wait(700)
    stage.speak(600)
    if moment != "hearing":
        stage.wait(600)
    if moment in ("thinking", "speaking"):
        stage.found("where is my parcel")
    if moment == "speaking":
        stage.reply()
        stage.voice(1000)
        stage.wait(300)
    assert stage.state == moment
    assert press(stage, key) == [KEYS[key].act]
    stage.wait(120_000)
    assert stage.ended


# -- the time of a call is almost over --------------------------------------------------------------------------------


def warned(**choices: Any) -> Stage:
    words = {**phrases(greeting=""), "last_minute": Phrase("minute words", LOUD * 25)}
    return Stage(options(**{"phrases": words, "max_call": 20.0, "max_call_warning": 5.0, **choices}))


def test_a_caller_is_told_that_the_time_is_almost_over() -> None:
    stage = warned(silence_timeout=0.0)
    stage.wait(14_900)
    assert said(stage) == []
    stage.wait(700)
    assert said(stage) == ["minute words"]
    assert [note.fields["name"] for note in stage.notes("phrase")] == ["last_minute"]
    stage.wait(6000)
    assert stage.ended == HangUp("success", "call_too_long")


def test_it_is_not_said_over_the_caller() -> None:
    stage = warned(silence_timeout=0.0)
    stage.wait(14_500)
    stage.speak(1500)
    assert said(stage) == []
    stage.wait(700)
    stage.found("where is my parcel")
    stage.wait(300)
    assert said(stage) == ["minute words"]


@pytest.mark.parametrize("choices", [{"max_call_warning": 0.0}, {"max_call_warning": 30.0}, {"max_call": 0.0}])
def test_some_calls_are_not_warned(choices: dict[str, float]) -> None:
    stage = warned(silence_timeout=0.0, **choices)
    stage.wait(19_000)
    assert said(stage) == []


def test_a_line_without_the_phrase_says_nothing() -> None:
    stage = warned(phrases=phrases(greeting=""), silence_timeout=0.0)
    stage.wait(16_000)
    assert said(stage) == []
