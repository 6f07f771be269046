"""Run `ivr tape`: list tapes, show one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands import terminal
from ivr.replay import tape_file
from ivr.replay.edit import json_form
from ivr.replay.edit.catalogue import catalogue, moment_of
from ivr.replay.edit.show import ShownPart, shown
from ivr.replay.tape import Tape, TapeError

app = typer.Typer(
    help="List, show, examine, cut and redact tapes of calls.", no_args_is_help=True, add_completion=False
)

TapePath = Annotated[Path, typer.Argument(metavar="TAPE", help="A tape.")]


def read(path: Path) -> Tape:
    """Read a tape; where it cannot be read, end the command with one line."""
    with terminal.one_line(TapeError, OSError):
        return tape_file.read(path)


@app.command(name="list")
def list_tapes(
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", envvar="IVR_TAPES", help="Folders or tapes; without: IVR_TAPES, or tapes."),
    ] = None,
    trouble: Annotated[str | None, typer.Option(help="Only calls with this kind of trouble.", metavar="KIND")] = None,
    line: Annotated[str | None, typer.Option(help="Only calls of this line.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before: 2026-11-30, 2026-11-30T15:00, or 2h, 3d ago.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a tape.")] = False,
) -> None:
    """Say what tapes there are, the newest first: when, how long, how the call ended, what was wrong."""
    with terminal.one_line(OSError, ValueError):
        start = None if since is None else moment_of(since, datetime.now(UTC))
        found = catalogue(places or [Path("tapes")], since=start, line=line, trouble=trouble)
    for entry in found:
        typer.echo(json.dumps(entry.as_json(), ensure_ascii=False) if as_json else str(entry))
    if not found and not as_json:
        typer.echo("no tapes")


@app.command()
def show(
    path: TapePath,
    turn: Annotated[int | None, typer.Option(help="Only this turn, with what led to it.")] = None,
    start: Annotated[float | None, typer.Option("--from", help="Seconds of the call.", metavar="S")] = None,
    end: Annotated[float | None, typer.Option("--to", help="Seconds of the call.", metavar="S")] = None,
    each: Annotated[bool, typer.Option("--all", help="Each frame has a line.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All of it, a line of JSON a record.")] = False,
) -> None:
    """Show a call: a line an event, with its time, who has the floor, and what was decided."""
    tape = read(path)
    if as_json:
        for record in json_form.lines(tape):
            typer.echo(json.dumps(record, ensure_ascii=False))
        return
    lowest, highest = float("-inf") if start is None else start, float("inf") if end is None else end
    for words in shown(tape, ShownPart(turn, lowest, highest, each)):
        typer.echo(words)
