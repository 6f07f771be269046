"""What a developer sees of a suite."""

from __future__ import annotations

import io

from rich.console import Console

from ivr.testbench.suite.run import PlayedCall
from ivr.testbench.suite.summary import progress, table, verdict
from tests.testbench.suite.played import NO_DEV, played


def lines(call: PlayedCall) -> list[str]:
    return [line for line, _ in progress(call)]


def test_line_for_each_call() -> None:
    assert lines(played("a", 800.0, None, 1250.0)) == ["ok    a   20.0 s, answers after 0.8, 1.2 s"]
    assert lines(played("a", number=2)) == ["ok    a #2   20.0 s"]
    assert lines(played("a", unmet=["one", "two"])) == ["FAIL  a   20.0 s", "      one", "      two"]
    assert lines(played("a", 9.0, untold=NO_DEV, not_known=["whether"], on_time=False)) == [
        "ok    a   20.0 s, answers after 0.1 s",
        "      not known: whether",
        "      the phone itself was late: this machine was too busy for exact figures",
    ]
    assert lines(played("a", error="a.toml: step 1: x.wav: missing")) == [
        "ERROR a",
        "      a.toml: step 1: x.wav: missing",
    ]


def test_table_has_a_row_for_each_scenario() -> None:
    text = io.StringIO()
    calls = [
        played("a", 800.0, 900.0),
        played("a", 1000.0, number=2, unmet=["late"], silence_ms=2500.0),
        played("b"),
        played("c", error="x"),
    ]
    Console(file=text, width=80).print(table(calls))
    assert [line.split() for line in text.getvalue().splitlines()[1:]] == [
        ["a", "1", "of", "2", "900", "1000", "2500"],
        ["b", "1", "of", "1", "-", "-", "2000"],
        ["c", "0", "of", "1", "-", "-", "-"],
    ]


def test_verdict_is_the_exit_code() -> None:
    good, unsure = played("a"), played("a", untold=NO_DEV, not_known=["whether"])
    bad, broken = played("a", unmet=["late"]), played("a", error="x")
    assert verdict([good])[::2] == ("PASSED: 1 call", 0)
    assert verdict([good, unsure])[::2] == ("PASSED, as far as a phone can tell: 2 calls, 1 not known in full", 0)
    assert verdict([good, bad, bad])[::2] == ("FAILED: 2 of 3 calls", 1)
    assert verdict([bad, broken])[::2] == ("NOT RUN: 1 of 2 calls could not be made", 2)
