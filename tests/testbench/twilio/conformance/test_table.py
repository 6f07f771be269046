"""The table of the phone's checklist names the tests that there are, and each point has one."""

from __future__ import annotations

import re

from scripts.changelog import ROOT

NUMBERED = re.compile(r"def (test_m(\d\d)_\w+)")


def test_table_names_every_test_of_every_point() -> None:
    there: dict[int, set[str]] = {number: set() for number in range(1, 36)}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name, number in NUMBERED.findall(path.read_text("utf-8")):
            there[int(number)].add(name)
    page = (ROOT / "docs" / "mock-twilio.md").read_text("utf-8")
    told = {
        int(number): set(re.findall(r"`(test_\w+)`", tests))
        for number, tests in re.findall(r"^\| M(\d+) \|[^|]*\|([^|]*)\| pass \|$", page, re.MULTILINE)
    }
    assert told == there
    assert all(there.values())
