"""Named deadlines, as far away as the line says."""

from __future__ import annotations

import pytest

from ivr.call.deadlines import Awaited, Deadlines
from ivr.call.options import CallOptions


def test_deadlines_come_due_earliest_first_and_once() -> None:
    deadlines = Deadlines(CallOptions())
    assert deadlines.next() is None
    assert deadlines.due(5.0) == []
    deadlines.set("reply", 3.0)
    deadlines.set("media", 1.0)
    deadlines.set("silence", 2.0)
    deadlines.set("silence", 9.0)
    assert deadlines.next() == 1.0
    assert deadlines.due(0.5) == []
    assert deadlines.due(3.0) == ["media", "reply"]
    assert deadlines.due(3.0) == []
    assert repr(deadlines) == "<Deadlines silence>"
    deadlines.clear("silence", "reply")
    assert deadlines.next() is None
    deadlines.move("filler", 4.0)
    assert deadlines.next() == 4.0
    assert deadlines.due(3.9) == []
    assert deadlines.due(4.0) == ["filler"]
    deadlines.move("filler", 4.0)
    deadlines.move("filler", None)
    assert deadlines.next() is None


def test_deadlines_move_by_the_time_the_process_stood_still() -> None:
    deadlines = Deadlines(CallOptions())
    deadlines.set("media", 5.0)
    deadlines.set("reply", 9.0)
    assert deadlines.due(14.0, 12.0) == []
    assert deadlines.next() == 17.0
    assert deadlines.due(17.0) == ["media"]
    assert deadlines.due(21.0) == ["reply"]


OPTIONS = CallOptions(transcript_timeout=1.0, reply_timeout=2.0, silence_timeout=3.0, max_call=5.0)


@pytest.mark.parametrize(("name", "seconds"), [("transcript", 1.0), ("reply", 2.0), ("silence", 3.0), ("length", 5.0)])
def test_deadlines_are_as_long_as_the_line_says(name: Awaited, seconds: float) -> None:
    deadlines = Deadlines(OPTIONS)
    deadlines.begin(name, 100.0)
    assert deadlines.next() == 100.0 + seconds
    deadlines.begin(name, 200.0)
    assert deadlines.next() == 200.0 + seconds


def test_what_the_line_does_not_wait_for_is_not_awaited() -> None:
    deadlines = Deadlines(CallOptions(silence_timeout=0.0, max_call=0.0))
    deadlines.begin("silence", 100.0)
    deadlines.begin("length", 100.0)
    assert deadlines.next() is None


def test_patience_that_the_agent_asks_for() -> None:
    deadlines = Deadlines(OPTIONS)
    deadlines.be_patient(45.0)
    deadlines.begin("silence", 0.0)
    assert deadlines.next() == 45.0
    deadlines.be_patient(None)
    deadlines.begin("silence", 0.0)
    assert deadlines.next() == 3.0
