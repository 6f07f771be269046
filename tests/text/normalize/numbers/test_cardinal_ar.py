"""Test Arabic number words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.normalize.numbers import cardinal_ar
from ivr.text.normalize.numbers.cardinal_ar import Noun, cardinal, counted, counted_as_written, lower_end
from tests.text.tables import failures

DAY = Noun("يوم", "يومين", "أيام")
PARCEL = Noun("شحنة", "شحنتين", "شحنات", feminine=True)
DINAR = Noun("دينار", "دينارين", "دنانير", adjective="كويتي")


def test_cardinal() -> None:
    rows = [
        (0, "صفر", "صفر"),
        (1, "واحد", "واحدة"),
        (2, "اثنين", "اثنتين"),
        (3, "ثلاثة", "ثلاث"),
        (8, "ثمانية", "ثماني"),
        (10, "عشرة", "عشر"),
        (11, "أحد عشر", "إحدى عشرة"),
        (12, "اثني عشر", "اثنتي عشرة"),
        (19, "تسعة عشر", "تسع عشرة"),
        (20, "عشرين", "عشرين"),
        (21, "واحد وعشرين", "واحدة وعشرين"),
        (99, "تسعة وتسعين", "تسع وتسعين"),
        (100, "مئة", "مئة"),
        (105, "مئة وخمسة", "مئة وخمس"),
        (213, "مئتين وثلاثة عشر", "مئتين وثلاث عشرة"),
        (1000, "ألف", "ألف"),
        (2025, "ألفين وخمسة وعشرين", "ألفين وخمس وعشرين"),
        (3000, "ثلاثة آلاف", "ثلاثة آلاف"),
        (11000, "أحد عشر ألف", "أحد عشر ألف"),
        (103000, "مئة وثلاثة آلاف", "مئة وثلاثة آلاف"),
        (2000001, "مليونين وواحد", "مليونين وواحدة"),
        (5 * 10**9, "خمسة مليارات", "خمسة مليارات"),
        (10**12, "تريليون", "تريليون"),
    ]
    assert failures([row[:2] for row in rows], cardinal) == []
    assert failures([row[::2] for row in rows], lambda number: cardinal(number, feminine=True)) == []


def test_counted() -> None:
    rows = [
        (0, DAY, "صفر يوم"),
        (1, DAY, "يوم واحد"),
        (1, PARCEL, "شحنة واحدة"),
        (2, DAY, "يومين"),
        (3, DAY, "ثلاثة أيام"),
        (3, PARCEL, "ثلاث شحنات"),
        (10, PARCEL, "عشر شحنات"),
        (11, PARCEL, "إحدى عشرة شحنة"),
        (100, DAY, "مئة يوم"),
        (104, PARCEL, "مئة وأربع شحنات"),
        (1, DINAR, "دينار كويتي واحد"),
        (2, DINAR, "دينارين كويتيين"),
        (5, DINAR, "خمسة دنانير كويتية"),
        (50, DINAR, "خمسين دينار كويتي"),
    ]
    assert failures(rows, lambda number, noun: counted(number, noun)) == []


def test_digits_whole_decimal_and_spell() -> None:
    assert cardinal_ar.digits("050") == "صفر خمسة صفر"
    assert cardinal_ar.whole("12") == "اثني عشر"
    assert cardinal_ar.whole("012") == "صفر واحد اثنين"
    assert cardinal_ar.whole("1" * 16) == " ".join(["واحد"] * 16)
    assert cardinal_ar.decimal("2", "5") == "اثنين فاصلة خمسة"
    assert cardinal_ar.decimal("2", "05") == "اثنين فاصلة صفر خمسة"
    assert cardinal_ar.decimal("2", "0") == "اثنين فاصلة صفر"
    assert cardinal_ar.decimal("2", "125") == "اثنين فاصلة واحد اثنين خمسة"
    assert cardinal_ar.spell("NqL-") == "إن كيو إل -"


@given(st.integers(0, cardinal_ar.LARGEST - 1), st.integers(0, cardinal_ar.LARGEST - 1))
def test_cardinal_differs_for_different_numbers(one: int, other: int) -> None:
    assert (cardinal(one) == cardinal(other)) is (one == other)


def test_ordinal() -> None:
    rows = [
        (1, "الأول", "الأولى"),
        (2, "الثاني", "الثانية"),
        (10, "العاشر", "العاشرة"),
        (11, "الحادي عشر", "الحادية عشرة"),
        (13, "الثالث عشر", "الثالثة عشرة"),
        (20, "العشرين", "العشرين"),
        (21, "الحادي والعشرين", "الحادية والعشرين"),
        (95, "الخامس والتسعين", "الخامسة والتسعين"),
    ]
    assert failures([row[:2] for row in rows], cardinal_ar.ordinal) == []
    assert failures([row[::2] for row in rows], lambda number: cardinal_ar.ordinal(number, feminine=True)) == []


def test_counted_keeps_a_written_ending() -> None:
    rows = [
        (15, DAY, "يوماً", "خمسة عشر يوماً"),
        (99, DAY, "يومًا", "تسعة وتسعين يوماً"),
        (111, DAY, "يوماً", "مئة وأحد عشر يوماً"),
        (10, DINAR, "ديناراً", "عشرة دنانير كويتية"),
        (22, DINAR, "ديناراً", "اثنين وعشرين ديناراً كويتياً"),
        (15, DAY, "يوم", "خمسة عشر يوم"),
        (100, DAY, "يوماً", "مئة يوم"),
        (5, DAY, "يوماً", "خمسة أيام"),
        (2, DAY, "يوماً", "يومين"),
    ]
    assert failures(rows, lambda number, noun, word: counted_as_written(number, noun, word)) == []


def test_lower_end_of_a_range() -> None:
    rows = [
        ("1", DAY, "يوم"),
        ("2", PARCEL, "شحنتين"),
        ("3", PARCEL, "ثلاث"),
        ("15", DAY, "خمسة عشر"),
        ("2", Noun("متر مربع", "مترين مربعين", "أمتار مربعة"), "اثنين"),
    ]
    assert failures(rows, lambda figures, noun: lower_end(figures, noun)) == []
