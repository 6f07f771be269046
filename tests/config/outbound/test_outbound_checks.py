"""What is wrong with the settings of outbound calls, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config.load import SettingsError
from ivr.config.outbound.checks import NO_OPERATORS, NO_REST
from tests.server.board.operators import TOKENS
from tests.support.front import settings


def test_a_beginning_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="IVR_DIAL_PREFIXES cannot be read: write the beginnings"):
        settings(tmp_path, IVR_DIAL_PREFIXES="966")


@pytest.mark.parametrize(
    ("env", "notes"),
    [
        ({}, []),
        ({"IVR_DIAL_PREFIXES": "+966", "IVR_BOARD_TOKENS": TOKENS}, []),
        ({"IVR_DIAL_PREFIXES": "+966"}, [NO_OPERATORS]),
        (
            {"IVR_DIAL_PREFIXES": "+966", "IVR_DEV": "true", "IVR_HOST": "127.0.0.1", "IVR_BOARD_TOKENS": TOKENS},
            [NO_REST],
        ),
    ],
)
def test_what_is_missing_is_said_at_the_start(tmp_path: Path, env: dict[str, str], notes: list[str]) -> None:
    assert [note for note in settings(tmp_path, **env).notes if "IVR_DIAL" in note] == notes
