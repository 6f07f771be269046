"""Test places in a row, ratings and parts of a whole."""

from __future__ import annotations

from ivr.text.normalize.numbers.fractions import say_fractions, say_places
from tests.text.tables import failures


def test_places_in_arabic() -> None:
    rows = [
        ("الخطوة 1/3", "الخطوة الأولى من ثلاث"),
        ("للمرحلة: 2/4", "للمرحلة الثانية من أربع"),
        ("القسط 5 / 12", "القسط الخامس من اثني عشر"),
        ("الصفحة 15/40", "الصفحة خمسة عشر من أربعين"),
        ("خطوة 1/3", "خطوة واحد من ثلاثة"),
        ("الجلسة القادمة 3/5", "الجلسة القادمة ثلاثة من خمسة"),
        ("الخطوة رقم 1/3", "الخطوة رقم واحد من ثلاثة"),
        ("الخطوة 5/3", "الخطوة 5/3"),
        ("الصفحة 0/0", "الصفحة 0/0"),
        ("التقييم 4.5/5 والدرجة: 8/10", "التقييم أربعة فاصلة خمسة من خمسة والدرجة: ثمانية من عشرة"),
        ("التاريخ 4.8/50", "التاريخ 4.8/50"),
        ("يوم 1/3", "يوم 1/3"),
        ("الدور 2/3 والعقد رقم 1/2", "الدور 2 على 3 والعقد رقم 1 على 2"),
        ("الطرود (2/3)", "الطرود (اثنين من ثلاثة)"),
        ("الخطوة 1/3/2025", "الخطوة 1/3/2025"),
    ]
    assert failures(rows, lambda text: say_places(text, arabic=True)) == []


def test_places_in_english() -> None:
    rows = [
        ("step 2/5", "step two of five"),
        ("Page: 3/10", "Page: three of ten"),
        ("parcel number 1/2", "parcel number one of two"),
        ("rated 4.5/5", "rated four point five out of five"),
        ("scored 11/10", "scored 11/10"),
        ("60% (6/10), (1/2), (6/5)", "60% (six of ten), (1/2), (6/5)"),
        ("on 2/5", "on 2/5"),
        ("unit 3/4, number 2025/1", "unit 3 slash 4, number 2025/1"),
    ]
    assert failures(rows, lambda text: say_places(text, arabic=False)) == []


def test_fractions_in_arabic() -> None:
    rows = [
        ("1/2", "نصف"),
        ("2 1/4", "اثنين وربع"),
        ("2/4", "2/4"),
        ("1/5 من الجرعة", "خُمس من الجرعة"),
        ("2/5 من الجرعة", "خُمسين من الجرعة"),
        ("3/8 كوب", "ثلاثة أثمان كوب"),
        ("5/12 من الوقت", "5/12 من الوقت"),
        ("5/20 من الوقت", "5/20 من الوقت"),
        ("3/12 قسط", "ثلاثة من اثني عشر قسط"),
        ("4/5 نجوم", "أربع من خمس نجوم"),
        ("3/7 شيء", "3/7 شيء"),
        ("9/5 من", "9/5 من"),
    ]
    assert failures(rows, lambda text: say_fractions(text, arabic=True)) == []


def test_fractions_in_english() -> None:
    rows = [
        ("1 1/2", "one and a half"),
        ("2/5 of it", "two fifths of it"),
        ("1/8 inch", "one eighth inch"),
        ("2 3/8 inches", "two and three eighths inches"),
        ("3/5 tasks", "3 of 5 tasks"),
        ("3/5 is", "3/5 is"),
        ("#12/14 leaves", "#12/14 leaves"),
        ("120/80", "120/80"),
    ]
    assert failures(rows, lambda text: say_fractions(text, arabic=False)) == []
