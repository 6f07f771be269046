"""Run `ivr serve`."""

from __future__ import annotations

import typer

from ivr.commands import terminal
from ivr.commands.terminal import Dev
from ivr.server import serve as server

app = typer.Typer(add_completion=False)


@app.command()
def serve(dev: Dev = False) -> None:
    """Answer calls until told to stop; calls in progress may end first."""
    try:
        server.serve(terminal.settings(dev))
    except (ValueError, OSError) as fault:  # a document or a port that cannot be used
        terminal.stop(str(fault))
