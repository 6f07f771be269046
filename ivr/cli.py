"""The commands: `serve`, `check`, `phrases`, `mock`, `call`, `demo`, `faults`, `version`.

Each loads what it needs when it runs, so that `ivr version` is quick and the developers' commands cost a server
nothing. A mistake of the operator is one line on standard error and exit code 2, never a traceback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from ivr import __version__

if TYPE_CHECKING:
    from ivr.config.settings import Settings
    from ivr.testbench.faults.fault_file import FaultScenario
    from ivr.testbench.faults.sweep import Sweep
    from ivr.testbench.scenario import Scenario

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

app = typer.Typer(
    help="A telephone bridge for voice agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def _told(version: bool) -> None:
    if version:
        show_version()
        raise typer.Exit


@app.callback()
def every(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_told, is_eager=True, help="The same as `version`."),
    ] = False,
) -> None:
    """A telephone bridge for voice agents."""


Dev = Annotated[bool, typer.Option("--dev", help="A developer's laptop: nothing is signed, loopback only.")]


def main() -> None:
    """The entry point."""
    app()


def _stop(message: str, code: int = 2) -> NoReturn:
    for line in message.splitlines():
        _err.print(f"[bold red]ivr:[/] {escape(line)}")
    raise typer.Exit(code)


@contextlib.contextmanager
def _one_line(*faults: type[Exception]) -> Iterator[None]:
    """What goes wrong in the block, and Ctrl-C, end the command with one line."""
    try:
        yield
    except KeyboardInterrupt:
        _stop("interrupted", INTERRUPTED)
    except faults as fault:
        _stop(str(fault))


def _settings(dev: bool) -> Settings:
    from ivr.config.settings import SettingsError, load

    try:
        return load(dev=dev)
    except SettingsError as error:
        _stop(str(error))


@app.command()
def serve(dev: Dev = False) -> None:
    """Answer calls until told to stop; calls in progress may end first."""
    from ivr.server.serve import serve as run

    try:
        run(_settings(dev))
    except (ValueError, OSError) as fault:  # a document or a port that cannot be used
        _stop(str(fault))


@app.command()
def check(
    dev: Dev = False,
    ask: Annotated[str, typer.Option(help="Ask every agent this, for real, and show its answer.")] = "",
) -> None:
    """Say what is configured, the URLs Twilio signs, and whether Hamsa and the agents answer."""
    from ivr.commands.check import examine

    settings = _settings(dev)

    async def look() -> bool:
        good = True
        async for finding in examine(settings, ask):
            sign = {True: "[green]ok[/] ", False: "[red]NO[/] ", None: "   "}[finding.good]
            _out.print(f"{sign}{escape(finding.name)}: {escape(finding.detail)}")
            good = good and finding.good is not False
        return good

    with _one_line():
        good = asyncio.run(look())
    if not good:
        raise typer.Exit(1)


phrases = typer.Typer(help="The fixed words of the lines, spoken beforehand.", no_args_is_help=True)
app.add_typer(phrases, name="phrases")


@phrases.command(name="list")
def list_phrases(dev: Dev = False) -> None:
    """Say which phrases are in the cache."""
    from ivr.commands.phrases import in_cache

    for entry in in_cache(_settings(dev)):
        _out.print(escape(str(entry)))


@phrases.command()
def render(dev: Dev = False) -> None:
    """Have the phrases spoken that are not in the cache."""
    from ivr.commands.phrases import rendered

    with _one_line():
        entries, problem = asyncio.run(rendered(_settings(dev)))
    for entry in entries:
        _out.print(escape(str(entry)))
    if problem:
        _stop(problem, 1)
    if not all(entry.good for entry in entries):
        raise typer.Exit(1)


@app.command()
def mock(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8090,
    voice: Annotated[Literal["espeak", "tone"], typer.Option(help="Speak, or play one tone a request.")] = "espeak",
    lang: Annotated[
        Literal["en", "ar"], typer.Option(help="What callers speak: en is recognised, ar scripted.")
    ] = "en",
    speed: Annotated[float, typer.Option(help="How much faster than the real services.", min=0.1, max=100)] = 1.0,
) -> None:
    """Serve a mock Hamsa and a demo agent, to run the bridge without any account."""
    from ivr.testbench.mock import Mock, serve_mock

    try:
        chosen = Mock(language=lang, voice=voice, speed=speed)
        asyncio.run(serve_mock(chosen, host, port, said=lambda line: _out.print(escape(line))))
    except (RuntimeError, OSError) as fault:
        _stop(str(fault))
    except KeyboardInterrupt:
        pass


@app.command()
def call(
    url: Annotated[str, typer.Argument(help="The bridge's voice URL, such as http://127.0.0.1:8000/voice.")],
    say: Annotated[list[str] | None, typer.Option(help="What the caller says: words, or a WAV file.")] = None,
    at: Annotated[
        list[str] | None, typer.Option(help="When, for each --say: '3.5' s, or 'after 0.5' or 'over 2000'.")
    ] = None,
    step: Annotated[
        list[str] | None, typer.Option(help="Any step of a scenario: 'over 2000 say Stop', 'press 1#'.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="A scenario file instead of steps.")] = None,
    lang: Annotated[Literal["en", "ar"], typer.Option(help="Language of the caller's voice.")] = "en",
    out: Annotated[Path | None, typer.Option(help="Write call.wav, .html, .json and .jsonl into this folder.")] = None,
    caller: Annotated[str, typer.Option(help="Who calls.")] = "+966500000001",
    called: Annotated[str, typer.Option(help="The number dialled.")] = "+966110000000",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what call.json holds; the call itself is shown on standard error.")
    ] = False,
    rest: Annotated[
        int | None,
        typer.Option(help="Serve the REST API here: the bridge's IVR_TWILIO_REST_URL=http://127.0.0.1:PORT."),
    ] = None,
) -> None:
    """Call a bridge as Twilio would. Signs with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID.

    Exit code 0: the call came to its end, and as the scenario expects it. 1: it
    was refused, it died, or something was not as expected. 2: it cannot be made.
    """
    from ivr.testbench import call as ring
    from ivr.testbench.scenario import ScenarioError, load

    with _one_line(ScenarioError, RuntimeError, ValueError, OSError):
        script = load(scenario) if scenario else _steps(say or [], at or [], step or [], lang)
        screen = _err if as_json else _out
        outcome = asyncio.run(ring.ring(url, script, screen, caller=caller, called=called, out=out, rest=rest))
    if as_json:
        typer.echo(json.dumps(outcome, ensure_ascii=False, indent=1))
    if outcome["ended_by"] in ("", "refused", "lost") or outcome["unmet"]:
        raise typer.Exit(1)


def _steps(say: list[str], at: list[str], step: list[str], lang: str) -> Scenario:
    """A scenario from `--say`, each with its `--at`, and `--step`."""
    from ivr.testbench.scenario import ScenarioError, from_words

    if len(at) > len(say):
        raise ScenarioError("there are more --at than --say")
    lines = []
    for index, words in enumerate(say):
        moment = at[index].strip() if index < len(at) else ""
        moment = f"at {moment}" if moment[:1].isdigit() else moment
        act = f"wav {words}" if words.lower().endswith(".wav") else f"say {words}"
        lines.append(f"{moment} {act}".strip())
    return from_words([*lines, *step], language=lang)


@app.command()
def demo(
    lang: Annotated[
        Literal["en", "ar"], typer.Option(help="en is really recognised; ar has SCRIPTED transcripts.")
    ] = "en",
    out: Annotated[Path, typer.Option(help="Where call.wav and call.html go.")] = Path("demo"),
    speed: Annotated[
        float, typer.Option(help="How much faster than the real services the mocks are.", min=0.1, max=100)
    ] = 1.0,
) -> None:
    """A whole phone call on this machine: no account, no key, no network."""
    from ivr.testbench.demo import Demo

    with _one_line(RuntimeError, ValueError, OSError):
        good = asyncio.run(Demo(lang, out, speed, _out).run())
    if not good:
        raise typer.Exit(1)


@app.command()
def faults(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these: stall, or one face of a fault, stall:2. Without: all.")
    ] = None,
    names_only: Annotated[bool, typer.Option("--list", help="Name the faults, play none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures for a machine, one line a fault.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table of docs/faults.md.")] = False,
    seeds: Annotated[
        str, typer.Option(help="Play each under so many chances and timings, show the worst: 8, or 5-9.", metavar="N")
    ] = "1",
) -> None:
    """What callers hear when Hamsa or the agent fails: every known fault, in virtual time.

    Each is a whole call, about a second of work. How much it may cost the caller
    are the bounds in its file, ivr/testbench/faults/scenarios/NAME.toml.

    silence s     the longest silence while a reply was owed, from the endpoint on
    since speech  the same from the caller's last sound on
    sockets       opened at the speech service in this call, + requests over REST
    reuse         the share of sentences on a socket that had served before
    wrong         sentences lost, twice or out of order, questions not answered,
                  sound that is no speech
    said instead  fixed words of the line, or who was dialled

    A seed is one chance: pauses and ages of links, when the caller speaks and the
    fault comes, how quick the services are. Seed 1 is the fault as its file has it.

    Exit code 0: every bound was kept. 1: some were broken, the last line says by
    which faults. 2: there is no such fault.
    """
    import logging

    from ivr.testbench.faults import run
    from ivr.testbench.faults import sweep as fault_sweep
    from ivr.testbench.faults.fault_file import shipped

    logging.getLogger("ivr").addHandler(logging.NullHandler())  # failures are what this is about
    screen = Console(highlight=False)
    with _one_line(ValueError):
        chosen = shipped(names or [])
        if names_only:
            screen.print(run.listed(chosen))
            return
        sweeps = _played(chosen, fault_sweep.seeds_of(seeds), None if as_json or as_markdown else screen)
    if as_json:
        for sweep in sweeps:
            typer.echo(json.dumps(sweep.as_json(), ensure_ascii=False))
    elif as_markdown:
        typer.echo(fault_sweep.markdown(sweeps))
    broken = {sweep.scenario.name: bool(sweep.broken) for sweep in sweeps}
    last = run.verdict(broken)
    style = "bold red" if any(broken.values()) else ""
    (_err if as_json or as_markdown else _out).print(escape(last), style=style)
    if style:
        raise typer.Exit(1)


def _played(chosen: Sequence[FaultScenario], seeds: Sequence[int], screen: Console | None) -> list[Sweep]:
    """What came of these faults, each on the screen as it comes."""
    import tempfile

    from ivr.testbench.faults import run
    from ivr.testbench.faults.harness import studio
    from ivr.testbench.faults.sweep import swept

    sweeps = []
    busy = (screen or _err).status("rendering the fixed words")
    with tempfile.TemporaryDirectory() as folder, busy as status:
        place = studio(Path(folder))
        if screen:
            screen.print(run.heading())
        for number, scenario in enumerate(chosen, 1):
            status.update(f"{number} of {len(chosen)}: {escape(scenario.name)}")
            sweep = swept(lambda varied, seed: run.run(varied, place, chance=seed), scenario, seeds)
            sweeps.append(sweep)
            if screen:
                screen.print(run.shown(sweep.worst, sweep.broken))
    return sweeps


@app.command(name="version")
def show_version() -> None:
    """Say which version this is, and on what it runs."""
    from ivr.media.vad import detector

    _out.print(f"ivr {__version__}, Python {platform.python_version()}, {sys.platform}, VAD {detector.default_name()}")
    for name in (
        "starlette",
        "uvicorn",
        "websockets",
        "httpx",
        "onnxruntime",
        "silero-vad",
        "espeakng-loader",
        "pocketsphinx",
    ):
        try:
            _out.print(f"  {name} {version(name)}")
        except PackageNotFoundError:
            _out.print(f"  {name} is not installed")
