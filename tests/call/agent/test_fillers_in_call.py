"""A filler and the answer that comes while it is said, or about to be: at the ear, to the millisecond.

The same call is made twice, with fillers and without. Whenever the first audio comes, a filler that has begun is heard
to its end, or to its next pause, and after a breath the answer: at most so much later than without a filler.
"""

from __future__ import annotations

import functools

import pytest

from ivr.call.agent.output import BREATH_MS
from ivr.call.commands import RequestReply, SendClear, Speak
from ivr.call.events import ReplyDelta, ReplyEnded, ReplyFailed, TtsAudio, TtsEnded
from ivr.call.options import Phrase
from ivr.media import g711
from tests.call.stage import LOUD, QUIET, Stage, options, phrases

FILLER = bytes((0x30, 0xB0)) * 80
FILLER_MS = 600
AFTER_MS = 2000
GRACE_MS = 300


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


def asked(*, fillers: bool, filler: bytes = FILLER * (FILLER_MS // 20)) -> Ear:
    """A question was asked and the agent thinks."""
    words = phrases(greeting="") | {"filler": Phrase("one moment", filler)}
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


def answered(audio_ms: int, *, fillers: bool, filler: bytes = FILLER * (FILLER_MS // 20)) -> Ear:
    """The agent's words come at once, TTS's first audio at this moment."""
    stage = asked(fillers=fillers, filler=filler)
    turn = stage.last(RequestReply).turn
    stage.feed(ReplyDelta(turn, "It is in Riyadh."))
    stage.feed(ReplyEnded(turn))
    said = stage.last(Speak)
    audio = TtsAudio(turn, said.sentence, LOUD * 25, 8000, "mulaw")
    stage.at(audio_ms, audio, TtsEnded(turn, said.sentence))
    stage.wait(1800)
    return stage


def onset(stage: Ear) -> int:
    """The sample at which the answer's sound begins: the last 500 ms that are loud."""
    place = bytes(stage.heard).rfind(LOUD * 25)
    assert place >= 0, "the answer was not heard whole"
    return place


WORDS_CAME = GRACE_MS
"""The answer has begun to arrive, so the filler waits so much longer."""
MOMENTS = [*range(-45, 90), *range(90, FILLER_MS, 37), *range(FILLER_MS - 20, FILLER_MS + 60, 3)]


@pytest.mark.parametrize("part", range(4))
def test_a_filler_is_heard_whole_before_the_answer(part: int) -> None:
    for moment in MOMENTS[part::4]:
        audio_ms = filler_began() + WORDS_CAME + moment
        stage, plain = answered(audio_ms, fillers=True), answered(audio_ms, fillers=False)
        start, at_once = onset(stage) / 8, onset(plain) / 8
        begun = moment >= 0
        filler_ends = filler_began() + WORDS_CAME + FILLER_MS
        assert stage.heard.count(FILLER[:2]) == FILLER_MS * 4 * begun, moment
        assert start == pytest.approx(max(at_once, filler_ends + BREATH_MS) if begun else at_once, abs=21), moment
        assert stage.all(SendClear) == []
        if begun:
            assert stage.loudness(start - BREATH_MS, BREATH_MS) == 0, moment
        turn = stage.call.turns[0]
        assert turn.outcome == "heard"
        assert turn.own_overhead is not None
        assert turn.own_overhead <= 0.02, "the end of a filler is not the bridge's own time"


def test_a_long_filler_ends_at_its_next_pause() -> None:
    long = FILLER * 30 + QUIET * 12 + FILLER * 100
    stage = answered(filler_began() + WORDS_CAME + 40, fillers=True, filler=long)
    assert stage.heard.count(FILLER[:2]) == 600 * 4
    assert onset(stage) / 8 == pytest.approx(filler_began() + WORDS_CAME + 600 + BREATH_MS, abs=21)
    later = answered(filler_began() + WORDS_CAME + 900, fillers=True, filler=long)
    later.wait(2500)
    assert later.heard.count(FILLER[:2]) == 2600 * 4
    assert later.call.turns[0].outcome == "heard"


def test_a_filler_that_has_ended_leaves_nothing() -> None:
    stage = answered(filler_began() + WORDS_CAME + FILLER_MS + 200, fillers=True)
    assert stage.loudness(onset(stage) / 8 - 40, 40) == 0


def test_a_filler_does_not_delay_the_next_request_to_tts() -> None:
    """A filler on its way to the ear is no stock of words to wait with."""
    times = []
    for fillers in (True, False):
        stage = asked(fillers=fillers, filler=FILLER * 130)
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


def test_an_apology_waits_for_no_more_than_the_filler() -> None:
    stage = asked(fillers=True)
    turn = stage.last(RequestReply).turn
    stage.at(filler_began() + 200, ReplyFailed(turn, "broken"))
    stage.wait(1700)
    start = bytes(stage.heard).find(LOUD * 20) / 8
    assert start == pytest.approx(filler_began() + FILLER_MS + BREATH_MS, abs=21)
