"""Which detector a call gets, and what both promise."""

import pytest

from ivr.media.vad import detector as vad
from ivr.media.vad import silero
from ivr.media.vad.energy import EnergyVad
from ivr.media.vad.silero import SileroVad


@pytest.fixture(autouse=True)
def _forget_the_choice() -> None:
    vad._model.cache_clear()


def test_the_default_is_silero_and_says_so() -> None:
    assert isinstance(vad.factory(), SileroVad)
    assert vad.default_name().startswith("silero-vad 6.")


def test_calls_share_the_model_and_nothing_else() -> None:
    one, two = vad.factory(), vad.factory()
    assert isinstance(one, SileroVad) and isinstance(two, SileroVad)
    assert one.model is two.model
    fresh = two.state.copy()
    for _ in range(5):
        one.push(b"\x00\x10" * 160)
    assert (one.state != fresh).any()
    assert (two.state == fresh).all()


@pytest.mark.parametrize(
    "fault", [ModuleNotFoundError("no package silero-vad"), ValueError("x" * 500), OSError(5, "io")]
)
def test_whatever_is_wrong_with_the_model_calls_go_on(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise fault

    monkeypatch.setattr(silero, "load", load)
    assert isinstance(vad.factory(), EnergyVad)
    assert vad.default_name().startswith(f"energy ({type(fault).__name__}: ")
    assert len(vad.default_name()) < 130
    vad._model.cache_clear()


def test_every_detector_wants_to_know_what_was_played() -> None:
    detectors: list[vad.Detector] = [vad.factory(), EnergyVad()]
    for detector in detectors:
        assert detector.wants_ref
        assert detector.push(bytes(320)) < 0.35
        detector.reset()
        with pytest.raises(ValueError, match="a frame is 320 bytes"):
            detector.push(b"x")
