"""Streaming sentences: `feed` what comes, get the sentences that became complete.

The rules of the room: a decision depends on the text alone, never on how it was cut into chunks; it is made at the
earliest character that settles it; every character but blanks comes out once, in order, with one exception below. What
has no letter and no digit goes out with the sentence that follows, or, at the end, not at all.

- `؟ ۔`, and `!` after an Arabic letter, end a sentence at once, unless a quote or a bracket is open: then its closing
  is waited for. Stops and closing marks that follow later (`؟!`) are swallowed.
- `.` `…` `!` `?` wait for the next character that is not blank: a lower-case Latin letter, a digit right behind, a
  clause mark say that the sentence goes on. After an abbreviation the next word decides
  (`ivr.text.segment.abbreviations`).
- A newline or a bullet ends what has something to say. `1.` at the start of a sentence is the number of a list's item
  and stays with it; the next number of the list starts a sentence of its own.
- A text without an end is cut at `longest` characters (`ivr.text.segment.long_text`): memory and work a character
  are bounded.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.segment import long_text
from ivr.text.segment.abbreviations import FullStop, first_word, may_follow, stop_after
from ivr.text.segment.punctuation import (
    BULLETS,
    CLAUSES,
    CLOSERS,
    EMOJI,
    NEWLINES,
    STOPS,
    UNSEEN,
    arabic_letter,
    last_seen,
    lower_latin,
    says_something,
)

_WAIT: Final = (-1, -1)
_REACH: Final = 160
"""Characters looked at behind a stop, at most."""
_WORD: Final = 24
"""Characters of the next word that are read, at most."""
_CANDIDATE: Final = re.compile(f"[{re.escape(STOPS + NEWLINES + BULLETS)}。！？)]")
_AT_ONCE: Final = "؟۔。！？"
_RUN: Final = re.compile(rf"(?:[{re.escape(STOPS + CLOSERS)}{EMOJI}]|\[\d{{1,3}}\])+")
_LATE: Final = re.compile(f"[{re.escape(STOPS)}»”’›)\\]}}{UNSEEN}]*")
_NOTE: Final = re.compile(r"[ \t\u00a0]*\[\d{1,3}\]")
_PART_OF_NOTE: Final = re.compile(r"\s*\[\d{0,3}")
_GAP: Final = re.compile(r"[^\S\n\r\x0b\x0c\x85\u2028\u2029]*")
_ITEM: Final = re.compile(r"(?<!\S)[(\u2043•*-]*(\d{1,2}|[A-Za-z])[.)]?\Z")
_FRONT: Final = " \t\n\r\u00a0\"'“«([*_-–—" + BULLETS
_GLUED_ARABIC: Final = re.compile(r"(?<![A-Za-z0-9./@_-])[\u0620-\u065f\u0670]{3,}\Z|(?<![^\s#])\d{3,}\Z")
_GOES_ON_TO: Final = re.compile(r"[,،;؛]\Z|[\s,،](?:and|or|و|أو|او|ثم|then)\Z")
"""What stands before the next number of a list that is told in one sentence."""
_CONSONANTS: Final = re.compile(r"[B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z][b-df-hj-np-tv-z]{0,3}")
_CODE: Final = re.compile(r"[A-Z]+[A-Z0-9/_-]*")
_HALF: Final = re.compile("[\ud800-\udfff]")
_PAIRS: Final = ("«»", "“”", "()", "[]")
_TOGGLES: Final = ('"', "**", "`", "__")


class Segmenter:
    """Text in any chunks -> exact sentences. One reply after the other may pass through; `flush` ends each."""

    _text: str
    """What was fed and has not come out; during a call also what just came out, up to `_from`."""
    _from: int
    """Where the sentence begins."""
    _at: int
    """Where to look on."""
    _half: str
    """The first half of a character that came in two chunks."""
    _item: int | None
    """The number of the list's last item."""
    _listed: bool
    """The sentence is an item of a list."""
    _fresh: bool
    """The text begins where a sentence does."""
    _late: bool
    """What still belongs to the last sentence may follow, to be swallowed."""
    _final: bool
    """Nothing follows."""

    def __init__(self, language: str = "ar", *, longest: int = 300) -> None:
        self.language = language
        self.longest = longest
        self._reset()

    def __repr__(self) -> str:
        return f"<Segmenter {self.language} pending={len(self._text)}>"

    @property
    def pending(self) -> str:
        """What was fed and has not come out."""
        return self._text

    def feed(self, text: str) -> list[str]:
        """The sentences that became complete with `text`."""
        if self._half or _HALF.search(text):
            text = self._whole(text)
        self._text += text
        return self._drain()

    def flush(self) -> list[str]:
        """The rest, as if the text ended here. Ready for the next text."""
        self._final = True
        out = self._drain()
        self._cut(len(self._text), out)
        self._reset()
        return out

    def take(self, length: int) -> str:
        """Take the first characters of what is pending: the rest is no longer the start of a sentence."""
        taken, self._text = self._text[:length], self._text[length:]
        self._at = max(0, self._at - length)
        self._fresh = False
        return taken

    def take_ended(self) -> list[str]:
        """What is pending, if it ends with a stop that most probably ends it; the next text starts a sentence."""
        text = self._text
        found = _CANDIDATE.search(text, self._at)
        if found is None or found[0] in ")" + BULLETS:
            return []
        stop = found.start()
        end = self._run_end(stop)
        if (
            end < len(text.rstrip())
            or last_seen(text, stop, 0).isdigit()
            or self._stop_after(stop) is not FullStop.ORDINARY
        ):
            return []
        out: list[str] = []
        self._cut(len(text), out)
        self._compact()
        return out

    def _reset(self) -> None:
        self._text = ""
        self._from = 0
        self._at = 0
        self._half = ""
        self._item: int | None = None
        self._listed = False
        self._fresh = True
        self._late = False
        self._final = False

    def _whole(self, text: str) -> str:
        """Join halves of one character that came in two chunks, drop lonely ones."""
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text[: len(text) - len(self._half)]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")

    def _drain(self) -> list[str]:
        out: list[str] = []
        while (end := self._next_end()) is not None:
            self._cut(end, out)
        self._compact()
        return out

    def _compact(self) -> None:
        if self._from:
            self._text = self._text[self._from :]
            self._at -= self._from
            self._from = 0

    def _cut(self, end: int, out: list[str]) -> None:
        sentence = self._text[self._from : end].strip()
        self._at = end
        if not says_something(sentence):
            return
        out.append(sentence)
        self._from = end
        self._fresh = True
        if not self._listed:
            self._item = None
        self._listed = False

    def _next_end(self) -> int | None:
        """Where the next sentence ends, None if that is not settled."""
        text = self._text
        if self._late:
            self._swallow()
        while True:
            limit = self._from + self.longest
            found = _CANDIDATE.search(text, self._at, limit)
            if found is None:
                self._at = max(self._at, min(len(text), limit))
                if len(text) < limit or self._at < limit:
                    return None
                place = limit
                if says_something(text[self._from : limit]):
                    place = self._from + long_text.cut(text[self._from : limit], self.longest // 3, self.longest)
                if says_something(text[self._from : place]):
                    return place
                self._from = self._at = place
                continue
            end, at = self._judge(found.start())
            if end < 0:
                self._at = found.start()
                return None
            if end:
                return end
            self._at = at

    def _swallow(self) -> None:
        """Drop what still belongs to the sentence that went out at once."""
        found = _LATE.match(self._text, self._from)
        self._from = self._at = found.end() if found else self._from
        self._late = self._from == len(self._text)

    def _judge(self, stop: int) -> tuple[int, int]:
        """(end, 0): a sentence ends there. (0, at): none does, look on from there. _WAIT: more text settles it."""
        char = self._text[stop]
        if char in NEWLINES:
            return (0, stop + 1) if self._only_item(stop) else (stop + 1, 0)
        if char in BULLETS:
            glued = stop > self._from and not self._text[stop - 1].isspace()
            return (0, stop + 1) if glued or not says_something(self._text[self._from : stop]) else (stop, 0)
        if char == ")":
            return self._judge_item(stop) or (0, stop + 1)
        if char in _AT_ONCE or (char == "!" and arabic_letter(last_seen(self._text, stop, self._from) or " ")):
            return self._judge_at_once(stop)
        return self._judge_stop(stop)

    def _judge_at_once(self, stop: int) -> tuple[int, int]:
        text = self._text
        if not says_something(text[self._from : stop]):
            return 0, stop + 1
        if not self._open(stop + 1):
            self._late = True
            return stop + 1, 0
        end = self._run_end(stop)
        for place in range(stop + 2, end + 1):
            if not self._open(place):
                return self._after_closing(place)
        return _WAIT if end == len(text) and not self._final else (end, 0)

    def _after_closing(self, place: int) -> tuple[int, int]:
        """A stop inside round brackets in the middle of a sentence does not end it."""
        opened = self._text.rfind("(", self._from, place)
        inner = self._text[place - 1] == ")" and says_something(self._text[self._from : opened])
        return (0, place) if inner else (place, 0)

    def _open(self, end: int) -> bool:
        """Whether a quote, a bracket or a markdown mark is open in the sentence so far."""
        text = self._text[self._from : end]
        return any(text.count(a) > text.count(b) for a, b in _PAIRS) or any(text.count(mark) % 2 for mark in _TOGGLES)

    def _in_brackets(self, end: int) -> bool:
        text = self._text[max(self._from, end - _REACH) : end]
        return any(text.count(opener) > text.count(closer) for opener, closer in ("()", "[]", "{}"))

    def _run_end(self, stop: int) -> int:
        """The end of the stops and closers that belong together."""
        found = _RUN.match(self._text, stop, stop + _REACH)
        return found.end() if found else stop + 1

    def _judge_stop(self, stop: int) -> tuple[int, int]:
        text = self._text
        item = self._judge_item(stop) if text[stop] == "." else None
        if item:
            return item
        end = self._run_end(stop)
        while True:
            if end - stop >= _REACH:
                return end, 0
            after = text[end : end + 8]
            if not after or (_PART_OF_NOTE.fullmatch(after) and len(after) + end == len(text)):
                return (0, end) if self._final else _WAIT
            if note := _NOTE.match(text, end):
                end = note.end()
                continue
            if after[0] in NEWLINES:
                return end, 0
            if not after[0].isspace():
                return self._judge_glued(stop, end)
            gap = _GAP.match(text, end, end + _REACH)
            start = gap.end() if gap else end
            if start == len(text):
                return (0, end) if self._final else _WAIT
            if text[start] in NEWLINES or start - end >= _REACH:
                return end, 0
            if text[start] not in STOPS:
                return self._judge_next(stop, end, start)
            more = self._run_end(start)
            if more == len(text):
                return (0, end) if self._final else _WAIT
            if not text[more].isspace():
                return self._judge_next(stop, end, more)
            end = more

    def _judge_glued(self, stop: int, end: int) -> tuple[int, int]:
        """No blank behind the stop: inside a token, unless Arabic words were glued together."""
        text = self._text
        if not arabic_letter(text[end]):
            return 0, end
        before = text[stop - 1 : stop] if stop > self._from else ""
        glued = _GLUED_ARABIC.search(text[max(self._from, stop - 12) : stop])
        several = end - stop > 1 or text[stop] != "."
        if glued or before.isspace() or (several and arabic_letter(before or " ")):
            return end, 0
        return 0, end

    def _judge_next(self, stop: int, end: int, start: int) -> tuple[int, int]:
        """A blank behind the stop: what comes next decides."""
        text = self._text
        char = text[start]
        if char in CLAUSES or char in ")]}»”›" or (stop > self._from and text[stop - 1] == "["):
            return 0, end
        if lower_latin(char) and (
            end - stop > 1 or text[end:start].strip() or text[stop] == "…" or self._goes_on(stop)
        ):
            return 0, end
        kind = self._kind(stop)
        if kind is FullStop.BEFORE_NUMBER:
            return self._judge_numbered(stop, end, start)
        if lower_latin(char) and (kind is not FullStop.ORDINARY or self._in_brackets(end)):
            return 0, end
        if kind in (FullStop.ORDINARY, FullStop.NEVER):
            return (end, 0) if kind is FullStop.ORDINARY else (0, end)
        word = first_word(text[start : start + _WORD], self._final or len(text) >= start + _WORD)
        if word is None:
            return _WAIT
        return (end, 0) if may_follow(word, kind, text[self._from : stop]) else (0, end)

    def _judge_numbered(self, stop: int, end: int, start: int) -> tuple[int, int]:
        """`No. 5`, `no. HTL-2026`: the sentence goes on if a number or a code follows."""
        text = self._text
        if text[start].isdigit():
            return 0, end
        if text[self._from : stop].strip().isalpha():
            return end, 0
        if lower_latin(text[start]):
            return 0, end
        if not text[start].isascii() or not text[start].isupper():
            return end, 0
        code = _CODE.match(text, start, start + _WORD)
        if code and code.end() == len(text) and not self._final:
            return _WAIT
        return (0, end) if code and any(char.isdigit() for char in code[0]) else (end, 0)

    def _kind(self, stop: int) -> FullStop:
        """What the stop's own shape and the word before it say about an end."""
        text = self._text
        if text[stop] == "…" or text[stop : stop + 2] == "..":
            return (
                FullStop.UNLESS_JOINED if arabic_letter(last_seen(text, stop, self._from) or " ") else FullStop.ORDINARY
            )
        if text[stop : stop + 2] == ".)" and arabic_letter(last_seen(text, stop, self._from) or " "):
            return FullStop.ORDINARY if self._after_closing(stop + 2)[0] else FullStop.BEFORE_STARTER
        return self._stop_after(stop) if text[stop] == "." and text[stop + 1] not in STOPS else FullStop.ORDINARY

    def _goes_on(self, stop: int) -> bool:
        """Before a lower-case word: a short word without a vowel is an abbreviation, a name may carry a `!`."""
        words = self._text[max(self._from, stop - 48) : stop].split()
        if not words:
            return True
        if self._text[stop] == "!":
            return len(words) > 1 and words[-1][:1].isupper()
        return self._text[stop] == "." and _CONSONANTS.fullmatch(words[-1]) is not None

    def _stop_after(self, stop: int) -> FullStop:
        words = self._text[max(self._from, stop - 48) : stop].rsplit(None, 2)
        if not words or self._text[stop - 1].isspace():
            return FullStop.ORDINARY
        return stop_after(words[-1], words[-2] if len(words) > 1 else "")

    def _judge_item(self, stop: int) -> tuple[int, int] | None:
        """The number of a list's item: stays with its item, and the next number starts a sentence."""
        text = self._text
        found = _ITEM.search(text[max(self._from, stop - 6) : stop])
        if found is None:
            return None
        number = int(found[1]) if found[1].isdecimal() else ord(found[1]) + 100
        place = max(self._from, stop - 6) + found.start()
        front = text[self._from : place].strip(_FRONT)
        if (not front and self._fresh) or (front.endswith(":") and number in (1, 197)):
            self._item, self._listed = number, True
            return 0, stop + 1
        if self._item is None or number != self._item + 1 or len(front.split()) < 3:
            return None
        if _GOES_ON_TO.search(front):
            self._item = number
            return 0, stop + 1
        end = self._run_end(stop)
        gap = _GAP.match(text, end, end + _REACH)
        start = gap.end() if gap else end
        if start == len(text):
            return (0, end) if self._final else _WAIT
        if start == end or lower_latin(text[start]):
            return None
        return place, 0

    def _only_item(self, end: int) -> bool:
        """Whether the sentence so far is a list's number and nothing else."""
        if not self._listed:
            return False
        return re.fullmatch(r"\W*(?:\d{1,2}|[A-Za-z])\W*", self._text[self._from : end]) is not None
