"""Cut streamed text into sentences: `feed` text in any chunks, get the sentences that became complete.

A decision depends on the text alone, never on how it was cut into chunks, and falls at the earliest character that
settles it. Each character but blanks comes out once, in order; text without a letter or digit goes out with the
sentence that follows, or not at all. Work and memory for a character are bounded.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

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

MAX_SENTENCE: Final = 300
"""Characters after which a text without an end is cut."""
_LOOK_AHEAD: Final = 160
"""Characters looked at behind a stop, at most."""
_WORD_AHEAD: Final = 24
"""Characters of the next word that are read, at most."""
_LOOK_BEHIND: Final = 48
"""Characters in front of a stop that are read for its last two words."""

# Characters at which a sentence may end; `)` may close the number of a list's item.
_CANDIDATE: Final = re.compile(f"[{re.escape(STOPS + NEWLINES + BULLETS)}。！？)]")
# They mean nothing but an end, unlike `.` and `?`, which also stand in numbers, links and names.
_AT_ONCE: Final = "؟۔。！？"
# `?!»`, `.[1]`: stops and closing marks that belong together, footnotes and emoji included.
_STOP_RUN: Final = re.compile(rf"(?:[{re.escape(STOPS + CLOSERS)}{EMOJI}]|\[\d{{1,3}}\])+")
_SWALLOWED: Final = re.compile(f"[{re.escape(STOPS)}»”’›)\\]}}{UNSEEN}]*")
_FOOTNOTE: Final = re.compile(r"[ \t\u00a0]*\[\d{1,3}\]")
_BEGUN_FOOTNOTE: Final = re.compile(r"\s*\[\d{0,3}")
_BLANKS_IN_LINE: Final = re.compile(r"[^\S\n\r\x0b\x0c\x85\u2028\u2029]*")
# `1`, `(2`, `a` before a stop or a bracket: the number of a list's item.
_ITEM_NUMBER: Final = re.compile(r"(?<!\S)[(\u2043•*-]*(\d{1,2}|[A-Za-z])[.)]?\Z")
_ITEM_ALONE: Final = re.compile(r"\W*(?:\d{1,2}|[A-Za-z])\W*")
_BEFORE_ITEM: Final = " \t\n\r\u00a0\"'“«([*_-–—" + BULLETS
# What stands before the next number of a list that is told in one sentence: `(1) ..., (2) ...`.
_LIST_CONTINUES: Final = re.compile(r"[,،;؛]\Z|[\s,،](?:and|or|و|أو|او|ثم|then)\Z")
# A stop behind an Arabic word or a long number may be written to the next word (`الأول.الثاني`); in a token it may not.
_MAY_BE_GLUED: Final = re.compile(
    r"(?<![A-Za-z0-9./@_\u0620-\u065f\u0670-])[\u0620-\u065f\u0670]{3,}\Z|(?<![^\s#])\d{3,}\Z"
)
# `dpt`, `nr`: a short word without a vowel is an abbreviation.
_VOWELLESS: Final = re.compile(r"[B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z][b-df-hj-np-tv-z]{0,3}")
# One letter, a digit, or a sign of an address: a stop behind it may stand inside of something longer.
_PART_OF_TOKEN: Final = re.compile(r"(?<![^\W_])[^\W\d_]\W*\Z|\d\W*\Z|[@/_.]|\Awww\Z")
_CODE_WORD: Final = re.compile(r"[A-Z]+[A-Z0-9/_-]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PAIRED_MARKS: Final = ("«»", "“”", "()", "[]")
_TOGGLED_MARKS: Final = ('"', "**", "`", "__")

_Verdict: TypeAlias = tuple[int, int]
"""On one candidate. (end, 0): a sentence ends there. (0, place): none does, look on from there."""
_WAIT: Final = (-1, -1)
"""The verdict that more text must settle it."""


class Segmenter:
    """Cut one reply after the other into exact sentences; `flush` ends each reply."""

    _text: str
    """What was fed and has not come out; during a call also what just came out, up to `_start`."""
    _start: int
    """Where the sentence begins in `_text`."""
    _position: int
    """Where to look on in `_text`."""
    _half: str
    """The first half of a character that came in two chunks."""
    _item: int | None
    """The number of the list's last item."""
    _in_item: bool
    """The sentence is an item of a list."""
    _fresh: bool
    """The text begins where a sentence does."""
    _swallowing: bool
    """What still belongs to the last sentence may follow."""
    _final: bool
    """No text follows."""

    def __init__(self, language: str = "ar") -> None:
        self.language = language
        self._reset()

    def __repr__(self) -> str:
        return f"<Segmenter {self.language} pending={len(self._text)}>"

    @property
    def pending(self) -> str:
        """Return the text that was fed and has not come out."""
        return self._text

    def feed(self, text: str) -> list[str]:
        """Return the sentences that became complete with `text`."""
        return [sentence.strip() for sentence in self.feed_as_written(text)]

    def flush(self) -> list[str]:
        """Return the rest, as if the text ended here, and get ready for the next text."""
        return [sentence.strip() for sentence in self.flush_as_written()]

    def feed_as_written(self, text: str) -> list[str]:
        """Return the sentences that became complete with `text`, with the blanks around them."""
        # Printable text has no halves.
        if self._half or (not text.isprintable() and _SURROGATE.search(text)):
            # Two JSON strings may each carry half of an emoji: join the halves, drop lonely ones.
            text = self._half + text
            self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
            text = text[: len(text) - len(self._half)]
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        self._text += text
        return self._drain()

    def flush_as_written(self) -> list[str]:
        """Return the rest as `flush` does, with the blanks around each sentence."""
        self._final = True
        out = self._drain()
        self._cut(len(self._text), out)
        self._reset()
        return out

    def take(self, length: int) -> str:
        """Take the first characters of what is pending; the rest no longer starts a sentence."""
        taken, self._text = self._text[:length], self._text[length:]
        self._position = max(0, self._position - length)
        self._fresh = False
        return taken

    def take_ended(self) -> list[str]:
        """Take what is pending, as written, if it ends with a stop that most probably ends it.

        The next text starts a sentence.
        """
        text = self._text
        found = _CANDIDATE.search(text, self._position)
        if found is None or found[0] in ")" + BULLETS:
            return []
        stop = found.start()
        # Behind a digit more digits may come, behind an abbreviation the rest of its sentence, and an address goes on.
        words = self._words_before(stop)
        if (
            self._run_end(stop) < len(text.rstrip())
            or not words
            or _PART_OF_TOKEN.search(words[-1])
            or self._stop_after(stop) is not FullStop.ORDINARY
        ):
            return []
        out: list[str] = []
        self._cut(len(text), out)
        self._compact()
        return out

    def _reset(self) -> None:
        """Start as before the first text."""
        self._text = ""
        self._start = 0
        self._position = 0
        self._half = ""
        self._item = None
        self._in_item = False
        self._fresh = True
        self._swallowing = False
        self._final = False

    def _drain(self) -> list[str]:
        """Cut off each sentence whose end is settled."""
        out: list[str] = []
        while (end := self._next_end()) is not None:
            self._cut(end, out)
        self._compact()
        return out

    def _compact(self) -> None:
        """Forget the text that came out."""
        if self._start:
            self._text = self._text[self._start :]
            self._position -= self._start
            self._start = 0

    def _cut(self, end: int, out: list[str]) -> None:
        """End the sentence at `end`, if there is something to say."""
        sentence = self._text[self._start : end]
        self._position = end
        if not says_something(sentence):
            return
        out.append(sentence)
        self._start = end
        self._fresh = True
        if not self._in_item:
            self._item = None
        self._in_item = False

    def _next_end(self) -> int | None:
        """Return where the next sentence ends, None if that is not settled."""
        text = self._text
        if self._swallowing:
            # `؟!`, `؟»`: the sentence went out at once, what still belongs to it is dropped.
            found = _SWALLOWED.match(text, self._start)
            self._start = self._position = found.end() if found else self._start
            self._swallowing = self._start == len(text)
        while True:
            limit = self._start + MAX_SENTENCE
            found = _CANDIDATE.search(text, self._position, limit)
            if found is None:
                self._position = max(self._position, min(len(text), limit))
                if len(text) < limit or self._position < limit:
                    return None
                # Cut a run-on; where its first part says nothing, drop that part.
                place = limit
                if says_something(text[self._start : limit]):
                    place = self._start + long_text.cut(text[self._start : limit], MAX_SENTENCE // 3, MAX_SENTENCE)
                if says_something(text[self._start : place]):
                    return place
                self._start = self._position = place
                continue
            end, place = self._judge(found.start())
            if end < 0:
                self._position = found.start()
                return None
            if end:
                return end
            self._position = place

    def _judge(self, stop: int) -> _Verdict:
        """Judge the candidate at `stop` by its kind."""
        text, char = self._text, self._text[stop]
        if char in NEWLINES:
            # A newline ends what has something to say, but `1.` waits for its item.
            alone = self._in_item and _ITEM_ALONE.fullmatch(text, self._start, stop) is not None
            return (0, stop + 1) if alone else (stop + 1, 0)
        if char in BULLETS:
            # A bullet ends what stands before it, unless it is written to a word: `الرياض•جدة`.
            glued = stop > self._start and not text[stop - 1].isspace()
            if glued or not says_something(text[self._start : stop]):
                return 0, stop + 1
            if stop + 1 == len(text) and not self._final:
                return _WAIT
            # `البطاقة •••• 9921`: a run of them hides digits and is no bullet.
            return (0, stop + 1) if text[stop + 1 : stop + 2] in tuple(BULLETS) else (stop, 0)
        if char == ")":
            return self._judge_item(stop) or (0, stop + 1)
        # Behind an Arabic letter `!` is a stop and nothing else; in Latin text it may belong to a name.
        if char not in _AT_ONCE and not (char == "!" and self._behind_arabic(stop)):
            return self._judge_stop(stop)
        if not says_something(text[self._start : stop]):
            return 0, stop + 1
        if not self._is_open(stop + 1):
            self._swallowing = True
            return stop + 1, 0
        # While a quote, a bracket or bold text is open, its closing mark must come first: `«كيفك؟»`.
        end = self._run_end(stop)
        for place in range(stop + 2, end + 1):
            if not self._is_open(place):
                return self._judge_closed(place)
        return _WAIT if end == len(text) and not self._final else (end, 0)

    def _judge_closed(self, place: int) -> _Verdict:
        """Judge a stop whose quote or bracket closes before `place`: `تبي (السريع؟) أو العادي` goes on."""
        opened = self._text.rfind("(", self._start, place)
        aside = self._text[place - 1] == ")" and says_something(self._text[self._start : opened])
        return (0, place) if aside else (place, 0)

    def _judge_stop(self, stop: int) -> _Verdict:
        """Judge a stop by what comes behind it: it waits for the next character that is not blank."""
        text = self._text
        item = self._judge_item(stop) if text[stop] == "." else None
        if item:
            return item
        end = self._run_end(stop)
        while True:
            # A run of stops without end is cut: the work for one stop is bounded.
            if end - stop >= _LOOK_AHEAD:
                return end, 0
            after = text[end : end + 8]
            if not after or (_BEGUN_FOOTNOTE.fullmatch(after) and len(after) + end == len(text)):
                return (0, end) if self._final else _WAIT
            if footnote := _FOOTNOTE.match(text, end):
                end = footnote.end()
                continue
            if after[0] in NEWLINES:
                return end, 0
            if not after[0].isspace():
                return self._judge_glued(stop, end)
            start = self._behind_blanks(end)
            if start == len(text):
                return (0, end) if self._final else _WAIT
            if text[start] in NEWLINES or start - end >= _LOOK_AHEAD:
                return end, 0
            if text[start] not in STOPS:
                return self._judge_next(stop, end, start)
            # `. . .`: another stop behind a blank; `. .NET` is a word.
            more = self._run_end(start)
            if more == len(text):
                return (0, end) if self._final else _WAIT
            if not text[more].isspace():
                return self._judge_next(stop, end, more)
            end = more

    def _judge_glued(self, stop: int, end: int) -> _Verdict:
        """Judge a stop without a blank behind it: inside a token, unless Arabic words were written together."""
        text = self._text
        if not arabic_letter(text[end]):
            return 0, end
        before = text[stop - 1 : stop] if stop > self._start else ""
        glued = _MAY_BE_GLUED.search(text[max(self._start, stop - 12) : stop])
        # `الأول...الثاني`, `الأول?الثاني`: several stops, or another stop than `.`, are in no token.
        several = end - stop > 1 or text[stop] != "."
        if glued or before.isspace() or (several and arabic_letter(before or " ")):
            return end, 0
        return 0, end

    def _judge_next(self, stop: int, end: int, start: int) -> _Verdict:
        """Judge a stop by the text at `start`, which is the next that is not blank."""
        text = self._text
        char, lower = text[start], lower_latin(text[start])
        # A clause mark, a closing mark or `[...]`: the sentence is not over.
        if char in CLAUSES or char in ")]}»”›" or (stop > self._start and text[stop - 1] == "["):
            return 0, end
        if lower and (end - stop > 1 or text[end:start].strip() or text[stop] == "…" or self._shortens(stop)):
            return 0, end
        kind, pair = FullStop.ORDINARY, text[stop : stop + 2]
        if text[stop] == "…" or pair == "..":
            # `لحظة... في الطريق` goes on.
            kind = FullStop.UNLESS_JOINED if self._behind_arabic(stop) else FullStop.ORDINARY
        elif pair == ".)" and self._behind_arabic(stop):
            # `نقبل (مدى، فيزا، إلخ.) والدفع نقداً` goes on.
            kind = FullStop.ORDINARY if self._judge_closed(stop + 2)[0] else FullStop.BEFORE_STARTER
        elif text[stop] == "." and text[stop + 1] not in STOPS:
            kind = self._stop_after(stop)
        if kind is FullStop.BEFORE_NUMBER:
            return self._judge_numbered(stop, end, start)
        if lower:
            # `They said ok. thanks`: a small letter may begin a sentence, but not in brackets: `(see. section 4.2)`.
            shown = text[max(self._start, end - _LOOK_AHEAD) : end]
            if kind is not FullStop.ORDINARY or any(shown.count(a) > shown.count(b) for a, b in ("()", "[]", "{}")):
                return 0, end
        if kind in (FullStop.ORDINARY, FullStop.NEVER):
            return (end, 0) if kind is FullStop.ORDINARY else (0, end)
        word = first_word(text[start : start + _WORD_AHEAD], self._final or len(text) >= start + _WORD_AHEAD)
        if word is None:
            return _WAIT
        return (end, 0) if may_follow(word, kind, text[self._start : stop]) else (0, end)

    def _shortens(self, stop: int) -> bool:
        """Return whether a stop before a small letter belongs to its word: an abbreviation, a name such as `Yahoo!`."""
        words = self._words_before(stop)
        if not words:
            return True
        if self._text[stop] == "!":
            return len(words) > 1 and words[-1][:1].isupper()
        return self._text[stop] == "." and _VOWELLESS.fullmatch(words[-1]) is not None

    def _judge_numbered(self, stop: int, end: int, start: int) -> _Verdict:
        """Judge the stop of `No. 5`, `no. HTL-2026`: the sentence goes on if a number or a code follows."""
        text = self._text
        if text[start].isdigit():
            return 0, end
        # `No. I wait`: the word alone is an answer.
        if text[self._start : stop].strip().isalpha():
            return end, 0
        if lower_latin(text[start]):
            return 0, end
        if not text[start].isascii() or not text[start].isupper():
            return end, 0
        code = _CODE_WORD.match(text, start, start + _WORD_AHEAD)
        if code and code.end() == len(text) and not self._final:
            return _WAIT
        return (0, end) if code and any(char.isdigit() for char in code[0]) else (end, 0)

    def _stop_after(self, stop: int) -> FullStop:
        """Return what the word before a full stop says about an end."""
        words = self._words_before(stop)
        if not words or self._text[stop - 1].isspace():
            return FullStop.ORDINARY
        return stop_after(words[-1], words[-2] if len(words) > 1 else "")

    def _judge_item(self, stop: int) -> _Verdict | None:
        """Judge the mark behind an item's number: it stays with its item, and the next number starts a sentence.

        Return None if the mark stands behind no such number.
        """
        text = self._text
        window = max(self._start, stop - 6)
        found = _ITEM_NUMBER.search(text[window:stop])
        if found is None:
            return None
        # `a` is 197, `b` 198: so `b` follows `a`, and no letter follows a number.
        number = int(found[1]) if found[1].isdecimal() else ord(found[1]) + 100
        place = window + found.start()
        front = text[self._start : place].strip(_BEFORE_ITEM)
        if (not front and self._fresh) or (front.endswith(":") and number in (1, 197)):
            self._item, self._in_item = number, True
            return 0, stop + 1
        if self._item is None or number != self._item + 1 or len(front.split()) < 3:
            return None
        if _LIST_CONTINUES.search(front):
            self._item = number
            return 0, stop + 1
        end = self._run_end(stop)
        start = self._behind_blanks(end)
        if start == len(text):
            return (0, end) if self._final else _WAIT
        if start == end or lower_latin(text[start]):
            return None
        return place, 0

    def _behind_arabic(self, stop: int) -> bool:
        """Return whether the last letter or mark of the sentence before `stop` is an Arabic letter."""
        return arabic_letter(last_seen(self._text, stop, self._start) or " ")

    def _is_open(self, end: int) -> bool:
        """Return whether a quote, a bracket or a markdown mark is open in the sentence so far."""
        text = self._text[self._start : end]
        return any(text.count(a) > text.count(b) for a, b in _PAIRED_MARKS) or any(
            text.count(mark) % 2 for mark in _TOGGLED_MARKS
        )

    def _run_end(self, stop: int) -> int:
        """Return the end of the stops and closing marks that belong together."""
        found = _STOP_RUN.match(self._text, stop, stop + _LOOK_AHEAD)
        return found.end() if found else stop + 1

    def _behind_blanks(self, end: int) -> int:
        """Return the next place from `end` on that is no blank; a newline is none."""
        found = _BLANKS_IN_LINE.match(self._text, end, end + _LOOK_AHEAD)
        return found.end() if found else end

    def _words_before(self, stop: int) -> list[str]:
        """Return the words of the sentence shortly before a stop."""
        return self._text[max(self._start, stop - _LOOK_BEHIND) : stop].split()
