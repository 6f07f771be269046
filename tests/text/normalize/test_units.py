"""Test percent, units, numbers of things, and the remaining numbers."""

from __future__ import annotations

from ivr.text.normalize.units import say_percent, say_remaining_numbers, say_units
from tests.text.tables import failures


def test_percent_in_arabic() -> None:
    rows = [
        ("15%", "خمسة عشر بالمئة"),
        ("٪", "٪"),
        ("5.5٪", "خمسة فاصلة خمسة بالمئة"),
        ("10-15%", "عشرة إلى خمسة عشر بالمئة"),
        ("-3%", "ناقص ثلاثة بالمئة"),
        ("15 بالمئة", "خمسة عشر بالمئة"),
    ]
    assert failures(rows, lambda text: say_percent(text, arabic=True)) == []


def test_percent_in_english() -> None:
    assert say_percent("5% or 6 percent", arabic=False) == "five percent or six percent"


def test_units_and_things_in_arabic() -> None:
    rows = [
        ("2.5 كجم", "اثنين فاصلة خمسة كيلوغرام"),
        ("1 كم", "كيلومتر واحد"),
        ("2 كم", "كيلومترين"),
        ("5 كم", "خمسة كيلومترات"),
        ("30 سم", "ثلاثين سنتيمتر"),
        ("10×15 سم", "10 في خمسة عشر سنتيمتر"),
        ("5-8 كجم", "خمسة إلى ثمانية كيلوغرامات"),
        ("5 م/ثانية", "خمسة أمتار في الثانية"),
        ("-3 شحنات", "ناقص ثلاث شحنات"),
        ("9 مدارس", "تسع مدارس"),
        ("2 تنبيه", "تنبيهين"),
        ("2-3 ساعات", "ساعتين إلى ثلاث ساعات"),
        ("1-2 كجم", "كيلوغرام إلى كيلوغرامين"),
        ("1.5-2 كجم", "واحد فاصلة خمسة إلى كيلوغرامين"),
        ("11 يوماً", "أحد عشر يوماً"),
        ("-5°C", "ناقص خمس درجات مئوية"),
        ("1200 م 2", "ألف ومئتين متر مربع"),
        ("3 أيام", "ثلاثة أيام"),
        ("3-5 أيام", "ثلاثة إلى خمسة أيام"),
        ("2 شحنة", "شحنتين"),
        ("11 شحنة", "إحدى عشرة شحنة"),
        ("4 مركبات", "أربع مركبات"),
        ("4-6 مركبات", "أربعة إلى ست مركبات"),
        ("4 صقور", "4 صقور"),
        ("40 مركبات", "40 مركبات"),
        ("12 طبلية", "اثنتي عشرة طبلية"),
        ("100 طبلية", "100 طبلية"),
        ("في 2 قهوة", "في قهوتين"),
        ("1 مخالفة", "مخالفة واحدة"),
        ("105 موظفات", "مئة وخمس موظفات"),
        ("المادة 2 خاصة", "المادة 2 خاصة"),
        ("عام 26 زيادة", "عام 26 زيادة"),
        ("4821 موقوفة", "4821 موقوفة"),
        ("55 مزرعة 21", "55 مزرعة 21"),
        ("مبنى 3 شقة 12", "مبنى 3 شقة 12"),
        ("مخرج 3 مكتب 4", "مخرج 3 مكتب 4"),
        ("5 أيام 3 ساعات", "خمسة أيام ثلاث ساعات"),
        ("12 م3", "اثني عشر متر مكعب"),
        ("ريال لكل كجم", "ريال لكل كيلوغرام"),
        ("نصف م", "نصف م"),
        ("500 Mbps", "خمسمئة ميجابت في الثانية"),
        ("72 ن/د", "اثنتين وسبعين نبضة في الدقيقة"),
        ("3 ft", "ثلاثة أقدام"),
        ("120/80 mmHg", "120/80 مليمتر زئبق"),
        ("2.5 يوم", "2.5 يوم"),
        ("0001 يوم", "0001 يوم"),
        ("اضغط 3 أيام", "اضغط 3 أيام"),
        ("5 آلاف", "خمسة آلاف"),
        ("1.5 مليون", "مليون ونصف"),
        ("2.5 مليار", "مليارين ونصف"),
        ("1.25 مليون", "واحد فاصلة خمسة وعشرين مليون"),
        ("0 ألف", "صفر ألف"),
        ("1000000 مليار", "مليون مليار"),
        ("1/2", "نصف"),
        ("2 1/4", "اثنين وربع"),
        ("2/4", "2/4"),
    ]
    assert failures(rows, lambda text: say_units(text, arabic=True)) == []


def test_units_in_english() -> None:
    rows = [
        ("1 kg", "one kilogram"),
        ("2.5kg", "two point five kilograms"),
        ("3 to 5 km", "three to five kilometers"),
        ("2 hrs. and", "two hours and"),
        ("5 ft. 6 in. tall, 3 ft. 5 of us", "five feet six inches tall, three feet. 5 of us"),
        ("98°F", "ninety-eight degrees Fahrenheit"),
        ("1 1/2", "one and a half"),
        ("2 3/4", "two and three quarters"),
        ("3rd", "third"),
        ("10x15 cm", "10 by fifteen centimeters"),
        ("3 أيام", "3 أيام"),
        ("0.5 ml per kg", "zero point five milliliters per kilogram"),
        ("1/2 kg", "one half kilogram"),
        ("1.5 mi. from", "one point five miles from"),
    ]
    assert failures(rows, lambda text: say_units(text, arabic=False)) == []


def test_remaining_numbers_in_arabic() -> None:
    rows = [
        ("24/7", "على مدار الساعة"),
        ("120/80", "مئة وعشرين على ثمانين"),
        ("3-5", "ثلاثة إلى خمسة"),
        ("3:1", "ثلاثة إلى واحد"),
        ("2.0.1", "اثنين نقطة صفر نقطة واحد"),
        ("8 + 2 = 10", "ثمانية زائد اثنين يساوي عشرة"),
        ("-5", "ناقص خمسة"),
        ("3.14", "ثلاثة فاصلة أربعة عشر"),
        ("1,2", "واحد , اثنين"),
    ]
    assert failures(rows, lambda text: " ".join(say_remaining_numbers(text, arabic=True).split())) == []


def test_remaining_numbers_in_english() -> None:
    assert " ".join(say_remaining_numbers("24/7 50/50 20/20 v2.0.1 3<5 120/80", arabic=False).split()) == (
        "twenty-four seven fifty fifty twenty twenty two dot zero dot one "
        "three less than five one hundred twenty over eighty"
    )
