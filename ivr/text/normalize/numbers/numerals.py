"""Read written numbers: bring digits into one form, choose the language, turn amounts into words.

Each rule of this package (money, dates, times, codes, units) rewrites text to text and leaves no digit of its own
behind. So the rules can follow one another, and a second pass finds nothing to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ivr.text.normalize.numbers import cardinal_ar, cardinal_en
from ivr.text.normalize.patterns import JOIN_MARK, WORD_START
from ivr.text.segment.abbreviations import labelled
from ivr.text.segment.punctuation import CURRENCY_SIGNS

# What tells that a number is an amount of money.
_CURRENCY: Final = (
    rf"(?:[{CURRENCY_SIGNS}]|ريال|ر\.|درهم|دينار|دولار|يورو|د\.[إكبأع]|SAR|SR|AED|KWD|EUR|USD|euro|riyal|dollar)"
)
_CENTS: Final = r"(?:[.,]\d{1,2})?"


def _whole_then(point: str) -> Callable[[re.Match[str]], str]:
    """Return a rewriting that takes the marks between thousands out and puts `point` behind."""
    return lambda found: re.sub(r"(?<=\d)[.,\s]", "", found[0].removesuffix(",")) + point


_SEPARATORS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    # The Arabic decimal and thousands signs, an apostrophe or an Arabic comma between thousands.
    (re.compile(r"(?<=\d)٫(?=\d)"), "."),
    (re.compile(r"(?<=\d)[٬'’](?=\d{3}(?!\d))"), ","),
    (re.compile(r"(?<=\d)،(?=\d{3}(?!\d))"), ","),
    # `1.234,50`, `1.234.567`: points between thousands, as on the continent of Europe; `1,00,000` as in India.
    (re.compile(r"(?<![A-Za-z\d.,])(\d{1,3}(?:\.\d{3})+),(?=\d{1,2}(?![\d.,]\d|\d))"), _whole_then(".")),
    (re.compile(r"(?<![A-Za-z\d.,])(\d{1,3}(?:\.\d{3}){2,})(?!\d|[.,]\d)"), _whole_then("")),
    (re.compile(r"(?<![A-Za-z\d.,])(\d{1,2}(?:,\d{2})+,\d{3})(?!\d|,\d)"), _whole_then("")),
    # `10 000 ريال`, `€ 1.234`: only before or behind a currency.
    (
        re.compile(rf"(?<![A-Za-z\d.,+-])(?<!\d\s)(\d{{1,3}}(?:[ \u2009\u202f]\d{{3}})+)(?={_CENTS}\s?{_CURRENCY})"),
        _whole_then(""),
    ),
    (
        re.compile(
            r"(?<=€)(\s?\d{1,3}\.\d{3})(?![\d.,]\d|\d)"
            r"|(?<![A-Za-z\d.,])(\d{1,3}\.\d{3})(?=\s?(?:€|EUR|euro|يورو))"
        ),
        _whole_then(""),
    ),
    # `€12,50`
    (
        re.compile(rf"((?:[{CURRENCY_SIGNS}]|{WORD_START}[A-Z]{{3}}\s)\s?\d{{1,6}}),(?=\d{{1,2}}(?![\d,.]\d|\d))"),
        r"\1.",
    ),
    # `12,5 كجم`: a comma before one or two digits is a decimal point, but only before a unit; else it makes a list.
    (
        re.compile(
            rf"(?<![\d,.،])(\d{{1,6}})[,،](?=\d{{1,2}}\s?(?:[%٪]|{_CURRENCY}|مليون|مليار|كيلو|كجم|كغ|كم|متر"
            r"|درجة|بالم|million|kg|لتر|طن|ساعة|°|GB|MB|TB|(?:م|سم|مم|ملم|مل|ملغ|غ|جم|[kcm]?m|m?g|ml|L|hours|liters|miles)(?![^\W_])))"
        ),
        r"\1.",
    ),
)
_SEPARATED: Final = re.compile(r"\d[.,٫٬'’، \u2009\u202f]\d")
_FIGURE: Final = re.compile(rf"[\d{CURRENCY_SIGNS}]")
_OTHER_DIGIT: Final = re.compile(r"[^\D0-9]")
# `ب 50`: a preposition that stands alone before a number; group 1 is the word before it.
_LONE_PREPOSITION: Final = re.compile(
    r"(?<![^\W\d_])(?<![\u064b-\u0652])(?:([\u0621-\u0652]+)\s+)?(?<!\.)([بل])\s+(?=\d)"
)
# `بـ 50`, `الـ NQL`, `بـ «نعم»`: a preposition or the article, drawn out with a tatweel; `و 50`, `و $5`.
_DRAWN_OUT: Final = re.compile(
    r"(?<![^\W\d_])(?:([وف]?(?:[بلك]|ال|بال|لل))ـ+\s*[«\"“(]*(?=[\d"
    + CURRENCY_SIGNS
    + r"]|[A-Z]{2}|(?<=[«\"“(])[\u0621-\u064a])"
    rf"|(?<!و\s)(و)\s+(?=[\d{CURRENCY_SIGNS}]|[\u0621-\u064a]{{2}}))"
)
# `ب50`, `و-20`: written to the number.
_GLUED: Final = re.compile(
    rf"(?<![^\W\d_])((?:[وف]?(?:[بلك]|ال|بال|لل)|[وف]))ـ*(?=[\d{CURRENCY_SIGNS}])|(?<![^\W\d_])([وف])(?=[-−][\d{CURRENCY_SIGNS}])"
)
_LETTER_THEN_DIGIT: Final = re.compile(rf"(?<=[\u0620-\u065f])(?=[\d{CURRENCY_SIGNS}])")
_DIGIT_THEN_LETTER: Final = re.compile(r"(?<=\d)(?=[\u0620-\u064a])")
_ARABIC_WORD: Final = re.compile(r"[\u0620-\u0652]{2,}")
# A word of English prose: no code (`NQL`), no part of an address, no name in capitals.
_ENGLISH_WORD: Final = re.compile(r"(?<![\w@./:+-])[A-Za-z][a-z'’]+(?![\w@/:]|[.-]\w)|(?<![\w-])I(?![\w-])")


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Hold what one language says for numbers."""

    joined_and: str
    """The word between a whole number and a fraction, written to what follows."""
    to: str
    """The word between the ends of a range."""
    dot: str
    """The word between the parts of a version, as in `2.0.1`."""
    pause: str
    """What stands between groups of digits, so that TTS makes a short pause."""
    digits: Callable[[str], str]
    """Spells each digit."""
    whole: Callable[[str], str]
    """Spells a run of digits as one number."""
    decimal: Callable[[str, str], str]
    """Spells the digits before and behind a decimal point."""
    spell: Callable[[str], str]
    """Names each letter."""


ARABIC_WORDS: Final = NumberWords(
    *("و", "إلى", "نقطة", "، "), cardinal_ar.digits, cardinal_ar.whole, cardinal_ar.decimal, cardinal_ar.spell
)
ENGLISH_WORDS: Final = NumberWords(
    *("and ", "to", "dot", ", "), cardinal_en.digits, cardinal_en.whole, cardinal_en.decimal, cardinal_en.spell
)


def number_words(arabic: bool) -> NumberWords:
    """Return the number words of a language."""
    return ARABIC_WORDS if arabic else ENGLISH_WORDS


def reads_arabic(text: str, language: str) -> bool:
    """Return whether a text's numbers are said in Arabic: by most of its words, those of `language` counted double."""
    arabic, latin = len(_ARABIC_WORD.findall(text)), len(_ENGLISH_WORD.findall(text))
    return 2 * arabic >= latin if language.startswith("ar") else arabic > 2 * latin


def plain_digits(text: str) -> str:
    """Write all digits as 0-9 and their separators as `,` and `.`, and part Arabic letters from digits."""

    def join(found: re.Match[str]) -> str:
        return f"{found[1] or found[2]}{JOIN_MARK}"

    def join_preposition(found: re.Match[str]) -> str:
        # `المبنى ب 3`: behind a word such as building or gate, the letter is a name.
        if found[1] and labelled(found[1]):
            return found[0]
        return f"{found[1]} {found[2]}{JOIN_MARK}" if found[1] else f"{found[2]}{JOIN_MARK}"

    if _FIGURE.search(text) is None:
        # A tatweel, and `و` that stands alone, are also parted from words.
        return _DRAWN_OUT.sub(join, text).replace("\u0640", "") if "ـ" in text or "و" in text else text
    text = _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    if _SEPARATED.search(text):
        for pattern, plain in _SEPARATORS:
            text = pattern.sub(plain, text)
    text = _LONE_PREPOSITION.sub(join_preposition, text)
    text = _GLUED.sub(join, _DRAWN_OUT.sub(join, text)).replace("\u0640", "")
    return _DIGIT_THEN_LETTER.sub(" ", _LETTER_THEN_DIGIT.sub(" ", text))


def split_decimal(figures: str) -> tuple[str, str]:
    """Split a number into the digits before and behind its point: `1,250.75` gives `1250` and `75`."""
    whole, _, fraction = figures.replace(",", "").partition(".")
    return whole, fraction


def amount(figures: str, arabic: bool) -> str:
    """Spell a number as it is written, with or without a decimal point."""
    whole, fraction = split_decimal(figures)
    words = number_words(arabic)
    return words.decimal(whole, fraction) if fraction else words.whole(whole)


def sign_word(sign: str, arabic: bool) -> str:
    """Return the word for a sign in front of a number, with its blank; '' for no sign."""
    if not sign:
        return ""
    if sign == "+":
        return "زائد " if arabic else "plus "
    return "ناقص " if arabic else "minus "


def amount_value(whole: str) -> int | None:
    """Return the value of a whole number. None for one that is read digit by digit: `007`, or over 15 digits."""
    return int(whole) if len(whole) <= 15 and (whole == "0" or not whole.startswith("0")) else None
