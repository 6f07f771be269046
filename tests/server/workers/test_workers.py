"""Several workers as `ivr serve --workers` runs them: real processes, real sockets."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
from pathlib import Path

import pytest

from ivr.testbench.phone import messages as wire
from tests.server.workers.machine import call_id, closing_code, ended, started, stream_id, until
from tests.support.front import ACCOUNT

pytestmark = [pytest.mark.live, pytest.mark.skipif(not Path("/proc").exists(), reason="children are found in /proc")]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def shared_by(pid: int) -> Path:
    """The folder that a worker shares."""
    files = (held.readlink() for held in Path(f"/proc/{pid}/fd").iterdir())
    return next(file.parent for file in files if file.name == "calls.sqlite")


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


def test_a_worker_that_cannot_be_forked_is_tried_again(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as machine:
        first, second = machine.workers
        parent = machine.process.pid
        before = resource.prlimit(parent, resource.RLIMIT_NOFILE)
        resource.prlimit(parent, resource.RLIMIT_NOFILE, (3, before[1]))
        os.kill(first, signal.SIGKILL)
        until(lambda: "worker_not_started worker=0 why=" in machine.log)
        assert machine.workers == [second]
        resource.prlimit(parent, resource.RLIMIT_NOFILE, before)
        until(lambda: machine.log.count(" listening ") == 3)
        assert second in machine.workers
        assert ended(machine) == 0


def test_what_workers_share_is_made_again_when_deleted(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as machine:
        folder = shared_by(machine.workers[0])
        shutil.rmtree(folder)
        until(lambda: machine.log.count(" shared_store_lost ") == 2)
        os.kill(machine.workers[0], signal.SIGKILL)
        until(lambda: machine.log.count(" listening ") == 3)
        assert "shared_folder_deleted" in machine.log
        until(lambda: machine.log.count(" shared_store_back") == 1)
        assert machine.ring(call_id(1))
        assert ended(machine) == 0
        assert not folder.exists()


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
    with started(tmp_path, "--workers", "2") as machine, contextlib.ExitStack() as phones:
        given = [machine.ring(call_id(number)) for number in range(6)]
        # Each goes to the worker that has less to do.
        for number in range(4):
            phones.enter_context(machine.phone(call_id(number), stream_id(number), given[number]))
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


def test_a_stream_comes_to_another_worker_and_outlives_the_first(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as machine:
        call = call_id(1)
        given = machine.ring(call)
        until(lambda: machine.worker_of("answered", call) >= 0)
        first = machine.worker_of("answered", call)
        pid = machine.workers[first]
        # Who hangs takes nothing: the stream comes to the other one.
        os.kill(pid, signal.SIGSTOP)
        with machine.phone(call, stream_id(1), given) as phone:
            until(lambda: machine.worker_of("call_started", call) == 1 - first)
            os.kill(pid, signal.SIGKILL)
            until(lambda: machine.log.count(" listening ") == 3)
            # A token is used once, at whichever worker.
            with machine.phone(call, stream_id(2), given) as again:
                assert closing_code(again) == 1008
            phone.send(wire.stop(wire.Ids(ACCOUNT, call, stream_id(1)), 2))
            assert closing_code(phone) == 1000
        until(lambda: machine.metrics()["ivr_live_calls"] == 0)


def test_a_signal_lets_the_calls_of_all_workers_end(tmp_path: Path) -> None:
    running = started(tmp_path, "--workers", "2", IVR_MAX_CALLS="3", IVR_DRAIN_SECONDS="60")
    with running as machine, contextlib.ExitStack() as streams:
        phones = []
        for number in (1, 2):
            given = machine.ring(call_id(number))
            phones.append(streams.enter_context(machine.phone(call_id(number), stream_id(number), given)))
        until(lambda: machine.metrics()["ivr_live_calls"] == 2)
        awaited = machine.ring(call_id(3))
        # The number of calls is the machine's.
        assert machine.ring(call_id(4)) == {}
        machine.process.send_signal(signal.SIGTERM)
        until(lambda: machine.log.count(" draining ") == 2)
        assert machine.get("/readyz").status_code == 503
        phones.append(streams.enter_context(machine.phone(call_id(3), stream_id(3), awaited)))
        until(lambda: machine.worker_of("call_started", call_id(3)) >= 0)
        for number, phone in enumerate(phones, 1):
            phone.send(wire.stop(wire.Ids(ACCOUNT, call_id(number), stream_id(number)), 2))
            assert closing_code(phone) == 1000
        assert machine.process.wait(30) == 0
