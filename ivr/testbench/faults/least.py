"""Find the least of a fault that still breaks the same bound: fewer rules, fewer steps of the caller, fewer settings.

What is left out takes its sound value: the service behaves, the agent answers, the transcript is what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, assert_never

from ivr.testbench.faults.fault_file import FaultScenario, Service
from ivr.testbench.faults.run import FaultReport
from ivr.testbench.hamsa.profile import Rule
from ivr.testbench.scenario import AfterAgent, At, IntoReply, Step
from ivr.testbench.shrink import Shrunk, shrink

MOST_TRIES: Final = 60
"""Calls that are played at most to find it; each takes about a second."""

_Part: TypeAlias = tuple[str, Any]
"""What may be left out of a scenario: its kind, and which one."""


@dataclass(frozen=True, slots=True)
class LeastFault:
    """Hold the least of a fault that still breaks a bound."""

    bound: str
    """The bound, without its figure."""
    scenario: FaultScenario
    report: FaultReport
    before: int
    """Parts that the fault had."""
    found: Shrunk[Any]

    @property
    def lines(self) -> list[str]:
        """Return what is left, for people."""
        scenario = self.scenario
        how = "nothing more can go" if self.found.finished else "more may go: the tries were used up"
        size = f"{self.before} parts, {len(self.found.kept)} left, {self.found.tries} calls"
        lines = [f"{scenario.name}: {self.bound}", f"  {size}; {how}"]
        lines += [f"  rule    {rule_words(rule)}" for rule in scenario.rules]
        lines += [f"  service {name} = {value}" for name, value in _service(scenario.service).items()]
        if scenario.agent != ("ok",):
            lines.append(f"  agent   {', '.join(scenario.agent)}")
        lines += [f"  caller  {step_words(step)}" for step in scenario.caller.steps]
        if scenario.transcripts is not None:
            lines.append(f"  hears   {', '.join(map(repr, scenario.transcripts))}")
        return [*lines, f"  broken  {'; '.join(self.report.broken)}"]


def least(scenario: FaultScenario, play: Callable[[FaultScenario], FaultReport], most: int = MOST_TRIES) -> LeastFault:
    """Return the least of a fault that still breaks the first bound that it breaks. Raises ValueError: it breaks none.

    `play`: plays a scenario, the same way every time. `most`: calls at most.
    """
    report = play(scenario)
    if not report.broken:
        raise ValueError(f"{scenario.name}: every bound was kept, there is nothing to shrink")
    bound = named(report.broken[0])

    def still(kept: list[_Part]) -> bool:
        nonlocal report
        fewer = _with(scenario, kept)
        # A call without any step of the caller is no scenario.
        if not fewer.caller.steps:
            return False
        played = play(fewer)
        if bound not in map(named, played.broken):
            return False
        report = played
        return True

    parts = _parts(scenario)
    found = shrink(parts, still, most=most)
    return LeastFault(bound, _with(scenario, found.kept), report, len(parts), found)


def named(broken: str) -> str:
    """Return the bound that a line of `FaultReport.broken` is about, without its figures."""
    first, *rest = broken.split()
    # `silence_s 3.1, at most 2.5` is about its first word, `ended by no_media, not ...` about its first three.
    return first if rest and rest[0][:1].isdigit() else broken.partition(",")[0]


def _parts(scenario: FaultScenario) -> list[_Part]:
    """Return what may be left out, the rules last: they are what the fault is about."""
    steps: list[_Part] = [("step", number) for number in range(len(scenario.caller.steps))]
    modes: list[_Part] = [("agent", number) for number, mode in enumerate(scenario.agent) if mode != "ok"]
    heard: list[_Part] = [("transcripts", 0)] if scenario.transcripts is not None else []
    service: list[_Part] = [("service", name) for name in _service(scenario.service)]
    return [*steps, *heard, *modes, *service, *(("rule", number) for number in range(len(scenario.rules)))]


def _service(service: Service) -> dict[str, Any]:
    """Return what a service is told beyond a sound one's settings."""
    sound = Service()
    own = {
        name: value
        for name in ("rest", "refused_from", "refused_until", "early")
        if (value := getattr(service, name)) != getattr(sound, name)
    }
    return {**own, **service.profile}


def _with(scenario: FaultScenario, kept: Sequence[_Part]) -> FaultScenario:
    """Return the scenario with these parts alone."""
    parts = frozenset(kept)
    told = {name: value for name, value in _service(scenario.service).items() if ("service", name) in parts}
    own = {name: told.pop(name) for name in ("rest", "refused_from", "refused_until", "early") if name in told}
    steps = tuple(step for number, step in enumerate(scenario.caller.steps) if ("step", number) in parts)
    modes = tuple(mode if ("agent", number) in parts else "ok" for number, mode in enumerate(scenario.agent))
    return replace(
        scenario,
        rules=tuple(rule for number, rule in enumerate(scenario.rules) if ("rule", number) in parts),
        service=Service(**own, profile=told),
        agent=modes if any(mode != "ok" for mode in modes) else ("ok",),
        caller=replace(scenario.caller, steps=steps),
        transcripts=scenario.transcripts if ("transcripts", 0) in parts else None,
    )


def rule_words(rule: Rule) -> str:
    """Return a rule as its file writes it."""
    usual = Rule(rule.kind, rule.fault)
    said: list[str] = [rule.kind, rule.fault]
    for name in rule.__slots__:
        value = getattr(rule, name)
        if name in ("kind", "fault", "text") or value == getattr(usual, name):
            continue
        written = ",".join(map(str, sorted(value))) if isinstance(value, frozenset) else str(value).lower()
        said.append(f"{name}={written}")
    return " ".join([*said, f"text={rule.text}"] if rule.text else said)


def step_words(step: Step) -> str:
    """Return a step of the caller with its moment, for people."""
    match step.moment:
        case At(seconds):
            return f"at {seconds:g} s: {step.words}"
        case IntoReply(ms):
            return f"{ms:g} ms into the answer: {step.words}"
        case AfterAgent(seconds):
            return f"{seconds:g} s behind the agent: {step.words}" if seconds else step.words
        case _:
            assert_never(step.moment)
