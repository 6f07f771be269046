"""What is measured of a call's audio, and written down."""

from __future__ import annotations

from ivr.media.acoustics import Acoustics

LOUD = b"\x10\x20" * 160
VOICE = b"\x10\x90" * 80


def test_a_frame_is_measured_with_what_was_played() -> None:
    acoustics = Acoustics()
    assert acoustics.frame(LOUD, b"") == (8208, None)
    assert acoustics.frame(bytes(320), b"\xff" * 160) == (0, 0)
    assert acoustics.frame(LOUD, VOICE)[1] == acoustics.stretch([VOICE])[0] > 1000
    assert acoustics.frame(LOUD, VOICE[:80]) == (8208, None)
    assert acoustics.taken == []


def test_the_numbers_of_an_event_are_kept_on_demand() -> None:
    acoustics = Acoustics(keep=True)
    acoustics.begin()
    nothing = acoustics.taken
    acoustics.begin()
    acoustics.frame(LOUD, b"")
    acoustics.stretch([b"\xff" * 160, b"\xff" * 160])
    acoustics.frame(LOUD, b"\xff" * 160)
    first = acoustics.taken
    assert first == [8208, None, [0, 0], 8208, 0]
    acoustics.begin()
    assert (acoustics.taken, len(first), nothing) == ([], 5, [])
    assert repr(acoustics) == "<Acoustics taken=0>"
