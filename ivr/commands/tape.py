"""Run `ivr tape`: list tapes, show, examine, cut and redact one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.media.vad.scorer import default_identity
from ivr.replay import tape_file
from ivr.replay.edit import json_form
from ivr.replay.edit.catalogue import catalogue, moment_of, tapes_in
from ivr.replay.edit.cut import CutTarget, DifferenceTarget, EffectTarget, TurnTarget
from ivr.replay.edit.cut import cut as cut_tape
from ivr.replay.edit.doctor import examined
from ivr.replay.edit.redact import redact as redact_tape
from ivr.replay.edit.rerun import Cutter
from ivr.replay.edit.show import ShownPart, shown
from ivr.replay.recorder.header import versions
from ivr.replay.tape import Tape, TapeError
from ivr.replay.tape_folder import is_phone_tape, must_decide
from ivr.replay.terminal_text import printable
from ivr.replay.trouble import KINDS

app = typer.Typer(
    help="List, show, examine, cut and redact tapes of calls.", no_args_is_help=True, add_completion=False
)

Output = Annotated[Path, typer.Option("--out", "-o", help="The tape that is written.", metavar="TAPE")]
TapePath = Annotated[Path, typer.Argument(metavar="TAPE", help="A tape.")]


def read(path: Path) -> Tape:
    """Read a tape; where it cannot be read, end the command with one line."""
    with terminal.one_line(TapeError, OSError):
        return tape_file.read(path)


@app.command(name="list")
def list_tapes(
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", envvar="IVR_TAPES", help="Folders or tapes; without: IVR_TAPES, or tapes."),
    ] = None,
    trouble: Annotated[
        str | None, typer.Option(help=f"Only calls with this trouble: {', '.join(KINDS)}.", metavar="KIND")
    ] = None,
    line: Annotated[str | None, typer.Option(help="Only calls of this line.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before: 2026-11-30, 2026-11-30T15:00, or 2h, 3d ago.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a tape.")] = False,
) -> None:
    """Say what tapes there are, the newest first: when, how long, how the call ended, what was wrong."""
    with terminal.one_line(OSError, ValueError):
        start = None if since is None else moment_of(since, datetime.now(UTC))
        found = catalogue(places or [Path("tapes")], since=start, line=line, trouble=trouble)
    for entry in found:
        typer.echo(terminal.as_json(entry.as_json()) if as_json else str(entry))
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
            typer.echo(terminal.as_json(record))
        return
    lowest, highest = float("-inf") if start is None else start, float("inf") if end is None else end
    with terminal.one_line(TapeError):
        for words in shown(tape, ShownPart(turn, lowest, highest, each)):
            typer.echo(words)


@app.command()
def cut(
    path: TapePath,
    output: Output,
    turn: Annotated[int | None, typer.Option(help="What was decided in this turn, and what was wrong with it.")] = None,
    effect: Annotated[
        str | None,
        typer.Option(help="A decision, as `ivr tape show` writes it behind →: 'clear at 00:25.72', 'hang up'."),
    ] = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="The first decision that today's code takes otherwise.")
    ] = False,
    patience: Annotated[float, typer.Option("--seconds", help="Time that it may take at most.", metavar="S")] = 60.0,
) -> None:
    """Find the smallest tape that still shows something: --turn N, --effect WORDS or --difference.

    Leaves out the rest of the call, turns, utterances, stretches of time, single
    events. Today's code runs each try.
    """
    if [turn is not None, effect is not None, difference].count(True) != 1:
        terminal.stop("say what the tape is to show: one of --turn, --effect, --difference")
    tape = readable_for(path, output)
    end = perf_counter() + patience
    with terminal.one_line(TapeError, OSError), console.err.status("running the call") as status:
        cutter = Cutter(tape)
        target: CutTarget
        if turn is not None:
            target = TurnTarget(tape, cutter.whole, turn)
        else:
            target = DifferenceTarget(tape) if effect is None else EffectTarget(tape, cutter.whole, effect)
        found = cut_tape(
            cutter,
            target,
            enough=lambda: perf_counter() > end,
            told=lambda level, events: status.update(f"leaving out {level}: {events} events left"),
        )
        tape_file.write(output, found.tape)
    console.out.print(escape(target.words))
    then, now = path.stat().st_size / 1000, output.stat().st_size / 1000
    console.out.print(
        f"{len(tape.moments)} -> {len(found.tape.moments)} events, {tape.seconds:.1f} -> {found.tape.seconds:.1f} s, "
        f"{then:.0f} -> {now:.0f} kB, {found.tries} runs"
    )
    console.out.print("nothing more can go" if found.finished else "more may go: the time was up, see --seconds")


def readable_for(path: Path, output: Path) -> Tape:
    """Read the tape of a bridge that another is to be made of; end the command with one line where that cannot be."""
    if output.exists() and path.exists() and output.samefile(path):
        terminal.stop(f"{output}: this is the tape itself, name another file")
    tape = read(path)
    with terminal.one_line(TapeError):
        must_decide(tape, path.name)
    if tape.started is None:
        terminal.stop(f"{path.name}: the tape does not hold the start of its call")
    with terminal.one_line(OSError):
        output.parent.mkdir(parents=True, exist_ok=True)
    return tape


@app.command()
def redact(path: TapePath, output: Output) -> None:
    """Write a tape without speech and numbers that still decides the same, fit for a public bug report.

    Words and numbers get stand-ins of the same length, audio becomes noise as
    loud as it was; every time stays. Words that the call's rules know stay
    readable. The result is run before it is written: every decision must be what
    it was.
    """
    tape = readable_for(path, output)
    with terminal.one_line(TapeError, OSError), console.err.status("looking for stand-ins"):
        found = redact_tape(tape)
        tape_file.write(output, found.tape)
    stays = f"{found.stays} stay readable, every time stays"
    console.out.print(f"{len(tape.moments)} events, every decision is the same; {stays}")


@app.command()
def doctor(
    places: Annotated[list[Path], typer.Argument(metavar="TAPE|DIR...", help="Tapes, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a tape.")] = False,
) -> None:
    """Say what would make calls irreproducible, and how late the process was.

    The tapes of phones in a folder are passed over.

    Exit code 0: every call can be run again exactly. 1: one cannot. 2: there is
    no such tape.
    """
    good, model = True, default_identity()
    examined_any = False
    with terminal.one_line(TapeError, OSError):
        for path, name in tapes_in(places):
            # In a folder, a phone's tape lies beside the bridge's; there is nothing to be run again.
            if path not in places and is_phone_tape(path):
                continue
            examined_any = True
            checked = examined(path, versions(), model)
            good = good and checked.reproducible
            if as_json:
                typer.echo(terminal.as_json({"tape": str(path), **checked.as_json()}))
                continue
            verdict = "reproducible" if checked.reproducible else "not reproducible"
            console.out.print(escape(printable(f"{name}: {verdict}")))
            for line in checked.lines:
                console.out.print(escape(printable(f"  {line}")))
        if not examined_any:
            raise TapeError(f"{places[0]}: there is no tape of a bridge in this folder")
    if not good:
        raise typer.Exit(1)
