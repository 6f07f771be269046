"""Run `ivr replay`."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from ivr.commands import terminal
from ivr.replay import tape_file
from ivr.replay.compare.difference import compare
from ivr.replay.compare.show import lines
from ivr.replay.tape import Tape, TapeError

app = typer.Typer(add_completion=False)


@app.command()
def replay(
    tape: Annotated[Path, typer.Argument(metavar="TAPE", help="A tape of a call.")],
) -> None:
    """Run calls on tapes again with today's code: the same, or the first difference in words.

    Says what was decided then and now, the inputs before it, and what the caller
    would have noticed.

    Exit code 0: the same. 1: something differs. 2: the tape cannot be read.
    """
    with terminal.one_line(TapeError, OSError):
        one = tape_file.read(tape)
        if one.header.side != "bridge":
            raise TapeError(f"{tape.name}: a tape of a phone holds no decisions; run the bridge's own again")
    if not again(one, tape):
        raise typer.Exit(1)


def again(tape: Tape, path: Path) -> bool:
    """Run one tape again exactly, and show what came of it. Return whether all decisions are the same."""
    began = perf_counter()
    found = compare(tape)
    took = perf_counter() - began
    for line in lines(found, path.name, took):
        terminal.out.print(line, markup=False)
    return found.same
