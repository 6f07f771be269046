"""Write the folder of a call: both tracks, the page, its figures, and everything that happened at the phone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ivr.call.timeline import Turn
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report import page as report

FILES: Final = ("call.wav", "call.html", "call.json", "call.jsonl")


def prepare(out: Path) -> None:
    """Make the folder and check that its files can be written. Files that are there stay.

    Raises OSError with a message for the developer.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A call lasts a minute: a full disk or a missing right must show before it, not after.
        with tempfile.TemporaryFile(dir=out):
            pass
        for path in (out / name for name in FILES):
            if path.exists():
                path.open("ab").close()
    except FileExistsError as fault:
        raise OSError(f"--out {out}: there is a file of that name, a folder is needed") from fault
    except OSError as fault:
        raise OSError(f"--out {out}: nothing can be written there: {fault.strerror} ({fault.filename})") from fault


def write(
    out: Path,
    record: PhoneRecord,
    turns: Sequence[Turn],
    *,
    title: str,
    language: str,
    scripted: bool,
    more: Mapping[str, str],
    result: Mapping[str, Any],
) -> str:
    """Write the files of a call into a folder and return their names, separated by commas."""
    out.mkdir(parents=True, exist_ok=True)
    record.save_wav(out / "call.wav")
    record.save_log(out / "call.jsonl")
    page = report.html(record, turns, title=title, language=language, scripted=scripted, figures=more, result=result)
    (out / "call.html").write_text(page, encoding="utf-8")
    (out / "call.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return ", ".join(str(out / name) for name in FILES)
