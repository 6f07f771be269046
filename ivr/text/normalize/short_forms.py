"""Written short forms -> the words they stand for: titles, `ص.ب`, `إلخ`, `e.g.`, months, streets."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from ivr.text.normalize.numbers.numerals import GONE
from ivr.text.segment.abbreviations import first_word, goes_on
from ivr.text.segment.punctuation import bare, words

_FRONT: Final = r"(?<![^\W_])(?<![^\W_]\.)"
_NAME: Final = r"\s?(?=[\u0621-\u064a](?:[\u0621-\u0652]|\.\s?[\u0621-\u064a]{2}))"
_SLASH: Final = r"(?<!\d\s[مد])(?<!\d[مد])\s?/"
"""`د/ فيصل`; behind a number it is a rate (`5 م/ثانية`)."""
_TITLES: Final = (
    (re.compile(rf"{_FRONT}([ولب]?)[أا]\.\s?د\.{_NAME}"), ("أستاذ دكتور", "أستاذة دكتورة")),
    (re.compile(rf"{_FRONT}([ولب]?)(?:د\.\s?م|م\.\s?د)\.{_NAME}"), ("دكتور مهندس", "دكتورة مهندسة")),
    (re.compile(rf"{_FRONT}([ولب]?)د(?:\.|{_SLASH}){_NAME}"), ("دكتور", "دكتورة")),
    (re.compile(rf"{_FRONT}([ول]?)م(?:\.|{_SLASH}){_NAME}"), ("مهندس", "مهندسة")),
    (re.compile(rf"{_FRONT}(و?)أ(?:\.|{_SLASH}){_NAME}"), ("أستاذ", "أستاذة")),
)
_HERS: Final = words(
    "منى هند مريم ريم سعاد هدى لمى لبنى سلمى ليلى أمل امل زينب نوف عبير دانا رنا رهف شهد غلا جود وعد روان رزان "
    "أفنان افنان أشواق اشواق إيمان ايمان أحلام احلام ابتسام إلهام الهام وفاء هيفاء سناء نجلاء هناء شيماء أسماء "
    "اسماء دعاء ولاء آلاء علياء لمياء رجاء صفاء فوز سحر سمر قمر لجين جوهرة الجوهرة ندى شذى رؤى بشرى نهى سهى مها رشا "
    "هيا لينا دينا تهاني أماني اماني نجود بدور حصة البندري العنود خلود رغد جنى لطيفة موضي مضاوي وجدان حنان جنان"
)
_HIS: Final = words(
    "حمزة أسامة اسامة طلحة عبيدة قتادة معاوية عطية خليفة جمعة عروة عكرمة حذيفة سلامة عبادة ميسرة عنترة شحاتة"
)
_ARABIC: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (rf"{_FRONT}([وبل]?)ص\.\s?ب\.?(?![^\W_])(?=\s*:?\s*\S)", r"\1صندوق بريد"),
        (rf"{_FRONT}ج\.\s?م\.\s?ع(?![^\W_])", "جمهورية مصر العربية"),
        (rf"{_FRONT}ق\.\s?م(?![^\W_])", "قبل الميلاد"),
        (rf"{_FRONT}(?:إلخ|الخ)(?![^\W_])", "إلى آخره"),
    )
)
_COMPANIES: Final = {"ذ": "ذات مسؤولية محدودة", "ش": "شركة محدودة المسؤولية"}
_A_COMPANY: Final = re.compile(r"شركة(?:\s\S+){0,3}\s*\Z")
_COMPANY: Final = re.compile(rf"{_FRONT}([ذش])\.\s?م\.\s?م(?![^\W_])")
_UPPER: Final = r"(?=\s?[A-Z])"
_ENGLISH: Final = tuple(
    (re.compile(rf"(?<![^\W_])(?<![^\W_][.@]){pattern}"), said)
    for pattern, said in (
        (rf"Dr\.{_UPPER}", "Doctor"),
        (rf"Mr\.(?:{_UPPER}|(?=\s(?:and|&)\s))", "Mister"),
        (rf"Mrs\.{_UPPER}", "Missus"),
        (rf"Ms\.{_UPPER}", "Miss"),
        (rf"Prof\.{_UPPER}", "Professor"),
        (rf"Eng\.{_UPPER}", "Engineer"),
        (rf"Sh\.{_UPPER}", "Sheikh"),
        (r"[Aa]pprox\.", "approximately"),
        (r"[Dd]ept\.", "department"),
        (r"vs\.", "versus"),
        (r"[Aa]ppt\.(?=\s)", "appointment"),
        (r"[Ii]ncl\.(?=\s)", "including"),
        (r"[Ee]xcl\.(?=\s)", "excluding"),
        (r"(?<!\d\s)[Mm]in\.(?=\s?\w)", "minimum"),
        (r"[Mm]ax\.(?=\s?\w)", "maximum"),
        (r"[Tt]emp\.(?=\s)", "temperature"),
        (r"[Ee]\.g\.,?", "for example,"),
        (r"[Ii]\.e\.,?", "that is,"),
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
_DAYS: Final = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
_DAY: Final = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}\.?"
_DAY_SPAN: Final = re.compile(rf"(?<![^\W_]){_DAY}\s?[-–—]\s?{_DAY}(?![^\W_])")
_AR_DAY: Final = r"(?:الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|السبت)"
_AR_DAY_SPAN: Final = re.compile(rf"({_AR_DAY})\s?[-–—]\s?(?={_AR_DAY})")
_PLACES: Final = {
    "St": "Street",
    "Ave": "Avenue",
    "Rd": "Road",
    "Blvd": "Boulevard",
    "Bldg": "Building",
    "Apt": "Apartment",
}
_PLACE: Final = re.compile(rf"{_FRONT}(St|Ave|Rd|Blvd|Bldg|Apt)(?![^\W_])(\.?)")
_LEADS: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (rf"{_FRONT}ت\s?[:.]\s?(?=[\d+(])", "تلفون "),
        (rf"{_FRONT}ج\s?[:.]\s?(?=[\d+(])", "جوال "),
        (rf"{_FRONT}ص\.\s?(?=\d)", "صفحة "),
        (rf"{_FRONT}[Nn]o\.\s?(?=#?(?:\d|[A-Z]+[-\d]))", "number "),
        (rf"{_FRONT}[Ee]xt\.\s?(?=\d)", "extension "),
        (rf"{_FRONT}[Tt]el\.?:?\s?(?=[\d+(])", "telephone "),
        (rf"{_FRONT}[Pp]\.\s?(?=\d)", "page "),
        (rf"{_FRONT}Rm\.?\s?(?=\d)", "Room "),
    )
)


def _place(found: re.Match[str]) -> str:
    """`St.` is a saint before a name, a street behind one; its dot is the sentence's where the sentence ends."""
    rest = found.string[found.end() :]
    following = rest.lstrip()
    ends = found[2] and (not following or (following[0].isupper() and not goes_on(rest)))
    if found[1] == "St" and found[2] and following[:1].isupper() and not ends:
        return "Saint"
    return _PLACES[found[1]] + ("." if ends else "")


def _titled(found: re.Match[str], his: str, hers: str) -> str:
    """The title as its bearer's name asks for."""
    name = bare(first_word(found.string[found.end() :], True) or "")
    female = name in _HERS or (name.endswith("ة") and name not in _HIS)
    return f"{found[1]}{hers if female else his} "


def _company(found: re.Match[str]) -> str:
    """The form of a company; that it is one is said once."""
    said = _COMPANIES[found[1]]
    if _A_COMPANY.search(found.string, 0, found.start()):
        said = said.removeprefix("شركة ")
    return said + (GONE if goes_on(found.string[found.end() :][1:]) else "")


def _day_span(found: re.Match[str]) -> str:
    ended = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
    return f"{_DAYS[found[1]]} to {_DAYS[found[2]]}{ended}"


def say_leads(text: str) -> str:
    """Short forms that announce a number."""
    for pattern, said in _LEADS:
        text = pattern.sub(said, text)
    return text


def say_short_forms(text: str) -> str:
    """Short forms of both languages in full."""
    for pattern, (his, hers) in _TITLES:
        text = pattern.sub(partial(_titled, his=his, hers=hers), text)
    text = _AR_DAY_SPAN.sub(r"\1 إلى ", text)
    text = _DAY_SPAN.sub(_day_span, text)
    for pattern, said in (*_ARABIC, *_ENGLISH):
        text = pattern.sub(said, text)
    text = _PLACE.sub(_place, text)
    return _COMPANY.sub(_company, text)
