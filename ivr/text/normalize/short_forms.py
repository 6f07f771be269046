"""Say written short forms in full: titles, `ص.ب`, `إلخ`, `e.g.`, weekdays, streets, companies."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from ivr.text.normalize.patterns import ARABIC_WEEKDAYS, SILENT_STOP_MARK, STOP_WITHIN, WORD_END, WORD_START
from ivr.text.segment.abbreviations import first_word, goes_on
from ivr.text.segment.punctuation import bare, word_set

# Not inside a longer dotted form: the `د.` of `أ.د.` is no title of its own.
_FORM_START: Final = rf"{WORD_START}(?<![^\W_]\.)"
_NAME_NEXT: Final = r"\s?(?=[\u0621-\u064a](?:[\u0621-\u0652]|\.\s?[\u0621-\u064a]{2}))"
# `د/ فيصل`; behind a number it is a rate (`5 م/ثانية`).
_TITLE_SLASH: Final = r"(?<!\d\s[مد])(?<!\d[مد])\s?/"
# Group 1 is the conjunction or preposition written to the title; then the words for a man and for a woman.
_ARABIC_TITLES: Final = (
    (
        re.compile(rf"{_FORM_START}([ولب]?)[أا]\.\s?د(?:\.|{_TITLE_SLASH}){_NAME_NEXT}"),
        ("أستاذ دكتور", "أستاذة دكتورة"),
    ),
    (
        re.compile(rf"{_FORM_START}([ولب]?)(?:د\.\s?م|م\.\s?د)(?:\.|{_TITLE_SLASH}){_NAME_NEXT}"),
        ("دكتور مهندس", "دكتورة مهندسة"),
    ),
    (re.compile(rf"{_FORM_START}([ولب]?)د(?:\.|{_TITLE_SLASH}){_NAME_NEXT}"), ("دكتور", "دكتورة")),
    (re.compile(rf"{_FORM_START}([ول]?)م(?:\.|{_TITLE_SLASH}){_NAME_NEXT}"), ("مهندس", "مهندسة")),
    (re.compile(rf"{_FORM_START}(و?)أ(?:\.|{_TITLE_SLASH}){_NAME_NEXT}"), ("أستاذ", "أستاذة")),
)
# A name that ends in ة is a woman's, but for the men's names here; these women's names end otherwise.
_WOMENS_NAMES: Final = word_set(
    "منى هند مريم ريم سعاد هدى لمى لبنى سلمى ليلى أمل امل زينب نوف عبير دانا رنا رهف شهد غلا جود وعد روان رزان "
    "أفنان افنان أشواق اشواق إيمان ايمان أحلام احلام ابتسام إلهام الهام وفاء هيفاء سناء نجلاء هناء شيماء أسماء "
    "اسماء دعاء ولاء آلاء علياء لمياء رجاء صفاء فوز سحر سمر قمر لجين جوهرة الجوهرة ندى شذى رؤى بشرى نهى سهى مها رشا "
    "هيا لينا دينا تهاني أماني اماني نجود بدور حصة البندري العنود خلود رغد جنى لطيفة موضي مضاوي وجدان حنان جنان"
)
_MENS_NAMES_IN_TEH: Final = word_set(
    "حمزة أسامة اسامة طلحة عبيدة قتادة معاوية عطية خليفة جمعة عروة عكرمة حذيفة سلامة عبادة ميسرة عنترة شحاتة"
)
_ARABIC_FORMS: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (rf"{_FORM_START}([وبل]?)ص\.\s?ب\.?{WORD_END}(?=\s*:?\s*\S)", r"\1صندوق بريد"),
        (rf"{_FORM_START}ج\.\s?م\.\s?ع{WORD_END}", "جمهورية مصر العربية"),
        (rf"{_FORM_START}ق\.\s?م{WORD_END}(?!\.[^\W_])", "قبل الميلاد"),
        (rf"{_FORM_START}([وبل]?)ض\.\s?ق\.\s?م{WORD_END}\.?(?!\Z)", r"\1ضريبة القيمة المضافة"),
    )
)
_AND_SO_ON: Final = re.compile(rf"{_FORM_START}(?:إلخ|الخ){WORD_END}")
# `ذ.م.م`, `ش.م.م`: the legal form behind a company's name.
_LEGAL_FORMS: Final = {"ذ": "ذات مسؤولية محدودة", "ش": "شركة محدودة المسؤولية"}
_LEGAL_FORM: Final = re.compile(rf"{_FORM_START}([ذش])\.\s?م\.\s?م{WORD_END}")
_ENDS_IN_COMPANY: Final = re.compile(r"شركة(?:\s\S+){0,3}\s*\Z")
# A title or an abbreviation that is a word of its own is left alone unless its context tells: `Dr. no` stays.
_CAPITAL_NEXT: Final = r"(?=\s?[A-Z])"
_LATIN_START: Final = rf"{WORD_START}(?<![^\W_][.@])"
_ENGLISH_PATTERNS: Final = (
    (rf"Dr\.{_CAPITAL_NEXT}", "Doctor"),
    (rf"Mr\.(?:{_CAPITAL_NEXT}|(?=\s(?:and|or|&)\s))", "Mister"),
    (rf"Mrs\.{_CAPITAL_NEXT}", "Missus"),
    (rf"Ms\.{_CAPITAL_NEXT}", "Miss"),
    (rf"Prof\.{_CAPITAL_NEXT}", "Professor"),
    (rf"Eng\.{_CAPITAL_NEXT}", "Engineer"),
    (rf"Sh\.{_CAPITAL_NEXT}", "Sheikh"),
    (r"[Aa]pprox\.", "approximately"),
    (r"[Dd]ept\.", "department"),
    (r"vs\.", "versus"),
    (r"[Aa]cct\.?(?=\s)", "account"),
    (r"Qty\.?(?=[\s:])", "Quantity"),
    (r"qty\.?(?=[\s:])", "quantity"),
    (r"[Aa]vg\.?(?=\s)", "average"),
    (rf"M[-–]F{WORD_END}", "Monday to Friday"),
    (rf"M[-–]Th{WORD_END}", "Monday to Thursday"),
    (rf"Su?[-–]Th{WORD_END}", "Sunday to Thursday"),
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
    (r"w/(?=\s?[A-Za-z])", "with "),
    (r"[Ee]xp\.(?=\s)", "expires"),
    (r"Mon\.(?=\s|,|\Z)", "Monday"),
    (r"Tues?\.(?=\s|,|\Z)", "Tuesday"),
    (r"Wed\.(?=\s|,|\Z)", "Wednesday"),
    (r"Thu(?:rs?)?\.(?=\s|,|\Z)", "Thursday"),
    (r"Fri\.(?=\s|,|\Z)", "Friday"),
    (r"Sat\.(?=\s|,|\Z)", "Saturday"),
    (r"Sun\.(?=\s|,|\Z)", "Sunday"),
)
_ENGLISH_FORMS: Final = tuple((re.compile(_LATIN_START + pattern), said) for pattern, said in _ENGLISH_PATTERNS)
_WEEKDAYS: Final = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
# `Sun.-Thu.`, `الأحد - الخميس`: from one weekday to another.
_WEEKDAY: Final = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}\.?"
_DASH: Final = re.compile("[-–—]")
_WEEKDAY_RANGE: Final = re.compile(rf"{WORD_START}{_WEEKDAY}\s?[-–—]\s?{_WEEKDAY}{WORD_END}")
_ARABIC_WEEKDAY_RANGE: Final = re.compile(rf"((?:{ARABIC_WEEKDAYS}))\s?[-–—]\s?(?=(?:{ARABIC_WEEKDAYS}))")
# `Sat/Sun`, `Mon & Wed`, `on Tue`, `Fri at`: short weekdays beside a word that tells them from a name.
_SHORT_WEEKDAY: Final = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)"
_WEEKDAY_ALONE: Final = re.compile(
    rf"(?:(?<=[/&])|(?<=[/&]\s)|{WORD_START}(?P<front>(?:on|every|this|next|last|until)\s))"
    rf"(?P<behind>{_SHORT_WEEKDAY}){WORD_END}(?!\s[A-Z])"
    rf"|{WORD_START}(?P<before>{_SHORT_WEEKDAY})(?=\s?[/&]\s?{_SHORT_WEEKDAY}{WORD_END}|,?\s(?:at\s|and\s{_SHORT_WEEKDAY}{WORD_END}"
    rf"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z])|,\s{_SHORT_WEEKDAY}{WORD_END})"
)
_STREET_WORDS: Final = {
    "St": "Street",
    "Ave": "Avenue",
    "Rd": "Road",
    "Blvd": "Boulevard",
    "Bldg": "Building",
    "Apt": "Apartment",
}
_STREET_WORD: Final = re.compile(rf"{_FORM_START}(St|Ave|Rd|Blvd|Bldg|Apt){WORD_END}(\.?)")
# One search in place of forty: few sentences have any of the forms above.
_ANY_ENGLISH_FORM: Final = re.compile(
    rf"{_LATIN_START}(?:{'|'.join(pattern for pattern, _ in _ENGLISH_PATTERNS)})"
    rf"|{_WEEKDAY_ALONE.pattern}|{_STREET_WORD.pattern}"
)
_LABEL_PATTERNS: Final = (
    (r"ت\s?[:.]\s?(?=[\d+(])", "تلفون "),
    (r"ج\s?[:.]\s?(?=[\d+(])", "جوال "),
    (r"ص\.\s?(?=\d)", "صفحة "),
    (r"[Nn]o\.\s?(?=#?(?:\d|[A-Z]+[-\d]))", "number "),
    (r"[Ee]xt\.\s?(?=\d)", "extension "),
    (r"[Tt]el\.?:?\s?(?=[\d+(])", "telephone "),
    (r"[Pp]\.\s?(?=\d)", "page "),
    (r"(?<=\d(?:st|nd|rd|th)\s)[Ff]l\.?(?=\s|,|\Z)", "floor"),
    (r"[Pp]p\.?\s?(?=\d)", "pages "),
    (r"[Ff]ig\.\s?(?=\d)", "figure "),
    (r"[Vv]ol\.\s?(?=\d)", "volume "),
    (r"[Cc]h\.\s?(?=\d)", "chapter "),
    (r"[Aa]rt\.\s?(?=\d)", "article "),
    (r"(?<!\d\s)[Ss]ec\.?\s(?=\d)", "section "),
    (r"Rm\.?\s?(?=\d)", "Room "),
)
_NUMBER_LABELS: Final = tuple((re.compile(_FORM_START + pattern), said) for pattern, said in _LABEL_PATTERNS)
_ANY_LABEL: Final = re.compile(f"{_FORM_START}(?:{'|'.join(pattern for pattern, _ in _LABEL_PATTERNS)})")

_ANY_FIGURE: Final = re.compile(r"\d|[A-Z]-")


def say_number_labels(text: str) -> str:
    """Replace each short form that stands before a number: `No. 5`, `Ext. 105`, `ت: 011`."""
    if _ANY_FIGURE.search(text) is None or _ANY_LABEL.search(text) is None:
        return text
    for pattern, said in _NUMBER_LABELS:
        text = pattern.sub(said, text)
    return text


def say_short_forms(text: str) -> str:
    """Replace the other short forms of both languages."""

    def title(found: re.Match[str], masculine: str, feminine: str) -> str:
        name = bare(first_word(found.string[found.end() :], True) or "")
        a_woman = name in _WOMENS_NAMES or (name.endswith("ة") and name not in _MENS_NAMES_IN_TEH)
        return f"{found[1]}{feminine if a_woman else masculine} "

    def weekday_range(found: re.Match[str]) -> str:
        # The full stop of `Thu.` ends the sentence where the text ends.
        ended = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
        return f"{_WEEKDAYS[found[1]]} to {_WEEKDAYS[found[2]]}{ended}"

    def weekday(found: re.Match[str]) -> str:
        return f"{found['front'] or ''}{_WEEKDAYS[(found['behind'] or found['before'])[:3]]}"

    def street_word(found: re.Match[str]) -> str:
        rest = found.string[found.end() :]
        following = rest.lstrip()
        ends = found[2] and (not following or (following[0].isupper() and not goes_on(rest)))
        # `St.` is a saint before a name and a street behind one.
        if found[1] == "St" and found[2] and following[:1].isupper() and not ends:
            return "Saint"
        return _STREET_WORDS[found[1]] + ("." if ends else "")

    def legal_form(found: re.Match[str]) -> str:
        said = _LEGAL_FORMS[found[1]]
        # `شركة ناقل ش.م.م`: that it is a company is said once.
        if _ENDS_IN_COMPANY.search(found.string, 0, found.start()):
            said = said.removeprefix("شركة ")
        return said + (SILENT_STOP_MARK if goes_on(found.string[found.end() :][1:]) else "")

    dotted = STOP_WITHIN.search(text) is not None
    if dotted or "/" in text:
        for pattern, (masculine, feminine) in _ARABIC_TITLES:
            text = pattern.sub(partial(title, masculine=masculine, feminine=feminine), text)
    if _DASH.search(text):
        text = _ARABIC_WEEKDAY_RANGE.sub(r"\1 إلى ", text)
        text = _WEEKDAY_RANGE.sub(weekday_range, text)
    if dotted:
        for pattern, said in _ARABIC_FORMS:
            text = pattern.sub(said, text)
    text = _AND_SO_ON.sub("إلى آخره", text)
    if _ANY_ENGLISH_FORM.search(text):
        for pattern, said in _ENGLISH_FORMS:
            text = pattern.sub(said, text)
        text = _STREET_WORD.sub(street_word, _WEEKDAY_ALONE.sub(weekday, text))
    return _LEGAL_FORM.sub(legal_form, text) if dotted else text
