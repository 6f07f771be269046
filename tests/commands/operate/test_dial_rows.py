"""The file of numbers to call, and the file of what became of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.commands.operate.dial_rows import NOT_TAKEN, DialRow, Results, read_rows, row_id


def written(folder: Path, text: str) -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_whom_to_call(tmp_path: Path) -> None:
    text = "\ufeffnumber,name,line,order\n+966 50 000 0001,سارة,,7\n00966500000002,,sales,\n,,,\n"
    rows, again = read_rows(written(tmp_path, text), "default", "spring")
    assert [(row.number, row.line, row.context) for row in rows] == [
        ("+966500000001", "default", {"name": "سارة", "order": "7"}),
        ("+966500000002", "sales", None),
    ]
    assert again == 0
    assert rows[0].body("2026-12-01T15:00:00Z") == {
        "to": "+966500000001",
        "line": "default",
        "id": rows[0].id,
        "context": {"name": "سارة", "order": "7"},
        "at": "2026-12-01T15:00:00Z",
    }
    assert "+966" not in repr(rows[0])


def test_a_number_is_called_once_however_it_is_written(tmp_path: Path) -> None:
    rows, again = read_rows(written(tmp_path, "number\n+966500000001\n00966-50-000-0001\n"), "default", "a")
    assert (len(rows), again) == (1, 1)


def test_the_context_may_be_json(tmp_path: Path) -> None:
    rows, _ = read_rows(written(tmp_path, 'number,context\n+966500000001,"{""order"": 7}"\n'), "default", "a")
    assert rows[0].context == {"order": 7}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "one of them is number"),
        ("phone\n1\n", "one of them is number"),
        ("number,context\n+966500000001,{\n", "people.csv:2: context is no JSON"),
    ],
)
def test_a_fault_is_one_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as error:
        read_rows(written(tmp_path, text), "default", "a")
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"number\n\xff\xfe\n")
    with pytest.raises(ValueError, match="cannot be read as CSV in UTF-8"):
        read_rows(path, "default", "a")


def test_an_id_is_of_a_campaign_and_a_number() -> None:
    assert row_id("a", "+966500000001") == row_id("a", "00966 500000001")
    assert len({row_id("a", "+1"), row_id("b", "+1"), row_id("a", "+2")}) == 3
    odd = row_id("حملة الربيع " * 9, "+1")
    assert odd.isascii()
    assert len(odd) <= 64


def test_a_second_run_goes_on_from_the_results(tmp_path: Path) -> None:
    path = tmp_path / "people.csv.results.csv"
    rows = [DialRow(f"r{number}", f"+96650000000{number}", "default") for number in range(4)]
    first = Results(path)
    assert first.put(rows[0], {"state": "waiting", "attempts": 0})
    assert not first.put(rows[0], {"state": "waiting"})
    assert first.put(rows[0], {"state": "completed", "talked_s": 9, "secret": "x"})
    assert first.put(rows[1], {"state": NOT_TAKEN, "reason": "not_allowed"})
    assert first.put(rows[2], {"state": "ringing"})
    second = Results(path)
    assert [row.id for row in second.open_rows(rows)] == ["r2", "r3"]
    assert second.counts(rows) == {"completed": 1, NOT_TAKEN: 1, "ringing": 1, "not asked": 1}
    assert path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in path.read_text()
    assert json.dumps(repr(second))
