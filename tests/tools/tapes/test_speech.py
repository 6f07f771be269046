"""Callers pause, and each part of what they say is heard for itself."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import tts
from ivr.testbench.hamsa import audio
from tools.tapes.plan import WORDS
from tools.tapes.speech import MarkerRecogniser, PausingVoice, markers_of, parts_of

TEXTS = ("my shipment [420] where is it", "thank you goodbye", "متى تفتح الفروع")
speaking = pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")


def test_parts_lie_between_pauses() -> None:
    assert parts_of("my shipment [420] where is it [9]") == ["my shipment", "where is it"]
    assert parts_of("hello") == ["hello"]


def test_every_part_has_a_marker() -> None:
    assert markers_of(["a [1] b", "b [2] c"]) == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(ValueError, match="parts have only"):
        markers_of(str(number) for number in range(audio.MARKERS + 1))


@speaking
def test_a_pause_is_as_long_as_it_says() -> None:
    voice = PausingVoice({})
    whole, first, second = (voice(text) for text in (TEXTS[0], "my shipment", "where is it"))
    assert len(whole) == len(first) + len(second) + 420 * 8


@speaking
@pytest.mark.parametrize("language", ["en", "ar"])
def test_all_that_callers_say_is_heard(language: str) -> None:
    words = WORDS["ar" if language == "ar" else "en"]
    texts = [text.replace("{ms}", "420") for kind in words if kind != "short" for text in words[kind]]
    markers = markers_of(texts)
    voice, hear = PausingVoice(markers), MarkerRecogniser(markers)
    heard = {text: hear(resample(g711.decode(voice(text)), g711.RATE, 16_000)) for text in texts}
    # What takes less than half a second may be missed, as by any recogniser.
    for text, said in heard.items():
        assert said == " ".join(part for part in parts_of(text) if len(voice(part)) > 4000 or part in said)


def test_where_nothing_is_said_nothing_is_heard() -> None:
    hear = MarkerRecogniser({"a": 1})
    assert hear(b"") == ""
    noise = np.random.default_rng(1).normal(0, 900, 32_000).astype("<i2").tobytes()
    assert hear(noise) == ""
