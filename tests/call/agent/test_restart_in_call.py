"""A sentence that breaks off for good: a filler, then its last clause once more; nothing is lost or out of order."""

from __future__ import annotations

from ivr.call.commands import CancelSpeech, CloseReply, Speak
from ivr.call.events import TtsAudio, TtsEnded, TtsFailed
from ivr.call.options import Phrase
from tests.call.stage import LOUD, QUIET, Stage, options, phrases

FILLER = bytes((0x30, 0xB0)) * 80 * 30
"""600 ms."""
TEXT = "Your parcel left the depot in Jeddah, and it will be in Riyadh today or tomorrow. Anything else?"
WHOLE = "Your parcel left the depot in Jeddah, and it will be in Riyadh today or tomorrow."
LAST = "and it will be in Riyadh today or tomorrow."
IN_LAST = 4600
"""Milliseconds of a slow speaker after which it is in the last clause."""


def broken(ms: int = IN_LAST, **choices: int) -> Stage:
    """TTS has said so much of the first sentence, and the caller has heard all of it."""
    words = phrases(greeting="") | {"filler": Phrase("one moment", FILLER), "still_working": Phrase("wait", FILLER)}
    stage = Stage(options(phrases=words, **choices))
    stage.hear()
    stage.reply(TEXT)
    assert stage.last(Speak) == Speak(0, 1, WHOLE, stage.now)
    stage.voice(ms, end=False)
    stage.wait(ms)
    return stage


def test_after_a_silence_a_filler_and_then_the_clause_once_more() -> None:
    stage = broken()
    assert stage.notes("filler") == []
    stage.wait(2600)
    assert stage.all(CancelSpeech) == [CancelSpeech(0, 1)]
    assert [note.fields for note in stage.notes("sentence_again")] == [{"reason": "dead_air"}]
    assert len(stage.notes("filler")) == 1
    [again_at] = [at for at, command in stage.log if isinstance(command, CancelSpeech)]
    assert stage.last(Speak) == Speak(0, 3, LAST, quiet_at=again_at)
    stage.voice(4300)
    stage.voice(1400)
    stage.wait(6500)
    turn = stage.call.turns[0]
    assert (turn.outcome, turn.failure) == ("heard", "")
    assert (turn.heard, turn.unheard) == (TEXT, "")
    assert [sentence.number for sentence in turn.sentences] == [1, 3, 2]
    assert stage.state == "listening"


def test_the_clause_follows_the_filler() -> None:
    stage = broken()
    stage.wait(2600)
    stage.voice(4300)
    stage.wait(1000)
    assert FILLER + QUIET * 8 + LOUD * 5 in bytes(stage.heard)


def test_a_sentence_tts_gives_up_is_begun_again_at_once() -> None:
    stage = broken()
    stage.feed(TtsFailed(0, 1, "broken"))
    assert [note.fields for note in stage.notes("sentence_again")] == [{"reason": "broken"}]
    assert stage.last(Speak) == Speak(0, 3, LAST, stage.now)
    assert stage.all(CloseReply) == []


def test_the_place_of_a_restart_follows_the_measured_pace() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("It is on its way now. " + WHOLE)
    stage.voice(1050)  # 50 ms a character
    stage.voice(2200, end=False)
    stage.wait(3250)
    stage.feed(TtsFailed(0, 2, "broken"))
    assert stage.last(Speak).text == LAST


def test_a_sentence_is_begun_again_twice_and_then_left_out() -> None:
    stage = broken(1000)
    for number in (1, 3):
        stage.feed(TtsFailed(0, number, "broken"))
        stage.voice(300, end=False)
    assert len(stage.notes("sentence_again")) == 2
    stage.wait(6000)
    assert len(stage.notes("sentence_again")) == 2, "there is no room for a filler any more"
    stage.feed(TtsFailed(0, 4, "broken"))
    assert [note.fields["reason"] for note in stage.notes("sentence_lost")] == ["broken"]
    assert stage.last(Speak).text == "Anything else?"
    stage.voice(1000)
    stage.wait(1500)
    assert stage.call.turns[0].outcome == "heard"
    assert stage.call.turns[0].heard.endswith("Anything else?")


def test_what_cannot_be_said_again_is_left_out() -> None:
    stage = broken(1000)
    stage.feed(TtsFailed(0, 1, "too_long", again=False))
    assert stage.notes("sentence_again") == []
    assert stage.notes("sentence_lost") != []


def test_an_interruption_after_the_cut_knows_what_was_heard() -> None:
    stage = broken()
    stage.feed(TtsFailed(0, 1, "broken"))
    stage.voice(400, end=False)
    stage.wait(400)
    stage.interrupt("no")
    turn = stage.call.turns[0]
    assert turn.outcome == "interrupted"
    assert turn.heard == "Your parcel left the depot in Jeddah, and"
    assert (turn.heard + " " + turn.unheard).split() == TEXT.split()


def test_without_fillers_a_silence_lasts_until_tts_stalls() -> None:
    stage = broken(filler_after_ms=0, speech_timeout=8)
    stage.wait(6000)
    assert stage.notes("sentence_again") == []
    stage.wait(3000)
    assert [note.fields["reason"] for note in stage.notes("sentence_again")] == ["stalled"]


def test_the_late_end_of_a_sentence_makes_no_click() -> None:
    stage = Stage()
    stage.hear()
    stage.reply("It is in Riyadh today.")
    asked = stage.last(Speak)
    stage.feed(TtsAudio(asked.turn, asked.sentence, LOUD * 50 + LOUD[:72], 8000, "mulaw"))
    stage.wait(1500)
    heard = len(stage.heard)
    stage.feed(TtsEnded(asked.turn, asked.sentence))
    stage.wait(200)
    assert len(stage.heard) == heard
    assert stage.call.turns[0].outcome == "heard"
    assert LOUD in bytes(stage.heard)
