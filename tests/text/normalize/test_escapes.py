"""Test that what only a program reads goes."""

from __future__ import annotations

from ivr.text.normalize.escapes import strip_escapes
from tests.text.tables import failures


def test_strip_escapes() -> None:
    rows = [
        (r"5\% off \$20\.", "5% off $20."),
        (r"5\/12\/2025", "5/12/2025"),
        (r"\"yes\" \*no\*", '"yes" *no*'),
        ("\\u0661\\u0662", "١٢"),
        (r"C:\Users", r"C:\Users"),
        (r"\(3 \times 4\) $$x \leq 5$$", " 3 × 4   x ≤ 5 "),
        (r"\[\boxed{42\,\text{SAR}}\]", " 42 SAR "),
        (r"1\,000 and 5\,km", "1,000 and 5 km"),
        (r"\frac{1}{2}", " 1/2 "),
        (r"25^\circ", "25°"),
        ("plain $5", "plain $5"),
    ]
    assert failures(rows, strip_escapes) == []
