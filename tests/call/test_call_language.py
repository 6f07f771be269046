"""A call that goes on in another language of its line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ivr.call.commands import Note, RequestReply, SendAudio, Speak, Transcribe
from ivr.call.events import CallStarted, Resumption, TranscriptArrived, TtsFailed
from ivr.call.options import CallOptions, Phrase
from ivr.replay.what_if.fork import ForkedCall
from tests.call.stage import LOUD, STARTED, Stage, options, phrases


def both(**choices: Any) -> CallOptions:
    """Return a line of English and Arabic. English phrases are ready, Arabic ones are synthesised."""
    arabic = {name: Phrase(f"{name} بالعربي") for name in phrases()}
    return options(languages={"ar": arabic}, **choices)


def test_it_begins_in_the_line_s_own_language() -> None:
    stage = Stage(both())
    stage.hear("where is it")
    assert stage.last(Transcribe).language == ""
    assert stage.last(RequestReply).request.language == "en"
    stage.reply("It is here now.")
    assert stage.last(Speak).language == ""
    assert stage.call.stands(stage.now).language == ""  # type: ignore[union-attr]


def test_all_that_follows_is_in_the_other() -> None:
    stage = Stage(both())
    assert stage.call.language.change("ar", "agent")
    stage.hear("وين شحنتي")
    assert stage.last(Transcribe).language == "ar"
    assert stage.last(RequestReply).request.language == "ar"
    stage.reply("وصلت 3 شحنات.")
    spoken = stage.last(Speak)
    assert spoken.language == "ar"
    # Normalization speaks the number in the language of the call.
    assert "ثلاث" in spoken.text
    assert stage.last(Note).fields == {"to": "ar", "by": "agent"}
    assert stage.call.stands(stage.now).language == "ar"  # type: ignore[union-attr]


def test_phrases_are_the_other_language_s() -> None:
    stage = Stage(both(silence_timeout=2.0))
    stage.call.language.change("ar", "agent")
    stage.wait(2500)
    assert stage.last(Speak).text == "still_there بالعربي"


def test_words_asked_for_before_keep_their_language() -> None:
    stage = Stage(both())
    stage.hear("where is it")
    stage.reply("It is in Riyadh. It comes to you tomorrow in the morning. You will hear from us then.")
    first = stage.last(Speak)
    stage.call.language.change("ar", "agent")
    stage.voice(end=True)
    second = stage.last(Speak)
    assert (first.language, second.language, second.sentence) == ("", "", first.sentence + 1)


def test_an_early_transcript_is_in_the_language_of_its_start() -> None:
    stage = Stage(both())
    stage.call.language.change("ar", "key")
    stage.speak(600)
    stage.wait(300)
    assert stage.last(Transcribe).language == "ar"


def test_it_goes_back() -> None:
    stage = Stage(both())
    stage.call.language.change("ar", "agent")
    assert stage.call.language.change("en", "agent")
    stage.hear("thanks")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")


def test_the_same_language_changes_nothing() -> None:
    stage = Stage(both())
    assert stage.call.language.change("en", "agent")
    stage.wait(20)
    assert not [command for _, command in stage.log if isinstance(command, Note)]


@pytest.mark.parametrize("language", ["fr", "", "AR", "ar"])
def test_a_language_that_the_line_has_not_is_refused(language: str) -> None:
    stage = Stage(options())
    assert not stage.call.language.change(language, "agent")
    stage.hear("where is it")
    assert Note("language_refused", {"by": "agent"}) in [command for _, command in stage.log]
    assert stage.last(RequestReply).request.language == "en"


def test_a_sentence_begun_again_keeps_its_language() -> None:
    stage = Stage(both())
    stage.call.language.change("ar", "agent")
    stage.hear("وين شحنتي")
    stage.reply("شحنتك في الرياض اليوم، وتوصلك بكرة الصباح إن شاء الله.")
    stage.voice(ms=400, end=False)
    asked = stage.last(Speak)
    stage.feed(TtsFailed(asked.turn, asked.sentence, "closed"))
    assert len(stage.all(Speak)) == 2
    assert stage.last(Speak).language == "ar"


def test_a_call_that_is_resumed_has_its_language() -> None:
    stage = Stage(both(), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(language="ar", question="وين شحنتي", turn=3)))
    assert stage.last(RequestReply).request.language == "ar"
    assert stage.call.stands(stage.now).language == "ar"  # type: ignore[union-attr]


def test_a_language_that_the_line_lost_is_its_own_again() -> None:
    stage = Stage(options(), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(language="ar", question="where is it", turn=3)))
    assert stage.last(RequestReply).request.language == "en"


def test_other_options_keep_the_language() -> None:
    call = ForkedCall(both())
    call.receive(CallStarted("CA1", "MZ1"), 1.0)
    call.language.change("ar", "agent")
    call.change_options(both(endpoint_ms=700))
    assert (call.language.options.language, call.language.options.endpoint_ms) == ("ar", 700)
    call.change_options(options())
    assert call.language.options.language == "en"
    assert "en" in repr(call.language)


def test_a_ready_phrase_of_the_other_language_is_played() -> None:
    ready = {name: Phrase("كلام", LOUD * 10) for name in phrases()}
    stage = Stage(options(languages={"ar": ready}, silence_timeout=2.0))
    stage.call.language.change("ar", "agent")
    stage.wait(2500)
    assert [command for _, command in stage.log if isinstance(command, SendAudio)]
    assert not [command for _, command in stage.log if isinstance(command, Speak)]


def test_nothing_of_it_is_left_for_other_calls() -> None:
    line = both()
    stage, other = Stage(line), Stage(line)
    stage.call.language.change("ar", "agent")
    other.hear("where is it")
    assert other.last(RequestReply).request.language == "en"
    other.feed(TranscriptArrived(99, "late"))


# -- the caller's first words decide ---------------------------------------------------------------------------------


def test_the_first_words_decide() -> None:
    stage = Stage(both(language_by_words=True))
    stage.hear("السلام عليكم وين شحنتي")
    assert stage.last(RequestReply).request.language == "ar"
    assert stage.notes("language")[0].fields == {"to": "ar", "by": "words"}
    stage.reply("وصلت اليوم.")
    assert stage.last(Speak).language == "ar"


def test_until_they_decide_english_is_listened_to_in_arabic() -> None:
    """STT that listens for English finds no Arabic; the other way round it finds both."""
    stage = Stage(both(language_by_words=True))
    stage.hear("hello")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("ar", "en")
    stage.reply("Yes?")
    stage.voice()
    stage.wait(2000)
    stage.hear("where is my parcel")
    assert stage.last(Transcribe).language == "ar"
    stage.reply("It is in Riyadh.")
    stage.voice()
    stage.wait(2000)
    stage.hear("وين شحنتي")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")
    assert stage.notes("language") == []


def test_a_line_of_arabic_is_listened_to_as_ever() -> None:
    line = options(language="ar", languages={"en": phrases()}, language_by_words=True)
    stage = Stage(line)
    stage.hear("where is my parcel")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")


@pytest.mark.parametrize("by", ["agent", "key"])
def test_what_was_chosen_is_not_changed_by_words(by: Any) -> None:
    stage = Stage(both(language_by_words=True))
    assert stage.call.language.change("en", by)
    stage.hear("وين شحنتي")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")


def test_a_refusal_leaves_it_to_the_words() -> None:
    stage = Stage(both(language_by_words=True))
    assert not stage.call.language.change("fr", "agent")
    stage.hear("وين شحنتي")
    assert stage.last(RequestReply).request.language == "ar"


def test_a_resumed_call_does_not_begin_to_choose() -> None:
    stage = Stage(both(language_by_words=True), start=False)
    stage.feed(replace(STARTED, resumption=Resumption(question="where is it", turn=3)))
    stage.reply("Here.")
    stage.voice()
    stage.wait(2000)
    stage.hear("وين شحنتي")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")


def test_one_language_leaves_nothing_to_choose() -> None:
    stage = Stage(options(language_by_words=True))
    stage.hear("وين شحنتي")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("", "en")
