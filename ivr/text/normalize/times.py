"""Times of day: `3:30 م` -> `الثالثة والنصف مساءً`, `15:05` -> `three oh five PM`."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers.cardinal_ar import cardinal
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.numerals import JOIN
from ivr.text.segment.abbreviations import FullStop, first_word, may_follow

_HOURS: Final = (
    "",
    "الواحدة",
    "الثانية",
    "الثالثة",
    "الرابعة",
    "الخامسة",
    "السادسة",
    "السابعة",
    "الثامنة",
    "التاسعة",
    "العاشرة",
    "الحادية عشرة",
    "الثانية عشرة",
)
_MORNING: Final = r"ص(?![^\W_]|[\u064b-\u0652])|[Aa]\.?\s?[Mm](?![^\W_])"
_EVENING: Final = r"م(?![^\W_]|[\u064b-\u0652])|[Pp]\.?\s?[Mm](?![^\W_])"
_PART: Final = (
    r"صباح[اً]*|مساء[اً]*|ظهر[اً]*|عصر[اً]*|ليل[اً]*|فجر[اً]*"
    r"|بعد منتصف الليل|منتصف الليل|(?:بعد|قبل) الظهر|بعد (?:العصر|المغرب|العشاء|الفجر)"
    r"|الصبح|الصباح|الظهر|العصر|المغرب|العشاء|بالليل|الليل|الفجر|المسا|المساء"
)
_HALF: Final = rf"(?:\s?(?P<am>{_MORNING})|\s?(?P<pm>{_EVENING}))"
_EDGE: Final = r"(?<![^\W_])(?<!\d[.,:/\-])"
_FULL: Final = re.compile(
    rf"{_EDGE}(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d|[:.]\d){_HALF}?(?P<part>\s(?:{_PART})(?![^\W_]))?"
)
_DOTTED: Final = re.compile(rf"{_EDGE}(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5]\d){_HALF}(?P<part>(?!))?")
_BARE: Final = re.compile(
    rf"(?P<front>(?:الساعة|الساعه|ساعة الـ|from|at|from the|until|to)\s|[-–]\s?)?{_EDGE}"
    r"(?P<hour>1[0-2]|0?[1-9])(?P<minute>(?!))?"
    rf"(?:\s?(?P<am>{_MORNING})|\s?(?P<pm>{_EVENING})|(?P<part>\s(?:{_PART})(?![^\W_])))"
)
_OCLOCK: Final = re.compile(
    r"(?P<front>(?:[وفبلك]?ال|ل)?ساع[ةه]\s)(?P<hour>1[0-2]|0?[1-9])(?![^\W_]|[:.,/]\d)(?!\s?[-–]?\s?\d*\s?(?:ساعة|ساعات))"
)
_TO: Final = re.compile(
    rf"{_EDGE}(\d{{1,2}}(?::\d\d)?\s?(?:ص|م|[AaPp]\.?[Mm]\.?)?)\s?[-–—]\s?(?=\d{{1,2}}(?::\d\d|\s?(?:ص|م|[AaPp]\.?[Mm])(?![^\W_])))"
)
_BETWEEN: Final = re.compile(
    rf"(?<![^\W_])((?:من|بين)\s)(1[0-2]|0?[1-9])(?=\s(?:(?:إلى|الى|حتى|لين)\s|و{JOIN}?)"
    rf"\d{{1,2}}(?::\d\d)?\s?(?:[صم]|{_PART})(?![^\W_]))"
)
_LASTING: Final = re.compile(
    rf"{_EDGE}(?P<whole>\d{{1,3}}):(?P<part>[0-5]\d)\s(?P<of>دقيقة|دقائق|دقايق|min(?:ute)?s?|ساعة|ساعات|h(?:ou)?rs?)(?![^\W_])"
)
"""`2:35 دقيقة`: how long something lasts, not when it is."""
_TOLD: Final = (
    r"الساع[ةه]|إلى|الى|حتى|لين|لحد|من|قبل|بعد|و|عند|مساء|غد[اً]*|بكرة|بكره|باكر|اليوم|الليلة|أمس|امس|يوميا|يومياً"
    r"|الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|السبت"
)
_NOON: Final = re.compile(r"(?<=\d)\s?ظ(?![^\W_]|[\u064b-\u0652])")
_HALF_DOT: Final = re.compile(r"(?<=\d)\s?([AaPp])\.\s?([Mm])\.?")


def say_times(text: str, arabic: bool) -> str:
    """Every time of day in words."""
    text = _NOON.sub(" ظهراً", _HALF_DOT.sub(_undotted, text))
    text = _LASTING.sub(lambda found: _lasting(found, arabic), text)
    text = _TO.sub(lambda found: f"{found[1].strip()} {'إلى' if arabic else 'to'} ", text)
    if arabic:
        text = _BETWEEN.sub(lambda found: f"{found[1]}{_HOURS[int(found[2])]}", text)
    for pattern in (_FULL, _DOTTED, _BARE):
        text = pattern.sub(lambda found: _said(found, arabic), text)
    if arabic:
        text = _OCLOCK.sub(lambda found: f"{found['front']}{_HOURS[int(found['hour'])]}", text)
    return text


def _undotted(found: re.Match[str]) -> str:
    """`10 a.m.` -> `10 am`: its last dot is the sentence's if the sentence ends there."""
    rest = found.string[found.end() :].lstrip()
    word = first_word(rest, True) or ""
    ends = not rest or (word[:1].isupper() and may_follow(word, FullStop.UNLESS_JOINED))
    return f" {found[1]}{found[2]}" + ("." if ends and found[0].endswith(".") else "")


def _said(found: re.Match[str], arabic: bool) -> str:
    named = found.groupdict()
    front = named.get("front") or ""
    hour, minute = int(named["hour"]), int(named["minute"] or 0)
    if named["pm"] == "م" and not named["minute"] and not _is_time(found, front):
        return found[0]
    half = "am" if named["am"] else "pm" if named["pm"] else ""
    if not half and not named["part"]:
        half = "pm" if 13 <= hour < 24 else "am" if hour in (0, 24) else ""
    words = _arabic(hour, minute, half) if arabic else _english(hour, minute, half)
    return f"{front}{words}{named['part'] or ''}"


def _is_time(found: re.Match[str], front: str) -> bool:
    """`5 م` is five in the evening behind these words, else five metres."""
    before = found.string[: found.start()].replace(JOIN, "")
    return bool(front) or re.search(rf"(?:{_TOLD})[\s،,:]*\Z", before) is not None


def _lasting(found: re.Match[str], arabic: bool) -> str:
    """`2:35 دقيقة` -> `2 دقيقة و35 ثانية`, for the counting to come."""
    of = found["of"]
    hours = of[0] in "سh"
    if arabic:
        units = ("ساعة", "دقيقة") if hours else ("دقيقة", "ثانية")
    else:
        units = ("hours", "minutes") if hours else ("minutes", "seconds")
    parts = []
    for figures, unit in zip((found["whole"], found["part"]), units, strict=True):
        if number := int(figures):
            one = unit if arabic else f"1 {unit[:-1]}"
            parts.append(f"{number} {unit}" if number > 1 else one)
    return (f" و{JOIN}" if arabic else " and ").join(parts) or found[0]


def _arabic(hour: int, minute: int, half: str) -> str:
    at = hour % 12 or 12
    words = f"{_HOURS[at % 12 + 1]} إلا ربع" if minute == 45 else _HOURS[at] + _minutes(minute)
    if not half:
        return words
    return f"{words} {'صباحاً' if half == 'am' else 'ظهراً' if at == 12 else 'مساءً'}"


def _minutes(minute: int) -> str:
    special = {0: "", 1: " ودقيقة", 2: " ودقيقتين", 15: " والربع", 20: " والثلث", 30: " والنصف"}
    if minute in special:
        return special[minute]
    return f" و{cardinal(minute, feminine=True)} {'دقائق' if minute <= 10 else 'دقيقة'}"


def _english(hour: int, minute: int, half: str) -> str:
    words = english_cardinal(hour % 12 or 12)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{english_cardinal(minute)}"
    elif not half:
        words += " o'clock"
    return f"{words} {half.upper()}".strip()
