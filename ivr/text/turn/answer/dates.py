"""Judge a date or a time that was asked for: whole, or more of it is to come."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.text.segment.punctuation import word_set
from ivr.text.turn.answer.numbers import SPOKEN_DIGITS, SPOKEN_UNITS, read_dictation
from ivr.text.turn.words import NOT_TOLD, Judged

BIRTH_DIGITS: Final = 8
"""Digits of a date with its year: so many are awaited of a date of birth."""

DATE_MONTHS: Final = word_set(
    "january february march april may june july august september october november december jan feb mar apr jun jul "
    "aug "
    "sep sept oct nov dec يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر محرم رجب شعبان "
    "رمضان شوال القعده الحجه شباط اذار نيسان ايار حزيران تموز ايلول تشرين"
)
_DAYS: Final = word_set(
    "monday tuesday wednesday thursday friday saturday sunday السبت الاحد الاثنين الثلاثاء الثلاثا الثلوث الاربعاء "
    "الاربعا "
    "الربوع الخميس الجمعه today tomorrow yesterday tonight now morning mornings afternoon afternoons evening "
    "evenings noon "
    "midnight week weeks month months year years weekend weekends days ago o'clock pm am اليوم بكره بكرا باكر غدا امس "
    "امبارح مبارح الحين الان الصبح الصباح صباحا مساء المساء العصر الظهر المغرب العشا الفجر الليله الليل القادم الجاي "
    "الجايه "
    "الماضي الماضيه القادمه الشهر الاسبوع السنه هجري ميلادي المقبل الضحي يومين شهرين سنتين ايام اسبوع اسبوعين سنوات "
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth الاول الثاني الثالث الرابع الخامس السادس السابع "
    "الثامن التاسع العاشر ونص وربع"
)
_DAY_NUMBER: Final = re.compile(r"\d{1,2}(?:st|nd|rd|th|pm|am)")
_AWAITS: Final = word_set(
    "the of on at in by next last this past to quarter from between before after around about since until till and or "
    "every any يوم شهر الساعه بتاريخ تاريخ سنه عام من في علي الي بعد قبل بين حوالي و او الموافق كل خلال ذو ذي"
)
"""Words that a day, a month or an hour follows."""
_WHOLE_WITH: Final = {
    **dict.fromkeys(("يوم", "شهر", "سنه", "عام"), word_set("اي كل قبل بعد خلال صار اخر نفس باي بكل")),
    **dict.fromkeys(("before", "after"), word_set("day days week weeks night month year years the")),
    "on": word_set("later from going early"),
}
"""Words before such a word with which it is whole: "every day", "the day after"."""
_LIGHT: Final = word_set(
    "i i'm we it's it is was on the of at in by around about maybe perhaps probably say yes yeah no um uh er think "
    "that's that would be good fine please if possible just for from to until till since next last this past quarter "
    "half between and or an my so well ok okay let's how any any early late quite really born a day month year date "
    "يوم شهر الساعه ساعه سنه عام بتاريخ تاريخ من في علي الي بعد قبل بين حوالي و او ايه نعم ممكن يمكن تقريبا انا والله "
    "ان شاء الله خلها خليها خلوها احسن افضل يناسبني مواليد مولود ولدت هو كان كانت استلمتها استلمته لو سمحت بدري اي "
    "انتهاء الانتهاء "
    "مكتوب مكتوبه عيد ميلادي slash dash"
)
"""Words around a date that add nothing to it."""
_CENTURIES: Final = word_set("تسعميه تسعمايه اربعميه اربعمايه ثلاثميه ثلاثمايه")
_CLOCK: Final = word_set("at o'clock pm am الساعه")
_SHORT_DATE: Final = 3
_YEAR_FROM, _YEAR_TO = 1300, 2100


def judge_date(words: Sequence[str], length: int) -> Judged:
    """Judge folded words as a date or a time that was asked for. `NOT_TOLD` where grammar has to tell.

    `length`: `BIRTH_DIGITS` where the year is awaited as well; 0: not known.
    """
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _AWAITS and before not in _WHOLE_WITH.get(last, ()):
        return Judged("open", "answer_part")
    if last in _WHOLE_WITH and not last.isascii() and len(words) <= _SHORT_DATE:
        return Judged("complete", "short_answer")
    numbers = [at for at, word in enumerate(words) if _is_number(word)]
    months = [at for at, word in enumerate(words) if word in DATE_MONTHS]
    days = [at for at, word in enumerate(words) if word in _DAYS or _DAY_NUMBER.fullmatch(word)]
    dated = {*numbers, *months, *days}
    if not dated or any(word not in _LIGHT for at, word in enumerate(words) if at not in dated):
        # "It expired last month": a sentence that ends with a time, of a month its day before it.
        ends = last in _DAYS or (last in DATE_MONTHS and len(words) - 2 in dated)
        return Judged("complete", "short_answer") if ends and length != BIRTH_DIGITS else NOT_TOLD
    said = read_dictation(words)
    # A number before a thousand is a month: «اثنين ستة ألف وتسعمية وثمانية وثمانين».
    thousand = "الف" in words[:-1] and words[words.index("الف") + 1].removeprefix("و") in _CENTURIES
    ends_in_year = thousand or (len(said.digits) >= 4 and _YEAR_FROM <= int(said.digits[-4:]) <= _YEAR_TO)
    year = ends_in_year or (said.groups >= 3 and not months) or (said.groups >= 2 and bool(months))
    # "The third of November nineteen", «الخامس من اكتوبر الف و»
    half_year = months and last in ("nineteen", "twenty", "الف", "الفين") and min(dated) < months[0]
    # «ألف وتسعمية»: no year anyone means.
    if (half_year and not year) or (thousand and last.removeprefix("و") in _CENTURIES):
        return Judged("open", "answer_part")
    if thousand and last.removeprefix("و") in SPOKEN_UNITS:
        # «ألف وأربعمية وستة»: its tens may come.
        return Judged("unknown", "answer_part")
    if length == BIRTH_DIGITS:
        return Judged("complete", "answer_whole") if year and len(dated) > 1 else Judged("open", "answer_part")
    if not months and not days and not year and _CLOCK.isdisjoint(words):
        # A day, an hour, or the first number of a date.
        return Judged("unknown", "answer_part")
    return Judged("complete", "answer_whole" if year and months else "short_answer")


def _is_number(word: str) -> bool:
    bare = word[1:] if word[0] == "و" and word not in SPOKEN_DIGITS else word
    return bare in SPOKEN_DIGITS or word.isdecimal()
