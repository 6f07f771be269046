"""Run `ivr report`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands import terminal
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import phone_call
from ivr.replay.report.figures import call_figures
from ivr.replay.report.page import call_page
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.report.sound import wav_file
from ivr.replay.tape import Tape, TapeError
from ivr.testbench.report.artifacts import ReportedCall

app = typer.Typer(add_completion=False)


@app.command("report")
def report(
    tape: Annotated[Path, typer.Argument(help="A tape.", exists=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="The page. [TAPE.html]")] = None,
    wav: Annotated[Path | None, typer.Option(metavar="FILE", help="Both channels: caller left, agent right.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures of the call, and write no page.")] = False,
) -> None:
    """Show a tape as one page to send to a colleague, or a folder of tapes: whose time was the wait?

    The page is one file that loads nothing from anywhere. It holds what was said.
    """
    with terminal.one_line(TapeError, OSError):
        _one(tape, tape_file.read(tape), out, wav, as_json)


def _one(path: Path, tape: Tape, out: Path | None, wav: Path | None, as_json: bool) -> None:
    """Show one tape in the ways that are asked for."""
    if tape.header.side == "phone":
        _phone(path, phone_call(tape), out, wav, as_json)
        return
    call = replayed(tape)
    if wav is not None:
        _sounding(path, call)
        _write(wav, wav_file(call.caller.audio, call.agent.audio))
    if as_json:
        print(json.dumps(call_figures(call), ensure_ascii=False, indent=1))
    elif out is not None or wav is None:
        _write(out or path.with_suffix(".html"), call_page(call, str(path)).encode("utf-8", "replace"))
    for fault in filter(None, (*tape.faults, call.fault)):
        terminal.err.print(f"{path}: {fault}", markup=False)


def _phone(path: Path, call: ReportedCall, out: Path | None, wav: Path | None, as_json: bool) -> None:
    """Show a tape from the phone's side, which has a page of its own."""
    if wav is not None:
        call.record.save_wav(wav)
    if as_json:
        print(json.dumps(call.result, ensure_ascii=False, indent=1))
    elif out is not None or wav is None:
        _write(out or path.with_suffix(".html"), call.page().encode("utf-8", "replace"))


def _sounding(path: Path, call: RebuiltCall) -> None:
    """Refuse to write sound where there is none."""
    if not call.tape.header.audible or not call.sounds:
        raise TapeError(f"{path.name}: its audio is not on the tape, so that there is no sound to write")


def _write(path: Path, content: bytes) -> None:
    """Write a file that is the developer's alone, as it holds speech."""
    path.touch(mode=0o600)
    path.write_bytes(content)
    terminal.err.print(f"written: {path} ({len(content) / 1000:.0f} kB)", markup=False)
