"""What all whole calls share: the phrases, rendered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.whole.world import render_phrases


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bridges of this run keep their phrases."""
    made = tmp_path_factory.mktemp("whole")
    render_phrases(made)
    return made
