"""Say what would make a call irreproducible, and how late the process was: `ivr tape doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, get_args

from ivr.call.call import Call
from ivr.call.events import CallStarted, Tick
from ivr.replay import exact, tape_file
from ivr.replay.recorded_acoustics import RecordedAcoustics
from ivr.replay.records import CommandDigest
from ivr.replay.tape import Leg, Tape, TapeError
from ivr.replay.terminal_text import clock

CLOCK_GAP_S: Final = 1.0
"""Seconds without an event, on a call whose phone sends a frame every 20 ms, that are worth a line."""
CLOCK_STEP_S: Final = 1e-6
"""What a clock may go back by rounding, in seconds."""
LATE_TICK_S: Final = 0.05
"""How late a tick may come on a machine that keeps up, in seconds."""
_LINES_OF_A_KIND: Final = 5
"""Lines of one kind."""


@dataclass(slots=True)
class Examination:
    """Hold what was found about one tape."""

    hinders: list[str] = field(default_factory=list)
    """What makes the call irreproducible, or a part of it."""
    remarks: list[str] = field(default_factory=list)
    """What may explain a difference, and hinders nothing."""
    ticks: int = 0
    late_median_ms: float = 0.0
    late_most_ms: float = 0.0
    stood_s: float = 0.0
    """Seconds for which the process stood still, in all."""

    @property
    def reproducible(self) -> bool:
        """Return whether the whole call can be run again exactly."""
        return not self.hinders

    @property
    def lines(self) -> list[str]:
        """Return what was found, for people."""
        late = f"ticks: {self.ticks}, late by {self.late_median_ms:.1f} ms (median), {self.late_most_ms:.1f} ms at most"
        stood = f"; the process stood still for {self.stood_s:.2f} s" if self.stood_s else ""
        return [*(f"! {line}" for line in self.hinders), *self.remarks, *([late + stood] if self.ticks else [])]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"reproducible": self.reproducible, **asdict(self)}


def examined(path: Path, versions: Mapping[str, str], model: str) -> Examination:
    """Examine one tape. `versions`, `model`: of today. Raises OSError."""
    try:
        tape = tape_file.read(path)
    except TapeError as fault:
        return Examination([str(fault).removeprefix(f"{path.name}: ")])
    if tape.header.side == "phone":
        return Examination(["a phone's tape: nothing was decided there"])
    found = examine(tape)
    if tape.newer:
        found.remarks.append(f"options that did not exist then have today's defaults: {', '.join(tape.newer)}")
    if tape.unknown:
        found.remarks.append(f"options that do not exist any more: {', '.join(tape.unknown)}")
    for name in sorted({*versions, *tape.header.versions}):
        then, now = tape.header.versions.get(name, "unknown"), versions.get(name, "not installed")
        if then != now:
            found.remarks.append(f"{name} was {then}, today {now}")
    if tape.header.model != model:
        found.remarks.append(f"the audio was scored by {tape.header.model or 'an unknown model'}, today by {model}")
    return found


def examine(tape: Tape) -> Examination:
    """Examine a tape by itself."""
    found = Examination(list(hindrances(tape)))
    found.remarks += clock_gaps(tape)
    if tape.header.origin != "live":
        found.remarks.append(f"not as it was: {tape.header.origin}")
    if tape.end is not None:
        found.stood_s = tape.end.stood_s
    found.stood_s = max(found.stood_s, sum(m.event.stood_s for m in tape.moments if isinstance(m.event, Tick)))
    run_late(tape, found)
    return found


def hindrances(tape: Tape) -> Iterator[str]:
    """Yield what makes a call irreproducible."""
    yield from tape.faults
    moments = tape.moments
    if not moments or not isinstance(moments[0].event, CallStarted):
        yield "the start of the call is not on the tape"
    for leg in get_args(Leg):
        if leg not in tape.header.legs:
            yield f"the leg {leg} was not recorded"
    if tape.header.legs and not tape.header.audible and not exact.has_sounds(tape):
        yield "neither the caller's audio is on the tape nor what was measured of it"
    back = [now for last, now in pairwise(moments) if now.now < last.now - CLOCK_STEP_S]
    yield from (f"the clock goes back at {clock(one.now - tape.began_at)}" for one in back[:_LINES_OF_A_KIND])
    if tape.header.legs.get("tts") == "audio":
        said = {
            command[1]["fields"].get("name")
            for moment in moments
            for command in moment.commands
            if command[0] == "Note" and command[1].get("name") == "phrase" and "fields" in command[1]
        }
        lacking = [
            n
            for n, kept in tape.header.phrases.items()
            if n in said and kept.audio_bytes and n not in tape.phrase_audio
        ]
        if lacking:
            yield f"the audio of a phrase that was said is missing: {', '.join(sorted(lacking))}"
    if tape.end is not None and not tape.gaps:
        digest = CommandDigest()
        for moment in moments:
            if moment.commands:
                digest.add(moment.commands)
        if tape.end.digest and tape.end.digest != str(digest):
            yield "the decisions on the tape are not those of its digest: it was changed"


def clock_gaps(tape: Tape) -> Iterator[str]:
    """Yield the longest times without an event."""
    pairs = pairwise(tape.moments)
    gaps = sorted(((now.now - last.now, last.now) for last, now in pairs), reverse=True)
    for length, since in gaps[:_LINES_OF_A_KIND]:
        if length >= CLOCK_GAP_S:
            yield f"nothing for {length:.2f} s from {clock(since - tape.began_at)} on"


def run_late(tape: Tape, found: Examination) -> None:
    """Run the call, and measure how late its ticks were against what was asked for."""
    acoustics = exact.recorded_acoustics(tape)
    call = Call(tape.options, acoustics)
    late: list[float] = []
    steps = exact.steps(tape, call)
    for moment in tape.moments:
        due = call.wake_at() if isinstance(moment.event, Tick) else None
        try:
            step = next(steps)
        except Exception as fault:
            found.hinders.append(f"today's code cannot go on: {type(fault).__name__}: {fault}")
            break
        if not step.same:
            at = clock(moment.now - tape.began_at)
            found.hinders.append(f"today's code decides otherwise from {at} on: see ivr replay")
            break
        if due is not None:
            late.append(max(0.0, moment.now - due))
    if isinstance(acoustics, RecordedAcoustics) and acoustics.missed:
        found.hinders.append(f"{acoustics.missed} numbers that were measured of the audio are not on the tape")
    if late:
        late.sort()
        found.ticks = len(late)
        found.late_median_ms, found.late_most_ms = late[len(late) // 2] * 1000, late[-1] * 1000
        slow = sum(one > LATE_TICK_S for one in late)
        if slow:
            found.remarks.append(f"{slow} ticks came more than {LATE_TICK_S * 1000:.0f} ms late")
