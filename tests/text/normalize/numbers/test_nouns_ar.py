"""Nouns that are counted."""

from __future__ import annotations

import pytest

from ivr.text.normalize.numbers import nouns_ar


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("يوماً", "يوم"),
        ("يوما", "يوم"),
        ("ايام", "يوم"),
        ("شحنتين", "شحنة"),
        ("سنين", "سنة"),
        ("شهور", "شهر"),
        ("قمر", None),
    ],
)
def test_noun(word: str, one: str | None) -> None:
    found = nouns_ar.noun(word)
    assert (found.one if found else None) == one


@pytest.mark.parametrize(("word", "plural"), [("مكاتب", True), ("مكتب", False), ("", False), ("قمر", False)])
def test_plural(word: str, plural: bool) -> None:
    assert nouns_ar.plural(word) is plural


def test_every_noun_knows_its_forms() -> None:
    for word in ("ساعة", "طلب", "فاتورة", "موعد"):
        found = nouns_ar.noun(word)
        assert found is not None
        assert {nouns_ar.noun(form) for form in (found.one, found.two, found.few)} == {found}


@pytest.mark.parametrize(
    ("word", "feminine"),
    [
        ("مركبات", True),
        ("بنات", False),
        ("للمركبات", False),
        ("قصور", False),
        ("تنبيهات", False),
        ("استفسارات", False),
        ("مطارات", False),
        ("تأشيرات", True),
        ("إجازات", True),
    ],
)
def test_feminine(word: str, feminine: bool) -> None:
    assert nouns_ar.feminine(word) is feminine


@pytest.mark.parametrize(("word", "one"), [("طبليةً", "طبلية"), ("الطبلية", ""), ("جدة", ""), ("طبق", "")])
def test_one_of_hers(word: str, one: str) -> None:
    assert nouns_ar.one_of_hers(word) == one
