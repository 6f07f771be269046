"""Run `ivr mock`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.testbench import mock as peers

app = typer.Typer(add_completion=False)


@app.command()
def mock(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8090,
    voice: Annotated[Literal["espeak", "tone"], typer.Option(help="Speak, or play one tone a request.")] = "espeak",
    lang: Annotated[
        Literal["en", "ar"], typer.Option(help="What callers speak: en is recognised, ar scripted.")
    ] = "en",
    phrases: Annotated[
        Path | None, typer.Option(help="What callers say, a phrase a line, in place of the demo agent's sentences.")
    ] = None,
    speed: Annotated[float, typer.Option(help="How much faster than the real services.", min=0.1, max=100)] = 1.0,
) -> None:
    """Serve a mock Hamsa and a demo agent, to run the bridge without any account."""
    try:
        known = peers.phrases_in(phrases) if phrases else ()
        chosen = peers.Mock(language=lang, voice=voice, speed=speed, known=known)
        asyncio.run(peers.serve_mock(chosen, host, port, show=lambda line: console.out.print(escape(line))))
    except (RuntimeError, ValueError, OSError) as fault:
        terminal.stop(str(fault))
    # Ctrl-C is how a server of this kind is ended: that is no failure.
    except KeyboardInterrupt:
        pass
