"""Where a sentence is rejoined."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.events import Encoding
from ivr.hamsa.tts.splice import NOTHING_MS, WINDOW_MS, Splice
from ivr.media import g711


def tone(ms: int, *pauses: tuple[int, int]) -> bytes:
    """8 kHz PCM16, silent in each pause (from, to)."""
    quiet = {ms for start, end in pauses for ms in range(start, end)}
    levels = [0 if i // 8 in quiet else int(8000 * math.sin(i * 300 * math.tau / 8000)) for i in range(ms * 8)]
    return struct.pack(f"<{len(levels)}h", *levels)


def joined(audio: bytes, skip_ms: int, size: int = 700, rate: int = 8000, encoding: Encoding = "pcm16") -> bytes:
    join = Splice(skip_ms)
    pieces = [join.feed(audio[i : i + size], rate, encoding) for i in range(0, len(audio), size)]
    return b"".join([*pieces, join.finish(rate, encoding)])


def test_a_beginning_is_given_as_it_is() -> None:
    assert joined(tone(500), 0) == tone(500)


def test_where_nothing_is_quiet_the_join_is_exact() -> None:
    audio = tone(3000)
    join = Splice(1234)
    assert join.feed(audio, 8000, "pcm16") == audio[1234 * 16 :]
    assert join.repeated_ms == 0


@pytest.mark.parametrize("pause", [(1100, 1160), (1000, 1040), (1180, 1200)])
def test_the_join_is_in_a_pause_just_before(pause: tuple[int, int]) -> None:
    audio = tone(3000, pause)
    join = Splice(1200)
    rest = join.feed(audio, 8000, "pcm16")
    began = 1200 - join.repeated_ms
    assert pause[0] <= began < pause[1]
    assert began >= pause[1] - 20
    assert rest == audio[began * 16 :]


def test_a_pause_long_before_is_left_alone() -> None:
    assert joined(tone(3000, (700, 800)), 1200) == tone(3000, (700, 800))[1200 * 16 :]


def test_mu_law_is_heard_too() -> None:
    audio = g711.encode(tone(3000, (1100, 1160)))
    join = Splice(1200)
    assert join.feed(audio, 8000, "mulaw") == audio[(1200 - join.repeated_ms) * 8 :]
    assert 40 <= join.repeated_ms <= 100


def test_a_rendering_that_is_no_longer_gives_nothing() -> None:
    assert joined(tone(1000), 1000) == b""
    assert joined(tone(1000), 1500) == b""


def test_a_place_within_the_first_step() -> None:
    assert joined(tone(100), 5) == tone(100)[5 * 16 :]


def test_a_few_milliseconds_wait_for_more() -> None:
    audio, join = tone(1000), Splice(500)
    assert join.feed(audio[: 600 * 16], 8000, "pcm16") == b""
    assert join.feed(audio[600 * 16 :][:2], 8000, "pcm16") == audio[500 * 16 : 600 * 16 + 2]
    assert join.feed(audio[:10], 8000, "pcm16") == audio[:10]
    assert join.finish(8000, "pcm16") == b""


def test_next_to_nothing_at_the_end_is_nothing() -> None:
    assert joined(tone(500 + NOTHING_MS), 500) == b""
    assert joined(tone(501 + NOTHING_MS), 500) == tone(501 + NOTHING_MS)[500 * 16 :]


@given(st.integers(0, 2500), st.integers(1, 900).map(lambda n: n * 2), st.sampled_from([(8000, 1), (16000, 2)]))
def test_cut_anywhere_it_is_the_same_and_loses_nothing(skip_ms: int, size: int, form: tuple[int, int]) -> None:
    rate, _ = form
    audio = tone(2000, (400, 450), (1500, 1530))
    whole = joined(audio, skip_ms, len(audio), rate)
    pieces = joined(audio, skip_ms, size, rate)
    longest = len(audio) - max(0, skip_ms - WINDOW_MS) * rate // 500
    assert audio.endswith(whole) or not whole
    rest = max(0, len(audio) - skip_ms * rate // 500)
    assert len(whole) >= rest or rest <= NOTHING_MS * rate // 500
    assert len(whole) <= max(0, longest)
    assert pieces == whole
