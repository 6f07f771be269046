"""Say Arabic numbers that rank: `الدور 2` is `الدور الثاني`, `للمرة الـ5` is `للمرة الخامسة`.

A number ranks only behind a definite noun in the singular. Behind a plural it counts (`الأيام الـ3`).
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers import nouns_ar
from ivr.text.normalize.numbers.cardinal_ar import ordinal, takes_plural
from ivr.text.normalize.patterns import ANY_DIGIT, JOIN_MARK, WORD_START
from ivr.text.segment.punctuation import bare, word_set

_DEFINITE: Final = rf"{WORD_START}(?P<front>[وف]?(?:[بك]?ال|لل))"
_RANK_END: Final = r"(?![^\W_]|[.,:/]\d|\s?[-–%٪]\s?\d|\s?[%٪])"
# `الدور 2`: behind floors, seasons and stages the bare number ranks; `counted` is the next word, if it is no label.
_BEHIND_STAGE: Final = re.compile(
    rf"{_DEFINITE}(?P<noun>دور|طابق|حلقة|موسم|مرحلة|فصل|جزء|محاولة|خطوة|مستوى)\s(?P<number>\d{{1,2}}){_RANK_END}"
    r"(?=\s(?P<counted>[\u0621-\u0652]+)(?!\s\d)|)"
)
# `للمرة الـ5`: behind any other noun only a number with the article ranks.
_WITH_ARTICLE: Final = re.compile(
    rf"{_DEFINITE}(?P<noun>[\u0621-\u0652]{{2,}})\s(?P<and>[وف]?)ال{JOIN_MARK}\s?(?P<number>\d{{1,2}}){_RANK_END}"
)
# `ترتيبك الـ15`: a noun with a possessive ending is definite too.
_BEHIND_POSSESSED: Final = re.compile(
    rf"{WORD_START}(?P<front>[وفبل]?)(?P<noun>(?:ترتيب|مركز|دور|موعد|طلب|يوم|مرة|رقم|مرتب|رتب|محاول|زيار)(?P<feminine>ت)?(?:كم|ك|ه|ها|هم|نا|ي))\s"
    rf"ال{JOIN_MARK}\s?(?P<number>\d{{1,2}}){_RANK_END}"
)
_KNOWN_SINGULARS: Final = word_set(
    "قرن عقد ترتيب يوم لقاء مؤتمر منتخب بيت فريق صف سطر نموذج إصدار اصدار تقرير اجتماع تنبيه معرض دوري"
)


def say_ordinals(text: str) -> str:
    """Replace each number that ranks by words."""

    def behind_stage(found: re.Match[str]) -> str:
        number, noun = int(found["number"]), found["noun"]
        # Floors above twelve are said as a plain number; `في المرحلة 3 خيارات` counts the options.
        if not 1 <= number <= 12 or (takes_plural(number) and nouns_ar.is_other_form(found["counted"] or "")):
            return found[0]
        return f"{found['front']}{noun} {ordinal(number, noun.endswith('ة'))}"

    def behind_possessed(found: re.Match[str]) -> str:
        number = int(found["number"])
        return f"{found['front']}{found['noun']} {ordinal(number, bool(found['feminine']))}" if number else found[0]

    def with_article(found: re.Match[str]) -> str:
        word, number = bare(found["noun"]), int(found["number"])
        known = nouns_ar.noun(word)
        singular = known.one == word if known else word in _KNOWN_SINGULARS or word.endswith("ة")
        if not singular or number == 0:
            return found[0]
        feminine = known.feminine if known else word.endswith("ة")
        return f"{found['front']}{found['noun']} {found['and']}{ordinal(number, feminine)}"

    if ANY_DIGIT.search(text) is None:
        return text
    text = _BEHIND_STAGE.sub(behind_stage, text)
    text = _BEHIND_POSSESSED.sub(behind_possessed, text)
    return _WITH_ARTICLE.sub(with_article, text)
