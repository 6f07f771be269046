"""Let callers pause in the middle of what they say, and let the mock service hear each part for itself.

A part carries its marker (`ivr.testbench.hamsa.audio`); what is heard is the text of each marker, in order, however the
bridge has cut the parts apart or put them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from ivr.media import g711
from ivr.testbench import tts
from ivr.testbench.demo import CALLER_PITCH
from ivr.testbench.hamsa import audio

_PAUSE: Final = re.compile(r"\s*\[(\d+)\]\s*")
_WINDOW_MS: Final = 260
_HOP_MS: Final = 80
_LEAST: Final = 3
"""Windows in a row that must hear a marker, where any is heard for so long."""
_RATE: Final = 16_000


def parts_of(text: str) -> list[str]:
    """The parts of a text between its pauses."""
    return [part for part in _PAUSE.split(text)[::2] if part]


def markers_of(texts: Iterable[str]) -> dict[str, int]:
    """A marker for each part of all texts. Raises ValueError for more than there are."""
    parts = list(dict.fromkeys(part for text in texts for part in parts_of(text)))
    if len(parts) > audio.MARKERS:
        raise ValueError(f"{len(parts)} parts have only {audio.MARKERS} markers")
    return {part: number for number, part in enumerate(parts, 1)}


class PausingVoice:
    """A caller's voice: mu-law at 8 kHz."""

    def __init__(self, markers: Mapping[str, int]) -> None:
        self._markers = markers

    def __call__(self, text: str) -> bytes:
        """Say a text with its pauses."""
        said = b""
        for place, piece in enumerate(_PAUSE.split(text)):
            said += bytes([g711.SILENCE]) * (8 * int(piece)) if place % 2 else _said(piece, self._markers.get(piece, 0))
        return said


@lru_cache(maxsize=256)
def _said(text: str, marker: int) -> bytes:
    pcm = tts.say(text, tts.language_of(text), rate=g711.RATE, pitch=CALLER_PITCH)
    return g711.encode(audio.marked(pcm, marker, g711.RATE) if marker else pcm)


class MarkerRecogniser:
    """Hear the markers of an utterance, in order."""

    def __init__(self, markers: Mapping[str, int]) -> None:
        self._texts = {number: text for text, number in markers.items()}

    def __call__(self, pcm16k: bytes) -> str:
        """The text of an utterance, PCM16 at 16 kHz. Empty where no marker is heard."""
        size, hop = (2 * _RATE * ms // 1000 for ms in (_WINDOW_MS, _HOP_MS))
        runs: list[tuple[int, int]] = []
        for at in range(0, max(1, len(pcm16k) - size + 1), hop):
            heard = audio.marker(pcm16k[at : at + size], _RATE)
            if heard not in self._texts:
                continue
            if runs and runs[-1][0] == heard:
                runs[-1] = (heard, runs[-1][1] + 1)
            else:
                runs.append((heard, 1))
        # A window across two parts may hear a third, or nothing.
        sure = [number for number, windows in runs if windows >= _LEAST] or [number for number, _ in runs]
        heard_in_order = [number for place, number in enumerate(sure) if place == 0 or sure[place - 1] != number]
        if not heard_in_order:
            whole = audio.marker(pcm16k, _RATE)
            heard_in_order = [whole] if whole in self._texts else []
        return " ".join(self._texts[number] for number in heard_in_order)
