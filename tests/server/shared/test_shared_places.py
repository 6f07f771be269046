"""A worker that cannot read the common file goes on with its part of the calls, and writes what it did afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.server.shared.places import Admitted, Awaited, Owner, Place, Places, Terms
from ivr.server.shared.shared_places import AGAIN_S, LOOK_AGAIN_S, SharedPlaces
from ivr.server.shared.sqlite_places import SqlitePlaces, prepare
from ivr.server.shared.worker import Worker

TERMS = Terms(5)


def asked(call: str, deadline: float = 60.0) -> Place:
    return Place(call, deadline=deadline, nonce=call.encode())


class Breaking:
    """The common file as it is, or an error for every question."""

    def __init__(self, folder: Path) -> None:
        prepare(folder)
        self.folder = folder
        self.broken = False
        self.opened: list[SqlitePlaces] = []

    def connect(self, index: int) -> Any:
        if self.broken:
            raise sqlite3.OperationalError("unable to open database file")
        self.opened.append(SqlitePlaces(self.folder, Worker(index, 2, self.folder), 10.0))
        return Asked(self, self.opened[-1])

    def worker(self, index: int) -> SharedPlaces:
        places = SharedPlaces(Worker(index, 2, self.folder), lambda: self.connect(index))
        places.beat(0)
        return places


class Asked:
    def __init__(self, file: Breaking, places: SqlitePlaces) -> None:
        self._file = file
        self._places = places

    def __getattr__(self, name: str) -> Any:
        if self._file.broken and name != "close":
            raise sqlite3.OperationalError("database or disk is full")
        return getattr(self._places, name)


def test_while_the_file_is_there_all_ask_it(tmp_path: Path) -> None:
    file = Breaking(tmp_path)
    one, two = file.worker(0), file.worker(1)
    assert (one.up, one.why) == (True, "")
    assert one.admit(asked("x"), Terms(0), 0) == Admitted("busy")
    assert one.admit(asked("a"), TERMS, 0).new
    assert two.expect("a", 1) == asked("a")
    two.learn("a", {"x": "1"})
    place = one.expect("a", 1)
    assert place is not None
    assert place.parameters == {"x": "1"}
    assert one.awaited(0) == Awaited(1, 1, LOOK_AGAIN_S)
    assert two.redeem(b"a", 60, 1)
    assert not one.redeem(b"a", 60, 1)
    assert two.arrive("a", 1) is None
    assert one.owner("a") == Owner(1, 1)
    two.keep("a", b"{}", 20)
    assert one.kept("a") == b"{}"
    assert two.leave("a", 1, 2)
    one.admit(asked("b"), TERMS, 2)
    two.forget("b")
    assert one.awaited(2) == Awaited(0, 0, None)
    one.drain()
    assert (one.others_take(), two.others_take()) == (True, False)
    one.end()
    assert not one.up
    one.beat(99)
    two.end()


def test_without_the_file_each_worker_takes_its_part(tmp_path: Path) -> None:
    file = Breaking(tmp_path)
    one, two = file.worker(0), file.worker(1)
    one.admit(asked("known"), TERMS, 0)
    file.broken = True
    verdicts = [[places.admit(asked(f"{places!r}{n}"), TERMS, 1).verdict for n in range(4)] for places in (one, two)]
    assert (one.up, one.why) == (False, "database or disk is full")
    # Three of the five are the first one's, of which it gave one before.
    assert verdicts == [["answer", "answer", "busy", "busy"], ["answer", "answer", "busy", "busy"]]
    assert one.admit(asked("known"), TERMS, 1).verdict == "answer"
    assert one.expect("known", 1) is not None
    assert one.redeem(b"known", 60, 1)
    assert not one.redeem(b"known", 60, 1)
    assert one.arrive("known", 1) is None
    assert one.owner("known") == Owner(0, 1)
    one.learn("known", {"x": "1"})
    one.keep("known", b"{}", 20)
    assert one.kept("known") == b"{}"
    assert one.leave("known", 1, 2)
    assert not one.others_take()
    one.forget("x")
    one.end()


def test_what_was_done_without_the_file_is_written_into_it(tmp_path: Path) -> None:
    file = Breaking(tmp_path)
    one, two = file.worker(0), file.worker(1)
    one.arrive("over", 1)
    one.arrive("on", 2)
    file.broken = True
    assert one.leave("over", 1, 1)
    one.arrive("new", 3)
    assert one.redeem(b"used", 60, 1)
    one.admit(asked("awaited", 70), TERMS, 2)
    one.admit(asked("void", 3), TERMS, 2)
    one.drain()
    one.beat(2)
    assert not one.up
    file.broken = False
    one.beat(2 + AGAIN_S / 2)
    assert not one.up
    one.beat(3 + AGAIN_S)
    assert (one.up, one.why) == (True, "")
    assert [two.owner(call) for call in ("over", "on", "new")] == [None, Owner(0, 2), Owner(0, 3)]
    assert not two.redeem(b"used", 60, 4)
    assert two.expect("awaited", 4) is not None
    assert two.expect("void", 2) is None
    assert not two.others_take()
    one.end()
    two.end()


def test_a_place_that_went_elsewhere_is_forgotten_in_time(tmp_path: Path) -> None:
    file = Breaking(tmp_path)
    one, two = file.worker(0), file.worker(1)
    for number in range(4):
        one.admit(asked(f"a{number}"), Terms(100), 0)
        two.arrive(f"a{number}", number)
    one.admit(asked("b", 120), Terms(100), 60)
    assert repr(one).endswith("own <MemoryPlaces 0 live, 1 awaited>>")
    one.end()
    two.end()


def test_a_file_that_was_deleted_is_left_and_its_successor_taken(tmp_path: Path) -> None:
    file = Breaking(tmp_path)
    one, two = file.worker(0), file.worker(1)
    one.admit(asked("a"), TERMS, 0)
    for path in tmp_path.iterdir():
        path.unlink()
    one.beat(2)
    assert (one.up, one.why) == (False, "unable to open database file")
    prepare(tmp_path)
    one.beat(2 + AGAIN_S)
    assert one.up
    # It would be asked alone.
    two.beat(2 + AGAIN_S)
    assert two.expect("a", 4) == asked("a")
    one.end()
    two.end()


def test_a_file_that_never_comes_is_told(tmp_path: Path) -> None:
    places = SharedPlaces(Worker(0, 2, tmp_path), lambda: SqlitePlaces(tmp_path, Worker(0, 2, tmp_path)))
    assert (places.up, places.why) == (False, "not open yet")
    places.beat(0)
    assert (places.up, places.why) == (False, "unable to open database file")
    assert repr(places) == "<SharedPlaces down, own <MemoryPlaces 0 live, 0 awaited>>"


OPERATIONS: list[tuple[str, Callable[[Places], object], object]] = [
    ("admit", lambda places: places.admit(asked("a"), TERMS, 0), Admitted("answer", asked("a"), True)),
    ("expect", lambda places: places.expect("a", 0), None),
    ("redeem", lambda places: places.redeem(b"x", 60, 0), True),
    ("arrive", lambda places: places.arrive("a", 1), None),
    ("leave", lambda places: places.leave("a", 1, 0), False),
    ("forget", lambda places: places.forget("a"), None),
    ("learn", lambda places: places.learn("a", {}), None),
    ("owner", lambda places: places.owner("a"), None),
    ("awaited", lambda places: places.awaited(0), Awaited(0, 0, None)),
    ("drain", lambda places: places.drain(), None),
    ("others_take", lambda places: places.others_take(), False),
    ("keep", lambda places: places.keep("a", b"", 1), None),
    ("kept", lambda places: places.kept("a"), None),
]


@pytest.mark.parametrize(("ask", "said"), [row[1:] for row in OPERATIONS], ids=[row[0] for row in OPERATIONS])
def test_every_operation_may_be_the_first_that_fails(
    tmp_path: Path, ask: Callable[[Places], object], said: object
) -> None:
    file = Breaking(tmp_path)
    places = file.worker(0)
    file.broken = True
    assert ask(places) == said
    assert not places.up
