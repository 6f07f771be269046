"""Do what the marks and fixtures of the pytest plugin ask for: replay a tape, and keep the tape of a failed test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr import __version__
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.phone.phone_tape import phone_tape
from ivr.replay.tape import TapeError
from ivr.replay.tape_file import write
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.artifacts import ReportedCall


def replayed(path: Path, more: Mapping[str, Any]) -> ReplayedCall:
    """Read a tape and run it again. `more`: what the mark says beside its path. Raises TapeError, OSError."""
    return ReplayedCall.of(path)


def difference(path: Path, more: Mapping[str, Any]) -> str:
    """Return how the call of a tape is decided otherwise today, in words; empty: it is not."""
    try:
        return replayed(path, more).difference
    except (TapeError, OSError) as fault:
        return f"{path.name}: {getattr(fault, 'strerror', None) or str(fault).removeprefix(f'{path.name}: ')}"


def keep(record: PhoneRecord, folder: Path, name: str, title: str) -> Path:
    """Write the tape of a phone's call into a folder; return its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tape"
    write(path, phone_tape(ReportedCall(record, title=title), {"ivr": __version__}))
    return path
