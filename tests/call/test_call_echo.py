"""A line on which the agent's voice comes back late: the bridge does not talk to itself."""

from __future__ import annotations

import random

import pytest

from ivr.call.commands import RequestReply, Speak, Transcribe
from ivr.call.events import TranscriptArrived, TtsAudio, TtsEnded
from ivr.media import g711
from tests.call.stage import LOUD, QUIET, Stage, options

SENTENCE = "Your parcel left Riyadh this morning and it is now on its way to the branch in Olaya."
ARABIC = "شحنتك طلعت من الرياض الصبح وهي في الطريق الى فرع العليا"


class EchoStage(Stage):
    """A stage whose line gives back what the phone plays, `late_ms` later and 20 dB softer."""

    late_ms = 0
    sent = 0

    def pass_time(self, ms: int, frame: bytes = QUIET) -> None:
        for _ in range(ms // 20):
            at = len(self.heard) - self.late_ms * 8
            back = bytes(self.heard[at : at + 160]) if at >= 0 else b""
            # The phone plays while it listens: silence where it has nothing to play.
            before = len(self.heard)
            echo = g711.audioop.mul(g711.decode(back.ljust(160, b"\xff")), 2, 0.1)
            super().pass_time(20, g711.encode(g711.audioop.add(echo, g711.decode(frame), 2)))
            self.heard += b"\xff" * (160 - len(self.heard) + before)

    def recognise(self, text: str) -> int:
        """STT finds these words in whatever it is asked for; return how often it was asked."""
        asked = self.all(Transcribe)
        for one in asked[self.sent :]:
            self.feed(TranscriptArrived(one.utterance, text))
        self.sent = len(asked)
        return len(asked)


def syllables(seconds: float, seed: int) -> bytes:
    dice, frames = random.Random(seed), b""
    while len(frames) < seconds * 8000:
        frames += LOUD * dice.randint(3, 11) + QUIET * dice.randint(1, 5)
    return frames


def say(stage: EchoStage, text: str, seconds: float, seed: int) -> None:
    stage.reply(text)
    asked = stage.last(Speak)
    stage.feed(TtsAudio(asked.turn, asked.sentence, syllables(seconds, seed), 8000, "mulaw"))
    stage.feed(TtsEnded(asked.turn, asked.sentence))


@pytest.mark.parametrize("text", [SENTENCE, ARABIC])
@pytest.mark.parametrize("late_ms", [100, 300, 700, 900, 1300])
def test_the_agent_never_answers_itself(late_ms: int, text: str) -> None:
    stage = EchoStage(options())
    stage.late_ms = late_ms
    stage.hear("where is my parcel")
    stage.sent = len(stage.all(Transcribe))
    say(stage, text, 6.0, seed=late_ms)
    for _ in range(600):
        stage.wait(40)
        stage.recognise(" ".join(text.split()[2:9]))
    assert [r.request.text for r in stage.all(RequestReply)] == ["where is my parcel"]
    assert stage.notes("nothing_understood") == []
    assert stage.call.turns[0].outcome == "heard"


def test_a_caller_is_heard_on_such_a_line() -> None:
    stage = EchoStage(options())
    stage.late_ms = 900
    stage.hear("where is my parcel")
    stage.sent = len(stage.all(Transcribe))
    say(stage, SENTENCE, 6.0, seed=3)
    for _ in range(400):
        stage.wait(40)
        stage.recognise(SENTENCE)
    stage.speak(1200)
    stage.wait(600)
    stage.recognise("can you bring it tomorrow instead")
    assert stage.last(RequestReply).request.text == "can you bring it tomorrow instead"
