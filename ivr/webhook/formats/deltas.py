"""Decide what of a delta is new, and what joins it to the words before it. Both by content, whichever agent wrote it.

Agents send new words, the text so far, or a part of the answer again as a whole; some words come with their blanks and
some without. Whitespace tells nothing about a repetition: `Sure,\\n` and `done.` make the same whole as `Sure, done.`.
"""

from __future__ import annotations

import re
from typing import Final

ENDS_SENTENCE: Final = re.compile(r"[.!?؟。…][\"'”»)\]]*\s*\Z")
_MARKS: Final = re.compile(r"[\W_]+")
_CURSORS: Final = "▌█▍▋▊▉▏"
_ANY_LETTER: Final = re.compile(r"[^\W_]")
_MAY_FOLLOW: Final = re.compile(r"[\w\"'“«(\[]")
_LONGEST_WORD: Final = 16
"""Letters. Deltas without a single blank that are longer together are words, each without its blank."""
_ONE_WORD: Final = re.compile(r"[\w\u064b-\u065f\u0670'’-]*[.,!?؟،؛:…]*")
"""A word, a number or a mark that ends one."""
_MOST_HELD: Final = 16
"""Deltas that wait until it is known whether they are words."""
_NEAR_DELTAS: Final = 12
"""Deltas back from the last one at which a part that is repeated may have begun, besides the beginnings of parts."""


class Repeats:
    """Follow the deltas of one reply, and return what each adds."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._segment = 0
        self._segment_at = 0
        self._key = ""
        self._growing = False
        self._last = ""
        self.another = False
        """Whether the last delta began another message than the text so far, or ended one."""

    def begin_segment(self) -> None:
        """Begin a new message: a text so far, or a whole, may count from here."""
        self._segment, self._segment_at = len(self._parts), self._length

    def note(self, text: str) -> None:
        """Remember words that are said."""
        if text:
            self._parts.append(text)
            self._length += len(text)

    def new(self, text: str, key: str = "") -> str:
        """Return what of a delta was not said before. `key`: where it stood; another one makes a repeat likelier."""
        # Some show a cursor behind the text so far.
        text = text.rstrip(_CURSORS) if text[-1:] in _CURSORS else text
        fresh = self._fresh(text, bool(self._key) and key != self._key)
        self._key = self._key or key
        self._last = text if fresh else self._last
        if fresh and not fresh[0].isspace() and self._parts and ENDS_SENTENCE.search(self._parts[-1][-8:]):
            self.begin_segment()
        return fresh

    def _fresh(self, text: str, elsewhere: bool) -> str:
        self.another = False
        if not self._parts or not text.strip():
            return text
        if self._growing:
            if text.startswith(self._last):
                return text[len(self._last) :]
            if self._last.startswith(text.rstrip()):
                return ""
            # It was no text so far after all, or it was and another message begins.
            self._growing = self.another = not (text[0].isspace() or self._last[-1].isspace())
        words = len(text.split())
        # Nearly every delta is a token, much shorter than what was said: neither the text so far nor a whole.
        longest = 2 * len(text) + 8
        if words == 1 and longest < self._length - self._segment_at and not elsewhere:
            return text
        for start in self._starts(text, words):
            said = self._parts[start:]
            # A delta that brings its own blank goes on: neither the text so far nor a whole begins with one.
            if text[0].isspace() and not said[0][0].isspace():
                continue
            rest = _behind("".join(said), text, loose=len(said) > 1 or words > 1)
            if rest is None and words > 2 and len(said) > 1 and letters_of("".join(said)) == letters_of(text):
                rest = ""
            if rest is None:
                continue
            if rest:
                if start in (0, self._segment) and _grows("".join(said), rest):
                    self._growing = self._growing or sum(map(bool, map(str.strip, said))) == 1
                    return rest
            elif self._repeats(said, text, words, start, elsewhere):
                self.another = True
                return ""
        # Under another key a sentence is said again.
        again = elsewhere and words > 2 and letters_of(text) in letters_of("".join(self._parts))
        return "" if again else text

    def _starts(self, text: str, words: int) -> list[int]:
        """Return the deltas with which the text that is repeated may have begun."""
        longest = 2 * len(text) + 8
        ends = {start: self._length - at for start, at in ((0, 0), (self._segment, self._segment_at))}
        starts = {start for start, length in ends.items() if 0 < length <= longest}
        if words > 1:
            length = 0
            for start in range(len(self._parts) - 1, max(-1, len(self._parts) - _NEAR_DELTAS - 1), -1):
                length += len(self._parts[start])
                starts.update([start] if length <= longest else [])
        begins = _first_letter(text)
        return sorted(
            start for start in starts if start < len(self._parts) and _begins_alike(self._parts, start, begins)
        )

    def _repeats(self, said: list[str], text: str, words: int, start: int, elsewhere: bool) -> bool:
        """Return whether a text that equals these deltas repeats them. Else the agent says the same words again."""
        spoken = [part.strip() for part in said if part.strip()]
        if len(spoken) > 1:
            # `1`, `1`, `11` are four ones, and `no `, `no `, `no no` four words. Words that would touch are a whole.
            touching = not said[-1][-1].isspace()
            if words == 1:
                return touching and len(set(spoken)) > 1 and start in (0, self._segment)
            return touching or len(set(spoken)) > 1
        ends = bool(ENDS_SENTENCE.search(text))
        if start in (0, self._segment):
            return elsewhere or (words > 1 and (ends or not text[-1:].isspace()))
        return words > 2 and ends and not text[-1:].isspace()


def _first_letter(text: str) -> str:
    found = _ANY_LETTER.search(text)
    return found[0].casefold() if found else ""


def _begins_alike(parts: list[str], start: int, letter: str) -> bool:
    """Return whether the parts from this one begin with a letter; marks before it do not count."""
    return next((first for part in parts[start : start + _NEAR_DELTAS] if (first := _first_letter(part))), "") == letter


def _behind(said: str, text: str, *, loose: bool) -> str | None:
    """Return what of a text stands behind what was said; None if it does not begin with it."""
    if text.startswith(said) and said.strip():
        return text[len(said) :]
    bare = "".join(said.split())
    if not loose or not bare or not "".join(text.split()).startswith(bare):
        return None
    at = 0
    for letter in bare:
        at = text.index(letter, at) + 1
    rest = text[at:]
    return rest.lstrip() if said[-1:].isspace() else rest


def _grows(said: str, rest: str) -> bool:
    """Return whether a text that goes on with `rest` is the text so far, and no new word that begins alike."""
    # The digits of a code may repeat: `1` and `12` are two deltas.
    return any(map(str.isalpha, said)) or (rest[:1].isspace() and any(map(str.isalpha, rest)))


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, which tell it from another one."""
    return _MARKS.sub("", text).casefold()


class Joints:
    """Put the blanks between deltas that have none of their own.

    Deltas of a model carry their blanks, and are joined as they are. Where no delta has any, deltas that are longer
    together than a word are words; a few are held until that is known. A sentence never touches the next one.
    """

    def __init__(self) -> None:
        self._own = False
        self._words = False
        self._apart = False
        self._held: list[str] = []
        self._letters: int | None = 0
        self._before = ""

    def separate(self, apart: bool) -> None:
        """Begin a new message with the next delta, or not, unless the deltas carry their own blanks."""
        self._apart = apart and not self._own

    def divide(self) -> None:
        """Begin a new message with the next delta, whatever the deltas carried so far."""
        self._apart, self._own = True, False

    def add(self, text: str) -> str:
        """Return the words that can be said with this delta."""
        if not text:
            return ""
        before, self._before = self._before, text
        apart, self._apart = self._apart, False
        if text[-1].isspace() or (before and (text[0].isspace() or before[-1].isspace())):
            self._own = True
        if apart and before and not before[-1].isspace() and not text[0].isspace():
            self._letters = self._counted(text, 0)
            return f"{self.finish()}\n{text}"
        if self._own:
            return self.finish() + text if self._held else text
        if not before:
            self._letters = self._counted(text, 0)
            return text
        # Two sentences that touch are two messages. `example.` and `com` are not: a name goes on in small letters.
        begins = text[0].isupper() or "\u0600" <= text[0] <= "\u06ff" or text[0] in '"“«'
        # So are two phrases, the second with a capital letter.
        phrases = text[0].isupper() and before[-1].islower() and _is_phrase(text) and _is_phrase(before)
        if phrases or (begins and not text[0].isdecimal() and ENDS_SENTENCE.search(before[-8:])):
            self._letters = self._counted(text, 0)
            return f"{self.finish()} {text}"
        if self._words:
            return _spaced(text)
        self._letters = self._counted(text, self._letters)
        if self._letters is None:
            return self.finish() + text
        self._held.append(text)
        if self._letters <= _LONGEST_WORD:
            return ""
        self._words = True
        held, self._held = self._held, []
        return "".join(map(_spaced, held))

    def finish(self) -> str:
        """Return what was held back, joined as it is."""
        held, self._held = "".join(self._held), []
        return held

    def _counted(self, text: str, letters: int | None) -> int | None:
        """Return the letters of the deltas so far that may be words; None where nothing tells that they are."""
        # Letters by themselves are pieces of words.
        piece = len(text) == 1 and text.isalpha() and bool(letters)
        if letters is None or piece or len(self._held) >= _MOST_HELD or not _ONE_WORD.fullmatch(text):
            return None
        return letters + sum(map(str.isalpha, text))


def _is_phrase(text: str) -> bool:
    """Return whether a text has a blank inside."""
    return any(map(str.isspace, text[1:-1]))


def _spaced(text: str) -> str:
    return f" {text}" if _MAY_FOLLOW.match(text) else text
