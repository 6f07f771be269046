"""Read what is spelled: letters by themselves, by the names that Arabic gives them, "B as in Bravo", "double A".

Several of these names are words too («في», «ان», "a"): such a word is a letter beside other letters alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set


def _names(text: str) -> dict[str, str]:
    """Return the letter of each name of a table: a letter, a colon, its names; then a comma."""
    rows = (row.partition(":") for row in text.split(","))
    return {name: letter.strip() for letter, _, names in rows for name in names.split()}


_CERTAIN: Final = _names(
    "b: بي bee, c: سي see cee, d: دي dee, f: اف ef, g: جي gee, h: اتش ايتش, j: جيه جاي jay, k: كي كيه kay, l: ال el, "
    "m: ام em, n: ان en, q: كيو queue, r: ار ar, s: اس es, t: تي tee, u: يو, v: في vee, w: دبليو, x: اكس ex, "
    "y: واي, z: زد zed zee, o: او, a: ايه, i: اي"
)
_UNCERTAIN: Final = word_set("ان في او ايه اي ال ام يو see ar ex el em en queue bee tee gee")
"""Names of letters that are words as well."""
_ARABIC_LETTERS: Final = word_set(
    "الف با باء تا تاء ثا ثاء جيم حا حاء خا خاء دال ذال را راء زاي سين شين صاد ضاد طا طاء ظا ظاء عين غين فا فاء قاف "
    "كاف لام ميم نون ها هاء واو يا ياء همزه"
)
_UNCERTAIN_ARABIC: Final = word_set("الف عين يا ها نون لام را دال با")
LETTER_CLASSES: Final = (
    frozenset("bcdefghjklmnpqrstuvwxyz"),
    frozenset(name for name in _CERTAIN if name.isascii()) - _UNCERTAIN,
    frozenset(name for name in _CERTAIN if not name.isascii()) - _UNCERTAIN,
    _ARABIC_LETTERS - _UNCERTAIN_ARABIC,
)
"""Letters and their names that are hardly anything else, in classes that are read in the same way."""
_AS_IN: Final = (("as", "in"), ("for",), ("like",), ("زي",), ("مثل",))
_DOUBLES: Final = word_set("double triple dubble دبل")
ANNOUNCE_LETTER: Final = _DOUBLES | word_set("capital uppercase lowercase letter small كابيتال كبتل سمول حرف")
"""Words that announce a letter."""


def letter_of(word: str) -> str:
    """Return the letter that a folded word names, as a letter or by its name; empty: it names none."""
    if len(word) == 1 and word.isalpha():
        return word
    return _CERTAIN.get(word) or (word if word in _ARABIC_LETTERS else "")


def is_plain_letter(word: str) -> bool:
    """Return whether a folded word is a letter and hardly anything else."""
    if len(word) == 1:
        return word.isalpha() and word not in ("a", "i", "و", "o")
    return bool(letter_of(word)) and word not in _UNCERTAIN and word not in _UNCERTAIN_ARABIC


def spelled_tail(words: Sequence[str]) -> tuple[str, int]:
    """Return the letters that folded words end with, and where they begin; none: an empty text, and the end.

    A word that only may be a letter counts between letters, or at their end.
    """
    letters: list[str] = []
    at, certain = len(words), False
    start = at
    while at:
        word = words[at - 1]
        # "B | as in Bravo"
        begins = [
            at - 2 - len(opening)
            for opening in _AS_IN
            if tuple(words[max(0, at - 1 - len(opening)) : at - 1]) == opening
        ]
        if begins and begins[0] >= 0 and letter_of(words[begins[0]]):
            letters.append(letter_of(words[begins[0]]))
            at = start = begins[0]
            certain = True
        elif letter := letter_of(word):
            letters.append(letter)
            at = start = at - 1
            certain = certain or is_plain_letter(word)
        elif word in ANNOUNCE_LETTER:
            at = start = at - 1
            letters += letters[-1:] if word in _DOUBLES else []
        else:
            break
    return ("".join(reversed(letters)), start) if certain else ("", len(words))
