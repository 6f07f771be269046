"""Run `ivr recording`: say what is recorded of a call, write it as a WAV file, delete it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands import terminal
from ivr.commands.terminal import Dev
from ivr.config.recordings import recording_place
from ivr.config.settings import Settings
from ivr.recording.bucket import BucketFault
from ivr.recording.facts import RecordingFacts
from ivr.recording.found import FoundRecording, as_wav, find_recordings
from ivr.recording.sealed import UnreadableRecording
from ivr.recording.shelf import RecordingShelf

app = typer.Typer(help="List, write and delete recordings of calls.", no_args_is_help=True, add_completion=False)

CallId = Annotated[str, typer.Argument(metavar="CALL", help="The carrier's id of the call, CA...")]
Number = Annotated[int, typer.Option("--number", "-n", help="Which, where a call has several.", min=1)]


def found(settings: Settings, call: str) -> list[FoundRecording]:
    """Return the recordings of a call; where there is none, end the command with one line."""
    try:
        with terminal.one_line(OSError, ValueError):
            recordings = find_recordings(settings, call)
    except BucketFault as fault:
        terminal.stop(f"IVR_RECORDINGS: {fault.reason}: {fault.said}", 1)
    if not recordings:
        terminal.stop("there is no recording of this call: it was not recorded, or it was too old", 1)
    return recordings


def line_of(facts: RecordingFacts, place: str) -> str:
    """Return what is known of a recording, as one line."""
    began = datetime.fromtimestamp(facts.began, UTC).isoformat(timespec="seconds")
    whole = "whole" if facts.state == "kept" else f"cut: {facts.reason}"
    sealed = f"key {facts.key}" if facts.key else "not encrypted"
    expires = facts.expires()
    until = "for ever" if expires is None else f"until {datetime.fromtimestamp(expires, UTC):%Y-%m-%d}"
    return f"{facts.call}  {began}  {facts.line:<12}  {facts.seconds:7.1f} s  {whole}  {sealed}  {until}  {place}"


@app.command(name="list")
def list_recordings(
    call: Annotated[str | None, typer.Argument(metavar="CALL", help="Only this call's, in the bucket as well.")] = None,
    dev: Dev = False,
) -> None:
    """Say which recordings there are on this machine: when, how long, whether whole, until when they stay."""
    settings = terminal.settings(dev)
    if call is not None:
        for one in found(settings, call):
            typer.echo(line_of(one.facts, str(one.path or one.facts.name)))
        return
    with terminal.one_line(OSError):
        entries = list(RecordingShelf(recording_place(settings).folder).all())
    for path, facts in entries:
        typer.echo(line_of(facts, str(path)))
    if not entries:
        typer.echo("no recordings")


@app.command()
def get(
    call: CallId,
    out: Annotated[Path, typer.Option("--out", "-o", help="The WAV file that is written.", metavar="FILE")],
    number: Number = 1,
    dev: Dev = False,
) -> None:
    """Write a recording as a WAV file, decrypted: the caller left, the agent as heard right."""
    settings = terminal.settings(dev)
    recordings = found(settings, call)
    if number > len(recordings):
        terminal.stop(f"the call has {len(recordings)} recordings", 1)
    one = recordings[number - 1]
    if out.exists() and one.path is not None and out.samefile(one.path):
        terminal.stop(f"{out} is the recording itself: name another file")
    try:
        with terminal.one_line(OSError, UnreadableRecording):
            wav, problem = as_wav(one.read(), settings.recordings_key.get_secret_value())
            out.touch(mode=0o600)
            out.write_bytes(wav)
    except BucketFault as fault:
        terminal.stop(f"IVR_RECORDINGS: {fault.reason}: {fault.said}", 1)
    typer.echo(line_of(one.facts, str(out)))
    if problem:
        terminal.stop(f"{problem}; what is whole was written", 1)


@app.command()
def delete(call: CallId, dev: Dev = False) -> None:
    """Delete the recordings of a call, also those in the bucket."""
    recordings = found(terminal.settings(dev), call)
    try:
        with terminal.one_line(OSError):
            for one in recordings:
                one.delete()
    except BucketFault as fault:
        terminal.stop(f"IVR_RECORDINGS: {fault.reason}: {fault.said}", 1)
    typer.echo(f"deleted: {len(recordings)}")
