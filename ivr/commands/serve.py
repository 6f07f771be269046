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
    # A document that cannot be used, or a port that is taken.
    except (ValueError, OSError) as fault:
        terminal.stop(str(fault))
