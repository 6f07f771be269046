"""The numbers that workers share."""

from __future__ import annotations

import os

from ivr.server.workers.table import WorkerTable


def test_a_worker_sees_the_others_that_live() -> None:
    table = WorkerTable(3)
    assert table.others(0) == []
    table.publish(1, 7, prepared=False)
    table.publish(2, 0, prepared=True)
    assert table.others(0) == [7, 0]
    assert table.others(2) == [7]
    assert table.prepared()
    table.clear(2)
    assert table.others(0) == [7]
    assert not table.prepared()
    assert repr(table) == "<WorkerTable [-1, 7, -1]>"


def test_what_one_process_writes_another_reads() -> None:
    table = WorkerTable(2)
    pid = os.fork()
    if pid == 0:
        table.publish(1, 42, prepared=True)
        os._exit(0)
    os.waitpid(pid, 0)
    assert table.others(0) == [42]
    assert table.prepared()
