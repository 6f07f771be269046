"""Test what a number looks like, and in which language it is said."""

from __future__ import annotations

from ivr.text.normalize.numbers import numerals
from ivr.text.normalize.patterns import JOIN_MARK
from tests.text.tables import failures


def test_reads_arabic() -> None:
    rows = [
        ("123", "ar", True),
        ("123", "en", False),
        ("وصلت شحنتك مع Aramex Express", "ar", True),
        ("Your parcel is here now", "ar", False),
        ("Your parcel is at حي العليا", "en", False),
        ("وصلت شحنتك اليوم", "en", True),
        ("زوروا www.example.com/some/very/long/path", "ar", True),
    ]
    assert failures(rows, numerals.reads_arabic) == []


def test_number_words() -> None:
    assert numerals.number_words(arabic=True) is numerals.ARABIC_WORDS
    assert numerals.number_words(arabic=False) is numerals.ENGLISH_WORDS


def test_plain_digits() -> None:
    rows = [
        ("١٢٬٣٤٥٫٦٧", "12,345.67"),
        ("۱۲ १२", "12 12"),
        ("12'345", "12,345"),
        ("12،345", "12,345"),
        ("1.234,50 و1.234.567 و1.234", f"1234.50 و{JOIN_MARK}1234567 و{JOIN_MARK}1.234"),
        ("1,00,000 و1,234,567", f"100000 و{JOIN_MARK}1,234,567"),
        ("1.234.567. 1,00,000, 5", "1234567. 100000, 5"),
        ("1,75 م و1,5 hours و1,5 مرة", f"1.75 م و{JOIN_MARK}1.5 hours و{JOIN_MARK}1,5 مرة"),
        ("10 000 ريال", "10000 ريال"),
        ("الدور 10 000", "الدور 10 000"),
        ("€ 1.234 و1.234 € و€12,50", f"€ 1234 و{JOIN_MARK}1234 € و{JOIN_MARK}€12.50"),
        ("بـ50 وبـ 50 و 50 ل5", f"ب{JOIN_MARK}50 وب{JOIN_MARK}50 و{JOIN_MARK}50 ل{JOIN_MARK}5"),
        ("و-20 أو-20", f"و{JOIN_MARK}-20 أو-20"),
        ("الدفع ب 3", f"الدفع ب{JOIN_MARK}3"),
        ("ل 3", f"ل{JOIN_MARK}3"),
        ("المبنى ب 3", "المبنى ب 3"),
        ("رقم5ريال", "رقم 5 ريال"),
        ("و\u20c15 ب$5 و-\u20c15 مليون\u20c1", f"و{JOIN_MARK}\u20c15 ب{JOIN_MARK}$5 و{JOIN_MARK}-\u20c15 مليون \u20c1"),
        ("بـ \u20c149", f"ب{JOIN_MARK}\u20c149"),
        ("EUR 12,5 و1,5", f"EUR 12.5 و{JOIN_MARK}1,5"),
        ("هـ بـ NQL", f"ه ب{JOIN_MARK}NQL"),
    ]
    assert failures(rows, lambda text: numerals.plain_digits(text)) == []


def test_amount_sign_and_value() -> None:
    assert numerals.split_decimal("1,250.75") == ("1250", "75")
    assert numerals.amount("1,250", arabic=False) == "one thousand two hundred fifty"
    assert numerals.amount("2.5", arabic=True) == "اثنين فاصلة خمسة"
    assert [numerals.sign_word(sign, arabic=True) for sign in ("", "+", "-")] == ["", "زائد ", "ناقص "]
    assert [numerals.sign_word(sign, arabic=False) for sign in ("", "+", "−")] == ["", "plus ", "minus "]
    assert [numerals.amount_value(digits) for digits in ("0", "7", "07", "9" * 16)] == [0, 7, None, None]
