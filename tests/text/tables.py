"""Check a function against a table: one test, which names each row that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def failures(rows: Iterable[tuple[Any, ...]], given: Callable[..., object]) -> list[tuple[Any, ...]]:
    """Return each row whose last cell is not what `given` returns for the other cells, with what it returned."""
    return [(*row, got) for row in rows if (got := given(*row[:-1])) != row[-1]]
