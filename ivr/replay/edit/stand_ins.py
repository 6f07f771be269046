"""Put stand-ins in the place of words and numbers: of the same length and shape, and always the same for the same word.

Letters stay letters of their script, vowels vowels, capitals capitals, digits digits; blanks and punctuation stay. What
stays readable are the words that the call's own rules know ("yes", "wait", "and"), because decisions rest on them:
`RULE_WORDS`. Stand-ins are made with a key, so that words cannot be tried without the recording until one fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from hashlib import blake2b
from types import ModuleType
from typing import Any, Final

from ivr.text import overlap_words, transcript, turn_end, which_language
from ivr.text.normalize import dates, money, times, units
from ivr.text.normalize.numbers import cardinal_ar, cardinal_en, nouns_ar, numerals, ordinals_ar
from ivr.text.segment import abbreviations, long_text, sentences
from ivr.text.turn import answers, arabic, asked, english, words
from ivr.text.turn_end import FOLDED_WORD, folded

_MARKED_WORD: Final = r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u065f\u0670])*"
_TOKEN: Final = re.compile(rf"{_MARKED_WORD}(?:['’]{_MARKED_WORD})?|\d+")
_ESCAPED: Final = re.compile(r"\\u\w{4}|\\.")
"""What is no word in a regular expression."""
_AND: Final = "و"
"""Begins an Arabic word that goes on with a sentence: such words still begin with it, and no others do."""
_REPEATED_LETTER: Final = re.compile(r"(.)\1+")
_KNOWN_BEGINNINGS: Final = (("9665", 11), ("05", 9))
"""Beginnings of numbers that a rule knows, and how long such a number is at least: they stay."""
_LETTER_CLASSES: Final = (
    "aeiou",
    "bcdfghjklmnpqrstvwxyz",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "أإآ",
    "ؤئء",
)
"""Letters that stand in for each other."""
_LETTER_PEERS: Final = {letter: letters for letters in _LETTER_CLASSES for letter in letters}
_ATTEMPTS_MOST: Final = 64


def words_of(*modules: ModuleType) -> frozenset[str]:
    """Return the words in the tables of modules, folded."""
    return frozenset(word for module in modules for value in vars(module).values() for word in _words_in(value))


def _words_in(value: Any) -> Iterator[str]:
    """Yield the words of a table. A text alone is none."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        value = (_ESCAPED.sub(" ", value.pattern),)
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, frozenset | tuple):
        for one in value:
            yield from FOLDED_WORD.findall(folded(one)) if isinstance(one, str) else _words_in(one)


_TURN_WORDS: Final = words_of(turn_end, answers, arabic, asked, english, words)
RULE_WORDS: Final = _TURN_WORDS | words_of(
    overlap_words, which_language, transcript, abbreviations, long_text, sentences
)
"""Words that decide something: overlaps, ends of turns, the language, notes in transcripts, ends of sentences."""
NUMBER_WORDS: Final = words_of(dates, money, times, units, cardinal_ar, cardinal_en, nouns_ar, numerals, ordinals_ar)
"""Words that decide how a number is said."""


class StandIns:
    """Make the stand-ins of one tape."""

    def __init__(self, key: bytes, kept: Set[str], originals: Iterable[str]) -> None:
        """Make stand-ins with a key. `kept`: folded words that stay. `originals`: every text of the tape."""
        self._key = key
        self._kept = kept
        self._made: dict[str, str] = {}
        # No stand-in is a word or a number that was said elsewhere.
        self._taken = {token.casefold() for text in originals for token in _TOKEN.findall(text)}

    def text(self, text: str) -> str:
        """Return a text with stand-ins, as long as it is."""
        return _TOKEN.sub(lambda token: token[0] if self._stays(token[0]) else self._of(token[0]), text)

    def name(self, text: str) -> str:
        """Return what stands in for an id: no word in it decides anything."""
        return _TOKEN.sub(lambda token: self._of(token[0]), text)

    def digit(self, key: str, place: int, staying: str) -> str:
        """Return what stands in for a key that was pressed; `place` counts the keys. Keys with a meaning stay."""
        peers = "0123456789" if key in "0123456789" and key else "ABCD" if key in "ABCD" and key else ""
        peers = "".join(one for one in peers if one not in staying)
        return key if key in staying or not peers else peers[self._bytes(f"key {place}")[0] % len(peers)]

    def keeps(self, word: str) -> bool:
        """Return whether a word stays as it is."""
        plain = folded(word)
        return plain in self._kept or _REPEATED_LETTER.sub(r"\1", plain) in self._kept

    def _stays(self, token: str) -> bool:
        return not token[0].isdecimal() and self.keeps(token)

    def _of(self, token: str) -> str:
        if token in self._made:
            return self._made[token]
        made = token
        for attempt in range(_ATTEMPTS_MOST):
            # The same word has the same stand-in, however its letters are written.
            random = iter(self._bytes(f"{attempt} {folded(token)}") * (1 + len(token) // 32))
            made = self._number(token, random) if token[0].isdecimal() else _letters(token, random)
            if made.casefold() not in self._taken and not self.keeps(made):
                break
        self._made[token] = made
        return made

    def _number(self, token: str, random: Iterator[int]) -> str:
        known = next(
            (known for known, least in _KNOWN_BEGINNINGS if token.startswith(known) and len(token) >= least), ""
        )
        made = [self._digit(char, next(random)) for char in token]
        # A number that begins with nothing still does, and no other one does.
        if not known and int(token[0]) != 0 and made:
            made[0] = self._digit(token[0], 1 + int(unicodedata.decimal(made[0])) % 9)
        elif not known:
            made[0] = token[0]
        return known + "".join(made)[len(known) :]

    def _digit(self, char: str, value: int) -> str:
        """Return another digit, written as this one is: Arabic ones stay Arabic."""
        return chr(ord(char) - unicodedata.decimal(char) + value % 10)

    def _bytes(self, what: str) -> bytes:
        return blake2b(what.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()


def _letters(word: str, random: Iterator[int]) -> str:
    made = "".join(_letter(char, next(random)) for char in word)
    if word[0] == _AND:
        return _AND + made[1:]
    return made if made[0] != _AND else "ي" + made[1:]


def _letter(char: str, value: int) -> str:
    """Return another letter of the same kind."""
    small = char.lower()
    peers = _LETTER_PEERS.get(small)
    if peers is None:
        # Another script: the letters around it that are of its kind.
        start = ord(char) & ~31
        kind = unicodedata.category(char)
        near = [chr(code) for code in range(start, start + 32) if unicodedata.category(chr(code)) == kind]
        return near[value % len(near)] if kind.startswith("L") else char
    made = peers[value % len(peers)]
    return made.upper() if char != small else made
