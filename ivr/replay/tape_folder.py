"""Find the tapes that a developer means: one, or those of a folder. Say in one way what is no tape of a bridge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ivr.replay import tape_file
from ivr.replay.tape import Tape, TapeError

NO_DECISIONS = "a phone's tape holds no decisions: take the bridge's tape of the call"


def tapes_below(folder: Path) -> list[Path]:
    """Return the tapes of a folder and the folders below it. Raises TapeError where there are none."""
    found = sorted(path for path in folder.rglob("*.tape") if path.is_file())
    if not found:
        raise TapeError(f"{folder}: there is no tape in this folder")
    return found


def bridge_tapes(path: Path) -> list[Path]:
    """Return the tapes that a path stands for: itself, or a folder's, without those of phones. Raises TapeError."""
    if not path.is_dir():
        return [path]
    found = [one for one in tapes_below(path) if not is_phone_tape(one)]
    if not found:
        raise TapeError(f"{path}: there is no tape of a bridge in this folder")
    return found


def is_phone_tape(path: Path) -> bool:
    """Return whether a tape is known to be a phone's. What cannot be read is named when it is run."""
    try:
        return tape_file.summary(path).header.side == "phone"
    except (TapeError, OSError):
        return False


def longest_first(paths: Sequence[Path]) -> list[Path]:
    """Return tapes in the order in which several processes take them: no long one is left for the end."""
    return sorted(paths, key=lambda path: path.stat().st_size if path.exists() else 0, reverse=True)


def must_decide(tape: Tape, name: str) -> Tape:
    """Return a tape that can be run again. Raises TapeError: it is a phone's, or has no events."""
    if tape.header.side != "bridge":
        raise TapeError(f"{name}: {NO_DECISIONS}")
    if not tape.moments:
        raise TapeError(f"{name}: there is no event on this tape")
    return tape
