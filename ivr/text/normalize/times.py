"""Say times of day: `3:30 م` is `الثالثة والنصف مساءً`, `15:05` is `three oh five PM`."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import cardinal
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.numerals import number_words
from ivr.text.normalize.patterns import (
    ANY_DIGIT,
    ARABIC_WEEKDAYS,
    JOIN_MARK,
    NUMBER_START,
    UNIT_END,
    WORD_END,
    WORD_START,
)
from ivr.text.segment.abbreviations import FullStop, first_word, may_follow

_HOURS: Final = (
    *("", "الواحدة", "الثانية", "الثالثة", "الرابعة", "الخامسة", "السادسة"),
    *("السابعة", "الثامنة", "التاسعة", "العاشرة", "الحادية عشرة", "الثانية عشرة"),
)
# One letter as in Arabic (`ص`, `م`), or am and pm with or without points.
_MORNING: Final = rf"ص{UNIT_END}|[Aa]\.?\s?[Mm]{WORD_END}"
_EVENING: Final = rf"م{UNIT_END}|[Pp]\.?\s?[Mm]{WORD_END}"
_PART_OF_DAY: Final = (
    r"صباح[اً]*|مساء[اً]*|ظهر[اً]*|عصر[اً]*|ليل[اً]*|فجر[اً]*"
    r"|بعد منتصف الليل|منتصف الليل|(?:بعد|قبل) الظهر|بعد (?:العصر|المغرب|العشاء|الفجر)"
    r"|الصبح|الصباح|الظهر|العصر|المغرب|العشاء|بالليل|الليل|الفجر|المسا|المساء"
)
_AM_OR_PM: Final = rf"(?:\s?(?P<am>{_MORNING})|\s?(?P<pm>{_EVENING}))"
# `3:30`, `3:30 م`, `8:20 صباحاً`; seconds are not said.
_WITH_COLON: Final = re.compile(
    rf"{NUMBER_START}(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d|[:.]\d){_AM_OR_PM}?(?P<part>\s(?:{_PART_OF_DAY}){WORD_END})?"
)
# `3.30 pm`: with a point only if am or pm tells that it is a time.
_WITH_POINT: Final = re.compile(
    rf"{NUMBER_START}(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5]\d){_AM_OR_PM}(?P<part>(?!))?"
)
# `8 ص`, `إلى 5 م`, `8 صباحاً`: a bare hour.
_BARE_HOUR: Final = re.compile(
    rf"(?P<front>(?:الساعة|الساعه|ساعة الـ|from|at|from the|until|to)\s|[-–]\s?)?{NUMBER_START}"
    r"(?P<hour>1[0-2]|0?[1-9])(?P<minute>(?!))?"
    rf"(?:\s?(?P<am>{_MORNING})|\s?(?P<pm>{_EVENING})|(?P<part>\s(?:{_PART_OF_DAY}){WORD_END}))"
)
# `الساعة 4`; `الساعة 4 ساعات` is a length.
_OCLOCK: Final = re.compile(
    r"(?P<front>(?:[وفبلك]?ال|ل)?ساع[ةه]\s)(?P<hour>1[0-2]|0?[1-9])(?![^\W_]|[:.,/]\d)(?!\s?[-–]?\s?\d*\s?(?:ساعة|ساعات))"
)
# `9 ص - 6 م`, `8:00-17:00`: the dash between two times.
_TIME_RANGE: Final = re.compile(
    rf"{NUMBER_START}(\d{{1,2}}(?::\d\d)?\s?(?:ص|م|[AaPp]\.?[Mm]\.?)?)\s?[-–—]\s?(?=\d{{1,2}}(?::\d\d|\s?(?:ص|م|[AaPp]\.?[Mm]){WORD_END}))"
)
_DASH_BEFORE_DIGIT: Final = re.compile(r"[-–—]\s?\d")
# `من 4 إلى 6 مساءً`: the first hour takes its meaning from the second.
_HOUR_BEFORE_TIME: Final = re.compile(
    rf"{WORD_START}((?:من|بين|الساعة|يومياً?|{ARABIC_WEEKDAYS})[،:]?\s)(1[0-2]|0?[1-9])(?=\s(?:(?:إلى|الى|حتى|لين)\s|و{JOIN_MARK}?)"
    rf"\d{{1,2}}(?::\d\d)?\s?(?:[صم]|{_PART_OF_DAY}){WORD_END})"
)
# `2:35 دقيقة`: how long something lasts, not when it is.
_DURATION: Final = re.compile(
    rf"{NUMBER_START}(?P<whole>\d{{1,3}}):(?P<part>[0-5]\d)\s(?P<of>دقيقة|دقائق|دقايق|min(?:ute)?s?|ساعة|ساعات|h(?:ou)?rs?){WORD_END}"
)
# Words before `5 م` that make it five in the evening; behind other words it is five metres.
_BEFORE_TIME: Final = re.compile(
    r"(?:الساع[ةه]|إلى|الى|حتى|لين|لحد|من|قبل|بعد|و|عند|مساء|غد[اً]*|بكرة|بكره|باكر|اليوم|الليلة|أمس|امس|يوميا|يومياً"
    rf"|{ARABIC_WEEKDAYS})[\s،,:]*\Z"
)
# `12 ظ`
_NOON: Final = re.compile(rf"(?<=\d)\s?ظ{UNIT_END}")
# `10 a.m.`
_DOTTED_AM_OR_PM: Final = re.compile(r"(?<=\d)\s?([AaPp])\.\s?([Mm])\.?")


# `14:30Z`
_ZULU: Final = re.compile(rf"{NUMBER_START}(\d{{1,2}}:\d\d(?::\d\d)?)\s?Z{WORD_END}")


def say_times(text: str, arabic: bool) -> str:
    """Replace each time of day by words."""

    def undotted(found: re.Match[str]) -> str:
        # The last dot of `10 a.m.` is the sentence's if the sentence ends there.
        rest = found.string[found.end() :].lstrip()
        word = first_word(rest, True) or ""
        ends = not rest or (word[:1].isupper() and may_follow(word, FullStop.UNLESS_JOINED))
        return f" {found[1]}{found[2]}" + ("." if ends and found[0].endswith(".") else "")

    def time(found: re.Match[str]) -> str:
        named = found.groupdict()
        front = named.get("front") or ""
        hour, minute = int(named["hour"]), int(named["minute"] or 0)
        if named["pm"] == "م" and not named["minute"] and not front:
            before = found.string[: found.start()].replace(JOIN_MARK, "")
            if not _BEFORE_TIME.search(before):
                return found[0]
        half = "am" if named["am"] else "pm" if named["pm"] else ""
        if not half and not named["part"]:
            # Hours of the 24-hour clock tell the half of the day; `7:02` may be either.
            half = "pm" if 13 <= hour < 24 else "am" if hour in (0, 24) else ""
        words = _time_in_words(hour, minute, half, arabic)
        return f"{front}{words}{named['part'] or ''}"

    if ANY_DIGIT.search(text) is None:
        return text
    text = _NOON.sub(" ظهراً", _DOTTED_AM_OR_PM.sub(undotted, text))
    if ":" in text:
        text = _ZULU.sub(r"\1 بتوقيت غرينتش" if arabic else r"\1 UTC", text)
        text = _DURATION.sub(lambda found: _duration(found, arabic), text)
    if _DASH_BEFORE_DIGIT.search(text):
        text = _TIME_RANGE.sub(lambda found: f"{found[1].strip()} {number_words(arabic).to} ", text)
    if arabic:
        text = _HOUR_BEFORE_TIME.sub(lambda found: f"{found[1]}{_HOURS[int(found[2])]}", text)
    for pattern in (_WITH_COLON, _WITH_POINT, _BARE_HOUR):
        text = pattern.sub(time, text)
    if arabic:
        text = _OCLOCK.sub(lambda found: f"{found['front']}{_HOURS[int(found['hour'])]}", text)
    return text


def _duration(found: re.Match[str], arabic: bool) -> str:
    """Return `2:35 دقيقة` as `2 دقيقة و35 ثانية`, for the unit rule to count."""
    hours = found["of"][0] in "سh"
    if arabic:
        units = ("ساعة", "دقيقة") if hours else ("دقيقة", "ثانية")
    else:
        units = ("hours", "minutes") if hours else ("minutes", "seconds")
    parts = []
    for figures, unit in zip((found["whole"], found["part"]), units, strict=True):
        if number := int(figures):
            one = unit if arabic else f"1 {unit[:-1]}"
            parts.append(f"{number} {unit}" if number > 1 else one)
    return (f" و{JOIN_MARK}" if arabic else " and ").join(parts) or found[0]


def _time_in_words(hour: int, minute: int, half: str, arabic: bool) -> str:
    """Return a time in words, from an hour of 0 to 24; `half` is am, pm or ''."""
    at = hour % 12 or 12
    if not arabic:
        words = english_cardinal(at)
        if minute:
            words += f" {'oh ' if minute < 10 else ''}{english_cardinal(minute)}"
        elif not half:
            words += " o'clock"
        return f"{words} {half.upper()}".strip()
    special = {0: "", 1: " ودقيقة", 2: " ودقيقتين", 15: " والربع", 20: " والثلث", 30: " والنصف"}
    if minute == 45:
        # A quarter to the next hour.
        words = f"{_HOURS[at % 12 + 1]} إلا ربع"
    elif minute in special:
        words = _HOURS[at] + special[minute]
    else:
        words = f"{_HOURS[at]} و{cardinal(minute, feminine=True)} {'دقائق' if minute <= 10 else 'دقيقة'}"
    if not half:
        return words
    return f"{words} {'صباحاً' if half == 'am' else 'ظهراً' if at == 12 else 'مساءً'}"
