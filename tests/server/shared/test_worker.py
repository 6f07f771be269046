"""Which of the machine's workers a process is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.server.shared.worker import Worker


def test_a_process_serves_alone_unless_it_is_told() -> None:
    worker, other = Worker(), Worker()
    assert (worker.index, worker.count, worker.folder, worker.pid) == (0, 1, None, os.getpid())
    assert len(worker.secret) == 32
    assert worker.secret != other.secret
    assert "secret" not in repr(worker)


@given(st.integers(0, 10_000), st.integers(1, 64))
def test_the_parts_of_all_workers_are_the_whole(calls: int, count: int) -> None:
    parts = [Worker(index, count, Path("x")).share(calls) for index in range(count)]
    assert sum(parts) == calls
    assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(("index", "count", "folder"), [(2, 2, "x"), (-1, 2, "x"), (0, 0, "x"), (0, 2, None)])
def test_a_worker_that_cannot_be(index: int, count: int, folder: str | None) -> None:
    with pytest.raises(ValueError, match="there is no worker"):
        Worker(index, count, Path(folder) if folder else None)
