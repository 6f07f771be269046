"""Share the rendered phrases among all whole calls."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.world import render_phrases


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the bridges of this run keep their phrases."""
    made = tmp_path_factory.mktemp("whole")
    render_phrases(made)
    return made


@pytest.fixture(autouse=True)
def _no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that the bridge logs no error in a whole call, for all that the peers do."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
