"""Clean text to whole, visible characters, however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.webhook.formats.sanitize import Sanitizer, sanitized

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


def test_sanitized_whole_texts() -> None:
    assert [(text, got) for text, clean in TABLE if (got := sanitized(text)) != clean] == []


def test_sanitizer_takes_single_characters() -> None:
    def fed(text: str) -> str:
        return "".join(map(Sanitizer().feed, text))

    assert [(text, got) for text, clean in TABLE if (got := fed(text)) != clean] == []


def test_sanitizer_joins_halves_over_empty_tokens() -> None:
    sanitizer = Sanitizer()
    assert [sanitizer.feed(token) for token in ("hi \ud83d", "", "\ude00!", "x")] == ["hi ", "", "😀!", "x"]


ODD = st.text(st.characters(categories=["Cs"]) | st.sampled_from("aب \n\x00😀"), max_size=12)


@given(ODD, st.integers(0, 12))
def test_sanitizer_gives_the_same_for_any_cut(text: str, at: int) -> None:
    sanitizer = Sanitizer()
    assert sanitizer.feed(text[:at]) + sanitizer.feed(text[at:]) == sanitized(text)


@given(ODD)
def test_sanitized_text_can_be_encoded_and_is_stable(text: str) -> None:
    clean = sanitized(text)
    assert clean.encode("utf-8").decode() == clean
    assert sanitized(clean) == clean
