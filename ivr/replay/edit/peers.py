"""Find words that may stand in for a word on which the end of a turn rests: digits, letters, months, cities.

Such words say something of the caller, so they cannot stay; and a call decides by them, so no other word will do. Each
has peers that are read in the same way. Whether they are judged alike as well, `alike` says of the whole text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ivr.text.turn.answer.dates import BIRTH_DIGITS, DATE_MONTHS
from ivr.text.turn.answer.letters import LETTER_CLASSES
from ivr.text.turn.answer.numbers import NOUGHTS, NUMBER_CLASSES, read_dictation
from ivr.text.turn.answer.places import ADDRESS_CITIES, FULL_NAME
from ivr.text.turn.answers import CHOICE
from ivr.text.turn.arabic_verbs import verb_of
from ivr.text.turn.arabic_words import ARABIC_NAMES, ArabicWord, in_place, read_word
from ivr.text.turn.words import folded, is_arabic, words_of
from ivr.text.turn_end import judge_words

_MORE_THAN_A_MONTH: Final = frozenset(("may", "march", "mar", "حزيران"))
_LETTERS_ALONE: Final = frozenset("abcdefghijklmnopqrstuvwxyz")
_UNIT_CLASSES: Final = NUMBER_CLASSES[:2]
_ALIKE_CLASSES: Final = (
    *NUMBER_CLASSES,
    *(
        frozenset(word for word in table - _MORE_THAN_A_MONTH if word.isascii() is latin)
        for table in (DATE_MONTHS, ADDRESS_CITIES)
        for latin in (True, False)
    ),
    *LETTER_CLASSES,
)
SECRET_WORDS: Final = frozenset[str]().union(*_ALIKE_CLASSES, NOUGHTS, ARABIC_NAMES) - _LETTERS_ALONE
"""Words that say something of the caller, although rules know them."""
_AND: Final = "و"
_ARTICLE_JOINED: Final = ("بال", "لل", "عال", "كال")
_CASES: Final = (
    ("", 0), ("open", 0), ("open", CHOICE), ("yes_no", 0), ("name", 0), ("name", FULL_NAME), ("date", 0),
    ("date", BIRTH_DIGITS), ("address", 0), ("email", 0), ("digits", 0), ("digits", 4), ("digits", 6), ("digits", 10),
    ("digits", 13), ("digits", 24),
)  # fmt: skip
"""What may have been asked for: the words are judged alike whatever it was."""


@lru_cache(maxsize=4096)
def peers_of(word: str) -> tuple[str, ...]:
    """Return the words that may stand in for a folded word, itself among them; none: it is no such word."""
    joined = word[:1] == _AND and _class_of(word) is None
    plain = word[1:] if joined else word
    if (members := _class_of(plain)) is None:
        return ()
    role = role_of(plain)
    return tuple(sorted((_AND if joined else "") + one for one in members if role_of(one) == role))


def _class_of(word: str) -> frozenset[str] | None:
    # A nought stands for any digit: digits one by one have no other rule.
    if word in NOUGHTS and word not in ("oh", "o"):
        return _UNIT_CLASSES[0] if word.isascii() else _UNIT_CLASSES[1]
    return next((members for members in _ALIKE_CLASSES if word in members), None)


def role_of(word: str) -> object:
    """Return what grammar knows of a folded word by its letters; None: nothing."""
    if not word or not is_arabic(word):
        return None
    read = read_word(word)
    return read._replace(text=""), in_place(read, ArabicWord("", "not")).kind


def is_known(word: str) -> bool:
    """Return whether grammar knows a folded Arabic word as itself, or as a form of one that it knows."""
    if not word or not is_arabic(word):
        return False
    read = read_word(word)
    if read.kind == "verb":
        return verb_of(read.text) is not None
    # The rest is told by its first letters alone.
    return read.kind not in ("bare", "definite") and not read.text.startswith(_ARTICLE_JOINED)


def alike(one: str, other: str) -> bool:
    """Return whether two texts are judged in the same way, whatever was asked for."""
    said, now = (read_dictation(words_of(folded(text))) for text in (one, other))
    cases = (*_CASES, ("digits", len(said.digits)), ("digits", len(said.digits) + said.letters))
    return len(said.digits) == len(now.digits) and all(
        judge_words(one, *case) == judge_words(other, *case) for case in cases
    )
