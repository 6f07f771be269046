"""Where a voice falls silent, by its level."""

from __future__ import annotations

from ivr.media.loudness import QUIET_DBFS, NoiseFloor
from ivr.media.vad.hangover import Hangover


def after(*runs: tuple[int, int]) -> NoiseFloor:
    """The floor after runs of (rms, frames)."""
    noise = NoiseFloor()
    for rms, count in runs:
        for _ in range(count):
            noise.push(rms)
    return noise


LOUD, HUSH = after((10, 10)), after((10, 10))
for _ in range(5):
    LOUD.push(3000)


def verdicts(*frames: tuple[float, NoiseFloor, float]) -> str:
    """`|` while the voice goes on, `.` when it is over; frames are (level, noise, probability)."""
    falloff = Hangover()
    return "".join(".|"[not falloff.over(dbfs, noise, p, 0.35)] for dbfs, noise, p in frames)


def test_the_model_has_the_first_word() -> None:
    assert verdicts((-20, LOUD, 0.3), (-20, LOUD, 0.34), (-20, LOUD, 0.35)) == "..|"


def test_three_frames_far_below_the_voice_are_its_end() -> None:
    voice, drop = (-20.0, LOUD, 1.0), (-46.0, LOUD, 1.0)
    assert verdicts(voice, drop, drop, drop, drop, voice) == "|||..|"
    assert verdicts(voice, drop, drop, voice, drop, drop, voice) == "|||||||"
    assert verdicts(voice, *[(-44.0, LOUD, 1.0)] * 5) == "||||||"


def test_line_silence_is_far_below_any_voice() -> None:
    assert verdicts((-45, LOUD, 1.0), *[(QUIET_DBFS - 1, LOUD, 1.0)] * 4) == "|||.."


def test_back_at_the_noise_and_the_model_doubts() -> None:
    assert verdicts((-20, LOUD, 1.0), (-40, HUSH, 1.0), (-40, HUSH, 0.97), (-40, LOUD, 0.97)) == "||.|"


def test_a_voice_hardly_above_the_noise_is_left_to_the_model() -> None:
    floor = HUSH.floor
    assert verdicts((floor + 7, LOUD, 1.0), (floor + 1, HUSH, 0.5)) == "||"


def test_a_loud_moment_is_forgotten() -> None:
    shout, talk = (-5.0, LOUD, 1.0), (-31.0, LOUD, 1.0)
    assert verdicts(shout, *[talk] * 12, (-31.0, LOUD, 1.0)) == "|||........" + "|||"
