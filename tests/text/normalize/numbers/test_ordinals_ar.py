"""Test Arabic numbers that rank."""

from __future__ import annotations

from ivr.text.normalize.numbers.numerals import plain_digits
from ivr.text.normalize.numbers.ordinals_ar import say_ordinals
from tests.text.tables import failures


def test_ordinals() -> None:
    rows = [
        ("في الدور 2، غرفة 5", "في الدور الثاني، غرفة 5"),
        ("المرحلة 1", "المرحلة الأولى"),
        ("بالحلقة 12.", "بالحلقة الثانية عشرة."),
        ("الطابق 13", "الطابق 13"),
        ("الطابق 0", "الطابق 0"),
        ("الدور 2-4", "الدور 2-4"),
        ("في المرحلة 3 خيارات", "في المرحلة 3 خيارات"),
        ("الدور 3 مكتب", "الدور الثالث مكتب"),
        ("الدور 3 شقة 12", "الدور الثالث شقة 12"),
        ("للمرة الـ5", "للمرة الخامسة"),
        ("الطلب الـ2", "الطلب الثاني"),
        ("القرن الـ 21", "القرن الحادي والعشرين"),
        ("الشحنة الـ١٠", "الشحنة العاشرة"),
        ("القارة الـ7", "القارة السابعة"),
        ("ترتيبك الـ15 ومحاولته الـ 2", "ترتيبك الخامس عشر ومحاولته الثانية"),
    ]
    assert failures(rows, lambda text: say_ordinals(plain_digits(text))) == []


def test_ordinals_leave_plurals_and_zero() -> None:
    rows = ["الأيام الـ3", "الشحنات الـ5", "المدراء الـ4", "اليوم الـ0", "ترتيبك الـ0"]
    assert failures([(text, plain_digits(text)) for text in rows], lambda text: say_ordinals(plain_digits(text))) == []
