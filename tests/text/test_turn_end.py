"""Test words that are complete, open, or only a sign that the caller listens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn_end import asks, completeness, folded, is_backchannel
from tests.text.tables import failures


def test_completeness() -> None:
    rows = [
        ("", "unknown"),
        ("…", "unknown"),
        ("yes", "complete"),
        ("Yes please", "unknown"),
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
        ("where is my parcel", "unknown"),
        ("وين شحنتي", "unknown"),
        ("I want to track my", "open"),
        ("my number is", "open"),
        ("I would like, ", "open"),
        ("أبغى أتتبع الشحنة اللي", "open"),
        ("رقم الشحنة", "unknown"),
        ("شحنتي من الرياض إلى", "open"),
        ("بس", "open"),
        ("the code is 12", "unknown"),
        ("the code is 123", "open"),
        ("no no no", "unknown"),
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
        ("7826459301240 please", "unknown"),
    ]
    assert failures(rows, lambda text: completeness(text)) == []


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


def test_folded_spellings() -> None:
    assert folded("أَهْلاً ســلامة") == folded("اهلا سلامه")


@given(st.text())
def test_completeness_of_any_text(text: str) -> None:
    assert completeness(text) in ("complete", "open", "unknown")
    assert is_backchannel(text, asked=True) <= is_backchannel(text, asked=False)
