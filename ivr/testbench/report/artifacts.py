"""Write the folder of a call: both tracks, the page, its figures, and everything that happened at the phone."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from rich.console import Console

from ivr.call.timeline import Turn
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import page as report
from ivr.testbench.report.result import result
from ivr.testbench.scenario import Scenario

FILES: Final = ("call.wav", "call.html", "call.json", "call.jsonl")
TAPE: Final = "call.tape"
"""Written where the command that placed the call keeps tapes."""
BROKEN_OFF: Final = "the call was broken off here"
"""Reason why the words of the call are unknown."""


@dataclass(slots=True)
class ReportedCall:
    """Hold a call from the phone's side, and what a report says of it."""

    record: PhoneRecord
    turns: list[Turn] = field(default_factory=list)
    """What the bridge told; empty: nothing."""
    title: str = "A call"
    language: str = "en"
    scripted: bool = False
    """Transcripts are not recognised."""
    figures: Mapping[str, str] = field(default_factory=dict)
    """Facts for the page's head, by their names."""
    result: Mapping[str, Any] | None = None
    """What call.json holds (`ivr.testbench.report.result`)."""

    def page(self) -> str:
        """Return the call as one page."""
        return report.html(
            self.record,
            self.turns,
            title=self.title,
            language=self.language,
            scripted=self.scripted,
            figures=self.figures,
            result=self.result,
        )


KeepTape: TypeAlias = Callable[[Path, ReportedCall], None]
"""Writes a call as a tape into a file. Raises OSError."""


def prepare(out: Path) -> None:
    """Make the folder and check that its files can be written. Files that are there stay.

    Raises OSError with a message for the developer.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A call lasts a minute: a full disk or a missing right must show before it, not after.
        with tempfile.TemporaryFile(dir=out):
            pass
        for path in (out / name for name in (*FILES, TAPE)):
            if path.exists():
                path.open("ab").close()
    except FileExistsError as fault:
        raise OSError(f"--out {out}: there is a file of that name, a folder is needed") from fault
    except OSError as fault:
        raise OSError(f"--out {out}: nothing can be written there: {fault.strerror} ({fault.filename})") from fault


def write(out: Path, call: ReportedCall, keep: KeepTape | None = None) -> str:
    """Write the files of a call into a folder and return their names, separated by commas."""
    out.mkdir(parents=True, exist_ok=True)
    call.record.save_wav(out / "call.wav")
    call.record.save_log(out / "call.jsonl")
    (out / "call.html").write_text(call.page(), encoding="utf-8")
    (out / "call.json").write_text(json.dumps(call.result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    names: tuple[str, ...] = FILES
    if keep is not None:
        keep(out / TAPE, call)
        names = (*FILES, TAPE)
    return ", ".join(str(out / name) for name in names)


@contextlib.contextmanager
def kept_if_broken_off(
    out: Path | None, call: ReportedCall, script: Scenario, keep: KeepTape | None, console: Console
) -> Iterator[None]:
    """Write the tape of a call that is still going on when the block is left by an exception, Ctrl-C among them."""
    try:
        yield
    except BaseException:
        if out is not None and keep is not None and call.record.entries:
            call.result = result(call.record, script, BROKEN_OFF)
            keep(out / TAPE, call)
            console.print(f"written: {out / TAPE}", highlight=False, soft_wrap=True)
        raise
