"""What the keeper has to do, by the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.keeper.chores import chores_of, has_chores
from tests.support.front import settings

RECORDS = ["WriteRecords", "DeleteOld"]


@pytest.mark.parametrize(
    ("env", "chores"),
    [
        ({"IVR_DATABASE_URL": "off"}, []),
        ({"IVR_DATABASE_URL": ""}, RECORDS),
        ({"IVR_DATABASE_URL": "off", "IVR_RECORD": "true"}, ["RecordingChore"]),
        ({"IVR_DATABASE_URL": "", "IVR_RECORD": "true"}, [*RECORDS, "RecordingChore"]),
        (
            {"IVR_DATABASE_URL": "", "IVR_EVENTS_URL": "https://events.example/x", "IVR_EVENTS_SECRET": "s" * 32},
            [*RECORDS, "PostEvents"],
        ),
    ],
)
def test_the_settings_say_what_is_to_do(tmp_path: Path, env: dict[str, str], chores: list[str]) -> None:
    found = settings(tmp_path, **env)
    assert has_chores(found) == bool(chores)
    assert [type(one).__name__ for one in chores_of(found)] == chores


def test_recordings_of_lines_that_record_no_more_are_looked_after(tmp_path: Path) -> None:
    (tmp_path / "data" / "recordings").mkdir(parents=True)
    found = settings(tmp_path, IVR_DATABASE_URL="off")
    assert has_chores(found)
    assert [type(one).__name__ for one in chores_of(found)] == ["RecordingChore"]
