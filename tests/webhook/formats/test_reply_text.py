"""Test what of a text is new to a reply."""

from __future__ import annotations

from ivr.webhook.formats.parts import Delta, Piece
from ivr.webhook.formats.reply_text import ReplyText


def said(*texts: tuple[str, str]) -> list[Piece]:
    reply = ReplyText()
    return [piece for key, text in texts for piece in reply.keyed(key, text)]


def test_reply_text_of_sixteen_characters_is_continued() -> None:
    start = "Hello my friend."
    assert len(start) == 16
    assert said(("text", start), ("text", f"{start} Bye")) == [Delta(start), Delta(" Bye")]
    # One character less is a token, and so are all that follow.
    assert said(("text", start[1:]), ("text", f"{start[1:]} Bye")) == [Delta(start[1:]), Delta(f"{start[1:]} Bye")]


def test_reply_text_of_sixteen_characters_is_not_said_again() -> None:
    words, repeat = "So hello my friend. Bye", "hello my friend."
    assert len(repeat) == 16
    assert said(("text", words), ("answer", repeat)) == [Delta(words)]
    assert said(("text", words), ("answer", repeat[1:])) == [Delta(words), Delta(repeat[1:])]
