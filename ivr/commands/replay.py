"""Run `ivr replay`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final

import typer

from ivr.commands import console, terminal
from ivr.commands.live_agent import LiveError, SettingsError, ask_live
from ivr.media.vad import scorer
from ivr.replay import tape_file
from ivr.replay.compare.declared import DECLARED_FILE, DeclaredChange, DeclaredError, read_declared
from ivr.replay.compare.difference import compare
from ivr.replay.compare.folder import judge_all
from ivr.replay.compare.junit import gate_junit
from ivr.replay.compare.rescored import rescore, score_lines
from ivr.replay.compare.show import lines
from ivr.replay.compare.table import folder_lines, folder_table
from ivr.replay.compare.verdict import FolderVerdict, judged, summed
from ivr.replay.grid.command import weigh
from ivr.replay.output import write_output
from ivr.replay.processes import processes
from ivr.replay.progress import counted_up
from ivr.replay.tape import Tape, TapeError
from ivr.replay.tape_folder import must_decide, tapes_below
from ivr.replay.terminal_text import printable
from ivr.replay.what_if.changes import ChangeError
from ivr.replay.what_if.command import what_if
from ivr.replay.why.effects import UnknownEffect
from ivr.replay.why.story import why

app = typer.Typer(add_completion=False)

TELL_INDENT: Final = 12
"""Columns in front of the words of an indented line."""

SetOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="What would have changed with this option: endpoint_ms=700."),
]
FromTurn = Annotated[
    int | None, typer.Option(metavar="N", help="With --set: the call is the same up to this turn.", min=0)
]
GridOptions = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=V,V,...", help="Wait against cut-offs for each value: endpoint_ms=300,500,700."),
]
GridPage = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Draw the grid on a page.")]


@app.command()
def replay(
    tape: Annotated[Path, typer.Argument(metavar="TAPE", help="A tape of a call, or a folder of tapes.")],
    declared: Annotated[
        Path | None,
        typer.Option(help=f"Which decisions may differ; {DECLARED_FILE} is read when it is there.", metavar="FILE"),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes for a folder; all cores.", metavar="N", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML into this file.", metavar="FILE")] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Score the caller's audio again with today's VAD model.")
    ] = False,
    because: Annotated[
        str | None,
        typer.Option(
            "--why", help="What led to this: `yield 2`, `clear at 25.72`; `list` names all.", metavar="EFFECT"
        ),
    ] = None,
    changed: SetOptions = None,
    from_turn: FromTurn = None,
    grid: GridOptions = None,
    page: GridPage = None,
    live: Annotated[
        str, typer.Option(help="Ask your agent of today the questions of this tape.", metavar="agent=URL")
    ] = "",
    fail_on: Annotated[
        list[str] | None,
        typer.Option(help="With --live: exit code 1 for this; repeat it.", metavar="text|action|slower"),
    ] = None,
) -> None:
    """Run calls on tapes again with today's code: the same, or the first difference in words.

    Says what was decided then and now, the inputs before it, and what the caller
    would have noticed. A folder: all tapes in it, as a table.

    With --set the calls are run as they would have been: the caller does the
    same, the services answer as they did, and what rests on an answer that is not
    on the tape is counted as modelled.

    Exit code 0: the same, or declared. 1: something differs that is not declared.
    2: nothing could be read.
    """
    with terminal.one_line(TapeError, DeclaredError, UnknownEffect, ChangeError, LiveError, SettingsError, OSError):
        if changed or grid or page or from_turn is not None:
            otherwise(tape, changed or (), grid or (), from_turn, page, jobs or processes(), as_json=as_json)
            return
        if because is not None:
            explain(tape, because)
            return
        changes = declared_changes(declared)
        if live or fail_on:
            good = ask_live(bridge_tape(tape), live, fail_on or (), as_json=as_json)
        elif tape.is_dir() and not score:
            good = gate(tape, changes, jobs or processes(), as_json=as_json, junit=junit)
        else:
            one = scored_again(bridge_tape(tape)) if score else bridge_tape(tape)
            good = again(one, tape, changes, as_json=as_json, junit=junit)
    if not good:
        raise typer.Exit(1)


def otherwise(
    tape: Path,
    changes: Sequence[str],
    grid: Sequence[str],
    from_turn: int | None,
    page: Path | None,
    jobs: int,
    *,
    as_json: bool,
) -> None:
    """Show what would have been with other options, or with each of several values. Raises ChangeError, TapeError."""
    out, err = console.out, console.err
    if page is not None and not grid:
        raise ChangeError("-o draws a grid: add --grid NAME=VALUE,VALUE,...")
    if grid and from_turn is not None:
        raise ChangeError("a grid is run over whole calls: leave --from-turn out")
    if grid:
        weigh(tape, grid, changes, out, err, jobs=jobs, as_json=as_json, page=page)
    elif changes:
        what_if(tape, changes, out, err, jobs=jobs, as_json=as_json, from_turn=from_turn)
    else:
        raise ChangeError("--from-turn needs --set NAME=VALUE: what is otherwise from this turn on")


def declared_changes(path: Path | None) -> list[DeclaredChange]:
    """Return the declared changes. Raises DeclaredError, OSError."""
    if path is None:
        path = Path(DECLARED_FILE)
        if not path.exists():
            return []
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DeclaredError(f"{path}: this is no text") from None
    return read_declared(text, str(path))


def bridge_tape(path: Path) -> Tape:
    """Read a tape of the bridge. Raises TapeError, OSError."""
    if path.is_dir():
        raise TapeError(f"{path}: this is a folder; --why, --score and --live are for one tape")
    return must_decide(tape_file.read(path), path.name)


def again(tape: Tape, path: Path, changes: Sequence[DeclaredChange], *, as_json: bool, junit: Path | None) -> bool:
    """Run one tape again exactly, and show what came of it. Return whether all decisions are the same, or declared."""
    began = perf_counter()
    found = compare(tape)
    took = perf_counter() - began
    verdict = judged(found, path.name, changes)
    if junit is not None:
        write_output(junit, gate_junit(FolderVerdict([verdict])).encode())
    if as_json:
        typer.echo(terminal.as_json(verdict.as_json()))
    else:
        for line in lines(found, path.name, took):
            tell(line)
        for name in verdict.needs:
            console.out.print(f"declared: {name}", markup=False)
    return verdict.result != "different"


def scored_again(tape: Tape) -> Tape:
    """Return a tape with today's scores, and show how they differ from those of then. Raises TapeError."""
    found = rescore(tape, scorer.factory())
    for line in score_lines(found, scorer.default_identity()):
        console.err.print(line, markup=False)
    return found.tape


def explain(path: Path, effect: str) -> None:
    """Show what led to an effect on one call. Raises UnknownEffect, TapeError, OSError."""
    for line in why(bridge_tape(path), effect):
        tell(line)


def tell(line: str) -> None:
    """Print a line. On a terminal a long one goes on below its words, else it stays whole, for `grep`."""
    line = printable(line)
    indent = TELL_INDENT if line.startswith("  ") else 0
    if console.out.is_terminal and len(line) > console.out.width > 2 * TELL_INDENT:
        start = line[:indent]
        body = textwrap.wrap(line[indent:], console.out.width - indent, break_long_words=False)
        line = "\n".join((start if not place else " " * indent) + part for place, part in enumerate(body))
    console.out.print(line, markup=False)


def gate(folder: Path, changes: Sequence[DeclaredChange], jobs: int, *, as_json: bool, junit: Path | None) -> bool:
    """Run every tape of a folder again, and show a table. Return whether all is the same, or declared."""
    paths = tapes_below(folder)
    jobs = min(jobs, len(paths))
    began = perf_counter()
    with counted_up(console.err, len(paths), quiet=as_json) as done:
        found = summed(judge_all(paths, folder, changes, jobs, done), changes)
    took = perf_counter() - began
    if junit is not None:
        write_output(junit, gate_junit(found).encode())
    if as_json:
        typer.echo(terminal.as_json(found.as_json()))
    else:
        table = folder_table(found)
        if table is not None:
            console.out.print(table, soft_wrap=False)
            console.out.print()
        for line in folder_lines(found, took, jobs):
            console.out.print(line, markup=False)
    if not found.compared:
        raise TapeError(f"{folder}: none of {len(paths)} tapes could be compared")
    return not found.results["different"]
