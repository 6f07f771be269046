"""When a phone has played what it got, and when its marks are back."""

from __future__ import annotations

from ivr.replay.what_if.phone_model import PhoneModel


def test_marks_follow_their_audio() -> None:
    phone = PhoneModel(0.1)
    phone.audio(8000, 5.0)
    phone.audio(4000, 5.2)
    assert phone.mark("a", 5.2) == 6.6
    assert phone.mark("b", 9.0) == 9.1
    assert phone.played == [(5.0, 6.5)]
    phone.audio(800, 9.0)
    assert phone.played == [(5.0, 6.5), (9.0, 9.1)]
    assert "2 marks" not in repr(phone)


def test_a_clear_throws_away_what_is_left() -> None:
    phone = PhoneModel(0.1)
    phone.audio(8000, 5.0)
    phone.mark("a", 5.0)
    phone.audio(8000, 5.0)
    phone.mark("b", 5.0)
    # The first has sounded, and its mark is on its way.
    assert phone.clear(6.05) == ["b"]
    assert phone.played == [(5.0, 6.05)]
    assert phone.clear(6.1) == []
    phone.audio(800, 7.0)
    assert phone.clear(7.0) == [] and phone.played == [(5.0, 6.05)]
