"""Clean text to whole, visible characters, however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.sanitize.characters import ESCAPE, HALF_ESCAPE, Characters, unescaped

TABLE = [
    ("plain", "plain"),
    ("مرحبا بك", "مرحبا بك"),
    ("line\nbreak\tand tab", "line\nbreak\tand tab"),
    ("carriage\r\nreturn", "carriage\nreturn"),
    ("nul\x00 bell\x07 del\x7f", "nul bell del"),
    ("next\x85line", "nextline"),
    ("broken \ufffd utf-8", "broken  utf-8"),
    ("\ufeffmark", "mark"),
    ("non\uffffcharacter\ufdd0", "noncharacter"),
    ("joiner\u200dand\u200fmark", "joiner\u200dand\u200fmark"),
    ("separator\u2028kept", "separator\u2028kept"),
    ("\ud83d\ude00", "😀"),
    ("a\ud83db", "ab"),
    ("a\ude00b", "ab"),
    ("\ude00\ud83d", ""),
    ("\ud83d\ud83d\ude00", "😀"),
    ("end \ud83d", "end "),
    ("\udbff\udffd", "\U0010fffd"),
    ("a\ud83db\ude00", "ab"),
    ("", ""),
]


def clean(text: str) -> str:
    return Characters().feed(text)


def test_characters_of_whole_texts() -> None:
    assert [(text, got) for text, said in TABLE if (got := clean(text)) != said] == []


def test_characters_takes_single_characters() -> None:
    def fed(text: str) -> str:
        return "".join(map(Characters().feed, text))

    assert [(text, got) for text, said in TABLE if (got := fed(text)) != said] == []


def test_characters_joins_halves_over_empty_tokens() -> None:
    characters = Characters()
    assert [characters.feed(token) for token in ("hi \ud83d", "", "\ude00!", "x")] == ["hi ", "", "😀!", "x"]


ODD = st.text(st.characters(categories=["Cs"]) | st.sampled_from("aب \n\x00😀"), max_size=12)


@given(ODD, st.integers(0, 12))
def test_characters_gives_the_same_for_any_cut(text: str, at: int) -> None:
    characters = Characters()
    assert characters.feed(text[:at]) + characters.feed(text[at:]) == clean(text)


@given(ODD)
def test_characters_can_be_encoded_and_are_stable(text: str) -> None:
    said = clean(text)
    assert said.encode("utf-8").decode() == said
    assert clean(said) == said


ESCAPES: list[tuple[str, str | None, str]] = [
    ("\\n", "\n", "Hello."),
    ("\\\\n", "\n", ""),
    ("\\r", "\n", ""),
    ("\\t", "\t", ""),
    ("\\n", None, "C:"),
    ("\\n", "\n", "abc:"),
    ("\\u0645", "م", ""),
    ("\\ud83d\\ude00", "😀", ""),
    ("\\ud83d", "", ""),
    ("\\xa0", "\xa0", ""),
    ("\\u0000", "", ""),
    ('\\"', '"', ""),
    ("\\/", "/", ""),
    ("&nbsp;", "\xa0", ""),
    ("&#39;", "'", ""),
    ("&#x200f;", "\u200f", ""),
    ("&#0;", "", ""),
    ("&amp;", "&", ""),
    ("&amp;nbsp;", "\xa0", ""),
    ("&", "&", ""),
    ("&nosuch;", None, ""),
    ("&lt;think&gt;", "<think>", ""),
    ("\\u003c/think\\u003e", "</think>", ""),
    ("&lt;", "<", ""),
]


def test_escapes_stand_for_characters() -> None:
    got = [(text, unescaped(found, before)) for text, _, before in ESCAPES if (found := ESCAPE.fullmatch(text))]
    assert got == [(text, said) for text, said, _ in ESCAPES]


def test_escapes_of_formulas_and_markdown_are_none() -> None:
    texts = ["\\times 3", "\\neq 3", "\\rho ", "\\text{a}", "\\%", "\\*", "\\alpha"]
    assert [text for text in texts if ESCAPE.match(text)] == []


def test_escapes_wait_for_their_end() -> None:
    wholes = [text for text, said, _ in ESCAPES if said is not None and text != "&"]
    assert [text[:at] for text in wholes for at in range(1, len(text)) if not HALF_ESCAPE.fullmatch(text[:at])] == []
