"""Processes of a measurement: what they use, what they print, and that they end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import weakref
from pathlib import Path
from typing import cast

import pytest

from tools.load import machine, processes
from tools.load.census import Census
from tools.load.machine import Unfit
from tools.load.peers.caller import Figures, LoadCaller, Sounds, quiet_frames
from tools.load.peers.phones import PhoneSocket
from tools.load.profile import sampler
from tools.load.soak import Held, Soak, slope
from tools.load.start import Start, median

linux = pytest.mark.skipif(not machine.PROC.joinpath("stat").exists(), reason="reads Linux' /proc")
HERE = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset({0})


@linux
def test_a_process_that_is_gone_uses_nothing() -> None:
    own = machine.of_tree(os.getpid())
    assert min(own.cpu_s, own.main_cpu_s, own.rss_mb, own.files, own.threads) > 0
    assert machine.of_process(2**22 + 1) == machine.Usage()
    assert machine.busy_seconds() >= machine.busy_seconds({min(HERE)}) > 0


@linux
def test_the_bridge_has_its_cores_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    cores = machine.share_cores()
    assert (cores.bridge, cores.peers, cores.apart) == (frozenset({0}), frozenset({1, 2}), True)
    assert str(cores) == "bridge on core 0, phones and services on 1, 2"
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert not machine.share_cores().apart


@linux
def test_a_process_ends_with_its_block() -> None:
    command = [sys.executable, "-c", "print('{\"a\": 1}', flush=True); import time; time.sleep(600)"]
    with processes.started(command, HERE, out=subprocess.PIPE) as process:
        assert next(processes.lines_of(process, 20.0)) == {"a": 1}
        assert next(processes.lines_of(process, 20.0, each_s=0.01)) is None
        with pytest.raises(Unfit, match="nothing came"):
            list(processes.lines_of(process, 0.01))
    assert process.returncode == -signal.SIGTERM


@linux
def test_a_process_that_ends_has_no_more_lines() -> None:
    with processes.started([sys.executable, "-c", "pass"], HERE, out=subprocess.PIPE) as process:
        assert list(processes.lines_of(process, 20.0)) == []


def test_no_revision_is_one_clear_line(tmp_path: Path) -> None:
    with (
        pytest.raises(Unfit, match="no revision 'nothing-of-that-name'"),
        processes.checkout("nothing-of-that-name", tmp_path),
    ):
        pass


def test_a_missing_sampler_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="py-spy is not installed"):
        sampler(str(tmp_path / "py-spy"))


def test_a_census_counts_collections_tasks_and_timers(tmp_path: Path) -> None:
    census = Census(tmp_path / "out")
    census.collected("start", {"generation": 1})
    census.collected("stop", {"generation": 1})

    async def held() -> None:
        # Other tests may have left timers in this process.
        census.tell(signal.SIGUSR2, None)
        timer = asyncio.get_running_loop().call_later(600, print)
        gone = weakref.proxy(Census(tmp_path))
        census.tell(signal.SIGUSR1, None)
        census.tell(signal.SIGUSR2, None)
        timer.cancel()
        assert type(gone) is weakref.ProxyType

    asyncio.run(held())
    before, short, whole = map(json.loads, (tmp_path / "out").read_text().splitlines())
    assert (short["collections"], "tasks" in short) == ([0, 1, 0], False)
    assert (whole["tasks"], whole["timers"] - before["timers"]) == (1, 1)


def test_a_soak_says_what_is_left_behind() -> None:
    done = Soak(5, 1.0, Held(20, 6, 4, 4, 1000, 130.0), Held(29, 6, 4, 4, 1000, 131.0))
    done.resident = [(0.0, 130.0), (1800.0, 130.0), (3600.0, 131.0)]
    part = {
        "asked": 1,
        "lost": 0,
        "interrupted": 1,
        "underrun_ms": [],
        "dropped": 0,
        "turn_ms": [700.0],
        "barge_in_ms": [],
    }
    done.parts = [part, part]
    assert done.left() == ["files 20 -> 29"]
    assert done.slope_mb_an_hour() == pytest.approx(2.0)
    assert "barge-in p99: first tenth none, last tenth none" in done.lines()
    assert slope([(1.0, 1.0)]) == slope([(1.0, 1.0), (1.0, 2.0)]) == 0.0


def test_the_median_of_starts_is_of_each_figure() -> None:
    starts = [Start(1.0, 0.9, 130.0, 6, 20), Start(3.0, 0.7, 131.0, 6, 20), Start(2.0, 0.8, 140.0, 6, 20)]
    assert median(starts) == {"ready_s": 2.0, "cpu_s": 0.8, "resident_mb": 131.0, "threads": 6, "files": 20}


class Pipe:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close


def text(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([0x81, size]) + payload
    return (b"\x81\x7e" + size.to_bytes(2) if size < 65536 else b"\x81\x7f" + size.to_bytes(8)) + payload


async def opened(figures: Figures) -> tuple[PhoneSocket, Pipe]:
    socket, pipe = PhoneSocket(LoadCaller(Sounds((), (), quiet_frames()), figures, 1), b"GET"), Pipe()
    socket.connection_made(cast(asyncio.Transport, pipe))
    socket.data_received(b"HTTP/1.1 101 Switching")
    socket.data_received(b" Protocols\r\n\r\n")
    await socket.opened
    return socket, pipe


def test_messages_are_read_however_they_are_cut() -> None:
    async def read() -> None:
        figures = Figures()
        socket, pipe = await opened(figures)
        assert pipe.written.startswith(b"GET\x81")
        sizes = (0, 100, 200, 70_000)
        stream = b"".join(text(b'{"event":"x"' + b" " * size + b"}") for size in sizes)
        for at in range(0, len(stream), 97):
            socket.data_received(stream[at : at + 97])
        assert figures.messages == len(sizes)
        pipe.written = b""
        socket.data_received(b"\x89\x02hi")
        assert pipe.written == b"\x8a\x82\0\0\0\0hi"
        socket.tick(1.0)
        assert b'"event":"media"' in pipe.written
        socket.data_received(b"\x88\x00")
        assert pipe.closing

    asyncio.run(read())


def test_a_message_that_is_none_loses_the_call() -> None:
    async def read() -> None:
        socket, _ = await opened(Figures())
        socket.data_received(text(b"{"))
        assert socket.lost

    asyncio.run(read())


def test_a_refused_call_says_the_status() -> None:
    async def refused() -> None:
        socket, pipe = PhoneSocket(LoadCaller(Sounds((), (), ()), Figures(), 1), b""), Pipe()
        socket.connection_made(cast(asyncio.Transport, pipe))
        socket.data_received(b"HTTP/1.1 503 Busy\r\n\r\n")
        with pytest.raises(ConnectionError, match="503 Busy"):
            await socket.opened
        socket.connection_lost(None)
        assert socket.lost

    asyncio.run(refused())


def test_a_call_that_hung_up_is_not_lost() -> None:
    async def ended() -> None:
        socket, pipe = await opened(Figures())
        socket.end()
        assert pipe.written.endswith(b"\x88\x82\0\0\0\0\x03\xe8")
        socket.connection_lost(None)
        assert not socket.lost

    asyncio.run(ended())
