"""Test words whose full stop may not end a sentence."""

from __future__ import annotations

from ivr.text.segment.abbreviations import FullStop, first_word, goes_on, may_follow, stop_after
from tests.text.tables import failures


def test_stop_after() -> None:
    rows = [
        ("Dr", "", FullStop.NEVER),
        ("(e.g", "", FullStop.NEVER),
        ("No", "", FullStop.BEFORE_NUMBER),
        ("exp", "", FullStop.BEFORE_NUMBER),
        ("ext", "", FullStop.BEFORE_STARTER),
        ("N°", "", FullStop.BEFORE_NUMBER),
        ("U.S", "", FullStop.BEFORE_STARTER),
        ("X.Y", "", FullStop.BEFORE_STARTER),
        ("J", "", FullStop.BEFORE_STARTER),
        ("p.m", "", FullStop.UNLESS_JOINED),
        ("6a.m", "", FullStop.UNLESS_JOINED),
        ("LL.D", "", FullStop.UNLESS_JOINED),
        ("Aa.Bb", "", FullStop.BEFORE_STARTER),
        ("oz", "8", FullStop.BEFORE_STARTER),
        ("in", "6", FullStop.BEFORE_STARTER),
        ("in", "come", FullStop.ORDINARY),
        ("us", "told", FullStop.ORDINARY),
        ("US", "the", FullStop.BEFORE_STARTER),
        ("pm", "5", FullStop.UNLESS_JOINED),
        ("Sat", "on", FullStop.BEFORE_STARTER),
        ("sat", "he", FullStop.ORDINARY),
        ("Mr./Ms", "", FullStop.NEVER),
        ("24-Jan", "Dec.", FullStop.BEFORE_STARTER),
        ("Nov.–Jan", "", FullStop.BEFORE_STARTER),
        ("Sun.-Thu", "", FullStop.BEFORE_STARTER),
        ("well-no", "", FullStop.ORDINARY),
        ("etc", "", FullStop.UNLESS_JOINED),
        ("house", "", FullStop.ORDINARY),
        ("د", "", FullStop.NEVER),
        ("ود", "", FullStop.NEVER),
        ("«م", "مع", FullStop.NEVER),
        ("د", "فيتامين", FullStop.ORDINARY),
        ("م", "50.5", FullStop.ORDINARY),
        ("م", "100", FullStop.ORDINARY),
        ("م", "3:30", FullStop.UNLESS_JOINED),
        ("ص", "10", FullStop.UNLESS_JOINED),
        ("أ.د", "", FullStop.NEVER),
        ("ص.ب", "", FullStop.NEVER),
        ("ر.س", "5", FullStop.BEFORE_STARTER),
        ("ش.م.م", "", FullStop.BEFORE_STARTER),
        ("إلخ", "", FullStop.ORDINARY),
        ("له", "قال", FullStop.ORDINARY),
        ("كم", "5", FullStop.ORDINARY),
    ]
    assert failures(rows, lambda word, before: stop_after(word, before)) == []


def test_first_word() -> None:
    assert first_word("Don’t go", False) == "Don’t"
    assert first_word("Do", False) is None
    assert first_word("Do", True) == "Do"
    assert first_word("5 go", False) == ""


def test_may_follow() -> None:
    rows = [
        ("The", FullStop.BEFORE_STARTER, True),
        ("I’m", FullStop.BEFORE_STARTER, True),
        ("Army", FullStop.BEFORE_STARTER, False),
        ("هل", FullStop.BEFORE_STARTER, True),
        ("سيتم", FullStop.BEFORE_STARTER, True),
        ("شامل", FullStop.BEFORE_STARTER, False),
        ("في", FullStop.UNLESS_JOINED, False),
        ("Monday", FullStop.UNLESS_JOINED, False),
        ("Ali", FullStop.UNLESS_JOINED, True),
    ]
    assert failures(rows, lambda word, kind: may_follow(word, kind)) == []


def test_may_follow_of_a_name_after_the_time() -> None:
    assert may_follow("Mr", FullStop.UNLESS_JOINED, "He left at 6 p.m")
    assert may_follow("Mr", FullStop.UNLESS_JOINED, "At noon, he left at 6 p.m")
    assert not may_follow("Mr", FullStop.UNLESS_JOINED, "At 6 p.m")
    assert may_follow("The", FullStop.UNLESS_JOINED, "At 6 p.m")


def test_goes_on() -> None:
    assert goes_on(" شاملة الضريبة")
    assert not goes_on(" هل توافق")
    assert not goes_on("")
