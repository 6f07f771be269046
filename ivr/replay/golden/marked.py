"""Do what the marks and fixtures of the pytest plugin ask for: replay a tape, and keep the tape of a failed test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr import __version__
from ivr.replay.compare.declared import DeclaredError, read_declared
from ivr.replay.compare.difference import compare
from ivr.replay.compare.verdict import judged
from ivr.replay.golden.from_tape import call_from_tape
from ivr.replay.golden.replayed import OtherwiseCall, ReplayedCall
from ivr.replay.peers.cassette import LEG_MODES, PLAYED_LEGS, LegMode
from ivr.replay.phone.phone_tape import phone_tape
from ivr.replay.tape import Leg, TapeError
from ivr.replay.tape_file import read, write
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.artifacts import ReportedCall
from ivr.testbench.scenario import from_words, load


def replayed(path: Path, more: Mapping[str, Any]) -> ReplayedCall | OtherwiseCall:
    """Read a tape and run it again, or as it would have been. `more`: what the mark says beside its path.

    Raises TapeError, ChangeError, OSError.
    """
    return OtherwiseCall(read(path), more["set"]) if more.get("set") else ReplayedCall.of(path)


def difference(path: Path, more: Mapping[str, Any], root: Path) -> str:
    """Return how the call of a tape is decided otherwise today, in words; empty: it is not, or it is declared.

    `root`: where a declared file's name begins.
    """
    if more.get("set"):
        return f"{path.name}: set= runs another call: assert on it by the fixture `tape`"
    try:
        call = ReplayedCall.of(path)
        if call.same or "declared" not in more:
            return call.difference
        declared = root / more["declared"]
        changes = read_declared(declared.read_text("utf-8"), declared.name)
        declares = judged(compare(call.tape), path.name, changes).result == "declared"
        return "" if declares else f"{call.difference}\nnot declared in {declared.name}"
    except DeclaredError as fault:
        return str(fault)
    except (TapeError, OSError) as fault:
        return f"{path.name}: {getattr(fault, 'strerror', None) or str(fault).removeprefix(f'{path.name}: ')}"


def placed_from_tape(
    scenario: Path | Sequence[str], tape: Path, modes: Mapping[str, str], phrases: Path, agent: str = ""
) -> ReplayedCall:
    """Place a scenario with peers from a tape: see `from_tape.call_from_tape`. `scenario`: a file, or steps in words.

    Raises ValueError for a leg or a mode that there is not.
    """
    chosen: dict[Leg, LegMode] = {}
    for leg, mode in modes.items():
        if leg not in PLAYED_LEGS or mode not in LEG_MODES:
            legs, known = ", ".join(PLAYED_LEGS), ", ".join(LEG_MODES)
            raise ValueError(f"{leg}={mode!r}: the legs are {legs}, the modes {known}")
        chosen[leg] = mode
    script = load(scenario) if isinstance(scenario, Path) else from_words(list(scenario))
    return call_from_tape(script, tape, chosen, phrases, agent)


def keep(record: PhoneRecord, folder: Path, name: str, title: str) -> Path:
    """Write the tape of a phone's call into a folder; return its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tape"
    write(path, phone_tape(ReportedCall(record, title=title), {"ivr": __version__}))
    return path
