"""Which lines are closed, kept in a file that processes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.fleet.live.closed_lines import FILE_NAME, ClosedLines


def test_a_closed_line_is_seen_by_the_others_and_the_next(tmp_path: Path) -> None:
    one, two = ClosedLines(tmp_path / "data"), ClosedLines(tmp_path / "data")
    one.set("sales", True)
    two.look(0.0)
    two.set("support", True)
    one.look(0.0)
    one.look(0.5)
    assert one.names == two.names == {"sales", "support"}
    one.set("sales", False)
    two.look(0.5)
    assert two.names == {"sales", "support"}
    two.look(1.0)
    assert two.names == ClosedLines(tmp_path / "data").names == {"support"}
    assert repr(two) == "<ClosedLines support>"
    assert ((tmp_path / "data" / FILE_NAME).stat().st_mode & 0o777) == 0o600


def test_without_a_folder_they_are_of_the_process_alone() -> None:
    closed = ClosedLines()
    closed.look(0.0)
    closed.set("sales", True)
    closed.look(9.0)
    assert closed.names == {"sales"}
    closed.set("sales", False)
    assert repr(closed) == "<ClosedLines none>"


def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'{"not": "names"}')
    assert ClosedLines(tmp_path).names == frozenset()
    (tmp_path / "file").touch()
    closed = ClosedLines(tmp_path / "file")
    closed.set("sales", True)
    closed.look(9.0)
    assert closed.names == {"sales"}
    assert [record.getMessage() for record in caplog.records] == ["line_closed", "closed_lines_not_kept"]


def test_lines_that_are_closed_at_the_start_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ClosedLines(tmp_path).set("sales", True)
    caplog.clear()
    ClosedLines().keep_in(tmp_path)
    assert [record.getMessage() for record in caplog.records] == ["line_closed"]
