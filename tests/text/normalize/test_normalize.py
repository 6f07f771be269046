"""Test the whole way from written text to text that TTS speaks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.text.normalize import normalize as module
from ivr.text.normalize.normalize import SpokenReply, normalize
from ivr.text.segment.punctuation import word_set
from scripts.bench_normalize import FAR_AHEAD, LONGEST
from tests.text.tables import failures


def test_normalize() -> None:
    rows = [
        ("", ""),
        ("... 😊 ؟", ""),
        ("نعم", "نعم"),
        ("نعم\nلا", "نعم. لا"),
        ("نعم،\nلا", "نعم، لا"),
        ("نعم — لا", "نعم، لا"),
        ("نعم...لا", "نعم. لا"),
        ("نعم ؟!", "نعم؟"),
        ("« نعم » .", "نعم."),
        ("أ & ب", "أ وب"),
        ("هو/هي", "هو أو هي"),
        ("a_b", "a b"),
        ("it's 'fine'", "it's fine"),
        ("well-known", "well-known"),
        ("اضغط # ثم *", "اضغط مربع ثم نجمة"),
        ("حساب @naqel", "حساب آت naqel"),
        ("نقل@ناقل", "نقل آت ناقل"),
        ("हिन्दी", "हिन्दी"),
        ("بـ Aramex", "ب Aramex"),
    ]
    assert failures(rows, lambda text: normalize(text)) == []


def test_normalize_in_the_language_of_the_text() -> None:
    assert normalize("5", "ar") == "خمسة"
    assert normalize("5", "en") == "five"
    assert normalize("You have 5 parcels", "ar") == "You have five parcels"
    assert normalize("عندك 5 طرود اليوم", "en") == "عندك خمسة طرود اليوم"


def test_normalize_ends_on_broken_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PASSES", 1)
    assert normalize("5") == "خمسة"


def test_normalize_leaves_no_tag() -> None:
    rows = ["<<b>b>", "&amp;lt;b&amp;gt;", "< break >", "<b", "<say-as x='<b>'>نعم</say-as>"]
    assert [text for text in rows if set("<>/&") & set(normalize(text))] == []


_FRAGMENTS = word_set(
    "شحنتك رقم NQL-123 ، . ؟ ! … « » ( ) [ ] ** * _ ` # > - – 12 ٣٤ 3.5 1,250 12/08/2025 3:30 م ص د. أ.د. م. ر.س "
    "SAR $ % ٪ ريال يوم كجم km 5kg 0501234567 +966501234567 7826459301240 SA0380000000608010167519 www.a.com "
    "i@b.sa http://x.y/z?q=1 <b> </b> <break/> &amp; &lt; ~~ | / = + @ & ~ { } ; : ' Dr. U.S. a.m. p.m. No. etc. "
    "hello و بـ ال ل ـ 1. 2) • ½ ² Ⅷ ① १२ 你好 हिन्दी 1st 3K 24/7 *966# 1️⃣ ﷺ هـ 1446هـ 2025م إلخ [هنا](http://a.b) "
    "\ud83d \ude00 😊 \u200f \u202c St. Rd. ش.م.م. -5"
)
_ANY = st.text() | st.lists(st.sampled_from([*sorted(_FRAGMENTS), " ", " ", "\n"]), max_size=20).map("".join)


@given(_ANY, st.sampled_from(["ar", "en"]))
@settings(max_examples=500, deadline=None)
def test_normalize_twice_is_as_once(text: str, language: str) -> None:
    said = normalize(text, language)
    assert normalize(said, language) == said


@given(_ANY)
@settings(max_examples=500, deadline=None)
def test_normalize_leaves_only_what_can_be_spoken(text: str) -> None:
    said = normalize(text)
    said.encode("utf8")
    assert said == said.strip()
    assert not any(char.isdecimal() for char in said)
    assert not set(said) & set("*_#<>[]{}|~`@%٪$€£&/=+\\\n\t\u202a\u200f")


_WORD = st.text(st.sampled_from("ابتثجحخدرسشصعفقكلمنهوي"), min_size=3, max_size=7)
_MARKS = st.sampled_from(
    [" ", "، ", ". ", "؟ ", " - ", "\n", ": ", " «", "» ", " (", ") ", "! ", " **", "** ", " 😊 ", "… "]
)


@given(st.lists(st.tuples(_WORD, _MARKS), max_size=12))
def test_normalize_loses_no_word(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + mark for word, mark in parts)
    said = re.sub(r"إلى آخره", "الخ", normalize(text))
    assert re.findall(r"\w+", said) == [word.replace("إلخ", "الخ") for word, _ in parts]


def test_normalize_takes_pieces_that_look_far_ahead() -> None:
    """Normalize what makes patterns look far ahead, in the largest size. `scripts/bench_normalize.py` times it."""
    pieces = [unit * (LONGEST // len(unit)) for unit in FAR_AHEAD]
    said = [normalize(piece) for piece in pieces]
    assert [normalize(piece) for piece in said] == said
    assert not any(char.isdecimal() for piece in said for char in piece)


def _in_pieces(pieces: list[str], language: str) -> list[str]:
    spoken, said = SpokenReply(language), list[str]()
    for piece in pieces:
        said.append(spoken.preview(piece))
        spoken.advance()
    return said


def test_pieces_are_said_as_in_the_whole() -> None:
    rows = [
        ("ar", ["أرسلت لك رمز التحقق: ", "4821."], ["أرسلت لك رمز التحقق:", "أربعة ثمانية اثنين واحد."]),
        ("ar", ["الموعد بتاريخ: ", "3/4"], ["الموعد بتاريخ:", "ثلاثة أبريل"]),
        ("ar", ["سعر الشحنة 2 ", "دينار"], ["سعر الشحنة اثنين", "دينار"]),
        ("en", ["due on Dec. 24,", " 2026"], ["due on December twenty-fourth,", "twenty twenty-six"]),
        ("en", ["the code: ", "48", "21"], ["the code:", "forty-eight", "twenty-one"]),
        ("en", ["It is Mon", "day"], ["It is Mon", "day"]),
        ("en", ["the code", "\n4821 items"], ["the code", "four thousand eight hundred twenty-one items"]),
        ("ar", ["الكود هو:\n\n", "**5501**"], ["الكود هو:", "خمسة خمسة صفر واحد"]),
        ("en", ["**Your code:**\n", "4821"], ["Your code:", "four eight two one"]),
        ("en", ["Date:\n", "3/4\n", "Time:\n", "5:30"], ["Date:", "April third.", "Time:", "five thirty"]),
        ("en", ["Your code:\n", "- 3/4 of it"], ["Your code:", "three quarters of it"]),
        ("en", ["You owe 5.", " 4821 is next."], ["You owe five.", "four thousand eight hundred twenty-one is next."]),
        ("en", ["... ", "5", " \ud83d."], ["", "five", ""]),
        ("en", ["Mr. ", "Smith"], ["Mr.", "Smith"]),
    ]
    assert failures([(pieces, language, said) for language, pieces, said in rows], _in_pieces) == []
    assert repr(SpokenReply("en")) == "<SpokenReply en before=0>"


def test_a_piece_that_is_not_advanced_over_is_no_context() -> None:
    spoken = SpokenReply("en")
    spoken.preview("the code: ")
    assert spoken.preview("4821") == "four thousand eight hundred twenty-one"


def test_a_long_sentence_keeps_its_label() -> None:
    """Sentences over 300 characters are cut; what is said is the same."""
    for words in range(50, 64):
        text = "word " * words + "your tracking number is 8890 and so it goes on " + "word " * 20
        assert "is eight eight nine zero and" in normalize(text, "en")
        pieces = [f"{word} " for word in text.split()]
        assert " ".join(filter(None, _in_pieces(pieces, "en"))) == normalize(text, "en")
    digits = _in_pieces(["7" * 100, "7" * 100, " 5"], "en")
    assert all(digits)


def test_items_of_a_list_are_said_alone() -> None:
    assert normalize("Do this now: open the app please 2. Enter it • Done", "en").count(".") <= 1


def test_the_end_of_a_line_makes_no_short_form() -> None:
    rows = [
        ("Dr\nA", "en", "Dr, A"),
        ("Dr\rA", "ar", "Dr, A"),
        ("Dr.\rA", "ar", "Dr, A"),
        ("It is here.\nThank you", "en", "It is here. Thank you"),
        ("vs\nBoth", "en", "versus Both"),
        ("د\nأحمد", "ar", "د, أحمد"),
        ("It is here\nThank you", "en", "It is here. Thank you"),
        ("وصلت\nشكراً", "ar", "وصلت. شكراً"),
    ]
    assert failures(rows, lambda text, language: normalize(text, language)) == []
