"""What a number looks like, and whose words it takes."""

from __future__ import annotations

import pytest

from ivr.text import figures, numbers_ar, numbers_en


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
    assert figures.reads_arabic(text, language) is arabic
    assert figures.tongue(arabic) is (numbers_ar if arabic else numbers_en)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("١٢٬٣٤٥٫٦٧", "12,345.67"),
        ("۱۲ १२", "12 12"),
        ("12'345", "12,345"),
        ("12،345", "12,345"),
        ("بـ50 وبـ 50 و 50 ل5", f"ب{figures.JOIN}50 وب{figures.JOIN}50 و{figures.JOIN}50 ل{figures.JOIN}5"),
        ("و-20 أو-20", f"و{figures.JOIN}-20 أو-20"),
        ("الدفع ب 3", f"الدفع ب{figures.JOIN}3"),
        ("ل 3", f"ل{figures.JOIN}3"),
        ("المبنى ب 3", "المبنى ب 3"),
        ("رقم5ريال", "رقم 5 ريال"),
        ("هـ بـ NQL", f"ه ب{figures.JOIN}NQL"),
    ],
)
def test_plain_digits(text: str, plain: str) -> None:
    assert figures.plain_digits(text) == plain


def test_amounts() -> None:
    assert figures.parted("1,250.75") == ("1250", "75")
    assert figures.amount("1,250", arabic=False) == "one thousand two hundred fifty"
    assert figures.amount("2.5", arabic=True) == "اثنين فاصلة خمسة"
    assert [figures.signed(sign, arabic=True) for sign in ("", "+", "-")] == ["", "زائد ", "ناقص "]
    assert [figures.signed(sign, arabic=False) for sign in ("", "+", "−")] == ["", "plus ", "minus "]
    assert [figures.exact(digits) for digits in ("0", "7", "07", "9" * 16)] == [0, 7, None, None]
