"""Run work on many tapes in several processes. Nothing stops it but Ctrl-C, which waits for the tapes at hand alone.

A process that dies (out of memory, killed) takes the work with it that was with its pool. Each piece of it is run once
more in a process of its own, so that the one that kills is known.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar, TypeVarTuple, Unpack

_Given = TypeVarTuple("_Given")
_Made = TypeVar("_Made")

FEW: Final = 8
"""Pieces of work up to which another process costs more than it saves, where the work on each is short."""
DIED: Final = "the process that read it died"


def processes() -> int:
    """Return how many processes this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_each(
    work: Callable[[Unpack[_Given]], _Made],
    given: Sequence[tuple[*_Given]],
    jobs: int,
    died: Callable[[Unpack[_Given]], _Made],
) -> Iterator[tuple[int, _Made]]:
    """Yield what comes of each piece of work with its place in `given`, as soon as it is there.

    `jobs`: processes; with one the work is done here. `died`: what stands for work that ends its process.
    """
    if jobs <= 1 or len(given) <= 1:
        yield from ((place, work(*one)) for place, one in enumerate(given))
        return
    waiting = list(range(len(given)))
    while waiting:
        taken: dict[Future[_Made], int] = {}
        with _pool(min(jobs, len(given))) as pool:
            try:
                while waiting or taken:
                    # No more than is soon begun: what is with a pool is lost when one of its processes dies.
                    while waiting and len(taken) < 2 * jobs:
                        taken[pool.submit(work, *given[waiting[0]])] = waiting[0]
                        waiting.pop(0)
                    ready, _ = wait(taken, return_when=FIRST_COMPLETED)
                    for one in ready:
                        made = one.result()
                        yield taken.pop(one), made
            except BrokenProcessPool:
                pass
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        for place in taken.values():
            yield place, _alone(work, given[place], died)


def _alone(
    work: Callable[[Unpack[_Given]], _Made],
    given: tuple[*_Given],
    died: Callable[[Unpack[_Given]], _Made],
) -> _Made:
    """Do one piece of work in a process of its own."""
    with _pool(1) as pool:
        try:
            return pool.submit(work, *given).result()
        except BrokenProcessPool:
            return died(*given)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Return processes that are ready for tapes."""
    # A fork of a process with threads may hang; a fresh process cannot.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_ready)


def _ready() -> None:
    """Prepare a process for tapes: what is loaded stays, and is not looked through for garbage."""
    # Ctrl-C reaches every process of the terminal: the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
