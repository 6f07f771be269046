"""Say dates with month names, Gregorian and Hijri.

`12/08/2025` is read day first, as in Saudi Arabia, unless only the other order is a date.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import cardinal
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.cardinal_en import ordinal, year
from ivr.text.normalize.patterns import ANY_DIGIT, ARABIC_WEEKDAYS, NUMBER_END, UNIT_END, WORD_END, WORD_START

_ARABIC_MONTHS: Final = (
    *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
    *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
)
_ENGLISH_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_HIJRI_MONTHS: Final = (
    *("محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة"),
    *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
)
_ENGLISH_HIJRI_MONTHS: Final = (
    *("Muharram", "Safar", "Rabi al-Awwal", "Rabi al-Thani", "Jumada al-Ula", "Jumada al-Thani"),
    *("Rajab", "Shaban", "Ramadan", "Shawwal", "Dhu al-Qadah", "Dhu al-Hijjah"),
)

# Dates of numbers. A separator on either side makes a longer thing of it: `192.168.1.1`.
_ERA: Final = rf"(?:\s?(?P<era>هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH|CE|AD){UNIT_END})?"
_DATE_START: Final = rf"{WORD_START}(?<![\d][/.\-])"
_DATE_END: Final = r"(?![^\W_]|[/.\-]\d)"
_SEPARATED_NUMBERS: Final = re.compile(r"\d\s?[/.–—-]\s?\d")
# `12/08/2025`, `1-2-25`, `15/9/1446 هـ`
_DAY_FIRST: Final = re.compile(
    rf"{_DATE_START}(?P<a>\d{{1,2}})(?P<sep>[/.\-])(?P<b>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}|\d{{2}}){_DATE_END}{_ERA}"
)
# `2025-03-15` (ISO 8601)
_YEAR_FIRST: Final = re.compile(
    rf"{_DATE_START}(?P<year>\d{{4}})(?P<sep>[/.\-])(?P<a>\d{{1,2}})(?P=sep)(?P<b>\d{{1,2}}){_DATE_END}{_ERA}"
)
# `2025-12-01T14:30:00+03:00` (ISO 8601), also with a blank for the `T`.
_TIMESTAMP: Final = re.compile(
    rf"{_DATE_START}(\d{{4}}-\d\d-\d\d)(?:[Tt]|\s|(?<=\d)،\s)([01]\d|2[0-4]):?([0-5]\d)(?::?[0-5]\d(?:[.,]\d{{1,9}})?)?"
    rf"(?:\s?(?P<zulu>Z|UTC|GMT|[+-]00:?00)|\s?(?P<offset>[+-]\d\d(?::?\d\d)?))?{WORD_END}(?![:/]\d)"
)
# `20251201T143000Z`: the same without separators.
_COMPACT_TIMESTAMP: Final = re.compile(
    rf"{_DATE_START}(20\d\d)(0[1-9]|1[0-2])([0-3]\d)T([01]\d|2[0-3])([0-5]\d)(?:[0-5]\d)?(Z?){WORD_END}"
)
# `5 - 6 - 2026`: blanks around the separators.
_SPACED_DATE: Final = re.compile(rf"{WORD_START}(\d{{1,2}})\s([/-])\s(\d{{1,2}})\s\2\s(\d{{4}}){WORD_END}")
# `يوم 12/8`: day and month are a date only behind a word that announces one; behind a `weak` one they may be a half.
_DAY_AND_MONTH: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:(?:يوم|بتاريخ|تاريخ|التاريخ|الموافق|{ARABIC_WEEKDAYS}|(?i:on|date|dated|due|since))"
    r"|(?P<slashed>موعد(?:ك|نا|كم|ه|ها)?|الموعد|(?:مستحق|[تي]ستحق|[تي]نته[يى]|[تي]بدأ)(?:\sفي)?)"
    r"|(?P<weak>في|خلال|حتى|لين|لغاية|قبل|بعد|من|إلى|الى|(?i:until|before|by|from|to)))\s*:?\s*)"
    rf"(?P<a>\d{{1,2}})[/\-](?P<b>\d{{1,2}}){_DATE_END}(?!\s?(?:[صم]{UNIT_END}|[AaPp]\.?[Mm]|صباح|مساء|ظهر|عصر|ليل|ساع))"
)
# `12/1 at 06:05`, `3/12 الساعة 5`: a time behind it tells a date.
_DAY_BEFORE_TIME: Final = re.compile(
    rf"{_DATE_START}(?P<front>)(?P<weak>)(?P<slashed>)(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?=،?,?\s(?:at|@|الساع[ةه])\s?\d)"
)
# `12/2026`; `رقم 12/2026` is the number of something.
_MONTH_AND_YEAR: Final = re.compile(
    rf"{_DATE_START}(?<!رقم\s)(?<!number\s)(?<!page\s)(?P<month>0?[1-9]|1[0-2])/(?P<year>1[34]\d\d|19\d\d|20\d\d){_DATE_END}"
)
# `expires 08/27`: two digits are a year only on a card that runs out.
_EXPIRY: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:صلاحي|ال?انتهاء|[تي]نته[يى]|سار|exp(?:ir|(?![^\W_]))|valid)[^\W\d_]*\.?[\s:]*(?:[^\W\d_]+[\s:]+){{0,3}})"
    rf"(?P<month>0[1-9]|1[0-2])/(?P<year>[2-9]\d){_DATE_END}",
    re.IGNORECASE,
)

# Years: `ديسمبر 2027`, `لعام 2024`, then `1445هـ`.
_BEHIND_MONTH_OR_YEAR: Final = re.compile(
    rf"{WORD_START}(?P<front>[ولبف]?(?:{'|'.join(_ARABIC_MONTHS + _HIJRI_MONTHS)}|(?:ل|ال|لل)?عام|سنة|السنة)\s)"
    rf"(?P<year>1[3-9]\d\d|20\d\d){NUMBER_END}"
)
_YEAR_WITH_ERA: Final = re.compile(
    rf"{WORD_START}(?P<year>1[3-9]\d\d|20\d\d)\s?(?P<era>هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH){UNIT_END}"
)
# `1447 - 1448 هـ`
_YEAR_RANGE: Final = re.compile(
    rf"{WORD_START}(?<![/.-])(1[3-9]\d\d|20\d\d)\s?[-–—]\s?"
    rf"(?=(?:1[3-9]\d\d|20\d\d)\s?(?:هـ|ه|هجري[ةه]?|م|ميلادي[ةه]?|AH){WORD_END})"
)
# `1990s`, `'90s`, `2000s`
_DECADE: Final = re.compile(rf"{WORD_START}(1[5-9]|20)?['’]?([1-9]0|(?<=20)00)s{WORD_END}")
_DECADES: Final = (
    *("", "tens", "twenties", "thirties", "forties"),
    *("fifties", "sixties", "seventies", "eighties", "nineties"),
)

# English month names.
_MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    rf"Nov(?:ember)?|Dec(?:ember)?){WORD_END}"
)
_MONTH_BEGINS: Final = re.compile("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")
_MONTH_NAME: Final = rf"(?P<month>{_MONTH})\.?"
_RANK: Final = r"(?:st|nd|rd|th)?"
# `22 November 2026`, `3rd of May`, `24–26 Dec`
_DAY_THEN_MONTH: Final = re.compile(
    rf"{WORD_START}(?:(?P<first>\d{{1,2}}){_RANK}\s?[-–—]\s?)?(?P<day>\d{{1,2}}){_RANK}(?P<of> of)?[ -]{_MONTH_NAME}"
    r"(?:,?[ -](?P<year>\d{4})(?!\d))?"
)
# `Jan. 5, 2026`, `Dec. 24–26`
_MONTH_THEN_DAY: Final = re.compile(
    rf"{WORD_START}{_MONTH_NAME} (?P<day>\d{{1,2}}){_RANK}(?:\s?[-–—]\s?(?P<last>\d{{1,2}}){_RANK}(?![^\W_]))?"
    r"(?![\d:]|[.,]\d)(?:,? (?P<year>\d{4})(?!\d))?"
)
# `in Dec.`, `Nov. to Jan.`: a month without a day.
_MONTH_ALONE: Final = re.compile(
    rf"{WORD_START}(?P<front>(?i:in|of|since|until|by|from|to|through|last|next|this|early|late|mid)[ -])"
    rf"(?!May|Mar ){_MONTH_NAME}(?![^\W_])"
    rf"|{WORD_START}(?!May|Mar )(?P<first>{_MONTH})\.?(?=\s(?:to|and|or|&)\s{_MONTH})"
)
# What parts a date from what is written to it.
_DASH_OR_T: Final = re.compile(r"[-–—]\s?[\dA-Z\u0621-\u064a]|\dT")
# A dash between two dates: `Dec 24 - Jan 2`, `5 ديسمبر - 8 ديسمبر`, `Jan–Mar`, `1/12/2025 – 5/12/2025`.
_ANY_MONTH: Final = rf"(?:{_MONTH}\.?|(?:{'|'.join(_ARABIC_MONTHS + _HIJRI_MONTHS)}){WORD_END})"
_DATE_RANGE: Final = re.compile(
    rf"({WORD_START}(?:{_ANY_MONTH}(?: \d{{1,2}}{_RANK})?(?:,? \d{{4}})?|\d{{1,2}}/\d{{1,2}}/(?:\d{{4}}|\d{{2}})"
    rf"|\d{{4}}-\d\d-\d\d))(?:\s?[-–—]\s?|/(?=\d{{4}}-))"
    rf"(?=(?:\d{{1,2}}{_RANK} )?{_ANY_MONTH}|\d{{1,2}}/\d{{1,2}}/\d\d|\d{{4}}-\d\d-\d\d)"
)
# `5/12 - 8/12`: days and months; `1/2-3/4` may be parts.
_SHORT_DATE_RANGE: Final = re.compile(
    rf"(?:(?P<front>من|from) )?{_DATE_START}(?P<low>(?:[4-9]|[12]\d|3[01])/(?:1[0-2]|0?[1-9]))\s?[-–—]\s?"
    rf"(?=(?:[12]\d|3[01]|0?[1-9])/(?:1[0-2]|0?[1-9]){_DATE_END})"
)
# `in 1994`, `March 2025`, `Q3 2026`
_BEHIND_ENGLISH_WORD: Final = re.compile(
    rf"{WORD_START}(?P<front>(?i:in|since|year|of|by|until|before|after|during|Q[1-4]|H[12]|FY) |{_MONTH_NAME} )"
    rf"(?P<year>1[5-9]\d\d|20\d\d){NUMBER_END}"
)


def say_dates(text: str, arabic: bool) -> str:
    """Replace each date, and each number that is surely a year, by words."""

    def full_date(found: re.Match[str], day: int, month: int) -> str:
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return found[0]
        number = _full_year(found["year"])
        name = _month_name(month, number, arabic)
        if not arabic:
            return f"{name} {ordinal(day)}, {_year(number, found['era'], arabic)}"
        # The month صفر would be heard as a zero behind a number.
        name = f"من {name}" if name == _HIJRI_MONTHS[1] else name
        return f"{cardinal(day)} {name} {_year(number, found['era'], arabic)}"

    def day_first(found: re.Match[str]) -> str:
        day, month = int(found["a"]), int(found["b"])
        return full_date(found, month, day) if month > 12 >= day else full_date(found, day, month)

    def day_and_month(found: re.Match[str]) -> str:
        day, month = int(found["a"]), int(found["b"])
        if not arabic and month > 12 >= day:
            day, month = month, day
        # `من 1/2 الكمية` is a half, `من 3-5` and `موعد 2-3 أيام` a range.
        doubtful = (found["weak"] and day < month <= 4) or ("-" in found[0] and (found["weak"] or found["slashed"]))
        if doubtful or not (1 <= day <= 31 and 1 <= month <= 12):
            return found[0]
        if arabic:
            return f"{found['front']}{cardinal(day)} {_ARABIC_MONTHS[month - 1]}"
        return f"{found['front']}{_ENGLISH_MONTHS[month - 1]} {ordinal(day)}"

    def month_and_year(found: re.Match[str]) -> str:
        number = _full_year(found["year"])
        return f"{_month_name(int(found['month']), number, arabic)} {_year(number, None, arabic)}"

    if _DASH_OR_T.search(text):
        text = _part_dates(text, arabic)
    if ANY_DIGIT.search(text) is None:
        # Only an English month may stand without a number.
        return text if arabic or _MONTH_BEGINS.search(text) is None else _say_english_dates(text)
    if _SEPARATED_NUMBERS.search(text):
        text = _SPACED_DATE.sub(r"\1\2\3\2\4", text)
        text = _YEAR_RANGE.sub(r"\1 إلى " if arabic else r"\1 to ", text)
        text = _YEAR_FIRST.sub(lambda found: full_date(found, int(found["b"]), int(found["a"])), text)
        text = _DAY_FIRST.sub(day_first, text)
        text = _DAY_BEFORE_TIME.sub(day_and_month, _DAY_AND_MONTH.sub(day_and_month, text))
        text = _EXPIRY.sub(lambda found: f"{found['front']}{month_and_year(found)}", text)
        text = _MONTH_AND_YEAR.sub(month_and_year, text)
    text = _YEAR_WITH_ERA.sub(lambda found: _year(int(found["year"]), found["era"], arabic), text)
    if arabic:
        return _BEHIND_MONTH_OR_YEAR.sub(lambda found: f"{found['front']}{cardinal(int(found['year']))}", text)
    return _say_english_dates(text)


def _part_dates(text: str, arabic: bool) -> str:
    """Part each date from the time or the other date that is written to it, with the word that stands between."""

    def timestamp(found: re.Match[str]) -> str:
        hour, minute = int(found[2]), found[3]
        # Midnight is how programs write a day without a time.
        if hour in (0, 24) and minute == "00":
            return found[1]
        morning = hour < 12
        half = ("ص" if morning else "م") if arabic else ("AM" if morning else "PM")
        zone = (" بتوقيت غرينتش" if arabic else " UTC") if found["zulu"] else ""
        return f"{found[1]} {'الساعة' if arabic else 'at'} {hour % 12 or 12}:{minute} {half}{zone}"

    def short_range(found: re.Match[str]) -> str:
        front = found["front"] or ("من" if arabic else "from")
        return f"{front} {found['low']} {'إلى' if arabic else 'to'} "

    text = _TIMESTAMP.sub(timestamp, _COMPACT_TIMESTAMP.sub(r"\1-\2-\3T\4:\5\6", text))
    text = _DATE_RANGE.sub(r"\1 إلى " if arabic else r"\1 to ", text)
    return _SHORT_DATE_RANGE.sub(short_range, text)


def _say_english_dates(text: str) -> str:
    """Replace each decade, each date with the name of its month, and each year behind an English word."""

    def decade(found: re.Match[str]) -> str:
        if found[2] == "00":
            return "two thousands"
        century = f"{english_cardinal(int(found[1]))} " if found[1] else ""
        return century + _DECADES[int(found[2][0])]

    def named(found: re.Match[str]) -> str:
        name = _english_month(found["month"])
        said = _english_day(found["day"])
        parts = found.groupdict()
        if first := parts.get("first"):
            said = f"{_english_day(first)} to {said}"
        if last := parts.get("last"):
            said = f"{said} to {_english_day(last)}"
        said = f"{said} of {name}" if parts.get("of") else f"{name} {said}"
        # The full stop of `3 Jan.` ends the sentence where the text ends.
        ended = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
        return said + (f", {year(int(found['year']))}" if found["year"] else "") + ended

    text = _DECADE.sub(decade, text)

    def month_alone(found: re.Match[str]) -> str:
        ended = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
        return f"{found['front'] or ''}{_english_month(found['month'] or found['first'])}{ended}"

    if _MONTH_BEGINS.search(text):
        text = _MONTH_THEN_DAY.sub(named, _DAY_THEN_MONTH.sub(named, text))
        text = _MONTH_ALONE.sub(month_alone, text)
    return _BEHIND_ENGLISH_WORD.sub(lambda found: f"{found['front']}{year(int(found['year']))}", text)


def _english_month(written: str) -> str:
    """Return the full name of a month."""
    return next(name for name in _ENGLISH_MONTHS if name.startswith(written[:3]))


def _english_day(figures: str) -> str:
    """Return the rank of a day of a month; another number as it is."""
    day = int(figures)
    return ordinal(day) if 1 <= day <= 31 else english_cardinal(day)


def _full_year(written: str) -> int:
    """Return a year of four digits; two digits are a year of this century."""
    return int(written) if len(written) == 4 else 2000 + int(written)


def _month_name(month: int, year_number: int, arabic: bool) -> str:
    """Return the name of a month, 1 to 12. A year of 1300 to 1500 is Hijri."""
    if 1300 <= year_number <= 1500:
        return (_HIJRI_MONTHS if arabic else _ENGLISH_HIJRI_MONTHS)[month - 1]
    return (_ARABIC_MONTHS if arabic else _ENGLISH_MONTHS)[month - 1]


def _year(number: int, era: str | None, arabic: bool) -> str:
    """Return a year in words, with its era if one is written."""
    if not arabic:
        return year(number) + (" Hijri" if era in ("هـ", "ه", "AH") else "")
    if not era:
        return cardinal(number)
    return f"{cardinal(number)} {'هجري' if era[0] in 'هA' and era != 'AD' else 'ميلادي'}"
