"""Run `ivr serve`."""

from __future__ import annotations

import typer

from ivr.commands import terminal
from ivr.commands.terminal import Dev
from ivr.replay.recorder.options import recorder_options
from ivr.replay.recorder.recorder import TapeRecorder
from ivr.server import serve as server

app = typer.Typer(add_completion=False)


@app.command()
def serve(dev: Dev = False) -> None:
    """Answer calls until told to stop; calls in progress may end first."""
    settings = terminal.settings(dev)
    taping = recorder_options(settings)
    try:
        server.serve(settings, TapeRecorder(taping) if taping is not None else None)
    # A document that cannot be used, or a port that is taken.
    except (ValueError, OSError) as fault:
        terminal.stop(str(fault))
