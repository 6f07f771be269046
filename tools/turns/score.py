"""Score how well ends of turns are told from transcripts: `python -m tools.turns.score SET.jsonl...`

    python -m tools.turns.score SET.jsonl --kinds            by what was asked for as well
    python -m tools.turns.score SET.jsonl --rules            by the rule that told
    python -m tools.turns.score SET.jsonl --wrong            the transcripts that were judged wrongly
    python -m tools.turns.score SET.jsonl --stage asked --lines odd --endpoint-ms 600

`tools/turns/sets.py` says what a set is, `tools/turns/sweep.py` what the figures are. Pauses have the lengths of
eot-bench's; which transcript has which is drawn twenty times, and figures are means.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.call.options import CallOptions
from ivr.text.turn.words import Completeness
from tools.turns.sets import Cut, SetError, chosen, lengths, read_set
from tools.turns.stages import STAGES, Verdict
from tools.turns.sweep import Figures, Scored, mean_of, swept

_SHUFFLES: Final = 20
_LEVELS: Final[tuple[Completeness, ...]] = ("open", "unknown", "complete")
_HEAD: Final = (
    f"{'':<24}{'finished called':>26}{'unfinished called':>26}{'cut off at':>16}{'wait at':>10}{'shipped waits':>18}\n"
    f"{'':<24}{'open unknown complete':>26}{'open unknown complete':>26}{'300 ms  600 ms':>16}{'5 %':>10}"
    f"{'cut off   wait':>18}"
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Count how finished and unfinished transcripts were judged, and hold what comes of it."""

    finished: Counter[Completeness]
    unfinished: Counter[Completeness]
    figures: Figures | None
    """None: all of them finished, or none."""

    def line(self, name: str) -> str:
        """Return a row of the table."""
        cells = "".join(
            " ".join([f"{_percent(found[level], found.total()):>6}" for level in _LEVELS]).rjust(26)
            for found in (self.finished, self.unfinished)
        )
        if (told := self.figures) is None:
            return f"{name:<24}{cells}"
        shares = f"{told.at_300:>8.1%}{told.at_600:>8.1%}"
        shipped = f"{told.shipped_cut:>9.1%}{told.shipped_ms:>6.0f} ms"
        return f"{name:<24}{cells}{shares}{told.wait_at_5:>7.0f} ms{shipped}"


def tally(cuts: Sequence[Cut], verdicts: Sequence[Verdict], shuffles: int = _SHUFFLES) -> Tally:
    """Score verdicts on transcripts."""
    finished, unfinished = (
        Counter(verdict.completeness for cut, verdict in zip(cuts, verdicts, strict=True) if cut.done is done)
        for done in (True, False)
    )
    if not finished or not unfinished:
        return Tally(finished, unfinished, None)
    draws = [
        swept(
            [
                Scored(verdict.score, verdict.wait_ms, length)
                for verdict, length in zip(verdicts, lengths(cuts, shuffle), strict=True)
            ]
        )
        for shuffle in range(shuffles)
    ]
    return Tally(finished, unfinished, mean_of(draws))


def report(sets: Mapping[str, Sequence[Cut]], options: CallOptions, given: argparse.Namespace) -> Iterator[str]:
    """Yield the tables of sets by their names, line by line."""
    stages = given.stage.split(",") if given.stage else list(STAGES)
    for name, cuts in sets.items():
        yield f"{name}: {sum(cut.done for cut in cuts)} finished, {sum(not cut.done for cut in cuts)} unfinished"
        yield _HEAD
        for stage in stages:
            yield tally(cuts, [STAGES[stage](cut, options) for cut in cuts]).line(stage)
        judged = [(cut, STAGES[stages[-1]](cut, options)) for cut in cuts]
        if given.kinds:
            for group, count in Counter(cut.group for cut in cuts).most_common():
                part = [one for one in judged if one[0].group == group]
                counted = tally([cut for cut, _ in part], [verdict for _, verdict in part])
                yield counted.line(f"  {group or 'not told'} ({count})")
        if given.rules:
            yield from _rules(judged)
        if given.wrong:
            yield from _wrong(judged)
        yield ""


def _rules(judged: Iterable[tuple[Cut, Verdict]]) -> Iterator[str]:
    found = Counter((verdict.completeness, verdict.rule, cut.done) for cut, verdict in judged)
    yield f"  {'rule':<26}{'finished':>9}{'unfinished':>11}"
    for level, rule in sorted({key[:2] for key in found}):
        yield f"  {level + ' ' + rule:<26}{found[level, rule, True]:>9}{found[level, rule, False]:>11}"


def _wrong(judged: Iterable[tuple[Cut, Verdict]]) -> Iterator[str]:
    for cut, verdict in judged:
        if verdict.completeness == ("open" if cut.done else "complete"):
            state = "finished" if cut.done else "unfinished"
            yield f"  {state} called {verdict.completeness} ({verdict.rule}, {cut.group}): {cut.asked} | {cut.text}"


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the sets that the arguments name. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.score", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET.jsonl")
    parser.add_argument("--stage", default="", help=f"some of {','.join(STAGES)} (default: all)")
    parser.add_argument("--lines", choices=["all", "even", "odd"], default="all", help="lines of each file")
    parser.add_argument("--kinds", action="store_true", help="the last stage by what was asked for")
    parser.add_argument("--rules", action="store_true", help="the last stage by the rule that told")
    parser.add_argument("--wrong", action="store_true", help="what the last stage judged wrongly")
    for name in ("endpoint", "endpoint_least", "endpoint_more", "endpoint_most"):
        default = getattr(CallOptions(), f"{name}_ms")
        parser.add_argument(f"--{name.replace('_', '-')}-ms", type=int, default=default)
    given = parser.parse_args(arguments)
    if unknown := [stage for stage in given.stage.split(",") if stage and stage not in STAGES]:
        parser.error(f"no stage {', '.join(unknown)}: {', '.join(STAGES)}")
    options = CallOptions(
        endpoint_ms=given.endpoint_ms,
        endpoint_least_ms=given.endpoint_least_ms,
        endpoint_more_ms=given.endpoint_more_ms,
        endpoint_most_ms=given.endpoint_most_ms,
    )
    try:
        sets = {path.name: chosen(read_set(path), given.lines) for path in given.sets}
    except (OSError, SetError) as problem:
        parser.error(str(problem))
    if len(sets) > 1:
        sets["all"] = [cut for cuts in sets.values() for cut in cuts]
    for line in report(sets, options, given):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
