"""Named deadlines."""

from __future__ import annotations

from typing import Literal

from ivr.call.deadlines import Deadlines


def test_they_come_due_earliest_first_and_once() -> None:
    deadlines: Deadlines[Literal["a", "b", "c"]] = Deadlines()
    assert deadlines.next() is None
    assert deadlines.due(5.0) == []
    deadlines.set("a", 3.0)
    deadlines.set("b", 1.0)
    deadlines.set("c", 2.0)
    deadlines.set("c", 9.0)
    assert deadlines.next() == 1.0
    assert deadlines.due(0.5) == []
    assert deadlines.due(3.0) == ["b", "a"]
    assert deadlines.due(3.0) == []
    assert repr(deadlines) == "<Deadlines c>"
    deadlines.clear("c", "a")
    assert deadlines.next() is None
    deadlines.move("a", 4.0)
    assert deadlines.next() == 4.0
    deadlines.move("a", None)
    assert deadlines.next() is None
