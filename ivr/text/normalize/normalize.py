"""Turn written text into text that TTS can speak (text normalization).

`normalize` runs one pass of rewritings in a fixed order, each in its own file. Markup goes first, then addresses, then
numbers by their role, the most particular role first: dates, phone numbers and accounts, times, money, percent, units,
codes, and last the plain numbers. No digit, markup or emoji is left, so a second pass changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
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
from ivr.text.segment.punctuation import says_something

MAX_PASSES: Final = 6
"""The second pass changes nothing and ends the work, except on text that is broken on purpose (`&amp;amp;lt;`)."""

# `اضغط *`, `press #`: a key of a telephone, behind a word for pressing or another key.
_PRESS: Final = r"((?:اضغط|الضغط|إضغط|واضغط|زر|علامة|press|hit|key|or|أو|ثم|then)\s+(?:على\s+|the\s+)?)"
_STAR_KEY: Final = re.compile(rf"{_PRESS}\*(?!\w)", re.IGNORECASE)
_HASH_KEY: Final = re.compile(rf"{_PRESS}#(?!\w)", re.IGNORECASE)
# Signs that no rule has claimed.
_AMPERSAND: Final = re.compile(r"\s*&\s*")
_AT_SIGN: Final = re.compile(r"(?<=\w)\s?@\s?(?=\w)")
# `هو/هي`: a slash between letters is an alternative; rates and fractions are words by now.
_ALTERNATIVE: Final = re.compile(r"(?:(?<=[^\W\d_])|(?<=[\u064b-\u0652]))/(?=[^\W\d_])")
_UNDERSCORES: Final = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")

# `بـ خمسين` is `بخمسين`, but a Latin name stays apart: `ب Aramex`.
_JOIN: Final = re.compile(rf"{JOIN_MARK}\s*(?![A-Za-z])")
_SILENT_STOP: Final = re.compile(rf"{SILENT_STOP_MARK}\.?")
# A newline; group 1 is the letter or closing mark before it.
_LINE_END: Final = re.compile(r"([^\W_]|[)\"'»”])?[^\S\n]*\n\s*")
# All that is neither a word nor punctuation that TTS minds.
_UNSPOKEN: Final = re.compile(r"[^\w\s.,،؛;:?؟!'’…–—-]|_")
# A dash that stands free, or a long one, is a pause; the hyphen of `well-known` stays.
_PAUSE_DASH: Final = re.compile(r"\s+[-–—]+(?=\s|$)|[–—]+|(?<!\S)-+|-+(?!\S)|--+")
_QUOTING_APOSTROPHE: Final = re.compile(r"(?<![^\W\d_])['’]|['’](?![^\W\d_])")
_ELLIPSIS: Final = re.compile(r"…|\.(?:\s?\.)+")
_BLANK_BEFORE_MARK: Final = re.compile(r"\s+(?=[.,،؛;:?؟!])")
# `إلخ.، ثم`: the stop of an abbreviation before a comma.
_STOP_BEFORE_MARK: Final = re.compile(r"\.(?=[,،;؛:])")
_MARK_RUN: Final = re.compile(r"[.,،؛;:?؟!]{2,}")
_LEADING_MARKS: Final = re.compile(r"\A[\s.,،؛;:?؟!'’-]+")
_STRONGEST_MARK_FIRST: Final = "؟?!.:؛;،,"


def normalize(text: str, language: str = "ar") -> str:
    """Return text fit for speech; '' if there is nothing to say. Accept any text; twice is the same as once."""
    for _ in range(MAX_PASSES):
        before = text
        text = strip_markup(text)
        arabic = reads_arabic(text, language)
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
        text = _AMPERSAND.sub(" و" if arabic else " and ", text)
        text = _AT_SIGN.sub(" آت " if arabic else " at ", text)
        text = _ALTERNATIVE.sub(" أو " if arabic else " or ", text)
        text = _tidy(_UNDERSCORES.sub(" ", text), arabic)
        if text == before:
            break
    return text


def _tidy(text: str, arabic: bool) -> str:
    """Keep only the punctuation that changes how TTS speaks: one mark in a place, written to its word."""
    text = _SILENT_STOP.sub("", _JOIN.sub("", text))
    # A line that ends in a letter or a closing mark ends a sentence.
    text = _LINE_END.sub(lambda found: f"{found[1]}. " if found[1] else " ", text)
    # Combining signs are no word characters for `re`, but scripts such as Devanagari need them.
    text = _UNSPOKEN.sub(lambda found: found[0] if unicodedata.category(found[0])[0] == "M" else " ", text)
    text = _PAUSE_DASH.sub("،" if arabic else ",", text)
    text = _QUOTING_APOSTROPHE.sub(" ", text)
    text = _ELLIPSIS.sub(". ", text)
    text = _BLANK_BEFORE_MARK.sub("", " ".join(text.split()))
    text = _STOP_BEFORE_MARK.sub("", text)
    text = _MARK_RUN.sub(lambda found: min(found[0], key=_STRONGEST_MARK_FIRST.index), text)
    text = _LEADING_MARKS.sub("", text).strip()
    return text if says_something(text) else ""
