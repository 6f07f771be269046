"""Both sides of a call, without what must not be kept."""

from __future__ import annotations

from ivr.call.commands import Note, SendAudio, SendClear, SendMark
from ivr.call.events import AudioIn, DigitPressed, MarkReached, Tick
from ivr.recording.call_tracks import CallTracks, silenced

HUSH = b"\xff"


def talk(tracks: CallTracks, start: float, end: float) -> None:
    """Let both sides speak, 20 ms at a time."""
    for frame in range(round(start * 50), round(end * 50)):
        now = (frame + 1) / 50
        tracks.follow(now, AudioIn(frame * 20, b"c" * 160), [SendAudio(b"a" * 160)])


def test_both_sides_are_followed() -> None:
    tracks = CallTracks(0.0)
    tracks.follow(0.02, AudioIn(0, b"c" * 160), [SendAudio(b"a" * 480), SendMark("m"), Note("turn")])
    tracks.follow(0.04, AudioIn(20, b"c" * 160), ())
    tracks.follow(0.05, Tick(), [SendClear()])
    tracks.follow(0.05, MarkReached("m"), ())
    assert tracks.take_to(480) == (b"c" * 320 + HUSH * 160, HUSH * 160 + b"a" * 240 + HUSH * 80)
    assert "pauses=0" in repr(tracks)


def test_keys_are_silenced_on_both_sides() -> None:
    tracks = CallTracks(0.0)
    talk(tracks, 0, 5)
    tracks.follow(5.0, DigitPressed("4"), ())
    talk(tracks, 5, 6)
    tracks.follow(6.0, DigitPressed("1"), ())
    taken = tracks.take_to(4 * 8000 + 160)
    talk(tracks, 6, 12)
    rest = tracks.take_to(12 * 8000)
    assert tracks.pauses == [(4 * 8000, 9 * 8000)]
    for side, letter in ((0, b"c"), (1, b"a")):
        track = taken[side] + rest[side]
        assert set(track[161 : 4 * 8000]) == set(letter)
        assert set(track[4 * 8000 : 9 * 8000]) == {0xFF}
        assert set(track[9 * 8000 :]) == set(letter)


def test_two_stretches_of_keys() -> None:
    tracks = CallTracks(0.0)
    talk(tracks, 0, 2)
    tracks.follow(2.0, DigitPressed("4"), ())
    talk(tracks, 2, 7)
    caller, _ = tracks.take_to(7 * 8000)
    tracks.follow(7.0, DigitPressed("4"), ())
    talk(tracks, 7, 11)
    caller += tracks.take_to(11 * 8000)[0]
    # What was taken is over: the second stretch begins with what is left.
    assert tracks.pauses == [(8000, 5 * 8000), (7 * 8000, 10 * 8000)]
    assert [set(caller[at * 8000 : (at + 1) * 8000]) for at in range(11)] == [
        {ord("c")} if at in (0, 5, 6, 10) else {0xFF} for at in range(11)
    ]


def test_a_pause_that_was_taken_goes_on() -> None:
    tracks = CallTracks(0.0)
    talk(tracks, 0, 2)
    tracks.follow(2.0, DigitPressed("4"), ())
    talk(tracks, 2, 5)
    tracks.take_to(5 * 8000)
    tracks.follow(5.0, DigitPressed("4"), ())
    talk(tracks, 5, 9)
    assert tracks.pauses == [(8000, 8 * 8000)]
    assert set(tracks.take_to(8 * 8000)[1]) == {0xFF}
    assert set(tracks.take_to(9 * 8000)[1]) == {ord("a")}


def test_silence_within_a_track() -> None:
    assert silenced(b"abcd", 1, 3) == b"a\xff\xffd"
    assert silenced(b"abcd", -5, 1) == b"\xffbcd"
    assert silenced(b"abcd", 9, 12) == b"abcd"
