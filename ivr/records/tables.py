"""Lay out the database: calls, their parts, turns, figures and files, what was deleted, and the events to be posted.

A change here needs a migration in `ivr/records/migrations/versions`; tests/records/test_migrations.py compares the two.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("seconds", Double),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("resumed", Integer, nullable=False),
    Column("keep", Text, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("caller", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("caller_key", Text, nullable=False),
    Column("called_key", Text, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("barge_ins", Integer, nullable=False),
    Column("wait_p50_ms", Integer),
    Column("wait_max_ms", Integer),
    Index(None, "started_at"),
    Index(None, "line", "started_at"),
    Index(None, "caller_key"),
    Index(None, "called_key"),
)

parts = Table(
    "parts",
    metadata,
    Column("part", Text, primary_key=True),
    Column("call_id", Text, ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False),
    Column("writer", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("keep", Text, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("caller", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("caller_key", Text, nullable=False),
    Column("called_key", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("result", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("superseded", Boolean, nullable=False),
    Index(None, "call_id"),
    Index(None, "writer"),
)

turns = Table(
    "turns",
    metadata,
    Column("part", Text, ForeignKey("parts.part", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("call_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("failure", Text, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("wait_ms", Integer),
    Column("endpoint_ms", Integer),
    Column("stt_ms", Integer),
    Column("agent_ms", Integer),
    Column("tts_ms", Integer),
    Column("own_ms", Integer),
    Column("sentences", Integer, nullable=False),
    Column("barge_ins", Integer, nullable=False),
    Column("asked", Text, nullable=False),
    Column("heard", Text, nullable=False),
    Column("unheard", Text, nullable=False),
    Index(None, "call_id"),
)

counts = Table(
    "counts",
    metadata,
    Column("part", Text, ForeignKey("parts.part", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Index(None, "call_id"),
)
"""How often a call had a note or a fault."""

files = Table(
    "files",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("at", Double, nullable=False),
)
"""Tapes and recordings. They may be named before the record of their call is there."""

deletions = Table(
    "deletions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", Double, nullable=False),
)
"""What was deleted on request: a record that still comes of it is not written. `kind`: `call` or `number`."""

outbox = Table(
    "outbox",
    metadata,
    Column("event", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Index(None, "state", "due_at"),
    Index(None, "call_id"),
)
"""Events. `state`: `waiting`, `posted` or `given_up`."""
