"""Run `ivr phrases`: list which fixed words of the lines are in the cache, and render the others now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import typer
from rich.markup import escape

from ivr.commands import console, terminal
from ivr.commands.terminal import Dev
from ivr.config.settings import Settings
from ivr.hamsa.phrases import PhraseCache
from ivr.hamsa.pool.socket import Connect
from ivr.hamsa.pool.socket import connect as connect_to_hamsa
from ivr.media import g711
from ivr.server.compose import phrase_cache, speech_service

app = typer.Typer(help="List or render the fixed words of the lines.", no_args_is_help=True, add_completion=False)


@app.command(name="list")
def list_phrases(dev: Dev = False) -> None:
    """Say which phrases are in the cache."""
    for entry in in_cache(terminal.settings(dev)):
        console.out.print(escape(str(entry)))


@app.command()
def render(dev: Dev = False) -> None:
    """Render the phrases that are not in the cache."""
    with terminal.one_line():
        entries, problem = asyncio.run(rendered(terminal.settings(dev)))
    for entry in entries:
        console.out.print(escape(str(entry)))
    if problem:
        terminal.stop(problem, 1)
    if not all(entry.good for entry in entries):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class PhraseEntry:
    """Hold what is known of one phrase of one line."""

    line: str
    """The number dialled; empty: every other number."""
    name: str
    speaker: str
    seconds: float | None
    """Length of the audio; None: it is not in the cache."""
    text: str
    kept: bool = True
    """False: it was spoken, and could not be written into the cache."""

    @property
    def good(self) -> bool:
        """Tell whether the next start of the server will find it."""
        return self.seconds is not None and self.kept

    def __str__(self) -> str:
        length = "missing" if self.seconds is None else f"{self.seconds:.1f} s" if self.kept else "unkept"
        return f"{self.line or 'default':<15} {self.name:<14} {self.speaker:<8} {length:>7}  {self.text}"


def in_cache(settings: Settings) -> list[PhraseEntry]:
    """Return every phrase of every line, and whether it is there."""
    return _entries(settings, phrase_cache(settings, None))


async def rendered(settings: Settings, *, connect: Connect = connect_to_hamsa) -> tuple[list[PhraseEntry], str]:
    """Render what is missing, as far as it can be had, and return every phrase.

    The text says in one line why some of them were not kept; empty: all were.
    """
    # There are no calls: a connection is opened when a phrase needs one.
    alone = settings.model_copy(update={"spare_links": 0, "links_per_call": 0.0})
    service = speech_service(alone, connect=connect)
    cache = phrase_cache(settings, service)
    try:
        for line in settings.spoken_lines:
            await cache.render(line.words().values(), line.speaker, line.dialect, line.language)
    finally:
        await service.aclose()
    # What the cache holds in memory is gone at the end. A second look, from the disk, is what the next start will see.
    there = {(entry.line, entry.name, entry.speaker) for entry in in_cache(settings) if entry.seconds is not None}
    entries = [
        replace(entry, kept=entry.seconds is None or (entry.line, entry.name, entry.speaker) in there)
        for entry in _entries(settings, cache)
    ]
    if all(entry.kept for entry in entries):
        return entries, ""
    fix = "phrases are lost at the end, set it to a folder that can and has room"
    return entries, f"IVR_CACHE_DIR {settings.cache_dir} cannot be written ({cache.not_kept}): {fix}"


def _entries(settings: Settings, cache: PhraseCache) -> list[PhraseEntry]:
    found = []
    for line in settings.spoken_lines:
        for name, text in line.words().items():
            audio = cache.get(text, line.speaker, line.dialect, line.language)
            seconds = None if audio is None else len(audio) / g711.RATE
            found.append(PhraseEntry(line.number, name, line.speaker, seconds, text))
    return found
