"""Print for the operator, and end a command with one line: what the commands share."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from ivr.replay.terminal_text import printable

if TYPE_CHECKING:
    from ivr.config.settings import Settings

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

Dev = Annotated[bool, typer.Option("--dev", help="A developer's laptop: nothing is signed, loopback only.")]
MockUrl = Annotated[
    str | None,
    typer.Option(
        "--mock",
        envvar="IVR_MOCK_URL",
        help="The mock service behind the bridge, which then hears what the caller says (SCRIPTED); '' for none. "
        "Otherwise one at http://127.0.0.1:8090 is used if it is there.",
    ),
]

_LEFT_BY_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys, or cannot print, and JSON leaves as it is."""


def stop(message: str, code: int = 2) -> NoReturn:
    """End the command with this exit code, after the message on standard error."""
    # Loaded here: a server has nothing to print, and rich takes a while.
    from rich.markup import escape

    from ivr.commands.console import err

    for line in message.splitlines():
        err.print(f"[bold red]ivr:[/] {escape(printable(line))}")
    raise typer.Exit(code)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON that is fit for a terminal too: what steers one is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _LEFT_BY_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@contextlib.contextmanager
def one_line(*faults: type[Exception]) -> Iterator[None]:
    """End the command with one line when the block raises one of `faults`, or at Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        stop("interrupted", INTERRUPTED)
    except faults as fault:
        stop(in_words(fault))


def in_words(fault: Exception) -> str:
    """Return what a fault says to an operator: a file's name first, and no number of the operating system's."""
    if isinstance(fault, OSError) and fault.filename is not None and fault.strerror:
        return f"{fault.filename}: {fault.strerror}"
    return str(fault)


def settings(dev: bool) -> Settings:
    """Read the settings, or end the command with one line a fault."""
    # Loaded here: `ivr version` and the developers' commands need no settings.
    from ivr.config.load import SettingsError, load

    try:
        return load(dev=dev)
    except SettingsError as error:
        stop(str(error))
