"""Keep golden calls in a folder: NAME.tape with the call, NAME.toml with what is expected of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ivr.call.call import Call
from ivr.media.acoustics import Acoustics
from ivr.replay.exact import steps
from ivr.replay.golden.check import GoldenVerdict, judge
from ivr.replay.golden.expected import GoldenError, GoldenFile, from_toml, golden_call, to_toml
from ivr.replay.golden.replayed import ReplayedCall
from ivr.replay.recorder.header import INAUDIBLE
from ivr.replay.records import CommandDigest, command_record
from ivr.replay.tape import Moment, Tape, TapeError
from ivr.replay.tape_file import read, write
from ivr.replay.tape_folder import must_decide
from ivr.testbench.scenario import Scenario, load

USUAL_FOLDER: Final = Path("tests/calls")
_FILE_STEM: Final = re.compile(r"[\w.-]{1,80}")


@dataclass(frozen=True, slots=True)
class GoldenPlace:
    """Name the two files of a golden call."""

    tape: Path

    @property
    def name(self) -> str:
        """Return what the call is called."""
        return self.tape.stem

    @property
    def expected(self) -> Path:
        """Return where its expectations are."""
        return self.tape.with_suffix(".toml")


def found(folder: Path) -> list[GoldenPlace]:
    """Return the golden calls below a folder: the tapes that have expectations. Raises GoldenError without any."""
    places = [GoldenPlace(path) for path in sorted(folder.rglob("*.tape")) if path.with_suffix(".toml").exists()]
    if not places:
        raise GoldenError(f"{folder}: no golden calls there: `ivr golden add` makes one")
    return places


def run(place: GoldenPlace) -> GoldenVerdict:
    """Judge one golden call. Raises GoldenError, TapeError, OSError."""
    return judge(place.name, read(place.tape), _golden(place), f"ivr replay {place.tape}")


def add(
    folder: Path,
    source: Path,
    name: str,
    place: Callable[[Scenario], Tape],
    why: str = "",
    *,
    over: bool = False,
    audio: bool = False,
) -> GoldenPlace:
    """Make a tape, or a scenario's call, a golden call; return its place. `place`: makes a tape of a scenario.

    `over`: one of this name may be there. `audio`: a scenario's call keeps its audio, not only what was measured on it.
    Raises GoldenError, TapeError, ScenarioError, OSError.
    """
    name = name or source.stem
    if not _FILE_STEM.fullmatch(name):
        raise GoldenError(f"{name!r} is no name: letters, digits, dots, dashes, at most 80")
    made = GoldenPlace(folder / f"{name}.tape")
    # A tape that was cut into the folder has its place already.
    in_place = made.tape.exists() and source.exists() and made.tape.samefile(source)
    if (made.expected.exists() or (made.tape.exists() and not in_place)) and not over:
        raise GoldenError(f"{made.tape}: there is a golden call of this name (--over replaces it)")
    scenario = ""
    if source.suffix == ".toml":
        tape = place(load(source))
        tape = tape if audio else without_audio(tape)
        # The expectations find the scenario again from where they are.
        scenario = _from(folder, source)
    else:
        tape = must_decide(read(source), source.name)
        if tape.faults:
            raise TapeError(f"{source.name}: {tape.faults[0]}: only a whole tape can be kept")
    folder.mkdir(parents=True, exist_ok=True)
    _keep(made, tape, why=why, scenario=scenario)
    return made


def accept(place: GoldenPlace, make: Callable[[Scenario], Tape]) -> None:
    """Renew a golden call: what today's code does is expected from now on. Budgets stay.

    A call of a scenario is placed again. On another tape the events stay as they are, and are decided again.
    """
    golden = _golden(place)
    before = read(place.tape)
    if golden.scenario:
        tape = make(load(place.tape.parent / golden.scenario))
        tape = tape if before.header.audible else without_audio(tape)
    else:
        tape = decided_again(before)
    _keep(place, tape, why=golden.why, scenario=golden.scenario, budget=golden.budget)


def decided_again(tape: Tape) -> Tape:
    """Return a tape with the same events and today's decisions."""
    moments, digest = [], CommandDigest()
    for step in steps(tape):
        moments.append(Moment(step.moment.now, step.moment.event, step.records, step.moment.sounds))
        if step.records:
            digest.add(step.records)
    end = None if tape.end is None else replace(tape.end, digest=str(digest))
    return Tape(tape.header, moments, tape.phrase_audio, tape.phone, end)


def without_audio(tape: Tape) -> Tape:
    """Return a tape that has what the call measured on its audio, and of the audio only the length."""
    acoustics = Acoustics(keep=True)
    moments, digest = [], CommandDigest()
    for step in steps(tape, Call(tape.options, acoustics)):
        records = [command_record(command, audible=False) for command in step.commands]
        moments.append(Moment(step.moment.now, step.moment.event, records, acoustics.taken))
        if records:
            digest.add(records)
    end = None if tape.end is None else replace(tape.end, digest=str(digest))
    return Tape(replace(tape.header, legs=INAUDIBLE), moments, end=end)


def _keep(place: GoldenPlace, tape: Tape, **more: Any) -> None:
    """Write both files. What is expected is taken from the tape as it is read."""
    write(place.tape, tape)
    golden = GoldenFile(golden_call(ReplayedCall(read(place.tape))), **more)
    place.expected.write_text(to_toml(golden), "utf-8")


def _golden(place: GoldenPlace) -> GoldenFile:
    try:
        return from_toml(place.expected.read_text("utf-8"), place.expected.name)
    except UnicodeDecodeError as fault:
        raise GoldenError(f"{place.expected.name}: {fault}") from None


def _from(folder: Path, source: Path) -> str:
    """Return a path as seen from a folder, with slashes."""
    target, start = source.resolve().parts, folder.resolve().parts
    common = next(
        (n for n, (a, b) in enumerate(zip(target, start, strict=False)) if a != b), min(len(target), len(start))
    )
    return "/".join([".."] * (len(start) - common) + list(target[common:]))


def problems(places: list[GoldenPlace]) -> Iterator[str]:
    """Yield tapes of a list that are named alike, which would be mixed up in a report."""
    names = [place.name for place in places]
    yield from (f"two golden calls are called {name}" for name in dict.fromkeys(names) if names.count(name) > 1)
