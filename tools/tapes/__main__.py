"""Run `python -m tools.tapes make`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from tools.tapes.make import make as make_all
from tools.tapes.plan import plan

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def tapes() -> None:
    """Tapes of many varied calls on real sockets."""


@app.command()
def make(
    out: Annotated[Path, typer.Option(help="Where NNN.tape, NNN.phone.tape, NNN.wav and calls.json go.")],
    calls: Annotated[int, typer.Option(help="Calls of the plan.", min=1)] = 200,
    at_once: Annotated[int, typer.Option(help="Calls at once.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="The same seed plans the same calls.")] = 1,
    only: Annotated[str, typer.Option(help="Part of the plan, such as 0:20.")] = "",
    story: Annotated[str, typer.Option(help="Only calls of this story.")] = "",
    bridge: Annotated[str, typer.Option(help="Only calls at this bridge.")] = "",
    env: Annotated[list[str] | None, typer.Option(help="A setting of the bridges: IVR_ENDPOINT_MS=700.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="A field of CallOptions for all lines: start_ms=100.")
    ] = None,
) -> None:
    """Place the calls of a plan, and keep both tapes and the recording of each."""
    planned = plan(calls, seed)
    if only:
        begin, _, end = only.partition(":")
        planned = planned[int(begin or 0) : int(end or len(planned))]
    planned = [one for one in planned if story in ("", one.story) and bridge in ("", one.bridge)]
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    facts = asyncio.run(
        make_all(planned, out, at_once=at_once, seed=seed, env=_pairs(env), options=_pairs(option), show=typer.echo)
    )
    missing = [fact["number"] for fact in facts if not fact["tape_bytes"]]
    typer.echo(f"{len(facts)} calls in {time.monotonic() - began:.0f} s, {len(missing)} without a tape {missing}")


def _pairs(given: list[str] | None) -> dict[str, str]:
    return dict(one.partition("=")[::2] for one in given or [])


if __name__ == "__main__":
    app()
