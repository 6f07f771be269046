"""Play a fault of `scenarios/` and report what the caller heard of it, and which bounds were broken.

`run` plays and measures one fault; `shown` prints the report. `sweep` plays one under many seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from ivr.config.default_phrases import PHRASES
from ivr.testbench.faults.fault_file import FaultScenario
from ivr.testbench.faults.harness import MAX_REQUESTS, FaultHarness, FaultRun, play
from ivr.testbench.faults.measure import CallEvidence, EarMeasurement, measure_call

DOCUMENT = "the document's words"
"""The name for what the carrier says when the stream is over."""
PERSON = "a person"
"""The name for a person who was dialled for the caller."""
_PHRASE_TEXTS = frozenset(text for words in PHRASES.values() for text in words.values() if text)
HEADINGS = ("fault", "silence s", "since speech", "wrong", "sockets", "reuse", "said instead")
"""The columns of `row`."""
_WIDTHS = (2, 7, 6, 7, 5)
"""Widths of the figures in a terminal. The fault's name and notes have the rest of the line."""


@dataclass(frozen=True, slots=True)
class FaultReport:
    """Report what one fault did to a call."""

    scenario: FaultScenario
    ear: EarMeasurement
    connects: int
    """Sockets that the bridge opened at the speech service."""
    sentences: int
    """Requests for speech, repetitions included."""
    reused: int
    """Requests for speech on a socket that had served before."""
    rest: int
    """Requests over REST."""
    fallback: bool
    """The carrier went on with the document's words."""
    dialled: bool
    """A person was dialled for the caller."""
    hang_up: str
    """Why the call ended."""
    violations: Mapping[str, int]
    """What the bridge did and must never do to the service, and how often."""
    left: Sequence[str]
    """What the call left behind in the process."""

    @property
    def broken(self) -> list[str]:
        """Return the bounds that were not kept, one line each."""
        ear, bounds = self.ear, self.scenario.bounds
        figures = ("silence_s", "lost", "unanswered", "repeated", "swapped", "again", "bad_ms")
        found = [
            f"{name} {getattr(ear, name)}, at most {getattr(bounds, name)}"
            for name in figures
            if getattr(ear, name) > getattr(bounds, name)
        ]
        if bounds.connects and self.connects > bounds.connects:
            found.append(f"connects {self.connects}, at most {bounds.connects}")
        said = {*ear.instead, *self._after_the_stream()}
        found += [f"not heard: {name}" for name in bounds.instead if name not in said]
        if self.hang_up != bounds.hang_up:
            found.append(f"ended by {self.hang_up}, not {bounds.hang_up}")
        return [*found, *(f"violation {name}" for name in self.violations), *(f"left: {what}" for what in self.left)]

    @property
    def reuse(self) -> float | None:
        """Return the share of the requests for speech that found a used socket. None: no request used a socket."""
        requests = self.sentences - self.rest
        return self.reused / requests if requests > 0 else None

    def instead(self) -> str:
        """Describe what was said in place of an answer, or before it."""
        said = [name if count == 1 else f"{name} x{count}" for name, count in sorted(self.ear.instead.items())]
        return ", ".join([*said, *self._after_the_stream()])

    def _after_the_stream(self) -> list[str]:
        """Return what the caller got after the stream, if anything."""
        return [PERSON] if self.dialled else [DOCUMENT] if self.fallback else []

    def as_json(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        reuse = self.reuse
        return {
            "name": self.scenario.name,
            "title": self.scenario.title,
            **asdict(self.ear),
            "instead": dict(self.ear.instead),
            "connects": self.connects,
            "sentences": self.sentences,
            "reused": self.reused,
            "reuse": None if reuse is None else round(reuse, 3),
            "rest": self.rest,
            "fallback": self.fallback,
            "dialled": self.dialled,
            "hang_up": self.hang_up,
            "broken": self.broken,
            "why": self.scenario.why,
        }


def run(scenario: FaultScenario, harness: FaultHarness, *, seed: int = 1) -> FaultReport:
    """Play one fault and measure it. `seed` fixes the bridge's random choices.

    Raises ValueError when the call has more requests than there are tones.
    """
    return measured(play(scenario, harness, seed=seed), harness)


def measured(call: FaultRun, harness: FaultHarness) -> FaultReport:
    """Measure a call that is over. Raises ValueError when it has more requests than there are tones."""
    stats, observer = call.stats, call.observer
    if stats.requests["tts"] > MAX_REQUESTS:
        raise ValueError(f"{call.scenario.name}: {stats.requests['tts']} requests cannot be told apart")
    requests = [record for record in stats.records if record.kind == "tts"]
    said = dict(observer.deltas)
    for turn in observer.turns:
        # The bridge stops the agent when there is no TTS for it: then the whole answer counts, not what arrived.
        if turn.failure == "tts":
            said[turn.number] = call.answers.get(turn.number, "")
    evidence = CallEvidence(call.record, observer.turns, requests, harness.phrases, _PHRASE_TEXTS, said)
    return FaultReport(
        call.scenario,
        measure_call(evidence),
        connects=stats.connects,
        sentences=stats.requests["tts"],
        reused=stats.reused["tts"],
        rest=sum(record.socket == 0 for record in requests),
        fallback="Say" in call.record.verbs and not call.record.dialled,
        dialled=bool(call.record.dialled),
        hang_up=observer.hang_up.reason if observer.hang_up else call.record.ended,
        violations=dict(stats.violations),
        left=call.left,
    )


def heading() -> Table:
    """Return the headings over the figures of `shown`."""
    return _line("", "silence s", "since speech", "sockets + REST", "reuse", "fault", style="dim")


def shown(report: FaultReport, broken: Sequence[str] | None = None) -> Table:
    """Show one report in a terminal of 80 columns or more: figures, name, title, and what went wrong.

    `broken`: the bounds that were not kept, for a report that stands for several runs.
    """
    broken = report.broken if broken is None else broken
    _, silence, since_speech, wrong, _, reuse, instead = row(report)
    words = Text(report.scenario.name, style="bold")
    words.append(f"\n{report.scenario.title}", style="not bold")
    for name, text in (("wrong", wrong), ("said instead", instead)):
        words.append("" if text == "-" else f"\n{name}: {text}", style="not bold dim")
    for bound in broken:
        words.append(f"\nBROKEN: {bound}", style="bold red")
    sockets = f"{report.connects}" + (f" + {report.rest}" if report.rest else "")
    verdict = Text("NO", style="bold red") if broken else Text("ok", style="green")
    return _line(verdict, silence, since_speech, sockets, reuse, words)


def listed(scenarios: Sequence[FaultScenario]) -> Table:
    """List the names and titles of faults."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", ratio=2)
    table.add_column(overflow="fold", ratio=3)
    for scenario in scenarios:
        table.add_row(Text(scenario.name), Text(scenario.title))
    return table


def verdict(broken: Mapping[str, bool]) -> str:
    """Summarise all faults in one line. `broken`: whether each, by name, broke a bound."""
    names = [name for name, broke in broken.items() if broke]
    if not names:
        return f"{len(broken)} played, every one within its bounds"
    return f"{len(names)} of {len(broken)} played broke a bound: {', '.join(names)}"


def _line(*cells: str | Text, style: str = "") -> Table:
    """Lay out one line of the terminal's table."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for number, width in enumerate(_WIDTHS):
        table.add_column(width=width, justify="right" if number else "left")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(*cells, style=style)
    return table


def row(report: FaultReport) -> list[str]:
    """Return the cells of one report, in the order of `HEADINGS`."""
    ear, reuse = report.ear, report.reuse
    wrong = {
        "lost": ear.lost,
        "no answer": ear.unanswered,
        "twice": ear.repeated,
        "out of order": ear.swapped,
        "begun again": ear.again,
        "bad ms": ear.bad_ms,
    }
    return [
        report.scenario.title,
        f"{ear.silence_s:.2f}",
        f"{ear.silence_from_speech_s:.2f}",
        ", ".join(f"{name} {count}" for name, count in wrong.items() if count) or "-",
        f"{report.connects}" + (f" + {report.rest} REST" if report.rest else ""),
        "-" if reuse is None else f"{reuse:.0%}",
        report.instead() or "-",
    ]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(
        [*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows)]
    )


def reasons(reports: Sequence[FaultReport]) -> str:
    """Write the list below the table: why some bounds are beyond the goal."""
    why = dict.fromkeys((r.scenario.name.partition(":")[0], r.scenario.why) for r in reports if r.scenario.why)
    return "\n".join(["\n", *(f"- `{name}`: {reason}." for name, reason in why)])
