"""Test what a transcript says, and that noise says nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.transcript import words_in
from tests.text.tables import failures

NOTHING = (
    "", " ", "\n", ".", "...", "…", "؟", "?", "،", "-", "—", "! !", "♪", "♪♪", "♪ la la la ♪", "🎵", "_",
    "(music)", "[موسيقى]", "(موسيقى هادئة)", "[BLANK_AUDIO]", "[ Silence ]", "*laughs*", "**coughs**", "<noise>",
    "<|nospeech|>", "<unk>", "{breath}", "【音楽】", "（拍手）", "[THINKING]", "[Music] [Applause]", "([music])",
    "(music", "[BLANK", "*sigh", "(music).", "- [noise] -", "BLANK_AUDIO", "no speech", "inaudible",
    "Thanks for watching!", "Thank you for watching.", "Don't forget to subscribe", "don’t forget to subscribe!",
    "Subtitles by the Amara.org community", "شكراً للمشاهدة", "اشتركوا في القناة.", "ترجمة نانسي قنقر",
    "[music] thanks for watching",
)  # fmt: skip


def test_noise_says_nothing() -> None:
    assert failures([(text, "") for text in NOTHING], words_in) == []


def test_words_are_kept_without_notes() -> None:
    rows = [
        ("yes", "yes"),
        (" نعم. ", "نعم."),
        ("5", "5"),
        ("؟ ٤", "؟ ٤"),
        ("where is   my\nparcel?", "where is my parcel?"),
        ("[noise] where is it (coughs)", "where is it"),
        ("♪♪ وين شحنتي", "وين شحنتي"),
        ("♪♪ ♪ وين شحنتي", "وين شحنتي"),
        ("♪ la ♪ وين شحنتي", "وين شحنتي"),
        ("*laughs* no", "no"),
        ("call me at (555) 010-4477", "call me at (555) 010-4477"),
        ("[12] it is", "[12] it is"),
        ("«نعم»", "«نعم»"),
        ("thank you", "thank you"),
        ("thanks for watching my parcel", "thanks for watching my parcel"),
        ("no sound on my phone", "no sound on my phone"),
        ("music", "music"),
    ]
    assert failures(rows, words_in) == []


@given(st.text(alphabet="([{<*>)}]♪a1 .", max_size=60))
def test_what_is_said_is_part_of_it(text: str) -> None:
    said = words_in(text)
    assert len(said) <= len(text)
    assert words_in(said) == said or "[" in text or "*" in text
    assert {*said.split()} == {*said.split(" ")} - {""}


def test_nested_notes_are_bounded() -> None:
    assert words_in("(" * 50_000 + "yes") == ""
