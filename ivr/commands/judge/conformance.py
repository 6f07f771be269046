"""Run `ivr conformance`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ivr.call.options import Language
from ivr.commands import console, terminal
from ivr.config.load import SettingsError
from ivr.media import g711, wav
from ivr.media.resample import resample
from ivr.testbench import tts
from ivr.testbench.conformance import show
from ivr.testbench.conformance.broken import truth as measured
from ivr.testbench.conformance.broken.switches import SWITCHES
from ivr.testbench.conformance.catalogue import Check, chosen
from ivr.testbench.conformance.own import judge_inside, judge_sockets
from ivr.testbench.conformance.run import CheckResult, Run, exit_code
from ivr.testbench.conformance.site import NO_ACCOUNT, Target
from ivr.testbench.conformance.sound import buzz, ulaw
from ivr.testbench.phone.voiced import trimmed

app = typer.Typer(add_completion=False)

SENTENCES = {
    "ar": "أريد أن أعرف ساعات العمل عندكم اليوم",
    "en": "please tell me about your opening hours today",
}
"""What the caller says, by language."""
OWN = "this bridge"
"""The name of a bridge of its own in files."""
LONGEST_SPEECH_S = 6.0
"""Seconds of `--say-wav` that are played at most."""


@app.command()
def conformance(
    url: Annotated[str, typer.Argument(help="The voice webhook, or the ws(s):// URL of the stream.")] = "",
    auth_token: Annotated[
        str, typer.Option(envvar="TWILIO_AUTH_TOKEN", help="Signs the requests. Without it nothing is signed.")
    ] = "",
    account_sid: Annotated[str, typer.Option(envvar="TWILIO_ACCOUNT_SID", help="The account of the calls.")] = "",
    public_url: Annotated[str, typer.Option(help="The server's name for itself, which is signed.")] = "",
    status_url: Annotated[str, typer.Option(help="Its status callback, where it has one.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds that the agent may take to be heard.", min=1, max=60)] = 10.0,
    language: Annotated[str, typer.Option(help="What the caller speaks: en or ar.")] = "en",
    say_wav: Annotated[Path | None, typer.Option(help="What the caller says, in place of a built-in sentence.")] = None,
    only: Annotated[str, typer.Option(help="Only these checks: B5,B10.")] = "",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML into this file.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write one page into this file.")] = None,
    out: Annotated[Path, typer.Option(help="Where the wire log of each check goes.")] = Path("ivr-conformance"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Call a server that is not on this machine.")] = False,
    own: Annotated[
        bool, typer.Option("--own", help="Judge a bridge of its own with mock services, from inside too.")
    ] = False,
    truth: Annotated[
        bool, typer.Option("--truth", help="Measure the checks themselves, at a small server with each known fault.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="With --truth: the table of docs/conformance.md.")
    ] = False,
) -> None:
    """Judge anybody's Media Streams server by what Twilio would punish: B1 to B25.

    Places about 50 short calls at the server, at most four at once, in one to
    three minutes. Each check passes, fails, or does not apply. What was seen
    is one sentence; the wire log of each check has all bytes, both ways.

    Exit code 0: no check failed. 1: one did. 2: the server could not be judged.
    """
    with terminal.one_line(SettingsError, ValueError, RuntimeError, OSError):
        if truth:
            measure(markdown)
            return
        checks = chosen(only)
        if own and url:
            raise ValueError("--own starts a bridge of its own: it cannot go with a URL")
        if own:
            results = judged_own(language, checks, out, page, quiet=as_json)
        else:
            account = account_sid or NO_ACCOUNT
            called = _url(url, yes)
            said = speech(say_wav, language)
            target = Target(called, said, auth_token, account, public_url or None, timeout, status_url)
            results = judged(target, checks, out, page, quiet=as_json)
        if junit is not None:
            _write(junit, show.junit(url or OWN, results))
    if as_json:
        typer.echo(terminal.as_json(show.as_json(url or OWN, results), indent=2))
    code = exit_code(results)
    if code:
        raise typer.Exit(code)


class Screen:
    """Show a run to a person, and keep what its page says first."""

    def __init__(self, name: str, quiet: bool) -> None:
        """Take what is judged. `quiet`: leave standard output to what a program reads."""
        self._name = name
        self.said: list[str] = []
        self.print = partial(
            (console.err if quiet else console.out).print, markup=False, highlight=False, soft_wrap=True
        )

    def about(self, line: str) -> None:
        """Show what goes on."""
        self.said.append(line)
        self.print(line, style="dim")

    def done(self, result: CheckResult) -> None:
        """Show a result."""
        words, style = show.line(result)
        self.print(words, style=style)

    def finish(self, results: Sequence[CheckResult], out: Path, page: Path | None) -> None:
        """Show the verdict, and write the page."""
        words, style = show.verdict(results)
        self.print()
        self.print(f"{words}; wire logs: {out}", style=style)
        if page is not None:
            _write(page, show.page(self._name, self.said, results, os.path.relpath(out, page.parent)))
            self.print(f"written: {page}")


def judged(target: Target, checks: Sequence[Check], out: Path, page: Path | None, *, quiet: bool) -> list[CheckResult]:
    """Run the checks at a server, show what they come to, and write the page."""
    screen = Screen(target.url, quiet)
    results = asyncio.run(Run(target, out, screen.about, screen.done).judge(checks))
    screen.finish(results, out, page)
    return results


def judged_own(
    language: str, checks: Sequence[Check], out: Path, page: Path | None, *, quiet: bool
) -> list[CheckResult]:
    """Run the checks at a bridge of its own, show what they come to, and write the page."""
    spoken = _language(language)
    screen = Screen(OWN, quiet)
    # Broken messages are what the checks are about: the bridge's own lines would hide theirs.
    logging.getLogger("ivr").addHandler(logging.NullHandler())
    found = asyncio.run(judge_sockets(spoken, checks, out, screen.about, screen.done))
    screen.about("from here on in memory and in virtual time")
    found += judge_inside(checks, screen.done)
    results = [one for check in checks for one in found if one.check is check]
    screen.finish(results, out, page)
    return results


def measure(markdown: bool) -> None:
    """Run all checks at the small server, correct and with each of its faults, and print what they find."""
    screen = console.err if markdown else console.out

    def done(row: measured.TruthRow) -> None:
        name = "no fault" if row.switch is None else row.switch.name
        found = "found by " + ", ".join(row.failed) if row.failed else "nothing found"
        wrong = "" if row.hit else "  MISSED"
        alarms = f"  FALSE ALARM: {', '.join(row.false_alarms)}" if row.false_alarms else ""
        style = "red" if wrong or alarms else "green"
        screen.print(f"{name:<24}{found}{wrong}{alarms}", style=style, markup=False, highlight=False)

    rows = measured.truth(done)
    missed = sum(not row.hit for row in rows)
    alarms = sum(len(row.false_alarms) for row in rows)
    screen.print(f"{len(SWITCHES)} faults, {missed} missed, {alarms} false alarms", markup=False, highlight=False)
    if markdown:
        typer.echo(measured.markdown(rows))
    if missed or alarms:
        raise typer.Exit(1)


def speech(path: Path | None, language: str) -> bytes:
    """Return what the caller says, mu-law at 8 kHz. Raises ValueError and OSError."""
    if path is not None:
        audio = wav.decode(path.read_bytes())
        if audio.channels != 1:
            raise ValueError(f"--say-wav {path}: {audio.channels} channels, where one is wanted")
        pcm = resample(audio.pcm, audio.rate, g711.RATE)
        return trimmed(g711.encode(pcm))[: int(LONGEST_SPEECH_S * g711.RATE)]
    spoken = _language(language)
    # Without a voice on this machine the caller hums: enough for a server that hears loudness.
    with contextlib.suppress(tts.VoiceError):
        return trimmed(g711.encode(tts.say(SENTENCES[spoken], spoken, rate=g711.RATE)))
    return ulaw(buzz(2.0))


def _language(given: str) -> Language:
    """Return a language that is given by name. Raises ValueError."""
    match given:
        case "ar" | "en":
            return given
    raise ValueError(f"--language {given}: must be en or ar")


def _url(url: str, yes: bool) -> str:
    """Return the URL of the server. Raises ValueError when it may not be called."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname:
        raise ValueError(
            f"{url or 'URL'}: must be the URL of a voice webhook or of a stream, such as https://HOST/voice"
        )
    if not yes and not Target(url, b"").loopback:
        raise ValueError(
            f"{parts.hostname} is not this machine: the checks call it about 50 times. Give --yes if it is yours"
        )
    return url


def _write(path: Path, text: str) -> None:
    """Write a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
