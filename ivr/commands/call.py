"""Run `ivr call`."""

from __future__ import annotations

import asyncio
import json
import platform
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Literal

import typer

from ivr import __version__
from ivr.commands import console, terminal
from ivr.commands.terminal import MockUrl
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import phone_tape
from ivr.testbench import call as phone
from ivr.testbench.report.artifacts import ReportedCall
from ivr.testbench.scenario import Scenario, ScenarioError, from_words, load

app = typer.Typer(add_completion=False)


@app.command()
def call(
    url: Annotated[str, typer.Argument(help="The bridge's voice URL, such as http://127.0.0.1:8000/voice.")],
    say: Annotated[list[str] | None, typer.Option(help="What the caller says: words, or a WAV file.")] = None,
    at: Annotated[
        list[str] | None, typer.Option(help="When, for each --say: '3.5' s, or 'after 0.5' or 'over 2000'.")
    ] = None,
    step: Annotated[
        list[str] | None, typer.Option(help="Any step of a scenario: 'over 2000 say Stop', 'press 1#'.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="A scenario file instead of steps.")] = None,
    lang: Annotated[Literal["en", "ar"], typer.Option(help="Language of the caller's voice.")] = "en",
    out: Annotated[
        Path | None, typer.Option(help="Write call.wav, .html, .json, .jsonl and .tape into this folder.")
    ] = None,
    caller: Annotated[str, typer.Option(help="Who calls.")] = "+966500000001",
    called: Annotated[str, typer.Option(help="The number dialled.")] = "+966110000000",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what call.json holds; the call itself is shown on standard error.")
    ] = False,
    mock: MockUrl = None,
    rest: Annotated[
        int | None,
        typer.Option(help="Serve the REST API here: the bridge's IVR_TWILIO_REST_URL=http://127.0.0.1:PORT."),
    ] = None,
) -> None:
    """Call a bridge as Twilio would. Signs with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID.

    Exit code 0: the caller got answers, and all that the scenario expects. 1: the
    agent or the bridge failed, the call was refused, died or ended too early, or
    something was not as expected. 2: the call cannot be made.
    """
    with terminal.one_line(ScenarioError, RuntimeError, ValueError, OSError):
        script = load(scenario) if scenario else scenario_of(say or [], at or [], step or [], lang)
        # Standard output belongs to the JSON alone, so that it can be piped into another program.
        screen = console.err if as_json else console.out
        outcome = asyncio.run(
            phone.ring(
                url, script, screen, caller=caller, called=called, out=out, rest=rest, mock=mock, keep=keep_phone_tape
            )
        )
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False, indent=1))
    if outcome["unmet"]:
        raise typer.Exit(1)


def keep_phone_tape(path: Path, placed: ReportedCall) -> None:
    """Write a call as the phone had it as a tape. Raises OSError."""
    tape_file.write(path, phone_tape(placed, {"ivr": __version__, "python": platform.python_version()}))


def scenario_of(say: list[str], at: list[str], step: list[str], lang: str) -> Scenario:
    """Return a scenario from each `--say` with its `--at`, and from each `--step`.

    Raises ScenarioError.
    """
    if len(at) > len(say):
        raise ScenarioError("there are more --at than --say: write a --say for each --at")
    lines = []
    for words, written in zip_longest(say, at, fillvalue=""):
        moment = written.strip()
        # A bare number is seconds from the start of the call.
        moment = f"at {moment}" if moment[:1].isdigit() else moment
        act = f"wav {words}" if words.lower().endswith(".wav") else f"say {words}"
        lines.append(f"{moment} {act}".strip())
    return from_words([*lines, *step], language=lang)
