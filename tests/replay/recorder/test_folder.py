"""Names, limits and locks of a folder of tapes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ivr.replay.recorder.folder import MOST_OF_A_CALL, TapeFolder, look, why
from ivr.replay.tape_file import MAGIC


def tape(folder: Path, name: str, *, days: float = 0.0, size: int = 1000, magic: bytes = MAGIC) -> Path:
    """Put a file that begins as a tape does into a folder, so many days old at the time 1,000 days."""
    path = folder / name
    path.write_bytes(magic + bytes(size - len(magic)))
    at = (1000 - days) * 86_400
    os.utime(path, (at, at))
    return path


NOW = 1000 * 86_400.0


@pytest.mark.parametrize(
    ("call_id", "name"),
    [
        ("CA12", "CA12"),
        ("../../x", "______x"),
        ("..", "__"),
        ("", "call"),
        ("a/b\0c\n", "a_b_c_"),
        (".bridge.lock", "_bridge_lock"),
        ("é", "_"),
        ("x" * 300, "x" * 64),
    ],
)
def test_a_call_id_cannot_leave_the_folder(call_id: str, name: str, tmp_path: Path) -> None:
    folder = TapeFolder(tmp_path / "tapes")
    folder.open()
    part = folder.claim(call_id)
    folder.add(part, b"abc")
    folder.add(part, b"def")
    kept = folder.keep(part)
    folder.close()
    assert kept == tmp_path / "tapes" / f"{name}.tape"
    assert kept.read_bytes() == b"abcdef"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tapes"]


def test_each_stream_of_a_call_has_a_name(tmp_path: Path) -> None:
    folder = TapeFolder(tmp_path)
    first = folder.claim("CA1")
    assert [folder.claim("CA1").name, folder.keep(first).name] == ["CA1-2.tape.part", "CA1.tape"]
    # The name of a tape that is kept is taken as well.
    assert folder.claim("CA1").name == "CA1-3.tape.part"
    assert not (tmp_path / "CA1.tape.part").exists()


def test_the_names_of_a_call_come_to_an_end(tmp_path: Path) -> None:
    folder = TapeFolder(tmp_path)
    for _ in range(MOST_OF_A_CALL):
        folder.claim("CA1")
    with pytest.raises(OSError, match="too many tapes of one call"):
        folder.claim("CA1")


def test_what_a_crash_left_is_kept(tmp_path: Path) -> None:
    (tmp_path / "CA1.tape.part").write_bytes(b"left")
    folder = TapeFolder(tmp_path)
    assert folder.open() == [tmp_path / "CA1.tape"]
    folder.close()
    assert (tmp_path / "CA1.tape").read_bytes() == b"left"


def test_a_bridge_leaves_the_parts_of_another_alone(tmp_path: Path) -> None:
    one, other, third = (TapeFolder(tmp_path) for _ in range(3))
    one.open()
    part = one.claim("CA1")
    old = tape(tmp_path, "CA0.tape.part", days=1)
    # A part that has not grown for so long belongs to no live call.
    assert other.open() == [old.with_name("CA0.tape")]
    assert part.exists()
    one.close()
    assert third.open() == []
    other.close()
    third.close()
    assert TapeFolder(tmp_path).open() == [tmp_path / "CA1.tape"]


def test_what_died_beside_a_bridge_is_kept_later(tmp_path: Path) -> None:
    folder = TapeFolder(tmp_path)
    folder.open()
    own = tape(tmp_path, "CA1.tape.part", days=1)
    live = folder.claim("CA2")
    left = tape(tmp_path, "CA3.tape.part", days=1)
    assert folder.keep_left([own]) == [left.with_name("CA3.tape")]
    assert own.exists()
    assert live.exists()
    folder.close()


def test_a_part_that_goes_away_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = TapeFolder(tmp_path)
    tape(tmp_path, "CA1.tape.part", days=1)

    def gone(_: Path) -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(folder, "keep", gone)
    assert folder.keep_left([]) == []


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", refuse)
    (tmp_path / "CA1.tape.part").touch()
    folder = TapeFolder(tmp_path)
    assert folder.open() == []
    folder.close()
    folder.close()


def test_old_tapes_are_deleted(tmp_path: Path) -> None:
    for days in (1, 13, 15, 40):
        tape(tmp_path, f"d{days}.tape", days=days)
    assert TapeFolder(tmp_path, days=14).prune(NOW) == (2, 2000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d1.tape", "d13.tape"]


def test_the_oldest_tapes_make_room(tmp_path: Path) -> None:
    for days in range(1, 12):
        tape(tmp_path, f"d{days}.tape", days=days, size=100_000)
    # A twentieth of the room is left for the next.
    assert TapeFolder(tmp_path, megabytes=1).prune(NOW) == (2, 900_000)
    assert not (tmp_path / "d11.tape").exists()
    assert TapeFolder(tmp_path, megabytes=1).prune(NOW) == (0, 900_000)
    assert TapeFolder(tmp_path).prune(NOW + 1e9) == (0, 900_000)


def test_only_tapes_are_deleted(tmp_path: Path) -> None:
    elsewhere = tape(tmp_path, "precious", days=50)
    folder = tmp_path / "tapes"
    folder.mkdir()
    kept = [
        tape(folder, "notes.tape", days=50, magic=b"no tape"),
        tape(folder, "CA1.tape.part", days=50),
        tape(folder, "CA1.wav", days=50),
    ]
    (folder / "link.tape").symlink_to(elsewhere)
    (folder / "folder.tape").mkdir()
    old = tape(folder, "CA1.tape", days=50)
    assert TapeFolder(folder, days=1, megabytes=1).prune(NOW)[0] == 1
    assert not old.exists()
    assert all(path.exists() for path in [*kept, elsewhere, folder / "link.tape", folder / "folder.tape"])


def test_a_tape_that_cannot_be_looked_at_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tape(tmp_path, "CA1.tape", days=50)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    assert TapeFolder(tmp_path, days=1).prune(NOW) == (0, 1000)
    assert old.exists()


def test_a_link_in_place_of_a_part_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    (tmp_path / "CA1.tape.part").symlink_to(target)
    folder = TapeFolder(tmp_path)
    assert folder.claim("CA1").name == "CA1-2.tape.part"
    with pytest.raises(OSError, match="symbolic"):
        folder.add(tmp_path / "CA1.tape.part", b"x")
    assert target.read_bytes() == b""


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "read_only"),
        (errno.EACCES, "no_access"),
        (errno.ENOENT, "gone"),
        (errno.EMFILE, "few_files"),
        (errno.EIO, "disk_failed"),
        (None, "disk_failed"),
    ],
)
def test_every_fault_of_a_disk_has_a_word(number: int | None, word: str) -> None:
    assert why(OSError() if number is None else OSError(number, "x")) == word


def test_look_says_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "tapes"
    assert look(folder) == f"none yet: {folder} is made at the start"
    folder.mkdir(parents=True)
    assert look(folder) == f"0, 0.0 MB, in {folder}"
    tape(folder, "CA1.tape", size=2_100_000)
    tape(folder, "CA2.tape.part")
    assert look(folder) == f"1, 2.1 MB, in {folder}"


def test_look_says_why_there_can_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ValueError, match="is a file: set it to a folder"):
        look(file)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ValueError, match="cannot be written by this user"):
        look(tmp_path / "new")
