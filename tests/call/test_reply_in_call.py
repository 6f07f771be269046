"""A reply in a whole call: what TTS is asked to say, however the text comes and wherever it ends."""

from __future__ import annotations

from ivr.call.commands import Speak
from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed, ReplyPause
from tests.call.stage import Stage, options
from tests.text.tables import failures


def _asked(stage: Stage) -> str:
    """Return all that TTS was asked to say; each sentence is voiced at once."""
    while (turn := stage.call.turns[-1]).sentences and any(s.asked_at is None for s in turn.sentences):
        stage.voice(400)
    return " ".join(speak.text for speak in stage.all(Speak))


def test_a_slow_agent_is_said_as_a_quick_one() -> None:
    def said(language: str, text: str, each_ms: int) -> str:
        stage = Stage(options(language=language))
        stage.hear()
        for word in text.split(" "):
            stage.feed(ReplyDelta(0, f"{word} "))
            stage.wait(each_ms)
        stage.feed(ReplyEnded(0))
        return _asked(stage)

    rows = [
        ("ar", "أبشر، أرسلت لك رمز التحقق: 4821.", "أبشر، أرسلت لك رمز التحقق: أربعة ثمانية اثنين واحد."),
        ("ar", "تمام، موعدك القادم معنا بتاريخ: 3/4", "تمام، موعدك القادم معنا بتاريخ: ثلاثة أبريل"),
        ("en", "Okay, I have sent you the code: 4821.", "Okay, I have sent you the code: four eight two one."),
    ]
    assert failures([(*row, ms, said_) for *row, said_ in rows for ms in (0, 400, 1000)], said) == []


def test_an_agent_that_looks_something_up_is_said_as_one_that_does_not() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Well, I have sent you the code: "))
    stage.feed(ReplyPause(0))
    stage.wait(2000)
    stage.feed(ReplyDelta(0, "4821."))
    stage.feed(ReplyEnded(0))
    assert _asked(stage) == "Well, I have sent you the code: four eight two one."


def test_half_a_number_is_not_said() -> None:
    def heard(text: str) -> str:
        stage = Stage()
        stage.hear()
        stage.feed(ReplyDelta(0, text))
        stage.wait(1000)
        stage.feed(ReplyFailed(0, "stalled"))
        stage.wait(200)
        if stage.all(Speak):
            stage.voice(400)
        stage.wait(2000)
        return stage.call.turns[0].heard

    rows = [
        ("The fee is 1", "The fee is apology words"),
        ("The fee is SAR 1,2", "The fee is apology words"),
        ("The fee is 12.", "The fee is apology words"),
        ("Your appoint", "Your apology words"),
        ("1", "apology words"),
        ("The fee is 12 riyals. ", "The fee is 12 riyals. apology words"),
    ]
    assert failures(rows, heard) == []


def test_a_long_reply_is_looked_at_in_steps() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "123456 " * 3000))
    stage.feed(ReplyEnded(0))
    assert len(stage.call.turns[0].sentences) < 10
    assert stage.call.wake_at() == stage.now
    stage.let_time_pass_without_media(0.001)
    assert len(stage.call.turns[0].sentences) > 150
    assert "".join(s.text for s in stage.call.turns[0].sentences).replace(" ", "") == "123456" * 3000


def test_a_long_reply_that_breaks_off_ends_with_a_whole_word() -> None:
    stage = Stage()
    stage.hear()
    stage.feed(ReplyDelta(0, "Your parcel is here. " * 200 + "The fee is 1"))
    stage.feed(ReplyFailed(0, "broken"))
    stage.let_time_pass_without_media(0.001)
    assert [s.text for s in stage.call.turns[0].sentences[-2:]] == ["The fee is", "apology words"]
