"""Run `ivr serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from ivr.commands import terminal
from ivr.commands.terminal import Dev
from ivr.config.settings import MOST_WORKERS
from ivr.replay.recorder.options import recorder_options
from ivr.replay.recorder.recorder import TapeRecorder
from ivr.server import serve as server
from ivr.server.workers.supervisor import supervise

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    dev: Dev = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_WORKERS, help="Processes that share the calls, one a core; else IVR_WORKERS."),
    ] = None,
) -> None:
    """Answer calls until told to stop; calls in progress may end first."""
    settings = terminal.settings(dev)
    taping = recorder_options(settings)
    recorder = TapeRecorder(taping) if taping is not None else None
    count = workers or settings.workers
    try:
        # One process needs no parent.
        if count == 1:
            server.serve(settings, recorder)
        else:
            supervise(settings, count, recorder)
    # A document that cannot be used, or a port that is taken.
    except (ValueError, OSError) as fault:
        terminal.stop(str(fault))
