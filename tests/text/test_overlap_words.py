"""Test words over the agent: signs of listening, waiting, commands, and what the agent asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.overlap_words import (
    asks,
    asks_nothing_new,
    checks_presence,
    is_backchannel,
    is_command,
    only_checks_presence,
)
from tests.text.tables import failures


def test_is_backchannel() -> None:
    rows = [
        ("", False, True),
        ("mm-hm", False, True),
        ("Uh huh.", True, True),
        ("اها", True, True),
        ("أها أها", False, True),
        ("ايوه", False, True),
        ("ايوه", True, False),
        ("okay", False, True),
        ("okay", True, False),
        ("تمام طيب", False, True),
        ("yes yes yes yes", False, False),
        ("لا", False, False),
        ("stop", False, False),
        ("ok stop", False, False),
        ("ايوه ايوه", False, True),
        ("ايوه ايوه", True, False),
        ("okay okay", False, True),
        ("mm hm", False, True),
        ("Mmmmmm", True, True),
        ("hmm hmm hmm hmm hmm", True, True),
        ("I see", False, True),
        ("Oh, I see. Okay.", False, True),
        ("I see", True, True),
        ("got it", True, True),
        ("فهمت عليك", True, True),
        ("إن شاء الله", False, True),
        ("إن شاء الله", True, False),
        ("ههههه", False, True),
        ("all right", False, True),
        ("I see it", False, False),
        ("okay but", False, False),
        ("hello", False, False),
        ("thank you", False, False),
        ("wait", False, False),
    ]
    assert failures(rows, lambda text, asked: is_backchannel(text, asked=asked)) == []


def test_asks() -> None:
    rows = [
        ("", False),
        ("I shall send it.", False),
        ("It is in Riyadh.", False),
        ("شحنتك في الرياض.", False),
        ("Shall I send it?", True),
        ("Shall I cancel it? Say yes or no, please.", True),
        ("Shall I cancel it? It costs nothing. It takes a day.", True),
        ("He said «shall I send it?» ", True),
        ("Please say yes or no.", True),
        ("Say yes to confirm.", True),
        ("Would you like me to cancel it.", True),
        ("هل ألغيها؟ قل نعم أو لا من فضلك.", True),
        ("هل تريد إلغاء الشحنة", True),
        ("تبغى ألغيها", True),
        ("قل نعم للتأكيد.", True),
        ("I would like to tell you a story.", False),
    ]
    assert failures(rows, asks) == []


def test_asks_nothing_new() -> None:
    rows = [
        ("hello?", "where is my parcel", True),
        ("Hello? Are you there?", "where is my parcel", True),
        ("ألو؟ تسمعني؟", "وين شحنتي", True),
        ("thank you", "where is my parcel", True),
        ("okay, thank you very much", "where is my parcel", True),
        ("شكراً، خذ راحتك", "وين شحنتي", True),
        ("طيب", "وين شحنتي", True),
        ("hmm", "where is my parcel", True),
        ("where is my parcel", "Where is my parcel?", True),
        ("my parcel", "where is my parcel", True),
        ("parcel", "where is my parcel", False),
        ("number five", "track my parcel", False),
        ("hello, I mean the other one", "track my parcel", False),
        ("no", "track my parcel", False),
        ("لا الثانية", "وين شحنتي", False),
        ("thank you goodbye", "track my parcel", False),
    ]
    assert failures(rows, asks_nothing_new) == []


def test_checks_presence() -> None:
    rows = [
        ("hello?", True),
        ("okay hello", True),
        ("can you hear me", True),
        ("ألو", True),
        ("وينك", True),
        ("thank you", False),
        ("where is my parcel", False),
        ("", False),
    ]
    assert failures(rows, checks_presence) == []


def test_is_command() -> None:
    rows = [
        ("stop", True),
        ("please stop", True),
        ("no no wait", True),
        ("لا", True),
        ("لحظة لو سمحت", True),
        ("وقّف", True),
        ("the government said on Monday", False),
        ("he said stop to all of them at once", False),
        ("", False),
    ]
    assert failures(rows, is_command) == []


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert is_backchannel(text, asked=True) <= is_backchannel(text, asked=False)
    assert is_backchannel(text, asked=False) <= asks_nothing_new(text, "")
    assert not (is_command(text) and is_backchannel(text, asked=False))


def test_only_checks_presence() -> None:
    rows = [
        ("hello?", True),
        ("hello, are you there", True),
        ("ألو", True),
        ("hello where is it", False),
        ("", False),
        ("mm", False),
    ]
    assert failures(rows, only_checks_presence) == []
