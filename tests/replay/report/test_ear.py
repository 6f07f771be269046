"""Both tracks of a call are rebuilt as the phone had them, from what a bridge knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.events import AudioIn, Tick
from ivr.media import g711
from ivr.media.g711 import RATE
from ivr.replay.report import ear
from ivr.replay.report.ear import CallerTrack, MediaClock, PlayClock, first_audible, last_voiced, levels, media_clock
from ivr.replay.tape import Moment

QUIET = bytes([g711.SILENCE])
LOUD = g711.encode(b"".join((8000 if n % 2 else -8000).to_bytes(2, "little", signed=True) for n in range(RATE)))
CLOCK = MediaClock(10.0, 10.0)


def _frame(at_ms: int, size: int = 160) -> AudioIn:
    return AudioIn(at_ms, LOUD[:size])


def test_the_soonest_frame_tells_where_media_time_stands() -> None:
    late = [Moment(10.0 + n / 50 + 0.02 + delay, _frame(40 + 20 * n)) for n, delay in enumerate((0.05, 0.003, 0.09))]
    clock = media_clock([Moment(9.9, Tick()), *late])
    assert clock.media_zero == pytest.approx(10.003)
    assert (clock.zero, clock.first_ms) == (9.9, 40)
    assert clock.spoken(60) == pytest.approx(10.023)


def test_a_timestamp_from_nowhere_is_no_clock() -> None:
    clock = media_clock([Moment(10.02, _frame(0)), Moment(10.04, _frame(9_000_000))])
    assert clock.media_zero == pytest.approx(10.0)


def test_a_call_without_sound_begins_with_its_first_event() -> None:
    assert media_clock([Moment(7.0, Tick())]) == MediaClock(7.0, 7.0, 0)
    assert media_clock([]) == MediaClock(0.0, 0.0, 0)


def test_frames_lie_where_they_belong() -> None:
    track = CallerTrack(CLOCK)
    # Missing, out of order, twice.
    for at in (0, 60, 20, 20):
        track.add(_frame(at), 10.02 + at / 1000)
    assert bytes(track.audio) == LOUD[:160] * 2 + QUIET * 160 + LOUD[:160]


def test_a_frame_from_nowhere_was_spoken_when_it_came() -> None:
    track = CallerTrack(CLOCK)
    assert track.add(_frame(8_000_000), 11.02) == RATE
    assert track.add(_frame(0, 80), 10.0) == 0
    assert len(track.audio) == RATE + 160


def test_a_track_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ear, "LONGEST_TRACK", 400)
    track, agent = CallerTrack(CLOCK), PlayClock(CLOCK)
    for n in range(5):
        track.add(_frame(20 * n), 10.02 + n / 50)
        agent.send(LOUD[:160], 10.0)
    assert (len(track.audio), len(agent.audio)) == (320, 320)
    assert agent.send(LOUD[:160], 10.0).start == agent.send(LOUD[:160], 10.0).end


def test_audio_plays_at_once_or_behind_what_is_playing() -> None:
    agent = PlayClock(CLOCK)
    first, second = agent.send(LOUD[:160], 10.1), agent.send(LOUD[:80], 10.11)
    third = agent.send(LOUD[:80], 10.2)
    assert [(one.start, one.end) for one in (first, second, third)] == [(800, 960), (960, 1040), (1600, 1680)]
    assert second.sent == 880
    assert bytes(agent.audio) == QUIET * 800 + LOUD[:160] + LOUD[:80] + QUIET * 560 + LOUD[:80]


def test_what_is_cleared_was_not_heard() -> None:
    agent = PlayClock(CLOCK)
    agent.send(LOUD[:800], 10.0)
    assert agent.clear(10.05) == 400
    assert (len(agent.audio), agent.cleared_ms) == (400, 50.0)
    agent.clear(10.2)
    assert agent.cleared_ms == 50.0


@given(st.integers(0, 900), st.integers(1, 600), st.integers(0, 600))
def test_the_ends_of_a_sound_are_found_to_the_sample(before: int, length: int, after: int) -> None:
    track = QUIET * before + LOUD[: length + 160] + QUIET * after
    assert first_audible(track, 0, len(track)) == before
    assert last_voiced(track, 0, len(track)) == before + length + 160
    assert last_voiced(track, -50, len(track) + 50) == before + length + 160


def _noise(peak: int, size: int) -> bytes:
    return g711.encode(b"".join((peak * (-1) ** n).to_bytes(2, "little", signed=True) for n in range(size)))


def test_noise_behind_the_last_word_is_no_voice() -> None:
    steady = _noise(300, 16_000) + LOUD[:4000] + _noise(300, 16_000)
    assert last_voiced(steady, 15_000, 24_000) == 20_000
    crackle = QUIET * 8000 + LOUD[:4000] + (QUIET * 800 + LOUD[:40]) * 4 + QUIET * 8000
    assert last_voiced(crackle, 7000, 16_000) == 12_000
    # Noise as loud as the voice leaves the voice.
    assert last_voiced(LOUD[:4000] + _noise(4000, 4000), 0, 4000) == 4000


def test_a_click_and_a_hiss_are_no_voice() -> None:
    hiss = g711.encode(b"".join((20 * (-1) ** n).to_bytes(2, "little", signed=True) for n in range(1600)))
    assert first_audible(hiss, 0, len(hiss)) is None
    assert last_voiced(hiss, 0, len(hiss)) is None
    assert last_voiced(LOUD[:800] + hiss, 0, 2400) == 800
    assert first_audible(b"", 0, 0) is None
    assert last_voiced(LOUD[:40], 0, 40) is None


def test_levels_are_the_loudest_of_each_stretch() -> None:
    assert levels(QUIET * 160 + LOUD[:80], 160) == [0, 7932]
    assert levels(b"", 160) == []
