"""Voices in the background, told by the model's doubt."""

import pytest

from ivr.media.vad.babble import BabbleFloor


def after(seconds: float, level: float, probability: float) -> BabbleFloor:
    crowd = BabbleFloor()
    for _ in range(int(50 * seconds)):
        crowd.push(level, probability)
    return crowd


@pytest.mark.parametrize("probability", [0.06, 0.5, 0.94])
def test_what_is_doubtful_for_a_second_is_a_crowd(probability: float) -> None:
    crowd = BabbleFloor()
    said = [crowd.push(-40, probability) for _ in range(150)]
    assert not any(said[:30])
    assert all(said[100:])
    assert crowd.level == pytest.approx(-40, abs=3)


@pytest.mark.parametrize("probability", [0.0, 0.05, 0.95, 1.0])
def test_what_the_model_is_sure_of_is_none_however_long(probability: float) -> None:
    crowd = BabbleFloor()
    assert not any(crowd.push(-40, probability) for _ in range(500))
    assert crowd.doubt == 0


def test_a_sentence_with_a_third_in_doubt_is_no_crowd() -> None:
    crowd = BabbleFloor()
    assert not any(crowd.push(-25, 0.6 if frame % 3 == 0 else 1.0) for frame in range(1000))


@pytest.mark.parametrize(("above", "is_crowd"), [(7, True), (12, False)])
def test_a_voice_stands_out_from_the_crowd_or_belongs_to_it(above: float, is_crowd: bool) -> None:
    crowd = after(4, -40, 0.6)
    assert crowd.push(-40 + above, 0.99) is is_crowd


def test_a_voice_that_stands_out_keeps_its_softer_syllables() -> None:
    crowd = after(4, -40, 0.6)
    assert [crowd.push(level, 0.99) for level in (-22, -30, -38, -41)] == [False] * 4
    assert any(crowd.push(-40, 0.6) for _ in range(20))


def test_a_crowd_that_leaves_is_forgotten() -> None:
    crowd = after(4, -40, 0.6)
    said = [crowd.push(-70, 0.0) for _ in range(60)]
    assert said[0]
    assert not said[-1]


def test_digital_silence_is_as_soft_as_an_idle_line() -> None:
    assert after(4, -99, 0.5).level == pytest.approx(-75)


def test_it_says_what_it_knows() -> None:
    assert repr(after(10, -40, 0.6)) == "<BabbleFloor doubt=1.00 at -40 dBFS>"


@pytest.mark.parametrize(("percent", "crowd"), [(45, False), (55, True)])
def test_doubt_prevails_from_half_of_the_time(percent: int, crowd: bool) -> None:
    babble = BabbleFloor()
    doubtful = [n * percent // 100 != (n + 1) * percent // 100 for n in range(1000)]
    assert any(babble.push(-40, 0.5 if doubt else 0.01) for doubt in doubtful) == crowd
