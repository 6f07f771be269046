"""One call on a tape for the tests of this room: a question, and another one over its answer."""

from __future__ import annotations

import pytest

from ivr.replay.tape import Tape
from tests.replay.taped import taped

STEPS = ("say what are your opening hours", "over 2600 say how much does it cost", "wait")


@pytest.fixture(scope="package")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"), STEPS)
