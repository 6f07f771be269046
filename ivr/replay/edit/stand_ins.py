"""Put stand-ins in the place of words and numbers: of the same length and shape, and always the same for the same word.

Letters stay letters of their script, vowels vowels, capitals capitals, digits digits; blanks and punctuation stay. What
stays readable are the words that the call's own rules know ("yes", "wait", "and"), because decisions rest on them:
`RULE_WORDS`. Stand-ins are made with a key, so that words cannot be tried without the recording until one fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from hashlib import blake2b
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, Final

import ivr.text.turn
from ivr.replay.edit.peers import SECRET_WORDS, alike, is_known, peers_of, role_of
from ivr.text import overlap_words, transcript, turn_end, which_language
from ivr.text.normalize import dates, money, times, units
from ivr.text.normalize.numbers import cardinal_ar, cardinal_en, nouns_ar, numerals, ordinals_ar
from ivr.text.segment import abbreviations, long_text, sentences
from ivr.text.turn.answer.numbers import NOUGHTS, digit_of, known_start
from ivr.text.turn.asked import asked_for
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
_SIZE_DIGITS: Final = 2
"""Digits of a size: "13-digit"."""
_SPELLED_PEERS: Final = _LETTER_PEERS | {letter: letters for letters in ("a", "i", "o", "eu") for letter in letters}
"""Of a word that is spelled as well: "a", "i" and "o" are words, or a nought, and stay."""
_SENTENCE_ENDS: Final = re.compile(r"[.!?؟]+|$")
_ATTEMPTS_MOST, _ATTEMPTS_OF_ANY, _SAID_ATTEMPTS = 64, 24, 40
_AR_ENDS: Final = re.compile(
    r"(و?(?:ال|بال|لل|عال|كال|هال|ي|ت|ن|ا|أ|)).*?((?:تها|ته|تهم|وني|توا|وها|تني|ها|ة|ه|ات|ين|)$)"
)
"""First and last letters by which an Arabic word is told."""


def words_of(*modules: ModuleType) -> frozenset[str]:
    """Return the words in the tables of modules, folded."""
    return frozenset(word for module in modules for value in vars(module).values() for word in _words_in(value))


def _words_in(value: Any) -> Iterator[str]:
    """Yield the words of a table. A text alone is none."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        value = (_ESCAPED.sub(" ", value.pattern),)
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, frozenset | tuple | list):
        for one in value:
            yield from FOLDED_WORD.findall(folded(one)) if isinstance(one, str) else _words_in(one)


_TURN_MODULES: Final = tuple(
    import_module(found.name) for found in walk_packages(ivr.text.turn.__path__, f"{ivr.text.turn.__name__}.")
)
_TURN_WORDS: Final = words_of(turn_end, *_TURN_MODULES) - SECRET_WORDS
RULE_WORDS: Final = _TURN_WORDS | words_of(
    overlap_words, which_language, transcript, abbreviations, long_text, sentences
)
"""Words that decide something: overlaps, ends of turns, the language, notes in transcripts, ends of sentences."""
NUMBER_WORDS: Final = words_of(dates, money, times, units, cardinal_ar, cardinal_en, nouns_ar, numerals, ordinals_ar)
"""Words that decide how a number is said."""


class StandIns:
    """Make the stand-ins of one tape."""

    def __init__(self, key: bytes, kept: Set[str], originals: Iterable[str], needed: Set[str] = frozenset()) -> None:
        """Make stand-ins with a key. `kept`: folded words that stay. `originals`: every text of the tape.

        `needed`: words and sizes by which the agent's questions are read (`needed_in`): they stay.
        """
        self._needed = needed
        originals = list(originals)
        self._key = key
        self._kept = kept | needed
        self._made: dict[str, str] = {}
        self._spelled_words = {
            words[at]
            for words in ([folded(token) for token in _TOKEN.findall(text)] for text in originals)
            for at in _spelled_in(words)
        }
        # No stand-in is a word or a number that was said elsewhere.
        self._taken = {token.casefold() for text in originals for token in _TOKEN.findall(text)}

    def text(self, text: str) -> str:
        """Return a text with stand-ins, as long as it is."""
        return _TOKEN.sub(lambda token: token[0] if self._stays(token[0]) else self._of(token[0]), text)

    def said(self, text: str) -> str:
        """Return a caller's words with stand-ins with which the end of the turn is judged in the same way.

        A number that is said in words, a month, a city or a letter has a peer of its own wherever it stands: of words
        so few, one that always meant the same would soon be known. So the text may have another length.
        """
        tokens = list(_TOKEN.finditer(text))
        secret = [at for at in range(len(tokens)) if self._is_secret(tokens, at)]
        if not secret:
            return self.text(text)
        made = self.text(text)
        for attempt in range(_SAID_ATTEMPTS):
            made = self._said(text, tokens, secret, attempt)
            if alike(text, made):
                return made
        return made

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
        if plain in self._kept or _REPEATED_LETTER.sub(r"\1", plain) in self._kept:
            return True
        return plain not in SECRET_WORDS and not peers_of(plain[:1]) and is_known(plain)

    def _is_secret(self, tokens: Sequence[re.Match[str]], at: int) -> bool:
        """Return whether a token is a number, or a word that has peers: a letter only beside its like."""
        word = folded(tokens[at][0])
        if word[:1].isdecimal() or (len(word) > 1 and peers_of(word)):
            return True
        beside = (folded(tokens[near][0]) for near in (at - 1, at + 1) if 0 <= near < len(tokens))
        return bool(peers_of(word)) and any(len(one) == 1 or peers_of(one) or one[0].isdecimal() for one in beside)

    def _said(self, text: str, tokens: Sequence[re.Match[str]], secret: Sequence[int], attempt: int) -> str:
        """Return a text in which these tokens have stand-ins of their own, and the others those of all texts."""
        digits = ""
        for at in secret:
            word = folded(tokens[at][0])
            digits += word if word.isdecimal() else digit_of(word)
        # The first digits of a number by which its length is known stay.
        stays = len(known_start(digits))
        spelled = self._spelled(tokens)
        parts, end, before, last = [], 0, "", len(tokens) - 1
        for at, token in enumerate(tokens):
            parts.append(text[end : token.start()])
            end = token.end()
            word = folded(token[0])
            if at in spelled or at not in secret:
                parts.append(spelled.get(at) or self.text(token[0]))
                continue
            before += f" {word}"
            random = iter(self._bytes(f"said {attempt}{before}") * (1 + len(word) // 32))
            known = min(stays, len(word)) if word.isdecimal() else int(bool(stays and digit_of(word)))
            stays -= known
            if word.isdecimal():
                parts.append(token[0][:known] + self._digits(token[0], random)[known:])
            elif known or (attempt >= _SAID_ATTEMPTS // 2 and (word in NOUGHTS or (word == "one" and at == last))):
                # "Thirty nought" is no "thirty one", and "the second one" no number.
                parts.append(token[0])
            else:
                peers = peers_of(word)
                parts.append(_cased(peers[next(random) % len(peers)], token[0]))
        return "".join([*parts, text[end:]])

    def _spelled(self, tokens: Sequence[re.Match[str]]) -> dict[int, str]:
        """Return the letters of words that are spelled behind themselves, by their tokens: those of its stand-in."""
        found = _spelled_in([folded(token[0]) for token in tokens])
        return {
            letter: _cased(other.lower(), tokens[letter][0])
            for at, letters in found.items()
            for letter, other in zip(letters, self.text(tokens[at][0]), strict=False)
        }

    def _digits(self, token: str, random: Iterator[int]) -> str:
        """Return other digits: of a year another one of about its time."""
        if len(token) == len("1988") and (century := folded(token)[:2]) in ("19", "20", "13", "14"):
            made = f"{century}{next(random) % (10 if century == '20' else 100):02}"
            return "".join(self._digit(old, int(new)) for old, new in zip(token, made, strict=True))
        return self._number(token, random)

    def _stays(self, token: str) -> bool:
        return token in self._needed if token[0].isdecimal() else self.keeps(token)

    def _of(self, token: str) -> str:
        if token in self._made:
            return self._made[token]
        made = token
        for attempt in range(_ATTEMPTS_MOST):
            # The same word has the same stand-in, however its letters are written.
            random = iter(self._bytes(f"{attempt} {folded(token)}") * (1 + len(token) // 32))
            if token[0].isdecimal():
                made = self._number(token, random)
            else:
                spelled = folded(token) in self._spelled_words
                peers = _SPELLED_PEERS if spelled else _LETTER_PEERS
                made = _letters(token, random, peers, ends=attempt >= _ATTEMPTS_OF_ANY)
            plain = folded(made)
            is_free = made.casefold() not in self._taken and plain not in SECRET_WORDS and not self.keeps(made)
            if is_free and role_of(plain) == role_of(folded(token)):
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


def needed_in(replies: Iterable[str], kept: Set[str]) -> frozenset[str]:
    """Return the folded words of an agent's replies without which they would ask for something else, sizes too."""
    needed: set[str] = set()
    for reply in replies:
        made = StandIns(b"needed", kept, [reply])
        ends = [found.end() for found in _SENTENCE_ENDS.finditer(reply)]
        asked = {end: asked_for(reply[:end]) for end in ends}
        now = reply
        for token in _TOKEN.finditer(reply):
            word, start, end = folded(token[0]), token.start(), token.end()
            # One after the other, so that of two words that say the same one stays.
            changed = now[:start] + made.text(token[0]) + now[end:]
            decides = any(asked_for(changed[:one]) != asked[one] for one in ends if one >= end)
            if decides and (len(token[0]) <= _SIZE_DIGITS or not token[0].isdecimal()):
                needed.add(word)
            elif word not in needed:
                now = changed
    return frozenset(needed)


def _cased(word: str, like: str) -> str:
    """Return a word with the capitals of another one."""
    return word.upper() if len(like) > 1 and like.isupper() else word.capitalize() if like[:1].isupper() else word


def _spelled_in(words: Sequence[str]) -> dict[int, range]:
    """Return where the letters of folded words stand that are spelled behind themselves, by the places of the words."""
    found = {}
    begins = [at for at in range(1, len(words)) if len(words[at]) == 1 < len(words[at - 1])]
    for at, word in enumerate(words):
        begin = next((one for one in begins if one > at and words[one] == word[0]), len(words))
        end = begin
        while end < len(words) and words[end] == word[end - begin : end - begin + 1]:
            end += 1
        if end > begin and len(word) > 2:
            found[at] = range(begin, end)
    return found


def _letters(word: str, random: Iterator[int], peers: Mapping[str, str], *, ends: bool) -> str:
    """Return other letters. `ends`: the first and the last ones stay that say what an Arabic word is."""
    made = "".join(_letter(char, next(random), peers) for char in word)
    if ends and (found := _AR_ENDS.match(word)):
        return found[1] + made[found.end(1) : found.start(2)] + found[2]
    if word[0] == _AND:
        return _AND + made[1:]
    return made if made[0] != _AND else "ي" + made[1:]


def _letter(char: str, value: int, table: Mapping[str, str]) -> str:
    """Return another letter of the same kind."""
    small = char.lower()
    peers = table.get(small)
    if peers is None:
        # Another script: the letters around it that are of its kind.
        start = ord(char) & ~31
        kind = unicodedata.category(char)
        near = [chr(code) for code in range(start, start + 32) if unicodedata.category(chr(code)) == kind]
        return near[value % len(near)] if kind.startswith("L") else char
    made = peers[value % len(peers)]
    return made.upper() if char != small else made
