"""Run `ivr test`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands import console, terminal
from ivr.commands.terminal import MockUrl
from ivr.config.load import SettingsError
from ivr.testbench.scenario import ScenarioError
from ivr.testbench.suite import junit as junit_xml
from ivr.testbench.suite import summary
from ivr.testbench.suite.plan import plan
from ivr.testbench.suite.run import PlayedCall, Suite

app = typer.Typer(add_completion=False)


@app.command()
def test(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, and folders of them.")],
    bridge: Annotated[str, typer.Option(help="Call this voice URL in place of a bridge of the test's own.")] = "",
    agent: Annotated[
        str, typer.Option(help="The agent of the test's own bridge. Default: IVR_WEBHOOK_URL, else the demo agent.")
    ] = "",
    mock: MockUrl = None,
    jobs: Annotated[int, typer.Option(help="Calls at once.", min=1, max=50)] = 4,
    repeat: Annotated[int, typer.Option(help="How often each scenario is played.", min=1, max=1000)] = 1,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML into this file.")] = None,
    out: Annotated[Path, typer.Option(help="Where the files of the calls go.")] = Path("ivr-test"),
) -> None:
    """Play scenarios and give one verdict. Starts a bridge and mock services.

    Exit code 0: all calls passed. 1: a call did not. 2: it cannot be run.
    """

    def show(played: PlayedCall) -> None:
        for line, style in summary.progress(played):
            console.out.print(line, style=style, markup=False)

    with terminal.one_line(ScenarioError, SettingsError, RuntimeError, ValueError, OSError):
        if bridge and agent:
            raise ValueError("--agent is for a bridge of the test's own: it cannot go with --bridge")
        calls = plan(paths, repeat)
        console.out.print(f"{summary.counted(len(calls))}, {min(jobs, len(calls))} at once", markup=False)
        suite = Suite(out, jobs, bridge, agent, mock)
        about = lambda line: console.out.print(line, style="dim", markup=False)  # noqa: E731
        played = asyncio.run(suite.run(calls, about, show))
        if junit is not None:
            junit.parent.mkdir(parents=True, exist_ok=True)
            junit.write_text(junit_xml.document(played, out), encoding="utf-8")
    console.out.print()
    console.out.print(summary.table(played), soft_wrap=False)
    line, style, code = summary.verdict(played)
    console.out.print(f"{line}; files: {out}", style=style, markup=False)
    if code:
        raise typer.Exit(code)
