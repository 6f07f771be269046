"""Read recorded speech out of Debian's packages, each recording with its speaker and whether its words are whole.

    asterisk-core-sounds-{en,es,fr,it,ru}[-wav]        prompts of telephone exchanges, some of them parts
    asterisk-prompt-es-co, asterisk-prompt-fr-armelle  the same prompts by two others
    fillets-ng-data{,-cs,-nl}                          dialogues of a game, acted: the two fish, and others
    tuxpaint-stamps-default                            descriptions of pictures

They are looked for below a folder that `dpkg -x` has filled, `/` where they are installed. The packages carry the words
as well. Nothing of them goes into the repository.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import soundfile

from ivr.media.g711 import RATE
from ivr.media.resample import resample
from tools.vad.sounds import Sound, telephone

Wholeness: TypeAlias = Literal["whole", "part", "unknown"]

PROMPT_PARTS: Final = frozenset({
    "at-tone-time-exactly", "conf-enteringno", "conf-thereare", "confbridge-there-are", "dir-multi1", "dir-pls-enter",
    "followme/call-from", "if-correct-press", "num-was-successfully", "privacy-to-blacklist-last-caller",
    "priv-callpending", "queue-holdtime", "queue-less-than", "queue-quantity1", "queue-thereare", "vm-duration",
    "vm-for", "vm-from", "vm-from-extension", "vm-from-phonenumber", "vm-num-i-have", "vm-onefor", "vm-onefor-full",
    "vm-press", "vm-savedto", "vm-theperson", "vm-youhave", "vm-and", "screen-callee-options",
})  # fmt: skip
"""Prompts that something is put behind, in every language; so are those of `confbridge` that end with `-in`."""
_PART: Final = re.compile(r"(\.\.\.|…)[\"'”»)]*\s*$")
_WHOLE: Final = re.compile(r"[.!?؟][\"'”»)]*\s*$")
_INSIDE: Final = re.compile(r"[.!?;:…]+[\"'”»)]*\s+\S")
_NOT_SPOKEN: Final = re.compile(r"^\s*[\[<(]")
_DIALOGUE: Final = re.compile(r'dialogId\("([^"]+)", "font_([^"]+)"[^\n]*\n\s*dialogStr\("((?:[^"\\]|\\.)*)"\)')


@dataclass(frozen=True, slots=True)
class Recording:
    """Hold one recording, and what is known of it."""

    path: Path
    speaker: str
    """Language and voice."""
    wholeness: Wholeness
    """Of its end."""
    is_one: bool
    """It is one sentence: each pause inside is none of its ends."""

    def sound(self) -> Sound:
        """Return its samples, as a telephone lets them through."""
        if self.path.suffix == ".gsm":
            found, rate = soundfile.read(
                io.BytesIO(self.path.read_bytes()), samplerate=RATE, channels=1, format="RAW", subtype="GSM610"
            )
        else:
            found, rate = soundfile.read(self.path)
        mono = found if found.ndim == 1 else found.mean(axis=1)
        pcm = resample((np.clip(mono, -1, 1) * 32767).astype("<i2").tobytes(), int(rate), RATE)
        sound = np.frombuffer(pcm, "<i2").astype(np.float64)
        return telephone(sound) if len(sound) else sound


def recordings(root: Path) -> Iterator[Recording]:
    """Find all that the packages below a folder carry."""
    yield from _prompts(root)
    yield from _dialogues(root)
    yield from _pictures(root)


def spread(found: Iterable[Recording], most: int) -> list[Recording]:
    """Return so many recordings of each speaker at most, spread over all that tell something of their pauses."""
    speakers: dict[str, list[Recording]] = {}
    for one in found:
        if one.is_one or one.wholeness != "unknown":
            speakers.setdefault(one.speaker, []).append(one)
    return [
        all_of_one[place * len(all_of_one) // min(most, len(all_of_one))]
        for all_of_one in speakers.values()
        for place in range(min(most, len(all_of_one)))
    ]


def _prompts(root: Path) -> Iterator[Recording]:
    english = _prompt_texts(_matching(root, "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"))
    for folder in sorted(_matching(root, "usr/share/asterisk/sounds/*")):
        language = folder.name[:2]
        texts = _prompt_texts(_matching(root, f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-*.txt.gz"))
        for path in sorted([*folder.rglob("*.wav"), *folder.rglob("*.gsm")]):
            name = str(path.relative_to(folder).with_suffix(""))
            text = texts.get(name, "") or english.get(name, "")
            in_english = english.get(name, text)
            if " " not in in_english.strip() and name not in PROMPT_PARTS:
                continue
            if not text or _NOT_SPOKEN.match(text) or name.startswith(("digits/", "letters/", "phonetic/")):
                continue
            is_part = name in PROMPT_PARTS or (name.startswith("confbridge") and name.endswith("-in"))
            is_whole = _WHOLE.search(in_english) and not _PART.search(in_english)
            wholeness: Wholeness = "part" if is_part else "whole" if is_whole else "unknown"
            yield Recording(path, f"prompts {folder.name}", wholeness, not _INSIDE.search(text))


def _dialogues(root: Path) -> Iterator[Recording]:
    for script in sorted(_matching(root, "usr/share/games/fillets-ng/script/*/dialogs_*.lua")):
        level, language = script.parent.name, script.stem.removeprefix("dialogs_")
        for name, font, text in _DIALOGUE.findall(script.read_text("utf-8", "replace")):
            voice = font if font in ("small", "big") else "others"
            wholeness: Wholeness = "unknown" if _PART.search(text) or not _WHOLE.search(text) else "whole"
            for path in _matching(root, f"usr/share/games/fillets-ng/sound/{level}/{language}/{name}.ogg"):
                yield Recording(path, f"dialogues {language} {voice}", wholeness, not _INSIDE.search(text))


def _pictures(root: Path) -> Iterator[Recording]:
    for stamps in _matching(root, "usr/share/tuxpaint/stamps"):
        for path in sorted(stamps.rglob("*_desc_*.ogg")):
            name, _, language = path.stem.rpartition("_desc_")
            words = path.with_name(f"{name}.txt")
            if not words.exists():
                continue
            text = _line_of(words.read_text("utf-8", "replace"), language)
            if text:
                yield Recording(path, f"pictures {language}", "whole", not _INSIDE.search(text))


def _line_of(text: str, language: str) -> str:
    for line in text.splitlines():
        if line.startswith(f"{language}.utf8="):
            return line.partition("=")[2].strip()
    return ""


def _prompt_texts(files: Iterable[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in files:
        for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines():
            name, _, text = line.partition(":")
            if not line.startswith(";") and text:
                found[name] = text.strip()
    return found


def _matching(root: Path, pattern: str) -> list[Path]:
    """Return what matches below the folder, or below a folder of each package in it."""
    return [*root.glob(pattern), *root.glob(f"*/{pattern}")]
