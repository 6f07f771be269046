"""Share tapes of whole calls among the tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.replay.tape import Tape
from tests.call.stage import LOUD, QUIET
from tests.replay.taped import taped
from tests.whole.world import Peers

OPEN, PRICE = "what are your opening hours", "and how much does it cost"


def with_pause(text: str) -> bytes:
    """Return an utterance of 1.2 seconds with a pause of 0.9 s in its middle."""
    return LOUD * 30 + QUIET * 45 + LOUD * 30


@pytest.fixture(scope="session")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the bridges of this room keep their phrases."""
    return tmp_path_factory.mktemp("phrases")


@pytest.fixture(scope="session")
def plain(phrases: Path) -> Tape:
    """Return a call with an interruption."""
    return taped(phrases)


@pytest.fixture(scope="session")
def paused(phrases: Path) -> Tape:
    """Return a call whose caller pauses within the question; the line waits for 1.2 s."""
    said = f"{OPEN} {PRICE}"
    peers = Peers(transcripts=(said, said, said, "thank you goodbye", "thank you goodbye"))
    steps = (f"say {said}", "wait", "say thank you goodbye", "wait")
    return taped(phrases, steps, peers, voice=with_pause, IVR_ENDPOINT_MS="1200")
