"""Deletion by age: each line's own days, and what was only needed for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ivr.keeper import delete_old
from ivr.keeper.delete_old import DAY_S, DELETE_EVERY_S, OPEN_S, POSTED_S, TOMBS_S, DeleteOld
from ivr.keeper.records_database import RecordsDatabase
from ivr.records import tables
from ivr.records.record import Began, Entry, FileNamed
from ivr.records.store import RecordStore, forget
from tests.records.made import NOW, SECRET, chosen, facts, whole

LINES = """
[[line]]
number = "+966110000001"
name = "short"
keep_days = 7
[[line]]
number = "+966110000002"
name = "always"
keep_days = 0
"""


class World:
    """A database, and the chore."""

    def __init__(self, folder: Path) -> None:
        path = folder / "lines.toml"
        path.write_text(LINES)
        more = {"IVR_EVENTS_URL": "https://receiver.example/x", "IVR_EVENTS_SECRET": SECRET}
        self.settings = chosen(folder, IVR_CONFIG=str(path), **more)
        self.database = RecordsDatabase(self.settings)
        self.chore = DeleteOld(self.settings, self.database)

    def write(self, entries: list[Entry]) -> None:
        with self.database.transaction() as connection:
            RecordStore(connection, events=True, now=NOW).write(entries)

    def has(self, column: Any) -> list[Any]:
        with self.database.transaction() as connection:
            return sorted(connection.scalars(select(column)))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A database with no calls."""
    found = World(tmp_path)
    yield found
    found.database.close()


def test_each_line_keeps_its_calls_for_its_days(world: World) -> None:
    for line, days in (("short", 90), ("always", 1), ("default", 1), ("line_of_before", 30), ("for_ever_before", 0)):
        world.write(whole(f"CA {line}", line=line, keep_days=days))
    seen = {}
    for days in (6, 8, 29, 31, 89, 91, 5000):
        world.chore.work(NOW + days * DAY_S)
        seen[days] = [call.removeprefix("CA ") for call in world.has(tables.calls.c.call_id)]
    assert len(seen[6]) == 5
    assert seen[8] == ["always", "default", "for_ever_before", "line_of_before"]
    assert seen[29] == seen[8]
    assert seen[31] == ["always", "default", "for_ever_before"]
    assert seen[89] == seen[31]
    # The days of the environment's line today, not those that its calls had then.
    assert seen[91] == ["always", "for_ever_before"]
    assert seen[5000] == seen[91]
    assert len(world.has(tables.turns.c.number)) == 4


def test_what_was_needed_for_a_while_goes(world: World) -> None:
    world.write([*whole("CA1", line="always"), FileNamed("CA1", "tape", "a", NOW), FileNamed("CA9", "tape", "b", NOW)])
    with world.database.transaction() as connection:
        forget(connection, "call", "CA8", NOW)
        connection.execute(tables.outbox.update().values(state="posted"))
    assert world.chore.work(NOW + POSTED_S - 200) == DELETE_EVERY_S
    assert (world.has(tables.files.c.name), len(world.has(tables.outbox.c.event))) == (["a"], 1)
    world.chore.work(NOW + TOMBS_S + 200)
    assert (world.has(tables.outbox.c.event), world.has(tables.deletions.c.key)) == ([], [])


def test_a_call_without_an_end_has_one_after_a_day(world: World) -> None:
    world.write([Began(facts("CA1"))])
    world.chore.work(NOW + OPEN_S - 10)
    assert world.has(tables.calls.c.reason) == [""]
    world.chore.work(NOW + OPEN_S + 10)
    assert world.has(tables.calls.c.reason) == ["process_died"]


def test_many_are_deleted_some_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(delete_old, "DELETED_AT_ONCE", 2)
    for call in range(5):
        world.write(whole(f"CA{call}"))
    late = NOW + 100 * DAY_S
    assert [world.chore.work(late) for _ in range(3)] == [0.0, 0.0, DELETE_EVERY_S]
    assert world.has(tables.calls.c.call_id) == []
    assert world.has(tables.outbox.c.call_id) == []
    assert [record.__dict__["calls"] for record in caplog.records] == [2, 2, 1]


def test_a_database_that_is_away_is_tried_again(tmp_path: Path) -> None:
    settings = chosen(tmp_path, IVR_DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert 0 < DeleteOld(settings, RecordsDatabase(settings)).work(NOW) <= 30
