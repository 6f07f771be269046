"""Test that what is for the eye only goes."""

from __future__ import annotations

from ivr.text.normalize.markup import strip_markup, strip_tags
from ivr.text.normalize.patterns import MASK_MARK
from tests.text.tables import failures


def test_strip_markup() -> None:
    rows = [
        ("**مهم** و*مهم* و__مهم__ و_مهم_", "مهم ومهم ومهم ومهم"),
        ("snake_case a*b", "snake_case a*b"),
        ("`NQL`", "NQL"),
        ("```python\nx\n```", "x"),
        ("# عنوان", "عنوان"),
        ("> قول", "قول"),
        ("- بند", "بند"),
        ("• بند", "بند"),
        ("-5", "-5"),
        (
            "**** 4821، xx-xx 4421، •••• 9921، 4111 **** **** 1111",
            f"{MASK_MARK}4821، {MASK_MARK}4421، {MASK_MARK}9921، 4111 {MASK_MARK}1111",
        ),
        ("055****567، 4111 11** **** 1111", f"055{MASK_MARK}567، 4111 11{MASK_MARK}1111"),
        ("(***) ***-9981، (XXX) XXX-9981", f"({MASK_MARK}9981، ({MASK_MARK}9981"),
        ("فيزا ...4432 …4432 ريال ...2025 ...4500%", f"فيزا {MASK_MARK}4432 …4432 ريال ...2025 ...4500%"),
        ("**الإجمالي:** 250 و**السعر** **50** و**5**", "الإجمالي: 250 والسعر 50 و5"),
        ("* **250 ريال**", "250 ريال"),
        ("الإعدادات ← الشبكة ➡️ واي فاي -> تم", "الإعدادات، الشبكة، واي فاي، تم"),
        ("1XXXXXXXX9", f"1{MASK_MARK}9"),
        ("05XXXXXXXX و***250***", f"05{MASK_MARK} و250"),
        ("الرياض <= جدة و<= 5", "الرياض، جدة و<= 5"),
        ("من 5 → 10", "من 5 إلى 10"),
        ("5 -> 10", "5 to 10"),
        ("→ نعم →", "نعم"),
        ("\u20c150 \u0378", "\u20c150"),
        (r"5\% \*لا\*", "5% لا"),
        ("1. بند", "1، بند"),
        ("2) item", "2, item"),
        ("الخطوات: 1. بند", "الخطوات: 1، بند"),
        ("[صفحة](http://a.b/c)", "[صفحة]"),
        ('![صورة](http://a.b "x")', "صورة"),
        ("[نص][1]", "نص"),
        ("~~قديم~~ جديد", "جديد"),
        ("| أ | ب |\n|---|---|", "أ، ب"),
        ("a | b", "a, b"),
        ("---", ""),
        ("وصلت.[1][2] تمام [3]", "وصلت. تمام [3]"),
        ("<speak>نعم<break time='1s'/> لا</speak>", "نعم لا"),
        ("<!-- x -->نعم", "نعم"),
        ("<?xml version='1.0'?>نعم", "نعم"),
        ("<info@a.com>", "info@a.com"),
        ("5 < 6", "5 < 6"),
        ("&lt;b&gt;نعم&lt;/b&gt; &amp; لا", "نعم & لا"),
        ("نعم 😊👍🏽", "نعم"),
        ("1️⃣ نعم", "1، نعم"),
        ("\u202bنعم\u202c\u200f", "نعم"),
        ("½ م² ⓻ Ａ ﷲ", "1/2 م2 7 A الله"),
        ("3½", "3 1/2"),
        ("➆", "7"),
        ("نعم\ud83d", "نعم"),
        ("\ud83d\ude42 نعم", "نعم"),
        ("أ\x00ب\u2028ج", "أ ب\nج"),
        ("شَحْنَة", "شَحْنَة"),
    ]
    assert (
        failures(
            rows, lambda text: "\n".join(" ".join(line.split()) for line in strip_markup(text).strip().split("\n"))
        )
        == []
    )


def test_strip_tags() -> None:
    rows = [
        ("<speak>نعم<break time='1s'/> لا</speak>", "نعم لا"),
        ("<<b>b>نعم 5 ريال", "b نعم 5 ريال"),
        ("نعم <break", "نعم break"),
        ("**نعم** 5", "**نعم** 5"),
    ]
    assert failures(rows, lambda text: strip_tags(text)) == []


def test_strip_markup_of_a_list_in_one_sentence() -> None:
    rows = [
        ("خياران: (1) أ، (2) ب", "خياران: 1، أ، 2، ب"),
        ("pick (1) a, (2) b", "pick 1, a, 2, b"),
        ("take (3) days", "take (3) days"),
    ]
    assert failures(rows, lambda text: " ".join(strip_markup(text).split())) == []
