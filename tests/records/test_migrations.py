"""Migrations: from nothing, from each step, by several at once, and the tables are those of the code."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from ivr.config.settings import Settings
from ivr.records import database
from ivr.records.database import DatabaseProblem, alembic_config, make_engine, prepare, sqlite_file
from ivr.records.tables import metadata
from tests.records.made import chosen
from tests.records.postgres import Postgres

STEPS = [step.revision for step in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty database of each kind."""
    if request.param == "sqlite":
        yield chosen(tmp_path)
        return
    server: Postgres = request.getfixturevalue("server")
    server.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    yield chosen(tmp_path, IVR_DATABASE_URL=server.url)


def test_the_tables_are_those_of_the_code(place: Settings) -> None:
    engine = make_engine(place)
    prepare(engine, place)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


@pytest.mark.parametrize("step", STEPS)
def test_every_earlier_database_is_brought_up(place: Settings, step: str) -> None:
    engine = make_engine(place)
    if (file := sqlite_file(place)) is not None:
        file.parent.mkdir(parents=True)
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, step)
    prepare(engine, place)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == STEPS[-1]
    engine.dispose()


def test_a_migration_that_breaks_off_leaves_nothing(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(place)

    def breaks(config: Any, _: str) -> None:
        connection = config.attributes["connection"]
        connection.execute(text("CREATE TABLE calls (half TEXT)"))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(database.command, "upgrade", breaks)  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            prepare(engine, place)
    assert inspect(engine).get_table_names() == []
    prepare(engine, place)
    engine.dispose()


def test_of_several_that_start_at_once_one_migrates(place: Settings) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        engine = make_engine(place)
        try:
            prepare(engine, place)
        except BaseException as fault:
            faults.append(fault)
        engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []


def test_the_file_is_the_bridges_alone(tmp_path: Path) -> None:
    place = chosen(tmp_path)
    engine = make_engine(place)
    prepare(engine, place)
    engine.dispose()
    file = sqlite_file(place)
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hush@127.0.0.1:1/none",
        "sqlite:////proc/none/calls.sqlite",
        "sqlite+none:///x",
        "postgres://h:x/",
    ],
)
def test_a_database_that_is_not_there_is_one_line(tmp_path: Path, url: str) -> None:
    place = chosen(tmp_path, IVR_DATABASE_URL=url)
    with pytest.raises(DatabaseProblem) as raised:
        prepare(make_engine(place), place)
    assert len(str(raised.value).splitlines()) == 1
    assert "hush" not in str(raised.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    place = chosen(tmp_path)
    place.data_dir.mkdir()
    (place.data_dir / "calls.sqlite").write_bytes(b"this is no database, but a letter to the reader" * 40)
    engine = make_engine(place)
    with pytest.raises(DatabaseProblem, match="file is not a database"):
        prepare(engine, place)
    engine.dispose()
