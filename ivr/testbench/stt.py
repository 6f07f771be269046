"""Ears of our own: speech to text with pocketsphinx, English only, against a list of phrases.

It hears for the mock voice service, so that a demo call is really understood, with no key and no network. Over the
telephone an open vocabulary is hopeless for it; one of a few dozen known phrases it finds nearly always. So what it
understands is a `Grammar`: the phrases, each whole, and nothing else. What comes back is a phrase exactly as it is
listed (digits are words when the list says them in words), or nothing.

Two things make the difference on telephone audio. A telephone's silence is digital zero, of which the recogniser's
logarithms make a loud feature: a floor of faint noise is laid under everything, the same for every utterance, so that
the same audio always gives the same words. And a hypothesis that broke off counts only if nearly the whole phrase was
there and no other phrase begins that way; the rest is noise, a cough or somebody else's sentence.

`pocketsphinx` comes with the extra `demo`. It is not imported before the first `Grammar`.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

RATE: Final = 16_000
"""Hz of what `recognise` takes."""
MISSING: Final = "no recogniser: install the extra `demo` (pocketsphinx; English only, no wheel for Python 3.14)"

_FLOOR: Final = 100
"""RMS of the noise under the speech: about -50 dBFS."""
_SEED: Final = 3
_ENOUGH: Final = 0.75
"""Of a phrase's words that must be there before its end may be missing."""


class RecogniserMissing(RuntimeError):
    """There is no recogniser on this machine."""


def available() -> bool:
    """Whether a `Grammar` can be made here."""
    return importlib.util.find_spec("pocketsphinx") is not None


class Grammar:
    """Understands a few phrases."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Takes about 0.1 s. Raises HearingMissing without pocketsphinx, ValueError for words that it cannot know."""
        self._phrases = {normal(phrase): phrase for phrase in phrases}
        if not self._phrases or "" in self._phrases:
            raise ValueError("a grammar needs phrases of at least one word")
        self._decoder = _decoder()
        self._lock = threading.Lock()
        unknown = sorted({word for phrase in self._phrases for word in phrase.split() if not self._knows(word)})
        if unknown:
            raise ValueError(f"not in the recogniser's dictionary: {', '.join(unknown)}")
        self._decoder.add_jsgf_string("phrases", jsgf(self._phrases))
        self._decoder.activate_search("phrases")

    def __repr__(self) -> str:
        return f"<Grammar of {len(self._phrases)} phrases>"

    def recognise(self, pcm16k: bytes) -> str:
        """The phrase that was said in PCM16 mono at 16 kHz, or "". Works some 50 ms; any thread may call."""
        if len(pcm16k) < 2:
            return ""
        with self._lock:
            self._decoder.start_utt()
            self._decoder.process_raw(over_noise(pcm16k), full_utt=True)
            self._decoder.end_utt()
            found = self._decoder.hyp()
        return closest(self._phrases, found.hypstr) if found else ""

    def _knows(self, word: str) -> bool:
        return self._decoder.lookup_word(word) is not None


def normal(phrase: str) -> str:
    """As the recogniser writes it: lower case, single spaces, no punctuation but the apostrophe."""
    letters = (letter if letter.isalnum() or letter == "'" else " " for letter in phrase.lower())
    return " ".join("".join(letters).split())


def jsgf(phrases: Iterable[str]) -> str:
    """The grammar that accepts exactly one of the phrases."""
    return f"#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = {' | '.join(phrases)};\n"


def closest(phrases: dict[str, str], heard: str) -> str:
    """The phrase that was meant: the one heard, or the only one that begins so and is nearly finished."""
    if heard in phrases:
        return phrases[heard]
    begun = [phrase for phrase in phrases if phrase.startswith(f"{heard} ")]
    if heard and len(begun) == 1 and len(heard.split()) >= _ENOUGH * len(begun[0].split()):
        return phrases[begun[0]]
    return ""


def over_noise(pcm: bytes) -> bytes:
    """The same audio on a floor of noise. An odd last byte is dropped."""
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2)
    noise = np.random.default_rng(_SEED).normal(0, _FLOOR, len(samples))
    return np.clip(np.rint(samples + noise), -32768, 32767).astype("<i2").tobytes()


def _decoder() -> Any:
    try:
        pocketsphinx = importlib.import_module("pocketsphinx")
    except ImportError as missing:
        raise RecogniserMissing(MISSING) from missing
    return pocketsphinx.Decoder(lm=None, loglevel="FATAL")
