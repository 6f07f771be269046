"""The language of a caller's first words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.text.which_language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("وين شحنتي", "ar"),
        ("ألو، السلام عليكم", "ar"),
        ("نعم", "ar"),
        ("Where is my parcel?", "en"),
        ("Hello, I want to track a shipment", "en"),
        ("hello where are you", "en"),
        # English words that Arabic has, and names, decide nothing.
        ("hello", None),
        ("OK", None),
        ("yes please", None),
        ("Naqel", None),
        ("", None),
        ("0512345678", None),
        ("؟!", None),
        ("mm", None),
        # Mixed: what most of it is.
        ("ابغى اعرف وين ال shipment حقي", "ar"),
        ("ok ابغى شحنتي", "ar"),
        ("I want شحنتي", "en"),
        # What is asked for counts more than the words it is asked in.
        ("ممكن بالانجليزي؟", "en"),
        ("تتكلم إنجليزي", "en"),
        ("English please", "en"),
        ("English", "en"),
        ("Arabic please", "ar"),
        ("عربي", "ar"),
        ("où est mon colis", "en"),
        ("我的包裹", None),
    ],
)
def test_first_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


@given(st.text())
def test_any_text_has_one_language_or_none(text: str) -> None:
    assert language_of(text) in ("ar", "en", None)
