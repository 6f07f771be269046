"""Say symbols that stand for a word: `~120`, `±5%`, `1 USD = 3.75 SAR`, `$120/night`, `4.8/5`, `O+`.

This runs before the rules for numbers. What it leaves are words, and numbers with only a blank between them.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ivr.text.normalize.numbers.numerals import number_words
from ivr.text.normalize.patterns import JOIN_MARK, NUMBER, NUMBER_START, WORD_END, WORD_START
from ivr.text.normalize.slashes import say_slashes
from ivr.text.segment.punctuation import CURRENCY_SIGNS

# Words before the last digits of a card or an account (`بطاقتك *4432`).
_MASKED_NUMBER_OF: Final = (
    r"((?:بطاق[ةت]\w{0,12}|حساب\w{0,12}|رقم\w{0,12}|card|account|ending|number)(?:\s(?:in|رقم))?)"
)
_RANGE_END: Final = r"\d{1,4}(?:[:.]\d{1,2})?(?:\s?(?:[صم]|[AaPp]\.?[Mm]\.?)(?![^\W_]))?"


class _Replacement(NamedTuple):
    """Hold what stands for a symbol."""

    pattern: re.Pattern[str]
    said: tuple[str, str]
    """In Arabic and in English."""
    needs_sign: bool = True
    """It needs a sign. Else letters and digits may be all of it: `2x`, `10k`."""


_REPLACEMENTS: Final = (
    # `٪20`: the percent sign in front goes behind.
    _Replacement(re.compile(rf"{WORD_START}(?<!\d\s)[%٪]\s?({NUMBER})(?![\d%٪])(?!\s[%٪])"), (r"\1%", r"\1%")),
    # `$5-$10`
    _Replacement(
        re.compile(
            rf"([{CURRENCY_SIGNS}]\s?{NUMBER}(?:[kKmMbB]|bn|mn)?(?![^\W_]))\s?[-–—]\s?(?=[{CURRENCY_SIGNS}]\s?\d)"
        ),
        (r"\1 إلى ", r"\1 to "),
    ),
    # `70%-50%`, `5kg - 8kg`, `50 ريال - 70 ريال`: both ends have the unit.
    _Replacement(
        re.compile(
            rf"{NUMBER_START}(\d{{1,9}}(?:[.,]\d{{1,9}})?\s?(?P<unit>(?![A-Z](?![^\W_]))[^\s\d–—-]{{1,12}}))\s?[-–—]\s?"
            r"(?=\d{1,9}(?:[.,]\d{1,9})?\s?(?P=unit)(?![^\W_]))"
        ),
        (r"\1 إلى ", r"\1 to "),
    ),
    # `between 9:00-17:30`, `بين 3-5 أيام`: both ends are named.
    _Replacement(
        re.compile(
            rf"{WORD_START}(between|[وف]?بين(?: الساعة)?)\s({_RANGE_END})\s?[-–—]\s?"
            rf"(?={_RANGE_END}(?![^\W_]|[-/–—]\d|\s[A-Z]))"
        ),
        (rf"\1 \2 و{JOIN_MARK}", r"\1 \2 and "),
    ),
    # `1000+ عميل`, `+1,000 عميل`
    _Replacement(re.compile(rf"{NUMBER_START}({NUMBER})\+(?=\s[\u0621-\u064a]{{2}})"), (r"أكثر من \1", r"\1 plus")),
    _Replacement(
        re.compile(r"(?<![^\s(])\+(\d{1,3}(?:,\d{3})+|\d{1,6}00)(?=\s[\u0621-\u064a]{2})"),
        (r"أكثر من \1", r"more than \1"),
    ),
    # `A-1029 (2 of 3) 500`: a bracket between two numbers is a pause; those of a telephone number hold nothing else.
    _Replacement(re.compile(r"(?<=\d)\s\((?=\d{1,9}\s?[^\W\d_])"), ("، ", ", ")),
    _Replacement(re.compile(r"(?<=[^\W\d_])\)\s(?=\d)"), ("، ", ", ")),
    # `عدد (3) شحنات`
    _Replacement(re.compile(rf"\(({NUMBER})\)(?=\s[\u0621-\u064a]{{2}})"), (r"\1", r"\1")),
    # `Items: 2x latte, 1x bagel`: counts in a list, where `2x faster` is a rate.
    _Replacement(
        re.compile(rf"(?:\A|(?<=[:,;]\s))(\d{{1,2}})x\s(?=[a-z])(?!(?:[a-z]+er|as|more|less|the|a){WORD_END})"),
        (r"\1 ", r"\1 "),
        needs_sign=False,
    ),
    # `10k users`, `2x faster`
    _Replacement(
        re.compile(rf"{WORD_START}(?<!\d,)({NUMBER})k{WORD_END}"), (r"\1 ألف", r"\1 thousand"), needs_sign=False
    ),
    _Replacement(
        re.compile(rf"{WORD_START}(?<!\d,)({NUMBER})x{WORD_END}"), (r"\1 أضعاف", r"\1 times"), needs_sign=False
    ),
    # `70 كغم / طول`: a slash with blanks around it is a pause.
    _Replacement(re.compile(r"(?<=[^\W_])\)?\s+/\s+(?=\(?[^\W\d_])"), ("، ", ", ")),
    _Replacement(re.compile(rf"(?<![^\s(])[~≈]\s?(?=[\d{CURRENCY_SIGNS}])"), ("حوالي ", "about ")),
    _Replacement(re.compile(r"±\s?(?=\d)"), ("زائد أو ناقص ", "plus or minus ")),
    _Replacement(re.compile(rf"\s?(?:≥|>=)\s?(?=[\d{CURRENCY_SIGNS}])"), (" أكبر من أو يساوي ", " at least ")),
    _Replacement(re.compile(rf"\s?(?:≤|<=)\s?(?=[\d{CURRENCY_SIGNS}])"), (" أقل من أو يساوي ", " at most ")),
    _Replacement(re.compile(r"\s?(?:≠|!=)\s?(?=[^\W_])"), (" لا يساوي ", " is not ")),
    _Replacement(re.compile(r"(?<=\d)\s?÷\s?(?=\d)"), (" على ", " divided by ")),
    # Sums: `150 - 30 = 120`, `1 دولار = 3.75 ريال`, `15% + 5%`, `229 ريال × 24 شهر`, `3 × a day`.
    _Replacement(re.compile(r"(?<=\d)\s[-−]\s(?=\d[\d.,]*\s*=)"), (" ناقص ", " minus ")),
    _Replacement(
        re.compile(rf"(?<=[^\W_])([%٪.)]?)\s=\s(?=[^\W_]|[-+({CURRENCY_SIGNS}])"), (r"\1 يساوي ", r"\1 equals ")
    ),
    _Replacement(re.compile(rf"(?<=[^\W_])([%٪.)]?)\s\+\s(?=[^\W_]|[({CURRENCY_SIGNS}])"), (r"\1 زائد ", r"\1 plus ")),
    _Replacement(re.compile(r"(?<=[^\W_])\s×\s(?=\d)|(?<=[^\W\d_])\sx\s(?=\d)"), (" في ", " times "), needs_sign=False),
    _Replacement(re.compile(r"(?<=\d)\s×\s(?=(?:an?|per|daily)\s)"), (" ", " times ")),
    # `1 x chicken burger`: only a count.
    _Replacement(re.compile(r"(?<=\d)\s?[x×]\s(?=[^\W\d_]{2})"), (" ", " "), needs_sign=False),
    # `> 200`, `(< 5)`
    _Replacement(re.compile(r"(?<![^\s(])>\s?(?=\d)"), ("أكثر من ", "more than ")),
    _Replacement(re.compile(r"(?<![^\s(])<\s?(?=\d)"), ("أقل من ", "less than ")),
    # `الإعدادات > الحساب → الأمان`: a path through a menu.
    _Replacement(re.compile(r"(?<=[^\W\d_])\s[>→]\s(?=[^\W\d_])"), ("، ", ", ")),
    _Replacement(re.compile(r"(?<=[^\W_])#(?=[^\W_])"), (" مربع ", " hash ")),
    _Replacement(
        re.compile(rf"{_MASKED_NUMBER_OF}\s(?:\*{{1,20}}|[xX]{{1,2}})(?=\d{{3,6}}(?![\d*#]))"),
        (r"\1 ", r"\1 "),
        needs_sign=False,
    ),
    # `v2.1.0`
    _Replacement(
        re.compile(rf"{WORD_START}(?:(?i:version)\s|الإصدار\s)?[vV]\.?(?=\d+(?:\.\d+)+(?![^\W_]))"),
        ("الإصدار ", "version "),
        needs_sign=False,
    ),
    # `انتهت المباراة 3-1`: a result is no range.
    _Replacement(
        re.compile(
            rf"((?:نتيجة|المباراة|انتهت|فاز|خسر|تعادل|الشوط)(?:\s[^\W\d_]+){{0,3}}\s\d{{1,2}})\s?[-–]\s?(?=\d{{1,2}}{WORD_END}(?![-/.:]\d))"
        ),
        (r"\1 مقابل ", r"\1 to "),
    ),
    _Replacement(re.compile(r"(?<=[%٪])\s?\+\s?(?=\d)"), (" زائد ", " plus ")),
    # `@ 3:15`, `2 x latte @ $4.50 ea.`
    _Replacement(re.compile(r"\s@\s?(?=\d{1,2}(?::\d\d|\s?(?:[صم]|[AaPp]\.?[Mm])(?![^\W_])))"), (" الساعة ", " at ")),
    _Replacement(re.compile(rf"\s@\s?(?=[\d{CURRENCY_SIGNS}]|SAR\s|SR\s)"), (" بسعر ", " at ")),
    _Replacement(re.compile(rf"(?<=\d)\s?ea{WORD_END}\.?"), (" للحبة", " each"), needs_sign=False),
    # `GMT+3`, `UTC-5`, `Ctrl+C`
    _Replacement(re.compile(rf"{WORD_START}(GMT|UTC)\s?[-−](?=\d)"), (r"\1 ناقص ", r"\1 minus ")),
    _Replacement(re.compile(r"(?<=[A-Za-z])\+(?=[A-Za-z]|\d{1,4}(?!\d))"), (" زائد ", " plus ")),
    # `5'10"`, `32"x34"`, `a 55" TV`, `شاشة 55"`
    _Replacement(
        re.compile(rf"{NUMBER_START}(\d{{1,2}})['’′](\d{{1,2}})[\"”″]"), (r"\1 قدم و\2 بوصة", r"\1 feet \2 inches")
    ),
    _Replacement(re.compile(r"(\d{1,3})[\"”″]\s?[x×]\s?(\d{1,3})[\"”″]"), (r"\1×\2 بوصة", r"\1x\2 inches")),
    _Replacement(
        re.compile(rf"{NUMBER_START}(\d{{1,3}}(?:\.\d)?)(?:″|[\"”](?=\s(?:TV|screen|monitor|display|pipe|wheel)))"),
        (r"\1 بوصة", r"\1-inch"),
    ),
    _Replacement(re.compile(r"((?:شاشة|تلفزيون|مقاس)\s\d{1,3}(?:\.\d)?)[\"”]"), (r"\1 بوصة", r"\1 inch")),
    # `parcel(s)`
    _Replacement(re.compile(r"(?<=[a-z])\((e?s)\)(?![^\W_])"), (r"\1", r"\1")),
    # `1h 45m`
    _Replacement(
        re.compile(rf"{WORD_START}(\d+)\s?h(?:rs?)?\s(\d{{1,2}})\s?m{WORD_END}"),
        (r"\1 h \2 min", r"\1 h \2 min"),
        needs_sign=False,
    ),
    # `4.8/5`: a rating.
    _Replacement(
        re.compile(rf"{WORD_START}(\d+\.\d+)\s?/\s?(?=(?:5|10|100)(?![^\W_]|[/.]\d))"), (r"\1 من ", r"\1 out of ")
    ),
    # `for 10s`, but `the 10s` is a decade.
    _Replacement(
        re.compile(rf"{WORD_START}(for|in|within|after|every|wait|takes|about|another)\s(\d{{1,3}})s{WORD_END}"),
        (r"\1 \2 sec", r"\1 \2 sec"),
        needs_sign=False,
    ),
    # `Tracking #:`
    _Replacement(re.compile(r"\s#(?=\s*:)"), (" رقم", " number")),
)
_WITHOUT_SIGN: Final = tuple(rule for rule in _REPLACEMENTS if not rule.needs_sign)
# `40 × 30 × 20 سم`: blanks out, so that the unit rule reads the numbers together.
_DIMENSIONS: Final = re.compile(r"(?<=\d)\s×\s(?=\d[\d.]*(?:\s?(?:×|cm|mm|m\b|سم|ملم|متر|م\b)))")
_BLOOD_GROUP: Final = re.compile(rf"{WORD_START}(AB|[ABO])\s?([+\-−])(?![^\W_]|[+\-−])")
_FACTOR: Final = re.compile(r"[+\-−]")
_ABOUT_BLOOD: Final = re.compile(r"دم|فصيل|blood|donor", re.IGNORECASE)
# `Disney+`
_FINAL_PLUS: Final = re.compile(r"(?<=[^\W_])\+(?![^\W_+])")

# What every rule but that for blood groups needs; a sentence of words has none of it.
_SIGN: Final = re.compile(r"[^\w\s.,،؛;:?؟!\u064b-\u0652]")
_SIGN_OR_DIGIT: Final = re.compile(r"[^\w\s.,،؛;:?؟!'’…–—\u064b-\u0652-]|\d")


def say_symbols(text: str, arabic: bool) -> str:
    """Replace each symbol that stands for a word by that word."""

    def blood_group(found: re.Match[str]) -> str:
        positive = found[2] == "+"
        if arabic:
            return f"{number_words(arabic).spell(found[1])} {'موجب' if positive else 'سالب'}"
        return f"{' '.join(found[1])} {'positive' if positive else 'negative'}"

    # `A+` is a blood group only where the text is about blood; else it may be a mark.
    if _FACTOR.search(text) and _ABOUT_BLOOD.search(text):
        text = _BLOOD_GROUP.sub(blood_group, text)
    if _SIGN_OR_DIGIT.search(text) is None:
        return text
    if _SIGN.search(text) is None:
        for rule in _WITHOUT_SIGN:
            text = rule.pattern.sub(rule.said[0 if arabic else 1], text)
        return text
    text = say_slashes(_DIMENSIONS.sub("×", text), arabic)
    for rule in _REPLACEMENTS:
        text = rule.pattern.sub(rule.said[0 if arabic else 1], text)
    return _FINAL_PLUS.sub(" زائد" if arabic else " plus", text)
