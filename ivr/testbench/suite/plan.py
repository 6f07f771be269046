"""Find the scenarios of a suite, and plan its calls. Pure but for reading the files.

A scenario's label is its path below the folder that was named, without `.toml`. The calls of a suite are every scenario
once, then every scenario again, so that what slows the machine for a while slows all scenarios alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.testbench.hamsa.audio import MARKERS
from ivr.testbench.scenario import Scenario, ScenarioError, load

ENDING: Final = ".toml"


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """Hold one call of a suite."""

    label: str
    """Which scenario it is."""
    number: int
    """1 the first time that the scenario is played."""
    scenario: Scenario

    @property
    def folder(self) -> Path:
        """Return where its files go, below the folder of the suite."""
        return Path(self.label) / str(self.number)


def plan(paths: Sequence[Path], repeat: int = 1) -> list[PlannedCall]:
    """Return the calls of the scenarios in these files and folders.

    Raises ScenarioError, with one line for each mistake in any of the files.
    """
    found = list(dict.fromkeys(_files(paths)))
    # Two folders may hold files of one name: then the whole path tells them apart.
    count = Counter(label for label, _ in found)
    scenarios, mistakes = {}, []
    for label, path in found:
        try:
            # A label is a folder below that of the suite.
            whole = "/".join(part for part in path.with_suffix("").parts if part not in ("..", path.anchor))
            scenarios[label if count[label] == 1 else whole] = load(path)
        except ScenarioError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ScenarioError("\n".join(mistakes))
    return [PlannedCall(label, number, one) for number in range(1, repeat + 1) for label, one in scenarios.items()]


def groups(calls: Iterable[PlannedCall]) -> Iterator[list[PlannedCall]]:
    """Yield the calls that one mock service can serve: of one language, with few enough texts to tell them apart.

    Raises ScenarioError when a scenario alone has too many texts.
    """
    left = list(calls)
    for call in left:
        if len(set(call.scenario.texts)) > MARKERS:
            raise ScenarioError(
                f"{call.label}: more than {MARKERS} different texts, which the mock service cannot tell apart: "
                "divide it, or name a bridge with --bridge"
            )
    while left:
        language, texts = left[0].scenario.language, set[str]()
        chosen: list[PlannedCall] = []
        rest: list[PlannedCall] = []
        for call in left:
            more = texts | set(call.scenario.texts)
            fits = call.scenario.language == language and len(more) <= MARKERS
            texts = more if fits else texts
            (chosen if fits else rest).append(call)
        yield chosen
        left = rest


def texts_of(calls: Iterable[PlannedCall]) -> list[str]:
    """Return all that is said in these calls, each text once."""
    return list(dict.fromkeys(text for call in calls for text in call.scenario.texts))


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the label and the path of each scenario file."""
    for path in paths:
        if path.is_dir():
            below = sorted(path.rglob(f"*{ENDING}"))
            if not below:
                raise ScenarioError(f"{path}: no scenario (*{ENDING}) in this folder")
            yield from ((one.relative_to(path).with_suffix("").as_posix(), one) for one in below)
        elif path.exists():
            yield path.stem, path
        else:
            raise ScenarioError(f"{path}: no such file or folder")
