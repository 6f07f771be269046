"""Turn written text into text that TTS can speak (text normalization).

`normalize` runs one pass of rewritings in a fixed order, each in its own file. Markup goes first, then addresses, then
numbers by their role, the most particular role first: dates, phone numbers and accounts, times, money, percent, units,
codes, and last the plain numbers. No digit, markup or emoji is left, so a second pass changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

from ivr.text.normalize.dates import say_dates
from ivr.text.normalize.identifiers import say_codes, say_identifiers
from ivr.text.normalize.markup import strip_markup
from ivr.text.normalize.money import say_money
from ivr.text.normalize.numbers.fractions import say_places
from ivr.text.normalize.numbers.numerals import plain_digits, reads_arabic
from ivr.text.normalize.numbers.ordinals_ar import say_ordinals
from ivr.text.normalize.patterns import JOIN_MARK, SILENT_STOP_MARK
from ivr.text.normalize.short_forms import say_number_labels, say_short_forms
from ivr.text.normalize.symbols import say_symbols
from ivr.text.normalize.times import say_times
from ivr.text.normalize.units import say_percent, say_remaining_numbers, say_units
from ivr.text.normalize.urls import say_urls
from ivr.text.segment.long_text import weight_of, weight_of_text
from ivr.text.segment.punctuation import BULLETS, CLOSERS, STOPS, says_something
from ivr.text.segment.sentences import Segmenter
from ivr.text.segment.tags import without_tags

MAX_PASSES: Final = 6
"""The second pass changes nothing and ends the work, except on text that is broken on purpose (`&amp;amp;lt;`)."""

# `اضغط *`, `press #`: a key of a telephone, behind a word for pressing or another key.
_PRESS: Final = r"((?:اضغط|الضغط|إضغط|واضغط|زر|علامة|press|hit|key|or|أو|ثم|then)\s+(?:على\s+|the\s+)?)"
_STAR_KEY: Final = re.compile(rf"{_PRESS}\*(?!\w)", re.IGNORECASE)
_HASH_KEY: Final = re.compile(rf"{_PRESS}#(?!\w)", re.IGNORECASE)
# Signs that no rule has claimed.
_UNCLAIMED: Final = re.compile("[&@/_]")
_AMPERSAND: Final = re.compile(r"(?:(?<!\s)\s+)?&\s*")
_AT_SIGN: Final = re.compile(r"(?<=\w)\s?@\s?(?=\w)")
# `هو/هي`: a slash between letters is an alternative; rates and fractions are words by now.
_ALTERNATIVE: Final = re.compile(r"(?:(?<=[^\W\d_])|(?<=[\u064b-\u0652]))/(?=[^\W\d_])")
_UNDERSCORES: Final = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")

# `بـ خمسين` is `بخمسين`, but a Latin name stays apart: `ب Aramex`.
_JOIN: Final = re.compile(rf"{JOIN_MARK}\s*(?![A-Za-z])")
_SILENT_STOP: Final = re.compile(rf"{SILENT_STOP_MARK}\.?")
# A newline; group 1 is the letter or closing mark before it.
_LINE_END: Final = re.compile(r"(?:([^\W_]|[)\"'»”])[^\S\n]*|(?<![^\S\n])[^\S\n]+)?\n\s*")
_SHORT_FORM_LETTERS: Final = 16
"""Letters around a stop that tell whether it makes a short form."""
_LAST_WITH_STOP: Final = re.compile(r"(?<!\S)\S*[^\W\d_]\.\Z")
# `349 euros (was 400 euros) today`: a pause before and behind what a bracket adds, but not around one letter, `3 (b)`.
# Each bracket is known by its neighbours alone, wherever the text is cut.
_SPOKEN_BRACKET: Final = re.compile(
    r"(?<=[^\W_])(?<!رقم)(?<!number)\s\((?=[^\W_])(?![^\W_]\))|(?<=[^\W_])(?<!\([^\W_])\s?\)\s+(?=[^\W_])"
)
# All that is neither a word nor punctuation that TTS minds.
_UNSPOKEN: Final = re.compile(r"[^\w\s.,،؛;:?؟!'’…–—-]|_")
# Letters of the two scripts, blanks and the marks that TTS minds, each behind a letter: nothing to tidy but blanks.
_SPOKEN_WORD: Final = (
    r"(?:[A-Za-z]++(?:['’-][A-Za-z]++)*+|[\u0621-\u063a\u0641-\u064a][\u0621-\u063a\u0641-\u0652]*+)++"
)
_TIDY: Final = re.compile(rf" *+(?:{_SPOKEN_WORD}(?:[.,،؛;:?؟!] *+| ++))*+(?:{_SPOKEN_WORD})?")
# A dash that stands free, or a long one, is a pause; the hyphen of `well-known` stays.
_PAUSE_DASH: Final = re.compile(r"(?<!\s)\s+[-–—]+(?=\s|$)|[–—]+|(?<!\S)-+|-+(?!\S)|--+")
_QUOTING_APOSTROPHE: Final = re.compile(r"(?<![^\W\d_])['’]|['’](?![^\W\d_])")
_ELLIPSIS: Final = re.compile(r"…|\.(?:\s?\.)+")
_BLANK_BEFORE_MARK: Final = re.compile(r" (?=[.,،؛;:?؟!])")
# `الأول.الثاني`, `نعم!لا`: a stop between words that were written together, as the segmenter sees it.
_GLUED_STOP: Final = re.compile(
    r"([!?؟۔](?=[^\s.,،؛;:?؟!'’])|(?<=[\u0620-\u065f]):(?=[\u0621-\u064a])|(?<=[\u0620-\u065f]{3})\.(?=[\u0621-\u064a]))"
)
# `إلخ.، ثم`: the stop of an abbreviation before a comma.
_STOP_BEFORE_MARK: Final = re.compile(r"\.(?=[,،;؛:])")
_MARK_RUN: Final = re.compile(r"[.,،؛;:?؟!]{2,}")
_LEADING_MARKS: Final = re.compile(r"\A[\s.,،؛;:?؟!'’-]+")
_STRONGEST_MARK_FIRST: Final = "؟?!.:؛;،,"
_MARKS_AND_BLANK: Final = " .,،؛;:?؟!'’-"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

# A sentence that ends otherwise was cut because it is long.
_ENDED: Final = re.compile(rf"[{re.escape(STOPS)}。！？][{re.escape(CLOSERS)}\s]*\Z|\n[^\S\n]*\Z")
# `Your code is:`, and the code on a line of its own.
_ANNOUNCES: Final = re.compile(r"[:：][*_`]{0,3}\s*\Z")
_ITEM_START: Final = re.compile(rf"\s*(?:[{BULLETS}]|\(?\d{{1,2}}[.)]\s)")
_WORD_WITH_BLANKS: Final = re.compile(r"\S+\s*")
_ANY_BLANKS: Final = re.compile(r"\s+")
_LONGEST_CONTEXT: Final = 400
"""Characters of speech, roughly, that a context has at most."""
_NEAR_WORDS: Final = 6
"""Words that are the context when a longer one would change what was said."""
_NEAR_CHARACTERS: Final = 80
"""Characters in which they are looked for."""


def _joined(said: list[str]) -> str:
    """Return sentences as one text."""
    text = ""
    for sentence in filter(None, said):
        last = _LAST_WITH_STOP.search(text[-_SHORT_FORM_LETTERS:])
        # `Dr` at the end of a line is no "Doctor" because the next begins with a name.
        if (
            last is not None
            and say_short_forms(f"{last[0]} {sentence[:_SHORT_FORM_LETTERS]}")[: len(last[0])] != last[0]
        ):
            text = f"{text[:-1]},"
        text += f" {sentence}" if text else sentence
    return text


def normalize(text: str, language: str = "ar") -> str:
    """Return text fit for speech; '' if there is nothing to say. Accept any text; twice is the same as once."""
    return SpokenReply(language).preview(without_tags(text))


class SpokenReply:
    """Say one reply piece after piece, as each piece is said within the whole reply.

    Sentences are said one by one. What stood in front of a piece in its sentence is kept as its context: `4821` behind
    `the code:` is a code, wherever the cut fell.
    """

    def __init__(self, language: str = "ar") -> None:
        self._language = language
        self._before = ""
        """The last sentence so far, as written: its end, if it is long."""
        self._said = ""
        """How that was said."""
        self._next = ("", "")
        """Both, when the piece that was looked at is said."""

    def __repr__(self) -> str:
        return f"<SpokenReply {self._language} before={len(self._before)}>"

    def preview(self, text: str) -> str:
        """Return how the next piece of the reply is said; '' if there is nothing to say. Tags were taken out before."""
        if _SURROGATE.search(text):
            # A lone half of a surrogate pair would break the request to the TTS service.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
        whole = self._before + text
        parts = _sentences(whole, self._language)
        if not parts:
            self._next = (whole[_context_start(whole) :], "")
            return ""
        # A sentence that was whole is not said again.
        done = self._said if self._said and parts[0].strip() == self._before.strip() else ""
        said = [done or _say_sentence(parts[0], self._language)]
        for previous, part in pairwise(parts):
            ended = _ENDED.search(previous) is not None and _ANNOUNCES.search(previous) is None
            alone = ended or _ITEM_START.match(part) is not None
            said.append(_say_sentence(part, self._language) if alone else self._behind(previous, part))
        last = whole[whole.rfind(parts[-1].strip()) :]
        start = _context_start(last)
        context = last[start:]
        # Figures alone are no context: what follows them is said as it is.
        says_what = any(map(str.isalpha, context))
        self._next = (context, self._say_all(context) if start else said[-1]) if says_what else ("", "")
        if not self._said:
            return _joined(said)
        rest = _rest(self._before, self._said, text, _joined(said))
        return self._behind(self._before, text) if rest is None else rest

    def advance(self) -> None:
        """Take the piece that was looked at last as said."""
        self._before, self._said = self._next

    def _behind(self, before: str, text: str) -> str:
        """Return how a text is said behind the last words of another, or alone if it would change how they are said."""
        context = "".join(_WORD_WITH_BLANKS.findall(before[-_NEAR_CHARACTERS:])[-_NEAR_WORDS:])
        if _ANNOUNCES.search(context):
            context, text = f"{context.rstrip()} ", text.lstrip()
        rest = _rest(context, self._say_all(context), text, self._say_all(context + text))
        return self._say_all(text) if rest is None else rest

    def _say_all(self, text: str) -> str:
        """Return a text fit for speech, without any context."""
        return " ".join(
            filter(None, (_say_sentence(part, self._language) for part in _sentences(text, self._language)))
        )


def _sentences(text: str, language: str) -> list[str]:
    """Return the sentences of a text as written."""
    segmenter = Segmenter(language)
    return segmenter.feed_as_written(text) + segmenter.flush_as_written()


def _context_start(sentence: str) -> int:
    """Return where the part of a sentence begins that is kept as context: all of it, unless it is long when spoken."""
    if weight_of_text(sentence) <= _LONGEST_CONTEXT:
        return 0
    place, weight = len(sentence), 0
    while weight <= _LONGEST_CONTEXT:
        place -= 1
        weight += weight_of(sentence[place])
    blank = _ANY_BLANKS.search(sentence, place)
    return blank.end() if blank else len(sentence)


def _rest(before: str, said: str, text: str, whole: str) -> str | None:
    """Return what `whole` (`before` and `text` as said) adds to `said` (`before` as said). None: it changes that."""
    said = said.rstrip(_MARKS_AND_BLANK)
    rest = whole[len(said) :]
    # `6` and `0` are not `six` and `ty`; only a word may be cut in two.
    torn = says_something(rest[:1]) and not (before[-1:].isalpha() and text[:1].isalpha())
    if not whole.startswith(said) or (torn and said):
        return None
    rest = _LEADING_MARKS.sub("", rest).strip()
    return rest if says_something(rest) else ""


def _say_sentence(text: str, language: str) -> str:
    """Return one sentence fit for speech."""
    for _ in range(MAX_PASSES):
        before = text
        text = strip_markup(text)
        arabic = reads_arabic(text, language)
        if "*" in text or "#" in text:
            text = _STAR_KEY.sub(r"\1نجمة" if arabic else r"\1star", text)
            text = _HASH_KEY.sub(r"\1مربع" if arabic else r"\1hash", text)
        text = say_urls(text, arabic)
        text = say_symbols(say_number_labels(plain_digits(text)), arabic)
        for rewrite in (say_places, say_dates, say_identifiers, say_times, say_money, say_percent):
            text = rewrite(text, arabic)
        text = say_short_forms(text)
        if arabic:
            text = say_ordinals(text)
        for rewrite in (say_units, say_codes, say_remaining_numbers):
            text = rewrite(text, arabic)
        if _UNCLAIMED.search(text):
            text = _AMPERSAND.sub(" و" if arabic else " and ", text)
            text = _AT_SIGN.sub(" آت " if arabic else " at ", text)
            text = _ALTERNATIVE.sub(" أو " if arabic else " or ", text)
            text = _UNDERSCORES.sub(" ", text)
        text = _tidy(text, arabic)
        # Blanks around a sentence of words mean nothing to any rule.
        if text == before or (text == before.strip() and _TIDY.fullmatch(text)):
            break
    return text


def _tidy(text: str, arabic: bool) -> str:
    """Keep only the punctuation that changes how TTS speaks: one mark in a place, written to its word."""
    if _TIDY.fullmatch(text) and not _GLUED_STOP.search(text):
        return " ".join(text.split())
    text = _SILENT_STOP.sub("", _JOIN.sub("", text))
    # A line that ends in a letter or a closing mark ends a sentence.
    text = _SPOKEN_BRACKET.sub("، " if arabic else ", ", text)
    text = _LINE_END.sub(lambda found: f"{found[1]}. " if found[1] else " ", text)
    # Combining signs are no word characters for `re`, but scripts such as Devanagari need them.
    text = _UNSPOKEN.sub(lambda found: found[0] if unicodedata.category(found[0])[0] == "M" else " ", text)
    text = _PAUSE_DASH.sub("،" if arabic else ",", text)
    text = _QUOTING_APOSTROPHE.sub(" ", text)
    text = _ELLIPSIS.sub(". ", text)
    text = _BLANK_BEFORE_MARK.sub("", " ".join(text.split()))
    text = _STOP_BEFORE_MARK.sub("", text)
    text = _MARK_RUN.sub(lambda found: min(found[0], key=_STRONGEST_MARK_FIRST.index), text)
    text = _GLUED_STOP.sub(r"\1 ", _LEADING_MARKS.sub("", text)).strip()
    return text if says_something(text) else ""
