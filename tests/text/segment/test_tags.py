"""Test that tags, targets of links and struck text go, however they are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.segment.tags import LONGEST_STRUCK, LONGEST_TAG, TagFilter, without_tags
from tests.text.tables import failures

ROWS = [
    ("a <b>x</b> c", "a x c"),
    ("un<b>believ</b>able", "unbelievable"),
    ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
    ("<3 you", "<3 you"),
    ("<", "<"),
    ("<b", "<b"),
    ("</b>x", "x"),
    ("</ b>", "</ b>"),
    ("x<br/>y", "x\ny"),
    ("x<br />y<hr / >z", "x\ny z"),
    ("<p>x</p><p>y</p>", "\nx\n\ny\n"),
    ("<td>x</td><td>y</td>", " x  y "),
    ("<a href=\"http://a.b/c?d=e\" target=_blank rel = 'no opener' title=\"Hi. A > b\" download>here</a>!", "here!"),
    ('<a class="x"id="y" data-n=5/>z', "z"),
    ("<input disabled value=>x", " x"),
    ("<input disabled checked @click=go #ref>x", " x"),
    ("<input disabled , >x", "<input disabled , >x"),
    ("<a b=c<d>e", "<a b=c e"),
    ("<a b=<d>e", "<a b= e"),
    ("<a b,c>", "<a b,c>"),
    ("<a/b>", "<a/b>"),
    ("<speak><prosody rate='slow'>x<break time=\"500ms\"/>y</prosody></speak>", " x y "),
    ("<say-as interpret-as='digits'>12</say-as>", "12"),
    ("<naqel.com> <a@b.c> <https://x.y>", "<naqel.com> <a@b.c> <https://x.y>"),
    ("<!-- c > d -->z", " z"),
    ("<!DOCTYPE html>z", " z"),
    ("<?xml version='1.0'?>z", " z"),
    ("<![CDATA[x]]>", "<![CDATA[x]]>"),
    ("see [here](http://a.b/c(d)e).", "see [here]."),
    ("see [here](http://a.b \"A title\").", "see [here]."),
    ("see [here](http://a.b 'A title' ).", "see [here]."),
    ("[x](see below)", "[x](see below)"),
    ("[x](a\nb)", "[x](a\nb)"),
    ("[x] (y)", "[x] (y)"),
    ("~~old~~ new", "  new"),
    ("a ~ b ~c", "a ~ b ~c"),
    ("~~a\nb~~", "~~a\nb~~"),
    ("~~~\nx", "~~~\nx"),
    # What never closes: a tag goes at the end, other marks are text.
    ('x <a href="http://a.b/c. d', "x  "),
    ('x <a href="b>c. d', "x  c. d"),
    ("x <!-- c > d", "x   d"),
    ("[x](http://a.b", "[x]"),
    ("~~x", "~~x"),
]  # fmt: skip


def _cut(text: str, size: int) -> str:
    tags = TagFilter()
    return "".join(tags.feed(text[at : at + size]) for at in range(0, len(text), size)) + tags.flush()


def test_tags_go_however_they_are_cut() -> None:
    assert failures(ROWS, without_tags) == []
    assert failures([(text, size, out) for text, out in ROWS for size in (1, 2, 3, 7)], _cut) == []


@given(st.text("<>/!?ab =\"'[]()~\n-. x", max_size=60), st.integers(1, 9))
def test_tags_under_every_chunking(text: str, size: int) -> None:
    assert _cut(text, size) == without_tags(text)


def test_no_open_mark_holds_text_for_good() -> None:
    for opener, most in (("<a ", LONGEST_TAG), ('<a b="', LONGEST_TAG), ("<!--", LONGEST_TAG), ("~~", LONGEST_STRUCK)):
        tags, text = TagFilter(), opener + "a" * most
        assert tags.feed(text[: most - 1]) == ""
        assert tags.feed(text[most - 1 :]) == text
    tags = TagFilter()
    assert tags.feed("](" + "a" * LONGEST_TAG) == "](" + "a" * LONGEST_TAG


def test_filter_holds_only_what_may_be_markup() -> None:
    tags = TagFilter()
    assert tags.feed("نعم <b") == "نعم "
    assert repr(tags) == "<TagFilter name held=2>"
    assert tags.feed("> لا") == " لا"
    assert repr(tags) == "<TagFilter text held=0>"
