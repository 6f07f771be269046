"""Two folders of calls: what differs, and what is chance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.result import result
from ivr.testbench.scenario import from_words
from ivr.testbench.suite.compare import ComparedCall, CompareError, FigureRow, compare, read, refusals


def calls(seed: int, *, number: int = 6, more: float = 0.0, spread: float = 60.0, scenario: str = "a",
          on_time: bool = True) -> list[ComparedCall]:  # fmt: skip
    """Return calls with two answers of about 800 ms, and `more`."""
    chance = Random(seed)
    return [
        ComparedCall(
            scenario,
            {("answer", turn): 800 + more + chance.gauss(0, spread) for turn in ("1 x", "2 y")}
            | {("underruns", ""): 0},
            on_time,
        )
        for _ in range(number)
    ]


def row(rows: Sequence[FigureRow], name: str = "answer") -> FigureRow:
    return next(one for one in rows if one.name == name)


def test_difference_beyond_chance_is_told() -> None:
    slower = compare(calls(1), calls(2, more=300))
    assert (row(slower.rows).verdict, slower.worse, slower.notes) == ("worse", True, [])
    assert 200 < row(slower.rows).difference < 400
    assert row(slower.rows).floor < row(slower.rows).difference
    assert row(slower.rows, "underruns").verdict == "no difference"
    faster = compare(calls(2, more=300), calls(1))
    assert (row(faster.rows).verdict, faster.worse) == ("better", False)
    assert row(faster.rows).worst[0] > row(faster.rows).middle[0] > row(faster.rows).middle[1]


def test_part_of_the_wait_is_longer_and_not_worse() -> None:
    one, other = ([ComparedCall("a", {("STT", "1 x"): ms + n, ("answer", "1 x"): 900.0}) for n in range(6)]
                  for ms in (100, 300))  # fmt: skip
    found = compare(one, other)
    assert (row(found.rows, "STT").verdict, found.worse) == ("longer", False)
    assert row(compare(other, one).rows, "STT").verdict == "shorter"


def test_chance_is_seldom_taken_for_a_difference() -> None:
    wrong = sum(row(compare(calls(seed), calls(seed + 1000)).rows).verdict != "no difference" for seed in range(60))
    assert wrong <= 2


def test_whole_calls_are_dealt_out() -> None:
    """Turns of one call are slow together: five times as many turns are no more evidence."""
    slow, quick = ({("answer", f"{turn} x"): ms for turn in range(1, 21)} for ms in (900.0, 800.0))
    one = [ComparedCall("a", slow if number < 4 else quick) for number in range(6)]
    other = [ComparedCall("a", slow if number < 2 else quick) for number in range(6)]
    assert row(compare(one, other).rows).verdict == "no difference"


def test_less_than_a_frame_is_no_difference() -> None:
    assert row(compare(calls(1, spread=1), calls(2, spread=1, more=15)).rows).verdict == "no difference"
    assert row(compare(calls(1, spread=1), calls(2, spread=1, more=25)).rows).verdict == "worse"


def test_too_few_calls_are_said() -> None:
    few = compare(calls(1, number=3), calls(2, number=3, more=5000))
    assert (row(few.rows).verdict, few.worse) == ("too few calls", False)
    assert few.notes[-1].startswith("too few calls to tell a difference from chance")
    # Two scenarios of four calls can be dealt out in 4900 ways.
    both = [[*calls(1, number=4, more=more), *calls(2, number=4, more=more, scenario="b")] for more in (0, 5000)]
    assert row(compare(*both).rows).verdict == "worse"


def test_what_is_not_on_both_sides() -> None:
    found = compare([*calls(1), *calls(3, scenario="b")], [*calls(2, on_time=False), *calls(4, scenario="c")])
    assert found.notes == [
        "only in A: b", "only in B: c", "made on a machine that was too busy for exact figures: 0 calls of A, 6 of B",
    ]  # fmt: skip
    other = [ComparedCall("a", {("answer", "1 other words"): 1.0})]
    assert compare(calls(1), other).rows == []


def test_few_values_have_no_percentile() -> None:
    # Two answers a call.
    assert row(compare(calls(1, number=9), calls(2, number=10)).rows).p95[0] is None
    many = row(compare(calls(1, number=10), calls(2, number=10)).rows)
    assert many.p95[0] is not None
    assert many.middle[0] < many.p95[0] <= many.worst[0]
    assert row(compare(calls(1, number=20), calls(2, number=20)).rows, "underruns").p95 == (None, None)


def test_a_machine_busy_on_one_side_refuses() -> None:
    busy = [*calls(2, on_time=False), *calls(3)]
    assert list(refusals(calls(1), calls(2))) == list(refusals(busy, busy)) == []
    (why,) = refusals(calls(1), busy)
    assert why.startswith("0 of 6 calls of A and 6 of 12 of B were made on a machine that was too busy")
    assert list(refusals([], [])) == []


def test_a_baseline_refuses_other_settings() -> None:
    def told(**about: str) -> list[ComparedCall]:
        return [ComparedCall("a", {}, True, about) for _ in range(2)]

    one, other = told(agent="a.example", bridge="1"), told(agent="b.example", bridge="2", settings="endpoint_ms 400")
    assert list(refusals(one, other)) == []
    assert list(refusals(one, other, baseline=True)) == [
        "agent: a.example in A, b.example in B",
        "settings: as usual in A, endpoint_ms 400 in B",
    ]
    assert list(refusals(one, told(agent="a.example", bridge="2"), baseline=True)) == []
    assert "agent: a.example in A, not told in B" in refusals(one, [ComparedCall("a", {})], baseline=True)


def kept(folder: Path, **changes: Any) -> Path:
    """Write a call as `ivr test` does."""
    record = PhoneRecord(t0=0.0, ended="agent")
    record.note(1.0, "digit", "1")
    fields = {**result(record, from_words(["press 1"]), "no --dev"), **changes}
    folder.mkdir(parents=True)
    (folder / "call.json").write_text(json.dumps(fields), encoding="utf-8")
    return folder


def test_folders_of_suites_and_of_single_calls(tmp_path: Path) -> None:
    kept(tmp_path / "suite" / "en" / "a" / "1")
    kept(tmp_path / "suite" / "en" / "a" / "2")
    kept(tmp_path / "call", scenario="x.toml", first_audio_ms=200.0)
    kept(tmp_path / "words")
    assert [call.scenario for call in read(tmp_path / "suite")] == ["en/a", "en/a"]
    (call,) = read(tmp_path / "call")
    assert (call.scenario, call.cells["greeting", ""], call.cells["failed calls", ""]) == ("x.toml", 200.0, 1.0)
    assert read(tmp_path / "words")[0].scenario == "call"


def test_figures_are_told_apart_by_turn(tmp_path: Path) -> None:
    turn = {
        "said": "Hi", "answer_ms": 900.0, "sound_ms": 500.0, "barge_in_stop_ms": None, "spent_ms": {"stt": 1.0},
    }  # fmt: skip
    kept(tmp_path / "told", untold=None, turns=[{**turn, "said": ""}, turn])
    kept(tmp_path / "untold", turns=[{**turn, "said": ""}, {**turn, "answer_ms": None, "spent_ms": None}])
    (told,), (untold,) = read(tmp_path / "told"), read(tmp_path / "untold")
    assert {cell for cell in told.cells if cell[1]} == {("answer", "1 Hi"), ("STT", "1 Hi")}
    assert {cell for cell in untold.cells if cell[1]} == {("first sound", "1 Hi")}


def test_folders_that_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(CompareError, match="no call"):
        read(tmp_path)
    kept(tmp_path / "old", format=2)
    with pytest.raises(CompareError, match="format 2, made by another version"):
        read(tmp_path)
    (tmp_path / "old" / "call.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CompareError, match="cannot be read: TypeError"):
        read(tmp_path)
