"""Play the same fault with other random choices and timings, and keep the worst of each figure.

A seed stands for one *variation*: the bridge's random choices (pauses, ages of links), those of the service, and the
timing around the fault. The caller speaks later, the fault comes earlier or later, the services and the agent are
faster or slower. Seed 1 plays the fault as its file has it. What the fault is, which requests it meets and how long it
lasts never change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any, Final, assert_never

from ivr.testbench.faults.fault_file import FaultScenario, Service
from ivr.testbench.faults.measure import EarMeasurement
from ivr.testbench.faults.run import HEADINGS, FaultReport, reasons, row, table
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.scenario import AfterAgent, At, IntoReply, Step

AS_FILED: Final = 1
"""The seed that plays a fault as its file has it."""
MAX_DELAY_S: Final = 1.5
"""Seconds by which each of the caller's acts may come later."""
MAX_SHIFT_S: Final = 1.5
"""Seconds by which the fault may come earlier or later."""
FASTEST, SLOWEST = 0.7, 1.3
"""How many times as long as observed the services and the agent may take."""
FIRST_AUDIO_SPREAD_S: Final = 0.1
"""Seconds by which the first audio of a request may come sooner or later."""
MIN_FIRST_AUDIO_S: Final = 0.29
"""Seconds to the first audio of a request: the shortest ever measured of Hamsa's TTS."""
MIN_TIME_S: Final = 0.1
"""The least that a moved time may become, in seconds."""
TIMED_FAULTS: Final = frozenset({"close", "drop", "deaf"})
"""Faults of sockets with a `pause` that says when they come."""


@dataclass(frozen=True, slots=True)
class Variation:
    """Hold what one seed changes."""

    seed: int
    later: tuple[float, ...] = ()
    """Seconds by which the caller's acts come later, in turn, over and over."""
    shift: float = 0.0
    """Seconds by which the fault comes later; below zero: earlier."""
    pace: float = 1.0
    """How many times as long as observed the services and the agent take."""
    spread: float = 0.0
    """Seconds by which the first audio of each request comes sooner or later."""


def variation(seed: int) -> Variation:
    """Return the variation of a seed, from 1."""
    if seed == AS_FILED:
        return Variation(seed)
    random = Random(seed)
    later = tuple(round(random.uniform(0, MAX_DELAY_S), 2) for _ in range(4))
    shift, pace = round(random.uniform(-MAX_SHIFT_S, MAX_SHIFT_S), 2), round(random.uniform(FASTEST, SLOWEST), 2)
    return Variation(seed, later, shift, pace, FIRST_AUDIO_SPREAD_S)


def varied(scenario: FaultScenario, how: Variation) -> FaultScenario:
    """Return the same fault with this variation."""
    if how.seed == AS_FILED:
        return scenario
    rules = []
    for rule in scenario.rules:
        # Other pauses are part of the fault itself: how long it lasts, or how slow it is.
        if rule.kind == "socket" and rule.fault in TIMED_FAULTS and rule.pause > 0:
            rules.append(replace(rule, pause=max(MIN_TIME_S, rule.pause + how.shift)))
        else:
            rules.append(rule)
    steps = [_delayed(step, how.later[n % len(how.later)]) for n, step in enumerate(scenario.caller.steps)]
    return replace(
        scenario,
        caller=replace(scenario.caller, steps=tuple(steps)),
        rules=tuple(rules),
        service=_paced(scenario.service, how),
        pace=how.pace,
    )


def _delayed(step: Step, seconds: float) -> Step:
    """Return a step of the caller that comes later."""
    match step.moment:
        case At(when):
            return replace(step, moment=At(when + seconds))
        case AfterAgent(when):
            return replace(step, moment=AfterAgent(when + seconds))
        case IntoReply(ms, reply):
            return replace(step, moment=IntoReply(ms + 1000 * seconds, reply))
        case _:
            assert_never(step.moment)


def _paced(service: Service, how: Variation) -> Service:
    """Return a service that is faster or slower, and away earlier or later."""
    usual = HamsaProfile(**service.profile)
    profile = {
        **service.profile,
        "seed": 1000 * how.seed + usual.seed,
        "connect": usual.connect * how.pace,
        "first_frame": max(usual.first_frame * how.pace, MIN_FIRST_AUDIO_S + how.spread),
        "first_frame_spread": how.spread,
        "hearing": usual.hearing * how.pace,
    }
    since = service.refused_from
    # A service that was never there stays away.
    if since is None or since < 0:
        return replace(service, profile=profile)
    until = service.refused_until + how.shift
    return replace(service, profile=profile, refused_from=max(MIN_TIME_S, since + how.shift), refused_until=until)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Hold the reports of one fault under several seeds, one at least."""

    reports: Mapping[int, FaultReport]
    """The reports by seed."""

    @property
    def filed(self) -> FaultReport:
        """Return the first report: the fault as filed, if seed 1 was played."""
        return next(iter(self.reports.values()))

    @property
    def scenario(self) -> FaultScenario:
        """Return the fault."""
        return self.filed.scenario

    @property
    def worst(self) -> FaultReport:
        """Combine the worst of each figure in one report."""
        worst, *others = self.reports.values()
        for other in others:
            numbers = {name: value for name, value in asdict(worst.ear).items() if name != "instead"}
            figures = {name: max(value, getattr(other.ear, name)) for name, value in numbers.items()}
            # The requests come from the report with the worse reuse, so that the share fits them.
            less_reuse = other.reuse is not None and (worst.reuse is None or other.reuse < worst.reuse)
            worst = replace(
                other if less_reuse else worst,
                scenario=worst.scenario,
                # `|` of counters: a phrase counts as often as in the report that has most of it.
                ear=EarMeasurement(**figures, instead=worst.ear.instead | other.ear.instead),
                connects=max(worst.connects, other.connects),
                fallback=worst.fallback or other.fallback,
                dialled=worst.dialled or other.dialled,
                hang_up=worst.hang_up,
                violations=Counter(worst.violations) | Counter(other.violations),
                left=[*worst.left, *other.left],
            )
        return worst

    @property
    def broken(self) -> list[str]:
        """Return the bounds that were not kept, with the seed if there are several."""
        several = len(self.reports) > 1
        return [
            f"seed {seed}: {bound}" if several else bound
            for seed, report in self.reports.items()
            for bound in report.broken
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the worst figures, ready for JSON."""
        return {**self.worst.as_json(), "seeds": list(self.reports), "broken": self.broken}


def swept(play: Callable[[FaultScenario, int], FaultReport], scenario: FaultScenario, seeds: Sequence[int]) -> Sweep:
    """Play a fault with each seed. `play` gets the varied fault and the seed."""
    return Sweep({seed: play(varied(scenario, variation(seed)), seed) for seed in seeds})


def seeds_of(text: str) -> range:
    """Parse seeds: `8` stands for 1 to 8, `5-9` for 5 to 9. Raises ValueError."""
    first, dash, last = text.partition("-")
    try:
        seeds = range(int(first), int(last) + 1) if dash else range(1, int(first) + 1)
    except ValueError:
        seeds = range(0)
    if not seeds or seeds[0] < 1:
        raise ValueError(f"seeds are a number of them or a span, 8 or 5-9, not {text!r}")
    return seeds


def markdown(sweeps: Sequence[Sweep]) -> str:
    """Write a table in Markdown: each fault as filed, with the worst beside it if several seeds were played."""
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
