"""What is written -> what is said."""

from __future__ import annotations


def speakable(text: str, language: str = "ar") -> str:
    """Text fit for the voice."""
    return " ".join(text.split())
