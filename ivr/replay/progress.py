"""Show how far work on many tapes is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def counted_up(err: Console, total: int, *, quiet: bool, what: str = "tapes") -> Iterator[Callable[[], None]]:
    """Show how far the work is, on this console: a bar on a terminal, else a line at each tenth."""
    if err.is_terminal and not quiet:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
        return
    so_far = 0

    def tell() -> None:
        nonlocal so_far
        so_far += 1
        if not quiet and so_far * 10 // total > (so_far - 1) * 10 // total:
            err.print(f"{so_far} of {total} {what}", markup=False)

    yield tell
