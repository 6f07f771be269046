"""Find where to cut a text that has no stop: at a clause mark, else before a joining word, else at a blank.

A cut keeps together what is read together: digits of one number, a number and the word it counts, a title and its
name. It falls inside a word only when that word is longer than the whole chunk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from ivr.text.segment.punctuation import CURRENCY_SIGNS, UNSEEN, word_set

# A comma needs a blank behind it (`1,250`), an Arabic one a blank or a letter. A dash needs blanks around
# it, and no number in front.
_CLAUSE_MARK: Final = re.compile(
    r"[,;](?=\s)|(?<!\s[^\W\d_]):(?=\s)|[،؛](?=\s|[^\W\d_])|(?<=[^\d\s]\s)[–—-](?=\s)|(?<!\d)—"
)
_BEFORE_JOINING_WORD: Final = re.compile(
    r"(?<=[^\W\d_])\s(?=(?:و\w\w|ثم\s|لكن\s|ولكن\s|أو\s|او\s|بس\s|but\s|and\s|or\s|then\s|because\s|which\s))"
)
# Between two words, not beside a number or a sign (`250 ريال`), not behind the stop of a title (`Dr. Smith`).
_SAFE_BLANK: Final = re.compile(r"(?<=[^\W\d_])\s+(?=[^\W\d_])")
# A number in the last two words, which may still be counting: `5 ملايين ريال`.
_NUMBER_NEAR: Final = re.compile(rf"[\d%٪{CURRENCY_SIGNS}]\S{{0,24}}(?:\s+\S{{1,24}}){{0,2}}\s*\Z")
_NUMBER_REACH: Final = 60
"""Characters in which the last two words are looked for."""
# Beside a number, but not between two groups of one (`050 123 4567`).
_ANY_BLANK: Final = re.compile(r"(?<=[^\d\s])\s+|(?<!\s)\s+(?=[^\d\s])")
# A clause mark that is the last character so far; behind a digit more digits may follow.
_FINAL_CLAUSE: Final = re.compile(r"(?<=[^\W\d_])[،؛]\s*\Z")
_PHRASE_OPENERS: Final = word_set(
    "في من إلى الى على عن مع بعد قبل عند خلال حتى لين ثم أو او لكن ولكن لأن لان عشان علشان إذا اذا حيث "
    "in on at from with by for and or but because that which when after before until since if while so then"
)
"""Words before which a speaker may pause."""
_BLANK_BEFORE_WORD: Final = re.compile(r"(?<=[^\W\d_]{3})\s+(?=([^\W\d_]+)\s|و[^\W\d_]{2})")
# Inside a tag, or in the label or the target of a link: a cut there would leave marks that no rule recognises.
_OPEN_MARKUP: Final = re.compile(r"<[^<>]{0,80}\Z|\[[^\[\]]{0,120}\Z|\]\([^()]*\Z")

# About how many characters are said for one that is written: a digit for a number word, a capital for its name.
_DIGIT_WEIGHT: Final = 10
_SIGN_WEIGHT: Final = 14
_CAPITAL_WEIGHT: Final = 7
_MAX_WEIGHT: Final = 1200
_SPOKEN_SIGNS: Final = frozenset(f"%٪{CURRENCY_SIGNS}°+=&@_#×")


def clause_end(text: str, least: int, most: int) -> int:
    """Return the place behind the first clause mark at `least` to `most` characters; 0 if there is none yet."""
    for found in _CLAUSE_MARK.finditer(text, max(0, least - 1), most + 1):
        if found.end() <= most and not _OPEN_MARKUP.search(text, 0, found.end()):
            return found.end()
    return 0


def pause_place(text: str, clause: int, phrase: int | None) -> int:
    """Return where a speaker who has no more words could pause; 0 if nowhere.

    That is behind the last clause mark from `clause` characters on. Else, if `phrase` is not None, it is before the
    last word from `phrase` characters on that opens another phrase.
    """
    for pattern, least in ((_CLAUSE_MARK, clause), (_FINAL_CLAUSE, clause), (_BLANK_BEFORE_WORD, phrase)):
        place = 0
        for found in pattern.finditer(text) if least is not None else ():
            if found.end() < (least or 0) or _OPEN_MARKUP.search(text, 0, found.end()):
                continue
            if pattern is _BLANK_BEFORE_WORD:
                # `موجودة عند من`: no pause between two words that both open a phrase.
                before, word = text[: found.start()].rsplit(maxsplit=1)[-1], found[1]
                opens = word is None or word.lower() in _PHRASE_OPENERS or word.startswith("و")
                if before in _PHRASE_OPENERS or not opens:
                    continue
            place = found.end()
        if place:
            return place
    return 0


def cut(text: str, least: int, most: int) -> int:
    """Return the best place to cut in `text[least:most]`, always over 0; `text` has at least `most` characters."""
    for pattern in (_CLAUSE_MARK, _BEFORE_JOINING_WORD, _SAFE_BLANK, _ANY_BLANK):
        place = quiet = 0
        for found in pattern.finditer(text, least, most):
            place = found.end()
            if not _NUMBER_NEAR.search(text, max(0, place - _NUMBER_REACH), place):
                quiet = place
        if place:
            return quiet or place
    for found in _ANY_BLANK.finditer(text, 0, least):
        return found.end()
    # One long word: cut it, but not between a letter and its vowel signs.
    place = most
    while place > most // 2 and (unicodedata.combining(text[place - 1]) or text[place - 1] in UNSEEN):
        place -= 1
    return place if place > most // 2 else most


def split_by_weight(text: str) -> list[str]:
    """Split a text into parts that are not too long when spoken, digit by digit and sign by sign; nearly always one."""
    if weight_of_text(text) <= _MAX_WEIGHT:
        return [text] if text.strip() else []
    parts, weight, start = [], 0, 0
    for place, char in enumerate(text):
        own = weight_of(char)
        weight += own
        if weight > _MAX_WEIGHT:
            length = place - start
            blank = start + cut(text[start:place], length // 2, length)
            weight = own + sum(map(weight_of, text[blank:place]))
            parts.append(text[start:blank])
            start = blank
    return [part for part in (*parts, text[start:]) if part.strip()]


def split_to_fit(text: str, speak: Callable[[str], str], most: int) -> Iterator[tuple[str, str]]:
    """Split a text into parts that have at most `most` characters after `speak`; yield each with its result."""
    said = speak(text)
    if len(said) <= most or len(text) < 2:
        yield text, said[:most]
        return
    place = cut(text, len(text) // 3, max(1, 2 * len(text) // 3))
    yield from split_to_fit(text[:place], speak, most)
    yield from split_to_fit(text[place:], speak, most)


def weight_of_text(text: str) -> int:
    """Return about how many characters are said for a text."""
    return sum(map(weight_of, text))


@lru_cache(1024)
def weight_of(char: str) -> int:
    """Return about how many characters are said for one character."""
    if char.isdecimal():
        return _DIGIT_WEIGHT
    if char in _SPOKEN_SIGNS:
        return _SIGN_WEIGHT
    if char.isascii():
        return _CAPITAL_WEIGHT if char.isupper() else 1
    if "\u0600" <= char <= "\u06ff":
        return 1
    # `½` or `Ⅷ` is several digits, `ﷺ` several words.
    return 2 * _DIGIT_WEIGHT if char.isnumeric() else 2 * len(unicodedata.normalize("NFKC", char))
