"""What happens when something goes wrong: every fault on file, played in virtual time and measured at the ear.

`run` plays one and says what it came to; `shown` shows it. What a fault may cost is in its file (`fault_file`), how it
is measured in `fault_ear`, the world it is played in is `fault_world`; `fault_sweep` plays one under many chances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table
from rich.text import Text

from ivr.config.default_phrases import PHRASES
from ivr.testbench.faults.fault_file import FaultScenario
from ivr.testbench.faults.harness import MOST_REQUESTS, FaultHarness, FaultRun, play
from ivr.testbench.faults.measure import EarMeasurement, Story, listen

DOCUMENT = "the document's words"
"""What the carrier says when the stream is over."""
PERSON = "a person"
"""Somebody was dialled for the caller."""


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What one fault came to."""

    scenario: FaultScenario
    ear: EarMeasurement
    connects: int
    """Sockets that the bridge opened at the speech service."""
    sentences: int
    """Requests for speech, repetitions included."""
    reused: int
    """Of these, on a socket that had served before."""
    rest: int
    """Requests over REST."""
    fallback: bool
    """The carrier went on with the document's words."""
    dialled: bool
    """A person was dialled for the caller."""
    hang_up: str
    """Why the call ended."""
    violations: Mapping[str, int]
    """What the bridge must never do to the service."""
    left: Sequence[str]
    """What was still there after the call."""

    @property
    def broken(self) -> list[str]:
        """The bounds that were not kept."""
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
        """The share of the requests for speech that found a used socket. None: there were none on sockets."""
        requests = self.sentences - self.rest
        return self.reused / requests if requests > 0 else None

    def instead(self) -> str:
        """What was said in place of an answer, or before it."""
        said = [name if count == 1 else f"{name} x{count}" for name, count in sorted(self.ear.instead.items())]
        return ", ".join([*said, *self._after_the_stream()])

    def _after_the_stream(self) -> list[str]:
        return [PERSON] if self.dialled else [DOCUMENT] if self.fallback else []

    def as_json(self) -> dict[str, Any]:
        """All of it, plain."""
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


def run(scenario: FaultScenario, place: FaultHarness, *, chance: int = 1) -> FaultReport:
    """Play one fault and measure it. Raises ValueError when its requests are too many to be told apart.

    `chance` seeds what the bridge leaves to chance.
    """
    return measured(play(scenario, place, chance=chance), place)


def measured(what: FaultRun, place: FaultHarness) -> FaultReport:
    """What a call came to."""
    tally, witness = what.tally, what.witness
    if tally.requests["tts"] > MOST_REQUESTS:
        raise ValueError(f"{what.scenario.name}: {tally.requests['tts']} requests cannot be told apart")
    voice = [record for record in tally.records if record.kind == "tts"]
    ear = listen(Story(what.record, witness.turns, voice, place.phrases, _FIXED, _said(what)))
    return FaultReport(
        what.scenario,
        ear,
        connects=tally.connects,
        sentences=tally.requests["tts"],
        reused=tally.reused["tts"],
        rest=sum(record.socket == 0 for record in voice),
        fallback="Say" in what.record.verbs and not what.record.dialled,
        dialled=bool(what.record.dialled),
        hang_up=witness.hang_up.reason if witness.hang_up else what.record.ended,
        violations=dict(tally.violations),
        left=what.left,
    )


_FIXED = frozenset(text for words in PHRASES.values() for text in words.values() if text)


def _said(what: FaultRun) -> dict[int, str]:
    """What should have been heard of the agent: what arrived; and all he meant to say, where the bridge cut him off
    because it had no voice for it."""
    said = dict(what.witness.deltas)
    for turn in what.witness.turns:
        if turn.failure == "tts":
            said[turn.number] = what.answers.get(turn.number, "")
    return said


HEADINGS = ("fault", "silence s", "since speech", "wrong", "sockets", "reuse", "said instead")
"""Of `row`."""
_WIDTHS = (2, 7, 6, 7, 5)
"""Columns of the figures in a terminal; the fault's name and what else there is to say have the rest of the line."""


def heading() -> Table:
    """What stands over the figures of `shown`."""
    return _line("", "silence s", "since speech", "sockets + REST", "reuse", "fault", style="dim")


def shown(report: FaultReport, broken: Sequence[str] | None = None) -> Table:
    """One report, for a terminal of 80 columns or more: the figures, and beside them the name and what it is.

    `broken`: the bounds that were not kept, where the report stands for several runs.
    """
    broken = report.broken if broken is None else broken
    _, silence, since_speech, wrong, _, reuse, instead = row(report)
    words = Text(report.scenario.name, style="bold")
    words.append(f"\n{report.scenario.title}", style="not bold")
    for name, told in (("wrong", wrong), ("said instead", instead)):
        words.append("" if told == "-" else f"\n{name}: {told}", style="not bold dim")
    for bound in broken:
        words.append(f"\nBROKEN: {bound}", style="bold red")
    sockets = f"{report.connects}" + (f" + {report.rest}" if report.rest else "")
    verdict = Text("NO", style="bold red") if broken else Text("ok", style="green")
    return _line(verdict, silence, since_speech, sockets, reuse, words)


def listed(scenarios: Sequence[FaultScenario]) -> Table:
    """The faults there are: their names and what they are."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", ratio=2)
    table.add_column(overflow="fold", ratio=3)
    for scenario in scenarios:
        table.add_row(Text(scenario.name), Text(scenario.title))
    return table


def verdict(broken: Mapping[str, bool]) -> str:
    """All of them in one line: which names broke a bound."""
    names = [name for name, broke in broken.items() if broke]
    if not names:
        return f"{len(broken)} played, every one within its bounds"
    return f"{len(names)} of {len(broken)} played broke a bound: {', '.join(names)}"


def _line(*cells: str | Text, style: str = "") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for number, width in enumerate(_WIDTHS):
        table.add_column(width=width, justify="right" if number else "left")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(*cells, style=style)
    return table


def row(report: FaultReport) -> list[str]:
    """One line of a table: what is under `HEADINGS`."""
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
    """For a document."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(
        [*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows)]
    )


def reasons(reports: Sequence[FaultReport]) -> str:
    """What stands below it: why some faults go beyond the goal."""
    why = dict.fromkeys((r.scenario.name.partition(":")[0], r.scenario.why) for r in reports if r.scenario.why)
    return "\n".join(["\n", *(f"- `{name}`: {reason}." for name, reason in why)])
