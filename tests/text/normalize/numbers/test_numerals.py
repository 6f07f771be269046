"""What a number looks like, and whose words it takes."""

from __future__ import annotations

import pytest

from ivr.text.normalize.numbers import cardinal_ar, cardinal_en, numerals


@pytest.mark.parametrize(
    ("text", "language", "arabic"),
    [
        ("123", "ar", True),
        ("123", "en", False),
        ("وصلت شحنتك مع Aramex Express", "ar", True),
        ("Your parcel is here now", "ar", False),
        ("Your parcel is at حي العليا", "en", False),
        ("وصلت شحنتك اليوم", "en", True),
        ("زوروا www.example.com/some/very/long/path", "ar", True),
    ],
)
def test_reads_arabic(text: str, language: str, arabic: bool) -> None:
    assert numerals.reads_arabic(text, language) is arabic
    assert numerals.tongue(arabic) is (cardinal_ar if arabic else cardinal_en)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("١٢٬٣٤٥٫٦٧", "12,345.67"),
        ("۱۲ १२", "12 12"),
        ("12'345", "12,345"),
        ("12،345", "12,345"),
        ("بـ50 وبـ 50 و 50 ل5", f"ب{numerals.JOIN}50 وب{numerals.JOIN}50 و{numerals.JOIN}50 ل{numerals.JOIN}5"),
        ("و-20 أو-20", f"و{numerals.JOIN}-20 أو-20"),
        ("الدفع ب 3", f"الدفع ب{numerals.JOIN}3"),
        ("ل 3", f"ل{numerals.JOIN}3"),
        ("المبنى ب 3", "المبنى ب 3"),
        ("رقم5ريال", "رقم 5 ريال"),
        ("هـ بـ NQL", f"ه ب{numerals.JOIN}NQL"),
    ],
)
def test_plain_digits(text: str, plain: str) -> None:
    assert numerals.plain_digits(text) == plain


def test_amounts() -> None:
    assert numerals.parted("1,250.75") == ("1250", "75")
    assert numerals.amount("1,250", arabic=False) == "one thousand two hundred fifty"
    assert numerals.amount("2.5", arabic=True) == "اثنين فاصلة خمسة"
    assert [numerals.signed(sign, arabic=True) for sign in ("", "+", "-")] == ["", "زائد ", "ناقص "]
    assert [numerals.signed(sign, arabic=False) for sign in ("", "+", "−")] == ["", "plus ", "minus "]
    assert [numerals.exact(digits) for digits in ("0", "7", "07", "9" * 16)] == [0, 7, None, None]
