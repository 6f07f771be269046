"""What a phone heard, for a test to assert on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.media import g711
from ivr.replay.golden.heard import answer_times, heard_replies, place_of, stop_time, timeline
from ivr.testbench.phone.playback import PlayedRun
from ivr.testbench.recording import PhoneRecord, RecordEntry, Speech
from tests.replay.golden.tone_bridge import tone

SECOND = tone(440, 1.0)
QUIET = bytes([g711.SILENCE])


def record() -> PhoneRecord:
    """A greeting in two runs, a question, and an answer that is interrupted."""
    made = PhoneRecord(t0=100.0)
    made.heard = bytearray(SECOND + QUIET * 800 + SECOND + QUIET * 16_000 + SECOND)
    made.runs = [PlayedRun(0, 8000, 0), PlayedRun(8800, 16_800, 0), PlayedRun(32_800, 40_800, 1)]
    made.speech = [Speech("when", 20_000, 24_000), Speech("stop", 40_000, 44_000, over=True)]
    made.entries = [RecordEntry(100.5, "agent_speaks", "0"), RecordEntry(100.6, "mark_back", "m")]
    return made


def test_replies_are_told_by_the_acts_before_them() -> None:
    first, second = heard_replies(record())
    assert (first.number, first.start_ms, first.end_ms, first.ms) == (0, 0.0, 2100.0, 2000.0)
    assert first.audio == SECOND + QUIET * 800 + SECOND
    assert (second.number, second.start_ms, second.ms) == (1, 4100.0, 1000.0)


def test_an_answer_is_measured_from_the_last_word() -> None:
    assert answer_times(record()) == [1100.0, None]


def test_an_interruption_is_measured_from_its_first_sound() -> None:
    made = record()
    assert stop_time(made) == 100.0
    made.speech[-1].start = 41_000
    assert stop_time(made) == 0.0
    made.speech.pop()
    assert stop_time(made) is None


def test_the_line_is_told_without_the_marks_that_came_back() -> None:
    assert timeline(record()) == ["    0.50 s  agent speaks  0"]
    assert timeline(PhoneRecord(entries=[RecordEntry(3.0, "ended", "refused")])) == ["    0.00 s  ended  refused"]
    assert timeline(PhoneRecord()) == []


@given(st.integers(0, 4000), st.sampled_from([0.3, 1.0, 2.0]))
def test_a_sound_is_found_where_it_is(at: int, gain: float) -> None:
    louder = g711.encode(g711.audioop.mul(g711.decode(SECOND), 2, gain))
    wanted = tone(440, 0.25) + tone(700, 0.25)
    sound = g711.encode(g711.audioop.mul(g711.decode(wanted), 2, gain))
    found = place_of(wanted, louder + QUIET * at + sound + QUIET * 100)
    assert found == pytest.approx((8000 + at) / 8, abs=0.2)


def test_a_sound_that_was_not_heard_has_no_place() -> None:
    assert place_of(tone(700, 0.5), SECOND + SECOND) is None
    assert place_of(SECOND, tone(440, 0.5)) is None
    assert place_of(SECOND, SECOND, after_ms=500) is None


@pytest.mark.parametrize("sound", [b"", QUIET * 8000, SECOND[:700]])
def test_too_little_sound_cannot_be_found(sound: bytes) -> None:
    with pytest.raises(ValueError, match="at least 100 ms"):
        place_of(sound, SECOND)
