"""Run all tapes of a folder again, in several processes. Nothing stops it: a tape that cannot be read is a row.

A process that dies (out of memory, killed) takes the tapes with it that were with its pool. These are run once more,
each in a process of its own, so that the one that kills is known.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from ivr.replay import tape_file
from ivr.replay.compare.declared import DeclaredChange
from ivr.replay.compare.verdict import TapeVerdict, judge_tape
from ivr.replay.tape import TapeError


def tapes_below(folder: Path) -> list[Path]:
    """Return the tapes of a folder and the folders below it."""
    return sorted(path for path in folder.rglob("*.tape") if path.is_file())


def processes() -> int:
    """Return how many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    found: dict[Path, TapeVerdict] = {}
    if jobs <= 1:
        for path in paths:
            found[path] = judge_file(path, names[path], changes)
            done()
        return [found[path] for path in paths]
    # The longest first: none is left over at the end for one process alone.
    waiting = sorted(paths, key=lambda path: path.stat().st_size if path.exists() else 0, reverse=True)
    for path, verdict in judge_pooled(waiting, names, changes, jobs):
        found[path] = verdict
        done()
    return [found[path] for path in paths]


def judge_pooled(
    waiting: list[Path], names: dict[Path, str], changes: Sequence[DeclaredChange], jobs: int
) -> Iterator[tuple[Path, TapeVerdict]]:
    """Yield the row of each tape as it comes."""
    while waiting:
        taken: dict[Future[TapeVerdict], Path] = {}
        with tape_pool(jobs) as pool:
            try:
                while waiting or taken:
                    while waiting and len(taken) < 2 * jobs:
                        taken[pool.submit(judge_file, waiting[0], names[waiting[0]], changes)] = waiting[0]
                        waiting.pop(0)
                    ready, _ = wait(taken, return_when=FIRST_COMPLETED)
                    for one in ready:
                        verdict = one.result()
                        yield taken.pop(one), verdict
            except BrokenProcessPool:
                pass
        for path in taken.values():
            yield path, judge_alone(path, names[path], changes)


def judge_alone(path: Path, name: str, changes: Sequence[DeclaredChange]) -> TapeVerdict:
    """Run one tape in a process of its own."""
    with tape_pool(1) as pool:
        try:
            return pool.submit(judge_file, path, name, changes).result()
        except BrokenProcessPool:
            return TapeVerdict(name, "unreadable", what="the process that read it died")


def tape_pool(jobs: int) -> ProcessPoolExecutor:
    """Return processes that are ready for tapes."""
    # A fork of a process with threads may hang; a fresh process cannot.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_ready)


def _ready() -> None:
    """Prepare a process for tapes: what is loaded stays, and is not looked through for garbage."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
