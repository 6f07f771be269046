"""Dates with month names, Gregorian and Hijri.

`12/08/2025` is read day first, as in Saudi Arabia, unless only the other order is a date. A year of 1300 to 1500 is
Hijri.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import cardinal
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.cardinal_en import ordinal, year

_MONTHS: Final = (
    *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
    *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
)
_MONTHS_EN: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_HIJRI: Final = (
    "محرم",
    "صفر",
    "ربيع الأول",
    "ربيع الآخر",
    "جمادى الأولى",
    "جمادى الآخرة",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
)
_HIJRI_EN: Final = (
    "Muharram",
    "Safar",
    "Rabi al-Awwal",
    "Rabi al-Thani",
    "Jumada al-Ula",
    "Jumada al-Thani",
    "Rajab",
    "Shaban",
    "Ramadan",
    "Shawwal",
    "Dhu al-Qadah",
    "Dhu al-Hijjah",
)
_ERA: Final = r"(?:\s?(?P<era>هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH|CE|AD)(?![^\W_]|[\u064b-\u0652]))?"
_EDGE: Final = r"(?<![^\W_])(?<![\d][/.\-])"
_DAY_FIRST: Final = re.compile(
    rf"{_EDGE}(?P<a>\d{{1,2}})(?P<sep>[/.\-])(?P<b>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}|\d{{2}})(?![^\W_]|[/.\-]\d){_ERA}"
)
_YEAR_FIRST: Final = re.compile(
    rf"{_EDGE}(?P<year>\d{{4}})(?P<sep>[/.\-])(?P<a>\d{{1,2}})(?P=sep)(?P<b>\d{{1,2}})(?:T(?=\d))?(?![^\W_]|[/.\-]\d){_ERA}"
)
_DAYS: Final = "الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|السبت"
_SHORT: Final = re.compile(
    rf"(?P<front>(?<![^\W_])(?:(?:يوم|بتاريخ|تاريخ|التاريخ|الموافق|{_DAYS}|(?i:on|date|dated|due|since))"
    r"|(?P<weak>حتى|لين|لغاية|قبل|بعد|من|إلى|الى|(?i:until|before|by|from|to)))\s*:?\s*)"
    r"(?P<a>\d{1,2})[/\-](?P<b>\d{1,2})(?![^\W_]|[/.\-]\d)"
)
_MONTH_YEAR: Final = re.compile(
    r"(?<![^\W_])(?<![\d][/.\-])(?<!رقم\s)(?<!number\s)(?<!page\s)(?P<month>0?[1-9]|1[0-2])/(?P<year>1[34]\d\d|19\d\d|20\d\d)(?![^\W_]|[/.\-]\d)"
)
_EXPIRY: Final = re.compile(
    r"(?P<front>(?<![^\W_])(?:صلاحي|ال?انتهاء|[تي]نته[يى]|سار|expir|valid)[^\W\d_]*[\s:]*(?:[^\W\d_]+[\s:]+){0,3})"
    r"(?P<month>0[1-9]|1[0-2])/(?P<year>[2-9]\d)(?![^\W_]|[/.\-]\d)",
    re.IGNORECASE,
)
_AR_YEAR: Final = re.compile(
    rf"(?<![^\W_])(?P<front>[ولبف]?(?:{'|'.join(_MONTHS + _HIJRI)}|(?:ل|ال|لل)?عام|سنة|السنة)\s)"
    r"(?P<year>1[3-9]\d\d|20\d\d)(?![^\W_]|[.,:/]\d)"
)
_NAMED_YEAR: Final = re.compile(
    r"(?<![^\W_])(?P<year>1[3-9]\d\d|20\d\d)\s?(?P<era>هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH)(?![^\W_]|[\u064b-\u0652])"
)
_APART: Final = re.compile(r"(?<![^\W_])(\d{1,2})\s([/-])\s(\d{1,2})\s\2\s(\d{4})(?![^\W_])")
_YEARS: Final = re.compile(
    r"(?<![^\W_])(?<![/.-])(1[3-9]\d\d|20\d\d)\s?[-–—]\s?"
    r"(?=(?:1[3-9]\d\d|20\d\d)\s?(?:هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH)(?![^\W_]))"
)
_DECADE: Final = re.compile(r"(?<![^\W_])(1[5-9]|20)?['’]?([1-9]0|(?<=20)00)s(?![^\W_])")
_DECADES: Final = (
    *("", "tens", "twenties", "thirties", "forties"),
    *("fifties", "sixties", "seventies", "eighties", "nineties"),
)
_MONTH_EN: Final = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)(?![^\W_])\.?"
)
_DAY_NAMED: Final = re.compile(
    rf"(?<![^\W_])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?P<of> of)?[ -]{_MONTH_EN}(?:,?[ -](?P<year>\d{{4}})(?!\d))?"
)
_NAMED_DAY: Final = re.compile(
    rf"(?<![^\W_]){_MONTH_EN} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:,? (?P<year>\d{{4}})(?!\d))?"
)
_IN_YEAR: Final = re.compile(
    rf"(?<![^\W_])(?P<front>(?i:in|since|year|of|by|until|before|after|during|Q[1-4]|H[12]|FY) |{_MONTH_EN} )"
    r"(?P<year>1[5-9]\d\d|20\d\d)(?![^\W_]|[.,:/]\d)"
)


def say_dates(text: str, arabic: bool) -> str:
    """Every date in words."""

    def day_first(found: re.Match[str]) -> str:
        day, month = int(found["a"]), int(found["b"])
        if month > 12 >= day:
            day, month = month, day
        return _said(found, day, month, arabic)

    text = _APART.sub(r"\1\2\3\2\4", text)
    text = _YEARS.sub(r"\1 إلى " if arabic else r"\1 to ", text)
    text = _YEAR_FIRST.sub(lambda found: _said(found, int(found["b"]), int(found["a"]), arabic), text)
    text = _DAY_FIRST.sub(day_first, text)
    text = _SHORT.sub(lambda found: _said_short(found, arabic), text)
    text = _EXPIRY.sub(lambda found: f"{found['front']}{_month_year(found, arabic)}", text)
    text = _MONTH_YEAR.sub(lambda found: _month_year(found, arabic), text)
    text = _NAMED_YEAR.sub(lambda found: _year(int(found["year"]), found["era"], arabic), text)
    if arabic:
        return _AR_YEAR.sub(lambda found: f"{found['front']}{cardinal(int(found['year']))}", text)
    text = _DECADE.sub(_decade, text)
    text = _DAY_NAMED.sub(_said_named, text)
    text = _NAMED_DAY.sub(_said_named, text)
    return _IN_YEAR.sub(lambda found: f"{found['front']}{year(int(found['year']))}", text)


def _said(found: re.Match[str], day: int, month: int, arabic: bool) -> str:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found[0]
    written = int(found["year"])
    full = written if len(found["year"]) == 4 else 2000 + written
    hijri = 1300 <= full <= 1500
    name = _month(month, hijri, arabic)
    if arabic:
        name = f"من {name}" if name == _HIJRI[1] else name  # صفر is zero too
        return f"{cardinal(day)} {name} {_year(full, found['era'], arabic)}"
    return f"{name} {ordinal(day)}, {_year(full, found['era'], arabic)}"


def _month_year(found: re.Match[str], arabic: bool) -> str:
    """`12/2027` -> `ديسمبر ألفين وسبعة وعشرين`."""
    full = int(found["year"]) if len(found["year"]) == 4 else 2000 + int(found["year"])
    return f"{_month(int(found['month']), 1300 <= full <= 1500, arabic)} {_year(full, None, arabic)}"


def _month(month: int, hijri: bool, arabic: bool) -> str:
    if hijri:
        return (_HIJRI if arabic else _HIJRI_EN)[month - 1]
    return (_MONTHS if arabic else _MONTHS_EN)[month - 1]


def _year(number: int, era: str | None, arabic: bool) -> str:
    if not arabic:
        return year(number) + (" Hijri" if era in ("هـ", "ه", "AH") else "")
    if not era:
        return cardinal(number)
    return f"{cardinal(number)} {'هجري' if era[0] in 'هA' and era != 'AD' else 'ميلادي'}"


def _said_short(found: re.Match[str], arabic: bool) -> str:
    day, month = int(found["a"]), int(found["b"])
    if not arabic and month > 12 >= day:
        day, month = month, day
    weak = found["weak"] and (day < month <= 4 or "-" in found[0])
    if weak or not (1 <= day <= 31 and 1 <= month <= 12):
        return found[0]
    if arabic:
        return f"{found['front']}{cardinal(day)} {_MONTHS[month - 1]}"
    return f"{found['front']}{_MONTHS_EN[month - 1]} {ordinal(day)}"


def _decade(found: re.Match[str]) -> str:
    """`1990s` -> `nineteen nineties`."""
    if found[2] == "00":
        return "two thousands"
    return (f"{english_cardinal(int(found[1]))} " if found[1] else "") + _DECADES[int(found[2][0])]


def _said_named(found: re.Match[str]) -> str:
    day = int(found["day"])
    name = next(name for name in _MONTHS_EN if name.startswith(found["month"][:3]))
    said = ordinal(day) if 1 <= day <= 31 else english_cardinal(day)
    ended = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
    said = f"{said} of {name}" if found.groupdict().get("of") else f"{name} {said}"
    return said + (f", {year(int(found['year']))}" if found["year"] else "") + ended
