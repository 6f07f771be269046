"""The places of a machine's workers in a file: workers that die, drain, and files that are none."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.server.shared.places import Owner, Place, Terms
from ivr.server.shared.sqlite_places import FILE, SqlitePlaces, alive, prepare, release
from ivr.server.shared.worker import Worker

TERMS = Terms(2)
DEAD = 2**22 + 1
"""No process has such a number."""


def asked(call: str, deadline: float = 60.0) -> Place:
    return Place(call, "+1", "+2", "inbound", {"x": "ط"}, deadline, call.encode())


class Machine:
    """A folder, and the workers that were opened on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[SqlitePlaces] = []
        prepare(folder)

    def worker(self, index: int, pid: int = 0, busy_s: float = 10.0) -> SqlitePlaces:
        places = SqlitePlaces(self.folder, Worker(index, 4, self.folder, pid=pid or os.getpid()), busy_s)
        self.opened.append(places)
        return places


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    for places in made.opened:
        places.close()


def test_two_workers_see_one_call(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    assert one.admit(asked("a"), TERMS, 0).new
    assert two.expect("a", 1) == asked("a")
    assert two.redeem(b"a", 60, 1)
    assert not one.redeem(b"a", 60, 1)
    assert two.arrive("a", 1) is None
    assert one.owner("a") == Owner(1, 1)
    assert one.arrive("a", 1) == Owner(1, 1)
    # The older stream has the same number there, and frees nothing of the newer one.
    assert not two.leave("a", 1, 2)
    assert one.leave("a", 1, 2)
    assert one.owner("a") is None


def test_the_last_place_is_given_once(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    one.arrive("a", 1)
    assert [places.admit(asked(call), TERMS, 0).verdict for places, call in ((two, "b"), (one, "c"), (one, "b"))] == [
        "answer",
        "busy",
        "answer",
    ]


def test_what_a_dead_worker_held_is_released_and_its_places_stay(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    one.arrive("a", 1)
    two.arrive("b", 1)
    one.admit(asked("c"), Terms(3), 0)
    release(machine.folder, 0)
    assert (two.owner("a"), two.owner("b")) == (None, Owner(1, 1))
    assert two.expect("c", 1) is not None
    assert not two.others_take()


def test_a_worker_frees_what_the_one_before_it_held(machine: Machine) -> None:
    before, other = machine.worker(0, DEAD), machine.worker(1)
    before.arrive("a", 1)
    now = machine.worker(0)
    assert other.owner("a") is None
    # The dead one's row cannot be taken for one of its successor's.
    now.arrive("b", 1)
    assert not before.leave("b", 1, 0)
    assert now.leave("b", 1, 0)


def test_a_worker_that_nobody_released_keeps_no_caller_out(machine: Machine) -> None:
    dead, living = machine.worker(0, DEAD), machine.worker(1)
    dead.arrive("a", 1)
    living.arrive("b", 1)
    assert living.admit(asked("c"), TERMS, 0).verdict == "answer"
    assert living.owner("a") is None
    assert living.admit(asked("d"), TERMS, 0).verdict == "busy"


def test_a_worker_that_ends_frees_what_it_holds(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    one.arrive("a", 1)
    assert two.others_take()
    one.end()
    assert two.owner("a") is None
    assert not two.others_take()


def test_of_all_that_drain_the_last_waits(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    draining = Terms(5, draining=True)
    one.drain()
    assert (one.others_take(), two.others_take()) == (True, False)
    assert one.admit(asked("a"), draining, 0).verdict == "answer"
    two.drain()
    assert (one.others_take(), two.others_take()) == (False, False)
    assert [one.admit(asked(call), draining, 0).verdict for call in ("b", "a")] == ["drain", "answer"]


def test_a_dead_worker_takes_nothing(machine: Machine) -> None:
    machine.worker(0, DEAD)
    assert not machine.worker(1).others_take()


def test_what_is_kept_of_a_call_is_found_by_every_worker(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    for call in ("a", "b", "a", "c"):
        one.keep(call, call.encode(), 2)
    assert [two.kept(call) for call in "abc"] == [b"a", None, b"c"]


def test_a_worker_writes_again_what_it_knows(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)
    one.arrive("a", 1)
    one.arrive("b", 2)
    two.arrive("c", 7)
    two.admit(asked("d"), Terms(9), 0)
    live = {"b": Owner(0, 2, {"x": "1"}), "c": Owner(0, 3)}
    assert two.redeem(b"1", 60, 0)
    one.restore(live, [asked("b"), asked("d", 99), asked("e")], {b"1": 60.0, b"2": 60.0}, draining=True)
    assert [two.redeem(nonce, 60, 1) for nonce in (b"1", b"2", b"3")] == [False, False, True]
    assert [one.owner(call) for call in "abc"] == [None, Owner(0, 2, {"x": "1"}), Owner(1, 7)]
    assert [place and place.deadline for place in [one.expect(call, 1) for call in "bde"]] == [None, 60, 60]
    assert not two.others_take()


def test_an_error_in_the_middle_undoes_the_whole(machine: Machine) -> None:
    one, two = machine.worker(0), machine.worker(1)

    def broken(_: int) -> bool:
        raise KeyError("a bug of ours")

    with pytest.raises(KeyError):
        one.admit(asked("a"), Terms(2, fits=broken), 0)
    assert two.admit(asked("a"), TERMS, 0).new


def test_a_lock_that_is_held_is_an_error_after_a_time(machine: Machine) -> None:
    one, other = machine.worker(0, busy_s=0.01), sqlite3.connect(machine.folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        one.arrive("a", 1)
    # Reading waits for no writer.
    assert one.owner("a") is None
    other.execute("ROLLBACK")
    other.close()
    one.arrive("a", 1)


def test_a_file_that_is_there_is_not_made_again(machine: Machine) -> None:
    with pytest.raises(ValueError, match="is there already"):
        prepare(machine.folder)


@pytest.mark.parametrize("content", [None, b"", b"no database" * 1000], ids=["gone", "empty", "another"])
def test_a_file_that_is_none_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(sqlite3.Error):
        SqlitePlaces(tmp_path, Worker(0, 2, tmp_path))
    with pytest.raises(sqlite3.Error):
        release(tmp_path, 0)


def test_a_process_is_known_to_live(monkeypatch: pytest.MonkeyPatch) -> None:
    assert alive(os.getpid())
    over = subprocess.Popen([sys.executable, "-c", ""])
    over.wait()
    assert not alive(over.pid)

    def foreign(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", foreign)
    assert alive(1)


def test_prints_itself(machine: Machine) -> None:
    assert repr(machine.worker(3)) == "<SqlitePlaces of worker 3>"
