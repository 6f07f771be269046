"""The checks find each fault of the small server, and nothing in the correct one."""

from __future__ import annotations

import pytest

from ivr.testbench.conformance.broken.server import SmallServer
from ivr.testbench.conformance.broken.switches import SWITCHES, Switch
from ivr.testbench.conformance.broken.truth import BASE, SECRET, SMALL_ACCOUNT, TruthRow, findings, markdown
from ivr.testbench.conformance.catalogue import CHECKS, chosen
from ivr.testbench.conformance.findings import failed, passed
from scripts.changelog import ROOT


def test_correct_server_passes_every_check() -> None:
    found = findings()
    assert {number: one.seen for number, one in found.items() if one.judgement == "fail"} == {}
    judged = {number for number, one in found.items() if one.judgement == "pass"}
    assert judged == {check.number for check in CHECKS if check.run is not None}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_fault_is_found_by_its_checks(switch: Switch) -> None:
    found = findings((switch.name,), chosen(",".join(switch.found_by)))
    assert [number for number, one in found.items() if one.judgement == "fail"] == sorted(
        switch.found_by, key=lambda number: int(number[1:])
    )


def test_every_check_from_outside_has_a_fault() -> None:
    meant = {switch.found_by[0] for switch in SWITCHES}
    assert meant == {check.number for check in CHECKS if check.run is not None}
    assert len({switch.name for switch in SWITCHES}) == len(SWITCHES)


def test_unknown_switch_is_refused() -> None:
    with pytest.raises(ValueError, match="no such switch: loud"):
        SmallServer(BASE, SMALL_ACCOUNT, SECRET, ("loud",))
    assert repr(SmallServer(BASE, SMALL_ACCOUNT, SECRET)) == "<SmallServer correct>"


def test_row_tells_hits_from_false_alarms() -> None:
    switch = Switch("quiet", "says nothing", ("B12", "B11"))
    rows = [
        (TruthRow(switch, {"B11": failed(""), "B12": failed("")}), True, []),
        (TruthRow(switch, {"B5": failed(""), "B12": passed("")}), False, ["B5"]),
        (TruthRow(None, {"B5": passed("")}), True, []),
    ]
    assert [(row.hit, row.false_alarms) for row, _, _ in rows] == [(hit, alarms) for _, hit, alarms in rows]
    assert markdown([rows[1][0]]).splitlines()[-1] == "| `quiet` | says nothing | B12, B11 | B5 | B5 |"


def test_document_has_the_table_of_switches() -> None:
    lines = (ROOT / "docs" / "conformance.md").read_text("utf-8").splitlines()
    rows = [
        f"| `{switch.name}` | {switch.about} | {', '.join(switch.found_by)} | "
        f"{', '.join(sorted(switch.found_by, key=lambda number: int(number[1:])))} |  |"
        for switch in SWITCHES
    ]
    assert [row for row in rows if row not in lines] == []
    assert "| none | is correct |  |  |  |" in lines
