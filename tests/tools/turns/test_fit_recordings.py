"""Recordings of packages, made small: which there are, whose they are, and whether their words are whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tools.turns.fit_recordings import Recording, recordings, spread

SOUND = (np.sin(np.arange(4000) * 0.5) * 0.3).astype(np.float32)
ENGLISH = """; comment
welcome: Welcome. Please hold.
press-one: Press one to go on.
vm-from: from
goodbye: Goodbye.
silent: [a beep]
open: and then
digits/one: number one.
confbridge-there-are-in: there are people in
"""
FRENCH = """press-one: Tapez un.
"""
SCRIPT = """
    dialogId("bar-1", "font_small", "I see it.")
    dialogStr("Vidím to.")

    dialogId("bar-2", "font_big", "And...")
    dialogStr("A...")

    dialogId("bar-3", "font_other", "Who? Me!")
    dialogStr("Kdo? Já!")

    dialogId("bar-4", "font_big", "Not recorded.")
    dialogStr("Chybí.")
"""


def write(path: Path, sound: np.ndarray = SOUND, rate: int = 8000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate)


@pytest.fixture(name="root")
def made(tmp_path: Path) -> Path:
    for language, text in (("en", ENGLISH), ("fr", FRENCH)):
        folder = tmp_path / f"usr/share/doc/asterisk-core-sounds-{language}"
        folder.mkdir(parents=True)
        (folder / f"core-sounds-{language}.txt.gz").write_bytes(gzip.compress(text.encode()))
    names = ("welcome", "press-one", "vm-from", "goodbye", "silent", "open", "digits/one", "unknown")
    for name in (*names, "confbridge-there-are-in"):
        write(tmp_path / f"usr/share/asterisk/sounds/en_voice/{name}.wav")
    write(tmp_path / "usr/share/asterisk/sounds/fr_voix/press-one.wav")
    # A package that was unpacked into a folder of its own.
    game = tmp_path / "game/usr/share/games/fillets-ng"
    (game / "script/bar").mkdir(parents=True)
    (game / "script/bar/dialogs_cs.lua").write_text(SCRIPT, encoding="utf-8")
    for number in (1, 2, 3):
        write(game / f"sound/bar/cs/bar-{number}.ogg", rate=44100)
    stamps = tmp_path / "usr/share/tuxpaint/stamps/animals"
    for name in ("cat_desc_es", "cat_desc_xx", "dog_desc_es"):
        write(stamps / f"{name}.ogg", rate=44100)
    (stamps / "cat.txt").write_text("A cat.\nes.utf8=Un gato.\n", encoding="utf-8")
    return tmp_path


def test_what_is_found_and_what_is_known_of_it(root: Path) -> None:
    found = {(one.speaker, one.path.stem): (one.wholeness, one.is_one) for one in recordings(root)}
    assert found == {
        ("prompts en_voice", "confbridge-there-are-in"): ("part", True),
        ("prompts en_voice", "open"): ("unknown", True),
        ("prompts en_voice", "press-one"): ("whole", True),
        ("prompts en_voice", "vm-from"): ("part", True),
        ("prompts en_voice", "welcome"): ("whole", False),
        ("prompts fr_voix", "press-one"): ("whole", True),
        ("dialogues cs small", "bar-1"): ("whole", True),
        ("dialogues cs big", "bar-2"): ("unknown", True),
        ("dialogues cs others", "bar-3"): ("whole", False),
        ("pictures es", "cat_desc_es"): ("whole", True),
    }


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert list(recordings(tmp_path)) == []


@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_sound_is_what_a_telephone_lets_through(tmp_path: Path, rate: int) -> None:
    at = np.arange(rate) / rate
    both = np.column_stack([0.3 * np.sin(2 * np.pi * 1000 * at), 0.3 * np.sin(2 * np.pi * 50 * at)])
    write(tmp_path / "a.wav", both.astype(np.float32), rate)
    sound = Recording(tmp_path / "a.wav", "a", "whole", is_one=True).sound()
    assert len(sound) == pytest.approx(8000, abs=10)
    spectrum = np.abs(np.fft.rfft(sound))
    assert spectrum[990:1010].max() > 100 * spectrum[40:60].max()


def test_gsm_has_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.gsm"
    soundfile.write(path, SOUND, 8000, format="RAW", subtype="GSM610")
    assert len(Recording(path, "a", "whole", is_one=True).sound()) == pytest.approx(len(SOUND), abs=320)


def test_an_empty_recording_has_no_sound(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", SOUND[:0])
    assert len(Recording(tmp_path / "a.wav", "a", "whole", is_one=True).sound()) == 0


@pytest.mark.parametrize("most", [1, 3, 10, 100])
def test_some_of_each_speaker_are_taken_from_all_over(most: int) -> None:
    found = [Recording(Path(f"{at}"), speaker, "whole", is_one=True) for speaker in "ab" for at in range(10)]
    found += [Recording(Path("none"), "a", "unknown", is_one=False), Recording(Path("9"), "c", "part", is_one=False)]
    some = spread(found, most)
    names = [int(one.path.name) for one in some if one.speaker == "a"]
    assert names == sorted(set(names))
    assert len(names) == min(most, 10)
    assert max(names) >= 9 - 10 // most
    assert [one.speaker for one in some if one.path.name == "9"][-1] == "c"
