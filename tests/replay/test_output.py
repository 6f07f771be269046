"""A file that a command writes costs no tape."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.replay import tape_file
from ivr.replay.output import write_output
from ivr.replay.tape import Tape, TapeError, TapeHeader


def test_a_new_file_is_the_developers_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    write_output(path, b"one")
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o777 == 0o600
    write_output(path, b"two")
    assert path.read_bytes() == b"two"


def test_no_tape_is_lost_to_a_page(tmp_path: Path) -> None:
    path = tmp_path / "call.tape"
    tape_file.write(path, Tape(TapeHeader("CA1")))
    link = tmp_path / "page.html"
    link.symlink_to(path)
    for place in (path, link):
        with pytest.raises(TapeError, match="this is a tape, name another file"):
            write_output(place, b"<html>")
    assert tape_file.read(path).header.call_id == "CA1"


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_output(tmp_path, b"one")
