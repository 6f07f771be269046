"""A call that goes on in another language of its line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ivr.call.call import Call
from ivr.call.commands import Command, Note, RequestReply, SendAudio, Speak, Transcribe
from ivr.call.events import CallStarted, DigitPressed, Event, Resumption, TranscriptArrived, TtsFailed
from ivr.call.options import CallOptions, KeyAction, Phrase, every_phrase
from ivr.replay import tape_file
from ivr.replay.edit.redact import redact
from ivr.replay.recorder.header import AUDIBLE
from ivr.replay.records import command_record
from ivr.replay.tape import Moment, Tape, TapeHeader, kept_phrases
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
    assert [note.fields for note in stage.notes("language")] == [{"to": "ar", "by": "agent"}]
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


# -- the caller is told how to choose --------------------------------------------------------------------------------


def offering(*, ready: bool = True, **texts: str) -> CallOptions:
    """Return a line of Arabic that offers English."""
    english = phrases(greeting="Welcome to Rimalqa.", ready=ready)
    english["language_choice"] = Phrase("For English, press two.", LOUD * 25 if ready else b"")
    arabic = phrases(greeting=texts.get("greeting", "حياك الله"))
    keys = {"1": KeyAction("language", "ar"), "2": KeyAction("language", "en")}
    return options(language="ar", phrases=arabic, languages={"en": english}, keys=keys)


def test_each_other_language_says_how_it_is_chosen() -> None:
    stage = Stage(offering())
    said = [note.fields["name"] for note in stage.notes("phrase")]
    assert said == ["greeting", "en/language_choice"]
    stage.wait(1600)
    assert stage.call.turns[0].heard == "حياك الله For English, press two."
    stage.feed(DigitPressed("2"))
    assert stage.notes("language")[0].fields == {"to": "en", "by": "key"}
    assert stage.notes("phrase")[-1].fields == {"name": "en/greeting"}
    stage.wait(1000)
    assert stage.call.turns[-1].heard == "Welcome to Rimalqa."
    stage.hear("where is my parcel")
    assert (stage.last(Transcribe).language, stage.last(RequestReply).request.language) == ("en", "en")


def test_a_choice_that_is_not_rendered_is_synthesised_in_its_language() -> None:
    stage = Stage(offering(ready=False, greeting=""))
    assert (stage.last(Speak).text, stage.last(Speak).language) == ("For English, press two.", "en")


def test_a_line_without_words_for_it_offers_nothing() -> None:
    stage = Stage(both())
    assert stage.notes("phrase") == []


def test_a_tape_has_the_phrases_of_every_language(tmp_path: Path) -> None:
    line = offering()
    moments: list[Moment] = []

    class Taped(Stage):
        def feed(self, event: Event) -> list[Command]:
            now, out = self.now, super().feed(event)
            moments.append(Moment(now, event, [command_record(command) for command in out]))
            return out

    stage = Taped(line)
    stage.wait(1600)
    stage.feed(DigitPressed("2"))
    stage.wait(1000)
    kept, texts = kept_phrases(line)
    assert (kept.phrases, kept.languages) == ({}, {})
    ready = {name: phrase.audio for name, phrase in every_phrase(line).items() if phrase.audio}
    said = {str(note.fields["name"]) for note in stage.notes("phrase")}
    assert said == {"greeting", "en/language_choice", "en/greeting"}
    header = TapeHeader("CA1", legs=AUDIBLE, options=kept, phrases=texts)
    tape_file.write(tmp_path / "a.tape", Tape(header, moments, {name: ready[name] for name in said}))
    read = tape_file.read(tmp_path / "a.tape")
    assert set(read.phrase_audio) == said
    assert read.options.languages["en"]["language_choice"] == line.languages["en"]["language_choice"]
    again = Call(read.options)
    decided = [command for moment in read.moments for command in again.receive(moment.event, moment.now)]
    assert decided == [one for _, one in stage.log]
    # What was not said is silence of its length.
    assert read.options.languages["en"]["goodbye"].text == "goodbye words"
    redacted = json.dumps(msgspec.to_builtins(redact(read).tape.header))
    assert "Rimalqa" not in redacted
