"""Say two numbers with a slash between them: a place in a row (`step 1/3`), a rating (`4/5`) or a part (`2/5 of it`).

The word beside the numbers tells which: `الخطوة 1/3` is no third. Dates are said elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers import nouns_ar
from ivr.text.normalize.numbers.cardinal_ar import counted_as_written, ordinal
from ivr.text.normalize.numbers.cardinal_ar import whole as arabic_whole
from ivr.text.normalize.numbers.cardinal_en import cardinal as english_cardinal
from ivr.text.normalize.numbers.cardinal_en import ordinal as english_ordinal
from ivr.text.normalize.numbers.numerals import amount, number_words
from ivr.text.normalize.patterns import NUMBER_START, UNIT_END, WORD_END, WORD_START

# Things that come in a row.
_FEMININE_STEPS: Final = (
    "خطوة|صفحة|مرحلة|دفعة|جولة|حلقة|محاولة|شحنة|قطعة|شريحة|رسالة|صورة|فقرة|حصة|جلسة|وحدة|مهمة|نسخة|ورقة|علبة|جرعة|نقطة"
)
_MASCULINE_STEPS: Final = (
    "سؤال|جزء|قسط|درس|فصل|مستوى|طرد|صندوق|كرتون|بند|قسم|موسم|اختبار|ملف|مقطع|شوط|خيار|طلب|نموذج|تنبيه"
)
_ENGLISH_STEPS: Final = (
    "step|page|part|question|level|item|slide|chapter|attempt|round|lesson|week|installment|payment|episode|stage|phase"
    "|task|box|parcel|package|shipment|piece|section|module|test|try|track|screen|photo|image|file|batch|message|dose|visit"
)
# Things that are measured against a whole.
_ARABIC_RATINGS: Final = (
    "(?:ال)?(?:تقييم|درج[ةت]|نتيج[ةت]|علام[ةت]|معدل|إنجاز|مكتمل|اكتمل)(?:ك|ه|ها|هم|نا)?|أنجزت|أكملت|حصلت على"
    "|(?:ال)?(?:خطوات|صفحات|مراحل|دفعات|طرود|أقساط|شحنات|مهام|أسئلة|دروس|قطع|رسائل|محاولات|جلسات|زيارات|جرعات)"
)
_ENGLISH_RATINGS: Final = "ratings?|rated|scored?|grade|marks?|completed|finished|done|got|progress|rate it|give it"
# Things that a number with a slash names: `الدور 2/3`, `رقم 1/2`.
_NAMED_THINGS: Final = (
    "(?:ال)?(?:دور|طابق|شقة|مبنى|بوابة|صالة|غرفة|مكتب|قطعة|بلوك|فيلا|موقف|مخرج|قضية|معاملة|عقد)|رقم|برقم|الرقم"
    "|room|gate|unit|apt|apartment|building|suite|flat|villa|house|block|terminal|number|no\\.?"
)
_OF: Final = r"(?P<at>\d{1,3}(?:\.\d)?)\s?/\s?(?P<of>\d{1,3})(?![^\W_]|[/.,:-]\d|\s?[%٪])"
_ARABIC_PLACE: Final = re.compile(
    rf"(?P<front>{WORD_START}[وفبلك]?(?P<the>ال|لل)?(?:(?P<feminine>{_FEMININE_STEPS})|(?:{_MASCULINE_STEPS})))"
    rf"(?P<label>\s(?:رقم|هي|هو|ال[\u0621-\u064a]{{3,9}}))?[\s:(#]+{_OF}"
)
_ENGLISH_PLACE: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:{_ENGLISH_STEPS})s?(?:\s(?:no\.?|number|is))?[\s:(#]+){_OF}", re.IGNORECASE
)
_RATING: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:[وفب]?(?:{_ARABIC_RATINGS})|{_ENGLISH_RATINGS})(?:\s(?:هو|هي|is|was|of|a|it))?[\s:(]+){_OF}",
    re.IGNORECASE,
)
# `60% (6/10)`, but `(1/2)` is a half.
_BRACKETED: Final = re.compile(r"\((?!(?:[12]/[234]|3/4)\))(?P<at>\d{1,3})/(?P<of>\d{1,3})\)")
_NAMED_NUMBER: Final = re.compile(
    rf"(?P<front>{WORD_START}(?:[وفبل]?(?:{_NAMED_THINGS}))\s#?)(?P<low>\d{{1,3}})/(?P<high>\d{{1,3}})(?![^\W_]|[/.,:-]\d|\s?[%٪])",
    re.IGNORECASE,
)

# `1/2`, `2 1/4`: parts wherever they stand.
_FRACTIONS: Final = {
    "1/2": ("نصف", "one half"),
    "1/4": ("ربع", "one quarter"),
    "3/4": ("ثلاثة أرباع", "three quarters"),
    "1/3": ("ثلث", "one third"),
    "2/3": ("ثلثين", "two thirds"),
}
_FRACTION: Final = re.compile(rf"{NUMBER_START}(?:(?P<whole>\d+)\s)?(?P<part>[12]/[234]|3/4){UNIT_END}(?!/)")
# `2/5 of the dose`, `3/8 inch`: parts only with what they are part of. `3/5 tasks`, `4/5 نجوم`: so many of so many.
_PART_OF: Final = re.compile(
    rf"{NUMBER_START}(?<!#)(?:(?P<whole>\d+)\s)?(?P<top>\d{{1,2}})/(?P<bottom>[5-9]|[1-9]\d)(?=\s(?P<word>[^\W\d_]+){WORD_END})"
)
# One, two and more of so many parts. The vowel sign tells `خُمسين` (two fifths) from fifty.
_ARABIC_PARTS: Final = {
    5: ("خُمس", "خُمسين", "أخماس"),
    6: ("سُدس", "سُدسين", "أسداس"),
    7: ("سُبع", "سُبعين", "أسباع"),
    8: ("ثُمن", "ثُمنين", "أثمان"),
    9: ("تُسع", "تُسعين", "أتساع"),
    10: ("عُشر", "عُشرين", "أعشار"),
}
_MEASURE: Final = re.compile(
    r"كوب|ملعقة|حبة|قرص|جرعة|متر|لتر|ساعة|كيلو|كيلوغرام|of|inch(?:es)?|cups?|miles?|kg|tsp|tbsp|(?:tea|table)spoons?|lit(?:er|re)s?|hours?|acres?|dose|tablets?|pills?|من|بوصة",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"[a-z]{2,}[^suiSUI]s|people|completed?|done|paid|delivered|مكتمل[ةه]?|منجز[ةه]?", re.IGNORECASE
)


def say_places(text: str, arabic: bool) -> str:
    """Replace each place in a row, and each rating, by words: `step 2/5`, `الخطوة 1/3`. This runs before dates."""
    words = number_words(arabic)

    def plain(found: re.Match[str], of: str) -> str:
        return f"{amount(found['at'], arabic)} {of} {words.whole(found['of'])}"

    def is_place(found: re.Match[str]) -> bool:
        return float(found["at"]) <= int(found["of"]) and found["of"] != "0"

    def place(found: re.Match[str]) -> str:
        if not is_place(found):
            return found[0]
        feminine = found["feminine"] is not None
        # As behind a floor, up to twelve the number ranks: `الخطوة الأولى من ثلاث`.
        if found["the"] and not found["label"] and found["at"].isdecimal() and 1 <= int(found["at"]) <= 12:
            rank = ordinal(int(found["at"]), feminine)
            return f"{found['front']} {rank} من {arabic_whole(found['of'], feminine)}"
        return f"{found['front']}{found['label'] or ''} {plain(found, 'من')}"

    def labelled(found: re.Match[str], of: str) -> str:
        return f"{found['front']}{plain(found, of)}" if is_place(found) else found[0]

    if "/" not in text:
        return text
    over = "على" if arabic else "slash"
    text = _ARABIC_PLACE.sub(place, text) if arabic else _ENGLISH_PLACE.sub(lambda found: labelled(found, "of"), text)
    text = _RATING.sub(lambda found: labelled(found, "من" if arabic else "out of"), text)
    text = _BRACKETED.sub(
        lambda found: f"({plain(found, 'من' if arabic else 'of')})" if is_place(found) else found[0], text
    )
    return _NAMED_NUMBER.sub(lambda found: f"{found['front']}{found['low']} {over} {found['high']}", text)


def say_fractions(text: str, arabic: bool) -> str:
    """Replace each part of a whole by words: `1/2`, `2 1/4`, `2/5 of the dose`. This runs after dates."""

    def with_whole(found: re.Match[str], part: str) -> str:
        if not found["whole"]:
            return part
        part = part.replace("one half", "a half")
        return f"{amount(found['whole'], arabic)} {number_words(arabic).joined_and}{part}"

    def fraction(found: re.Match[str]) -> str:
        words = _FRACTIONS.get(found["part"])
        return with_whole(found, words[0 if arabic else 1]) if words else found[0]

    def part_of(found: re.Match[str]) -> str:
        top, bottom, word = int(found["top"]), int(found["bottom"]), found["word"]
        if top > bottom:
            return found[0]
        noun = nouns_ar.noun(word) if arabic else None
        measured = _MEASURE.fullmatch(word) is not None
        # `4/5 نجوم`, `3/12 قسط`: the last number counts the things; the blank before them is there.
        if noun is not None and not measured:
            last = counted_as_written(bottom, noun, word).rpartition(" ")[0]
            return f"{arabic_whole(found['top'], noun.feminine)} من {last}"
        if not measured:
            return f"{top} {'من' if arabic else 'of'} {bottom}" if _COUNTED.fullmatch(word) else found[0]
        if not (top and 5 <= bottom <= 16):
            return found[0]
        if not arabic:
            name = english_ordinal(bottom) + ("s" if top > 1 else "")
            return with_whole(found, f"{english_cardinal(top)} {name}")
        if bottom not in _ARABIC_PARTS:
            return found[0]
        one, two, few = _ARABIC_PARTS[bottom]
        return with_whole(found, one if top == 1 else two if top == 2 else f"{arabic_whole(str(top))} {few}")

    if "/" not in text:
        return text
    return _PART_OF.sub(part_of, _FRACTION.sub(fraction, text))
