"""Test that a rule which is left out, because the text has nothing that it needs, would have changed nothing."""

from __future__ import annotations

import random
import re
from types import ModuleType

import pytest

from ivr.text.normalize import dates, identifiers, markup, money, normalize, short_forms, symbols, times, units, urls
from ivr.text.normalize.numbers import numerals, ordinals_ar
from tests.text.normalize.test_lines import LINES

_NEEDS: tuple[tuple[ModuleType, str], ...] = (
    (normalize, "_UNCLAIMED"),
    (urls, "_ADDRESS_SIGN"),
    (symbols, "_FACTOR"),
    (symbols, "_SIGN"),
    (numerals, "_FIGURE"),
    (numerals, "_SEPARATED"),
    (money, "_CURRENCY_SIGN"),
    (dates, "_MONTH_BEGINS"),
    (dates, "_DASH_OR_T"),
    (dates, "_SEPARATED_NUMBERS"),
    (short_forms, "_DASH"),
    (short_forms, "_ANY_ENGLISH_FORM"),
    (short_forms, "_ANY_LABEL"),
    (short_forms, "STOP_WITHIN"),
    (identifiers, "_CAPITAL"),
    (identifiers, "_KEY_OR_MASK"),
    (identifiers, "_TWO_GROUPS"),
    (identifiers, "_THREE_DIGITS"),
    (times, "_DASH_BEFORE_DIGIT"),
    (units, "_DIGITS_JOINED"),
    *((module, "ANY_DIGIT") for module in (dates, identifiers, money, ordinals_ar, times, units)),
)
"""What tells that a rule may be needed."""
_ENOUGH: tuple[tuple[ModuleType, str], ...] = ((markup, "_ORDINARY"), (normalize, "_TIDY"))
"""What tells that a text has nothing for a rule."""
_SIGNS = (". , ، - / + % $ # * ( ) ' < & @ _ : x X 5 12 3:30 و ب د. ر.س SAR Dr. Mon Dec etc الخ kg", "  \n")
_FRAGMENTS = [*_SIGNS[0].split(), *_SIGNS[1], "  "]


def _texts() -> list[tuple[str, str]]:
    """Return every third of the table's lines, each also with a sign somewhere in it."""
    chance = random.Random(5)
    texts = []
    for line in LINES[::3]:
        at = chance.randrange(len(line.text) + 1)
        texts += [
            (line.text, line.language),
            (f"{line.text[:at]}{chance.choice(_FRAGMENTS)}{line.text[at:]}", line.language),
        ]
    return texts


def test_rules_left_out_would_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _texts()
    said = [normalize.normalize(*text) for text in texts]
    for module, name in _NEEDS:
        assert isinstance(getattr(module, name), re.Pattern)
        monkeypatch.setattr(module, name, re.compile(""))
    for module, name in _ENOUGH:
        monkeypatch.setattr(module, name, re.compile("(?!)"))
    wrong = [text for text, before in zip(texts, said, strict=True) if normalize.normalize(*text) != before]
    assert wrong == []
