"""Check the fixed words of a line."""

from __future__ import annotations

from typing import Final

LONGEST_PHRASE: Final = 1000
"""Characters of a fixed phrase; a synthesis takes 2000."""


def check_phrase(text: str) -> str | None:
    """Return what is wrong with a phrase."""
    if len(text) > LONGEST_PHRASE:
        return f"is longer than {LONGEST_PHRASE} characters: shorten it"
    if any(ord(character) < 32 and character not in "\t\n\r" for character in text):
        return "holds control characters: remove them"
    return None
