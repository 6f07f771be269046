"""Our own voice: with the wheel, with the program, with neither."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ivr.media import wav
from ivr.testbench import tts
from ivr.testbench.tts import VoiceError, available, language_of, say

speaks = pytest.mark.skipif(not available(), reason="no espeak-ng here")


@pytest.fixture(autouse=True)
def forgotten() -> Any:
    """Nothing remembered from another test, in either direction."""
    tts.available.cache_clear()
    tts._spoken.cache_clear()
    yield
    tts.available.cache_clear()
    tts._spoken.cache_clear()


@speaks
@pytest.mark.parametrize(
    ("text", "language"), [("where is my shipment", "en"), ("وين شحنتي يا اخوي", "ar"), ("رقم NQL 25", "ar")]
)
def test_speech_is_loud_long_enough_and_the_same_every_time(text: str, language: str) -> None:
    pcm = say(text, language)
    samples = np.frombuffer(pcm, "<i2")
    assert 0.6 < len(samples) / 16_000 < 4
    assert 3_000 < np.abs(samples).max() < 32_767
    say("something else first", "en")
    tts._spoken.cache_clear()
    assert say(text, language) == pcm
    assert abs(len(say(text, language, rate=8_000)) * 2 - len(pcm)) <= 4


@speaks
def test_speed_and_pitch_change_the_voice() -> None:
    plain = say("thank you goodbye", "en")
    assert len(say("thank you goodbye", "en", speed=260)) < 0.8 * len(plain)
    assert say("thank you goodbye", "en", pitch=80) != plain


@speaks
def test_long_numbers_are_read_digit_by_digit() -> None:
    assert say("7351942860", "en") == say("7 3 5 1 9 4 2 8 6 0", "en")
    assert say("2026", "en") != say("2 0 2 6", "en")


@speaks
def test_espeak_is_not_put_off_by_odd_texts() -> None:
    assert say("", "en") == say("  \n", "ar") == b""
    assert isinstance(say("...", "en"), bytes)
    assert say("one\0two", "en") == say("one two", "en")
    assert len(say("<break time='9s'/> & \ud7ff 😀", "en")) > 0


def test_languages() -> None:
    assert [language_of(text) for text in ("hello", "مرحبا", "ok طيب", "123", "")] == ["en", "ar", "ar", "en", "en"]
    with pytest.raises(ValueError, match="no voice for language 'fr'"):
        say("bonjour", "fr")


def without_wheel(monkeypatch: pytest.MonkeyPatch, program: str | None) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(shutil, "which", lambda name: program)
    monkeypatch.setattr(importlib, "import_module", missing)


def test_without_any_voice_the_way_to_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    without_wheel(monkeypatch, None)
    assert not available()
    with pytest.raises(VoiceError, match="install the extra `demo`"):
        say("hello", "en")


def test_the_program_speaks_where_the_wheel_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        asked.append((command, options["input"]))
        return SimpleNamespace(stdout=wav.encode(bytes(44_100), 22_050))

    without_wheel(monkeypatch, "espeak-ng")
    monkeypatch.setattr(subprocess, "run", run)
    assert len(say("مرحبا", "ar", speed=150, pitch=40)) == 32_000
    ((command, text),) = asked
    assert command[:7] == ["espeak-ng", "-v", "ar", "-s", "150", "-p", "40"]
    assert text == "مرحبا".encode()
    assert available()


@pytest.mark.parametrize("trouble", [OSError("gone"), subprocess.TimeoutExpired("espeak-ng", 30), b"no wave"])
def test_a_program_that_fails_is_a_voice_error(monkeypatch: pytest.MonkeyPatch, trouble: Exception | bytes) -> None:
    def run(command: list[str], **options: Any) -> SimpleNamespace:
        if isinstance(trouble, Exception):
            raise trouble
        return SimpleNamespace(stdout=trouble)

    without_wheel(monkeypatch, "espeak-ng")
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(VoiceError, match="espeak-ng failed"):
        say("hello", "en")


class Library:
    """espeak-ng's C functions, as bad as wanted."""

    def __init__(self, rate: int = 22_050, voice: int = 0, synth: int = 0) -> None:
        self.answers = {"espeak_Initialize": rate, "espeak_SetVoiceByName": voice, "espeak_Synth": synth}
        self.called: list[str] = []
        self._handle = 0

    def __getattr__(self, name: str) -> Any:
        def function(*_: object) -> int:
            self.called.append(name)
            return self.answers.get(name, 0)

        return function


@pytest.mark.parametrize(
    ("library", "words"),
    [
        (Library(rate=-1), "cannot read its voices"),
        (Library(voice=1), "cannot read its voices"),
        (Library(synth=1), "refused"),
        (OSError("no such file"), "extra `demo`"),
    ],
)
def test_a_library_that_fails_is_a_voice_error_and_is_unloaded(
    monkeypatch: pytest.MonkeyPatch, library: Library | OSError, words: str
) -> None:
    def load(path: str) -> Library:
        if isinstance(library, OSError):
            raise library
        return library

    monkeypatch.setattr("ctypes.CDLL", load)
    monkeypatch.setattr(tts, "_unload", lambda loaded: loaded.called.append("unloaded"))
    with pytest.raises(VoiceError, match=words):
        tts._by_library("lib", "voices", "hello", "en-us", 160, 50)
    if isinstance(library, Library):
        assert library.called[-2:] == ["espeak_Terminate", "unloaded"]


def test_where_libraries_cannot_be_unloaded_they_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(name: str) -> object:
        raise AssertionError(name)

    monkeypatch.setattr(importlib, "import_module", unwanted)
    monkeypatch.setattr(sys, "platform", "win32")
    tts._unload(Library())  # type: ignore[arg-type]
