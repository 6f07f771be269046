"""Name the pieces of regular expressions that the rules of this folder share.

A rule finds its text inside a sentence, so most patterns begin and end with an edge from here: an edge refuses a match
in the middle of a word or of a longer number.
"""

from __future__ import annotations

import re
from typing import Final

JOIN_MARK: Final = "\ue000"
"""Stands between a one-letter Arabic word and the number it is written to (`بـ50`); goes with the blanks behind it."""
SILENT_STOP_MARK: Final = "\ue001"
"""Stands in front of a full stop that only ended an abbreviation; goes together with that stop."""

MASK_MARK: Final = "\ue002"
"""Stands for the stars in front of the last digits of a card or an account."""

ANY_DIGIT: Final = re.compile(r"\d")
"""Most rules need a digit; a sentence of words is left alone by a single search."""

STOP_WITHIN: Final = re.compile(r"\.\s?[\u0621-\u064a]")
"""A full stop before an Arabic letter: every dotted form (`ر.س`, `د. سعد`) has one, and few sentences."""

# `[^\W_]` is a letter or a digit of any script.
WORD_START: Final = r"(?<![^\W_])"
WORD_END: Final = r"(?![^\W_])"
# Arabic vowel signs are no letters for `re`, but `مً` is more than the unit `م`.
UNIT_END: Final = r"(?![^\W_]|[\u064b-\u0652])"

# `1,250.75` or `12`; not the `25` of `12.25`, `12/25`, `12:25` or `12-25`.
NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
NUMBER_START: Final = rf"{WORD_START}(?<!\d[.,:/\-])"
NUMBER_END: Final = r"(?![^\W_]|[.,:/]\d)"
# A plus or minus is a sign only at the start of a word: `-5`, but `A-5` is a name.
SIGN: Final = rf"(?:(?<![^\s({JOIN_MARK}])[-−+](?=\d))?"

ARABIC_WEEKDAYS: Final = "الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|السبت"
