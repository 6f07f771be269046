"""Run `ivr golden`: calls that are kept as tests."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands import console, terminal
from ivr.replay.golden import shelf
from ivr.replay.golden.expected import GoldenError
from ivr.replay.golden.place import placed
from ivr.replay.golden.suite import GoldenRun, junit, page, run_all
from ivr.replay.output import write_output
from ivr.replay.processes import processes
from ivr.replay.tape import TapeError
from ivr.replay.terminal_text import printable
from ivr.testbench.scenario import ScenarioError

app = typer.Typer(help="Keep calls as tests, and run them.", no_args_is_help=True, add_completion=False)

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where golden calls are.")]


@app.command()
def add(
    source: Annotated[Path, typer.Argument(metavar="TAPE|SCENARIO", help="A tape, or a scenario (.toml).")],
    name: Annotated[str, typer.Option(help="What the call is called. Default: the file's name.")] = "",
    folder: Annotated[Path, typer.Option("--dir", help="Where golden calls are.")] = shelf.USUAL_FOLDER,
    why: Annotated[str, typer.Option(help="Why it is kept: a line for people.")] = "",
    over: Annotated[bool, typer.Option("--over", help="Replace one of this name.")] = False,
    audio: Annotated[
        bool, typer.Option("--audio", help="Keep the audio of a scenario's call too: about 1 MB a minute.")
    ] = False,
) -> None:
    """Make a call a golden call: its tape, and beside it what is expected of it.

    A scenario is placed at this bridge in virtual time, among mock peers.
    """
    with _problems(), _phrases() as phrases:
        made = shelf.add(folder, source, name, lambda scenario: placed(scenario, phrases), why, over=over, audio=audio)
    console.out.print(f"added: {made.tape} and {made.expected}", markup=False)


@app.command()
def run(
    folder: Folder = shelf.USUAL_FOLDER,
    accept: Annotated[bool, typer.Option("--accept", help="What differs is expected from now on.")] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML into this file.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page of the differences into this file.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes for a folder; all cores.", metavar="N", min=1)] = None,
) -> None:
    """Run the golden calls of a folder with today's code.

    Exit code 0: all are as expected. 1: one is not. 2: they cannot be run.
    """
    with _problems():
        places = shelf.found(folder)
        for problem in shelf.problems(places):
            raise GoldenError(problem)
        runs = run_all(places, jobs or processes(), _show)
        if junit_file is not None:
            write_output(junit_file, junit(runs).encode())
        if html is not None:
            write_output(html, page(runs).encode("utf-8", "replace"))
        wrong = [one for one in runs if not one.passed]
        if accept and wrong:
            with _phrases() as phrases:
                for one in wrong:
                    shelf.accept(one.place, lambda scenario: placed(scenario, phrases))
                    console.out.print(f"renewed: {one.place.tape} and {one.place.expected}", markup=False)
            return
    said = f"{len(runs) - len(wrong)} of {len(runs)} golden calls are as expected"
    console.out.print(said, style="red" if wrong else "green", markup=False)
    if wrong:
        raise typer.Exit(1)


def _show(one: GoldenRun) -> None:
    """Print one call that is over."""
    word, style = ("same", "green") if one.passed else ("DIFFERENT" if one.verdict else "ERROR", "bold red")
    console.out.print(f"{word:<9} {printable(one.place.name)}", style=style, markup=False)
    for line in (line for fault in one.faults for line in fault.splitlines()):
        console.out.print(f"    {printable(line)}", markup=False)


def _problems() -> AbstractContextManager[None]:
    return terminal.one_line(GoldenError, TapeError, ScenarioError, OSError)


@contextlib.contextmanager
def _phrases() -> Iterator[Path]:
    """Give a folder for the line's rendered phrases while the block runs."""
    with tempfile.TemporaryDirectory(prefix="ivr-golden-") as place:
        yield Path(place) / "phrases"
