"""What the settings say about tapes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ivr.replay.recorder.options import RecorderOptions, is_chosen, recorder_options
from tests.support.front import settings


@pytest.mark.parametrize(
    ("env", "options"),
    [
        ({}, None),
        ({"IVR_TAPES": "t", "IVR_TAPES_KEEP": "off"}, None),
        ({"IVR_TAPES": "t"}, RecorderOptions(Path("t"), "trouble", 1, True, 14, 1000)),
        ({"IVR_TAPES": "t", "IVR_TAPES_KEEP": "all"}, RecorderOptions(Path("t"), "all")),
        ({"IVR_TAPES": "t", "IVR_TAPES_KEEP": "1/20"}, RecorderOptions(Path("t"), "all", 20)),
        (
            {"IVR_TAPES": "t", "IVR_TAPES_AUDIO": "off", "IVR_TAPES_DAYS": "0", "IVR_TAPES_MB": "5"},
            RecorderOptions(Path("t"), "trouble", 1, False, 0, 5),
        ),
    ],
)
def test_options_follow_the_settings(env: dict[str, str], options: RecorderOptions | None, tmp_path: Path) -> None:
    assert recorder_options(settings(tmp_path, **env)) == options


@pytest.mark.parametrize(("one_in", "least", "most"), [(1, 1000, 1000), (2, 450, 550), (50, 8, 35)])
def test_a_sample_is_as_large_as_asked(one_in: int, least: int, most: int) -> None:
    chance = random.Random(7)
    options = RecorderOptions(Path("t"), one_in=one_in)
    assert least <= sum(is_chosen(options, chance) for _ in range(1000)) <= most
