"""Open the database of records, SQLite or PostgreSQL, and bring it to what this version needs.

Migrations run in one transaction under a lock of the database, so that of several keepers one does them, and one that
dies half way leaves nothing. Only the keeper and `ivr calls` load this file: SQLAlchemy is nothing for the process that
carries calls.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ivr.config.settings import Settings
from ivr.records.folder import open_folder

FILE: Final = "calls.sqlite"
DATABASE_CONNECT_S: Final = 5
"""Seconds that a server has to take a connection."""
STATEMENT_S: Final = 60
LOCK_WAIT_S: Final = 10
"""Seconds that another process may hold what a statement needs."""
_MIGRATION_LOCK: Final = 0x1F6CA115
"""The advisory lock of PostgreSQL under which migrations run."""
# What it says of its own is no event of the bridge.
logging.getLogger("alembic").setLevel(logging.WARNING)
_SCRIPTS: Final = Path(__file__).with_name("migrations")


class DatabaseProblem(Exception):
    """Say in one line why the database cannot be used now. Never holds its password."""


def database_url(settings: Settings) -> str:
    """Return SQLAlchemy's URL of the database."""
    written = settings.database_url.get_secret_value()
    if not written:
        return f"sqlite:///{settings.data_dir.absolute() / FILE}"
    scheme, separator, rest = written.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else written


def sqlite_file(settings: Settings) -> Path | None:
    """Return the file of the database. None: it is not in a file of this machine."""
    url = make_url(database_url(settings))
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make_engine(settings: Settings) -> Engine:
    """Return the database's engine; nothing is opened yet. Raises DatabaseProblem for a URL that cannot be used."""
    try:
        url = make_url(database_url(settings))
        if url.get_backend_name() == "sqlite":
            return _sqlite(url.render_as_string(hide_password=False))
        options = f"-c statement_timeout={STATEMENT_S}s -c lock_timeout={LOCK_WAIT_S}s"
        given: dict[str, Any] = {"connect_timeout": DATABASE_CONNECT_S, "options": options, "application_name": "ivr"}
        given = {name: value for name, value in given.items() if name not in url.query}
        return create_engine(url, pool_pre_ping=True, pool_recycle=300, pool_size=4, connect_args=given)
    except (ArgumentError, ImportError, ValueError) as fault:
        raise DatabaseProblem(f"IVR_DATABASE_URL cannot be used: {type(fault).__name__}") from None


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_S})

    # The driver would begin and commit as it thinks best; the tables are changed in transactions too.
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that first reads and then writes would fail where another has written meanwhile.
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads. Raises DatabaseProblem."""
    with told(), engine.connect().execution_options(reads=True) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction. Raises DatabaseProblem, or what `is_of_a_record` knows."""
    with told(), engine.begin() as connection:
        yield connection


@contextmanager
def told() -> Iterator[None]:
    """Raise DatabaseProblem for what is wrong with the database, not with what is written to it."""
    try:
        yield
    except SQLAlchemyError as fault:
        if is_of_a_record(fault):
            raise
        raise DatabaseProblem(in_words(fault)) from fault


def is_of_a_record(fault: Exception) -> bool:
    """Return whether a fault is of what is written: the database is there, and takes other records."""
    return isinstance(fault, DataError | IntegrityError)


def in_words(fault: SQLAlchemyError) -> str:
    """Return the first line of what a database says, without the statement and its values."""
    said = str(fault.orig) if isinstance(fault, DBAPIError) and fault.orig is not None else type(fault).__name__
    return next((line.strip() for line in said.splitlines() if line.strip()), type(fault).__name__)[:200]


# -- migrations ------------------------------------------------------------------------------------------------------


def prepare(engine: Engine, settings: Settings) -> None:
    """Bring the database to this version. Raises DatabaseProblem, also where it is of a newer version."""
    if (file := sqlite_file(settings)) is not None:
        try:
            open_folder(file.parent)
            # What is in it is for the bridge's user alone.
            file.touch(mode=0o600)
        except OSError as fault:
            raise DatabaseProblem(f"{file}: {fault.strerror}") from None
    config = alembic_config()
    with told(), engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # Freed at the end of the transaction, however that ends.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        script = ScriptDirectory.from_config(config)
        found = MigrationContext.configure(connection).get_current_heads()
        known = {step.revision for step in script.walk_revisions()}
        if unknown := set(found) - known:
            raise DatabaseProblem(
                f"the database is of a newer version ({', '.join(sorted(unknown))}): install that version of the bridge"
            )
        if set(found) == set(script.get_heads()):
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Return how Alembic finds the migrations, wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
