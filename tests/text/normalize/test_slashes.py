"""Test slashes between words and behind amounts."""

from __future__ import annotations

from ivr.text.normalize.slashes import say_slashes
from tests.text.tables import failures


def test_slashes_in_arabic() -> None:
    rows = [
        ("السيد/محمد والدكتورة / سارة", "السيد محمد والدكتورة سارة"),
        ("للسيدة/منى، الاسم/ خالد، حي/النسيم", "للسيدة منى، الاسم خالد، حي النسيم"),
        ("العميل/محمد", "العميل محمد"),
        ("السادة/شركة النور، الاسم/اللقب، اسم/خالد", "السادة شركة النور، الاسم/اللقب، اسم خالد"),
        ("المدينة/الحي، شركة/مؤسسة، المدينة/الرياض", "المدينة/الحي، شركة/مؤسسة، المدينة الرياض"),
        ("السيد/السيدة", "السيد/السيدة"),
        ("المندوب/السائق أو المندوب/الناقل", "المندوب/السائق أو المندوب/الناقل"),
        ("الهوية و/أو الجواز", "الهوية و أو الجواز"),
        ("عميل/ة وعزيزي/تي وتفضل/ي ووكيل/ة", "عميل أو عميلة وعزيزي أو عزيزتي وتفضل أو تفضلي ووكيل أو وكيلة"),
        ("والأستاذ/ة", "والأستاذ أو الأستاذة"),
        ("الجوال/0551234567، المبلغ / 50", "الجوال 0551234567، المبلغ 50"),
        ("رقم 4821/أ، 45°/28°", "رقم 4821 أ، 45°، 28°"),
        ("8 لتر/100 كم", "8 لتر لكل 100 كم"),
        ("Mr./Ms.", "Mr. أو Ms."),
        ("الموظفين/ات", "الموظفين أو الموظفات"),
        ("24 ساعة/7 أيام", "على مدار الساعة"),
        ("السعر N/A", "السعر غير متوفر"),
        ("99 ر.س/شهرياً", "99 ر.س شهرياً"),
        ("99 ريال سعودي/شهر", "99 ريال سعودي لكل شهر"),
        ("99 ر.س/شهر", "99 ر.س لكل شهر"),
        ("50 ريال/الليلة و50 ريال/الشهر", "50 ريال لليلة و50 ريال للشهر"),
        ("50 ريال/للشخص", "50 ريال للشخص"),
        ("50 ريال/تذكرة", "50 ريال لكل تذكرة"),
        ("50 كجم/تذكرة", "50 كجم/تذكرة"),
        ("3 أيام/الأسبوع", "3 أيام/الأسبوع"),
        ("110 ملغ/دل", "110 ملغ لكل دل"),
        ("22 كجم/م 2 و5 ريال/م3", "22 كجم لكل متر مربع و5 ريال لكل متر مكعب"),
        ("80 كم/ساعة", "80 كم/ساعة"),
        ("نهار/ليلة", "نهار/ليلة"),
        ("500/- ريال", "500 ريال"),
    ]
    assert failures(rows, lambda text: " ".join(say_slashes(text, arabic=True).split())) == []


def test_slashes_in_english() -> None:
    rows = [
        ("$120/night", "$120 per night"),
        ("SAR 99/month or SAR 99/ticket", "SAR 99 per month or SAR 99 per ticket"),
        ("99 Saudi riyals/monthly", "99 Saudi riyals monthly"),
        ("50 mg/hr", "50 mg per hour"),
        ("a day/night plan", "a day/night plan"),
        ("n/a, w/o tax, c/o Ali", "not available, without tax, care of Ali"),
        ("TCN/A, TBD/N/A", "TCN/A, TBD/not available"),
        ("cash and/or card", "cash and or card"),
        ("cash / or card", "cash or card"),
        ("s/he, (s)he", "he or she, he or she"),
        ("Mr/Ali and Eng / Sara", "Mr. Ali and Eng. Sara"),
        ("Mr/Mrs Ali", "Mr/Mrs Ali"),
        ("Mr./Ms. Ali", "Mr. or Ms. Ali"),
    ]
    assert failures(rows, lambda text: " ".join(say_slashes(text, arabic=False).split())) == []
