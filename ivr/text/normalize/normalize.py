"""What is written -> what is said: `speakable` makes of a piece of text what the voice gets.

One pass of rewritings in a fixed order, each in its own file: what is for the eye only goes (`plain`), addresses
(`web`), then the figures by role, most particular role first: names made of figures (`codes`), times (`clock`),
dates (`dates`), money (`money`), percent and measures (`measures`), and last the plain numbers. No digit, markdown, tag
or emoji is left, so saying it again changes nothing; every word stays.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ivr.text.normalize.dates import say_dates
from ivr.text.normalize.identifiers import say_codes, say_names
from ivr.text.normalize.markup import plain
from ivr.text.normalize.money import say_money
from ivr.text.normalize.numbers.numerals import GONE, JOIN, plain_digits, reads_arabic
from ivr.text.normalize.numbers.ordinals_ar import say_ranks
from ivr.text.normalize.short_forms import say_leads, say_short_forms
from ivr.text.normalize.symbols import say_signs
from ivr.text.normalize.times import say_times
from ivr.text.normalize.units import say_measures, say_percent, say_rest
from ivr.text.normalize.urls import say_addresses
from ivr.text.segment.punctuation import says_something

_PASSES: Final = 6
"""A pass that changes nothing ends it: the second, but for text that is broken on purpose."""
_AND: Final = re.compile(r"\s*&\s*")
_AT: Final = re.compile(r"(?<=\w)\s?@\s?(?=\w)")
_OR: Final = re.compile(r"(?<=[^\W\d_])/(?=[^\W\d_])")
_KEYS: Final = re.compile(
    r"((?:اضغط|الضغط|إضغط|واضغط|زر|علامة|press|hit|key|or|أو|ثم|then)\s+(?:على\s+|the\s+)?)([*#])(?!\w)", re.IGNORECASE
)
_SEPARATE: Final = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
_NEWLINE: Final = re.compile(r"([^\W_]|[)\"'»”])?[^\S\n]*\n\s*")
_JOINED: Final = re.compile(rf"{JOIN}\s*(?![A-Za-z])")
_DOT_OF_MARK: Final = re.compile(rf"{GONE}\.?")
_UNSAID: Final = re.compile(r"[^\w\s.,،؛;:?؟!'’…–—-]|_")
_DASH: Final = re.compile(r"\s+[-–—]+(?=\s|$)|[–—]+|(?<!\S)-+|-+(?!\S)|--+")
_APOSTROPHE: Final = re.compile(r"(?<![^\W\d_])['’]|['’](?![^\W\d_])")
_ELLIPSIS: Final = re.compile(r"…|\.(?:\s?\.)+")
_GAP_BEFORE: Final = re.compile(r"\s+(?=[.,،؛;:?؟!])")
_ABBREVIATED: Final = re.compile(r"\.(?=[,،;؛:])")
_RUN: Final = re.compile(r"[.,،؛;:?؟!]{2,}")
_FRONT: Final = re.compile(r"\A[\s.,،؛;:?؟!'’-]+")
_ORDER: Final = "؟?!.:؛;،,"


def speakable(text: str, language: str = "ar") -> str:
    """Text fit for the voice; '' if there is nothing to say. Any text is allowed; applying it twice changes nothing."""
    for _ in range(_PASSES):
        said = _said(text, language)
        if said == text:
            break
        text = said
    return text


def _said(text: str, language: str) -> str:
    text = plain(text)
    arabic = reads_arabic(text, language)
    text = _keys(text, arabic)
    text = say_addresses(text, arabic)
    text = say_signs(say_leads(plain_digits(text)), arabic)
    for rewrite in (say_dates, say_names, say_times, say_money, say_percent):
        text = rewrite(text, arabic)
    text = say_short_forms(text)
    if arabic:
        text = say_ranks(text)
    for rewrite in (say_measures, say_codes, say_rest):
        text = rewrite(text, arabic)
    return _tidy(_symbols(text, arabic), arabic)


def _keys(text: str, arabic: bool) -> str:
    """The star and the hash of a telephone's keys."""
    names = {"*": "نجمة" if arabic else "star", "#": "مربع" if arabic else "hash"}
    return _KEYS.sub(lambda found: found[1] + names[found[2]], text)


def _symbols(text: str, arabic: bool) -> str:
    text = _AND.sub(" و" if arabic else " and ", text)
    text = _AT.sub(" آت " if arabic else " at ", text)
    text = _OR.sub(" أو " if arabic else " or ", text)
    return _SEPARATE.sub(" ", text)


def _tidy(text: str, arabic: bool) -> str:
    """Only what a voice minds, each mark once and at its word."""
    text = _DOT_OF_MARK.sub("", _JOINED.sub("", text))
    text = _NEWLINE.sub(lambda found: f"{found[1]}. " if found[1] else " ", text)
    text = _UNSAID.sub(lambda found: found[0] if unicodedata.category(found[0])[0] == "M" else " ", text)
    text = _DASH.sub("،" if arabic else ",", text)
    text = _APOSTROPHE.sub(" ", text)
    text = _ELLIPSIS.sub(". ", text)
    text = _GAP_BEFORE.sub("", " ".join(text.split()))
    text = _ABBREVIATED.sub("", text)
    text = _RUN.sub(lambda found: min(found[0], key=_ORDER.index), text)
    text = _FRONT.sub("", text).strip()
    return text if says_something(text) else ""
