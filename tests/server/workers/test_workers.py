"""Several workers as `ivr serve --workers` runs them: real processes, real sockets."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.server.workers.machine import call_id, ended, started, stream_id, until

pytestmark = [pytest.mark.live, pytest.mark.skipif(not Path("/proc").exists(), reason="children are found in /proc")]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_share_a_port_and_end_together(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as machine:
        workers = machine.workers
        assert len(workers) == 2
        assert machine.get("/healthz").status_code == 200
        # The parent counts signals; what reaches a worker beside it is not counted twice.
        os.kill(workers[0], signal.SIGTERM)
        os.kill(workers[1], signal.SIGINT)
        assert ended(machine) == 0
        assert machine.log.count(" stopped") == 3
        assert not any(map(alive, workers))


def test_a_killed_worker_is_started_again(tmp_path: Path) -> None:
    with started(tmp_path, IVR_WORKERS="2") as machine:
        first, second = machine.workers
        os.kill(first, signal.SIGKILL)
        until(lambda: machine.log.count(" listening ") == 3)
        assert "worker_died worker=0 signal=SIGKILL again_in_s=1.0" in machine.log
        assert second in machine.workers
        assert len(machine.workers) == 2
        assert ended(machine, signal.SIGINT) == 0


def test_workers_whose_parent_is_killed_end(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as machine:
        workers = machine.workers
        machine.process.kill()
        until(lambda: not any(map(alive, workers)))
        assert machine.log.count("parent_died") == 2


def test_workers_that_cannot_start_end_the_parent(tmp_path: Path) -> None:
    bad = tmp_path / "twiml"
    bad.mkdir()
    with started(tmp_path, "--workers", "2", IVR_TWIML_DIR=str(bad)) as machine:
        assert machine.process.wait(30) == 2
        [line] = [line for line in machine.log.splitlines() if "ivr:" in line]
        assert "answer.xml" in line


def test_the_page_of_figures_is_of_all_workers(tmp_path: Path) -> None:
    with started(tmp_path, "--dev", "--workers", "2") as machine, contextlib.ExitStack() as phones:
        for number in range(6):
            assert machine.ring(call_id(number))
        # Each goes to the worker that has less to do.
        for number in range(6, 10):
            phones.enter_context(machine.phone(call_id(number), stream_id(number), {}))
        until(lambda: machine.metrics()["ivr_live_calls"] == 4)
        assert machine.metrics()['ivr_answers_total{document="answer"}'] == 6
        os.kill(machine.workers[0], signal.SIGKILL)
        until(lambda: machine.log.count(" listening ") == 3)
        until(lambda: machine.metrics()["ivr_live_calls"] == 2)
        # The calls of the other one go on; what the dead one has counted is not lost.
        page = machine.metrics()
        assert page['ivr_answers_total{document="answer"}'] == 6
        assert page['ivr_calls_total{line="default"}'] == 4
        assert page["process_resident_memory_bytes"] > 50_000_000
        assert page["ivr_connects_per_second"] == 4
