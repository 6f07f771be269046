"""Run the golden calls of a folder, on several processes, and write what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from ivr.replay.golden.check import GoldenVerdict
from ivr.replay.golden.expected import GoldenError
from ivr.replay.golden.shelf import GoldenPlace, run
from ivr.replay.processes import DIED, FEW, run_each
from ivr.replay.report.difference import difference_page
from ivr.replay.tape import TapeError
from ivr.testbench.suite.junit import clean


@dataclass(frozen=True, slots=True)
class GoldenRun:
    """Hold what came of one golden call, or why it could not be run."""

    place: GoldenPlace
    verdict: GoldenVerdict | None
    error: str = ""

    @property
    def passed(self) -> bool:
        """Return whether everything is as expected."""
        return self.verdict is not None and self.verdict.passed

    @property
    def faults(self) -> tuple[str, ...]:
        """Return what is wrong; empty: nothing."""
        return self.verdict.faults if self.verdict is not None else (self.error,)


def one(place: GoldenPlace) -> GoldenRun:
    """Run one golden call. Never raises for what a file holds."""
    try:
        return GoldenRun(place, run(place))
    except OSError as fault:
        return GoldenRun(place, None, f"{fault.filename}: {fault.strerror}")
    except (GoldenError, TapeError) as fault:
        return GoldenRun(place, None, str(fault))


def run_all(places: Sequence[GoldenPlace], jobs: int, done: Callable[[GoldenRun], None]) -> list[GoldenRun]:
    """Run golden calls and return them in their order. `done` is told each as it ends."""
    found: dict[int, GoldenRun] = {}
    given = [(place,) for place in places]
    for at, found[at] in run_each(one, given, jobs if len(places) > FEW else 1, dead):
        done(found[at])
    return [found[at] for at in range(len(places))]


def dead(place: GoldenPlace) -> GoldenRun:
    """Return what stands for a golden call that ends the process that runs it."""
    return GoldenRun(place, None, DIED)


def junit(runs: Sequence[GoldenRun]) -> str:
    """Return the runs as JUnit XML. A call that could not be run is an error, one that differs is a failure."""
    counts = {
        "tests": str(len(runs)),
        "failures": str(sum(each.verdict is not None and not each.passed for each in runs)),
        "errors": str(sum(each.verdict is None for each in runs)),
        "time": f"{sum(each.verdict.seconds for each in runs if each.verdict is not None):.3f}",
    }
    root = ET.Element("testsuites", {"name": "ivr golden", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "ivr golden", **counts, "skipped": "0"})
    for each in runs:
        seconds = each.verdict.seconds if each.verdict is not None else 0.0
        folder = each.place.tape.parent.as_posix().replace("/", ".").strip(".") or "calls"
        about = {"classname": clean(folder), "name": clean(each.place.name), "time": f"{seconds:.3f}"}
        case = ET.SubElement(suite, "testcase", about)
        properties = ET.SubElement(case, "properties")
        ET.SubElement(properties, "property", {"name": "ivr_tape", "value": clean(each.place.tape.as_posix())})
        if not each.passed:
            kind = "failure" if each.verdict is not None else "error"
            what = {"message": clean(each.faults[0].splitlines()[0]), "type": "not as expected"}
            ET.SubElement(case, kind, what).text = clean("\n".join(each.faults))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def page(runs: Sequence[GoldenRun]) -> str:
    """Return the page of differences of the calls that could be run."""
    pairs = [each.verdict.pair for each in runs if each.verdict is not None]
    return difference_page(pairs, title="Golden calls")
