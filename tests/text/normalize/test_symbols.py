"""Test symbols that stand for a word."""

from __future__ import annotations

from ivr.text.normalize.symbols import say_symbols
from tests.text.tables import failures


def test_symbols_in_arabic() -> None:
    rows = [
        ("السعر ~120 ريال ±5%", "السعر حوالي 120 ريال زائد أو ناقص 5%"),
        ("العمر ≥ 18", "العمر أكبر من أو يساوي 18"),
        ("الوزن ≤5 كجم", "الوزن أقل من أو يساوي 5 كجم"),
        ("1 دولار = 3.75 ريال", "1 دولار يساوي 3.75 ريال"),
        ("150 - 30 = 120", "150 ناقص 30 يساوي 120"),
        ("50 ر.س. + الضريبة", "50 ر.س. زائد الضريبة"),
        ("15% + 5%", "15% زائد 5%"),
        ("229 ريال × 24 شهر", "229 ريال في 24 شهر"),
        ("40 × 30 × 20 سم", "40×30×20 سم"),
        ("التقييم 4.8/5", "التقييم 4.8 من 5"),
        ("التاريخ 4.8/50", "التاريخ 4.8/50"),
        ("انتهت المباراة 3-1", "انتهت المباراة 3 مقابل 1"),
        ("الإصدار v2.1", "الإصدار 2.1"),
        ("فصيلة الدم O+ أو AB-", "فصيلة الدم أو موجب أو إيه بي سالب"),
        ("درجة A+", "درجة A زائد"),
        ("= =", "= ="),
        ("١ × برجر", "١ برجر"),
        ("بطاقتك *4432 و *966# وحساب x4432 و x4432", "بطاقتك 4432 و *966# وحساب 4432 و x4432"),
        ("خصم ٪20", "خصم 20%"),
        ("20٪ 30٪", "20٪ 30٪"),
        ("الخيار (أ) / الخيار", "الخيار (أ، الخيار"),
        ("50٪+10٪", "50٪ زائد 10٪"),
        ("غدا @ 3:15م، قهوة @ 9 ريال", "غدا الساعة 3:15م، قهوة بسعر 9 ريال"),
        ("عدد (3) شحنات", "عدد 3 شحنات"),
        ("وزن 70 كغم / طول", "وزن 70 كغم، طول"),
        ("1000+ عميل و +1,000 عميل و +5 عميل", "أكثر من 1000 عميل و أكثر من 1,000 عميل و +5 عميل"),
        ("5 مل x 3", "5 مل في 3"),
        ('شاشة 55"', "شاشة 55 بوصة"),
        ("للطلبات > 200 و (< 5)", "للطلبات أكثر من 200 و (أقل من 5)"),
        ("الإعدادات > الحساب → الأمان", "الإعدادات، الحساب، الأمان"),
    ]
    assert failures(rows, lambda text: say_symbols(text, arabic=True)) == []


def test_symbols_in_english() -> None:
    rows = [
        ("v2.1.0 and version v3.0, v2", "version 2.1.0 and version 3.0, v2"),
        ("$1.5M-$2M, 70%-50%, 5kg – 8kg, 12A-34A", "$1.5M to $2M, 70% to 50%, 5kg to 8kg, 12A-34A"),
        ("A-1029 (2 of 3) and (3 kg) 5", "A-1029, 2 of 3) and (3 kg, 5"),
        ("< 5 or >= 10 or <= $5 or x != y", "less than 5 or at least 10 or at most $5 or x is not y"),
        ("10 ÷ 2", "10 divided by 2"),
        ('5\'10" and 32"x34" and a 55" TV, "in 55"', '5 feet 10 inches and 32x34 inches and a 55-inch TV, "in 55"'),
        ("UTC-5, GMT+3, Ctrl+C", "UTC minus 5, GMT plus 3, Ctrl plus C"),
        ("parcel(s), box(es)", "parcels, boxes"),
        ("\u20c15-\u20c110", "\u20c15 to \u20c110"),
        ("about 5 min of A/B", "about 5 min of A/B"),
        ("Tracking #: 12", "Tracking number: 12"),
        ("for 10s, in the 10s", "for 10 sec, in the 10s"),
        ("blood type AB-", "blood type A B negative"),
        ("a donor with B+", "a donor with B positive"),
        ("Disney+", "Disney plus"),
        ("3 × a day", "3 times a day"),
        ("1 x chicken burger", "1 chicken burger"),
        ("1h 45m, 3 m", "1 h 45 min, 3 m"),
        ("Xy#p", "Xy hash p"),
        ("$5-$10", "$5 to $10"),
        ("Items: 2x latte @ $4 ea., 1x bagel", "Items: 2 latte at $4 each, 1 bagel"),
        ("~$5", "about $5"),
        ("10k users, 2x faster", "10 thousand users, 2 times faster"),
    ]
    assert failures(rows, lambda text: say_symbols(text, arabic=False)) == []
