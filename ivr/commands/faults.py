"""Run `ivr faults`."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.testbench.faults import run
from ivr.testbench.faults import sweep as fault_sweep
from ivr.testbench.faults.fault_file import FaultScenario, shipped
from ivr.testbench.faults.harness import render_phrases
from ivr.testbench.faults.least import least
from ivr.testbench.faults.sweep import Sweep, swept

app = typer.Typer(add_completion=False)


@app.command()
def faults(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these: stall, or one case of a fault, stall:2. Without: all.")
    ] = None,
    names_only: Annotated[bool, typer.Option("--list", help="Name the faults, play none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures for a machine, one line a fault.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table of docs/faults.md.")] = False,
    seeds: Annotated[
        str, typer.Option(help="Play each under so many chances and timings, show the worst: 8, or 5-9.", metavar="N")
    ] = "1",
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Drop what a broken bound does not depend on, and show what is left.")
    ] = False,
) -> None:
    """Show what callers hear when Hamsa or the agent fails: every known fault, in virtual time.

    Each is a whole call, about a second of work. How much it may cost the caller
    are the bounds in its file, ivr/testbench/faults/scenarios/NAME.toml.

    silence s     the longest silence while a reply was owed, from the endpoint on
    since speech  the same from the caller's last sound on
    sockets       opened at the speech service in this call, + requests over REST
    reuse         the share of sentences on a socket that had served before
    wrong         sentences lost, twice or out of order, questions not answered,
                  sound that is no speech
    said instead  fixed words of the line, or who was dialled

    A seed is one chance: pauses and ages of links, when the caller speaks and the
    fault comes, how quick the services are. Seed 1 is the fault as its file has
    it.

    With --shrink the rules, the caller's steps and the settings of a fault that
    broke a bound are dropped as long as the same bound is still broken.

    Exit code 0: every bound was kept. 1: some were broken, the last line says by
    which faults. 2: there is no such fault.
    """
    # Failures are what this command is about: warnings of the bridge would hide its table.
    logging.getLogger("ivr").addHandler(logging.NullHandler())
    screen = Console(highlight=False)
    with terminal.one_line(ValueError):
        chosen = shipped(names or [])
        if names_only:
            screen.print(run.listed(chosen))
            return
        sweeps = played(chosen, fault_sweep.seeds_of(seeds), None if as_json or as_markdown else screen)
    if as_json:
        for sweep in sweeps:
            typer.echo(json.dumps(sweep.as_json(), ensure_ascii=False))
    elif as_markdown:
        typer.echo(fault_sweep.markdown(sweeps))
    if shrink:
        show_least(sweeps)
    broken = {sweep.scenario.name: bool(sweep.broken) for sweep in sweeps}
    last = run.verdict(broken)
    style = "bold red" if any(broken.values()) else ""
    (console.err if as_json or as_markdown else console.out).print(escape(last), style=style)
    if style:
        raise typer.Exit(1)


def show_least(sweeps: Sequence[Sweep]) -> None:
    """Show the least of each fault that still breaks its bound, on standard error where the table is for a machine."""
    with tempfile.TemporaryDirectory() as folder, console.err.status("rendering the fixed words") as status:
        harness = render_phrases(Path(folder))
        for sweep in sweeps:
            seed = next((seed for seed, report in sweep.reports.items() if report.broken), None)
            if seed is None:
                continue
            status.update(f"shrinking {escape(sweep.scenario.name)}, seed {seed}")
            found = least(sweep.reports[seed].scenario, partial(run.run, harness=harness, seed=seed))
            for line in found.lines:
                console.err.print(escape(line))


def played(chosen: Sequence[FaultScenario], seeds: Sequence[int], screen: Console | None) -> list[Sweep]:
    """Play these faults and return what came of each. Show each on the screen when it is done."""
    sweeps = []
    busy = (screen or console.err).status("rendering the fixed words")
    with tempfile.TemporaryDirectory() as folder, busy as status:
        harness = render_phrases(Path(folder))
        if screen:
            screen.print(run.heading())
        for number, scenario in enumerate(chosen, 1):
            status.update(f"{number} of {len(chosen)}: {escape(scenario.name)}")
            sweep = swept(lambda varied, seed: run.run(varied, harness, seed=seed), scenario, seeds)
            sweeps.append(sweep)
            if screen:
                screen.print(run.shown(sweep.worst, sweep.broken))
    return sweeps
