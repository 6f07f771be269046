"""Do what the agent asks for among its words: in order, once, and when the words before it were heard."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.actions import Gather
from ivr.call.commands import CancelSpeech, Note, PlayAudio, RequestReply, Speak, Transcribe
from ivr.call.events import (
    CallStarted,
    DigitPressed,
    ReplyAction,
    ReplyDelta,
    ReplyEnded,
    TranscriptArrived,
    TranscriptFailed,
    TtsAudio,
    TtsEnded,
    TtsFailed,
)
from ivr.call.options import CallOptions, Phrase
from ivr.media import g711
from ivr.media.tones import dtmf
from tests.call.stage import LOUD, Stage, options, phrases


def play(source: str = "menu.wav", **more: Any) -> ReplyAction:
    return ReplyAction(0, "play", source, **more)


def say(text: str, *, interruptible: bool = False) -> ReplyAction:
    return ReplyAction(0, "say", text, interruptible=interruptible)


def pause(ms: int = 500) -> ReplyAction:
    return ReplyAction(0, "pause", ms=ms)


def asked(choices: CallOptions | None = None, *parts: str | ReplyAction, end: bool = True) -> Stage:
    """Return a stage whose caller has asked something, and whose agent has answered with these parts."""
    stage = Stage(choices)
    stage.hear()
    for part in parts:
        stage.feed(ReplyDelta(0, part) if isinstance(part, str) else part)
    if end:
        stage.feed(ReplyEnded(0))
    return stage


def load(stage: Stage, ms: int = 1000, *, failed: str = "") -> None:
    """The recording that was asked for last arrives, or cannot be had."""
    one = stage.last(PlayAudio)
    if failed:
        stage.feed(TtsFailed(one.turn, one.sentence, failed, again=False))
        return
    stage.feed(TtsAudio(one.turn, one.sentence, LOUD * (ms // 20), 8000, "mulaw"))
    stage.feed(TtsEnded(one.turn, one.sentence))


def asks(stage: Stage) -> list[str]:
    """Return what TTS and the store of recordings were asked for, in order."""
    asked = (c for _, c in stage.log if isinstance(c, Speak | PlayAudio))
    return [c.text if isinstance(c, Speak) else f"<{c.source}>" for c in asked]


def test_acts_have_their_place_among_the_words() -> None:
    stage = asked(None, "First. Then li", play(), "Last, and no more.")
    stage.voice()
    load(stage)
    stage.voice()
    stage.wait(4000)
    # A piece of a sentence is said before what stands behind it.
    assert asks(stage) == ["First. Then li", "<menu.wav>", "Last, and no more."]
    assert stage.state == "listening"
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.heard, turn.unheard) == ("heard", "First. Then li Last, and no more.", "")


def test_pause_and_keys_are_audio() -> None:
    stage = asked(None, "One.", pause(500), ReplyAction(0, "dtmf", "1w2"), "Two.")
    stage.voice(200)
    stage.wait(3000)
    stage.voice(200)
    stage.wait(1000)
    sound = bytes(stage.heard)
    tones = g711.silence(500) + dtmf.tones("1w2")
    assert LOUD * 10 + tones in sound
    assert sound.index(tones) < sound.rindex(LOUD * 10)
    assert stage.call.turns[0].outcome == "heard"


def test_an_answer_of_sounds_alone_is_no_failure() -> None:
    stage = asked(None, ReplyAction(0, "dtmf", "12"))
    stage.wait(1000)
    assert (stage.call.turns[0].outcome, stage.state) == ("heard", "listening")
    assert not stage.notes("reply_failed")


@pytest.mark.parametrize(
    "asked_for",
    [ReplyEnded(0, idle_s=20.0), ReplyEnded(0, gather=Gather(4)), ReplyEnded(0, context="{}"), pause(200)],
    ids=["patience", "keys", "context", "pause"],
)
def test_an_answer_that_only_asks_for_something_is_no_failure(asked_for: ReplyEnded | ReplyAction) -> None:
    stage = Stage()
    stage.hear()
    stage.feed(asked_for)
    if isinstance(asked_for, ReplyAction):
        stage.feed(ReplyEnded(0))
    stage.wait(400)
    assert (stage.call.turns[0].outcome, stage.state) == ("heard", "listening")
    assert not stage.notes("reply_failed")
    # The caller has the floor, and asks on.
    stage.hear("and when")
    assert stage.last(RequestReply).request.text == "and when"


@pytest.mark.parametrize(("language", "failed"), [("en", False), ("fr", True)])
def test_an_answer_that_only_changes_the_language_is_no_failure(language: str, failed: bool) -> None:
    stage = asked(options(language="ar", languages={"en": {}}), ReplyAction(0, "language", language))
    stage.wait(400)
    assert bool(stage.notes("reply_failed")) is failed


def test_an_answer_to_the_start_without_words_leaves_the_greeting() -> None:
    stage = Stage(options(phrases=phrases(greeting="greeting words"), say_first=True))
    stage.feed(ReplyEnded(0, context="{}"))
    assert [one.text for one in stage.call.turns[0].sentences] == ["greeting words"]
    assert not stage.notes("upstream_failed")


def test_a_recording_is_interrupted_like_words() -> None:
    stage = asked(None, "One.", play(), pause(), "Two.")
    stage.voice(200)
    load(stage, 5000)
    stage.wait(1000)
    stage.interrupt()
    assert stage.last(RequestReply).request.heard == "One."
    assert stage.last(RequestReply).request.unheard == "Two."
    # What is dropped with an answer does not happen.
    assert asks(stage) == ["One.", "<menu.wav>", "Two."]
    assert CancelSpeech(0, 4) in stage.all(CancelSpeech)


def test_a_recording_that_cannot_be_had_is_left_out() -> None:
    stage = asked(None, "One.", play(), play("b.wav"), "Two.")
    stage.voice(200)
    load(stage, failed="not_allowed")
    load(stage, failed="too_large")
    stage.voice(200)
    stage.wait(1500)
    assert stage.notes("play_failed") == [
        Note("play_failed", {"reason": "not_allowed"}),
        Note("play_failed", {"reason": "too_large"}),
    ]
    assert not stage.notes("upstream_failed")
    assert (stage.call.turns[0].outcome, stage.call.turns[0].heard) == ("heard", "One. Two.")


def test_a_recording_that_breaks_off_is_not_begun_again() -> None:
    stage = asked(None, "One.", play(), "Two.")
    stage.voice(200)
    one = stage.last(PlayAudio)
    stage.feed(TtsAudio(one.turn, one.sentence, LOUD * 10, 8000, "mulaw"))
    stage.feed(TtsFailed(one.turn, one.sentence, "broken", again=True))
    stage.voice(200)
    stage.wait(1500)
    assert asks(stage) == ["One.", "<menu.wav>", "Two."]
    assert stage.state == "listening"


def test_a_recording_that_never_comes_is_given_up() -> None:
    stage = asked(options(filler_after_ms=0), "One.", play(), "Two.")
    stage.voice(200)
    stage.wait(11_000)
    assert [note.fields["reason"] for note in stage.notes("play_failed")] == ["stalled"]
    assert asks(stage)[-1] == "Two."


def test_an_answer_that_was_only_a_lost_recording_is_apologised_for() -> None:
    stage = asked(None, play())
    load(stage, failed="not_allowed")
    stage.wait(1000)
    assert [note.fields["who"] for note in stage.notes("upstream_failed")] == ["agent"]
    assert (stage.call.turns[0].outcome, stage.call.turns[0].failure) == ("failed", "recording")
    assert stage.state == "listening"
    # Without the phrase the caller has the floor at once.
    mute = asked(options(phrases={}), play())
    load(mute, failed="not_allowed")
    mute.wait(100)
    assert (mute.call.turns[0].outcome, mute.state) == ("failed", "listening")


def test_a_recording_is_not_levelled_like_a_voice() -> None:
    stage = asked(None, play())
    one = stage.last(PlayAudio)
    quiet = g711.audioop.mul(g711.decode(LOUD * 50), 2, 0.05)
    stage.feed(TtsAudio(one.turn, one.sentence, quiet, 8000, "pcm16"))
    stage.feed(TtsEnded(one.turn, one.sentence))
    stage.wait(1500)
    assert g711.audioop.max(g711.decode(bytes(stage.heard)), 2) < 2 * g711.audioop.max(quiet, 2)


def test_protected_words_are_not_interrupted() -> None:
    stage = asked(
        None, "You may cut this short. ", say("This must be heard. All of it is important to you."), "Thanks."
    )
    stage.voice(400)
    stage.wait(500)
    stage.voice(1000)
    stage.wait(200)
    place = len(stage.log)
    # Neither words nor keys cut them.
    stage.feed(DigitPressed("5"))
    stage.speak(400)
    stage.wait(300)
    assert stage.state == "speaking"
    stage.wait(400)
    # Nor in the gap before their second sentence.
    stage.speak(300)
    assert stage.state == "speaking"
    while asks(stage)[-1] != "Thanks.":
        stage.voice(1000)
        stage.wait(1100)
    stage.voice(200)
    assert not [c for c in stage.since(place) if isinstance(c, CancelSpeech)]
    stage.wait(3000)
    for transcribe in stage.all(Transcribe)[1:]:
        stage.feed(TranscriptArrived(transcribe.utterance, "what was that"))
    stage.wait(3000)
    # What was said and typed beneath them is answered after them.
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.unheard) == ("heard", "")
    assert stage.last(RequestReply).turn == 1
    assert "what was that" in stage.last(RequestReply).request.text
    assert stage.last(RequestReply).request.digits == "5"


def beneath(words: str | None, *, late: bool = False) -> Stage:
    """Return a stage whose caller has spoken beneath protected words; ten seconds of others follow. `late`: STT is."""
    stage = asked(options(endpoint_ms=100), say("This must be heard."), "The rest is long and may be cut.")
    stage.voice(1500)
    stage.wait(100)
    stage.speak(400)
    stage.wait(200)
    if not late:
        lost_or_found(stage, words)
    stage.wait(400)
    assert stage.state == "speaking"
    stage.voice(10_000)
    stage.wait(1000)
    if late:
        assert stage.state == "speaking"
        lost_or_found(stage, words)
    return stage


def lost_or_found(stage: Stage, words: str | None) -> None:
    number = stage.last(Transcribe).utterance
    stage.feed(TranscriptFailed(number, "closed") if words is None else TranscriptArrived(number, words))


@pytest.mark.parametrize("late", [False, True])
def test_words_beneath_protected_words_cut_what_follows(late: bool) -> None:
    stage = beneath("where is my parcel", late=late)
    assert stage.state == "thinking"
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.sentences[0].finished) == ("interrupted", True)
    request = stage.last(RequestReply).request
    assert (request.turn, request.text) == (1, "where is my parcel")
    assert request.heard.startswith("This must be heard.")
    assert "may be cut." in request.unheard


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("words", ["mm-hm", "", None])
def test_no_question_beneath_protected_words_cuts_anything(words: str | None, late: bool) -> None:
    stage = beneath(words, late=late)
    stage.wait(2000)
    assert (stage.state, len(stage.all(RequestReply))) == ("speaking", 1)
    stage.wait(10_000)
    assert stage.call.turns[0].outcome == "heard"
    assert len(stage.all(RequestReply)) == 1
    # What STT has lost is asked for again, once the answer was heard.
    assert bool(stage.notes("upstream_failed")) is (words is None)


def test_two_voices_beneath_protected_words_are_one_question() -> None:
    stage = asked(options(endpoint_ms=100), say("This must be heard."), "The rest is long and may be cut.")
    stage.voice(2000)
    for _ in range(2):
        stage.speak(400)
        stage.wait(200)
    stage.feed(TranscriptArrived(2, "where is"))
    stage.wait(600)
    stage.voice(10_000)
    stage.wait(600)
    assert stage.state == "speaking"
    stage.feed(TranscriptArrived(3, "my parcel"))
    assert stage.last(RequestReply).request.text == "where is my parcel"
    assert stage.state == "thinking"


def test_words_before_protected_words_are_interrupted_with_them() -> None:
    stage = asked(None, "You may cut this short, because it is long. ", say("This must be heard."))
    stage.voice(3000)
    stage.wait(500)
    stage.interrupt()
    assert stage.last(RequestReply).turn == 1
    assert stage.last(RequestReply).request.unheard.endswith("This must be heard.")
    assert not stage.call._agent_turns.protected


def test_words_that_may_be_interrupted_are_said_in_their_place() -> None:
    stage = asked(None, "One. ", say("Two.", interruptible=True), play(interruptible=False))
    stage.voice(1000)
    stage.voice(200)
    load(stage)
    stage.wait(400)
    assert not stage.call._agent_turns.protected
    # A recording may be protected as well, from the moment on when its audio leaves.
    stage.wait(800)
    assert stage.call._agent_turns.protected
    stage.wait(1500)
    assert not stage.call._agent_turns.protected
    assert stage.call.turns[0].heard == "One. Two."


def test_long_answers_keep_the_order_of_their_acts() -> None:
    long = "It is a long answer, and it says a lot of things that are of no use. " * 30
    parts: list[str | ReplyAction] = [long, play("a"), say(long), play("b"), "Nearly done. ", pause(20), "Done."]
    stage = asked(None, *parts)
    said: list[str] = []
    for _ in range(400):
        stage.wait(20)
        if asks(stage)[-1].startswith("<"):
            load(stage, 20)
        else:
            stage.voice(20)
        if stage.state == "listening":
            break
    said = asks(stage)
    a, b = said.index("<a>"), said.index("<b>")
    assert " ".join(said[:a]) == " ".join(said[a + 1 : b]) == long.strip()
    assert said[b + 1 :] == ["Nearly done.", "Done."]
    assert (stage.state, stage.call.turns[0].outcome) == ("listening", "heard")


def test_many_parts_that_waited_take_several_steps() -> None:
    long = "It is a long answer, and it says a lot of things that are of no use. " * 30
    stage = asked(None, long, *[pause(20)] * 50, "Done.")
    stage.wait(400)
    turn = stage.call.turns[0]
    assert [sentence.text for sentence in turn.sentences[-52:]][1:] == [""] * 50 + ["Done."]
    assert turn.reply_ended_at is not None


def other_language() -> CallOptions:
    return options(languages={"ar": {"still_there": Phrase("معي؟")}})


def test_a_language_begins_with_the_words_behind_it() -> None:
    stage = asked(other_language(), "One moment. ", ReplyAction(0, "language", "ar"), "عندي 3 شحنات.")
    assert stage.call.language.options.language == "en"
    stage.voice(400)
    assert [(speak.text, speak.language) for speak in stage.all(Speak)] == [
        ("One moment.", ""),
        ("عندي ثلاث شحنات.", "ar"),
    ]
    # The call changes once the words before it were heard.
    assert not stage.notes("language")
    stage.wait(500)
    assert stage.notes("language") == [Note("language", {"to": "ar", "by": "agent"})]
    stage.voice(400)
    stage.wait(1000)
    stage.hear("شكرا")
    assert stage.last(RequestReply).request.language == "ar"
    # And back: the line's own language has no name.
    stage.feed(ReplyAction(1, "language", "en"))
    stage.feed(ReplyDelta(1, "Back in English."))
    stage.feed(ReplyEnded(1))
    assert (stage.last(Speak).text, stage.last(Speak).language) == ("Back in English.", "")


def test_a_language_of_dropped_words_is_not_reached() -> None:
    stage = asked(other_language(), "One moment, please, it takes a while. ", ReplyAction(0, "language", "ar"), "تم.")
    stage.voice(3000)
    stage.wait(1000)
    stage.interrupt()
    stage.wait(1000)
    assert not stage.notes("language")


def test_a_language_that_the_line_lacks_is_refused() -> None:
    stage = asked(None, "One. ", ReplyAction(0, "language", "ar"), "Two.")
    stage.voice(200)
    stage.voice(200)
    stage.wait(600)
    assert stage.notes("language_refused") == [Note("language_refused", {"by": "agent"})]
    assert [speak.language for speak in stage.all(Speak)] == ["", ""]


def test_a_language_behind_a_sentence_that_was_begun_again() -> None:
    stage = asked(other_language(), "One moment. ", ReplyAction(0, "language", "ar"), "تم.")
    one = stage.last(Speak)
    stage.feed(TtsAudio(one.turn, one.sentence, LOUD * 20, 8000, "mulaw"))
    stage.feed(TtsFailed(one.turn, one.sentence, "broken"))
    stage.wait(600)
    assert not stage.notes("language")
    stage.voice(400)
    stage.wait(600)
    assert stage.notes("language")


def test_context_is_given_back_until_there_is_another() -> None:
    stage = Stage(start=False)
    stage.feed(CallStarted("CA1", "MZ1", context='{"campaign":7}'))
    stage.hear()
    assert stage.last(RequestReply).request.context == '{"campaign":7}'
    stage.feed(ReplyDelta(0, "It is here."))
    stage.feed(ReplyEnded(0, context='{"step":2}'))
    stage.voice(200)
    stage.wait(1000)
    stands = stage.call.stands(stage.now)
    assert stands is not None
    assert stands.context == '{"step":2}'
    stage.answer()
    assert stage.last(RequestReply).request.context == '{"step":2}'
    resumed = Stage(start=False)
    resumed.feed(CallStarted("CA1", "MZ2", context='{"campaign":7}', resumption=stands))
    resumed.hear()
    assert resumed.last(RequestReply).request.context == '{"step":2}'


def test_acts_print_themselves() -> None:
    stage = asked(other_language(), "One. ", ReplyAction(0, "language", "ar"), say("Two."))
    assert repr(stage.call._agent_turns._acts) == "<ReplyActs guarded=1 switches=1>"
