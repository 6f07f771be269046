"""Read fragments of HTML, and refuse pages."""

from __future__ import annotations

from ivr.webhook.formats.html_text import HtmlText
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Closing, Delta, Failure, Piece
from ivr.webhook.formats.records import Records
from tests.webhook.n8n import merged

PAGE: list[Piece] = [Failure("html")]
ROWS: list[tuple[str, bytes, str | list[Piece]]] = [
    ("no tags", b"Hi there.", "Hi there."),
    ("tags within a line", b"<p>Hi <b>the</b>re.</p>", "Hi there."),
    ("tags between lines", b"<p>Hi</p><p>there.</p>", "Hi there."),
    ("breaks and entities", "Hi<br>th&#101;re&period; &lt;3 &amp; شكراً".encode(), "Hi there. <3 & شكراً"),
    ("what is not shown", b"<style>p {}</style><script>if (a</b) {}</script></script>Hi there.", "Hi there."),
    ("a sign that is no tag", b"3 < 5 is so", "3 < 5 is so"),
    ("half a tag", b"Hi there.<a hre", "Hi there."),
    ("a frame around a fragment", b"<iframe srcdoc='<p>Hi there.</p>'></iframe>", "Hi there."),
    ("a frame around JSON", b"<iframe srcdoc='{\"text\": \"Hi there.\", \"is_closing\": true}'></iframe>",
     [Delta("Hi there."), Closing()]),
    ("a frame around words in braces", b"<iframe srcdoc='{Sara, Omar}, hi.'></iframe>", "{Sara, Omar}, hi."),
    ("a frame around nothing", b"<iframe srcdoc></iframe>", []),
    ("a frame around a page", b"<iframe srcdoc='<!doctype html>502'></iframe>", PAGE),
    ("a page", b"<div></div><title>502</title>", PAGE),
    ("a page's declaration", b"<!DOCTYPE html>Hi", PAGE),
    ("another declaration", b"<!ELEMENT x>Hi", "Hi"),
]  # fmt: skip


def test_html_gives_its_words_wherever_it_is_cut() -> None:
    wrong = []
    for name, body, want in ROWS:
        for parts in ([body], [body[at : at + 1] for at in range(len(body))]):
            html, got = HtmlText(Records()), list[Piece]()
            for part in parts:
                got += [] if html.over else html.feed(part)
            got = merged(got + html.finish())
            said = "".join(piece.text for piece in got if isinstance(piece, Delta))
            same = " ".join(said.split()) == want if isinstance(want, str) else got == want
            wrong += [] if same else [(name, got)]
    assert wrong == []


def test_html_words_come_at_once() -> None:
    html = HtmlText(Records())
    assert merged(html.feed(b"<p>Hi ")) == [Delta("\nHi ")]
    assert html.feed(b"there") == [Delta("there")]


def test_html_without_an_end_of_a_tag_is_over() -> None:
    html = HtmlText(Records())
    pieces = [
        piece for _ in range(MAX_VALUE // 1000 + 2) for piece in ([] if html.over else html.feed(b"<a " + b"x" * 997))
    ]
    assert (pieces, html.over, html.finish()) == ([Failure("too_long")], True, [])
