"""A folder's page tells its calls apart, from what the tapes say was decided."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.call.events import Tick
from ivr.replay.report.folder import CallRow, TurnRow, call_row, folder_page
from ivr.replay.tape import Moment, Tape, TapeEnd, TapeHeader, Trouble
from tests.replay.taped import taped


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    return taped(tmp_path_factory.mktemp("phrases"))


def _noted(*notes: object) -> Tape:
    return Tape(TapeHeader("CA1"), [Moment(1.0, Tick(), [["Note", note] for note in notes])])


def test_a_row_has_the_figures_of_its_call(tape: Tape) -> None:
    row = call_row("a.tape", tape)
    assert [(turn.turn, turn.kind, turn.outcome) for turn in row.turns] == [
        (0, "phrase", "heard"),
        (1, "speech", "interrupted"),
        (2, "speech", "heard"),
    ]
    assert row.worst == row.turns[1].wait == 1932
    assert sum(row.turns[1].parts.values()) == 1932
    assert row.yields == {"commit: words": 1}
    assert (row.result, row.failures, row.faults) == ("success", {}, [])


def test_failures_are_counted_with_who_and_why() -> None:
    row = call_row("a.tape", _noted(
        {"name": "peer_fault", "fields": {"wire": "stt", "reason": "bad"}},
        {"name": "peer_fault", "fields": {"wire": "stt", "reason": "bad"}},
        {"name": "sentence_lost"},
        {"name": "levels", "fields": {}},
    ))  # fmt: skip
    assert row.failures == {"peer fault stt bad": 2, "sentence lost": 1}
    assert row.worst == 0


def test_a_tape_may_say_anything() -> None:
    odd = ({"name": "turn", "fields": {"turn": "x", "answer_ms": [1], "stt_ms": 1e300}}, {"name": 5}, "text",
           {"name": "overlap", "fields": {}}, {"name": "peer_fault", "fields": [1]})  # fmt: skip
    row = call_row("a.tape", _noted(*odd))
    assert [(turn.turn, turn.wait, turn.parts) for turn in row.turns] == [(0, None, {})]
    assert row.yields == {"?: ?": 1}
    assert row.failures == {"peer fault": 1}


def test_troubles_come_once_each() -> None:
    end = TapeEnd("success", "bye", 9.0, trouble=(Trouble("long_wait", 1), Trouble("long_wait", 2), Trouble("lost")))
    row = call_row("a.tape", replace_end(end))
    assert (row.trouble, row.seconds) == (["long_wait", "lost"], 9.0)


def replace_end(end: TapeEnd) -> Tape:
    return Tape(replace(TapeHeader("CA1"), line="desk"), end=end)


def test_the_page_has_every_call_the_worst_first() -> None:
    evil = "</script><img src=x>"
    rows = [
        CallRow("a.tape", "CA1", turns=[TurnRow(1, "speech", "heard", 900.0)]),
        CallRow("b.tape", evil, turns=[TurnRow(1, "speech", "heard", 1900.0)], faults=["breaks off"], page="b.html"),
    ]
    page = folder_page(rows, evil)
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)[0])
    assert [call["name"] for call in data["calls"]] == ["b.tape", "a.tape"]
    assert "<img" not in page
    assert "1 tapes with faults" in page
    assert "tapes with faults" not in folder_page(rows[:1], "one")


def test_the_folder_s_page_loads_nothing(tmp_path: Path) -> None:
    page = folder_page([CallRow("a.tape")], "Tapes")
    assert not re.findall(r"<(?:link|img|iframe)|\ssrc=|url\(|@import", page)
    assert "1 call<" in page
