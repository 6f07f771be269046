"""Signs that stand for a word: `~120`, `±5%`, `1 USD = 3.75 SAR`, `$120/night`, `4.8/5`, `O+`.

Goes before every role of a number: what is left is words, and numbers with nothing but a blank between them.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.numerals import NUMBER, tongue

_HELD: Final = r"((?:بطاق[ةت]\w*|حساب\w*|رقم\w*|card|account|ending|number)(?:\s(?:in|رقم))?)"
_AROUND: Final = (
    (re.compile(rf"(?<![^\W_])(?<!\d\s)[%٪]\s?({NUMBER})(?![\d%٪])(?!\s[%٪])"), (r"\1%", r"\1%")),
    (re.compile(rf"([$€£]\s?{NUMBER})\s?[-–—]\s?(?=[$€£]\s?\d)"), (r"\1 إلى ", r"\1 to ")),
    (re.compile(rf"\(({NUMBER})\)(?=\s[\u0621-\u064a]{{2}})"), (r"\1", r"\1")),
    (re.compile(rf"(?<![^\W_])({NUMBER})k(?![^\W_])"), (r"\1 ألف", r"\1 thousand")),
    (re.compile(rf"(?<![^\W_])({NUMBER})x(?![^\W_])"), (r"\1 أضعاف", r"\1 times")),
    (re.compile(r"(?<=[^\W_])\s+/\s+(?=[^\W\d_])"), ("، ", ", ")),
    (re.compile(r"(?<![^\s(])[~≈]\s?(?=\d)"), ("حوالي ", "about ")),
    (re.compile(r"±\s?(?=\d)"), ("زائد أو ناقص ", "plus or minus ")),
    (re.compile(r"\s?≥\s?(?=\d)"), (" أكبر من أو يساوي ", " at least ")),
    (re.compile(r"\s?≤\s?(?=\d)"), (" أقل من أو يساوي ", " at most ")),
    (re.compile(r"(?<=\d)\s[-−]\s(?=\d[\d.,]*\s*=)"), (" ناقص ", " minus ")),
    (re.compile(r"(?<=[^\W_])([%٪.)]?)\s=\s(?=[^\W_]|[-+$€£(])"), (r"\1 يساوي ", r"\1 equals ")),
    (re.compile(r"(?<=[^\W_])([%٪.)]?)\s\+\s(?=[^\W_]|[$€£(])"), (r"\1 زائد ", r"\1 plus ")),
    (re.compile(r"(?<=[^\W_])\s×\s(?=\d)"), (" في ", " times ")),
    (re.compile(r"(?<=\d)\s×\s(?=(?:an?|per|daily)\s)"), (" ", " times ")),
    (re.compile(r"(?<=\d)\s?[x×]\s(?=[^\W\d_]{2})"), (" ", " ")),
    (re.compile(r"(?<![^\s(])>\s?(?=\d)"), ("أكثر من ", "more than ")),
    (re.compile(r"(?<![^\s(])<\s?(?=\d)"), ("أقل من ", "less than ")),
    (re.compile(r"(?<=[^\W\d_])\s[>→]\s(?=[^\W\d_])"), ("، ", ", ")),
    (re.compile(r"(?<=[^\W_])#(?=[^\W_])"), (" مربع ", " hash ")),
    (re.compile(rf"{_HELD}\s\*+(?=\d{{3,6}}(?![\d*#]))"), (r"\1 ", r"\1 ")),
    (re.compile(r"(?<![^\W_])(\d+)\s?h(?:rs?)?\s(\d{1,2})\s?m(?![^\W_])"), (r"\1 h \2 min", r"\1 h \2 min")),
    (re.compile(r"(?<![^\W_])(\d+\.\d+)\s?/\s?(?=(?:5|10|100)(?![^\W_]|[/.]\d))"), (r"\1 من ", r"\1 out of ")),
    (
        re.compile(r"(?<![^\W_])(for|in|within|after|every|wait|takes|about|another)\s(\d{1,3})s(?![^\W_])"),
        (r"\1 \2 sec", r"\1 \2 sec"),
    ),
    (re.compile(r"\s#(?=\s*:)"), (" رقم", " number")),
)
_SIZES: Final = re.compile(r"(?<=\d)\s×\s(?=\d[\d.]*(?:\s?(?:×|cm|mm|m\b|سم|ملم|متر|م\b)))")
_BLOOD: Final = re.compile(r"(?<![^\W_])(AB|[ABO])\s?([+\-−])(?![^\W_]|[+\-−])")
_ABOUT_BLOOD: Final = re.compile(r"دم|فصيل|blood|donor", re.IGNORECASE)
_PLUS: Final = re.compile(r"(?<=[^\W_])\+(?![^\W_+])")
_PER_EN: Final = {
    "mo": "month",
    "yr": "year",
    "wk": "week",
    "hr": "hour",
    "h": "hour",
    "min": "minute",
    "m2": "square meter",
    "m3": "cubic meter",
}
_PER_AR: Final = {"م2": "متر مربع", "م3": "متر مكعب"}
_PER: Final = re.compile(
    r"(?<=[\w%٪$€£﷼])(?<!km)(?<!كم)\s?/\s?(?:"
    r"(?P<en>month|mo|year|yr|day|night|week|wk|hour|hr|h|minute|min|person|guest|user|unit|item|piece|call|message"
    r"|kg|km|m2|m3|kWh|GB|MB|dl|dL|ml|mL|liter)"
    r"|(?P<ar>شهر|سنة|يوم|ليلة|أسبوع|ساعة|دقيقة|شخص|فرد|ضيف|قطعة|وحدة|حبة|رسالة|مكالمة"
    r"|كيلو|كجم|كغم|كغ|كم|دل|مل|لتر|متر|م ?[23]))(?![^\W_])"
)
_COUNTED: Final = re.compile(r"\d\s?[^\s\d]{0,12}\Z|\d\s[^\s\d]{1,12}\Z")


def say_signs(text: str, arabic: bool) -> str:
    """Every sign that stands for a word as that word."""
    if _ABOUT_BLOOD.search(text):
        text = _BLOOD.sub(lambda found: _blood(found, arabic), text)
    text = _SIZES.sub("×", text)
    for pattern, words in _AROUND:
        text = pattern.sub(words[0 if arabic else 1], text)
    text = _PER.sub(lambda found: _per(found, arabic), text)
    return _PLUS.sub(" زائد" if arabic else " plus", text)


def _blood(found: re.Match[str], arabic: bool) -> str:
    sign = found[2] == "+"
    if arabic:
        return f"{tongue(arabic).spell(found[1])} {'موجب' if sign else 'سالب'}"
    return f"{' '.join(found[1])} {'positive' if sign else 'negative'}"


def _per(found: re.Match[str], arabic: bool) -> str:
    """`/night` behind an amount; else the slash is an alternative."""
    if _COUNTED.search(found.string, max(0, found.start() - 24), found.start()) is None:
        return found[0]
    word = _PER_AR.get((found["ar"] or "").replace(" ", ""), found["ar"]) or _PER_EN.get(found["en"], found["en"])
    return f" {'لكل' if arabic else 'per'} {word}"
