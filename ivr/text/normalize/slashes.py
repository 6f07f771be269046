"""Say a slash between words by what it means there: a rate, a name behind a title, a short form, an alternative ending.

A slash that no rule claims is an alternative (`هو/هي`, `he/she`); `normalize` says that last. Slashes between numbers
are dates or fractions.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.patterns import WORD_END, WORD_START
from ivr.text.segment.punctuation import CURRENCY_SIGNS

# Short forms, in Arabic text and in English text.
_SLASH_FORMS: Final = tuple(
    (re.compile(rf"(?<!\w){pattern}(?!\w)"), said)
    for pattern, said in (
        (r"24\s?ساعة\s?/\s?7\s?(?:أيام|ايام)", ("على مدار الساعة", "twenty-four seven")),
        (r"[Nn]/[Aa]", ("غير متوفر", "not available")),
        (r"[Ww]/[Oo]", ("بدون", "without")),
        (r"[Cc]/[Oo]", ("بواسطة", "care of")),
        (r"[Bb]/[Ww]", ("بين", "between")),
        (r"[Yy]/[Nn]", ("نعم أو لا", "yes or no")),
        (r"[Ss]/[Nn]", ("الرقم التسلسلي", "serial number")),
        (r"[Aa]/[Cc]", ("إيه سي", "A C")),
        (r"[Ss]/[Hh]e|\([Ss]\)[Hh]e", ("هي أو هو", "he or she")),
    )
)
# `and/or`, `و/أو`: the word beside the slash joins already.
_JOINED: Final = re.compile(
    rf"{WORD_START}(and|or|و|أو|او)\s?/\s?(?=[^\W\d_])|\s?/\s?(?=(?:and|or|و|أو|او){WORD_END})", re.IGNORECASE
)
# `500/-`: nothing behind the amount.
_NOTHING_BEHIND: Final = re.compile(r"(?<=\d)/[-–=](?![\w-])")

# `السيد/محمد`, `الاسم/ محمد`: what stands behind the slash is the name of what stands before it.
_TITLE: Final = (
    r"(?:ال|لل)?(?:سيد|ساد|أستاذ|استاذ|دكتور|مهندس|شيخ|كابتن|آنس|انس|أمير|محامي)[ةه]?|(?:ال|لل)(?:أخ|اخ|أخت|اخت|حاج[ةه]?)"
    r"|سعادة|معالي|فضيلة|سمو|حرم"
)
_FORM_LABEL: Final = "اسمك|اسمه|اسمها|مدينة|المدينة|حي|الحي|شارع|شركة|مؤسسة|مستشفى|فرع|الفرع|قسم|إدارة"
_TWO_LABELS: Final = re.compile(rf"(?:ال)?(?:{_FORM_LABEL})")
_ROLE: Final = (
    r"اسم|(?:ال|لل)(?:اسم|عميل|مريض|طالب|موظف|مواطن|ضيف|مستفيد|مندوب|سائق|طبيب|معلم|مدير|مدرب|لواء|عقيد|نقيب|رائد)[ةه]?"
)
_NAME_BEHIND: Final = re.compile(
    rf"{WORD_START}(?P<front>[وفبلك]?(?:{_TITLE}|(?P<label>{_FORM_LABEL})|(?P<role>{_ROLE})))\s?/\s?"
    rf"(?!(?:{_TITLE}|{_ROLE}){WORD_END})(?=(?P<name>[\u0621-\u064a]{{2,}}))"
)
# `Mr/Ali`, `Eng / Sara`
_ENGLISH_TITLE: Final = re.compile(
    rf"{WORD_START}(Mr|Mrs|Ms|Dr|Eng|Prof|Sh)\.?\s?/\s?(?!(?:Mr|Mrs|Ms|Dr|Eng|Prof|Sh){WORD_END})(?=[A-Z][a-z])"
)
# `الجوال/0551234567`, `8 لتر/100 كم`
_BEFORE_NUMBER: Final = re.compile(r"(?<=[\u0621-\u064a]{3})\s?/\s?(?=[+(]?\d)")
_ENDS_IN_UNIT: Final = re.compile(r"\d\s[\u0621-\u064a]{1,8}\Z")
# `4821/أ`, `45°/28°`
_BEHIND_NUMBER: Final = re.compile(rf"(?<=\d)/(?=[\u0621-\u064a]{WORD_END})|(?<=[°%٪])\s?/\s?(?=\d)")
# `Mr./Ms.`: an alternative behind a full stop.
_STOPPED_ALTERNATIVE: Final = re.compile(r"(?<=[A-Za-z]\.)/(?=[A-Z])")
# `عميل/ة`, `عزيزي/تي`, `تفضل/ي`: the ending of the other gender.
_OTHER_ENDING: Final = re.compile(rf"{WORD_START}(?P<word>[\u0621-\u064a]{{3,}})/(?P<ending>ة|تي|ين|ي|ات|ت){WORD_END}")
_STEM: Final = {"تي": re.compile(r"ي\Z"), "ات": re.compile(r"(?:ين|ون|ة)\Z")}

_ENGLISH_RATE_UNITS: Final = {
    "mo": "month",
    "yr": "year",
    "wk": "week",
    "hr": "hour",
    "h": "hour",
    "min": "minute",
    "m2": "square meter",
    "m3": "cubic meter",
}
_ARABIC_RATE_UNITS: Final = {"م2": "متر مربع", "م3": "متر مكعب"}
# A currency in front of the slash: whatever stands behind it is what one pays for.
_CURRENCY_NAME: Final = (
    rf"[{CURRENCY_SIGNS}]|ر\.\s?س\.?|ريال(?:ات|ين|اً|ًا|ا)?|درهم|دينار|دولار|يورو|جنيه"
    r"|SAR|SR|AED|USD|EUR|riyals?|dollars?|euros?"
)
# `/night`, `/شهر` behind an amount; `km/h` and `كم/ساعة` are units of their own.
_RATE: Final = re.compile(
    rf"(?P<money>{_CURRENCY_NAME})?(?<=[\w.%٪{CURRENCY_SIGNS}])(?<!km)(?<!كم)\s?/\s?(?:"
    r"(?P<plain>(?:شهري|سنوي|يومي|[أا]سبوعي)(?:اً|ًا|ا)?|(?:لكل|كل|في)|(?:بال|لل)[\u0621-\u0652]{2,}"
    r"|monthly|yearly|annually|annual|daily|nightly|weekly|hourly|per|each|every|an?)"
    r"|ال(?P<definite>[\u0621-\u064a]{2,})"
    r"|(?P<en>month|mo|year|yr|day|night|week|wk|hour|hr|h|minute|min|person|guest|user|unit|item|piece|call|message"
    r"|kg|km|m2|m3|kWh|GB|MB|dl|dL|ml|mL|liter)"
    rf"|(?P<ar>شهر|سنة|يوم|ليلة|أسبوع|ساعة|دقيقة|شخص|فرد|ضيف|قطعة|وحدة|حبة|رسالة|مكالمة"
    rf"|كيلو|كجم|كغم|كغ|كم|دل|مل|لتر|متر|م ?[23])"
    rf"|(?P<other>[\u0621-\u064a]{{2,}}|[A-Za-z]{{2,}})){WORD_END}"
)
# A number with at most one word behind it, at the end of the text so far; `99 ريال سعودي` has two.
_ENDS_IN_AMOUNT: Final = re.compile(
    r"\d\s?[^\s\d]{0,12}\Z|\d\s[^\s\d]{1,12}(?:\s[\u0621-\u064a]{3,8}ي)?\Z|"
    r"\d\s[A-Z][a-z]{3,9}\s(?:riyal|dollar|dirham|dinar)s?\Z"
)
# An amount written behind its currency: `SAR 99/month`.
_ENDS_IN_NUMBER: Final = re.compile(rf"(?:{_CURRENCY_NAME})\s?[\d.,]{{1,12}}\Z")


def say_slashes(text: str, arabic: bool) -> str:
    """Replace each slash between words, or behind an amount, by what it means there."""

    def named(found: re.Match[str]) -> str:
        # `المندوب/السائق`: a role with an article behind it is the other role.
        if found["role"] and found["name"].startswith("ال"):
            return found[0]
        # `المدينة/الحي`: two labels are two things to fill in.
        if found["label"] and _TWO_LABELS.fullmatch(found["name"]):
            return found[0]
        return f"{found['front']} "

    def before_number(found: re.Match[str]) -> str:
        return " لكل " if _ENDS_IN_UNIT.search(found.string, max(0, found.start() - 12), found.start()) else " "

    def other_ending(found: re.Match[str]) -> str:
        word, ending = found["word"], found["ending"]
        # `وعزيزي/تي`: the conjunction is said once; short words may begin with that letter (`وكيل/ة`).
        joined = len(word) > 4 and word[0] == "و" and (word[1] != "ا" or word.startswith("وال"))
        stem = word[1:] if joined else word
        stem = _STEM[ending].sub("", stem) if ending in _STEM else stem
        return f"{word} أو {stem}{ending}"

    def rate(found: re.Match[str]) -> str:
        money = found["money"] or ""
        before = found.start() + len(money)
        # Without an amount in front the slash is an alternative: `a day/night plan`.
        if _ENDS_IN_AMOUNT.search(found.string, max(0, before - 36), before) is None:
            return found[0]
        paid = money or _ENDS_IN_NUMBER.search(found.string, max(0, before - 24), before)
        if found["plain"]:
            return f"{money} {found['plain']}"
        if found["definite"]:
            # `ريال/الشهر` is `ريال للشهر`; a third ل is not written.
            return f"{money} لل{found['definite'].removeprefix('ل')}" if paid else found[0]
        if found["other"]:
            return f"{money} {'لكل' if arabic else 'per'} {found['other']}" if paid else found[0]
        if found["ar"]:
            unit = _ARABIC_RATE_UNITS.get(found["ar"].replace(" ", ""), found["ar"])
        else:
            unit = _ENGLISH_RATE_UNITS.get(found["en"], found["en"])
        return f"{money} {'لكل' if arabic else 'per'} {unit}"

    comma = "، " if arabic else ", "
    # Most sentences have no slash, and no `(s)he`.
    if "/" not in text and "(" not in text:
        return text
    for pattern, said in _SLASH_FORMS:
        text = pattern.sub(said[0 if arabic else 1], text)
    text = _NOTHING_BEHIND.sub("", text)
    text = _JOINED.sub(lambda found: f"{found[1] or ''} ", text)
    text = _ENGLISH_TITLE.sub(r"\1. ", _NAME_BEHIND.sub(named, text))
    text = _BEHIND_NUMBER.sub(lambda found: " " if found.string[found.start() - 1].isdecimal() else comma, text)
    text = _STOPPED_ALTERNATIVE.sub(" أو " if arabic else " or ", text)
    text = _BEFORE_NUMBER.sub(before_number, _OTHER_ENDING.sub(other_ending, text))
    return _RATE.sub(rate, text)
