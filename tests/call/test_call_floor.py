"""The caller takes the floor: barge-in, yield, commit, resume, and going on before the answer."""

from __future__ import annotations

import pytest

from ivr.call.commands import CancelSpeech, CloseReply, RequestReply, SendAudio, SendClear, Speak, Transcribe
from ivr.call.events import (
    DigitPressed,
    ReplyDelta,
    ReplyEnded,
    TranscriptArrived,
    TranscriptFailed,
    TtsAudio,
    TtsEnded,
)
from ivr.call.options import Phrase
from tests.call.stage import LOUD, Stage, options, phrases

# -- the caller takes the floor --------------------------------------------------------------------------------------


def test_nothing_of_an_interrupted_turn_follows() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("One two three four five six. Then comes the rest of it.")
    stage.voice(2000)
    stage.wait(1000)
    place = len(stage.log)
    stage.speak(60)
    assert stage.state == "yielding"
    yielded = stage.since(place)
    fade = yielded[yielded.index(SendClear()) + 1 :]
    assert [len(command.payload) for command in fade if isinstance(command, SendAudio)] == [320]
    assert CancelSpeech(0, 2) not in yielded
    committed = len(stage.log)
    stage.speak(540)
    assert stage.state == "yielding"
    stage.wait(160)
    stage.speak(20)
    stage.found("no")
    assert stage.state == "hearing"
    after = stage.since(committed)
    assert CancelSpeech(0, 2) in after
    stage.feed(TtsAudio(0, 2, LOUD * 50, 8000, "mulaw"))
    stage.feed(TtsEnded(0, 2))
    stage.speak(500)
    stage.wait(500)
    assert not [command for command in stage.since(committed) if isinstance(command, SendAudio | Speak)]
    assert len(stage.all(SendClear)) == 1
    overlap = stage.call.turns[0].overlaps[0]
    assert (overlap.verdict, overlap.rule) == ("commit", "words")
    assert 0.04 <= overlap.yield_at - overlap.onset_at <= 0.08
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "stop"))
    request = stage.last(RequestReply).request
    assert request.heard == "One two three"
    assert request.unheard == "four five six. Then comes the rest of it."
    assert stage.call.turns[0].outcome == "interrupted"


def test_an_interruption_closes_a_reply_that_still_streams() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "I am going to tell you a long story. And"))
    stage.voice(2000)
    stage.wait(500)
    place = len(stage.log)
    stage.interrupt("stop")
    assert CloseReply(0) in stage.since(place)
    stage.feed(ReplyDelta(0, "More of it."))
    stage.feed(ReplyEnded(0, hang_up=True))
    assert len(stage.all(Speak)) == 1


def test_after_a_cough_the_agent_goes_on_and_nothing_is_lost() -> None:
    stage = Stage()
    stage.answer(ms=2000)
    stage.wait(1000)
    stage.speak(80)
    assert stage.state == "yielding"
    stage.wait(300)
    assert stage.state == "speaking"
    stage.wait(2000)
    assert stage.state == "listening"
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.overlaps[0].verdict) == ("heard", "resume")
    repeated = len(stage.heard) - 16000
    assert 0 <= repeated <= 3200 + 320
    assert stage.all(Transcribe)[1:] == []
    assert len(stage.all(SendClear)) == 1


def test_a_cough_with_an_impatient_endpoint_resumes_as_well() -> None:
    stage = Stage(options(endpoint_ms=100, resume_ms=900))
    stage.answer(ms=2000)
    stage.wait(500)
    stage.speak(80)
    stage.wait(120)
    assert stage.state == "speaking"
    assert len(stage.all(Transcribe)) == 1


def test_going_on_before_the_answer_makes_one_question() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    assert stage.state == "thinking"
    stage.speak(60)
    assert stage.state == "yielding"
    stage.reply("Which parcel do you mean?")
    stage.voice(1000)
    assert stage.all(SendAudio) == []
    stage.speak(600)
    stage.wait(160)
    stage.speak(100)
    stage.found("number")
    assert stage.state == "hearing"
    assert stage.call.turns[0].outcome == "superseded"
    stage.speak(100)
    # A caller who was cut off once is waited for longer.
    stage.wait(760)
    stage.found("number five")
    assert stage.last(RequestReply).request.text == "track my parcel number five"
    assert stage.all(SendAudio) == []
    assert stage.all(SendClear) == []


def test_a_cut_answer_does_not_bring_its_question_back() -> None:
    stage = Stage()
    stage.hear("track my parcel")
    stage.reply("Certainly, which parcel do you mean?")
    stage.voice(4000)
    stage.wait(40)
    stage.speak(600)
    stage.wait(500)
    stage.feed(TranscriptArrived(2, "number five"))
    assert stage.call.turns[0].outcome == "interrupted"
    request = stage.last(RequestReply).request
    assert (request.text, request.heard) == ("number five", "")
    assert request.unheard == "Certainly, which parcel do you mean?"


def test_one_word_over_the_agent_takes_the_floor() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(180)
    asked = stage.last(Transcribe)
    assert (asked.utterance, stage.state) == (2, "yielding")
    stage.wait(100)
    stage.feed(TranscriptArrived(2, "stop"))
    assert stage.state == "thinking"
    request = stage.last(RequestReply).request
    assert (request.text, request.heard, request.unheard) == ("stop", "It", "is in Riyadh today.")
    overlap = stage.call.turns[0].overlaps[0]
    assert (overlap.verdict, overlap.rule) == ("commit", "words")
    assert overlap.quiet_at is not None
    stage.wait(1000)
    assert len(stage.all(Transcribe)) == 2


@pytest.mark.parametrize(
    ("words", "rule"),
    [("mm-hm", "backchannel"), ("okay", "backchannel"), ("", "nothing"), ("...", "nothing"), ("[موسيقى]", "nothing")],
)
def test_a_sign_of_listening_lets_the_agent_go_on(words: str, rule: str) -> None:
    stage = Stage()
    stage.answer(ms=2000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptArrived(2, words))
    assert stage.state == "speaking"
    stage.wait(2500)
    assert stage.call.turns[0].outcome == "heard"
    assert stage.call.turns[0].overlaps[0].rule == rule
    assert len(stage.all(RequestReply)) == 1


@pytest.mark.parametrize("noise", [".", "؟", "♪♪", "(music)", "[BLANK_AUDIO]", "شكراً للمشاهدة"])
def test_a_transcript_without_words_is_no_question(noise: str) -> None:
    stage = Stage()
    stage.hear(noise, ms=200)
    assert (stage.state, stage.all(RequestReply)) == ("listening", [])
    stage.hear(noise, ms=600)
    assert [turn.sentences[0].text for turn in stage.call.turns] == ["reprompt words"]
    assert stage.all(RequestReply) == []


def test_yes_is_an_answer_when_the_agent_has_asked() -> None:
    stage = Stage()
    stage.answer("Shall I send it to your home address?", ms=2000)
    stage.wait(1500)
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptArrived(2, "yes"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "yes"


@pytest.mark.parametrize(
    ("asked", "hint", "answer"),
    [
        ("Shall I cancel it?", "Say yes or no, please.", "Yes"),
        ("Shall I cancel it?", "That costs nothing at all, and you may order again.", "okay"),
        ("هل تريد أن ألغي الشحنة التي في الرياض؟", "قل نعم أو لا من فضلك.", "نعم"),
        ("هل تريد أن ألغي الشحنة التي في الرياض؟", "الإلغاء مجاني ويستغرق يوماً واحداً.", "طيب"),
    ],
)
def test_yes_during_the_hint_behind_a_question(asked: str, hint: str, answer: str) -> None:
    stage = Stage(options(language="en" if asked.isascii() else "ar"))
    stage.hear()
    stage.reply(f"{asked} {hint}")
    stage.voice(1000)
    stage.voice(2500)
    stage.wait(1800)
    assert stage.call.turns[0].sentences[1].sent_at is not None
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptArrived(2, answer))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == answer
    assert stage.call.turns[0].overlaps[0].rule == "words"


def test_yes_while_the_bridge_asks_again() -> None:
    stage = Stage(options(silence_timeout=2.0))
    stage.answer("Shall I cancel it? Say yes or no, please.", ms=1000)
    stage.voice(500)
    stage.wait(3700)
    assert stage.call.turns[-1].kind == "phrase"
    stage.speak(200)
    stage.wait(180)
    stage.feed(TranscriptArrived(2, "yes"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "yes"


def test_stt_that_fails_over_the_agent_lets_it_go_on() -> None:
    stage = Stage()
    stage.answer(ms=2000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptFailed(2, "closed"))
    assert stage.state == "speaking"


def test_an_overlap_that_goes_on_is_heard_whole() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(180)
    stage.speak(200)
    stage.feed(TranscriptArrived(2, "mm"))
    assert stage.state == "yielding"
    stage.speak(200)
    assert stage.state == "yielding"
    stage.wait(200)
    stage.feed(TranscriptArrived(3, "no not that one"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "no not that one"


def test_real_words_commit_while_the_caller_still_speaks() -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(180)
    stage.speak(100)
    stage.feed(TranscriptArrived(2, "no not"))
    assert stage.state == "hearing"
    stage.speak(200)
    stage.wait(500)
    stage.feed(TranscriptArrived(3, "no not that one"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "no not that one"


def test_late_words_take_the_floor_from_an_agent_that_went_on() -> None:
    stage = Stage()
    stage.answer(ms=4000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(1700)
    assert stage.state == "speaking"
    stage.wait(300)
    place = len(stage.log)
    stage.feed(TranscriptArrived(2, "stop"))
    assert SendClear() in stage.since(place)
    assert stage.state == "thinking"
    assert stage.last(RequestReply).request.text == "stop"
    assert [overlap.rule for overlap in stage.call.turns[0].overlaps] == ["late", "words"]


def test_late_words_that_say_nothing_are_forgotten() -> None:
    stage = Stage()
    stage.answer(ms=4000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(800)
    stage.feed(TranscriptArrived(2, "mm-hm"))
    assert stage.state == "speaking"
    stage.wait(5000)
    assert stage.call.turns[0].outcome == "heard"
    stage.hear("next")
    assert stage.last(RequestReply).request.text == "next"


def test_words_that_come_after_the_answer_is_over_are_a_question() -> None:
    stage = Stage()
    stage.answer(ms=1500)
    stage.wait(700)
    stage.speak(300)
    stage.wait(2500)
    assert stage.state == "listening"
    stage.feed(TranscriptArrived(2, "and the other one"))
    assert stage.last(RequestReply).request.text == "and the other one"


def test_late_words_join_what_the_caller_says_next() -> None:
    stage = Stage()
    stage.answer(ms=4000)
    stage.wait(500)
    stage.speak(300)
    stage.wait(1000)
    stage.speak(500)
    stage.wait(180)
    stage.feed(TranscriptArrived(3, "please"))
    assert len(stage.all(RequestReply)) == 1
    stage.feed(TranscriptArrived(2, "stop"))
    stage.say_no_more()
    assert stage.last(RequestReply).request.text == "stop please"


def test_an_agent_that_yielded_to_nothing_is_harder_to_stop() -> None:
    stage = Stage()
    stage.answer(ms=20_000)
    stage.wait(500)
    for _ in range(2):
        stage.speak(80)
        stage.wait(600)
    assert len(stage.all(SendClear)) == 1
    stage.speak(140)
    assert stage.state == "yielding"


def test_each_overlap_has_its_own_record() -> None:
    stage = Stage()
    stage.answer(ms=20_000)
    stage.wait(500)
    stage.speak(80)
    stage.wait(600)
    stage.speak(300)
    stage.wait(200)
    stage.feed(TranscriptArrived(stage.last(Transcribe).utterance, "stop"))
    cough, words = stage.call.turns[0].overlaps
    assert (cough.verdict, cough.rule, cough.resumed_at) == ("resume", "silence", cough.verdict_at)
    assert (words.verdict, words.rule, words.resumed_at) == ("commit", "words", None)
    for overlap in (cough, words):
        assert overlap.verdict_at is not None
        assert overlap.onset_at < overlap.yield_at < overlap.verdict_at
        assert overlap.clear_at == overlap.yield_at
        assert overlap.quiet_at == pytest.approx(overlap.yield_at + 0.04)
    lasted = [round((overlap.verdict_at - overlap.onset_at) * 1000) for overlap in (cough, words) if overlap.verdict_at]
    assert [note.fields for note in stage.notes("overlap")] == [
        {"verdict": "resume", "rule": "silence", "ms": lasted[0]},
        {"verdict": "commit", "rule": "words", "ms": lasted[1]},
    ]


def test_an_overlap_with_a_silent_agent_clears_nothing() -> None:
    stage = Stage()
    stage.hear()
    stage.speak(80)
    [overlap] = stage.call.turns[0].overlaps
    assert (overlap.clear_at, overlap.quiet_at, overlap.verdict) == (None, None, "pending")


def test_a_cough_before_the_answer_holds_it_back() -> None:
    stage = Stage()
    stage.hear()
    stage.speak(80)
    stage.reply()
    stage.voice(500)
    assert stage.state == "yielding"
    stage.wait(300)
    assert stage.state == "speaking"
    stage.wait(600)
    assert stage.call.turns[0].outcome == "heard"


def test_a_cough_while_the_agent_thinks_leaves_it_thinking() -> None:
    stage = Stage()
    stage.hear()
    stage.speak(80)
    stage.wait(300)
    assert stage.state == "thinking"


def test_going_on_while_stt_works_makes_one_question() -> None:
    stage = Stage()
    stage.speak(400)
    stage.wait(500)
    stage.speak(400)
    assert stage.state == "hearing"
    stage.feed(TranscriptArrived(1, "my number"))
    assert stage.all(RequestReply) == []
    stage.wait(500)
    stage.feed(TranscriptArrived(2, "is seven"))
    assert [asked.request.text for asked in stage.all(RequestReply)] == ["my number is seven"]


@pytest.mark.parametrize("ms", [220, 620, 2400])
def test_a_noise_without_words_does_not_cut_the_agent_off(ms: int) -> None:
    stage = Stage()
    stage.answer(ms=3000)
    stage.wait(500)
    stage.interrupt("", ms)
    assert stage.state == "speaking"
    stage.wait(3500)
    assert [turn.outcome for turn in stage.call.turns] == ["heard"]
    assert stage.call.turns[0].overlaps[0].rule == "nothing"


def test_a_protected_greeting_is_heard_before_the_caller() -> None:
    stage = Stage(options(phrases=phrases(), interruptible_greeting=False))
    stage.wait(100)
    stage.speak(300)
    assert stage.state == "speaking"
    assert stage.all(SendClear) == []
    stage.speak(300)
    assert stage.state == "hearing"
    stage.wait(500)
    assert stage.state == "transcribing"


def test_a_notice_protects_the_greeting_before_it() -> None:
    stage = Stage(options(phrases=phrases() | {"notice": Phrase("notice words", LOUD * 25)}))
    stage.wait(100)
    stage.speak(700)
    assert stage.state == "speaking"
    assert stage.all(SendClear) == []


@pytest.mark.parametrize("key", ["", "1"])
def test_only_the_greeting_is_protected(key: str) -> None:
    stage = Stage(options(phrases=phrases(), interruptible_greeting=False))
    stage.wait(100)
    if key:
        stage.feed(DigitPressed(key))
    stage.wait(600)
    stage.answer(ms=3000)
    stage.wait(500)
    stage.speak(80)
    assert stage.state == "yielding"


GREETED = {"phrases": phrases(), "interruptible_greeting": False}


@pytest.mark.parametrize("words", ["where is my parcel", "وين شحنتي"])
def test_words_inside_a_protected_greeting_are_answered_after_it(words: str) -> None:
    stage = Stage(options(**GREETED, endpoint_ms=100))
    stage.wait(60)
    stage.speak(200)
    stage.wait(100)
    stage.found(words)
    assert (stage.state, stage.all(SendClear)) == ("speaking", [])
    stage.wait(200)
    assert stage.last(RequestReply).request.text == words
    assert stage.call.turns[0].outcome == "heard"


def test_the_recording_is_announced_before_the_greeting() -> None:
    words = {**phrases(greeting="hello"), "recorded": Phrase("recorded words", LOUD * 25)}
    stage = Stage(options(phrases=words, greeting_after_ms=200))
    stage.wait(100)
    stage.speak(700)
    assert (stage.state, stage.all(SendClear)) == ("speaking", [])
    stage.wait(1000)
    assert [one.text for one in stage.call.turns[0].sentences] == ["", "recorded words", "hello"]
    assert all(one.finished for one in stage.call.turns[0].sentences)


def test_words_inside_a_notice_are_found_behind_it() -> None:
    stage = Stage(options(phrases=phrases() | {"notice": Phrase("notice words", LOUD * 50)}, endpoint_ms=100))
    stage.wait(300)
    for _ in range(2):
        stage.speak(200)
        stage.wait(200)
    assert [asked.utterance for asked in stage.all(Transcribe)] == [1, 2]
    stage.wait(500)
    assert stage.state == "transcribing"
    stage.feed(TranscriptArrived(2, "my parcel"))
    stage.feed(TranscriptArrived(1, "where is"))
    assert stage.last(RequestReply).request.text == "where is my parcel"


@pytest.mark.parametrize("words", ["", "mm-hm", "♪♪"])
def test_noise_inside_a_protected_greeting_is_no_question(words: str) -> None:
    stage = Stage(options(**GREETED, endpoint_ms=100))
    stage.wait(60)
    stage.speak(200)
    stage.wait(100)
    stage.found(words)
    stage.wait(400)
    assert (stage.state, stage.all(RequestReply), len(stage.call.turns)) == ("listening", [], 1)


def test_words_inside_a_protected_greeting_that_stt_loses() -> None:
    stage = Stage(options(**GREETED, endpoint_ms=100))
    stage.wait(60)
    stage.speak(200)
    stage.wait(100)
    stage.feed(TranscriptFailed(1, "closed"))
    stage.wait(400)
    assert stage.call.turns[-1].sentences[0].text == "apology words"


def test_a_click_inside_a_protected_greeting_is_passed_over() -> None:
    stage = Stage(options(**GREETED, endpoint_ms=100))
    stage.wait(100)
    stage.speak(80)
    stage.wait(600)
    assert stage.all(Transcribe) == []
    assert len(stage.notes("speech_ignored")) == 1
