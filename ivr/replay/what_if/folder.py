"""Run a folder of tapes under other options, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ivr.replay import tape_file
from ivr.replay.processes import DIED, run_each
from ivr.replay.tape import TapeError
from ivr.replay.tape_folder import longest_first
from ivr.replay.what_if.changes import ChangeError, Changes
from ivr.replay.what_if.tape_result import TapeResult, run_tape


def run_folder(
    paths: Sequence[Path], variants: Sequence[Changes], jobs: int, from_turn: int | None = None
) -> Iterator[TapeResult]:
    """Yield what came of each tape, as soon as it is known. `jobs`: processes.

    Where nothing can be said of a tape, the result has its `error`; nothing stops the others.
    """
    given = [(path, variants, from_turn) for path in longest_first(paths)]
    for _, result in run_each(run_path, given, jobs, run_dead):
        yield result


def run_path(path: Path, variants: Sequence[Changes], from_turn: int | None = None) -> TapeResult:
    """Return what came of the tape in one file. Never raises: what is wrong with it is its error."""
    try:
        return run_tape(tape_file.read(path), path.name, variants, from_turn)
    except (TapeError, ChangeError, OSError) as fault:
        return TapeResult(path.name, error=str(fault))
    # What else a damaged tape may raise: one tape never stops the others.
    except Exception as fault:
        return TapeResult(path.name, error=f"{path.name}: {type(fault).__name__}: {fault}")


def run_dead(path: Path, _variants: Sequence[Changes], _from_turn: int | None) -> TapeResult:
    """Return what stands for a tape that ends the process that runs it."""
    return TapeResult(path.name, error=f"{path.name}: {DIED}")
