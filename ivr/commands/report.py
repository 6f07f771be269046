"""Run `ivr report`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from ivr.commands import console, terminal
from ivr.replay import tape_file
from ivr.replay.output import claim_output, write_output
from ivr.replay.phone.phone_tape import phone_call
from ivr.replay.processes import DIED, FEW, processes, run_each
from ivr.replay.progress import counted_up
from ivr.replay.report.folder import CallRow, call_row, folder_page
from ivr.replay.report.page import call_page
from ivr.replay.report.page_data import call_figures
from ivr.replay.report.perfetto import perfetto_trace
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.report.sound import wav_file
from ivr.replay.report.vcon import vcon_json
from ivr.replay.tape import Tape, TapeError
from ivr.replay.tape_folder import tapes_below
from ivr.replay.terminal_text import printable
from ivr.testbench.report.artifacts import ReportedCall

app = typer.Typer(add_completion=False)

WORST_PAGES: Final = 20
"""Calls of a folder whose pages are made unless all are wanted: those with the longest waits."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Hold what is to be written of one call."""

    page: Path | None = None
    wav: Path | None = None
    perfetto: Path | None = None
    vcon: Path | None = None
    as_json: bool = False

    def page_beside(self, tape: Path) -> Path | None:
        """Return where the page goes; None: none is wanted."""
        others = self.wav or self.perfetto or self.vcon or self.as_json
        return self.page or (None if others else tape.with_suffix(".html"))


@app.command("report")
def report(
    tape: Annotated[Path, typer.Argument(metavar="TAPE", help="A tape of a call, or a folder of tapes.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The page. [TAPE.html, DIR/index.html]")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of a folder: a page for every call.")] = False,
    jobs: Annotated[int | None, typer.Option(help="Processes for a folder; all cores.", metavar="N", min=1)] = None,
    wav: Annotated[Path | None, typer.Option(metavar="FILE", help="Both channels: caller left, agent right.")] = None,
    perfetto: Annotated[Path | None, typer.Option(metavar="FILE", help="A trace for ui.perfetto.dev.")] = None,
    vcon: Annotated[Path | None, typer.Option(metavar="FILE", help="The call as a vCon 0.4.0.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures.")] = False,
) -> None:
    """Show a tape as one page to send to a colleague, or a folder of tapes: whose time was the wait?

    A page is one file that loads nothing from anywhere. It holds what was said.
    """
    with terminal.one_line(TapeError, OSError):
        if tape.is_dir():
            if wav or perfetto or vcon:
                raise TapeError(f"{tape}: --wav, --perfetto and --vcon are for one tape, not for a folder")
            _folder(tape, out or tape / "index.html", everything, jobs or processes(), as_json)
        else:
            _one(tape, tape_file.read(tape), ReportFiles(out, wav, perfetto, vcon, as_json))


def _one(path: Path, tape: Tape, files: ReportFiles) -> None:
    """Show one tape in the ways that are asked for."""
    if tape.header.side == "phone":
        _phone(path, phone_call(tape), files)
        return
    call = replayed(tape)
    if files.wav is not None:
        if not (tape.header.audible and call.sounds):
            raise TapeError(f"{path.name}: its audio is not on the tape, so that there is no sound to write")
        _write(files.wav, wav_file(call.caller.audio, call.agent.audio))
    if files.perfetto is not None:
        _write(files.perfetto, perfetto_trace(call).encode())
    if files.vcon is not None:
        _write(files.vcon, _vcon(call).encode())
    if files.as_json:
        print(terminal.as_json(call_figures(call), indent=1))
    if (page := files.page_beside(path)) is not None:
        _write(page, call_page(call, str(path)).encode("utf-8", "replace"))
    for fault in filter(None, (*tape.faults, call.fault)):
        console.err.print(printable(f"{path}: {fault}"), markup=False)


def _phone(path: Path, call: ReportedCall, files: ReportFiles) -> None:
    """Show a tape from the phone's side, which has a page of its own."""
    if files.perfetto is not None or files.vcon is not None:
        raise TapeError(f"{path.name}: --perfetto and --vcon need a tape of the bridge; this is a phone's")
    if files.wav is not None:
        claim_output(files.wav)
        call.record.save_wav(files.wav)
    if files.as_json:
        print(terminal.as_json(call.result, indent=1))
    if (page := files.page_beside(path)) is not None:
        _write(page, call.page().encode("utf-8", "replace"))


def _vcon(call: RebuiltCall) -> str:
    """Return a call as a vCon, on the wall clock of its tape."""
    try:
        began = datetime.fromisoformat(call.tape.header.started_on)
    except ValueError:
        # A call in virtual time has no date.
        began = datetime.fromtimestamp(0, UTC)
    began = began if began.tzinfo is not None else began.replace(tzinfo=UTC)
    try:
        # The date is that of the first event.
        zero = began - timedelta(seconds=call.seconds(call.tape.began_at))

        def clock(seconds: float) -> str:
            return (zero + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")

        return vcon_json(call, clock, max(0, int(zero.timestamp() * 1000)))
    except OverflowError:
        raise TapeError(f"{call.tape.header.call_id}: its times are on no calendar, and a vCon has dates") from None


def _folder(folder: Path, out: Path, everything: bool, jobs: int, as_json: bool) -> None:
    """Show a folder of tapes, and make the pages of its calls beside it."""
    paths = tapes_below(folder)
    rows = [CallRow(path.relative_to(folder).as_posix()) for path in paths]
    given = [(path, row.name) for path, row in zip(paths, rows, strict=True)]
    with counted_up(console.err, len(paths), quiet=as_json) as done:
        for place, row in run_each(row_of, given, jobs if len(given) > FEW else 1, dead_row):
            rows[place] = row
            done()
    if as_json:
        print(terminal.as_json([asdict(row) for row in rows], indent=1))
        return
    rows.sort(key=lambda row: (not row.trouble and not row.faults, -row.worst))
    wanted = rows if everything else sorted(rows, key=lambda row: -row.worst)[:WORST_PAGES]
    pages = out.parent / f"{out.stem}-calls"
    pages.mkdir(parents=True, exist_ok=True)
    asked = [(folder / row.name, pages / f"{row.name.replace('/', '-')}.html") for row in wanted]
    with counted_up(console.err, len(asked), quiet=False, what="pages") as done:
        for place, made in run_each(page_of, asked, jobs if len(asked) > FEW else 1, dead_page):
            wanted[place].page = f"{pages.name}/{asked[place][1].name}" if made else ""
            done()
    _write(out, folder_page(rows, f"Tapes in {folder.resolve().name}").encode("utf-8", "replace"))


def row_of(path: Path, name: str) -> CallRow:
    """Return the row of one tape. Never raises: what is wrong with it is in the row."""
    try:
        return call_row(name, tape_file.read(path))
    except (TapeError, OSError) as fault:
        return CallRow(name, faults=[str(fault)])
    # What else a damaged tape may raise: one tape never stops the others.
    except Exception as fault:
        return CallRow(name, faults=[f"{type(fault).__name__}: {fault}"])


def dead_row(_path: Path, name: str) -> CallRow:
    """Return the row of a tape that ends the process that reads it."""
    return CallRow(name, faults=[DIED])


def dead_page(_path: Path, _page: Path) -> bool:
    """Return that a tape which ends the process that reads it has no page."""
    return False


def page_of(path: Path, page: Path) -> bool:
    """Write the page of one tape; return whether it could be read."""
    try:
        tape = tape_file.read(path)
        call = phone_call(tape).page() if tape.header.side == "phone" else call_page(replayed(tape), str(path))
    # One tape never stops the others; its row says what is wrong with it.
    except Exception:
        return False
    write_output(page, call.encode("utf-8", "replace"))
    return True


def _write(path: Path, content: bytes) -> None:
    """Write a file, and say so. Raises TapeError where a tape would be lost, OSError."""
    write_output(path, content)
    console.err.print(f"written: {path} ({len(content) / 1000:.0f} kB)", markup=False)
