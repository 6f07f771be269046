"""Test short forms in full."""

from __future__ import annotations

from ivr.text.normalize.patterns import SILENT_STOP_MARK
from ivr.text.normalize.short_forms import say_number_labels, say_short_forms
from tests.text.tables import failures


def test_short_forms() -> None:
    rows = [
        ("مع د. أحمد", "مع دكتور أحمد"),
        ("مع د.أحمد", "مع دكتور أحمد"),
        ("ود. منى", "ودكتورة منى"),
        ("لد. منى", "لدكتورة منى"),
        ("أ.د. منى", "أستاذة دكتورة منى"),
        ("أ.د/ منى ود.م/سعد", "أستاذة دكتورة منى ودكتور مهندس سعد"),
        ("acct. 5, qty: 3, Qty 2, avg. 1", "account 5, quantity: 3, Quantity 2, average 1"),
        ("د. حمزة", "دكتور حمزة"),
        ("د.م. سعد", "دكتور مهندس سعد"),
        ("م. سعد", "مهندس سعد"),
        ("أ. نورة", "أستاذة نورة"),
        ("فيتامين د.", "فيتامين د."),
        ("ص.ب 55", "صندوق بريد 55"),
        ("توصيل إلخ", "توصيل إلى آخره"),
        ("شركة ذ.م.م. تأسست", f"شركة ذات مسؤولية محدودة{SILENT_STOP_MARK}. تأسست"),
        ("شركة ش.م.م. هل", "شركة محدودة المسؤولية. هل"),
        ("ناقل ش.م.م. هل", "ناقل شركة محدودة المسؤولية. هل"),
        ("مع د/ منى وم/سعد وأ / نورة", "مع دكتورة منى ومهندس سعد وأستاذة نورة"),
        ("5 م/ثانية أو أ/ب", "5 م/ثانية أو أ/ب"),
        ("Dr. Ali", "Doctor Ali"),
        ("Dr. no", "Dr. no"),
        ("Mr. and Mrs. Ali", "Mister and Missus Ali"),
        ("Mr. or Ms. Ali", "Mister or Miss Ali"),
        ("a temp. of 5", "a temperature of 5"),
        ("St. Mary", "Saint Mary"),
        ("King St. is", "King Street is"),
        ("King St. The end", "King Street. The end"),
        ("King St.", "King Street."),
        ("King St", "King Street"),
        ("Apt. 5", "Apartment 5"),
        ("fast, etc. and", "fast, et cetera and"),
        ("fast, etc.", "fast, et cetera."),
        ("e.g. this", "for example, this"),
        ("on Sat. we", "on Saturday we"),
    ]
    assert failures(rows, lambda text: say_short_forms(text)) == []


def test_number_labels() -> None:
    rows = [
        ("ت: 011", "تلفون 011"),
        ("ص. 5", "صفحة 5"),
        ("No. 5", "number 5"),
        ("no. I", "no. I"),
        ("ext. 105", "extension 105"),
        ("Tel: 011", "telephone 011"),
        ("3rd fl.", "3rd floor"),
        ("pp 4, sec 2, 30 sec 5", "pages 4, section 2, 30 sec 5"),
        (
            "pp. 3, fig. 4, Vol. 5, ch. 6, Art. 7, Sec. 8",
            "pages 3, figure 4, volume 5, chapter 6, article 7, section 8",
        ),
    ]
    assert failures(rows, lambda text: say_number_labels(text)) == []


def test_weekday_ranges_and_shortened_words() -> None:
    rows = [
        ("Sun.-Thu., 8", "Sunday to Thursday, 8"),
        ("Mon - Friday", "Monday to Friday"),
        ("الأحد - الخميس", "الأحد إلى الخميس"),
        ("incl. tax, min. ten", "including tax, minimum ten"),
        ("M-F, M–Th, S-Th", "Monday to Friday, Monday to Thursday, Sunday to Thursday"),
        ("Sat/Sun, Mon & Wed, on Tue, Fri at 5", "Saturday/Sunday, Monday & Wednesday, on Tuesday, Friday at 5"),
        ("Sun is a star, moon and Sun, on Sun Street", "Sun is a star, moon and Sun, on Sun Street"),
        ("شامل ض.ق.م خمسة، ق.م.ة", "شامل ضريبة القيمة المضافة خمسة، ق.م.ة"),
        ("2 min. left", "2 min. left"),
        ("أ.أ.أ.", "أ.أ.أ."),
    ]
    assert failures(rows, lambda text: say_short_forms(text)) == []
