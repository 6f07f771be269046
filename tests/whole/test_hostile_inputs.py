"""The table of hostile inputs names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \| .+ \| .+ \| `(tests/[^:`]+)::(test_\w+)(?:\[([^`]*?)\]?)?` \|$")


def test_every_row_points_at_its_test() -> None:
    lines = (ROOT / "docs" / "hostile-inputs.md").read_text("utf-8").splitlines()
    rows = [(line, ROW.match(line)) for line in lines if re.match(r"\| \d", line)]
    assert len(rows) >= 60
    assert [found and int(found[1]) for _, found in rows] == list(range(1, len(rows) + 1))
    for line, found in rows:
        assert found is not None, line
        source = (ROOT / found[2]).read_text("utf-8")
        assert f"def {found[3]}(" in source, line
        if found[4]:
            # The name of one row of two values has both.
            parts = [found[4]] if found[4] in source else found[4].rsplit("-", 1)
            assert [part for part in parts if part not in source] == [], line
