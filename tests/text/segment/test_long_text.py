"""Test where a text without a stop is cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.call.agent.reply import LONGEST_SAID, Reply
from ivr.text.segment import long_text
from tests.text.tables import failures


def test_clause_end() -> None:
    rows = [
        ("هلا، وصلت الشحنة، تمام", 10, 25, "هلا، وصلت الشحنة،"),
        ("هلا، وصلت", 0, 25, "هلا،"),
        ("السعر 1,250 ريال", 0, 25, ""),
        ("اختر [الأول، الثاني](http://a.b) ثم، نعم", 0, 60, "اختر [الأول، الثاني](http://a.b) ثم،"),
        ("Hello there - you", 0, 30, "Hello there -"),
        ("وصلت،", 0, 30, ""),
        ("ab—cd", 0, 2, ""),
        ("اب، ج", 3, 3, "اب،"),
    ]
    assert failures(rows, lambda text, least, most: text[: long_text.clause_end(text, least, most)]) == []


def test_cut() -> None:
    rows = [
        ("واحد اثنين، ثلاثة أربعة", 5, 20, "واحد اثنين،"),
        ("تجيك الشحنة ويوصلك المندوب بكرة", 5, 28, "تجيك الشحنة "),
        ("تجيك الشحنة خلال اليوم", 5, 18, "تجيك الشحنة خلال "),
        ("المبلغ كان 250 ريال", 5, 19, "المبلغ "),
        ("250 ريال و 300", 1, 10, "250 ريال "),
        ("رقم 050 123 4567 هو", 4, 16, "رقم "),
        ("كلمة " + "ا" * 30, 10, 20, "كلمة "),
        ("ا" * 30, 10, 20, "ا" * 20),
        ("ا" * 19 + "\u064e" * 3 + "ا", 10, 20, "ا" * 19),
        ("\u064e" * 30, 10, 20, "\u064e" * 20),
    ]
    assert failures(rows, lambda text, least, most: text[: long_text.cut(text, least, most)]) == []


def test_split_by_weight() -> None:
    assert long_text.split_by_weight("نعم 123") == ["نعم 123"]
    assert [len(part) for part in long_text.split_by_weight("7" * 300)] == [120, 120, 60]
    assert [len(part) for part in long_text.split_by_weight("%" * 200)] == [85, 85, 30]
    assert [len(part) for part in long_text.split_by_weight("A" * 400)] == [171, 171, 58]
    assert long_text.split_by_weight("") == []


@given(st.text(min_size=30, max_size=60))
def test_cut_is_inside_its_bounds(text: str) -> None:
    assert 0 < long_text.cut(text, 10, 30) <= 30


def test_split_by_weight_of_heavy_characters() -> None:
    for heavy in ("½" * 300, "ﷺ" * 300, "5%" * 150, "A1" * 150, "٣٪" * 150):
        parts = long_text.split_by_weight(heavy)
        assert len(parts) > 1
        assert "".join(parts) == heavy
    assert long_text.split_by_weight("Hello there. " * 20) == ["Hello there. " * 20]


def test_pause_place() -> None:
    rows = [
        ("حياك الله، شحنتك", 5, None, "حياك الله، "),
        ("حياك الله،", 5, None, "حياك الله،"),
        ("السعر 1،", 3, None, ""),
        ("نعم، شحنتك", 12, None, ""),
        ("[الأول، الثاني", 3, None, ""),
        ("شحنتك وصلت أمس إلى ", 12, None, ""),
        ("شحنتك وصلت أمس إلى ", 12, 10, "شحنتك وصلت أمس "),
        ("شحنتك وصلت أمس إ", 12, 10, ""),
        ("شحنتك في الرياض وتطلع", 12, 10, "شحنتك في الرياض "),
        ("شحنتك موجودة عند من ", 12, 15, ""),
        ("من الساعة 9 إلى ", 12, 5, ""),
        ("Your parcel left Riyadh In ", 12, 10, "Your parcel left Riyadh "),
        ("The parcel was green ", 12, 10, ""),
    ]
    assert (
        failures(
            [(*row[:-1], row[-1].rstrip()) for row in rows],
            lambda text, clause, phrase: text[: long_text.pause_place(text, clause, phrase)].rstrip(),
        )
        == []
    )


def test_split_to_fit() -> None:
    def thrice(text: str) -> str:
        return text * 3

    rows = [
        ("نعم، لا", 40, [("نعم، لا", "نعم، لا" * 3)]),
        ("نعم، طيب، لا", 30, [("نعم، ", "نعم، " * 3), ("طيب، لا", "طيب، لا" * 3)]),
        ("نعم، لا", 21, [("نعم، لا", "نعم، لا" * 3)]),
        ("ab", 2, [("a", "aa"), ("b", "bb")]),
    ]
    assert failures(rows, lambda text, most: list(long_text.split_to_fit(text, thrice, most))) == []


_DENSE = st.sampled_from(
    [
        "777.777 د.ك ",
        "7km/h ",
        "7:47 ",
        "٧٧٧٬٧٧٧٫٧٧ ر.س ",
        "27/12/1777 هـ ",
        "AB77Z9",
        "%",
        "ﷺ",
        "①",
        "WWW",
        "7°C ",
        "x@y.com ",
    ]
)


@given(st.lists(_DENSE | st.text(max_size=8), max_size=400), st.sampled_from(["ar", "en"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_reply_makes_no_request_too_long(parts: list[str], language: str, already: bool) -> None:
    reply = Reply(language, speakable_already=already)
    pairs = [pair for part in parts for pair in reply.feed(part, 9000, 0.0)] + reply.finish()
    assert all(0 < len(spoken) <= LONGEST_SAID for _, spoken in pairs)
