"""Text that can go on to sentences and to the voice: whole characters, nothing invisible that breaks a peer.

A model's token may hold half an emoji: its UTF-16 halves arrive as `"\\ud83d"` and `"\\ude00"` in two JSON strings.
They are joined here; a half that stays alone is dropped, as are control characters, NUL and U+FFFD (what is left of
broken UTF-8). Newlines and tabs stay; so do bidi marks and joiners, which belong to the language.
"""

from __future__ import annotations

import re

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffd-\uffff\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("([\ud800-\udbff])([\udc00-\udfff])")


def _joined(pair: re.Match[str]) -> str:
    high, low = ord(pair[1]) - 0xD800, ord(pair[2]) - 0xDC00
    return chr(0x10000 + (high << 10) + low)


class Sanitizer:
    """Cleans a text that arrives in pieces; the result does not depend on where it was cut."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """The speakable part of `text`, after what was held back. May be empty."""
        if text.isprintable() and "\ufffd" not in text and not self._half:
            return text
        text, self._half = self._half + text, ""
        if _HALVES.search(text):
            if "\ud800" <= text[-1] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = _PAIR.sub(_joined, text)
        return _UNSPEAKABLE.sub("", text)


def speakable_whole(text: str) -> str:
    """The same for a text that is complete."""
    return Sanitizer().feed(text)
