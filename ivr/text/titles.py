"""Written short forms -> the words they stand for: titles, `ص.ب`, `إلخ`, `e.g.`, months, streets."""

from __future__ import annotations

import re
from typing import Final

_FRONT: Final = r"(?<![^\W_])(?<![^\W_]\.)"
_NAME: Final = r"\s?(?=[\u0621-\u064a])"
_ARABIC: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (rf"{_FRONT}(و?)[أا]\.\s?د\.{_NAME}", r"\1أستاذ دكتور "),
        (rf"{_FRONT}(و?)(?:د\.\s?م|م\.\s?د)\.{_NAME}", r"\1دكتور مهندس "),
        (rf"{_FRONT}(و?)د\.{_NAME}", r"\1دكتور "),
        (rf"{_FRONT}لد\.{_NAME}", "لدكتور "),
        (rf"{_FRONT}بد\.{_NAME}", "بدكتور "),
        (rf"{_FRONT}(و?)م\.{_NAME}", r"\1مهندس "),
        (rf"{_FRONT}(و?)أ\.{_NAME}", r"\1أستاذ "),
        (rf"{_FRONT}([وبل]?)ص\.\s?ب\.?(?![^\W_])(?=\s*:?\s*\S)", r"\1صندوق بريد"),
        (rf"{_FRONT}ج\.\s?م\.\s?ع(?![^\W_])", "جمهورية مصر العربية"),
        (rf"{_FRONT}ذ\.\s?م\.\s?م(?![^\W_])", "ذات مسؤولية محدودة"),
        (rf"{_FRONT}ش\.\s?م\.\s?م(?![^\W_])", "شركة مساهمة محدودة"),
        (rf"{_FRONT}ق\.\s?م(?![^\W_])", "قبل الميلاد"),
        (rf"{_FRONT}(?:إلخ|الخ)(?![^\W_])", "إلى آخره"),
        (rf"{_FRONT}ت\s?[:.]\s?(?=[\d+(])", "تلفون "),
        (rf"{_FRONT}ج\s?[:.]\s?(?=[\d+(])", "جوال "),
        (rf"{_FRONT}ص\.\s?(?=\d)", "صفحة "),
    )
)
_UPPER: Final = r"(?=\s?[A-Z])"
_ENGLISH: Final = tuple(
    (re.compile(rf"(?<![^\W_])(?<![^\W_][.@]){pattern}"), said)
    for pattern, said in (
        (rf"Dr\.{_UPPER}", "Doctor"),
        (rf"Mr\.{_UPPER}", "Mister"),
        (rf"Mrs\.{_UPPER}", "Missus"),
        (rf"Ms\.{_UPPER}", "Miss"),
        (rf"Prof\.{_UPPER}", "Professor"),
        (rf"Eng\.{_UPPER}", "Engineer"),
        (rf"Sh\.{_UPPER}", "Sheikh"),
        (r"(?<=[a-z] )St\.?(?=\s*[,.،)]|\s[a-z]|\s*\Z)", "Street"),
        (r"St\.(?=\s[A-Z])", "Saint"),
        (r"Ave\.?(?=[\s,]|\Z)", "Avenue"),
        (r"Rd\.?(?=[\s,]|\Z)", "Road"),
        (r"Blvd\.?(?=[\s,]|\Z)", "Boulevard"),
        (r"Bldg\.?(?=[\s,]|\Z)", "Building"),
        (r"Apt\.(?=\s)", "Apartment"),
        (r"[Nn]o\.\s?(?=#?\d)", "number "),
        (r"[Ee]xt\.\s?(?=\d)", "extension "),
        (r"[Tt]el\.:?\s?(?=[\d+(])", "telephone "),
        (r"[Aa]pprox\.", "approximately"),
        (r"[Dd]ept\.", "department"),
        (r"vs\.", "versus"),
        (r"e\.g\.,?", "for example,"),
        (r"i\.e\.,?", "that is,"),
        (r"etc\.(?=\s+[a-z])", "et cetera"),
        (r"etc(?=[.,;:!?)\s]|\Z)", "et cetera"),
        (r"w/(?=\s?[a-z])", "with "),
        (r"Mon\.(?=\s|,|\Z)", "Monday"),
        (r"Tues?\.(?=\s|,|\Z)", "Tuesday"),
        (r"Wed\.(?=\s|,|\Z)", "Wednesday"),
        (r"Thu(?:rs?)?\.(?=\s|,|\Z)", "Thursday"),
        (r"Fri\.(?=\s|,|\Z)", "Friday"),
        (r"Sat\.(?=\s|,|\Z)", "Saturday"),
        (r"Sun\.(?=\s|,|\Z)", "Sunday"),
    )
)


def say_short_forms(text: str) -> str:
    """Short forms of both languages in full."""
    for pattern, said in (*_ARABIC, *_ENGLISH):
        text = pattern.sub(said, text)
    return text
