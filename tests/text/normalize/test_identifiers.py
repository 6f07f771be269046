"""Test numbers that name something."""

from __future__ import annotations

from ivr.text.normalize.identifiers import say_codes, say_identifiers
from ivr.text.normalize.patterns import MASK_MARK
from tests.text.tables import failures


def test_identifiers_in_english() -> None:
    rows = [
        ("0501234567", "zero five zero, one two three, four five six seven"),
        ("050 123 4567", "zero five zero, one two three, four five six seven"),
        ("+966501234567", "plus nine six six, five zero, one two three, four five six seven"),
        ("+966 (0)50 123 4567", "plus nine six six, five zero, one two three, four five six seven"),
        ("00966112345678", "zero zero nine six six, one one, two three four, five six seven eight"),
        ("966501234567", "nine six six, five zero, one two three, four five six seven"),
        ("+442079460018", "plus four four two zero, seven nine four six, zero zero one eight"),
        ("+97112345678", "plus nine seven one, one two three, four five six, seven eight"),
        ("+1 (415) 555-2671", "plus one, four one five, five five five, two six seven one"),
        ("+971 501234567", "plus nine seven one, five zero, one two three, four five six seven"),
        ("(011) 234-5678", "zero one one, two three four, five six seven eight"),
        ("920012345", "nine two zero zero, one two three four five"),
        ("8001234567", "eight zero zero, one two three, four five six seven"),
        (
            "SA03 8000 0000 6080 1016 7519",
            "S A, zero three, eight zero zero zero, zero zero zero zero, six zero eight zero, one zero one six, "
            "seven five one nine",
        ),
        (
            "GB29NWBK60161331926819",
            "G B, two nine, N W B K, six zero one six, one three three one, nine two six eight, one nine",
        ),
        ("4111-1111-1111-1111", "four one one one, one one one one, one one one one, one one one one"),
        (f"{MASK_MARK}4821", "four eight two one"),
        (f"4111 {MASK_MARK}1111", "four one one one, one one one one"),
        (f"055{MASK_MARK}567", "zero five five, five six seven"),
        ("NQL 7826459301", "N Q L, seven eight two, six four five, nine three zero one"),
        ("RHMA 3184", "R H M A, three one eight four"),
        ("*966#", "star nine six six hash"),
        ("#21#", "hash two one hash"),
        ("1*", "one star"),
        ("#45", "#45"),
    ]
    assert failures(rows, lambda text: say_identifiers(text, arabic=False)) == []


def test_codes_in_english() -> None:
    rows = [
        ("NQL-123", "N Q L, one two three"),
        ("NQL-12345", "N Q L, one two three, four five"),
        ("NQL-7826459301240", "N Q L, seven eight two, six four five, nine three zero, one two four zero"),
        ("TRX-99812-AB", "T R X, nine nine eight, one two, A B"),
        ("A-12", "A twelve"),
        ("5G", "five G"),
        ("Covid-19", "Covid nineteen"),
        ("SAVE20", "SAVE twenty"),
        ("B2B", "B two B"),
        ("A1B22", "A one B two two"),
        ("5f3e-88c1", "five F three E eight eight C one"),
        ("HbA1c", "H B A one C"),
        ("text STOP to 7070.", "text STOP to seven zero seven zero."),
        ("send it to 3000 of us", "send it to 3000 of us"),
        ("code 123", "code one two three"),
        ("number 305", "number 305"),
        ("shipment ending in 541", "shipment ending in five four one"),
        ("order number is 8890", "order number is eight eight nine zero"),
        ("the code is: 482173", "the code is: four eight two, one seven three"),
        ("code 5000%", "code 5000%"),
        ("#45", "number 45"),
        ("ticket no. #45", "ticket no. 45"),
        ("number of this is #45", "number of this is 45"),
        ("7826459301240", "seven eight two, six four five, nine three zero, one two four zero"),
        ("608010167519", "six zero eight zero, one zero one six, seven five one nine"),
        ("12345", "one two three, four five"),
        ("15000", "15000"),
        ("15500", "15500"),
        ("1234500", "one two three, four five zero zero"),
        ("3000000", "3000000"),
        ("911", "nine one one"),
        ("007", "zero zero seven"),
        ("ATM", "ATM"),
    ]
    assert failures(rows, lambda text: say_codes(text, arabic=False)) == []


def test_codes_in_arabic() -> None:
    rows = [
        ("رمز التحقق 4821", "رمز التحقق أربعة ثمانية اثنين واحد"),
        ("شحنتك هي 8890", "شحنتك هي ثمانية ثمانية تسعة صفر"),
        ("وبرقم 4821 والمبنى 7421", "وبرقم أربعة ثمانية اثنين واحد والمبنى سبعة أربعة اثنين واحد"),
        ("شحنتك وصلت 8890", "شحنتك وصلت 8890"),
        ("اخر ارقامها 541", "اخر ارقامها خمسة أربعة واحد"),
        ("رسالة SMS من ATM", "رسالة إس إم إس من إيه تي إم"),
        ("#45", "رقم 45"),
        ("رقم #45", "رقم 45"),
        ("الرمز #45", "الرمز 45"),
    ]
    assert failures(rows, lambda text: say_codes(text, arabic=True)) == []


def test_identifiers_in_arabic() -> None:
    assert say_identifiers("*966#", arabic=True) == "نجمة تسعة ستة ستة مربع"
    assert say_identifiers("+966501234567", arabic=True).startswith("زائد تسعة ستة ستة، خمسة صفر، ")


def test_plates_and_codes_in_arabic() -> None:
    rows = [
        ("السيارة أ ب ج 1234", "السيارة أ ب ج واحد اثنين ثلاثة أربعة"),
        ("4:00 م و 5", "4:00 م و 5"),
        ("7012 ح ر ق", "سبعة صفر واحد اثنين ح ر ق"),
        (f"05{MASK_MARK} غير", "صفر خمسة غير"),
        ("والرمز البريدي 12345-6789", "والرمز البريدي واحد اثنين ثلاثة أربعة خمسة، ستة سبعة ثمانية تسعة"),
        ("رمز التحقق 739-204.", "رمز التحقق سبعة ثلاثة تسعة، اثنين صفر أربعة."),
        ("SAR 320", "SAR 320"),
        (f"{MASK_MARK}4421", "أربعة أربعة اثنين واحد"),
        ("x" * 300, "x" * 300),
    ]
    assert failures(rows, lambda text: say_identifiers(text, arabic=True)) == []


def test_codes_with_the_number_of_a_street() -> None:
    assert say_codes("at 8118 King Fahd Road", arabic=False) == "at eight one one eight King Fahd Road"


def test_codes_of_two_capitals() -> None:
    assert say_codes("عنوان IP والأمر OK", arabic=True) == "عنوان آي بي والأمر OK"
