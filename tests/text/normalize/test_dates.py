"""Test dates with month names."""

from __future__ import annotations

from ivr.text.normalize.dates import say_dates
from tests.text.tables import failures


def test_dates_in_arabic() -> None:
    rows = [
        ("12/08/2025", "اثني عشر أغسطس ألفين وخمسة وعشرين"),
        ("1-2-2025", "واحد فبراير ألفين وخمسة وعشرين"),
        ("08.12.25", "ثمانية ديسمبر ألفين وخمسة وعشرين"),
        ("12/25/2025", "خمسة وعشرين ديسمبر ألفين وخمسة وعشرين"),
        ("2025-03-15", "خمسة عشر مارس ألفين وخمسة وعشرين"),
        ("15/9/1446 هـ", "خمسة عشر رمضان ألف وأربعمئة وستة وأربعين هجري"),
        ("2025-03-15 م", "خمسة عشر مارس ألفين وخمسة وعشرين ميلادي"),
        ("1/1/2025 AD", "واحد يناير ألفين وخمسة وعشرين ميلادي"),
        ("يوم 12/8", "يوم اثني عشر أغسطس"),
        ("حتى 31/12", "حتى واحد وثلاثين ديسمبر"),
        ("من 1/2 الكمية", "من 1/2 الكمية"),
        ("من 3/4 الكمية", "من 3/4 الكمية"),
        ("من 3/5 الكمية", "من ثلاثة مايو الكمية"),
        ("يوم 40/50", "يوم 40/50"),
        ("40/50/2025", "40/50/2025"),
        ("2025/40/50", "2025/40/50"),
        ("1445هـ", "ألف وأربعمئة وخمسة وأربعين هجري"),
        ("1994 م", "ألف وتسعمئة وأربعة وتسعين ميلادي"),
        ("192.168.1.1", "192.168.1.1"),
        ("in 2025", "in 2025"),
        ("حتى 12/2026", "حتى ديسمبر ألفين وستة وعشرين"),
        ("3/2/1446", "ثلاثة من صفر ألف وأربعمئة وستة وأربعين"),
        ("09/1446", "رمضان ألف وأربعمئة وستة وأربعين"),
        ("العقد رقم 12/2026", "العقد رقم 12/2026"),
        ("تنتهي صلاحية البطاقة في 08/27", "تنتهي صلاحية البطاقة في أغسطس ألفين وسبعة وعشرين"),
        ("الباقي 08/27", "الباقي 08/27"),
        ("في ديسمبر 2027", "في ديسمبر ألفين وسبعة وعشرين"),
        ("لعام 2024", "لعام ألفين وأربعة وعشرين"),
        ("يوم 4/15", "يوم 4/15"),
        ("الجمعة 4-11 م", "الجمعة 4-11 م"),
        ("موعد 2-3 أيام", "موعد 2-3 أيام"),
        ("3/12 الساعة 5", "ثلاثة ديسمبر الساعة 5"),
        ("موعدك 5/12، تستحق في 1/4", "موعدك خمسة ديسمبر، تستحق في واحد أبريل"),
        ("في 15/12 وفي 1/4", "في خمسة عشر ديسمبر وفي 1/4"),
        ("2025-12-01T14:30", "واحد ديسمبر ألفين وخمسة وعشرين الساعة 2:30 م"),
        ("2025-12-01T00:15:00.000Z", "واحد ديسمبر ألفين وخمسة وعشرين الساعة 12:15 ص بتوقيت غرينتش"),
        ("20251201T143000Z", "واحد ديسمبر ألفين وخمسة وعشرين الساعة 2:30 م بتوقيت غرينتش"),
        ("2025-12-01 00:00:00", "واحد ديسمبر ألفين وخمسة وعشرين"),
        ("5 ديسمبر - 8 يناير", "5 ديسمبر إلى 8 يناير"),
        ("الفترة 5/12 - 8/12", "الفترة من خمسة ديسمبر إلى ثمانية ديسمبر"),
        ("من 5/12–8/12", "من خمسة ديسمبر إلى ثمانية ديسمبر"),
        ("1/2-3/4 كوب", "1/2-3/4 كوب"),
        (
            "2025-12-01/2025-12-05",
            "واحد ديسمبر ألفين وخمسة وعشرين إلى خمسة ديسمبر ألفين وخمسة وعشرين",
        ),
    ]
    assert failures(rows, lambda text: say_dates(text, arabic=True)) == []


def test_dates_in_english() -> None:
    rows = [
        ("12/08/2025", "August twelfth, twenty twenty-five"),
        ("15/9/1446 AH", "Ramadan fifteenth, fourteen forty-six Hijri"),
        ("on 5/3", "on March fifth"),
        ("22 November 2026", "November twenty-second, twenty twenty-six"),
        ("3rd of May", "third of May"),
        ("Jan. 5, 2026", "January fifth, twenty twenty-six"),
        ("Sept 30", "September thirtieth"),
        ("Jan 45", "January forty-five"),
        ("Dec. 24–26, 2025", "December twenty-fourth to twenty-sixth, twenty twenty-five"),
        ("24th-26th Dec", "December twenty-fourth to twenty-sixth"),
        ("Dec 24 - Jan 2", "December twenty-fourth to January second"),
        ("Jan–Mar", "January to March"),
        ("in Dec.", "in December."),
        ("Nov. and Dec. or", "November and Dec. or"),
        ("late Sept. or so", "late September or so"),
        ("in Mar del Plata", "in Mar del Plata"),
        ("2025-12-01T14:30:00+03:00", "December first, twenty twenty-five at 2:30 PM"),
        ("1/12/2025 – 5/12/2025", "December first, twenty twenty-five to December fifth, twenty twenty-five"),
        ("In 1994", "In nineteen ninety-four"),
        ("March 2025", "March twenty twenty-five"),
        ("in 2025.5", "in 2025.5"),
        ("due 4/15", "due April fifteenth"),
        ("Exp. 05/27, expect 05/27", "Exp. May twenty twenty-seven, expect 05/27"),
        ("due 5/13", "due May thirteenth"),
        ("12/1 at 6:05", "January twelfth at 6:05"),
        ("until 12/25", "until December twenty-fifth"),
        ("valid through 01/28", "valid through January twenty twenty-eight"),
        ("expires 12/2027", "expires December twenty twenty-seven"),
    ]
    assert failures(rows, lambda text: say_dates(text, arabic=False)) == []


def test_decades_and_spaced_dates_in_english() -> None:
    rows = [
        (
            "the 1990s, the 2000s, the '90s, 2010s",
            "the nineteen nineties, the two thousands, the nineties, twenty tens",
        ),
        ("in Q3 2026", "in Q3 twenty twenty-six"),
        ("5 - 6 - 2026", "June fifth, twenty twenty-six"),
    ]
    assert failures(rows, lambda text: say_dates(text, arabic=False)) == []


def test_ranges_of_years() -> None:
    assert say_dates("1447 - 1448 هـ", arabic=True) == "1447 إلى ألف وأربعمئة وثمانية وأربعين هجري"
