"""A filler and the answer that comes while it is said, or about to be: at the ear, to the millisecond.

The same call is made twice, with fillers and without. Whenever the first audio comes, the answer sounds at the same
sample in both, and what is left of the filler goes to nothing beneath it within `FADE_MS`.
"""

from __future__ import annotations

import functools

import pytest

from ivr.call.commands import RequestReply, Speak
from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed, TtsAudio, TtsEnded
from ivr.call.options import Phrase
from ivr.media import g711
from tests.call.stage import LOUD, QUIET, Stage, options, phrases

FILLER = bytes((0x30, 0xB0)) * 80
FILLER_MS = 600
AFTER_MS = 2000
GRACE_MS = 300
FADE_MS = 40
PAUSE = QUIET * 5
"""Before the answer's sound: what is heard there is the filler's end alone."""


class Ear(Stage):
    """A stage that keeps the silence between what was played, and lets things happen between two frames."""

    def _play(self, samples: int) -> None:
        before = len(self.heard)
        super()._play(samples)
        self.heard += bytes([g711.SILENCE]) * (samples - len(self.heard) + before)

    def at(self, ms: int, *events: TtsAudio | TtsEnded | ReplyDelta | ReplyEnded | ReplyFailed) -> None:
        """Let time pass to a moment of the call, to the ms, and let these happen."""
        self.wait(ms - len(self.heard) // 8)
        into = (ms - len(self.heard) // 8) % 20
        frame_began = self.now
        if into:
            self._play(into * 8)
            self.now = frame_began + into / 1000
        for event in events:
            self.feed(event)
        if into:
            self._play((20 - into) * 8)
            self.now = round(frame_began + 0.02, 6)
            self.media_ms += 20
            self.wait(0)

    def loudness(self, start_ms: float, ms: int) -> int:
        """RMS of what was heard there."""
        start = round(start_ms * 8)
        return g711.audioop.rms(g711.decode(bytes(self.heard[start : start + ms * 8])), 2)


def asked(*, fillers: bool, ms: int = FILLER_MS) -> Ear:
    """A question was asked and the agent thinks. `ms`: the length of a filler."""
    words = phrases(greeting="") | {"filler": Phrase("one moment", FILLER * (ms // 20))}
    after = AFTER_MS if fillers else 0
    stage = Ear(options(phrases=words, filler_after_ms=after, filler_grace_ms=GRACE_MS, silence_timeout=0.0))
    stage.hear()
    return stage


@functools.cache
def filler_began() -> int:
    """When the filler is first heard, in ms of the call."""
    stage = asked(fillers=True)
    stage.wait(AFTER_MS + FILLER_MS)
    return next(at for at in range(len(stage.heard) // 8) if stage.loudness(at, 1) > 0)


def answered(audio_ms: int, *, fillers: bool) -> Ear:
    """The agent's words come at once, TTS's first audio at this moment."""
    stage = asked(fillers=fillers)
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "It is in Riyadh."))
    stage.feed(ReplyEnded(turn))
    said = stage.last(Speak)
    audio = TtsAudio(turn, said.sentence, PAUSE + LOUD * 25, 8000, "mulaw")
    stage.at(audio_ms, audio, TtsEnded(turn, said.sentence))
    stage.wait(1000)
    return stage


def onset(stage: Ear) -> int:
    """The sample at which the answer's sound begins: the last 500 ms that are loud."""
    place = bytes(stage.heard).rfind(LOUD * 25)
    assert place >= 0, "the answer was not heard whole"
    return place - len(PAUSE)


WORDS_CAME = GRACE_MS
"""The answer has begun to arrive, so the filler waits so much longer."""
MOMENTS = [*range(-45, 90), *range(90, FILLER_MS, 37), *range(FILLER_MS - 20, FILLER_MS + 60, 3)]


@pytest.mark.parametrize("part", range(4))
def test_a_filler_ends_where_the_answer_begins(part: int) -> None:
    for moment in MOMENTS[part::4]:
        audio_ms = filler_began() + WORDS_CAME + moment
        stage, plain = answered(audio_ms, fillers=True), answered(audio_ms, fillers=False)
        start = onset(stage)
        assert start == onset(plain), moment
        assert bytes(stage.heard[: (audio_ms - 1) * 8]).count(FILLER[:2]) == max(0, min(moment - 1, FILLER_MS)) * 4
        fade = [stage.loudness(start / 8 + at, 5) for at in range(0, FADE_MS, 5)]
        assert fade == sorted(fade, reverse=True), moment
        assert fade[0] < g711.audioop.rms(g711.decode(FILLER), 2)
        assert stage.loudness(start / 8 + FADE_MS, 100 - FADE_MS) == 0, moment
        assert stage.call.turns[0].outcome == "heard"


def test_a_filler_that_was_cut_does_not_end_with_a_click() -> None:
    stage = answered(filler_began() + WORDS_CAME + 200, fillers=True)
    start = onset(stage)
    whole = g711.audioop.rms(g711.decode(FILLER), 2)
    assert 0.8 * whole < stage.loudness(start / 8, 5) < whole
    assert 0 < stage.loudness(start / 8 + FADE_MS - 5, 5) < 0.2 * whole


def test_a_filler_that_has_ended_leaves_nothing() -> None:
    stage = answered(filler_began() + WORDS_CAME + FILLER_MS + 100, fillers=True)
    assert stage.loudness(onset(stage) / 8, 100) == 0


def test_a_filler_does_not_delay_the_next_request_to_tts() -> None:
    """A filler on its way to the ear is no stock of words to wait with."""
    times = []
    for fillers in (True, False):
        stage = asked(fillers=fillers, ms=2600)
        turn = stage.last(RequestReply).turn
        stage.feed(ReplyDelta(turn, "I have found your parcel in the list. It"))
        stage.voice(200)
        stage.wait(200 + AFTER_MS + GRACE_MS + 300)
        assert len(stage.call.turns[0].fillers) == fillers
        began = len(stage.heard) // 8
        for place, words in enumerate((" is. ", "In Riyadh. ", "Since noon. ", "Today. ", "Good")):
            stage.at(began + 60 * place, ReplyDelta(turn, words))
        times.append([round(at, 3) for at, command in stage.log if isinstance(command, Speak)])
    assert times[0] == times[1]
    assert len(times[0]) == 2


def test_an_apology_does_not_wait_for_a_filler_either() -> None:
    stage = asked(fillers=True)
    turn = stage.last(RequestReply).turn
    at = filler_began() + 200
    stage.at(at, ReplyFailed(turn, "broken"))
    stage.wait(700)
    start = bytes(stage.heard).find(LOUD * 20) / 8
    assert at <= start <= at + FADE_MS
    assert stage.call.turns[0].outcome == "failed"
