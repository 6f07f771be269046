"""The prosody before a pause: voices that fall, stay level or rise, and sounds that are none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.g711 import RATE, audioop
from ivr.media.voice.pitch import contour
from ivr.media.voice.prosody import HEARD_MS, WEIGHTS, log_odds, measure
from tests.media.voice.made_voice import Sound, pcm, said, voice

NAMES = [one.name for one in WEIGHTS]


def odds(sound: Sound) -> float:
    return log_odds(measure(pcm(sound)))


@pytest.mark.parametrize("hertz", [70, 100, 150, 230, 310])
def test_the_pitch_of_a_voice_without_its_fundamental(hertz: int) -> None:
    found = contour(np.frombuffer(pcm(voice(np.full(4000, float(hertz)))), "<i2"))
    assert float(np.median(found.hertz)) == pytest.approx(hertz, rel=0.01)
    assert float(np.median(found.likeness)) > 0.9
    assert len(found.hertz) == len(found.level) == 24


def test_the_level_is_of_full_scale() -> None:
    tone = voice(np.full(4000, 150.0))
    loud, soft = (contour(np.frombuffer(pcm(tone * by), "<i2")).level for by in (1, 0.1))
    assert float(np.median(loud - soft)) == pytest.approx(20, abs=0.5)
    assert -40 < float(loud.max()) < 0


@pytest.mark.parametrize(("base", "seed"), list(product([95, 140, 210, 260], [1, 2])))
def test_a_fall_ends_and_a_rise_goes_on(base: float, seed: int) -> None:
    falls, level, rises = (
        odds(said(-8, base, drop=-12, silence_ms=240, seed=seed)),
        odds(said(0, base, silence_ms=100, seed=seed)),
        odds(said(7, base, silence_ms=100, seed=seed)),
    )
    assert falls > 0 > level > rises


def test_the_features_are_whole_numbers_named_in_order() -> None:
    features = dict(zip(NAMES, measure(pcm(said(-6, drop=-12, silence_ms=160))), strict=True))
    assert all(type(one) is int for one in features.values())
    assert -900 < features["pitch"] < -250
    assert -120 < features["level"] < -20
    assert 100 <= features["silence"] <= 240
    assert features["sustained"] >= 600


def test_each_number_weighs_as_the_table_says() -> None:
    middle = [(one.least + one.most) // 2 for one in WEIGHTS]
    for place, one in enumerate(WEIGHTS):
        rows = [[*middle[:place], number, *middle[place + 1 :]] for number in range(one.least - 50, one.most + 51, 10)]
        weighed = [log_odds(row) for row in rows]
        assert weighed == sorted(weighed, reverse=one.of_one < 0)
        assert log_odds([*middle[:place], one.most + 1, *middle[place + 1 :]]) == log_odds(
            [*middle[:place], one.most, *middle[place + 1 :]]
        )


def test_it_is_never_more_than_a_hint() -> None:
    ends = [[one.least, one.most] for one in WEIGHTS]
    weighed = [log_odds(row) for row in product(*ends)]
    assert min(weighed) == -1.2
    assert max(weighed) == 0.8


def test_numbers_of_another_kind_say_nothing() -> None:
    assert [log_odds(row) for row in ([], [1], [1] * (len(WEIGHTS) + 1))] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("end", [-8, 7])
def test_what_the_line_does_to_a_voice_changes_little(end: float) -> None:
    plain = said(end, drop=end / 2)
    clean = odds(plain)
    coded = audioop.ulaw2lin(audioop.lin2ulaw(pcm(plain), 2), 2)
    assert log_odds(measure(coded)) == pytest.approx(clean, abs=0.25)
    for by in (0.1, 0.3, 3.0):
        assert odds(plain * by) == pytest.approx(clean, abs=0.25)
    # The voice lies 3 dB over this noise.
    noisy = said(end, drop=end / 2, noise=float(np.sqrt(np.mean(plain**2))) / 1.41)
    assert odds(noisy) == pytest.approx(clean, abs=0.6)


SOUNDS: list[tuple[str, Callable[[Sound], Sound]]] = [
    ("digital silence", lambda at: at * 0),
    ("faint voice", lambda at: voice(np.full(len(at), 150.0)) * 0.002),
    ("white noise", lambda at: np.random.default_rng(2).normal(0, 3000, len(at))),
    (
        "low noise",
        lambda at: np.asarray(
            np.convolve(np.random.default_rng(3).normal(0, 9000, len(at)), np.ones(8) / 8, "same"), np.float64
        ),
    ),
    ("pure tone", lambda at: 8000 * np.sin(2 * np.pi * 440 * at)),
    ("key", lambda at: 6000 * (np.sin(2 * np.pi * 697 * at) + np.sin(2 * np.pi * 1209 * at))),
    ("overdriven voice", lambda at: np.sign(voice(180 + 30 * np.sin(5 * at))) * 32767),
    ("a click in silence", lambda at: np.where(np.abs(at - 1) < 0.005, 20000.0, 0.0)),
]


@pytest.mark.parametrize(("name", "sound"), SOUNDS, ids=[name for name, _ in SOUNDS])
def test_no_evidence_where_there_is_no_voice(name: str, sound: Callable[[Sound], Sound]) -> None:
    assert measure(pcm(sound(np.arange(int(1.5 * RATE)) / RATE))) == [], name


def test_no_evidence_of_a_voice_long_over_or_too_short() -> None:
    over = np.concatenate([said(-4), np.random.default_rng(4).normal(0, 3, RATE // 2)])
    assert measure(pcm(over)) == []
    assert measure(pcm(said(-4))[-2 * int(0.28 * RATE) :]) == []
    assert measure(b"") == measure(b"\x01") == []


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_any_number_of_bytes_is_taken(cut: int) -> None:
    whole = pcm(said(-4))
    assert len(measure(whole[: len(whole) - cut])) == len(WEIGHTS)
    assert HEARD_MS >= 1000


@settings(max_examples=60, deadline=None)
@given(
    st.integers(80, 300), st.floats(-10, 10), st.floats(-15, 3), st.integers(60, 260), st.integers(0, 9),
    st.floats(-30, 6),
)  # fmt: skip
def test_a_louder_voice_says_the_same(
    base: int, end: float, drop: float, silence_ms: int, seed: int, gain_db: float
) -> None:
    sound = said(end, base, drop=drop, silence_ms=silence_ms, seed=seed)
    plain, scaled = measure(pcm(sound * 0.5)), measure(pcm(sound * 0.5 * 10 ** (gain_db / 20)))
    assert len(plain) == len(scaled) == len(WEIGHTS)
    pitch, level, silence, sustained = (abs(one - other) for one, other in zip(plain, scaled, strict=True))
    assert pitch <= 60
    assert level <= 15
    assert silence <= 60
    assert sustained <= 400
    assert log_odds(scaled) == pytest.approx(log_odds(plain), abs=0.4)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2 * 300), st.integers(1, 60))
def test_whatever_is_heard_there_are_whole_numbers_or_none(some: bytes, times: int) -> None:
    found = measure(some * times)
    assert len(found) in (0, len(WEIGHTS))
    assert all(type(one) is int for one in found)
    assert -1.2 <= log_odds(found) <= 0.8


def tone(hertz: float) -> Sound:
    return np.sin(2 * np.pi * hertz * np.arange(int(1.5 * RATE)) / RATE)


@settings(max_examples=60, deadline=None)
@given(st.floats(60, 3400), st.floats(100, 15000))
def test_no_tone_says_anything(hertz: float, loud: float) -> None:
    assert measure(pcm(loud * tone(hertz))) == []


@given(
    st.sampled_from([697, 770, 852, 941]),
    st.sampled_from([1209, 1336, 1477, 1633]),
    st.floats(0.5, 2),
    st.floats(100, 10000),
)
def test_no_key_says_anything(low: int, high: int, twist: float, loud: float) -> None:
    assert measure(pcm(loud * (tone(low) + twist * tone(high)))) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1, 9000), st.integers(1, 12))
def test_no_noise_says_anything(seed: int, loud: float, smooth: int) -> None:
    noise = np.random.default_rng(seed).normal(0, loud, int(1.5 * RATE))
    assert measure(pcm(np.asarray(np.convolve(noise, np.ones(smooth) / smooth, "same"), np.float64))) == []


@given(st.lists(st.integers(-(10**6), 10**6), min_size=len(WEIGHTS), max_size=len(WEIGHTS)))
def test_no_numbers_weigh_more_than_a_hint(numbers: list[int]) -> None:
    assert -1.2 <= log_odds(numbers) <= 0.8
