"""The folder that workers share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.server.workers.folder import mend, shared_folder


def test_it_is_the_users_own_and_goes_with_the_block(tmp_path: Path) -> None:
    with shared_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "places").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_two_bridges_have_two(tmp_path: Path) -> None:
    with shared_folder(tmp_path) as one, shared_folder(tmp_path) as other:
        assert one != other
        assert one.exists()


def test_what_a_crash_left_is_deleted(tmp_path: Path) -> None:
    left, young, foreign = tmp_path / "ivr-workers-abc", tmp_path / "ivr-workers-def", tmp_path / "other"
    for folder in (left, young, foreign):
        folder.mkdir()
        (folder / "lock").touch()
    os.utime(left, (1, 1))
    os.utime(foreign, (1, 1))
    with shared_folder(tmp_path) as folder:
        os.utime(folder, (1, 1))
        with shared_folder(tmp_path) as other:
            assert sorted(tmp_path.iterdir()) == sorted([folder, other, young, foreign])


def test_without_a_base_it_is_somewhere() -> None:
    with shared_folder() as folder:
        assert folder.is_dir()
    assert not folder.exists()


def test_it_is_made_again_where_it_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shared"
    assert mend(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not mend(folder)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(PermissionError):
        mend(folder)
