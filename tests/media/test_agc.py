"""The leveller: where it takes a voice, how calmly, and that it neither clicks nor cares about chunks."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.agc import GainControl, _SpeechEnergy, normalise

Sound = np.ndarray[Any, np.dtype[np.float64]]


def to_pcm(sound: Sound) -> bytes:
    return np.rint(np.clip(sound, -32768, 32767)).astype("<i2").tobytes()


def active(pcm: bytes) -> float:
    """Active level, dBFS, blocks 20 dB under the loudest left out."""
    x = np.frombuffer(pcm, "<i2").astype(float)
    powers = (x[: len(x) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
    return float(10 * np.log10(powers[powers > powers.max() / 100].mean() / 32768**2))


@pytest.fixture(scope="module")
def voice(syllables: Callable[..., Sound]) -> Callable[[float, int], bytes]:
    """`voice(dbfs, count)`: speech of that active level."""

    def make(dbfs: float, count: int = 40) -> bytes:
        sound = syllables(4)
        sound = np.tile(sound, count // 4)
        return to_pcm(sound * 10 ** ((dbfs - active(to_pcm(sound))) / 20))

    return make


@pytest.mark.parametrize("dbfs", [-33.0, -26.0, -20.0, -14.0])
def test_within_two_seconds_the_voice_is_at_the_target(dbfs: float, voice: Callable[..., bytes]) -> None:
    out = GainControl().feed(voice(dbfs))
    assert active(out[32000:]) == pytest.approx(-20, abs=1)


def test_another_target(voice: Callable[..., bytes]) -> None:
    assert active(GainControl(-26).feed(voice(-20))[32000:]) == pytest.approx(-26, abs=1)


def test_it_does_not_pump(voice: Callable[..., bytes]) -> None:
    leveller, gains = GainControl(), []
    pcm = voice(-28) + bytes(16000) + voice(-28)
    for i in range(0, len(pcm), 320):
        leveller.feed(pcm[i : i + 320])
        gains.append(leveller.gain_db)
    assert max(gains[150:]) - min(gains[150:]) < 0.5
    assert np.abs(np.diff(gains)).max() <= 0.4 + 1e-9


def test_the_next_sentence_begins_where_the_last_ended(voice: Callable[..., bytes]) -> None:
    leveller = GainControl()
    leveller.feed(voice(-28))
    assert active(leveller.feed(voice(-28, 4))) == pytest.approx(-20, abs=1)
    assert repr(leveller) == "<GainControl +8.0 dB to -20 dBFS>"


def test_gain_has_a_limit(voice: Callable[..., bytes]) -> None:
    leveller = GainControl()
    leveller.feed(voice(-45, 80))
    assert leveller.gain_db == pytest.approx(15)


def test_silence_stays_silence_and_teaches_nothing() -> None:
    leveller = GainControl()
    assert leveller.feed(bytes(32000)) == bytes(32000)
    assert leveller.gain_db == 0
    assert len(leveller.feed(b"\x20\x00" * 8000)) == 16000
    assert leveller.gain_db == 0


def test_a_peak_is_rounded_off_not_clipped() -> None:
    ramp = np.arange(-32768, 32768, 4)
    out = np.frombuffer(GainControl().feed(to_pcm(ramp.astype(float))[:320]), "<i2")
    assert (np.diff(out) >= 0).all()
    leveller = GainControl()
    leveller.gain_db = 15.0
    leveller._ramp = (10 ** (15 / 20), 10 ** (15 / 20))
    loud = np.sin(np.arange(160) / 5) * 32767
    bent = np.frombuffer(leveller.feed(to_pcm(loud)), "<i2").astype(int)
    assert 32000 < bent.max() <= 32767
    assert -32767 <= bent.min() < -32000
    quiet = np.frombuffer(GainControl().feed(to_pcm(loud * 0.6)), "<i2")
    assert quiet.tolist() == np.rint(loud * 0.6).astype(int).tolist()


@given(st.lists(st.integers(0, 1500), max_size=10), st.integers(0, 2**32 - 1))
def test_chunks_make_no_difference(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pcm = to_pcm(rng.normal(0, 1, 4000) * np.repeat(rng.uniform(10, 30000, 10), 400)) + b"x"
    leveller, at, out = GainControl(), 0, b""
    for cut in cuts:
        out += leveller.feed(pcm[at : at + cut])
        at += cut
    out += leveller.feed(pcm[at:])
    assert out == GainControl().feed(pcm)
    assert len(out) == len(pcm) - 1


@pytest.mark.parametrize("dbfs", [-34.0, -20.0, -8.0])
def test_a_whole_recording_gets_one_gain(dbfs: float, voice: Callable[..., bytes]) -> None:
    pcm = voice(dbfs)
    out = normalise(pcm + b"x")
    assert active(out) == pytest.approx(-20, abs=0.3)
    there, was = np.frombuffer(out, "<i2").astype(float), np.frombuffer(pcm, "<i2").astype(float)
    gain = np.dot(there, was) / np.dot(was, was)
    assert np.abs(there - gain * was).max() < 0.03 * np.abs(there).max()


@pytest.mark.parametrize("pcm", [b"", b"\x00\x10" * 20, bytes(6400)])
def test_a_recording_without_speech_stays_as_it_is(pcm: bytes) -> None:
    assert normalise(pcm) == pcm


def test_the_measure_is_trusted_fully_after_25_blocks() -> None:
    """Speech of 2 dB under the target: the gain would be there at once if the first blocks were trusted."""
    level = int(32768 * 10 ** (-22 / 20))
    control = GainControl()
    gains = []
    for _ in range(30):
        control.feed(level.to_bytes(2, "little") * 160)
        gains.append(control.gain_db)
    assert [round(gains[blocks - 1], 2) for blocks in (5, 10, 25, 30)] == [0.4, 0.8, 2.0, 2.0]


def test_a_loud_word_is_forgotten_after_five_seconds(voice: Callable[..., bytes]) -> None:
    leveller = GainControl()
    leveller.feed(voice(-10, 4))
    leveller.feed(voice(-34, 80))
    assert leveller.gain_db == pytest.approx(14, abs=0.5)


def test_the_energy_of_speech_is_that_of_the_blocks_that_are_there() -> None:
    dice, speech, known = random.Random(2), _SpeechEnergy(), list[int]()
    for _ in range(900):
        known.append(round(10 ** dice.uniform(6.3, 11)) if dice.random() < 0.9 else 10**6)
        speech.push(known[-1])
        last = known[-250:]
        spoken = [one for one in last if 100 * one >= max(last)]
        assert speech.mean == sum(spoken) / (len(spoken) * 160)
        assert len(speech) == len(last)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 10**6, 99 * 10**6, 10**8, 10**10]), st.integers(-3, 3), st.integers(1, 120)),
        min_size=1,
        max_size=8,
    )
)
def test_steady_and_falling_levels_count_as_they_should(runs: list[tuple[int, int, int]]) -> None:
    """Blocks of one level leave while others of it stay, and the bound of what is speech goes up and down."""
    speech, known = _SpeechEnergy(), list[int]()
    for level, step, count in runs:
        for n in range(count):
            known.append(max(1, level + level // 100 * step * n))
            speech.push(known[-1])
            spoken = [one for one in known[-250:] if 100 * one >= max(known[-250:])]
            assert (speech.mean, len(speech)) == (sum(spoken) / (len(spoken) * 160), len(known[-250:]))
