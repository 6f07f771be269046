"""Arabic numbers that tell a place in a row: `الدور 2` -> `الدور الثاني`, `للمرة الـ5` -> `للمرة الخامسة`.

Only behind a definite noun in the singular: of some the bare number is enough (floors, seasons, stages), of all others
the number carries the article. Behind a plural it counts (`الأيام الـ3`).
"""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers import nouns_ar
from ivr.text.normalize.numbers.cardinal_ar import ordinal
from ivr.text.normalize.numbers.numerals import JOIN
from ivr.text.segment.punctuation import bare, words

_DEFINITE: Final = r"(?<![^\W_])(?P<front>[وف]?(?:[بك]?ال|لل))"
_END: Final = r"(?![^\W_]|[.,:/]\d|\s?[-–%٪]\s?\d|\s?[%٪])"
_BARE: Final = re.compile(
    rf"{_DEFINITE}(?P<noun>دور|طابق|حلقة|موسم|مرحلة|فصل|جزء|محاولة|خطوة|مستوى)\s(?P<number>\d{{1,2}}){_END}"
    r"(?=\s(?P<counted>[\u0621-\u0652]+)(?!\s\d)|)"
)
_ARTICLE: Final = re.compile(
    rf"{_DEFINITE}(?P<noun>[\u0621-\u0652]{{2,}})\s(?P<and>[وف]?)ال{JOIN}\s?(?P<number>\d{{1,2}}){_END}"
)
_POSSESSED: Final = re.compile(
    rf"(?<![^\W_])(?P<front>[وفبل]?)(?P<noun>(?:ترتيب|مركز|دور|موعد|طلب|يوم|مرة|رقم|مرتب|رتب|محاول|زيار)(?P<hers>ت)?(?:كم|ك|ه|ها|هم|نا|ي))\s"
    rf"ال{JOIN}\s?(?P<number>\d{{1,2}}){_END}"
)
"""`ترتيبك الـ15`: one thing, somebody's."""
_SINGULAR: Final = words(
    "قرن عقد ترتيب يوم لقاء مؤتمر منتخب بيت فريق صف سطر نموذج إصدار اصدار تقرير اجتماع تنبيه معرض دوري"
)


def say_ranks(text: str) -> str:
    """Every rank in words."""
    text = _BARE.sub(_ranked, text)
    text = _POSSESSED.sub(_of_somebody, text)
    return _ARTICLE.sub(_with_article, text)


def _of_somebody(found: re.Match[str]) -> str:
    number = int(found["number"])
    return f"{found['front']}{found['noun']} {ordinal(number, bool(found['hers']))}" if number else found[0]


def _ranked(found: re.Match[str]) -> str:
    """Up to twelve; `في المرحلة 3 خيارات` counts what follows."""
    number, noun = int(found["number"]), found["noun"]
    if not 1 <= number <= 12 or (3 <= number <= 10 and nouns_ar.plural(found["counted"] or "")):
        return found[0]
    return f"{found['front']}{noun} {ordinal(number, noun.endswith('ة'))}"


def _with_article(found: re.Match[str]) -> str:
    word = bare(found["noun"])
    known = nouns_ar.noun(word)
    one = known.one == word if known else word in _SINGULAR or word.endswith("ة")
    number = int(found["number"])
    if not one or number == 0:
        return found[0]
    female = known.feminine if known else word.endswith("ة")
    return f"{found['front']}{found['noun']} {found['and']}{ordinal(number, female)}"
