"""Resampling: what leaks, what is flat, what comes out when, and that chunks make no difference."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ivr.media.resample import RATES, Resampler, _plan, resample

TO_PHONE = [rate for rate in RATES if rate != 8000]


def tone(hz: float, rate: int, seconds: float = 0.3, amplitude: float = 16000) -> bytes:
    t = np.arange(int(rate * seconds)) / rate
    return np.rint(amplitude * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(float)


def db(pcm: bytes, amplitude: float = 16000) -> float:
    """Level of the middle of `pcm` against a tone of that amplitude."""
    y = samples(pcm)
    y = y[len(y) // 5 : -len(y) // 5]
    return float(20 * np.log10((np.sqrt(np.mean(y**2)) + 1e-9) / (amplitude / np.sqrt(2))))


def part_db(pcm: bytes, hz: float, rate: int, amplitude: float = 16000) -> float:
    """Level of one frequency in the middle of `pcm`."""
    y = samples(pcm)
    y = y[len(y) // 5 : -len(y) // 5]
    window = np.hanning(len(y))
    turn = np.exp(-2j * np.pi * hz * np.arange(len(y)) / rate)
    return float(20 * np.log10((2 * abs(np.sum(y * window * turn)) / window.sum() + 1e-3) / amplitude))


@pytest.mark.parametrize("rate", TO_PHONE)
def test_nothing_above_the_telephone_band_leaks_into_it(rate: int) -> None:
    for hz in (4200, 4600, 5000, 5400):
        assert db(resample(tone(hz, rate), rate, 8000)) < -75, hz


@pytest.mark.parametrize("rate", TO_PHONE)
def test_the_telephone_band_is_flat(rate: int) -> None:
    for hz in (300, 1000, 2000, 3000, 3400):
        assert abs(part_db(resample(tone(hz, rate), rate, 8000), hz, 8000)) < 0.05, hz


def test_upwards_makes_no_mirror_image() -> None:
    for hz in (200, 1000, 3000, 3400):
        pcm = resample(tone(hz, 8000), 8000, 16000)
        assert abs(part_db(pcm, hz, 16000)) < 0.05
        assert part_db(pcm, 8000 - hz, 16000) < -75


@pytest.mark.parametrize("rate", TO_PHONE)
def test_content_is_not_delayed(rate: int) -> None:
    there = samples(resample(tone(1000, rate), rate, 8000))[400:2000]
    wanted = samples(tone(1000, 8000))[400:2000]
    assert np.abs(there - wanted).max() <= 2


@pytest.mark.parametrize("rate", TO_PHONE)
def test_at_most_4_ms_wait_inside_and_nothing_is_lost(rate: int) -> None:
    stream, out = Resampler(rate, 8000), 0
    count = rate // 50
    for n in range(1, 20):
        out += len(stream.feed(bytes(2 * count))) // 2
        assert n * count / rate - out / 8000 <= 0.004
    out += len(stream.flush()) // 2
    assert out == ceil(19 * count * 8000 / rate)


def test_the_end_of_a_sentence_comes_out() -> None:
    stream = Resampler(16000, 8000)
    body = stream.feed(bytes(1000) + (20000).to_bytes(2, "little") * 2)
    assert not any(body)
    assert max(samples(stream.flush())) > 5000


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 900), max_size=12), st.integers(0, 2**32 - 1))
def test_chunks_make_no_difference(rate: int, cuts: list[int], seed: int) -> None:
    pcm = np.random.default_rng(seed).integers(-32768, 32767, 1200).astype("<i2").tobytes() + b"x"
    stream, out, at = Resampler(rate, 8000), b"", 0
    for cut in cuts:
        out += stream.feed(pcm[at : at + cut])
        at += cut
    out += stream.feed(pcm[at:]) + stream.flush()
    assert out == resample(pcm, rate, 8000)


@pytest.mark.parametrize(("rate_in", "rate_out"), [(16000, 8000), (8000, 16000), (44100, 8000)])
def test_a_long_recording_in_one_go_is_the_same(rate_in: int, rate_out: int) -> None:
    pcm = np.random.default_rng(1).integers(-9000, 9000, rate_in).astype("<i2").tobytes()
    stream = Resampler(rate_in, rate_out)
    parts = [stream.feed(pcm[i : i + 640]) for i in range(0, len(pcm), 640)]
    assert b"".join(parts) + stream.flush() == resample(pcm, rate_in, rate_out)


def test_equal_rates_pass_through_in_whole_samples() -> None:
    stream = Resampler(8000, 8000)
    assert [stream.feed(b"abc"), stream.feed(b"d"), stream.feed(b"e"), stream.flush()] == [b"ab", b"cd", b"", b""]


def test_after_flush_it_is_as_new() -> None:
    stream = Resampler(24000, 8000)
    first = stream.feed(tone(700, 24000) + b"x") + stream.flush()
    assert stream.feed(tone(700, 24000)) + stream.flush() == first
    assert stream.flush() == b""


def test_loud_is_clipped_not_wrapped() -> None:
    square = np.where(np.arange(3200) % 40 < 20, 32767, -32768).astype("<i2").tobytes()
    out = samples(resample(square, 16000, 8000))
    wanted = samples(square)[::2]
    assert out.max() == 32767 and out.min() == -32768
    assert (np.sign(out) == np.sign(wanted)).mean() > 0.9


@pytest.mark.parametrize("rates", [(8001, 8000), (16000, 0)])
def test_unknown_rates_are_refused(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"cannot resample {rates[0]} to {rates[1]} Hz"):
        Resampler(*rates)


def test_it_prints_itself() -> None:
    stream = Resampler(16000, 8000)
    stream.feed(bytes(640))
    assert repr(stream) == "<Resampler 16000->8000 Hz fed=320 made=132>"


@pytest.mark.parametrize("rate_in", TO_PHONE)
def test_no_product_to_the_phone_is_large_enough_for_threads(rate_in: int) -> None:
    plan = _plan(rate_in, 8000)
    assert plan.block >= 1
    assert plan.kernel.size * plan.block < 262_144
