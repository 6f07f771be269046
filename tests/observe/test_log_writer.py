"""The thread that writes the log: a reader that stops costs lines and nothing else."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.observe import log_writer
from ivr.observe.log_writer import LogWriter

ROOT = Path(__file__).parents[2]


class Reader:
    """A reader of the log that reads only while it is `reading`."""

    def __init__(self) -> None:
        self.reading = threading.Event()
        self.reading.set()
        self.lines: list[str] = []

    def __call__(self, line: bytes) -> None:
        self.reading.wait()
        self.lines.append(line.decode().rstrip("\n"))


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.reading.set()


def line(text: str) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text})


def test_lines_come_in_order_and_whole(reader: Reader) -> None:
    writer = LogWriter(reader)
    for number in range(100):
        writer.handle(line(f"line {number} ايوه"))
    writer.close()
    assert reader.lines == [f"line {number} ايوه" for number in range(100)]
    assert repr(writer) == "<LogWriter 0 characters unwritten, 0 lines dropped>"


def test_a_reader_that_stops_costs_lines_and_no_time(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "TELL_DROPPED_S", 1000.0)
    dropped: list[int] = []
    writer = LogWriter(reader, most=1000)
    writer.on_drop = lambda: dropped.append(1)
    reader.reading.clear()
    began = time.monotonic()
    for _ in range(1000):
        writer.handle(line("x" * 10))
    assert time.monotonic() - began < 1
    assert len(dropped) == 900
    reader.reading.set()
    writer.close()
    assert reader.lines == ["x" * 10] * 100 + ["log_lines_dropped"]


def test_a_reader_that_never_comes_back_is_waited_for_once(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "FLUSH_S", 0.2)
    writer = LogWriter(reader)
    reader.reading.clear()
    writer.handle(line("one"))
    began = time.monotonic()
    writer.flush()
    writer.flush()
    writer.close()
    assert 0.2 <= time.monotonic() - began < 0.35


def test_drops_are_told_while_the_flood_goes_on(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "TELL_DROPPED_S", 0.0)
    writer = LogWriter(reader, most=20)
    reader.reading.clear()
    for _ in range(9):
        writer.handle(line("x" * 10))
    reader.reading.set()
    writer.close()
    assert reader.lines == ["x" * 10, "log_lines_dropped", "x" * 10]


def test_what_cannot_be_written_or_formatted_ends_nothing() -> None:
    broken = [OSError(errno.EPIPE, "x")]
    lines: list[bytes] = []

    def write(given: bytes) -> None:
        if broken:
            raise broken.pop()
        lines.append(given)

    writer, dropped = LogWriter(write), []
    writer.on_drop = lambda: dropped.append(1)
    writer.handle(line("lost"))
    writer.flush()
    assert dropped == [1]
    writer.handle(logging.makeLogRecord({"msg": "%d", "args": ("no number",)}))
    writer.handle(line("\ud800 half a character"))
    writer.close()
    assert lines == [b"log_lines_dropped\n", b"\\ud800 half a character\n", b"log_lines_dropped\n"]


def test_a_pipe_that_is_full_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    monkeypatch.setattr(log_writer, "STDERR", write)
    sent = bytes(300_000)
    thread = threading.Thread(target=log_writer.write_to_stderr, args=(sent,))
    thread.start()
    got = b""
    while len(got) < len(sent):
        got += os.read(read, 65_536)
    thread.join()
    assert got == sent
    os.close(read)
    os.close(write)


FLOOD = """
import logging, sys, time
from ivr.observe import logs

logs.set_up("json")
began = time.monotonic()
for number in range(20_000):
    logging.getLogger("ivr.app").info(f"line {number}", extra={"call": "CA1"})
sys.stdout.write(f"{time.monotonic() - began}\\n")
sys.stdout.flush()
"""


def test_a_pipe_that_nobody_reads_stops_no_process() -> None:
    began = time.monotonic()
    read, write = os.pipe()
    ran = subprocess.Popen([sys.executable, "-c", FLOOD], cwd=ROOT, stdout=subprocess.PIPE, stderr=write)
    os.close(write)
    assert ran.stdout is not None
    with ran.stdout as told:
        assert float(told.readline()) < 10
    assert ran.wait(10) == 0
    # It may take as long as the last lines are waited for, twice: once by `flush`, once by Python's own end.
    assert time.monotonic() - began < 20
    os.close(read)
