"""Show two histories of a call side by side: words, frames, marks, order, times and budgets.

The one who compares says what happened in each (`CallHistory`), line by line and turn by turn; `history_of` makes that
of a call's turns. Lines are paired by what they are and say, in order. So a line that moved is one that is missing on
one side and new on the other, and a line that came later is the same with another time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final, Literal, TypeAlias

from ivr.call.timeline import Turn
from ivr.replay.report.html import badge, direction, document, escape, ms
from ivr.testbench.report.latency import playing, split_heard

Sameness: TypeAlias = Literal["same", "changed", "gone", "new"]
"""`changed`: the same line with other words, another time or another length."""

LEAST_SHIFT_MS: Final = 1.0
"""Milliseconds by which a time or a length differs at least to be shown as changed."""

_NAMES: Final[dict[Sameness, str]] = {"same": "", "changed": "changed", "gone": "only before", "new": "only now"}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Hold one thing that happened."""

    at: float | None
    """Seconds since the call began; None: no time."""
    kind: str
    """A short word: `caller`, `sentence`, `unheard`, `mark`, `clear`, `frames`, `filler`, `request`, ..."""
    text: str = ""
    """What was said or sent; shown in the direction of its script."""
    ms: float | None = None
    """Its length; None: it has none."""


@dataclass(frozen=True, slots=True)
class HistoryTurn:
    """Hold one turn of a history, its lines in the order in which they happened."""

    number: int
    title: str = ""
    """What began it and how it ended, such as `speech, heard`."""
    lines: Sequence[HistoryLine] = ()
    whole_call: bool = False
    """It is what is said of the whole call, behind its turns."""


@dataclass(frozen=True, slots=True)
class CallHistory:
    """Hold one of the two histories of a call."""

    name: str
    """What it is: `as recorded`, `today`, `endpoint_ms=300`."""
    turns: Sequence[HistoryTurn] = ()


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """Hold one figure that has a limit, in both histories."""

    name: str
    before: float | None
    now: float | None
    limit: float | None = None
    """None: there is none; more than this is too much."""
    unit: str = "ms"

    @property
    def kept(self) -> bool:
        """Return whether the limit is kept now."""
        return self.limit is None or self.now is None or self.now <= self.limit


@dataclass(frozen=True, slots=True)
class HistoryPair:
    """Hold one call of a page of differences."""

    name: str
    before: CallHistory
    now: CallHistory
    budgets: Sequence[BudgetLine] = ()
    remarks: Sequence[str] = ()
    """What else is to be said of it: the first difference in words, what is modelled."""
    failed: bool | None = None
    """Whether it counts as a failure. None: nothing was tested."""
    command: str = ""
    """The command that shows this call again."""


@dataclass(frozen=True, slots=True)
class PairedLine:
    """Hold a line as it was, as it is, and how the two compare."""

    before: HistoryLine | None
    now: HistoryLine | None
    sameness: Sameness = field(default="same")

    @property
    def shift_ms(self) -> float | None:
        """Return by how much it comes later now; None: one side has no time."""
        if self.before is None or self.now is None or self.before.at is None or self.now.at is None:
            return None
        return (self.now.at - self.before.at) * 1000


def difference_page(pairs: Sequence[HistoryPair], *, title: str = "Two histories") -> str:
    """Return a page that shows each pair side by side, the failed ones first. It loads nothing from anywhere."""
    ordered = sorted(pairs, key=lambda pair: not pair.failed)
    failed = sum(bool(pair.failed) for pair in pairs)
    tested = [pair for pair in pairs if pair.failed is not None]
    head = [f"<header><h1>{escape(title)}</h1> {badge(f'{len(pairs)} calls' if len(pairs) != 1 else '1 call')}"]
    if tested:
        head.append(badge(f"{failed} of {len(tested)} failed", "alarm") if failed else badge("all passed", "good"))
    body = "".join(pair_section(pair, number) for number, pair in enumerate(ordered, 1))
    listed = contents(ordered) if len(ordered) > 1 else ""
    return document(title, f"{' '.join(head)}</header>{listed}{body}", style=_SIDES_STYLE, script=_COPY_SCRIPT)


def history_of(name: str, turns: Iterable[Turn], began_at: float) -> CallHistory:
    """Return the history of a call's turns. `began_at`: when the call began, in the driver's seconds."""
    return CallHistory(name, [history_turn(turn, began_at) for turn in turns])


def paired(before: Sequence[HistoryLine], now: Sequence[HistoryLine]) -> list[PairedLine]:
    """Return the lines of two histories of a turn, paired by what they are and say, in order."""
    found: list[PairedLine] = []
    old, new = [(line.kind, line.text) for line in before], [(line.kind, line.text) for line in now]
    for change, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            found += [PairedLine(x, y, sameness_of(x, y)) for x, y in zip(before[a:b], now[c:d], strict=True)]
        else:
            found += replaced_lines(before[a:b], now[c:d])
    return found


def replaced_lines(before: Sequence[HistoryLine], now: Sequence[HistoryLine]) -> Iterator[PairedLine]:
    """Yield lines whose words differ: a line of the same kind at the same place is the same one, changed."""
    kinds = SequenceMatcher(None, [line.kind for line in before], [line.kind for line in now], autojunk=False)
    for change, a, b, c, d in kinds.get_opcodes():
        if change == "equal":
            yield from (PairedLine(x, y, "changed") for x, y in zip(before[a:b], now[c:d], strict=True))
        else:
            yield from (PairedLine(line, None, "gone") for line in before[a:b])
            yield from (PairedLine(None, line, "new") for line in now[c:d])


def sameness_of(before: HistoryLine, now: HistoryLine) -> Sameness:
    """Return whether two lines that say the same also have the same time and length."""
    times = ((before.at, now.at, 1000.0), (before.ms, now.ms, 1.0))
    for was, is_now, scale in times:
        if (was is None) != (is_now is None):
            return "changed"
        if was is not None and is_now is not None and abs(was - is_now) * scale >= LEAST_SHIFT_MS:
            return "changed"
    return "same"


def history_turn(turn: Turn, began_at: float) -> HistoryTurn:
    """Return one turn of a call as a turn of its history."""
    lines: list[HistoryLine] = []
    if turn.text:
        lines.append(HistoryLine(_since(turn.speech_started_at, began_at), "caller", turn.text))
    if turn.asked_at is not None:
        lines.append(HistoryLine(turn.asked_at - began_at, "asked"))
    lines += [
        HistoryLine(filler.ready_at - began_at, "filler", filler.text, filler.heard_ms) for filler in turn.fillers
    ]
    parts = split_heard(turn)
    at = {id(piece.sentence): piece.start for piece in playing(turn)}
    for place, sentence in enumerate(turn.sentences):
        start = _since(at.get(id(sentence)), began_at)
        # Without a part for each sentence the heard text could not be split: the sentence stays whole.
        whole = len(parts) < len(turn.sentences)
        heard, unheard = (sentence.text, "") if whole else parts[place]
        if heard.strip():
            lines.append(HistoryLine(start, "sentence", heard.strip(), sentence.heard_ms))
        if unheard.strip():
            lines.append(HistoryLine(start, "unheard", unheard.strip()))
        if sentence.failed:
            lines.append(HistoryLine(start, "lost", sentence.failed))
    for overlap in turn.overlaps:
        lines.append(HistoryLine(overlap.yield_at - began_at, "yield", f"{overlap.verdict} {overlap.rule}".strip()))
        if overlap.resumed_at is not None:
            lines.append(HistoryLine(overlap.resumed_at - began_at, "resume"))
    if turn.failure:
        lines.append(HistoryLine(_since(turn.ended_at, began_at), "failure", turn.failure))
    # What has no time stays where it is.
    lines.sort(key=lambda line: float("inf") if line.at is None else line.at)
    return HistoryTurn(turn.number, f"{turn.kind}, {turn.outcome}", lines)


def _since(at: float | None, began_at: float) -> float | None:
    return None if at is None else at - began_at


# -- the page --------------------------------------------------------------------------------------------------------


def contents(pairs: Sequence[HistoryPair]) -> str:
    """Write the calls of the page as a list of links."""
    rows = []
    for number, pair in enumerate(pairs, 1):
        counts = difference_counts(pair)
        said = ", ".join(f"{count} {_NAMES[kind]}" for kind, count in counts.items() if count) or "the same"
        mark = badge("failed", "alarm") if pair.failed else badge("passed", "good") if pair.failed is False else ""
        rows.append(
            f'<tr><td><a href="#call-{number}">{escape(pair.name)}</a></td><td class="text">{mark}</td>'
            f'<td class="text">{escape(said)}</td></tr>'
        )
    return (
        '<div class="card scroll"><table><thead><tr><th scope="col">call</th><th scope="col" class="text"></th>'
        f'<th scope="col" class="text">lines that differ</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _by_turn(pair: HistoryPair) -> list[tuple[int, HistoryTurn | None, HistoryTurn | None]]:
    """Return the turns of both sides by their number."""
    before = {turn.number: turn for turn in pair.before.turns}
    now = {turn.number: turn for turn in pair.now.turns}
    return [(number, before.get(number), now.get(number)) for number in sorted({*before, *now})]


def difference_counts(pair: HistoryPair) -> dict[Sameness, int]:
    """Return how many lines of each kind of difference a pair has."""
    counts: dict[Sameness, int] = {"changed": 0, "gone": 0, "new": 0}
    for _, before, now in _by_turn(pair):
        for line in paired(before.lines if before else (), now.lines if now else ()):
            if line.sameness != "same":
                counts[line.sameness] += 1
    return counts


def pair_section(pair: HistoryPair, number: int) -> str:
    """Write one call: its budgets, its remarks, and its turns side by side."""
    state = badge("failed", "alarm") if pair.failed else badge("passed", "good") if pair.failed is False else ""
    parts = [f'<section id="call-{number}"><h2>{escape(pair.name)} {state}</h2>']
    parts += [f'<p class="notice plain">{escape(remark)}</p>' for remark in pair.remarks]
    if pair.command:
        parts.append(f'<p><code>{escape(pair.command)}</code> <button data-copy="{escape(pair.command)}">copy</button>')
    if pair.budgets:
        parts.append(budget_table(pair))
    for turn, before, now in _by_turn(pair):
        lines = paired(before.lines if before else (), now.lines if now else ())
        titles = [side.title if side else "no such turn" for side in (before, now)]
        title = titles[0] if titles[0] == titles[1] else f"{titles[0]} → {titles[1]}"
        differs = sum(line.sameness != "same" for line in lines) + (titles[0] != titles[1])
        state = badge(f"{differs} differ" if differs != 1 else "1 differs", "alarm") if differs else badge("same")
        names = (pair.before.name, pair.now.name)
        rows = "".join(paired_row(line, names) for line in lines)
        whole = any(side.whole_call for side in (before, now) if side is not None)
        heading = "The whole call" if whole else f"Turn {turn}: {escape(title)}"
        parts.append(
            f'<details class="card"{" open" if differs else ""}><summary>{heading} {state}</summary>'
            '<table class="sides"><thead><tr><th scope="col">what</th>'
            f'<th scope="col">s</th><th scope="col" class="text">{escape(pair.before.name)}</th><th scope="col">s</th>'
            f'<th scope="col" class="text">{escape(pair.now.name)}</th><th scope="col">later, ms</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></details>"
        )
    return "".join([*parts, "</section>"])


def budget_table(pair: HistoryPair) -> str:
    """Write the figures that have a limit."""
    rows = []
    for line in pair.budgets:
        state = "" if line.kept else ' class="over"'
        limit = "–" if line.limit is None else f"{line.limit:g}"
        rows.append(
            f"<tr{state}><td>{escape(line.name)}</td><td>{ms(line.before)}</td><td>{ms(line.now)}</td>"
            f'<td>{limit}</td><td class="text">{escape(line.unit)}{"" if line.kept else ", over its limit"}</td></tr>'
        )
    heads = "".join(
        f'<th scope="col"{css}>{escape(name)}</th>'
        for name, css in (("figure", ""), (pair.before.name, ""), (pair.now.name, ""), ("limit", ""), ("", ""))
    )
    return (
        f'<div class="card scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def paired_row(line: PairedLine, names: Sequence[str] = ("", "")) -> str:
    """Write one row: the line as it was, as it is, and how much later it comes. `names`: of the sides."""
    cells = []
    for side, name in zip((line.before, line.now), names, strict=True):
        # On a narrow screen the name of the side stands in front of its line.
        label = f' data-side="{escape(name)}"'
        if side is None:
            cells.append(f'<td class="none"{label}></td><td class="text none">–</td>')
            continue
        at = "" if side.at is None else f"{side.at:.3f}"
        length = "" if side.ms is None else f' <small dir="ltr">{side.ms:.0f} ms</small>'
        cells.append(
            f'<td{label}>{at}</td><td class="text" dir="{direction(side.text)}">{escape(side.text)}{length}</td>'
        )
    kind = next(side.kind for side in (line.before, line.now) if side is not None)
    shift = line.shift_ms
    later = "" if shift is None or abs(shift) < LEAST_SHIFT_MS else f"{shift:+.0f}"
    said = f'<span class="hidden">{_NAMES[line.sameness]}: </span>' if line.sameness != "same" else ""
    return f'<tr class="{line.sameness}"><th scope="row">{said}{escape(kind)}</th>{"".join(cells)}<td>{later}</td></tr>'


_SIDES_STYLE: Final = """
table.sides { table-layout: fixed; margin-top: .6rem; }
table.sides :is(th, td):nth-child(1) { width: 6.5rem; } table.sides :is(th, td):nth-child(2), table.sides :is(th, td):nth-child(4) { width: 5rem; }
table.sides :is(th, td):nth-child(6) { width: 5.5rem; }
tbody th { font-weight: 600; color: var(--soft); }
tr.changed td.text { background: color-mix(in srgb, var(--own) 12%, transparent); }
tr.gone td.text:not(.none) { background: color-mix(in srgb, var(--alarm) 14%, transparent); text-decoration: line-through; text-decoration-color: var(--alarm); }
tr.new td.text:not(.none) { background: color-mix(in srgb, var(--good) 16%, transparent); }
tr.gone th::after { content: " −"; color: var(--alarm); } tr.new th::after { content: " +"; color: var(--good); } tr.changed th::after { content: " ≠"; color: var(--own); }
tr.over td { color: var(--alarm); font-weight: 600; }
small { color: var(--soft); white-space: nowrap; }
summary .badge { margin-inline-start: .4rem; }
@media (max-width: 46rem) {
  table.sides thead { display: none; } table.sides, table.sides tbody { display: block; }
  table.sides tr { display: grid; grid-template-columns: 5.5rem 1fr; border-bottom: 1px solid var(--rule); padding: .3rem 0; }
  table.sides :is(th, td) { border: 0; width: auto !important; padding: .1rem .3rem; }
  table.sides tr > th { grid-column: 1 / -1; } table.sides tr > td:last-child:empty { display: none; } table.sides td:last-child { grid-column: 1 / -1; }
  table.sides tr:not(.same) td[data-side] { text-align: start; } table.sides tr:not(.same) td[data-side]::before { content: attr(data-side) " "; color: var(--soft); }
  table.sides tr.same td:nth-of-type(n+3):not(:last-child) { display: none; }
  table.sides td:last-child:not(:empty)::before { content: "later by, ms: "; color: var(--soft); }
}
"""  # noqa: E501
_COPY_SCRIPT: Final = """
"use strict";
for (const button of document.querySelectorAll("button[data-copy]"))
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "copied"; }
    catch { button.textContent = "select it and copy"; }
  });
"""
