"""Each turn of a call is found once, when it is over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ivr.call.commands import HangUp, Note, SendClear
from ivr.call.timeline import Turn
from ivr.observe.closed_turns import ClosedTurns

STOP = HangUp("success", "caller_stop")


def call(*numbers: int) -> Any:
    return SimpleNamespace(turns=[Turn(number, "speech") for number in numbers])


def test_a_turn_is_found_with_its_note_and_the_rest_at_the_end() -> None:
    closed, one = ClosedTurns(), call(0, 1, 2)
    closed.began("CA", one)
    assert closed.among("CA", [SendClear(), Note("overlap", {"turn": 1})]) == []
    assert closed.among("CA", [SendClear(), Note("turn", {"turn": 1})]) == [one.turns[1]]
    assert closed.among("CA", [Note("turn", {"turn": 1})]) == []
    assert closed.among("CB", [Note("turn", {"turn": 1})]) == []
    assert repr(closed) == "<ClosedTurns of 1 calls>"
    assert [turn.number for turn in closed.rest("CA", one.turns, STOP)] == [0, 2]
    assert repr(closed) == "<ClosedTurns of 0 calls>"


def test_turns_of_a_call_that_never_began_are_all_found() -> None:
    assert [turn.number for turn in ClosedTurns().rest("CA", call(0, 1).turns, STOP)] == [0, 1]


def test_an_older_stream_ends_while_the_newer_runs() -> None:
    closed, older, newer = ClosedTurns(), call(0, 1), call(0, 1, 2)
    closed.began("CA", older)
    assert closed.among("CA", [Note("turn", {"turn": 1})]) == [older.turns[1]]
    closed.began("CA", newer)
    assert closed.among("CA", [Note("turn", {"turn": 0})]) == [newer.turns[0]]
    assert [turn.number for turn in closed.rest("CA", older.turns, HangUp("indeterminate", "superseded"))] == [0]
    assert [turn.number for turn in closed.rest("CA", newer.turns, STOP)] == [1, 2]
