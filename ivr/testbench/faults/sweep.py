"""The same fault under other chances: a figure of one run may be luck, the worst of many is not.

A seed stands for one *variation*: what the bridge leaves to chance (pauses, ages of links), the service's own chance,
and the timing around the fault: the caller speaks later, the fault comes earlier or later, the services and the agent
are quicker or slower. Seed 1 changes nothing: it is the fault as its file has it. What the fault is, which requests it
meets and how long it lasts, stays.

`Sweep` is what several seeds came to: the worst of each figure, and which seed broke which bound. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from random import Random
from typing import Any, Final, assert_never

from ivr.testbench.faults.fault_file import FaultScenario, Service
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import HEADINGS, FaultReport, reasons, row, table
from ivr.testbench.hamsa.profile import HamsaProfile, Rule
from ivr.testbench.scenario import AfterAgent, At, IntoReply, Step

AS_FILED: Final = 1
"""The seed of the fault as its file has it."""
LATER_S: Final = 1.5
"""By which each of the caller's acts may come later."""
SHIFT_S: Final = 1.5
"""By which the fault may come earlier or later."""
QUICKEST, SLOWEST = 0.7, 1.3
"""How much longer than observed the services and the agent may take."""
SPREAD_S: Final = 0.1
"""Of the first audio of each request, to either side."""
SOONEST_S: Final = 0.29
"""Of the first audio of a request: the soonest ever seen (reference table of the voice)."""
LEAST_S: Final = 0.1
"""Of a time that is moved."""
TIMED: Final = frozenset({"close", "drop", "deaf"})
"""Faults of sockets whose `pause` says when they come."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What a seed stands for."""

    seed: int
    later: tuple[float, ...] = ()
    """Seconds by which the caller's acts come later, one after the other, over and over."""
    shift: float = 0.0
    """Seconds by which the fault comes later; below zero: earlier."""
    pace: float = 1.0
    """How much longer than observed the services and the agent take."""
    spread: float = 0.0
    """Seconds by which the first audio of each request comes sooner or later."""


def variation(seed: int) -> Variation:
    """Of a seed, from 1."""
    if seed == AS_FILED:
        return Variation(seed)
    chance = Random(seed)
    later = tuple(round(chance.uniform(0, LATER_S), 2) for _ in range(4))
    shift, pace = round(chance.uniform(-SHIFT_S, SHIFT_S), 2), round(chance.uniform(QUICKEST, SLOWEST), 2)
    return Variation(seed, later, shift, pace, SPREAD_S)


def varied(scenario: FaultScenario, how: Variation) -> FaultScenario:
    """The same fault, so varied."""
    if how.seed == AS_FILED:
        return scenario
    steps = [_later(step, how.later[n % len(how.later)]) for n, step in enumerate(scenario.caller.steps)]
    return replace(
        scenario,
        caller=replace(scenario.caller, steps=tuple(steps)),
        rules=tuple(_shifted(rule, how) for rule in scenario.rules),
        service=_paced(scenario.service, how),
        pace=how.pace,
    )


def _later(step: Step, seconds: float) -> Step:
    match step.moment:
        case At(when):
            return replace(step, moment=At(when + seconds))
        case AfterAgent(when):
            return replace(step, moment=AfterAgent(when + seconds))
        case IntoReply(ms, reply):
            return replace(step, moment=IntoReply(ms + 1000 * seconds, reply))
        case _:
            assert_never(step.moment)


def _shifted(rule: Rule, how: Variation) -> Rule:
    timed = rule.kind == "socket" and rule.fault in TIMED and rule.pause > 0
    return replace(rule, pause=max(LEAST_S, rule.pause + how.shift)) if timed else rule


def _paced(service: Service, how: Variation) -> Service:
    usual = HamsaProfile(**service.profile)
    profile = {
        **service.profile,
        "seed": 1000 * how.seed + usual.seed,
        "connect": usual.connect * how.pace,
        "first_frame": max(usual.first_frame * how.pace, SOONEST_S + how.spread),
        "first_frame_spread": how.spread,
        "hearing": usual.hearing * how.pace,
    }
    since = service.refused_from
    if since is None or since < 0:
        return replace(service, profile=profile)
    until = service.refused_until + how.shift
    return replace(service, profile=profile, refused_from=max(LEAST_S, since + how.shift), refused_until=until)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One fault under several seeds, one at least."""

    reports: Mapping[int, FaultReport]
    """By seed."""

    @property
    def filed(self) -> FaultReport:
        """The first of them: as the file has it, where seed 1 was played."""
        return next(iter(self.reports.values()))

    @property
    def scenario(self) -> FaultScenario:
        """The fault."""
        return self.filed.scenario

    @property
    def worst(self) -> FaultReport:
        """The worst of each figure; what was said instead in any of them, as often as in that which had most of it."""
        return reduce(_worse, self.reports.values())

    @property
    def broken(self) -> list[str]:
        """The bounds that were not kept, with the seed where there are several."""
        several = len(self.reports) > 1
        return [
            f"seed {seed}: {bound}" if several else bound
            for seed, report in self.reports.items()
            for bound in report.broken
        ]

    def as_json(self) -> dict[str, Any]:
        """All of it, plain: the worst figures."""
        return {**self.worst.as_json(), "seeds": list(self.reports), "broken": self.broken}


def swept(play: Callable[[FaultScenario, int], FaultReport], scenario: FaultScenario, seeds: Sequence[int]) -> Sweep:
    """Play a fault with each seed. `play`: a variation and its seed."""
    return Sweep({seed: play(varied(scenario, variation(seed)), seed) for seed in seeds})


def seeds_of(text: str) -> range:
    """`8`: the seeds 1 to 8; `5-9`: those. Raises ValueError."""
    first, dash, last = text.partition("-")
    try:
        seeds = range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)
    except ValueError:
        seeds = range(0)
    if not seeds or seeds[0] < 1:
        raise ValueError(f"seeds are a number of them or a span, 8 or 5-9, not {text!r}")
    return seeds


def markdown(sweeps: Sequence[Sweep]) -> str:
    """The table of a document: each fault as filed, the worst beside it where several seeds were played."""
    several = max((len(sweep.reports) for sweep in sweeps), default=0) > 1
    if not several:
        return table(HEADINGS, [row(sweep.filed) for sweep in sweeps]) + reasons([s.filed for s in sweeps])
    silence, wrong = HEADINGS.index("silence s"), HEADINGS.index("wrong")
    rows = []
    for sweep in sweeps:
        cells, worst = row(sweep.filed), row(sweep.worst)
        rows.append([*cells[: wrong + 1], worst[silence], worst[wrong], *cells[wrong + 1 :]])
    headings = (*HEADINGS[: wrong + 1], "worst silence s", "worst wrong", *HEADINGS[wrong + 1 :])
    return table(headings, rows) + reasons([sweep.filed for sweep in sweeps])


def _worse(one: FaultReport, other: FaultReport) -> FaultReport:
    """The worse of each figure."""
    more = other.reuse is not None and (one.reuse is None or other.reuse < one.reuse)
    return replace(
        other if more else one,  # the requests, of which the reuse is told
        scenario=one.scenario,
        ear=_worse_ear(one.ear, other.ear),
        connects=max(one.connects, other.connects),
        fallback=one.fallback or other.fallback,
        dialled=one.dialled or other.dialled,
        hang_up=one.hang_up,
        violations=Counter(one.violations) | Counter(other.violations),
        left=[*one.left, *other.left],
    )


def _worse_ear(one: EarMeasurement, other: EarMeasurement) -> EarMeasurement:
    return EarMeasurement(
        silence_s=max(one.silence_s, other.silence_s),
        silence_from_speech_s=max(one.silence_from_speech_s, other.silence_from_speech_s),
        lost=max(one.lost, other.lost),
        unanswered=max(one.unanswered, other.unanswered),
        repeated=max(one.repeated, other.repeated),
        swapped=max(one.swapped, other.swapped),
        again=max(one.again, other.again),
        bad_ms=max(one.bad_ms, other.bad_ms),
        instead=one.instead | other.instead,
    )
