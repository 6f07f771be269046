"""Short forms in full."""

from __future__ import annotations

import pytest

from ivr.text.normalize.numbers.numerals import GONE
from ivr.text.normalize.short_forms import say_leads, say_short_forms


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("مع د. أحمد", "مع دكتور أحمد"),
        ("مع د.أحمد", "مع دكتور أحمد"),
        ("ود. منى", "ودكتورة منى"),
        ("لد. منى", "لدكتورة منى"),
        ("أ.د. منى", "أستاذة دكتورة منى"),
        ("د. حمزة", "دكتور حمزة"),
        ("د.م. سعد", "دكتور مهندس سعد"),
        ("م. سعد", "مهندس سعد"),
        ("أ. نورة", "أستاذة نورة"),
        ("فيتامين د.", "فيتامين د."),
        ("ص.ب 55", "صندوق بريد 55"),
        ("توصيل إلخ", "توصيل إلى آخره"),
        ("شركة ذ.م.م. تأسست", f"شركة ذات مسؤولية محدودة{GONE}. تأسست"),
        ("شركة ش.م.م. هل", "شركة محدودة المسؤولية. هل"),
        ("ناقل ش.م.م. هل", "ناقل شركة محدودة المسؤولية. هل"),
        ("مع د/ منى وم/سعد وأ / نورة", "مع دكتورة منى ومهندس سعد وأستاذة نورة"),
        ("5 م/ثانية أو أ/ب", "5 م/ثانية أو أ/ب"),
        ("Dr. Ali", "Doctor Ali"),
        ("Dr. no", "Dr. no"),
        ("Mr. and Mrs. Ali", "Mister and Missus Ali"),
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
    ],
)
def test_short_forms(text: str, said: str) -> None:
    assert say_short_forms(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ت: 011", "تلفون 011"),
        ("ص. 5", "صفحة 5"),
        ("No. 5", "number 5"),
        ("no. I", "no. I"),
        ("ext. 105", "extension 105"),
        ("Tel: 011", "telephone 011"),
    ],
)
def test_leads(text: str, said: str) -> None:
    assert say_leads(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sun.-Thu., 8", "Sunday to Thursday, 8"),
        ("Mon - Friday", "Monday to Friday"),
        ("الأحد - الخميس", "الأحد إلى الخميس"),
        ("incl. tax, min. ten", "including tax, minimum ten"),
        ("2 min. left", "2 min. left"),
        ("أ.أ.أ.", "أ.أ.أ."),
    ],
)
def test_spans_and_shortened_words(text: str, said: str) -> None:
    assert say_short_forms(text) == said
