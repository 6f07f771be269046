"""A voice that pauses for long inside a sentence: when the ear is silent, and what becomes of less than a frame."""

from __future__ import annotations

import pytest

from tests.media.test_playout import ear, tone


@pytest.mark.parametrize("spare", [0, 1, 159])
def test_an_open_piece_with_less_than_a_frame_left_is_silent(spare: int) -> None:
    phone = ear()
    phone.playout.begin(1)
    phone.playout.write(tone(200) + tone(20)[:spare])
    assert phone.playout.silent_from == float("inf")
    phone.take(phone.playout.poll(phone.now))
    phone.run(1)
    assert phone.playout.silent_from == pytest.approx(100.2)


@pytest.mark.parametrize(("waited", "dropped"), [(0.1, 0), (0.25, 0), (1.0, 1)])
def test_less_than_a_frame_after_a_silence_is_dropped(waited: float, dropped: int) -> None:
    phone = ear()
    phone.playout.begin(1)
    phone.playout.write(tone(200) + bytes((1,)) * 80)
    phone.take(phone.playout.poll(phone.now))
    phone.run(waited)
    assert phone.playout.dry(phone.now) is bool(dropped)
    phone.playout.mend(phone.now)
    phone.playout.write(tone(200))
    phone.playout.finish(1)
    phone.run(2)
    assert bytes(phone.heard).rstrip(b"\xff") == tone(200) + bytes((1,)) * 80 * (1 - dropped) + tone(200)


def test_a_piece_that_has_not_begun_is_not_dry() -> None:
    phone = ear()
    phone.say(1, tone(100))
    phone.run(1)
    phone.playout.begin(2)
    phone.playout.write(tone(10))
    assert not phone.playout.dry(phone.now)
    phone.playout.mend(phone.now)
    phone.playout.write(tone(90))
    phone.playout.finish(2)
    phone.run(1)
    assert bytes(phone.heard) == tone(200)
