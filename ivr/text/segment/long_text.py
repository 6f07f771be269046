"""Where to cut a text that has no stop: a clause mark, else before a joining word, else a blank.

A cut keeps together what is read together: digits of one number, a number and the word it counts, a title and its
name. Inside a word only when a single word is longer than the whole room there is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ivr.text.segment.punctuation import UNSEEN, words

CLAUSE: Final = re.compile(r"[,;:](?=\s)|[،؛](?=\s|[^\W\d_])|(?<=\s)[–—-](?=\s)|—")
_JOINING: Final = re.compile(
    r"\s(?=(?:و\w\w|ثم\s|لكن\s|ولكن\s|أو\s|او\s|بس\s|but\s|and\s|or\s|then\s|because\s|which\s))"
)
_BLANK: Final = re.compile(r"(?<![\d٠-٩٪%$€£])(?<!\s[دمأ]\.)\s+(?![\d٠-٩$€£%٪])")
_ANY_BLANK: Final = re.compile(r"(?<=[^\d\s])\s+|\s+(?=[^\d\s])")
_LAST_CLAUSE: Final = re.compile(r"(?<=[^\W\d_])[،؛]\s*\Z")
_PHRASES: Final = words(
    "في من إلى الى على عن مع بعد قبل عند خلال حتى لين ثم أو او لكن ولكن لأن لان عشان علشان إذا اذا حيث "
    "in on at from with by for and or but because that which when after before until since if while so then"
)
"""Words before which a speaker may breathe."""
_BEFORE_PHRASE: Final = re.compile(r"(?<=[^\W\d_]{3})\s+(?=([^\W\d_]+)\s|و[^\W\d_]{2})")

_OPEN: Final = re.compile(r"<[^<>]{0,80}\Z|\[[^\[\]]{0,120}\Z|\]\([^()]*\Z")
_HEAVIEST: Final = 1200
"""What a piece may weigh: about the characters that are said for it."""
_DIGIT: Final = 10
_SIGN: Final = 14
_CAPITAL: Final = 7
_SIGNS: Final = frozenset("%٪$€£﷼°+=&@_#×")


def clause_end(text: str, least: int, most: int) -> int:
    """Just after the first clause mark at `least` to `most` characters; 0 if there is none yet."""
    for found in CLAUSE.finditer(text, max(0, least - 1), most + 1):
        if found.end() <= most and not _OPEN.search(text, 0, found.end()):
            return found.end()
    return 0


def breath(text: str, clause: int, phrase: int | None) -> int:
    """Where a speaker with no more words could pause: behind the last clause mark from `clause` characters on, else,
    if `phrase` is not None, before a word from there on that begins another phrase; 0 if nowhere."""
    for pattern, least in ((CLAUSE, clause), (_LAST_CLAUSE, clause), (_BEFORE_PHRASE, phrase)):
        place = 0
        for found in pattern.finditer(text) if least is not None else ():
            if found.end() >= (least or 0) and _may_pause(found):
                place = found.end()
        if place:
            return place
    return 0


def _may_pause(found: re.Match[str]) -> bool:
    if _OPEN.search(found.string, 0, found.end()):
        return False
    if found.re is not _BEFORE_PHRASE:
        return True
    before = found.string[: found.start()].split()[-1]
    return before not in _PHRASES and (found[1] is None or found[1].lower() in _PHRASES or found[1].startswith("و"))


def cut(text: str, least: int, most: int) -> int:
    """The best place to cut in `text[least:most]`, always more than 0; `text` is at least `most` long."""
    for pattern in (CLAUSE, _JOINING, _BLANK, _ANY_BLANK):
        place = 0
        for found in pattern.finditer(text, least, most):
            place = found.end()
        if place:
            return place
    for found in _ANY_BLANK.finditer(text, 0, least):
        return found.end()
    return _between_characters(text, most)


def lighten(text: str) -> list[str]:
    """The text in parts that are not too much to say, digit by digit and sign by sign; nearly always one."""
    parts, weight, start = [], 0, 0
    for place, char in enumerate(text):
        own = _weight(char)
        weight += own
        if weight > _HEAVIEST:
            parts.append(text[start:place].strip())
            weight, start = own, place
    return [part for part in (*parts, text[start:].strip()) if part]


def within(text: str, fit: Callable[[str], str], most: int) -> list[tuple[str, str]]:
    """The text in parts of which `fit` makes at most `most` characters, each with what it makes; nearly always one."""
    said = fit(text).strip()
    if len(said) <= most or len(text) < 2:
        return [(text, said[:most])] if said else []
    place = cut(text, len(text) // 3, max(1, 2 * len(text) // 3))
    return within(text[:place].strip(), fit, most) + within(text[place:].strip(), fit, most)


def _weight(char: str) -> int:
    if char.isdecimal():
        return _DIGIT
    if char in _SIGNS:
        return _SIGN
    if char.isascii():
        return _CAPITAL if char.isupper() else 1
    if "\u0600" <= char <= "\u06ff":
        return 1
    if char.isnumeric():
        return 2 * _DIGIT
    return 2 * len(unicodedata.normalize("NFKC", char))


def _between_characters(text: str, most: int) -> int:
    place = most
    while place > most // 2 and (unicodedata.combining(text[place - 1]) or text[place - 1] in UNSEEN):
        place -= 1
    return place if place > most // 2 else most
