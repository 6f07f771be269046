"""Tell words from what else a transcript holds: marks, notes about sounds, lines that STT makes up.

STT writes something for noise, music and silence as well: `.`, `♪♪`, `[BLANK_AUDIO]`, `(music)`, or the last line of a
video. Nothing of it was said to the agent.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.turn_end import folded

_PAIRS: Final = ("()", "[]", "{}", "<>", "（）", "［］", "【】", "〔〕")
_NOTE: Final = re.compile(
    # A note whose end is missing goes to the end of the text; a song that does not end may be over.
    "|".join(rf"\{a}[^\{a}\{b}]*(?:\{b}|$)" for a, b in _PAIRS)
    + r"|\*+[^*]*(?:\*+|$)|[♩-♯🎵🎶]+[^♩-♯🎵🎶]*[♩-♯🎵🎶]+|[♩-♯🎵🎶]+"
)
_NESTED_MOST: Final = 3
"""Notes within notes that are looked into."""
_LETTERS: Final = re.compile(r"[^\W_]+")
_NO_SPEECH: Final = re.compile(r"(?:blank|no|inaudible|unintelligible) (?:audio|speech|sound|words?)|inaudible")
"""What STT writes for silence without a bracket."""

_MADE_UP: Final = frozenset(
    " ".join(_LETTERS.findall(folded(line)))
    for line in (
        "thanks for watching", "thank you for watching", "thank you so much for watching", "please subscribe",
        "please like and subscribe", "don't forget to subscribe", "don't forget to like and subscribe",
        "subscribe to my channel", "please subscribe to my channel", "see you in the next video",
        "i'll see you in the next video", "subtitles by the amara org community", "music playing", "upbeat music",
        "شكرا للمشاهدة", "شكرا على المشاهدة", "شكرا لكم على المشاهدة", "شكرا لمشاهدتكم", "اشتركوا في القناة",
        "اشترك في القناة", "لا تنسوا الاشتراك في القناة", "لا تنسى الاشتراك في القناة", "ترجمة نانسي قنقر",
        "نلتقي في الفيديو القادم", "اراكم في الفيديو القادم", "موسيقى هادئة",
    )
)  # fmt: skip
"""Whole transcripts of noise: STT has learnt them from videos, and callers do not say them to an agent."""


def words_in(transcript: str) -> str:
    """Return what a transcript says, without notes about sounds; empty when it holds no words."""
    said = transcript
    for _ in range(_NESTED_MOST):
        said = _NOTE.sub(_unless_digits, said)
    # Marks alone are no words; beside words they belong to them.
    letters = " ".join(_LETTERS.findall(folded(said)))
    if not letters or letters in _MADE_UP or _NO_SPEECH.fullmatch(letters):
        return ""
    return " ".join(said.split())


def _unless_digits(note: re.Match[str]) -> str:
    # Numbers stand in brackets too, as in (555) 010-4477.
    return note[0] if any(char.isdigit() for char in note[0]) else " "
