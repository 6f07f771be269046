"""Percent, units, counted things, ranges, and whatever figures no other role has claimed."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers import nouns_ar
from ivr.text.normalize.numbers.cardinal_ar import LARGEST, Noun, cardinal, counted, counted_as_written, lower_end
from ivr.text.normalize.numbers.cardinal_en import ordinal
from ivr.text.normalize.numbers.numerals import END, NUMBER, SIGN, START, amount, exact, parted, signed, tongue
from ivr.text.segment.abbreviations import labelled
from ivr.text.segment.punctuation import bare

_PERCENT: Final = re.compile(
    rf"{START}(?P<sign>{SIGN})(?:(?P<low>{NUMBER})\s?[-–—]\s?)?(?P<number>{NUMBER})"
    rf"\s?(?:[%٪]|percent{END}|(?=(?:بالمئة|بالمائة|في المئة|في المائة){END}))"
)


def _unit(forms: str, feminine: bool = False) -> Noun:
    one, two, few = forms.split("/")
    return Noun(one, two, few, feminine)


def _same(form: str) -> Noun:
    """A unit that is not inflected."""
    return Noun(form, form, form)


_CELSIUS: Final = _unit("درجة مئوية/درجتين مئويتين/درجات مئوية", True)
_FAHRENHEIT: Final = _unit("درجة فهرنهايت/درجتين فهرنهايت/درجات فهرنهايت", True)
_SQUARE: Final = _unit("متر مربع/مترين مربعين/أمتار مربعة")
_CUBIC: Final = _unit("متر مكعب/مترين مكعبين/أمتار مكعبة")
_SPEED: Final = _unit("كيلومتر في الساعة/كيلومترين في الساعة/كيلومترات في الساعة")
_VELOCITY: Final = _unit("متر في الثانية/مترين في الثانية/أمتار في الثانية")
_UNITS: Final = (
    (r"°\s?[Ccم]|℃|درجة مئوية", _CELSIUS, ("degree Celsius", "degrees Celsius")),
    (r"°\s?F|℉", _FAHRENHEIT, ("degree Fahrenheit", "degrees Fahrenheit")),
    (r"°", _unit("درجة/درجتين/درجات", True), ("degree", "degrees")),
    (r"km/h|kmh|kph|كم/س|كم/ساعة", _SPEED, ("kilometer per hour", "kilometers per hour")),
    (r"m/s|م/ث(?:انية)?", _VELOCITY, ("meter per second", "meters per second")),
    (r"m3|cbm|م ?3(?!\d)", _CUBIC, ("cubic meter", "cubic meters")),
    (r"m2|sqm|م ?2(?!\d)", _SQUARE, ("square meter", "square meters")),
    (r"kgs?|KG|Kg|كجم|كغم|كغ|كلغ|كيلو ?[جغ]رام(?:ات)?", nouns_ar.noun("كيلوغرام"), ("kilogram", "kilograms")),
    (r"mg|ملغم|ملغ|ملجم|مجم", _unit("مليغرام/مليغرامين/مليغرامات"), ("milligram", "milligrams")),
    (r"g|gm|gr|جم|غم|غ", nouns_ar.noun("غرام"), ("gram", "grams")),
    (r"km|KM|Km|كم|كلم", nouns_ar.noun("كيلومتر"), ("kilometer", "kilometers")),
    (r"cm|سم", _unit("سنتيمتر/سنتيمترين/سنتيمترات"), ("centimeter", "centimeters")),
    (r"mm|ملم|مم", _unit("مليمتر/مليمترين/مليمترات"), ("millimeter", "millimeters")),
    (r"ml|mL|مل|ملل", _unit("مليلتر/مليلترين/مليلترات"), ("milliliter", "milliliters")),
    (r"m|م", nouns_ar.noun("متر"), ("meter", "meters")),
    (r"L|ltr", nouns_ar.noun("لتر"), ("liter", "liters")),
    (r"GB|gb|Gb|جيجا|قيقا", _unit("جيجابايت/جيجابايت/جيجابايت"), ("gigabyte", "gigabytes")),
    (r"MB|mb|Mb|ميجا|ميقا", _unit("ميجابايت/ميجابايت/ميجابايت"), ("megabyte", "megabytes")),
    (r"TB", _unit("تيرابايت/تيرابايت/تيرابايت"), ("terabyte", "terabytes")),
    (r"[Gg]bps", _same("جيجابت في الثانية"), ("gigabit per second", "gigabits per second")),
    (r"[Mm]bps|ميجابت/ث", _same("ميجابت في الثانية"), ("megabit per second", "megabits per second")),
    (r"kWh|KWh|kwh|ك\.\s?و\.\s?س", _same("كيلوواط ساعة"), ("kilowatt hour", "kilowatt hours")),
    (r"kW", _same("كيلوواط"), ("kilowatt", "kilowatts")),
    (r"[kK]?[cC]al", _unit("سعرة حرارية/سعرتين حراريتين/سعرات حرارية", True), ("calorie", "calories")),
    (r"dl|dL|دل", _same("ديسيلتر"), ("deciliter", "deciliters")),
    (r"mi", nouns_ar.noun("ميل"), ("mile", "miles")),
    (r"lbs?", _unit("رطل/رطلين/أرطال"), ("pound", "pounds")),
    (r"ng|نانوغرام|نانوجرام", _same("نانوغرام"), ("nanogram", "nanograms")),
    (r"hrs?|hr|h|س", nouns_ar.noun("ساعة"), ("hour", "hours")),
    (r"mins?|د", nouns_ar.noun("دقيقة"), ("minute", "minutes")),
    (r"secs?", nouns_ar.noun("ثانية"), ("second", "seconds")),
    (r"yrs?", nouns_ar.noun("سنة"), ("year", "years")),
    (r"wks?", nouns_ar.noun("أسبوع"), ("week", "weeks")),
    (r"pcs?", nouns_ar.noun("قطعة"), ("piece", "pieces")),
)
_ANY_UNIT: Final = "|".join(f"(?P<u{index}>{marks})" for index, (marks, _, _) in enumerate(_UNITS))
_RANGE: Final = rf"(?:(?P<low>{NUMBER})\s?(?P<dash>-|–|—|إلى|الى|to)\s?)?"
_MEASURE: Final = re.compile(
    rf"{START}(?P<sign>{SIGN}){_RANGE}(?P<number>{NUMBER})\s?(?:{_ANY_UNIT}){END}(?:\.(?=\s[a-z]))?"
)
_ONE_OF: Final = re.compile(
    r"(?<![^\W_])(?P<front>(?:per|half(?: a)?|one quarter|لكل|نصف|ربع)\s)"
    rf"(?:{_ANY_UNIT}){END}"
)
_COUNTED: Final = re.compile(
    rf"{START}(?P<sign>{SIGN}){_RANGE}(?P<number>{NUMBER})\s(?P<word>[\u0621-\u0652]+)(?![^\W_])"
)
_NAMED: Final = re.compile(r"(?<![^\W_])(?:[وفبك]?ال[\u0621-\u0652]+|لل[\u0621-\u0652]+|[وفبلك]?(?:عام|سنة|شهر))\s+\Z")
"""In front of a number that names: `المادة 3 خاصة`, `عام 2026 زيادة`."""
_DIGIT_NEXT: Final = re.compile(r"[\s:]*\d")
_MENU: Final = re.compile(
    r"(?:اضغط|إضغط|الضغط|اختر|اختار|ادخل|أدخل|رقم|الرقم|خيار|الخيار|نوع|كود|رمز|press|dial|option|number|enter)\W*\Z"
)
_SCALE: Final = re.compile(rf"{START}(?P<number>{NUMBER})\s(?P<scale>[أا]لف|[آا]لاف|مليون|ملايين|مليار|مليارات){END}")
_SCALES: Final = {"الف": 10**3, "الاف": 10**3, "مليون": 10**6, "ملايين": 10**6, "مليار": 10**9, "مليارات": 10**9}
_HALVES: Final = {
    "1/2": ("نصف", "one half"),
    "1/4": ("ربع", "one quarter"),
    "3/4": ("ثلاثة أرباع", "three quarters"),
    "1/3": ("ثلث", "one third"),
    "2/3": ("ثلثين", "two thirds"),
}
_FRACTION: Final = re.compile(rf"{START}(?:(?P<whole>\d+)\s)?(?P<part>[12]/[234]|3/4){END}(?!/)")
_ORDINAL: Final = re.compile(r"(?<![^\W_])(\d{1,4})(?:st|nd|rd|th)(?![^\W_])", re.IGNORECASE)
_SPAN: Final = re.compile(rf"{START}(?P<low>{NUMBER})\s?[-–—]\s?(?P<number>{NUMBER})(?!\d|[-–—.,:/]\d)")
_RATIO: Final = re.compile(r"(?<=\d)\s?/\s?(?=\d)")
_ODDS: Final = re.compile(r"(?<![^\W_])(?<!\d[:.,])(\d{1,3}):(?=\d{1,3}(?![^\W_]|[:.,]\d))")
_TIMES: Final = re.compile(r"(?<=\d)\s?[x×*]\s?(?=\d)")
_PRESSURE: Final = re.compile(rf"(?<=\d)\s?mm ?Hg{END}")
_SUM: Final = re.compile(r"(?<=\d)\s?([+=<>])\s?(?=\d)")
_SUMS: Final = {
    "+": ("زائد", "plus"),
    "=": ("يساوي", "equals"),
    "<": ("أقل من", "less than"),
    ">": ("أكثر من", "more than"),
}
_DOTS: Final = re.compile(r"(?<![^\W_])[vV]?\d+(?:\.\d+){2,}(?![^\W_])")
_ALWAYS: Final = re.compile(r"(?<![^\W_])24/7(?![^\W_]|/)")
_REST: Final = re.compile(rf"({SIGN})({NUMBER})")
_LAST: Final = re.compile(r"\d+")


def say_percent(text: str, arabic: bool) -> str:
    """`5.5%` -> `خمسة فاصلة خمسة بالمئة`."""

    def say(found: re.Match[str]) -> str:
        low = f"{amount(found['low'], arabic)} {tongue(arabic).TO} " if found["low"] else ""
        written = "" if found[0][-1] in "%٪t" else " "
        unit = (" بالمئة" if arabic else " percent") if not written else ""
        return f"{signed(found['sign'], arabic)}{low}{amount(found['number'], arabic)}{unit}{written}"

    return _PERCENT.sub(say, text)


def say_measures(text: str, arabic: bool) -> str:
    """Numbers with a unit, numbers of things, thousands and millions in words."""

    def say(found: re.Match[str]) -> str:
        noun, english = _unit_of(found)
        low = f"{_low(found['low'], noun if arabic else None, arabic)} {tongue(arabic).TO} " if found["low"] else ""
        return f"{signed(found['sign'], arabic)}{low}{_with_unit(found['number'], noun, english, arabic)}"

    text = _PRESSURE.sub(" مليمتر زئبق" if arabic else " millimeters of mercury", text)
    text = _TIMES.sub(" في " if arabic else " by ", text)
    text = _MEASURE.sub(say, text)
    text = _ORDINAL.sub(lambda found: ordinal(int(found[1])), text)
    text = _FRACTION.sub(lambda found: _fraction(found, arabic), text)
    text = _ONE_OF.sub(lambda found: _one_of(found, arabic), text)
    if arabic:
        text = _SCALE.sub(_scaled, text)
        text = _COUNTED.sub(_counted, text)
    return text


def say_rest(text: str, arabic: bool) -> str:
    """Ranges, ratios, versions, plain numbers: after this no digit is left."""
    words = tongue(arabic)
    text = _ALWAYS.sub("على مدار الساعة" if arabic else "twenty-four seven", text)
    text = _DOTS.sub(lambda found: _dotted(found[0], arabic), text)
    text = _SPAN.sub(lambda found: f"{amount(found['low'], arabic)} {words.TO} {amount(found['number'], arabic)}", text)
    text = _ODDS.sub(rf"\1 {words.TO} ", text)
    text = _RATIO.sub(" على " if arabic else " over ", text)
    text = _SUM.sub(lambda found: f" {_SUMS[found[1]][0 if arabic else 1]} ", text)
    text = _REST.sub(lambda found: f" {signed(found[1], arabic)}{amount(found[2], arabic)} ", text)
    return _LAST.sub(lambda found: f" {words.digits(found[0])} ", text)


def _unit_of(found: re.Match[str]) -> tuple[Noun | None, tuple[str, str]]:
    _, noun, english = _UNITS[next(index for index in range(len(_UNITS)) if found[f"u{index}"])]
    return noun, english


def _one_of(found: re.Match[str], arabic: bool) -> str:
    """`per kg`: the unit in full. Of single Arabic letters only the number tells that they are one."""
    noun, english = _unit_of(found)
    unit = found[0][len(found["front"]) :]
    if len(unit) == 1 and not unit.isascii():
        return found[0]
    return found["front"] + (noun.one if arabic and noun else english[0])


def _scaled(found: re.Match[str]) -> str:
    """`5 آلاف`, `1.5 مليون`: the number and its scale agree."""
    whole, fraction = parted(found["number"])
    value, scale = exact(whole), _SCALES[bare(found["scale"]).replace("آ", "ا").replace("أ", "ا")]
    if not value or value * scale >= LARGEST or fraction not in ("", "5"):
        return f"{amount(found['number'], True)} {found['scale']}"
    return cardinal(value * scale) + (" ونصف" if fraction else "")


def _low(figures: str, noun: Noun | None, arabic: bool) -> str:
    """The lower end of a range, in words."""
    return lower_end(figures, noun) if noun and figures.isdecimal() else amount(figures, arabic)


def _with_unit(figures: str, noun: Noun | None, english: tuple[str, str], arabic: bool) -> str:
    whole, fraction = parted(figures)
    value = exact(whole)
    if arabic and noun is not None:
        return f"{amount(figures, True)} {noun.one}" if fraction or value is None else counted(value, noun)
    return f"{amount(figures, False)} {english[0] if figures == '1' else english[1]}"


def _counted(found: re.Match[str]) -> str:
    """A number before an Arabic word: agreement if the word is what it counts."""
    figures, word = found["number"], found["word"]
    whole, fraction = parted(figures)
    value = exact(whole)
    noun = nouns_ar.noun(word)
    low = signed(found["sign"], True) + (f"{_low(found['low'], noun, True)} إلى " if found["low"] else "")
    if value is None or _MENU.search(found.string, 0, found.start()):
        return found[0]
    if noun is None and not fraction:
        return low + (_unknown(found, value, word) or found[0][found.start("number") - found.start() :])
    if fraction or noun is None or _label(found, value):
        return found[0]
    return low + counted_as_written(value, noun, word)


def _unknown(found: re.Match[str], value: int, word: str) -> str:
    """A number with a feminine noun that no list has; '' if it is none."""
    if 3 <= value % 100 <= 10 and nouns_ar.feminine(word):
        return f"{cardinal(value, True)} {word}"
    one = nouns_ar.one_of_hers(word) if value < 100 and not _DIGIT_NEXT.match(found.string, found.end()) else ""
    if not one or _NAMED.search(found.string, 0, found.start()):
        return ""
    return counted(value, Noun(one, f"{one[:-1]}تين", one, feminine=True))


def _label(found: re.Match[str], value: int) -> bool:
    """`مبنى 3 شقة 5`: the number names what stands before it, as the one behind the noun does."""
    if _DIGIT_NEXT.match(found.string, found.end()) is None:
        return False
    before = found.string[: found.start()].split()
    return (3 <= value % 100 <= 10 and not nouns_ar.plural(found["word"])) or (bool(before) and labelled(before[-1]))


def _fraction(found: re.Match[str], arabic: bool) -> str:
    words = _HALVES.get(found["part"])
    if words is None:
        return found[0]
    if not found["whole"]:
        return words[0 if arabic else 1]
    part = words[0] if arabic else words[1].replace("one half", "a half")
    return f"{amount(found['whole'], arabic)} {tongue(arabic).AND}{part}"


def _dotted(figures: str, arabic: bool) -> str:
    words = tongue(arabic)
    parts = figures.lstrip("vV").split(".")
    return f" {words.DOT} ".join(words.whole(part) for part in parts)
