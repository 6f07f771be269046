"""Test words that are complete or open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn_end import completeness, folded
from tests.text.tables import failures


def test_completeness() -> None:
    rows = [
        ("", "unknown"),
        ("…", "unknown"),
        ("yes", "complete"),
        ("Yes please", "complete"),
        ("oh no", "complete"),
        ("نعم", "complete"),
        ("أيوه", "complete"),
        ("إيوا", "complete"),
        ("لا شكراً", "complete"),
        ("خلاص", "complete"),
        ("السلام عليكم", "unknown"),
        ("hello", "unknown"),
        ("مع السلامة", "complete"),
        ("ok thank you", "complete"),
        ("that's all", "complete"),
        ("that’s all", "complete"),
        ("Where is my parcel?", "complete"),
        ("وين شحنتي؟", "complete"),
        ('He said "stop."', "complete"),
        ("where is my parcel", "complete"),
        ("وين شحنتي", "complete"),
        ("I want to track my", "open"),
        ("my number is", "open"),
        ("I would like, ", "open"),
        ("it was yesterday...", "open"),
        ("it was yesterday…", "open"),
        ("my parcel.", "unknown"),
        ("أبغى أتتبع الشحنة اللي", "open"),
        ("رقم الشحنة", "unknown"),
        ("شحنتي من الرياض إلى", "open"),
        ("بس", "open"),
        ("the code is 12", "unknown"),
        ("the code is 123", "open"),
        ("no no no", "complete"),
        ("7826459301240", "complete"),
        ("٧٨٢٦٤٥٩٣٠١٢٤٠", "complete"),
        ("78264593", "open"),
        ("78264 593012", "open"),
        ("78264593012401", "unknown"),
        ("my pin is 4471", "unknown"),
        ("0551234567", "complete"),
        ("055 123", "open"),
        ("966551234567", "complete"),
        ("96655123", "open"),
        ("NQL 7826459301240", "complete"),
        ("7826459301240 please", "complete"),
    ]
    assert failures(rows, lambda text: completeness(text)) == []


def test_completeness_of_what_is_expected() -> None:
    rows = [
        ("1234", "digits", 4, "complete"),
        ("1 2 3 4 5 6", "digits", 6, "complete"),
        ("رقمي ١٢٣٤", "digits", 4, "complete"),
        ("123", "digits", 4, "open"),
        ("05012", "digits", 6, "open"),
        ("12345", "digits", 4, "unknown"),
        ("I do not have one.", "digits", 4, "complete"),
        ("1234", "digits", 0, "unknown"),
        ("certainly", "yes_no", 0, "complete"),
        ("but", "yes_no", 0, "open"),
        ("certainly my friend", "yes_no", 0, "complete"),
        ("certainly", "name", 0, "open"),
        ("the blue one.", "date", 0, "complete"),
        ("the blue one.", "open", 0, "complete"),
    ]
    assert failures(rows, completeness) == []


def test_folded_spellings() -> None:
    assert folded("أَهْلاً ســلامة") == folded("اهلا سلامه")


@given(st.text())
def test_completeness_of_any_text(text: str) -> None:
    assert completeness(text) in ("complete", "open", "unknown")
