"""One process renders, the others wait and read."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from ivr.hamsa.phrase_lock import LONGEST_WAIT_S, LOOK_S, sole_renderer
from ivr.testbench import virtual_time


async def waited(folder: Path, there: list[bool]) -> float:
    """For how long the block was waited for."""
    clock = asyncio.get_running_loop().time
    began = clock()
    async with sole_renderer(folder, lambda: bool(there)):
        return clock() - began


def held(folder: Path) -> int:
    """A lock as another process has it."""
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def test_a_free_folder_is_not_waited_for(tmp_path: Path) -> None:
    assert virtual_time.run(waited(tmp_path / "new", [])) == 0
    assert (tmp_path / "new").is_dir()


def test_another_renderer_is_waited_for_until_it_ends(tmp_path: Path) -> None:
    async def main() -> float:
        other = held(tmp_path)
        asyncio.get_running_loop().call_later(3.3, os.close, other)
        return await waited(tmp_path, [])

    assert virtual_time.run(main()) == pytest.approx(3.3, abs=LOOK_S)


def test_what_is_there_is_not_waited_for(tmp_path: Path) -> None:
    async def main() -> float:
        other, there = held(tmp_path), list[bool]()
        asyncio.get_running_loop().call_later(1.1, there.append, True)
        try:
            return await waited(tmp_path, there)
        finally:
            os.close(other)

    assert virtual_time.run(main()) == pytest.approx(1.1, abs=LOOK_S)


def test_a_renderer_that_hangs_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async def main() -> float:
        other = held(tmp_path)
        try:
            return await waited(tmp_path, [])
        finally:
            os.close(other)

    assert virtual_time.run(main()) == pytest.approx(LONGEST_WAIT_S, abs=LOOK_S)


def test_the_lock_is_free_after_the_block(tmp_path: Path) -> None:
    async def main() -> tuple[float, float]:
        return await waited(tmp_path, []), await waited(tmp_path, [])

    assert virtual_time.run(main()) == (0, 0)


def test_where_there_can_be_no_lock_each_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    assert virtual_time.run(waited(tmp_path / "file", [])) == 0

    def no_locks(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert virtual_time.run(waited(tmp_path, [])) == 0
