"""The scorer of the ears: what it counts, on detectors whose ears are known."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from ivr.media.vad.energy import EnergyScorer
from ivr.testbench import tts
from tools.vad import scenes, sounds
from tools.vad import score as score_ears
from tools.vad.cast import Espeak
from tools.vad.scenes import Scene
from tools.vad.score import Score

CAST = Espeak()
needs_voice = pytest.mark.skipif(not tts.available(), reason="no espeak-ng")

TONE = (8000 * np.sin(np.arange(160) * 0.7)).astype("<i2").tobytes()


class Scripted:
    """Says speech where it is told: frames from `first` to before `last`."""

    def __init__(self, *spans: tuple[int, int]) -> None:
        self.spans = spans
        self.now = 0

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        self.now += 1
        return 0.9 if any(first <= self.now - 1 < last for first, last in self.spans) else 0.0


def judged(scene: Scene, *spans: tuple[int, int]) -> Score:
    score = Score()
    score_ears.judge(lambda: Scripted(*spans), scene, score)
    return score


def numbered(frames: int) -> list[bytes]:
    return [(n + 1).to_bytes(2, "little") * 160 for n in range(frames)]


SPOKEN = Scene(numbered(200), (50 * 160, 100 * 160))


def test_a_perfect_ear() -> None:
    score = judged(SPOKEN, (50, 100))
    assert (score.hit, score.onset(50), score.end(50)) == (100, 60, 500)
    assert (score.split, score.false, score.cut, score.misses) == (0, 0, 0, [])


def test_a_deaf_one() -> None:
    score = judged(SPOKEN)
    assert score.hit == 0
    assert np.isnan(score.onset(50))
    assert score.misses == [": not heard, voice of 1000 ms"]


def test_one_that_heard_something_before_is_not_early() -> None:
    score = judged(SPOKEN, (5, 12), (50, 100))
    assert (score.hit, score.false) == (100, 1)


def test_one_that_speaks_already_swallows_the_voice() -> None:
    assert judged(SPOKEN, (5, 100)).hit == 0


def test_one_that_takes_a_pause_for_the_end() -> None:
    score = judged(SPOKEN, (50, 60), (90, 100))
    assert (score.hit, score.split) == (100, 100)


def test_one_that_comes_late_cuts_the_beginning_off() -> None:
    score = judged(SPOKEN, (70, 100))
    assert (score.hit, score.onset(50), score.cut) == (100, 460, 1)


def test_one_that_comes_after_it_is_all_over() -> None:
    assert judged(SPOKEN, (180, 190)).hit == 0


def test_starts_where_nobody_speaks_are_counted_by_the_minute() -> None:
    score = judged(Scene(numbered(1500)), (100, 110), (200, 210))
    assert score.false_a_minute == 4
    assert score.misses == [": 2 at [2.1, 4.1] s"]


def test_candidates_by_name() -> None:
    assert score_ears.candidate("webrtcvad") is score_ears.Webrtc
    scored = score_ears.candidate("ivr.media.vad.energy:EnergyScorer")()
    assert isinstance(scored, score_ears.Scored)
    assert isinstance(scored.scorer, EnergyScorer)
    assert scored.push(bytes(320)) == 0


def test_noise_and_sounds_are_what_they_say() -> None:
    rng = np.random.default_rng(1)
    for kind in sounds.NOISES:
        assert sounds.rms(sounds.noise(kind, rng, 16000)) == pytest.approx(1)
    for style in sounds.STYLES:
        assert -31 < 20 * np.log10(sounds.rms(sounds.music(rng, 16000, style)) / 32768) < -15
    for make in sounds.SOUNDS:
        assert np.abs(make(rng)).max() > sounds.amplitude(-50)
    assert scenes.framed(np.full(170, 1e9))[0] == scenes.framed(np.full(160, 32124.0))[0]


def test_the_telephone_lets_its_band_through() -> None:
    t = np.arange(8000) / 8000
    for hertz, low, high in ((100, 0, 0.1), (1000, 0.9, 1.1), (3900, 0, 0.7)):
        ratio = sounds.rms(sounds.telephone(np.sin(2 * np.pi * hertz * t))) / np.sqrt(0.5)
        assert low <= ratio <= high


def test_an_echo_is_as_weak_and_late_as_said() -> None:
    rng = np.random.default_rng(1)
    played = np.concatenate((rng.normal(0, 3000, 8000), np.zeros(8000)))
    back = sounds.echo(played, rng, 26)
    assert 20 * np.log10(sounds.rms(back) / sounds.rms(played)) == pytest.approx(-26, abs=0.5)
    assert not back[:800].any()
    assert back[2400:8000].any()


@needs_voice
def test_the_same_seed_makes_the_same_true_scenes() -> None:
    one = scenes.speech(np.random.default_rng(5), CAST.word(np.random.default_rng(5), "en-us"), -20, None)
    two = scenes.speech(np.random.default_rng(5), CAST.word(np.random.default_rng(5), "en-us"), -20, None)
    assert one == two
    assert one.spoken is not None
    pcm = np.frombuffer(b"".join(one.heard), "<i2").astype(float)
    first, last = one.spoken
    assert sounds.rms(pcm[:first]) < 10
    assert sounds.active(pcm[first:last]) == pytest.approx(sounds.amplitude(-20), rel=0.1)
    assert sounds.rms(pcm[last + 160 :]) < 10


@needs_voice
def test_the_whole_table_small(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(3)
    word, sentence = CAST.word(rng, "de"), CAST.sentence(rng, "en-us")
    table = score_ears.score(
        score_ears.candidate(score_ears.DEFAULT),
        {
            "sentences": [scenes.speech(rng, sentence, -20, None)],
            "words": [scenes.speech(rng, word, -20, 30)],
            "soft": [scenes.speech(rng, sentence, -32, None)],
            "late word": [scenes.speech(rng, word, -20, None, lead_ms=3000)],
            "pauses": [scenes.pauses(rng, CAST, 200, None)],
            "barge-in": [scenes.barge_in(rng, CAST, sentence, -18, 30)],
            "barge-in word": [scenes.barge_in(rng, CAST, word, -18, 30)],
            "noise": [scenes.noise(rng, "pink", -45, 3), scenes.gusts(rng, 5)],
            "sounds": [scenes.happenings(rng, [sounds.click], 5)],
            "music": [scenes.music(rng, "piano", partial(sounds.music, style="piano"), 3)],
            "echo": [scenes.echo(rng, CAST, 30, None, 4)],
        },
    )
    assert score_ears.report("default", table, misses=True)
    out = capsys.readouterr().out
    assert "MISSED" not in out
    assert "barge-ins heard, %" in out
