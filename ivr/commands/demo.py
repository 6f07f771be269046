"""Run `ivr demo`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from ivr.commands import console, terminal
from ivr.commands.call import keep_phone_tape
from ivr.testbench.demo import Demo

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    lang: Annotated[
        Literal["en", "ar"], typer.Option(help="en is really recognised; ar has SCRIPTED transcripts.")
    ] = "en",
    out: Annotated[Path, typer.Option(help="Where call.wav, call.html and call.tape go.")] = Path("demo"),
    speed: Annotated[
        float, typer.Option(help="How much faster than the real services the mocks are.", min=0.1, max=100)
    ] = 1.0,
) -> None:
    """Make a whole phone call on this machine: no account, no key, no network."""
    with terminal.one_line(RuntimeError, ValueError, OSError):
        good = asyncio.run(Demo(lang, out, speed, console.out, keep_phone_tape).run())
    if not good:
        raise typer.Exit(1)
