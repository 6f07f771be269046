"""A question whose words say that more is to come waits for it, however late the words were found."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.call.actions import Expect
from ivr.call.commands import Command, RequestReply, SendAudio, Speak, Transcribe, Transfer
from ivr.call.events import CallerLeft, DigitPressed, Event, Operated, ReplyDelta, ReplyEnded, TranscriptArrived
from ivr.call.options import Phrase
from tests.call.stage import LOUD, QUIET, Stage, options, phrases


def asked(stage: Stage) -> list[str]:
    return [request.request.text for request in stage.all(RequestReply)]


def held(words: str = "I wanted to", **choices: Any) -> Stage:
    """Return a stage whose caller has said open words that STT found late, 900 ms after the caller fell silent."""
    stage = Stage(options(**choices))
    stage.speak(800)
    stage.wait(900)
    assert stage.state == "transcribing"
    stage.found(words)
    assert (stage.state, asked(stage)) == ("transcribing", [])
    return stage


@pytest.mark.parametrize("words", ["I wanted to", "رقم"])
def test_open_words_that_come_late_wait_for_more(words: str) -> None:
    stage = held(words)
    stage.wait(600)
    stage.speak(600)
    assert stage.state == "hearing"
    stage.wait(900)
    stage.found("send it back")
    assert asked(stage) == [f"{words} send it back"]


def test_open_words_and_then_nothing_are_asked_after_the_wait() -> None:
    stage = held()
    stage.wait(1080)
    assert asked(stage) == []
    stage.wait(20)
    assert asked(stage) == ["I wanted to"]
    note = stage.notes("turn_end")[0].fields
    assert (note["silence_ms"], note["wait_ms"], note["rule"], note["held"]) == (2000, 2000, "governs", True)
    # The caller was waited for: that is no time of STT's, nor of the bridge's.
    summary = stage.call.turns[0].summary()
    assert (summary["endpoint_ms"], summary["stt_ms"], summary["own_ms"]) == (2000, 0, 0)


def test_words_that_tell_nothing_are_asked_at_once() -> None:
    stage = Stage()
    stage.speak(800)
    stage.wait(900)
    stage.found("where is my parcel")
    assert asked(stage) == ["where is my parcel"]
    note = stage.notes("turn_end")[0].fields
    assert (note["silence_ms"], note["held"]) == (900, False)


def test_nothing_is_said_while_a_question_waits() -> None:
    filler = {**phrases(greeting=""), "filler": Phrase("filler words", LOUD * 25)}
    stage = held(phrases=filler, filler_after_ms=800)
    stage.feed(Operated("say", words="A colleague looks into it."))
    stage.wait(1100)
    assert asked(stage) == ["I wanted to"]
    # The operator's words come behind the question, and the wait for a filler begins with it.
    assert stage.all(SendAudio) == []
    assert [one.text for one in stage.all(Speak)] == ["A colleague looks into it."]
    stage = held(phrases=filler, filler_after_ms=800)
    stage.wait(1100 + 780)
    assert stage.all(SendAudio) == []
    stage.wait(60)
    assert stage.all(SendAudio)


def test_a_caller_who_leaves_asks_nothing() -> None:
    stage = held()
    stage.feed(CallerLeft("stop"))
    assert (asked(stage), stage.call.wake_at()) == ([], None)


def test_keys_behind_open_words_join_them() -> None:
    stage = held("my number is")
    for key in "782":
        stage.feed(DigitPressed(key))
        stage.wait(400)
    stage.wait(1700)
    assert asked(stage) == ["my number is 782"]


def test_the_terminator_ends_the_wait() -> None:
    stage = held()
    stage.feed(DigitPressed("#"))
    assert asked(stage) == ["I wanted to"]


def test_a_terminator_before_the_words_leaves_no_wait() -> None:
    stage = Stage()
    stage.speak(600)
    stage.wait(100)
    stage.feed(DigitPressed("#"))
    stage.wait(100)
    stage.found("my number is")
    assert asked(stage) == ["my number is"]


def test_an_operators_transfer_drops_what_waits() -> None:
    stage = held(transfer_to=("+966110000001",))
    stage.feed(Operated("transfer", number="+966110000001"))
    stage.wait(3000)
    assert (asked(stage), len(stage.all(Transfer))) == ([], 1)


def test_open_words_over_the_agents_transfer_call_it_off_and_wait() -> None:
    stage = Stage(options(transfer_to=("+966110000001",)))
    stage.hear()
    stage.feed(ReplyDelta(0, "I will put you through to a colleague now."))
    stage.feed(ReplyEnded(0, transfer_to="+966110000001"))
    stage.voice(4000)
    stage.wait(1000)
    stage.speak(600)
    stage.wait(300)
    stage.found("no wait I want to")
    stage.wait(1400)
    assert (asked(stage)[1:], stage.state) == ([], "transcribing")
    stage.wait(400)
    assert asked(stage)[1:] == ["no wait I want to"]
    assert stage.all(Transfer) == []


def test_a_noise_behind_open_words_gives_no_more_time() -> None:
    stage = held()
    stage.wait(600)
    stage.speak(200)
    stage.wait(900)
    assert asked(stage) == []
    stage.found("")
    assert asked(stage) == ["I wanted to"]


class Dictation(Stage):
    """A caller who says one thing in parts. STT knows what was said when, and takes its time."""

    def __init__(
        self, stt_ms: int, expect: Expect | None = None, question: str = "Your 13-digit number, please."
    ) -> None:
        super().__init__()
        self.stt_ms = stt_ms
        self.parts: list[tuple[int, int, str]] = []
        self.due: list[tuple[int, TranscriptArrived]] = []
        self.hear("hello")
        self.feed(ReplyDelta(0, question))
        self.feed(ReplyEnded(0, expect=expect))
        self.voice(400)
        self.wait(600)

    def feed(self, event: Event) -> list[Command]:
        out = super().feed(event)
        for command in out:
            if isinstance(command, Transcribe) and self.parts:
                onset, end = command.onset // 8, command.end // 8
                words = " ".join(text for begin, over, text in self.parts if begin < end and over > onset)
                self.due.append((self.media_ms + self.stt_ms, TranscriptArrived(command.utterance, words)))
        return out

    def pass_time(self, ms: int, frame: bytes = QUIET) -> None:
        for _ in range(ms // 20):
            super().pass_time(20, frame)
            for at, event in [one for one in self.due if one[0] <= self.media_ms]:
                self.due.remove((at, event))
                self.feed(event)

    def say(self, text: str, ms: int = 900) -> None:
        self.parts.append((self.media_ms, self.media_ms + ms, text))
        self.speak(ms)

    def dictate(self, *parts: str, pause_ms: int = 900) -> int:
        """Say parts with pauses between them; return how long it took from the last to the question, ms."""
        for part in parts[:-1]:
            self.say(part)
            self.wait(pause_ms)
            assert asked(self)[1:] == []
        self.say(parts[-1])
        silent = 0
        while len(asked(self)) == 1 and silent < 4000:
            self.wait(20)
            silent += 20
        self.wait(4000)
        return silent


@pytest.mark.parametrize("stt_ms", [140, 900])
@pytest.mark.parametrize("expect", [Expect("digits", 13), None])
def test_a_number_in_groups_is_one_question(stt_ms: int, expect: Expect | None) -> None:
    stage = Dictation(stt_ms, expect)
    took = stage.dictate("782", "6459", "301", "240")
    assert asked(stage)[1:] == ["782 6459 301 240"]
    assert took <= 260 + stt_ms + 20


@pytest.mark.parametrize("stt_ms", [140, 900])
@pytest.mark.parametrize("parts", [("I wanted to", "ask about my parcel"), ("رقم", "البوليصة ضاع مني")])
def test_a_caller_who_thinks_is_one_question(stt_ms: int, parts: tuple[str, str]) -> None:
    stage = Dictation(stt_ms)
    stage.dictate(*parts, pause_ms=1500)
    assert asked(stage)[1:] == [" ".join(parts)]


@pytest.mark.parametrize("stt_ms", [100, 150])
def test_yes_is_asked_within_320_ms(stt_ms: int) -> None:
    stage = Dictation(stt_ms, Expect("yes_no"), "Is that right?")
    assert stage.dictate("yes") <= 320
    assert asked(stage)[1:] == ["yes"]
