"""The databases that records are tested with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.records.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A PostgreSQL of this run; a test that takes it away brings it back."""
    with postgres() as found:
        yield found
