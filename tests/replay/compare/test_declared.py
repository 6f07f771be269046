"""Which decisions may differ is said in a small file, and what is wrong with it in one line."""

from __future__ import annotations

import pytest

from ivr.call.events import Tick
from ivr.replay.compare.changes import Change, DecisionKind
from ivr.replay.compare.declared import DeclaredChange, DeclaredError, needed, read_declared
from ivr.replay.compare.difference import Difference, ReplayFinding
from ivr.replay.tape import Tape, TapeHeader

GOOD = """
[[change]]
name = "shorter pauses"
reason = "callers waited"
since = 2026-11-30
decisions = ["endpoint", "timing"]
where = ["billing", "CA12*.tape"]
"""


def row(**fields: str) -> str:
    said = {"name": '"a"', "reason": '"b"', "since": '"1.0"', "decisions": '"audio"', **fields}
    return "[[change]]\n" + "\n".join(f"{key} = {value}" for key, value in said.items() if value)


def test_a_good_file_is_read() -> None:
    (change,) = read_declared(GOOD, "c.toml")
    assert (change.name, change.since, change.where) == ("shorter pauses", "2026-11-30", ("billing", "CA12*.tape"))
    assert change.decisions == {"endpoint", "timing"}
    assert read_declared("", "c.toml") == []
    assert read_declared(row(), "c.toml")[0].decisions == {"audio"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[change", "c.toml: "),
        ("answer = 5", "c.toml: there is no 'answer', only [[change]]"),
        ("[change]\nname = 'a'", "c.toml: a change begins with [[change]]"),
        ("change = [5]", "c.toml, change 1: a change has a name"),
        (row(why="5"), "change 1: there is no 'why', only name, reason"),
        (row(reason=""), "change 1: 'reason' is missing"),
        (row(since='" "'), "change 1: 'since' is missing"),
        (row(decisions=""), "change 1: 'decisions' is missing; it names some of failure, end"),
        (row(decisions="[5]"), "change 1: 'decisions' is a list of words"),
        (row(where="7"), "change 1: 'where' is a list of words"),
        (row(decisions='"endpiont"'), "no decision is called 'endpiont', perhaps 'endpoint'"),
        (row(decisions='"xyz"'), "no decision is called 'xyz', only failure"),
        (row() + "\n" + row(), "two changes are called 'a'"),
    ],
)
def test_a_bad_file_is_one_clear_line(text: str, fault: str) -> None:
    with pytest.raises(DeclaredError) as raised:
        read_declared(text, "c.toml")
    assert fault in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ((), True),
        (("billing",), True),
        (("bill*",), True),
        (("CA1*.tape",), True),
        (("sales", "*/x.tape"), False),
        (("",), False),
    ],
)
def test_where_a_change_holds(where: tuple[str, ...], holds: bool) -> None:
    assert DeclaredChange("a", "b", "1", frozenset({"audio"}), where).holds("CA12.tape", "billing") is holds
    assert not DeclaredChange("a", "b", "1", frozenset({"audio"}), ("",)).holds("CA12.tape", "")


def change(name: str, *kinds: DecisionKind, where: tuple[str, ...] = ()) -> DeclaredChange:
    return DeclaredChange(name, "b", "1", frozenset(kinds), where)


def finding(*differences: list[Change]) -> ReplayFinding:
    made = [Difference(0, 0.0, Tick(), [], [], changes) for changes in differences]
    return ReplayFinding(Tape(TapeHeader("CA1", line="billing")), made)


@pytest.mark.parametrize(
    ("differences", "declared", "used"),
    [
        ([], [change("a", "audio")], []),
        ([[Change("endpoint", "new")]], [], None),
        ([[Change("endpoint", "new")]], [change("a", "endpoint"), change("b", "text")], ["a"]),
        ([[Change("endpoint", "new")]], [change("a", "endpoint", where=("sales",))], None),
        ([[Change("endpoint", "new")]], [change("a", "timing")], None),
        ([[Change("endpoint", "new", later_s=0.1)]], [change("a", "timing")], ["a"]),
        # What follows from a decision in the same event needs no declaration, and is none.
        ([[Change("yield", "new"), Change("playout", "new"), Change("note", "new")]], [change("a", "yield")], ["a"]),
        ([[Change("yield", "new"), Change("playout", "new")]], [change("a", "playout")], None),
        ([[Change("playout", "new")]], [change("a", "playout")], ["a"]),
        ([[Change("yield", "new"), Change("verdict", "new")]], [change("a", "yield")], None),
        (
            [[Change("yield", "new"), Change("verdict", "new")]],
            [change("a", "yield"), change("b", "verdict")],
            ["a", "b"],
        ),
        ([[Change("audio", "other")], [Change("end", "new")]], [change("a", "audio")], None),
        ([[Change("audio", "other")], [Change("audio", "other")]], [change("a", "audio")], ["a"]),
    ],
)
def test_which_declared_changes_are_needed(
    differences: list[list[Change]], declared: list[DeclaredChange], used: list[str] | None
) -> None:
    found = needed(finding(*differences), "CA12.tape", declared)
    assert (None if found is None else [one.name for one in found]) == used


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "9" * 5000])
def test_a_file_that_exhausts_its_reader_is_one_line(text: str) -> None:
    with pytest.raises(DeclaredError, match=r"x\.toml: "):
        read_declared(text, "x.toml")
