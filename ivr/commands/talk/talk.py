"""Run `ivr talk`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import threading
import time
import webbrowser
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import httpx
import typer
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.commands.talk.own_bridge import demo_bridge, free_port, own_settings
from ivr.config.checks import is_loopback
from ivr.config.load import SettingsError
from ivr.config.settings import Settings
from ivr.replay.recorder.options import recorder_options
from ivr.replay.recorder.recorder import TapeRecorder
from ivr.server import serve as server
from ivr.server.talk.passes import MOST_MINUTES, NONCE_BYTES, Pass, Passes, pass_secrets

app = typer.Typer(add_completion=False)

PAGE_PATIENCE_S: Final = 30.0
"""Seconds a bridge has to begin to serve."""
DEMO_INSTEAD: Final = "or try `ivr talk --demo`: it needs no account and no key"


@app.command()
def talk(
    demo: Annotated[
        bool, typer.Option("--demo", help="With a mock Hamsa and the demo agent: no account, no key.")
    ] = False,
    lang: Annotated[Literal["en", "ar"], typer.Option(help="The demo's language; ar has SCRIPTED transcripts.")] = "en",
    port: Annotated[int, typer.Option(help="The bridge's port; 0 takes a free one.", min=0, max=65535)] = 0,
    url: Annotated[str | None, typer.Option(help="A bridge that runs already: only open its page.")] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the page's address, and open no browser.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Print a one-time link to the page at IVR_PUBLIC_URL.")] = False,
    line: Annotated[str, typer.Option(help="The line that the link opens: its name or its number.")] = "",
    minutes: Annotated[int, typer.Option(help="How long the link is good.", min=1, max=MOST_MINUTES)] = 15,
) -> None:
    """Talk to your agent from the browser. Starts a bridge on this machine, with the settings of .env.

    --link prints a one-time link to the page of a bridge that runs elsewhere
    with the same settings. --url opens the page of one on this machine.
    """
    if link:
        print_link(terminal.settings(dev=False), line, minutes)
    elif url is not None:
        open_page(url.rstrip("/").removesuffix("/talk"), no_open, patience_s=0.0)
    elif demo:
        # Ctrl-C is how a server of this kind is ended: that is no failure.
        with terminal.one_line(RuntimeError, ValueError, OSError), contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_demo(lang, port, no_open))
    else:
        serve_own(port, no_open)


def print_link(settings: Settings, wanted: str, minutes: int) -> None:
    """Print a one-time link to one line of the bridge at IVR_PUBLIC_URL, or end the command with one line."""
    if not settings.talk_calls:
        terminal.stop("IVR_TALK_CALLS is 0, so there is no such page: set it to 1 or more")
    lines = settings.all_lines
    # Of several lines the default one, which answers every other number.
    line = next((one for one in lines if wanted in (one.name, one.number)), None) if wanted else lines[-1]
    if line is None:
        terminal.stop(f"there is no line {wanted}: the lines are {', '.join(one.name for one in lines)}")
    given = Pass(line.name, time.time() + 60 * minutes, secrets.token_bytes(NONCE_BYTES))
    with terminal.one_line(ValueError):
        written = Passes(pass_secrets(settings)).write("link", given)
    typer.echo(f"{settings.public_url}/talk?link={written}")
    console.err.print(f"calls line {line.name}; good once, for {minutes} min", style="dim")
    public = urlsplit(settings.public_url)
    if public.scheme != "https" and not is_loopback(public.hostname or ""):
        console.err.print(
            "a browser gives no microphone to a page over http: set IVR_PUBLIC_URL to https", style="yellow"
        )


async def serve_demo(language: Literal["en", "ar"], port: int, no_open: bool) -> None:
    """Serve the demo's bridge until Ctrl-C."""
    async with demo_bridge(language, port) as url:
        await asyncio.to_thread(open_page, url, no_open)
        await asyncio.Event().wait()


def serve_own(port: int, no_open: bool) -> None:
    """Serve the operator's bridge on this machine until Ctrl-C, as `ivr serve --dev` does."""
    with terminal.one_line(OSError):
        port = port or free_port()
    try:
        settings = own_settings(port)
    except SettingsError as error:
        terminal.stop(f"{error}\n{DEMO_INSTEAD}")
    taping = recorder_options(settings)
    threading.Thread(target=_open_later, args=(settings.public_url, no_open), daemon=True).start()
    with terminal.one_line(ValueError, OSError), contextlib.suppress(KeyboardInterrupt):
        server.serve(settings, TapeRecorder(taping) if taping is not None else None)


def _open_later(url: str, no_open: bool) -> None:
    """Open the page beside the server's thread. What is wrong is printed there already."""
    with contextlib.suppress(typer.Exit):
        open_page(url, no_open)


def open_page(url: str, no_open: bool, patience_s: float = PAGE_PATIENCE_S) -> None:
    """Print the address of a bridge's page, and open it in a browser, once the bridge answers.

    Ends the command, or the thread, with one line when it does not within `patience_s` seconds.
    """
    page = f"{url}/talk"
    if problem := why_not(page, time.monotonic() + patience_s):
        terminal.stop(problem)
    console.out.print(f"[bold]{escape(page)}[/]")
    # Without a desktop there are only browsers in the terminal, and none of them has a microphone.
    desktop = sys.platform in ("darwin", "win32") or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if not no_open and not (desktop and webbrowser.open(page)):
        console.out.print("open this address in a browser on this machine", style="dim")


def why_not(page: str, until: float) -> str:
    """Return why a page cannot be opened; empty: it can. A bridge that is not there yet is asked again until then."""
    while True:
        try:
            status = httpx.get(page, timeout=5, trust_env=False).status_code
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            if isinstance(error, httpx.ConnectError) and time.monotonic() < until:
                time.sleep(0.1)
                continue
            return f"{page} does not answer: start the bridge, or correct --url"
        if status == httpx.codes.FORBIDDEN:
            return f"{page} opens with a one-time link only: `ivr talk --link` with that bridge's settings writes one"
        return "" if status == httpx.codes.OK else f"{page} is no softphone's page (status {status}): correct --url"
