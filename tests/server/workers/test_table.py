"""The numbers that workers share."""

from __future__ import annotations

import os

from ivr.server.workers.table import ROW_COUNTS_S, WorkerTable


def test_a_worker_sees_the_others_that_live() -> None:
    table = WorkerTable(3)
    assert table.others(0, 10.0) == []
    table.publish(1, 7, prepared=False, now=10.0)
    table.publish(2, 0, prepared=True, now=10.0)
    assert table.others(0, 10.0) == [7, 0]
    assert table.others(2, 10.0) == [7]
    assert table.prepared()
    table.clear(2)
    assert table.others(0, 10.0) == [7]
    assert not table.prepared()
    assert repr(table) == "<WorkerTable [-1, 7, -1]>"


def test_a_worker_that_hangs_does_not_count() -> None:
    table = WorkerTable(3)
    table.publish(1, 0, prepared=True, now=10.0)
    table.publish(2, 9, prepared=True, now=10.3)
    assert table.others(0, 10.0 + ROW_COUNTS_S) == [0, 9]
    assert table.others(0, 10.1 + ROW_COUNTS_S) == [9]


def test_what_one_process_writes_another_reads() -> None:
    table = WorkerTable(2)
    pid = os.fork()
    if pid == 0:
        table.publish(1, 42, prepared=True, now=1.0)
        os._exit(0)
    os.waitpid(pid, 0)
    assert table.others(0, 1.0) == [42]
    assert table.prepared()
