"""Run `ivr mock` and `ivr mock twilio`."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.config.environment import exported
from ivr.testbench import demo, tts
from ivr.testbench import mock as peers
from ivr.testbench.loopback import bound
from ivr.testbench.twilio.people_file import PeopleFile, read_people
from ivr.testbench.twilio.server import MockTwilio, serve_twilio

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def mock(
    context: typer.Context,
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
    if context.invoked_subcommand is not None:
        return
    try:
        known = peers.phrases_in(phrases) if phrases else ()
        chosen = peers.Mock(language=lang, voice=voice, speed=speed, known=known)
        asyncio.run(peers.serve_mock(chosen, host, port, show=lambda line: console.out.print(escape(line))))
    except (RuntimeError, ValueError, OSError) as fault:
        terminal.stop(str(fault))
    # Ctrl-C is how a server of this kind is ended: that is no failure.
    except KeyboardInterrupt:
        pass


def show(line: str, file: TextIO | None = None) -> None:
    """Print a line as it is, and add it to a file at once."""
    console.out.print(escape(line), highlight=False, soft_wrap=True)
    if file is not None:
        file.write(line + "\n")
        file.flush()


@app.command()
def twilio(
    voice_url: Annotated[str, typer.Argument(help="The voice webhook that the bridge's numbers lead to.")] = "",
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8095,
    people: Annotated[Path | None, typer.Option(help="TOML file of numbers and people.")] = None,
    public_url: Annotated[str, typer.Option(help="What the bridge calls itself, if not the URL that is asked.")] = "",
    journal: Annotated[Path | None, typer.Option(help="File to add everything that happens to, as JSON lines.")] = None,
    lang: Annotated[Literal["en", "ar"], typer.Option(help="The language that people speak.")] = "en",
) -> None:
    """Serve a mock Twilio: its REST, and people who ring, answer, press keys and hang up."""
    given = exported()
    account = given.get("TWILIO_ACCOUNT_SID") or f"AC{secrets.token_hex(16)}"
    token = given.get("TWILIO_AUTH_TOKEN") or secrets.token_hex(16)
    try:
        file = read_people(people.read_text("utf-8"), people.name) if people else PeopleFile()
        with contextlib.ExitStack() as files:
            lines = files.enter_context(journal.open("a", encoding="utf-8")) if journal else None
            served = MockTwilio(
                account,
                token,
                file=file,
                voice_url=voice_url,
                public_url=public_url or given.get("IVR_PUBLIC_URL", ""),
                voice=demo.caller_voice(lang) if tts.available() else None,
                journal=lambda line: show(line, lines),
            )
            # A token of the environment is a real one, perhaps: it is not shown.
            shown = "that of the environment" if given.get("TWILIO_AUTH_TOKEN") else token
            asyncio.run(serve_twilio(served, bound(host, port), account, shown, show))
    except (RuntimeError, ValueError, OSError) as fault:
        terminal.stop(str(fault))
    except KeyboardInterrupt:
        pass
