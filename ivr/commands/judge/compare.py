"""Run `ivr compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ivr.commands import console, terminal
from ivr.testbench.suite.compare import CompareError, FigureRow, compare, read, refusals
from ivr.testbench.suite.summary import counted

app = typer.Typer(add_completion=False)

_FINDING_STYLES = {"better": "green", "worse": "bold red", "too few calls": "yellow"}


@app.command("compare")
def compare_folders(
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder of `ivr test --out` or `ivr call --out`.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    baseline: Annotated[
        bool, typer.Option("--baseline", help="A is a baseline: refuse other settings, agent, voice or phrases.")
    ] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare what is not comparable.")] = False,
) -> None:
    """Compare the calls of two folders: is one better, or is it chance?

    Exit code 0: B is not worse than A. 1: it is. 2: they cannot be compared.
    """
    with terminal.one_line(CompareError):
        sides = (read(first), read(second))
        problems = list(refusals(*sides, baseline=baseline))
        if problems and not anyway:
            raise CompareError("\n".join(["not comparable (--anyway compares them all the same):", *problems]))
        found = compare(*sides)
        if not found.rows:
            raise CompareError(f"{first} and {second} have no scenario in common")
    for name, folder, calls in zip("AB", (first, second), sides, strict=True):
        console.out.print(f"{name}: {folder}, {counted(len(calls))}", markup=False)
    for note in found.notes:
        console.out.print(note, style="yellow", markup=False)
    console.out.print()
    console.out.print(table(found.rows), soft_wrap=False)
    console.out.print("ms; floor: what chance alone may do", style="dim")
    if found.worse:
        raise typer.Exit(1)


def table(rows: Sequence[FigureRow]) -> Table:
    """Return a row for each figure."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("")
    with_p95 = any(value is not None for row in rows for value in row.p95)
    for name in ("A", "B", *(("A p95", "B p95") if with_p95 else ()), "A worst", "B worst", "B - A", "floor"):
        made.add_column(name, justify="right")
    made.add_column("B is")
    for row in rows:
        form = ".0f" if row.unit else ".2f"
        figures = (*row.middle, *(row.p95 if with_p95 else ()), *row.worst)
        # A difference that rounds to nothing has no sign.
        difference = f"{row.difference:+{form}}" if float(f"{row.difference:{form}}") else f"{0:{form}}"
        shown = [*("–" if value is None else f"{value:{form}}" for value in figures), difference, f"{row.floor:{form}}"]
        made.add_row(row.name, *shown, Text(row.verdict, _FINDING_STYLES.get(row.verdict, "")))
    return made
