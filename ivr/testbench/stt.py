"""Recognise English phrases with pocketsphinx, without a key and without a network.

The mock STT uses it, so that a demo call is really understood. On telephone audio pocketsphinx fails with an open
vocabulary, but finds one of a few dozen known phrases nearly always. So it gets a `Grammar`: whole phrases and nothing
else. The result is a phrase exactly as listed, or nothing.

`pocketsphinx` comes with the extra `demo`. It is imported with the first `Grammar`.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

NO_RECOGNISER: Final = "no recogniser: install the extra `demo` (pocketsphinx; English only, no wheel for Python 3.14)"

_FLOOR_RMS: Final = 100
"""RMS of the noise under the speech: about -50 dBFS."""
_NOISE_SEED: Final = 3
_WHOLE_SHARE: Final = 0.75
"""Share of a phrase's words that must be there when its end is missing."""


class RecogniserMissing(RuntimeError):
    """Report that this machine has no recogniser."""


def available() -> bool:
    """Return whether a `Grammar` can be made here."""
    return importlib.util.find_spec("pocketsphinx") is not None


class Grammar:
    """Recognise one of a few phrases."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Load the recogniser, in about 0.1 s.

        Raises RecogniserMissing without pocketsphinx, ValueError for words that its dictionary does not have.
        """
        self._phrases = {normal(phrase): phrase for phrase in phrases}
        if not self._phrases or "" in self._phrases:
            raise ValueError("a grammar needs phrases of at least one word")
        self._decoder = _decoder()
        self._lock = threading.Lock()
        words = sorted({word for phrase in self._phrases for word in phrase.split()})
        unknown = [word for word in words if self._decoder.lookup_word(word) is None]
        if unknown:
            raise ValueError(f"not in the recogniser's dictionary: {', '.join(unknown)}")
        self._decoder.add_jsgf_string("phrases", jsgf(self._phrases))
        self._decoder.activate_search("phrases")

    def __repr__(self) -> str:
        return f"<Grammar of {len(self._phrases)} phrases>"

    def recognise(self, pcm16k: bytes) -> str:
        """Return the phrase in PCM16 mono at 16 kHz, or "". Takes about 50 ms. Any thread may call."""
        if len(pcm16k) < 2:
            return ""
        with self._lock:
            self._decoder.start_utt()
            self._decoder.process_raw(over_noise(pcm16k), full_utt=True)
            self._decoder.end_utt()
            found = self._decoder.hyp()
        return closest(self._phrases, found.hypstr) if found else ""


def normal(phrase: str) -> str:
    """Return a phrase as the recogniser writes it: lower case, single spaces, no punctuation but the apostrophe."""
    letters = (letter if letter.isalnum() or letter == "'" else " " for letter in phrase.lower())
    return " ".join("".join(letters).split())


def jsgf(phrases: Iterable[str]) -> str:
    """Return the grammar (JSGF) that accepts exactly one of the phrases."""
    return f"#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = {' | '.join(phrases)};\n"


def closest(phrases: dict[str, str], heard: str) -> str:
    """Return the phrase that was meant: the one heard, or the only one that begins so and is nearly whole. Else ""."""
    if heard in phrases:
        return phrases[heard]
    # A hypothesis that broke off is noise, a cough or another sentence, unless nearly the whole phrase is there.
    begun = [phrase for phrase in phrases if phrase.startswith(f"{heard} ")]
    if heard and len(begun) == 1 and len(heard.split()) >= _WHOLE_SHARE * len(begun[0].split()):
        return phrases[begun[0]]
    return ""


def over_noise(pcm: bytes) -> bytes:
    """Return the audio with faint noise under it. An odd last byte is dropped.

    The noise is the same for every utterance, so that the same audio always gives the same words.
    """
    # A telephone's silence is digital zero, and the recogniser's logarithm makes a loud feature of it.
    samples = np.frombuffer(pcm, "<i2", len(pcm) // 2)
    noise = np.random.default_rng(_NOISE_SEED).normal(0, _FLOOR_RMS, len(samples))
    return np.clip(np.rint(samples + noise), -32768, 32767).astype("<i2").tobytes()


def _decoder() -> Any:
    """Load pocketsphinx's decoder. Raises RecogniserMissing."""
    try:
        pocketsphinx = importlib.import_module("pocketsphinx")
    except ImportError as missing:
        raise RecogniserMissing(NO_RECOGNISER) from missing
    return pocketsphinx.Decoder(lm=None, loglevel="FATAL")
