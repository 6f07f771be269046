"""From the spool to the database: each record arrives once, whatever dies, is away, or comes twice."""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from ivr.config.settings import Settings
from ivr.keeper.records_database import RecordsDatabase
from ivr.keeper.write_records import SPOOL_LOOK_S, WriteRecords
from ivr.records import tables
from ivr.records.database import make_engine, prepare, reading
from ivr.records.folder import lock_file
from ivr.records.frames import encode_frame
from ivr.records.queries import call_rows
from ivr.records.record import Began, Entry, FileNamed
from ivr.records.shapes import call_object
from ivr.records.store import RESUME_S, RecordStore
from tests.records.made import NOW, SECRET, chosen, ended, facts, same, spooled, turn, whole
from tests.records.postgres import Postgres

EVENTS = {"IVR_EVENTS_URL": "https://receiver.example/calls", "IVR_EVENTS_SECRET": SECRET}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty database of each kind."""
    if request.param == "sqlite":
        yield chosen(tmp_path, **EVENTS)
        return
    server: Postgres = request.getfixturevalue("server")
    server.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield chosen(tmp_path, IVR_DATABASE_URL=server.url, **EVENTS)


OPENED: list[RecordsDatabase] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def chore_of(settings: Settings) -> WriteRecords:
    OPENED.append(RecordsDatabase(settings, lambda: 1.0))
    return WriteRecords(settings, OPENED[-1])


def drain(chore: WriteRecords, now: float = NOW) -> float:
    while not (delay := chore.work(now)):
        pass
    return delay


def rows(settings: Settings, table: Any) -> list[dict[str, Any]]:
    engine = make_engine(settings)
    with reading(engine) as connection:
        found = [dict(row) for row in connection.execute(select(table)).mappings()]
    engine.dispose()
    return found


def shown(settings: Settings, call: str) -> Any:
    engine = make_engine(settings)
    with reading(engine) as connection:
        found = call_object(*call_rows(connection, call))
    engine.dispose()
    return found


def test_a_call_arrives_whole(place: Settings) -> None:
    path = spooled(place.data_dir, [*whole("CA1"), FileNamed("CA1", "tape", "CA1.tape", NOW)])
    chore = chore_of(place)
    assert drain(chore) == SPOOL_LOOK_S
    call = shown(place, "CA1")
    assert (call["result"], call["seconds"], call["questions"], call["wait_max_ms"]) == ("success", 60.0, 2, 1000)
    assert call["notes"] == {"overlap": 2}
    assert call["files"] == [{"kind": "tape", "name": "CA1.tape"}]
    assert [one["parts_ms"] for one in call["turns"]] == [{"agent": 600}, {"agent": 600}]
    assert "caller" not in call
    assert not path.exists()
    assert chore.report() == {"records_behind": 0.0, "records_refused": 0.0}


def test_records_in_any_order_and_twice_make_the_same_call(place: Settings) -> None:
    first, second = facts("CA1", "p1"), facts("CA1", "p2", writer="w2", started_at=NOW + 30, node="two")
    entries: list[Entry] = [
        Began(first),
        ended(first, 20, [turn(0), turn(1)], result="bridge_error", reason="shutdown", settled=False),
        Began(second),
        ended(second, 40, [turn(1, wait_ms=3000)]),
    ]
    engine = make_engine(place)
    prepare(engine, place)
    seen = []
    for order in itertools.permutations(range(4)):
        with engine.begin() as connection:
            for table in (tables.turns, tables.counts, tables.parts, tables.calls, tables.outbox):
                connection.execute(table.delete())
        for entry in [*order, *order]:
            with engine.begin() as connection:
                RecordStore(connection, events=True, now=NOW).write([entries[entry]])
        with reading(engine) as connection:
            seen.append(call_object(*call_rows(connection, "CA1")))
            posted = list(connection.scalars(select(tables.outbox.c.body)))
        assert len(posted) == 1
    engine.dispose()
    assert all(call == seen[0] for call in seen)
    call = seen[0]
    assert (call["resumed"], call["seconds"], call["node"], call["reason"]) == (1, 70.0, "two", "caller_stop")
    assert [(one["number"], one["at_s"]) for one in call["turns"]] == [(0, 1.0), (1, 1.0), (1, 31.0)]


def test_a_stream_that_was_superseded_is_no_resumption(place: Settings) -> None:
    first, second = facts("CA1", "p1"), facts("CA1", "p2", started_at=NOW + 1)
    entries: list[Entry] = [
        Began(first),
        Began(second),
        ended(first, 2, [turn(0)], result="indeterminate", reason="superseded", superseded=True, settled=False),
        ended(second, 9),
    ]
    spooled(place.data_dir, entries)
    drain(chore_of(place))
    call = shown(place, "CA1")
    assert (call["resumed"], call["reason"], call["seconds"], len(call["turns"])) == (0, "caller_stop", 10.0, 1)


def test_a_keeper_killed_at_any_byte_loses_and_doubles_nothing(tmp_path: Path) -> None:
    place = chosen(tmp_path)
    entries = [entry for call in range(3) for entry in whole(f"CA{call}")]
    made = spooled(tmp_path / "other", entries)
    data = made.read_bytes()
    target = place.data_dir / "spool" / "w1-1.spool"
    target.parent.mkdir(parents=True)
    for cut in range(0, len(data), 97):
        target.write_bytes(data[:cut])
        with target.open("rb") as writer:
            lock_file(writer.fileno())
            # Each time another keeper, which knows only what the last one has written down.
            drain(chore_of(place))
    target.write_bytes(data)
    drain(chore_of(place))
    assert len(rows(place, tables.calls)) == 3
    assert all(call["ended_at"] for call in rows(place, tables.calls))
    assert len(rows(place, tables.turns)) == 6


def test_places_that_are_lost_cost_nothing(tmp_path: Path) -> None:
    place = chosen(tmp_path)
    path = spooled(place.data_dir, whole("CA1"))
    with path.open("rb") as writer:
        lock_file(writer.fileno())
        drain(chore_of(place))
        (place.data_dir / "spool" / "places.json").write_text("{")
        drain(chore_of(place))
    assert len(rows(place, tables.turns)) == 2


def test_a_live_process_keeps_its_file_and_its_calls_are_open(place: Settings) -> None:
    path = spooled(place.data_dir, [Began(facts("CA1"))])
    with path.open("rb") as writer:
        lock_file(writer.fileno())
        drain(chore_of(place), NOW + 10 * RESUME_S)
        assert path.exists()
    assert (shown(place, "CA1")["ended"], rows(place, tables.outbox)) == (None, [])


def test_calls_of_a_process_that_died_end(place: Settings, caplog: pytest.LogCaptureFixture) -> None:
    path = spooled(place.data_dir, [Began(facts("CA1")), *whole("CA2")])
    os.utime(path, (NOW + 30, NOW + 30))
    chore = chore_of(place)
    drain(chore, NOW + 31)
    # Another bridge may take the call up.
    assert shown(place, "CA1")["ended"] is None
    drain(chore, NOW + 31 + RESUME_S)
    call = shown(place, "CA1")
    assert (call["result"], call["reason"], call["seconds"]) == ("bridge_error", "process_died", 30.0)
    assert not path.exists()
    assert "calls_broke_off" in caplog.text
    assert sorted(row["call_id"] for row in rows(place, tables.outbox)) == ["CA1", "CA2"]


def test_a_call_taken_up_elsewhere_is_not_told_to_have_ended(place: Settings) -> None:
    first, second = facts("CA1", "p1"), facts("CA1", "p2", writer="w2", started_at=NOW + 30)
    chore = chore_of(place)
    spooled(place.data_dir, [Began(first), ended(first, result="bridge_error", reason="shutdown", settled=False)])
    drain(chore)
    [event] = rows(place, tables.outbox)
    assert event["due_at"] == NOW + RESUME_S
    spooled(place.data_dir, [Began(second)], "w2-1.spool").touch()
    with (place.data_dir / "spool" / "w2-1.spool").open("rb") as writer:
        lock_file(writer.fileno())
        drain(chore)
    assert rows(place, tables.outbox) == []


def test_what_the_database_refuses_costs_itself_alone(
    place: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    [_, end] = whole("CA2", "bad")
    bad = same(end, turns=[turn(10**30)])
    path = spooled(place.data_dir, [*whole("CA1"), bad, *whole("CA3")])
    with path.open("ab") as file:
        file.write(encode_frame(b'{"type":"of a later version"}'))
    chore = chore_of(place)
    drain(chore)
    assert {row["call_id"] for row in rows(place, tables.calls)} == {"CA1", "CA3"}
    assert chore.report()["records_refused"] == 2
    assert len(list((place.data_dir / "spool" / "refused").iterdir())) == 2
    assert caplog.text.count("record_refused") == 2


def test_a_database_that_is_away_loses_nothing(server: Postgres, tmp_path: Path, caplog: Any) -> None:
    caplog.set_level("INFO")
    server.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    place = chosen(tmp_path, IVR_DATABASE_URL=server.url)
    chore = chore_of(place)
    spooled(place.data_dir, whole("CA0"), "w0-1.spool")
    drain(chore)
    server.stop()
    try:
        delays = []
        for call in range(1, 12):
            spooled(place.data_dir, whole(f"CA{call}"), f"w{call}-1.spool")
            delays.append(chore.work(NOW))
            assert chore.report()["records_behind"] == 2 * call
        # Ten minutes would be some twenty-five attempts: these are the first of them, without the waiting.
        assert delays[0] == 1.0
        assert delays == sorted(delays)
        assert delays[-1] == 30.0
    finally:
        server.start()
    drain(chore)
    assert len(rows(place, tables.calls)) == 12
    assert len(rows(place, tables.turns)) == 24
    assert chore.report()["records_behind"] == 0
    assert [record.message for record in caplog.records] == ["database_lost", "database_back"]


def test_a_locked_database_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ivr.records.database.LOCK_WAIT_S", 0.05)
    place = chosen(tmp_path)
    chore = chore_of(place)
    drain(chore)
    spooled(place.data_dir, whole("CA1"))
    with sqlite3.connect(place.data_dir / "calls.sqlite") as other:
        other.execute("BEGIN EXCLUSIVE")
        assert chore.work(NOW) == 1.0
        assert caplog.records[-1].__dict__["why"] == "database is locked"
        other.execute("ROLLBACK")
    other.close()
    drain(chore)
    assert len(rows(place, tables.calls)) == 1


def test_a_full_database_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = chosen(tmp_path)
    chore = chore_of(place)
    [database] = OPENED
    drain(chore)
    with database.transaction() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    assert database._engine is not None
    # Of the connection in the pool: it has no more room than it has now.
    with database._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.rollback()
    spooled(place.data_dir, [entry for call in range(300) for entry in whole(f"CA{call}")])
    delays = [chore.work(NOW) for _ in range(3)]
    assert delays[-1] > 0
    assert caplog.records[-1].__dict__["why"] == "database or disk is full"
    database.close()
    drain(chore)
    assert len(rows(place, tables.calls)) == 300


def test_a_newer_database_is_left_alone(place: Settings, caplog: pytest.LogCaptureFixture) -> None:
    engine = make_engine(place)
    prepare(engine, place)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    path = spooled(place.data_dir, whole("CA1"))
    chore = chore_of(place)
    for _ in range(2):
        assert chore.work(NOW) > 0
    assert path.exists()
    [told] = [record for record in caplog.records if record.message == "database_lost"]
    assert told.__dict__["why"].startswith("the database is of a newer version (9999): install")
