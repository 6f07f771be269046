"""Our own ears: the grammar, and what it makes of speech that came over the telephone."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pytest

from ivr.media import g711
from ivr.media.resample import resample
from ivr.testbench import demo, stt, tts
from ivr.testbench.agent.conversation import phrases as demo_phrases
from ivr.testbench.phone.voiced import trimmed
from ivr.testbench.stt import Grammar, RecogniserMissing, closest, jsgf, normal, over_noise

hears = pytest.mark.skipif(not (stt.available() and tts.available()), reason="the extra `demo` is not here")

OTHERS = (
    "the weather is lovely in paris today",
    "banana",
    "I would like a pizza with mushrooms",
    "the train leaves on monday morning",
)


def telephone(text: str, speed: int, pitch: int) -> bytes:
    """Speech through mu-law at 8 kHz with silence around it, as the bridge hands it on: PCM16 at 16 kHz."""
    said = trimmed(g711.encode(tts.say(text, "en", rate=8_000, speed=speed, pitch=pitch)))
    return resample(g711.decode(b"\xff" * 2_400 + said + b"\xff" * 1_600), 8_000, 16_000)


@hears
def test_stt_understands_the_demo_phrases_by_telephone() -> None:
    grammar = Grammar(phrases := demo_phrases("en"))
    heard = {phrase: grammar.recognise(telephone(phrase, tts.SPEED, demo.CALLER_PITCH)) for phrase in phrases}
    assert {phrase: got for phrase, got in heard.items() if got != phrase} == {}


@hears
def test_stt_gives_the_same_words_for_the_same_audio() -> None:
    grammar = Grammar(demo_phrases("en"))
    audio = telephone("what are your opening hours", 160, 65)
    assert {grammar.recognise(audio) for _ in range(3)} == {"what are your opening hours"}
    assert [grammar.recognise(telephone(text, 160, 65)) for text in OTHERS].count("") >= 3
    assert [grammar.recognise(pcm) for pcm in (b"", b"\0", bytes(640), bytes(32_000), over_noise(bytes(32_000)))] == [
        ""
    ] * 5
    assert repr(grammar) == f"<Grammar of {len(demo_phrases('en'))} phrases>"


@hears
def test_numbers_come_back_as_they_are_listed() -> None:
    number = "my number is zero five five one two three four five six seven"
    assert Grammar([number, "yes please"]).recognise(telephone("my number is 0551234567", 160, 65)) == number


@hears
def test_words_that_cannot_be_known_are_named() -> None:
    with pytest.raises(ValueError, match="dictionary: naqel, وين"):
        Grammar(["where is naqel", "وين"])


@pytest.mark.parametrize("phrases", [[], [""], ["yes", "?!"]])
def test_a_grammar_needs_words(phrases: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        Grammar(phrases)


def test_without_the_recogniser_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not stt.available()
    with pytest.raises(RecogniserMissing, match="extra `demo`"):
        Grammar(["yes"])


def test_how_phrases_are_written() -> None:
    assert normal("  Don't I want,  to  TRACK it? ") == "don't i want to track it"
    assert "public <phrase> = yes | no thank you;" in jsgf(["yes", "no thank you"])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("my name is sarah ahmed", "My name is Sarah Ahmed"),
        ("my name is sarah", "My name is Sarah Ahmed"),
        ("my name is", ""),
        ("my name", ""),
        ("yes", "yes"),
        ("yes please say", ""),
        ("hold", ""),
        ("", ""),
    ],
)
def test_a_phrase_that_broke_off(heard: str, meant: str) -> None:
    phrases = ("My name is Sarah Ahmed", "My name is Omar Khalid", "yes", "yes please", "hold on")
    assert closest({normal(phrase): phrase for phrase in phrases}, heard) == meant


def test_the_floor_is_the_same_every_time_and_faint() -> None:
    samples = np.frombuffer(over_noise(bytes(32_001)), "<i2")
    assert len(samples) == 16_000
    assert 80 < samples.std() < 120
    assert over_noise(bytes(640)) == over_noise(bytes(640))
    assert np.frombuffer(over_noise(b"\xff\x7f" * 400), "<i2").max() == 32_767
