"""Run all tapes of a folder again, in several processes. Nothing stops it: a tape that cannot be read is a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from ivr.replay import tape_file
from ivr.replay.compare.declared import DeclaredChange
from ivr.replay.compare.verdict import TapeVerdict, judge_tape
from ivr.replay.processes import DIED, run_each
from ivr.replay.tape import TapeError
from ivr.replay.tape_folder import longest_first


def judge_file(path: Path, name: str, changes: Sequence[DeclaredChange]) -> TapeVerdict:
    """Read a tape and run it again. Never raises: what is wrong with it is in the row."""
    began = perf_counter()
    try:
        # A phone's tape is known by its first frame.
        if tape_file.summary(path).header.side != "bridge":
            return TapeVerdict(name, "passed over", what="the tape of a phone")
        verdict = judge_tape(tape_file.read(path), name, changes)
    except (TapeError, OSError) as fault:
        verdict = TapeVerdict(name, "unreadable", what=str(fault).removeprefix(f"{path.name}: "))
    # What else a damaged tape may raise: one tape never stops the others.
    except Exception as fault:
        verdict = TapeVerdict(name, "unreadable", what=f"{type(fault).__name__}: {fault}")
    return replace(verdict, took_s=perf_counter() - began)


def judge_all(
    paths: Sequence[Path], folder: Path, changes: Sequence[DeclaredChange], jobs: int, done: Callable[[], None]
) -> list[TapeVerdict]:
    """Run tapes again in `jobs` processes; return their rows in the order of `paths`. `done`: told at each."""
    waiting = longest_first(paths)
    given = [(path, path.relative_to(folder).as_posix(), changes) for path in waiting]
    found: dict[Path, TapeVerdict] = {}
    for place, verdict in run_each(judge_file, given, jobs, judge_dead):
        found[waiting[place]] = verdict
        done()
    return [found[path] for path in paths]


def judge_dead(_path: Path, name: str, _changes: Sequence[DeclaredChange]) -> TapeVerdict:
    """Return the row of a tape that ends the process that reads it."""
    return TapeVerdict(name, "unreadable", what=DIED)
