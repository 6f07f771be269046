"""Say where in the code a thread stands: file, line and function, and never what is in a variable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Final, Literal, TypeAlias

Cause: TypeAlias = Literal["code", "gc", "no_core"]
"""Why the event loop was late: its code ran or waited, garbage was collected, or the process had no core."""
CAUSES: Final[tuple[Cause, ...]] = ("code", "gc", "no_core")
MOST: Final = 0.5
"""The share of a time from which it is put down to something."""
UNKNOWN: Final = "unknown"
_PACKAGE: Final = "ivr"


@dataclass(frozen=True, slots=True)
class StackPlace:
    """Hold where a thread stands."""

    ours: str = ""
    """The deepest line of the bridge: `ivr/config/load.py:12 load`. Empty: none of it runs."""
    library: str = ""
    """The deepest line of all, where it is not the bridge's: `json/decoder.py:353 raw_decode`."""

    def __str__(self) -> str:
        return " in ".join(filter(None, (self.library, self.ours))) or UNKNOWN


def outer_codes(frame: FrameType | None) -> tuple[CodeType, ...]:
    """Return the code of a frame and of all outside it, the outermost first."""
    return tuple(one.f_code for one in reversed([*_outwards(frame)]))


def place(frame: FrameType | None, outer: Sequence[CodeType]) -> StackPlace:
    """Return where a thread stands. `outer`: what runs the event loop, which is no callback of it."""
    stack = [*_outwards(frame)]
    common = 0
    for one, code in zip(reversed(stack), outer, strict=False):
        if one.f_code is not code:
            break
        common += 1
    inner = stack[: len(stack) - common]
    names = (str(one.f_globals.get("__name__", "")) for one in inner)
    ours = next((one for one, name in zip(inner, names, strict=True) if name.partition(".")[0] == _PACKAGE), None)
    return StackPlace(
        "" if ours is None else _line(ours),
        "" if not inner or inner[0] is ours else _line(inner[0]),
    )


def cause(seconds: float, cpu_s: float, gc_s: float, found: StackPlace) -> Cause:
    """Return why the event loop was late by `seconds`, in which its thread had a core for `cpu_s`."""
    if gc_s >= seconds * MOST:
        return "gc"
    # A loop that stands in its own `select`, or has begun nothing, was not let run.
    if not found.ours and cpu_s < seconds * MOST:
        return "no_core"
    return "code"


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those outside it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _line(frame: FrameType) -> str:
    """Return file, line and function of a frame. The file without the folders of this machine."""
    parts = PurePath(frame.f_code.co_filename).parts
    name = str(frame.f_globals.get("__name__", ""))
    # As many folders as the module has packages: `asyncio/events.py` of `asyncio.events`.
    kept = name.count(".") + 1 + (parts[-1:] == ("__init__.py",))
    return f"{'/'.join(parts[-kept:])}:{frame.f_lineno} {frame.f_code.co_qualname}"
