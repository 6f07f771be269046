"""Hold what an operator decides about tapes of live calls."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from ivr.config.settings import Settings

KeepMode: TypeAlias = Literal["trouble", "all"]
_SAFE_LETTERS: Final = frozenset(string.ascii_letters + string.digits + "_-")
_LONGEST_FILE_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class RecorderOptions:
    """Hold which calls get a tape, and how long the files stay."""

    folder: Path
    keep: KeepMode = "trouble"
    """`trouble`: the tapes of calls that went wrong. `all`: of every call that is recorded."""
    one_in: int = 1
    """One call in so many is recorded."""
    audio: bool = True
    """The audio of the caller and of the agent is on the tape; otherwise its length."""
    days: int = 14
    """Days after which a tape is deleted; 0: never."""
    megabytes: int = 1000
    """All tapes of the folder together; the oldest are deleted first. 0: no limit."""


def recorder_options(settings: Settings) -> RecorderOptions | None:
    """Return what the settings say. None: no tapes."""
    if settings.tapes is None or settings.tapes_keep == "off":
        return None
    word, _, number = settings.tapes_keep.partition("/")
    return RecorderOptions(
        settings.tapes,
        keep="trouble" if word == "trouble" else "all",
        one_in=int(number or 1),
        audio=settings.tapes_audio == "on",
        days=settings.tapes_days,
        megabytes=settings.tapes_mb,
    )


def is_chosen(options: RecorderOptions, chance: random.Random) -> bool:
    """Return whether a call that begins is recorded."""
    return options.one_in == 1 or chance.randrange(options.one_in) == 0


def file_name(call_id: str) -> str:
    """Return a call's id as a part of a file's name: no slash, no dot, not too long."""
    name = "".join(letter if letter in _SAFE_LETTERS else "_" for letter in call_id[:_LONGEST_FILE_NAME])
    return name or "call"
