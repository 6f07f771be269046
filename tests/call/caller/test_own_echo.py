"""The agent's own words, told from a caller's who repeats them."""

from __future__ import annotations

from ivr.call.caller.own_echo import OwnEcho
from tests.text.tables import failures

EN = "You can collect it from the branch in Olaya from four in the afternoon."
AR = "تقدر تستلمها من فرع العليا من الساعة أربعة العصر"


def test_words_and_sound_together_are_an_echo() -> None:
    """Rows: what STT found, agreement of the sound, and whether it is the agent's own."""
    rows = [
        ("you can collect it from the branch", 0.9, True),
        ("You can collect it, from a branch in Olaya!", 0.9, True),
        ("from the branch in all ayah from four in the afternoon", 0.85, True),
        ("تقدر تستلمها من فرع العليا", 0.9, True),
        ("تقدر تستلمها من الفرع من الساعة اربعه العصر", 0.9, True),
        ("you can collect it from the branch", 0.7, False),
        ("the branch", 0.95, False),
        ("Olaya", 0.95, False),
        ("where is the branch in Jeddah please", 0.95, False),
        ("", 1.0, False),
        ("...", 1.0, False),
    ]
    assert failures(rows, lambda text, agreement: OwnEcho().hears(text, [EN, AR], agreement)) == []


def test_after_the_first_time_words_are_enough() -> None:
    own = OwnEcho()
    assert own.hears("you can collect it from", [EN], 0.9)
    assert repr(own) == "<OwnEcho known=True>"
    assert own.hears("the branch in", ["Another sentence.", EN], 0.0)
    assert own.hears("the branch", [EN], 0.0)
    assert not own.hears("branch", [EN], 1.0)
    assert not own.hears("no the other one", [EN], 1.0)
    assert not own.hears("the branch", [], 1.0)
