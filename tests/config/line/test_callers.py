"""Which callers are taken, before the call is."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.config.line import callers as rules
from ivr.config.line.callers import Blocked, Callers, read_blocked, read_callers


def blocked(*rows: str) -> Blocked:
    found, problems = read_blocked(rows, "blocked")
    assert problems == []
    return found


@pytest.mark.parametrize(
    ("rows", "caller", "held"),
    [
        (["+966500000009"], "+966500000009", True),
        (["+966 50 000-0009"], "966500000009", True),
        (["00966500000009"], "tel:+966500000009", True),
        (["+966500000009"], "sip:+966500000009@trunk.example;user=phone", True),
        (["+966500000009"], "+966500000001", False),
        (["+1900*"], "+19005550100", True),
        (["+1 900 *"], "+19005550100", True),
        (["+1900*"], "+1901", False),
        (["+1900*", "+96655*"], "sip:+966551234567@trunk.example", True),
        (["sip:spam@trunk.example"], "sip:spam@TRUNK.example:5060", True),
        (["sip:spam@trunk.example"], "sip:other@trunk.example", False),
        (["+1900*"], "client:1900", False),
        ([], "+966500000009", False),
        (["# nothing", "", "+966500000009  # rude"], "+966500000009", True),
        (["+٩٦٦500000009"], "+966500000009", True),
    ],
)
def test_numbers_and_beginnings(rows: list[str], caller: str, held: bool) -> None:
    assert blocked(*rows).holds(caller) == held


@pytest.mark.parametrize(
    "row", ["0500000009", "+1*", "*", "+19*", "0900*", "hello", "hello*", "+966500000009 *x", "sip:*"]
)
def test_a_row_that_is_no_number_is_named_by_its_place(row: str) -> None:
    found, problems = read_blocked(["+966500000001", row], "blocked")
    assert len(found) == 1
    assert problems == [
        "blocked 2: write a number such as +966500000009, the beginning of numbers such as +1900*, or sip:user@host"
    ]


def test_too_many_rows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_BLOCKED", 2)
    found, problems = read_blocked(["+966500000001", "+966500000002", "+966500000003"], "blocked_file line")
    assert len(found) == 2
    assert problems == ["blocked_file line: more than 2: write beginnings such as +1900*"]


def test_the_first_faults_are_enough() -> None:
    assert len(read_blocked(["x"] * 100, "blocked")[1]) == 3


@pytest.mark.parametrize(
    ("caller", "anonymous", "verdict"),
    [
        ("anonymous", "say", "say"),
        ("Anonymous", "reject", "reject"),
        ("+266696687", "voicemail", "voicemail"),
        ("266696687", "say", "say"),
        ("sip:anonymous@anonymous.invalid", "say", "say"),
        ("Restricted", "say", "say"),
        ("", "say", "say"),
        ("anonymous", "take", "take"),
        ("+966500000001", "reject", "take"),
        ("+966500000009", "take", "reject"),
        ("+966500000008", "take", "reject"),
        ("sip:anne@trunk.example", "reject", "take"),
    ],
)
def test_the_verdict(caller: str, anonymous: Any, verdict: str) -> None:
    chosen = Callers(anonymous, blocked("+966500000009"))
    assert chosen.verdict(caller, [blocked("+966500000008")]) == verdict


def test_a_line_adds_to_what_all_lines_have() -> None:
    of_all, _ = read_callers({"anonymous": "say", "blocked": ["+966500000009"], "blocked_file": "a"}, Callers())
    own, problems = read_callers({"blocked": ["+966500000008"], "blocked_file": "b"}, of_all)
    assert problems == []
    assert (own.anonymous, len(own.blocked), own.blocked_files) == ("say", 2, ("a", "b"))
    assert read_callers({"anonymous": "take", "blocked_file": "a"}, of_all)[0].blocked_files == ("a",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("all", "callers: write a table with anonymous, blocked, blocked_file"),
        ({"block": []}, "callers: block: there is no such key; the keys are anonymous, blocked, blocked_file"),
        ({"anonymous": "hang up"}, 'anonymous: write "take", "reject", "say" or "voicemail"'),
        ({"anonymous": 1}, 'anonymous: write "take", "reject", "say" or "voicemail"'),
        ({"blocked": "+966500000009"}, "blocked: write a list: write a number"),
        ({"blocked": [966500000009]}, "blocked: write a list: write a number"),
        ({"blocked": ["x"]}, "blocked 1: write a number"),
        ({"blocked_file": 1}, "blocked_file: write the name of a file in quotes"),
    ],
)
def test_what_is_wrong_is_one_line(table: Any, said: str) -> None:
    (problem,) = read_callers(table, Callers())[1]
    assert problem.startswith(said)


def test_it_does_not_print_numbers() -> None:
    assert repr(blocked("+966500000009", "+1900*")) == "<Blocked 2>"
