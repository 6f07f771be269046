"""Gather the commands of `ivr`, and load one only when it is called.

`ivr version` and `ivr --help` stay quick, and the developers' commands cost a server nothing. A mistake of the operator
is one line on standard error and exit code 2, never a traceback.
"""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

COMMANDS: Final = {
    "serve": "Answer calls until told to stop; calls in progress may end first.",
    "check": "Say what is configured, the URLs Twilio signs, and whether Hamsa and the agents answer.",
    "phrases": "List or render the fixed words of the lines.",
    "call": "Call a bridge as Twilio would. Signs with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID.",
    "demo": "Make a whole phone call on this machine: no account, no key, no network.",
    "talk": "Talk to your agent from the browser. Starts a bridge on this machine, with the settings of .env.",
    "mock": "Serve a mock Hamsa and a demo agent, to run the bridge without any account.",
    "calls": "List, show, export and delete the records of calls.",
    "dial": "Have a bridge call a number, or the numbers of a CSV file, and say what becomes of it.",
    "tape": "List, show, examine, cut and redact tapes of calls.",
    "replay": "Run calls on tapes again with today's code: the same, or the first difference in words.",
    "report": "Show a tape as one page to send to a colleague, or a folder of tapes: whose time was the wait?",
    "golden": "Keep calls as tests, and run them.",
    "test": "Play scenarios and give one verdict. Starts a bridge and mock services.",
    "compare": "Compare the calls of two folders: is one better, or is it chance?",
    "conformance": "Judge anybody's Media Streams server by what Twilio would punish: B1 to B25.",
    "faults": "Show what callers hear when Hamsa or the agent fails: every known fault, in virtual time.",
    "recording": "List, write and delete recordings of calls.",
    "pod-cost": "Tell Kubernetes how many calls this pod carries: the emptiest pod is the first to go.",
    "version": "Say which version this is, and on what it runs.",
}
"""What `ivr --help` says of each command: the first line of its docstring in its module (`module_of`)."""
_FOLDERS: Final = {
    "test": "judge",
    "compare": "judge",
    "golden": "judge",
    "conformance": "judge",
    "pod-cost": "operate",
    "talk": "talk",
    "calls": "operate",
    "recording": "operate",
    "dial": "operate",
}
"""The folders of the commands that have one."""


def module_of(command: str | None) -> str:
    """Return the name of a command's module."""
    name = (command or "").replace("-", "_")
    folder = _FOLDERS.get(command or "")
    return f"ivr.commands.{folder}.{name}" if folder else f"ivr.commands.{name}"


class LazyCommands(TyperGroup):
    """List the commands without their code, and load the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the loaded command and the arguments that are left."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, typer.main.get_command(import_module(module_of(name)).app), rest


app = typer.Typer(
    cls=LazyCommands,
    help="A telephone bridge for voice agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _name, _help in COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)


def show_version(wanted: bool) -> None:
    """Run the command `version` in place of any other, where `--version` is given."""
    if wanted:
        import_module(module_of("version")).version()
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="The same as `version`."),
    ] = False,
) -> None:
    """Read the options in front of a command."""


def main() -> None:
    """Run the command that the arguments name."""
    if "serve" in sys.argv[1:]:
        # What a server loads stays: nothing of it is garbage (`ivr.server.garbage` turns this on again).
        gc.disable()
        # httpx loads the code of its own command, and with it rich and pygments, where that code can be had.
        sys.modules["httpx._main"] = None  # type: ignore[assignment]
        # It asks a server to read its secrets again, and may come while the server's code is still being loaded.
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
    app()
