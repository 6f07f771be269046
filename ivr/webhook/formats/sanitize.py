"""Clean text for sentences and for speech: whole characters, nothing invisible that breaks the speech service."""

from __future__ import annotations

import re

# Control characters, NUL, noncharacters, lone surrogates, and U+FFFD, which broken UTF-8 leaves behind. Newlines and
# tabs stay; so do bidi marks and joiners, which belong to the language.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffd-\uffff\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Sanitizer:
    """Clean a text that arrives in pieces. The result does not depend on where it was cut."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return the speakable part of `text`, after what was held back. May be empty."""
        if text.isprintable() and "\ufffd" not in text and not self._half:
            return text
        text, self._half = self._half + text, ""
        # A model's token may hold half an emoji: its UTF-16 halves arrive as "\ud83d" and "\ude00" in two JSON strings.
        if _SURROGATES.search(text):
            if "\ud800" <= text[-1] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return _UNSPEAKABLE.sub("", text)


def sanitized(text: str) -> str:
    """Return the speakable part of a text that is complete."""
    return Sanitizer().feed(text)
