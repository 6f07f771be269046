"""A grid of values: the trade-off between waits and cut-offs, as a table and as a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ivr.commands import console, replay
from ivr.replay import tape_file
from ivr.replay.grid.page import grid_page, plot
from ivr.replay.grid.points import GridPoint, grid_cells, grid_point, grid_points, grid_table, grid_variants
from ivr.replay.tape import Tape
from ivr.replay.what_if.outcome import CallOutcome, Happened
from ivr.replay.what_if.summing import wait_change
from ivr.replay.what_if.tape_result import TapeResult


def outcome(wait_ms: float, cut: int = 0, answers: int = 10) -> CallOutcome:
    waits = [Happened(float(at), wait_ms, modelled=at == 0) for at in range(answers)]
    return CallOutcome(waits=waits, cut_off=[Happened(1.0)] * cut)


def test_every_pair_of_values_is_a_variant() -> None:
    grid = {"endpoint_ms": [300, 500], "lead_ms": [200, 400]}
    variants = grid_variants(grid, {"fade_ms": 20})
    assert len(variants) == 4
    assert variants[1] == {"fade_ms": 20, "endpoint_ms": 300, "lead_ms": 400}


def test_points_say_what_came_of_all_calls() -> None:
    results = [
        TapeResult("a", before=outcome(1000), after=[outcome(900, 2), outcome(1200)]),
        TapeResult("b", before=outcome(1000), after=[outcome(900, 1), outcome(1200)]),
        TapeResult("c", error="no tape"),
    ]
    was, short, long = grid_points({"endpoint_ms": [300, 700]}, results)
    assert (was.name, was.wait_ms, was.cut_off, was.values) == ("as it was", 1000, 0, ())
    assert (short.name, short.wait_ms, short.cut_off, short.cut_share) == ("300", 900, 3, 15.0)
    assert (long.wait_ms, long.p95_ms, long.modelled, long.answers) == (1200, 1200, 2, 20)
    assert grid_cells(was)[-1] == "" and grid_cells(short)[-1] == "2 of 20"
    table = grid_table({"endpoint_ms": [300, 700]}, [was, short, long])
    console = Console(width=80, file=StringIO())
    console.print(table)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert table.row_count == 3
    # Every name and figure is whole at 80 columns.
    assert said.count("2 of 20") == 2 and "modelled" in said
    assert "…" not in said and "as it was" in said and "endpoint_ms" in said and "barge-ins" in said


def test_a_point_without_answers_has_no_wait() -> None:
    empty = grid_point((1,), [CallOutcome()], [CallOutcome()])
    assert (empty.wait_ms, empty.cut_share, grid_cells(empty)[0]) == (None, 0.0, "")
    assert "<circle" not in plot([empty], 1)


def test_the_same_turns_are_compared() -> None:
    before = CallOutcome(waits=[Happened(5.0, 1000), Happened(20.0, 4000), Happened(40.0, 500)])
    after = CallOutcome(waits=[Happened(5.1, 1200), Happened(20.0, 4400), Happened(60.0, 9000)])
    assert wait_change([(before, after)]) == 300
    assert wait_change([(before, CallOutcome())]) is None
    # One in ten at each end is an extreme.
    many = CallOutcome(waits=[Happened(float(at), 1000) for at in range(0, 100, 10)])
    wild = CallOutcome(waits=[Happened(float(at), 9000 if at == 0 else 1100) for at in range(0, 100, 10)])
    assert wait_change([(many, wild)]) == 100


class Well(HTMLParser):
    """Check that every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone() -> None:
    grid = {"endpoint_ms": [300, 500, 700], "lead_ms": [200, 400]}
    points = [
        GridPoint((), 40, 1000.0, 1900.0, 0, 1, 1, 1, 0),
        *(
            GridPoint((e, p), 40, 900.0 + e / 10 + p, None, e // 300, 1, 0, 2, 3)
            for e in (300, 500, 700)
            for p in (2, 4)
        ),
    ]
    page = grid_page(grid, points, 12, 33.0)
    reader = Well()
    reader.feed(page)
    assert reader.open == []
    assert not re.search(r"https?://|src=|@import|url\(", page)
    assert page.count("<polyline") == 3 and page.count('class="point') == 7
    assert page.count('tabindex="0"') == 8 and "prefers-color-scheme: dark" in page
    assert "12 calls, 33.0 minutes" in page
    told = re.findall(r'aria-label="([^"]+)"', page)
    said = "as it was: first audio after 1000 ms, 95 of 100 within 1900 ms; 0 callers cut off in 40 answers"
    assert sum(said in one for one in told) == 1


def test_words_of_near_points_do_not_cover_each_other() -> None:
    points = [GridPoint((n,), 100, 1000.0 + n, None, 0, 0, 0, 0, 0) for n in (1, 2, 3, 200)]
    drawn = re.findall(r'<text x="([\d.]+)" y="([\d.-]+)" text-anchor="(?:end|start)">(\d+)<', plot(points, 4))
    levels = {name: float(y) for _, y, name in drawn[-4:]}
    assert len({levels["1"], levels["2"], levels["3"]}) == 3


def test_a_grid_as_a_developer_asks_for_it(
    tmp_path: Path, plain: Tape, paused: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out, "width", 140)
    tape_file.write(tmp_path / "plain.tape", plain)
    tape_file.write(tmp_path / "paused.tape", paused)
    page = tmp_path / "grid.html"
    asked = [str(tmp_path), "--grid", "endpoint_ms=200,1200", "--set", "endpoint_least_ms=200", "--jobs", "1"]
    ran = CliRunner().invoke(replay.app, [*asked, "-o", str(page)])
    assert ran.exit_code == 0, ran.output
    rows = {line.split()[0]: line.split() for line in ran.output.splitlines() if line}
    assert rows["200"][2:4] == ["1", "33.3"] and rows["1200"][2] == "0"
    assert page.read_text().startswith("<!doctype html>")
    assert CliRunner().invoke(replay.app, asked).exit_code == 0
    wrong = CliRunner().invoke(replay.app, [str(tmp_path), "--grid", "endpoint_ms"])
    assert wrong.exit_code == 2 and "NAME=VALUE,VALUE" in wrong.stderr
    told = json.loads(CliRunner().invoke(replay.app, [*asked, "--json"]).stdout)
    assert told["grid"] == {"endpoint_ms": [200, 1200]} and [one["cut_off"] for one in told["points"]] == [0, 1, 0]
    (tmp_path / "junk.tape").write_bytes(b"x")
    assert CliRunner().invoke(replay.app, [str(tmp_path / "junk.tape"), *asked[1:]]).exit_code == 2


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    page = ["-o", str(tmp_path / "x.html")]
    for given, told in (
        (page, "-o draws a grid"),
        ([*page, "--set", "lead_ms=300"], "-o draws a grid"),
        (["--grid", "lead_ms=300", "--from-turn", "2"], "leave --from-turn out"),
    ):
        ran = CliRunner().invoke(replay.app, [str(tmp_path), *given])
        assert ran.exit_code == 2 and told in ran.stderr
