"""Say percent, units, numbers of things, ranges, and each number that no other rule has claimed."""

from __future__ import annotations

import re
from typing import Final

from ivr.text.normalize.numbers import nouns_ar
from ivr.text.normalize.numbers.cardinal_ar import (
    LARGEST,
    Noun,
    cardinal,
    counted,
    counted_as_written,
    lower_end,
    takes_plural,
)
from ivr.text.normalize.numbers.cardinal_en import ordinal
from ivr.text.normalize.numbers.fractions import say_fractions
from ivr.text.normalize.numbers.numerals import amount, amount_value, number_words, sign_word, split_decimal
from ivr.text.normalize.patterns import (
    ANY_DIGIT,
    NUMBER,
    NUMBER_END,
    NUMBER_START,
    SIGN,
    UNIT_END,
    WORD_END,
    WORD_START,
)
from ivr.text.segment.abbreviations import labelled
from ivr.text.segment.punctuation import bare


def _forms(forms: str, feminine: bool = False) -> Noun:
    """Return the noun of a unit from `one/two/few`; a unit with one form only has it for every number."""
    one, two, few = forms.split("/") if "/" in forms else (forms, forms, forms)
    return Noun(one, two, few, feminine)


# `5.5%`, `10-15%`. Before a written بالمئة only the number is replaced.
_PERCENT: Final = re.compile(
    rf"{NUMBER_START}(?P<sign>{SIGN})(?:(?P<low>{NUMBER})\s?[-–—]\s?)?(?P<number>{NUMBER})"
    rf"\s?(?:[%٪]|percent{UNIT_END}|(?=(?:بالمئة|بالمائة|في المئة|في المائة){UNIT_END}))"
)
_CELSIUS: Final = _forms("درجة مئوية/درجتين مئويتين/درجات مئوية", True)
_FAHRENHEIT: Final = _forms("درجة فهرنهايت/درجتين فهرنهايت/درجات فهرنهايت", True)
_SQUARE: Final = _forms("متر مربع/مترين مربعين/أمتار مربعة")
_CUBIC: Final = _forms("متر مكعب/مترين مكعبين/أمتار مكعبة")
_SPEED: Final = _forms("كيلومتر في الساعة/كيلومترين في الساعة/كيلومترات في الساعة")
_VELOCITY: Final = _forms("متر في الثانية/مترين في الثانية/أمتار في الثانية")
# Written forms, Arabic noun, English singular and plural. A longer form stands before its own beginning (`m/s`, `m`).
_UNITS: Final = (
    (r"°\s?[Ccم]|℃|درجة مئوية", _CELSIUS, ("degree Celsius", "degrees Celsius")),
    (r"°\s?F|℉", _FAHRENHEIT, ("degree Fahrenheit", "degrees Fahrenheit")),
    (r"°", _forms("درجة/درجتين/درجات", True), ("degree", "degrees")),
    (r"km/h|kmh|kph|كم/س|كم/ساعة", _SPEED, ("kilometer per hour", "kilometers per hour")),
    (r"m/s|م/ث(?:انية)?", _VELOCITY, ("meter per second", "meters per second")),
    (r"m3|cbm|م ?3(?!\d)", _CUBIC, ("cubic meter", "cubic meters")),
    (r"m2|sqm|م ?2(?!\d)", _SQUARE, ("square meter", "square meters")),
    (r"kgs?|KG|Kg|كجم|كغم|كغ|كلغ|كيلو ?[جغ]رام(?:ات)?", nouns_ar.noun("كيلوغرام"), ("kilogram", "kilograms")),
    (r"mg|ملغم|ملغ|ملجم|مجم", _forms("مليغرام/مليغرامين/مليغرامات"), ("milligram", "milligrams")),
    (r"g|gm|gr|جم|غم|غ", nouns_ar.noun("غرام"), ("gram", "grams")),
    (r"km|KM|Km|كم|كلم", nouns_ar.noun("كيلومتر"), ("kilometer", "kilometers")),
    (r"cm|سم", _forms("سنتيمتر/سنتيمترين/سنتيمترات"), ("centimeter", "centimeters")),
    (r"mm|ملم|مم", _forms("مليمتر/مليمترين/مليمترات"), ("millimeter", "millimeters")),
    (r"ml|mL|مل|ملل", _forms("مليلتر/مليلترين/مليلترات"), ("milliliter", "milliliters")),
    (r"m|م", nouns_ar.noun("متر"), ("meter", "meters")),
    (r"L|ltr", nouns_ar.noun("لتر"), ("liter", "liters")),
    (r"GB|gb|Gb|جيجا|قيقا", _forms("جيجابايت/جيجابايت/جيجابايت"), ("gigabyte", "gigabytes")),
    (r"MB|mb|Mb|ميجا|ميقا", _forms("ميجابايت/ميجابايت/ميجابايت"), ("megabyte", "megabytes")),
    (r"TB", _forms("تيرابايت/تيرابايت/تيرابايت"), ("terabyte", "terabytes")),
    (r"[Gg]bps", _forms("جيجابت في الثانية"), ("gigabit per second", "gigabits per second")),
    (r"[Mm]bps|ميجابت/ث", _forms("ميجابت في الثانية"), ("megabit per second", "megabits per second")),
    (r"kWh|KWh|kwh|ك\.\s?و\.\s?س", _forms("كيلوواط ساعة"), ("kilowatt hour", "kilowatt hours")),
    (r"kW", _forms("كيلوواط"), ("kilowatt", "kilowatts")),
    (r"[kK]?[cC]al", _forms("سعرة حرارية/سعرتين حراريتين/سعرات حرارية", True), ("calorie", "calories")),
    (r"dl|dL|دل", _forms("ديسيلتر"), ("deciliter", "deciliters")),
    (r"mi", nouns_ar.noun("ميل"), ("mile", "miles")),
    (r"lbs?", _forms("رطل/رطلين/أرطال"), ("pound", "pounds")),
    (r"ng|نانوغرام|نانوجرام", _forms("نانوغرام"), ("nanogram", "nanograms")),
    (r"hrs?|hr|h|س", nouns_ar.noun("ساعة"), ("hour", "hours")),
    (
        r"bpm|ن/د(?:قيقة)?",
        _forms("نبضة في الدقيقة/نبضتين في الدقيقة/نبضات في الدقيقة", True),
        ("beat per minute", "beats per minute"),
    ),
    (r"GHz", _forms("جيجاهرتز"), ("gigahertz", "gigahertz")),
    (r"MHz", _forms("ميجاهرتز"), ("megahertz", "megahertz")),
    (r"kHz", _forms("كيلوهرتز"), ("kilohertz", "kilohertz")),
    (r"Hz", _forms("هرتز"), ("hertz", "hertz")),
    (r"mAh", _forms("مللي أمبير ساعة"), ("milliamp hour", "milliamp hours")),
    (r"mcg|µg|μg|مكغ|ميكروغرام", _forms("ميكروغرام/ميكروغرامين/ميكروغرامات"), ("microgram", "micrograms")),
    (r"W|واط", _forms("واط"), ("watt", "watts")),
    (r"V|فولت", _forms("فولت"), ("volt", "volts")),
    (r"sq\.?\s?ft\.?", _forms("قدم مربع/قدمين مربعين/أقدام مربعة"), ("square foot", "square feet")),
    (r"ft|قدم", _forms("قدم/قدمين/أقدام"), ("foot", "feet")),
    (r"oz", _forms("أونصة/أونصتين/أونصات", True), ("ounce", "ounces")),
    (
        r"inch|inches|بوصة|in(?=\.\s[a-z]|\s(?:tall|wide|long|deep|high|thick)(?![^\W_]))",
        _forms("بوصة/بوصتين/بوصات", True),
        ("inch", "inches"),
    ),
    (r"mins?|د", nouns_ar.noun("دقيقة"), ("minute", "minutes")),
    (r"secs?", nouns_ar.noun("ثانية"), ("second", "seconds")),
    (r"yrs?", nouns_ar.noun("سنة"), ("year", "years")),
    (r"wks?", nouns_ar.noun("أسبوع"), ("week", "weeks")),
    (r"pcs?", nouns_ar.noun("قطعة"), ("piece", "pieces")),
)
_ANY_UNIT: Final = "|".join(f"(?P<u{index}>{marks})" for index, (marks, _, _) in enumerate(_UNITS))
_LOW_END: Final = rf"(?:(?P<low>{NUMBER})\s?(?P<dash>-|–|—|إلى|الى|to)\s?)?"
# `2.5 كجم`, `5-8 km`; the dot of `2 hrs. and`, `5 ft. 6 in. tall` goes with its unit.
_WITH_UNIT: Final = re.compile(
    rf"{NUMBER_START}(?P<sign>{SIGN}){_LOW_END}(?P<number>{NUMBER})\s?(?:{_ANY_UNIT}){UNIT_END}(?:\.(?=\s(?:[a-z]|\d{{1,3}}\s(?:in|oz|lb|min|sec|cm)\.)))?"
)
# `per kg`, `نصف كجم`: a unit without a number.
_UNIT_ALONE: Final = re.compile(
    rf"{WORD_START}(?P<front>(?:per|half(?: a)?|one quarter|لكل|نصف|ربع)\s)"
    rf"(?:{_ANY_UNIT}){UNIT_END}"
)
# `120/80 mmHg`
_MMHG: Final = re.compile(rf"(?<=\d)\s?mm ?Hg{UNIT_END}")
# `10×15 سم`
_BY: Final = re.compile(r"(?<=\d)\s?[x×*]\s?(?=\d)")
# `3rd`
_ENGLISH_ORDINAL: Final = re.compile(rf"{WORD_START}(\d{{1,4}})(?:st|nd|rd|th){WORD_END}", re.IGNORECASE)

# A number before an Arabic word: `3 أيام`, `2-3 ساعات`.
_BEFORE_ARABIC_WORD: Final = re.compile(
    rf"{NUMBER_START}(?P<sign>{SIGN}){_LOW_END}(?P<number>{NUMBER})\s(?P<word>[\u0621-\u0652]+){WORD_END}"
)
# In front of a number that names and does not count: `المادة 3 خاصة`, `عام 2026 زيادة`.
_ENDS_IN_NAMED: Final = re.compile(
    rf"{WORD_START}(?:[وفبك]?ال[\u0621-\u0652]+|لل[\u0621-\u0652]+|[وفبلك]?(?:عام|سنة|شهر))\s+\Z"
)
# A choice from a menu: `اضغط 3`.
_ENDS_IN_MENU_WORD: Final = re.compile(
    r"(?:اضغط|إضغط|الضغط|اختر|اختار|ادخل|أدخل|رقم|الرقم|خيار|الخيار|نوع|كود|رمز|press|dial|option|number|enter)\W*\Z"
)
# `مبنى 3 شقة 5`: a digit behind the counted word.
_DIGIT_NEXT: Final = re.compile(r"[\s:]*\d")
# `5 آلاف`, `1.5 مليون`
_ARABIC_SCALE: Final = re.compile(
    rf"{NUMBER_START}(?P<number>{NUMBER})\s(?P<scale>[أا]لف|[آا]لاف|مليون|ملايين|مليار|مليارات){UNIT_END}"
)
_SCALE_VALUES: Final = {"الف": 10**3, "الاف": 10**3, "مليون": 10**6, "ملايين": 10**6, "مليار": 10**9, "مليارات": 10**9}
# What is left: `3-5`, `3:1`, `120/80`, `8 + 2 = 10`, `v2.0.1`, `24/7`.
_DIGITS_JOINED: Final = re.compile(r"\d\s?[-–—.:/+=<>]\s?\d")
_RANGE: Final = re.compile(rf"{NUMBER_START}(?P<low>{NUMBER})\s?[-–—]\s?(?P<number>{NUMBER})(?!\d|[-–—.,:/]\d)")
_RATIO: Final = re.compile(rf"{WORD_START}(?<!\d[:.,])(\d{{1,3}}):(?=\d{{1,3}}(?![^\W_]|[:.,]\d))")
_OVER_SLASH: Final = re.compile(r"(?<=\d)\s?/\s?(?=\d)")
_SUM_SIGN: Final = re.compile(r"(?<=\d)\s?([+=<>])\s?(?=\d)")
_SUM_WORDS: Final = {
    "+": ("زائد", "plus"),
    "=": ("يساوي", "equals"),
    "<": ("أقل من", "less than"),
    ">": ("أكثر من", "more than"),
}
_VERSION: Final = re.compile(rf"{WORD_START}[vV]?\d+(?:\.\d+){{2,}}{WORD_END}")
_ALL_DAY: Final = re.compile(rf"{WORD_START}24/7(?:/365)?(?![^\W_]|/)")
# `50/50`, `80/20`, `20/20`: shares of a hundred, or sight; nothing is said between.
_SHARES: Final = re.compile(rf"{NUMBER_START}(\d\d)/(\d\d){NUMBER_END}")
_PLAIN_NUMBER: Final = re.compile(rf"({SIGN})({NUMBER})")
_LEFT_OVER: Final = re.compile(r"\d+")


def say_percent(text: str, arabic: bool) -> str:
    """Replace each percentage by words: `5.5%` is `خمسة فاصلة خمسة بالمئة`."""

    def percent(found: re.Match[str]) -> str:
        low = f"{amount(found['low'], arabic)} {number_words(arabic).to} " if found["low"] else ""
        # Before a written بالمئة the match ends in a blank, and the unit is there already.
        unit = (" بالمئة" if arabic else " percent") if found[0][-1] in "%٪t" else " "
        return f"{sign_word(found['sign'], arabic)}{low}{amount(found['number'], arabic)}{unit}"

    if ANY_DIGIT.search(text) is None:
        return text
    return _PERCENT.sub(percent, text)


def say_units(text: str, arabic: bool) -> str:
    """Replace each number with a unit, each number of things, and thousands and millions, by words."""

    def unit_of(found: re.Match[str]) -> tuple[Noun | None, tuple[str, str]]:
        _, noun, english = _UNITS[next(index for index in range(len(_UNITS)) if found[f"u{index}"])]
        return (noun if arabic else None), english

    def with_unit(found: re.Match[str]) -> str:
        noun, english = unit_of(found)
        figures = found["number"]
        whole, fraction = split_decimal(figures)
        value = amount_value(whole)
        if noun is None:
            said = f"{amount(figures, False)} {english[0] if figures == '1' else english[1]}"
        elif fraction or value is None:
            said = f"{amount(figures, True)} {noun.one}"
        else:
            said = counted(value, noun)
        return f"{sign_word(found['sign'], arabic)}{_low_end(found['low'], noun, arabic)}{said}"

    def unit_alone(found: re.Match[str]) -> str:
        noun, english = unit_of(found)
        unit = found[0][len(found["front"]) :]
        # A single Arabic letter is a unit only behind a number.
        if len(unit) == 1 and not unit.isascii():
            return found[0]
        return found["front"] + (noun.one if noun else english[0])

    if ANY_DIGIT.search(text) is None:
        return _UNIT_ALONE.sub(unit_alone, text)
    text = _MMHG.sub(" مليمتر زئبق" if arabic else " millimeters of mercury", text)
    text = _BY.sub(" في " if arabic else " by ", text)
    text = _WITH_UNIT.sub(with_unit, text)
    text = _ENGLISH_ORDINAL.sub(lambda found: ordinal(int(found[1])), text)
    text = say_fractions(text, arabic)
    text = _UNIT_ALONE.sub(unit_alone, text)
    return _say_counted_things(text) if arabic else text


def say_remaining_numbers(text: str, arabic: bool) -> str:
    """Replace ranges, ratios, versions and plain numbers by words: after this no digit is left."""
    words = number_words(arabic)

    def version(found: re.Match[str]) -> str:
        parts = found[0].lstrip("vV").split(".")
        return f" {words.dot} ".join(words.whole(part) for part in parts)

    def shares(found: re.Match[str]) -> str:
        spoken_apart = int(found[1]) + int(found[2]) == 100 or found[0] == "20/20"
        return f"{found[1]} {found[2]}" if spoken_apart else found[0]

    if ANY_DIGIT.search(text) is None:
        return text
    if _DIGITS_JOINED.search(text):
        text = _ALL_DAY.sub("على مدار الساعة" if arabic else "twenty-four seven", text)
        text = _VERSION.sub(version, _SHARES.sub(shares, text))
        text = _RANGE.sub(
            lambda found: f"{amount(found['low'], arabic)} {words.to} {amount(found['number'], arabic)}", text
        )
        text = _RATIO.sub(rf"\1 {words.to} ", text)
        text = _OVER_SLASH.sub(" على " if arabic else " over ", text)
        text = _SUM_SIGN.sub(lambda found: f" {_SUM_WORDS[found[1]][0 if arabic else 1]} ", text)
    text = _PLAIN_NUMBER.sub(lambda found: f" {sign_word(found[1], arabic)}{amount(found[2], arabic)} ", text)
    return _LEFT_OVER.sub(lambda found: f" {words.digits(found[0])} ", text)


def _low_end(figures: str | None, noun: Noun | None, arabic: bool) -> str:
    """Return the lower end of a range with the word behind it; '' if there is none."""
    if not figures:
        return ""
    low = lower_end(figures, noun) if noun and figures.isdecimal() else amount(figures, arabic)
    return f"{low} {number_words(arabic).to} "


def _say_counted_things(text: str) -> str:
    """Replace each number before an Arabic scale or noun, so that both agree: `5 آلاف`, `1.5 مليون`, `3 أيام`."""

    def scaled(found: re.Match[str]) -> str:
        whole, fraction = split_decimal(found["number"])
        value = amount_value(whole)
        scale = _SCALE_VALUES[bare(found["scale"]).replace("آ", "ا").replace("أ", "ا")]
        if not value or value * scale >= LARGEST or fraction not in ("", "5"):
            return f"{amount(found['number'], True)} {found['scale']}"
        return cardinal(value * scale) + (" ونصف" if fraction else "")

    def counted_thing(found: re.Match[str]) -> str:
        word = found["word"]
        whole, fraction = split_decimal(found["number"])
        value = amount_value(whole)
        if value is None or _ENDS_IN_MENU_WORD.search(found.string, 0, found.start()):
            return found[0]
        noun = nouns_ar.noun(word)
        low = sign_word(found["sign"], True) + _low_end(found["low"], noun, True)
        digit_next = _DIGIT_NEXT.match(found.string, found.end()) is not None
        if noun is not None:
            # `مبنى 3 شقة 5`: the first number names the building, as the second names the flat.
            before = found.string[: found.start()].split()
            label = digit_next and (
                (takes_plural(value) and not nouns_ar.is_other_form(word)) or (bool(before) and labelled(before[-1]))
            )
            return found[0] if fraction or label else low + counted_as_written(value, noun, word)
        if fraction:
            return found[0]
        # No list has the word: it is counted if it looks like a feminine noun.
        if takes_plural(value) and nouns_ar.is_feminine_plural(word):
            return f"{low}{cardinal(value, True)} {word}"
        one = nouns_ar.feminine_singular(word) if value < 100 and not digit_next else ""
        if one and not _ENDS_IN_NAMED.search(found.string, 0, found.start()):
            return low + counted(value, Noun(one, f"{one[:-1]}تين", one, feminine=True))
        return low + found[0][found.start("number") - found.start() :]

    return _BEFORE_ARABIC_WORD.sub(counted_thing, _ARABIC_SCALE.sub(scaled, text))
