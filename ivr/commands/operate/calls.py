"""Run `ivr calls`: list, show, export and delete the records of calls."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, TextIO

import typer
from rich.markup import escape
from sqlalchemy import Connection

from ivr.commands import console, terminal
from ivr.commands.terminal import Dev
from ivr.config.recordings import recording_place
from ivr.config.settings import Settings
from ivr.recording.shelf import RecordingShelf
from ivr.records import export as writers
from ivr.records.database import DatabaseProblem, make_engine, prepare, reading, sqlite_file, writing
from ivr.records.folder import own_key
from ivr.records.moments import moment
from ivr.records.queries import (
    CallFilter,
    call_rows,
    calls_of_number,
    calls_where,
    delete_calls,
    each_call,
    files_of,
    list_calls,
)
from ivr.records.record import number_key, plain_number
from ivr.records.shapes import Row, call_object
from ivr.records.store import forget
from ivr.replay.terminal_text import printable

app = typer.Typer(
    help="List, show, export and delete the records of calls.", no_args_is_help=True, add_completion=False
)

Format = Literal["csv", "json", "vcon"]
_LINES: Final = {"csv": writers.csv_line, "json": writers.json_line, "vcon": writers.vcon_line}

OfLine = Annotated[str | None, typer.Option(help="Only calls of this line, by its name.")]
Since = Annotated[str | None, typer.Option(help="Not before: 2026-11-30, 2026-11-30T15:00, or 2h, 3d ago.")]
EndedAs = Annotated[str | None, typer.Option("--result", help="Only calls that ended so: success, ...; or open.")]


@contextlib.contextmanager
def records(dev: bool, *, write: bool = False) -> Iterator[tuple[Settings, Connection]]:
    """Open the database; where that cannot be done, end the command with one line."""
    settings = terminal.settings(dev)
    if not settings.keeps_records:
        terminal.stop("IVR_DATABASE_URL is off: no records are kept")
    with terminal.one_line(DatabaseProblem, OSError, ValueError):
        file = sqlite_file(settings)
        if file is not None and not file.exists():
            terminal.stop(f"{file}: there are no records yet")
        engine = make_engine(settings)
        try:
            prepare(engine, settings)
            with writing(engine) if write else reading(engine) as connection:
                yield settings, connection
        finally:
            engine.dispose()


def chosen(line: str | None, since: str | None, result: str | None = None, before: str | None = None) -> CallFilter:
    """Return which calls are meant. Raises ValueError."""
    now = time.time()
    return CallFilter(
        line, result, None if since is None else moment(since, now), None if before is None else moment(before, now)
    )


@app.command(name="list")
def list_(
    line: OfLine = None,
    since: Since = None,
    result: EndedAs = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a call.")] = False,
    dev: Dev = False,
) -> None:
    """Say what calls there were, the newest first."""
    with records(dev) as (_, connection):
        found = list_calls(connection, chosen(line, since, result), limit)
    if as_json:
        for call in found:
            shown = call_object(call)
            typer.echo(terminal.as_json({name: shown[name] for name in shown if name not in _OF_ONE}))
        return
    if not found:
        typer.echo("no calls")
        return
    # Not cut to the window's width: an operator copies ids out of it.
    lines = [("started", "call", "line", "seconds", "turns", "wait", "end"), *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip())


_OF_ONE: Final = ("turns", "notes", "faults", "files")
"""What only one call is shown with."""


def _cells(call: Row) -> tuple[str, ...]:
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(call["started_at"]))
    end = f"{call['result']} {call['reason']}" if call["ended_at"] is not None else "open"
    seconds = "" if call["seconds"] is None else f"{call['seconds']:.0f}"
    resumed = f", resumed {call['resumed']}" if call["resumed"] else ""
    cells = (
        started,
        call["call_id"],
        call["line"],
        seconds,
        str(call["turns"]),
        _ms(call["wait_p50_ms"]),
        end + resumed,
    )
    return tuple(map(printable, cells))


def _ms(wait: int | None) -> str:
    return "" if wait is None else f"{wait / 1000:.1f} s"


@app.command()
def show(
    call: Annotated[str, typer.Argument(metavar="CALL", help="The call's id, CA...")],
    as_json: Annotated[bool, typer.Option("--json", help="All of it, as events have it.")] = False,
    dev: Dev = False,
) -> None:
    """Show a call: how it ended, its turns and waits, its words where they are kept."""
    with records(dev) as (_, connection):
        try:
            row, turns, counts, files = call_rows(connection, call)
        except LookupError:
            terminal.stop(f"{call}: there is no record of this call")
    shown = call_object(row, turns, counts, files)
    if as_json:
        typer.echo(terminal.as_json(shown, indent=2))
        return

    def tell(text: str) -> None:
        console.out.print(escape(printable(text)))

    _, _, _, seconds, _, _, end = _cells(row)
    tell(f"{row['call_id']}  line {row['line']}, {row['direction']}, node {row['node']}, keeps {row['keep']}")
    tell(f"{shown['started']}  {seconds or '?'} s  {end}")
    if row["caller"]:
        tell(f"from {row['caller']} to {row['called']}")
    for turn in shown["turns"]:
        parts = ", ".join(f"{party} {took}" for party, took in turn["parts_ms"].items())
        waited = f"  {_ms(turn['wait_ms'])} ({parts} ms)" if turn["wait_ms"] is not None else ""
        failure = f" {turn['failure']}" if turn["failure"] else ""
        tell(f"{turn['at_s']:8.1f}  {turn['number']:>3} {turn['kind']} {turn['outcome']}{failure}{waited}")
        for who, words in (("caller", "asked"), ("agent", "heard"), ("unheard", "unheard")):
            if turn.get(words):
                tell(f"          {who}: {turn[words]}")
    for kind in ("notes", "faults"):
        if shown[kind]:
            tell(f"{kind}: {', '.join(f'{name} {number}' for name, number in shown[kind].items())}")
    for file in shown["files"]:
        tell(f"{file['kind']}: {file['name']}")


@app.command()
def export(
    format_: Annotated[Format, typer.Option("--format", help="A line a call.")] = "csv",
    line: OfLine = None,
    since: Since = None,
    result: EndedAs = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; without: standard output.")] = None,
    dev: Dev = False,
) -> None:
    """Write calls for other programs, the oldest first: a table, lines of JSON, or vCons."""
    with records(dev) as (_, connection), _opened(out) as file:
        if format_ == "csv":
            file.write(writers.csv_head())
        number = 0
        for found in each_call(connection, chosen(line, since, result)):
            file.write(_LINES[format_](*found))
            number += 1
    if out is not None:
        typer.echo(f"{number} calls in {out}")


@contextlib.contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Open where an export goes. A file is the operator's alone: it may hold words and numbers."""
    if out is None:
        yield sys.stdout
        return
    out.touch(mode=0o600)
    with out.open("w", encoding="utf-8", newline="") as file:
        yield file


@app.command()
def delete(
    number: Annotated[str | None, typer.Option(help="Calls from or to this telephone number.")] = None,
    call: Annotated[str | None, typer.Option(help="This call.", metavar="CALL")] = None,
    before: Annotated[str | None, typer.Option(help="Calls before: 2026-11-30, or 90d ago.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dev: Dev = False,
) -> None:
    """Delete all that is kept of calls: records, words, and their tapes and recordings on this machine."""
    if [number, call, before].count(None) != 2:
        terminal.stop("say which calls: one of --number, --call, --before")
    now = time.time()

    def meant(connection: Connection) -> list[str]:
        if number is not None:
            return calls_of_number(connection, plain_number(number), key)
        if call is not None:
            return [call]
        return calls_where(connection, chosen(None, None, before=before))

    with records(dev) as (settings, connection):
        key = _key(settings, number) if number is not None else ""
        found = meant(connection)
        files = files_of(connection, found)
    if not yes:
        what = f"{len(found)} calls, {len(files)} tapes and recordings"
        typer.confirm(f"Delete {what}? They cannot be had again.", abort=True)
    # Asked again: the keeper writes while the operator thinks.
    with records(dev, write=True) as (_, connection):
        found = meant(connection)
        files = files_of(connection, found)
        gone = delete_calls(connection, found)
        # Of what still waits in the spool of a machine, nothing is written either.
        if key:
            forget(connection, "number", key, now)
        for one in found if before is None else ():
            forget(connection, "call", one, now)
    with terminal.one_line(OSError):
        tapes = sum(_deleted(settings, row) for row in files if row["kind"] == "tape")
        left = [row for row in files if row["kind"] != "tape"]
        here = [row for row in left if _deleted(settings, row)]
    typer.echo(f"deleted: {gone} calls with their turns, {tapes} tapes, {len(here)} recordings")
    if left := [row for row in left if row not in here]:
        typer.echo("not on this machine: where these recordings are kept, run `ivr recording delete CALL` for")
        for call_id in dict.fromkeys(row["call_id"] for row in left):
            typer.echo(f"  {printable(call_id)}")


def _key(settings: Settings, number: str) -> str:
    secret = settings.records_key.get_secret_value().encode() or own_key(settings.data_dir)
    return number_key(secret, number)


def _deleted(settings: Settings, row: Row) -> bool:
    """Delete a tape or a recording of this machine; return whether it was there. Raises OSError."""
    name = Path(row["name"])
    if not name.name or name.name != row["name"]:
        return False
    if row["kind"] == "tape":
        if settings.tapes is None:
            return False
        path = settings.tapes / name
        there = path.exists()
        path.unlink(missing_ok=True)
        return there
    shelf = RecordingShelf(recording_place(settings).folder)
    path = shelf.folder / name
    if there := path.exists():
        shelf.delete(path)
    return there
