"""What is sent is followed to the caller's ear."""

from __future__ import annotations

import pytest

from ivr.replay.compare.ear import Audible, Decided, audible, begins_after, silent_at
from ivr.replay.tape import CommandRecord

CLEAR: CommandRecord = ["SendClear", {}]


def audio(ms: int) -> CommandRecord:
    return ["SendAudio", ms * 8, 0]


@pytest.mark.parametrize(
    ("stream", "spans"),
    [
        ([], []),
        ([(1.0, [audio(500)])], [(1.0, 1.5)]),
        # Sent ahead: it plays behind what is playing.
        ([(1.0, [audio(500), audio(500)]), (1.5, [audio(500)])], [(1.0, 2.5)]),
        ([(1.0, [audio(500)]), (1.7, [audio(500)])], [(1.0, 2.2)]),
        ([(1.0, [audio(500)]), (3.0, [audio(500)])], [(1.0, 1.5), (3.0, 3.5)]),
        ([(1.0, [audio(500)]), (1.2, [CLEAR])], [(1.0, 1.2)]),
        ([(1.0, [audio(500)]), (1.2, [CLEAR, audio(40)])], [(1.0, 1.24)]),
        ([(1.0, [audio(500)]), (1.0, [CLEAR])], []),
        ([(1.0, [audio(500)]), (2.0, [CLEAR])], [(1.0, 1.5)]),
        ([(1.0, [CLEAR, ["SendAudio"], ["SendAudio", "x"], ["SendMark", {}]])], []),
    ],
)
def test_when_the_agent_was_audible(
    stream: list[tuple[float, list[CommandRecord]]], spans: list[tuple[float, float]]
) -> None:
    found = audible(Decided(now, records) for now, records in stream)
    assert [(one.start, round(one.end, 3)) for one in found] == spans


def test_when_the_agent_falls_silent_and_begins() -> None:
    spans = [Audible(1.0, 2.0), Audible(3.0, 4.0)]
    assert [silent_at(spans, at) for at in (0.5, 1.0, 1.9, 2.0, 3.5)] == [None, None, 2.0, 2.0, 4.0]
    assert [begins_after(spans, at) for at in (0.5, 1.0, 1.1, 3.1)] == [1.0, 1.0, 3.0, None]
