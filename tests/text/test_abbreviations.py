"""Words whose full stop may not end a sentence."""

from __future__ import annotations

import pytest

from ivr.text.abbreviations import Stop, first_word, goes_on, may_follow, stop_after


@pytest.mark.parametrize(
    ("word", "before", "kind"),
    [
        ("Dr", "", Stop.NEVER),
        ("(e.g", "", Stop.NEVER),
        ("No", "", Stop.BEFORE_NUMBER),
        ("N°", "", Stop.BEFORE_NUMBER),
        ("U.S", "", Stop.BEFORE_STARTER),
        ("X.Y", "", Stop.BEFORE_STARTER),
        ("J", "", Stop.BEFORE_STARTER),
        ("p.m", "", Stop.UNLESS_JOINED),
        ("6a.m", "", Stop.UNLESS_JOINED),
        ("LL.D", "", Stop.UNLESS_JOINED),
        ("Aa.Bb", "", Stop.BEFORE_STARTER),
        ("oz", "8", Stop.BEFORE_STARTER),
        ("in", "6", Stop.BEFORE_STARTER),
        ("in", "come", Stop.ORDINARY),
        ("us", "told", Stop.ORDINARY),
        ("US", "the", Stop.BEFORE_STARTER),
        ("pm", "5", Stop.UNLESS_JOINED),
        ("Sat", "on", Stop.BEFORE_STARTER),
        ("sat", "he", Stop.ORDINARY),
        ("etc", "", Stop.UNLESS_JOINED),
        ("house", "", Stop.ORDINARY),
        ("د", "", Stop.NEVER),
        ("ود", "", Stop.NEVER),
        ("«م", "مع", Stop.NEVER),
        ("د", "فيتامين", Stop.ORDINARY),
        ("م", "50.5", Stop.ORDINARY),
        ("م", "100", Stop.ORDINARY),
        ("م", "3:30", Stop.UNLESS_JOINED),
        ("ص", "10", Stop.UNLESS_JOINED),
        ("أ.د", "", Stop.NEVER),
        ("ص.ب", "", Stop.NEVER),
        ("ر.س", "5", Stop.BEFORE_STARTER),
        ("ش.م.م", "", Stop.BEFORE_STARTER),
        ("إلخ", "", Stop.ORDINARY),
        ("له", "قال", Stop.ORDINARY),
        ("كم", "5", Stop.ORDINARY),
    ],
)
def test_stop_after(word: str, before: str, kind: Stop) -> None:
    assert stop_after(word, before) is kind


def test_first_word() -> None:
    assert first_word("Don’t go", False) == "Don’t"
    assert first_word("Do", False) is None
    assert first_word("Do", True) == "Do"
    assert first_word("5 go", False) == ""


@pytest.mark.parametrize(
    ("word", "kind", "may"),
    [
        ("The", Stop.BEFORE_STARTER, True),
        ("I’m", Stop.BEFORE_STARTER, True),
        ("Army", Stop.BEFORE_STARTER, False),
        ("هل", Stop.BEFORE_STARTER, True),
        ("سيتم", Stop.BEFORE_STARTER, True),
        ("شامل", Stop.BEFORE_STARTER, False),
        ("في", Stop.UNLESS_JOINED, False),
        ("Monday", Stop.UNLESS_JOINED, False),
        ("Ali", Stop.UNLESS_JOINED, True),
    ],
)
def test_may_follow(word: str, kind: Stop, may: bool) -> None:
    assert may_follow(word, kind) is may


def test_a_name_after_the_time() -> None:
    assert may_follow("Mr", Stop.UNLESS_JOINED, "He left at 6 p.m")
    assert may_follow("Mr", Stop.UNLESS_JOINED, "At noon, he left at 6 p.m")
    assert not may_follow("Mr", Stop.UNLESS_JOINED, "At 6 p.m")
    assert may_follow("The", Stop.UNLESS_JOINED, "At 6 p.m")


def test_goes_on() -> None:
    assert goes_on(" شاملة الضريبة")
    assert not goes_on(" هل توافق")
    assert not goes_on("")
