"""Test Arabic nouns that are counted."""

from __future__ import annotations

from ivr.text.normalize.numbers import nouns_ar
from tests.text.tables import failures


def test_noun() -> None:
    rows = [
        ("يوماً", "يوم"),
        ("يوما", "يوم"),
        ("ايام", "يوم"),
        ("شحنتين", "شحنة"),
        ("سنين", "سنة"),
        ("شهور", "شهر"),
        ("قمر", None),
    ]
    assert failures(rows, lambda word: (found := nouns_ar.noun(word)) and found.one) == []


def test_is_other_form() -> None:
    rows = [("مكاتب", True), ("مكتب", False), ("", False), ("قمر", False)]
    assert failures(rows, lambda word: nouns_ar.is_other_form(word)) == []


def test_noun_of_each_of_its_forms() -> None:
    for word in ("ساعة", "طلب", "فاتورة", "موعد"):
        found = nouns_ar.noun(word)
        assert found is not None
        assert {nouns_ar.noun(form) for form in (found.one, found.two, found.few)} == {found}


def test_is_feminine_plural() -> None:
    rows = [
        ("مركبات", True),
        ("ناقات", True),
        ("بنات", False),
        ("للمركبات", False),
        ("قصور", False),
        ("تنبيهات", False),
        ("استفسارات", False),
        ("مطارات", False),
        ("تأشيرات", True),
        ("إجازات", True),
    ]
    assert failures(rows, lambda word: nouns_ar.is_feminine_plural(word)) == []


def test_feminine_singular() -> None:
    rows = [("طبليةً", "طبلية"), ("الطبلية", ""), ("جدة", ""), ("طبق", "")]
    assert failures(rows, lambda word: nouns_ar.feminine_singular(word)) == []
