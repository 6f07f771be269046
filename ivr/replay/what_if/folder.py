"""Run a folder of tapes under other options, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from ivr.replay import tape_file
from ivr.replay.compare.folder import tape_pool, tapes_below
from ivr.replay.tape import TapeError
from ivr.replay.what_if.changes import ChangeError, Changes
from ivr.replay.what_if.tape_result import TapeResult, run_tape


def tapes_in(path: Path) -> list[Path]:
    """Return the tapes that a path stands for: itself, or a folder's, without those of phones.

    Raises TapeError where there are none.
    """
    if not path.is_dir():
        return [path]
    found = [one for one in tapes_below(path) if not is_phone_tape(one)]
    if not found:
        raise TapeError(f"{path}: there is no tape in this folder")
    return found


def is_phone_tape(path: Path) -> bool:
    """Return whether a tape is known to be a phone's. What cannot be read is named when it is run."""
    try:
        return tape_file.summary(path).header.side == "phone"
    except (TapeError, OSError):
        return False


def run_folder(
    paths: Sequence[Path], variants: Sequence[Changes], jobs: int, from_turn: int | None = None
) -> Iterator[TapeResult]:
    """Yield what came of each tape, as soon as it is known. `jobs`: processes.

    Where nothing can be said of a tape, the result has its `error`; nothing stops the others.
    """
    count = min(jobs, len(paths))
    # A process of its own costs more than a single tape.
    if count <= 1:
        yield from (run_path(path, variants, from_turn) for path in paths)
        return
    # The longest first: none is left over at the end for one process alone.
    waiting = sorted(paths, key=lambda path: path.stat().st_size, reverse=True)
    with tape_pool(count) as pool:
        running = {pool.submit(run_path, path, variants, from_turn): path for path in waiting}
        for done in as_completed(running):
            try:
                yield done.result()
            except BrokenProcessPool:
                yield TapeResult(running[done].name, error=f"{running[done].name}: a process died")


def run_path(path: Path, variants: Sequence[Changes], from_turn: int | None = None) -> TapeResult:
    """Return what came of the tape in one file. Never raises: what is wrong with it is its error."""
    try:
        return run_tape(tape_file.read(path), path.name, variants, from_turn)
    except (TapeError, ChangeError, OSError) as fault:
        return TapeResult(path.name, error=str(fault))
    # What else a damaged tape may raise: one tape never stops the others.
    except Exception as fault:
        return TapeResult(path.name, error=f"{path.name}: {type(fault).__name__}: {fault}")
