"""Write the files that a command was asked for, and none over a tape."""

from __future__ import annotations

from pathlib import Path

from ivr.replay.tape import TapeError
from ivr.replay.tape_file import MAGIC


def write_output(path: Path, content: bytes) -> None:
    """Write a file that was asked for. Raises TapeError where a tape would be lost, OSError."""
    claim_output(path)
    path.write_bytes(content)


def claim_output(path: Path) -> None:
    """Make a place for a file of the developer's alone, as it may hold speech, and its folder where it is missing.

    Raises TapeError where a tape would be lost, OSError.
    """
    # A pipe or a terminal is no file: it is not read.
    if path.is_file():
        with path.open("rb") as there:
            if there.read(len(MAGIC)) == MAGIC:
                raise TapeError(f"{path}: this is a tape, name another file")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
