"""Draw a grid as one page that opens without a network: the wait to the right, callers cut off upwards, a table.

The nearer a point is to the lower left corner, the better for callers. The drawing is 420 units wide, so that its words
are as large as the page's on a telephone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil
from typing import Any, Final

from ivr.replay.grid.points import GridPoint, grid_cells

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 24, 30, 44
_WORDS_APART, _LINE = 70, 15
"""Units between the words of two points: side by side, or above each other."""
_RULE_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_COLUMNS: Final = (
    "first audio ms", "p95 ms", "cut off", "of 100 answers", "barge-ins", "false yields", "silences", "modelled"
)  # fmt: skip
_CSS: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #5b6470; --rule: #d8dde3; --page: #fff; --mark: #0b62d6 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebef; --dim: #a3acb8; --rule: #3a424c; --page: #15181c; --mark: #6fb1ff } }
body { margin: 0 auto; max-width: 1000px; padding: 16px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.25rem; margin: 0 0 4px } p { margin: 4px 0 12px } .dim { color: var(--dim) }
svg { display: block; width: 100%; max-width: 600px; height: auto }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); paint-order: stroke; stroke: var(--page);
  stroke-width: 4px; stroke-linejoin: round }
svg .axis { fill: var(--dim) } svg .rule { stroke: var(--rule) } svg .path { fill: none; stroke: var(--mark) }
svg .point circle { fill: var(--mark) } svg .was circle { fill: var(--page); stroke: var(--ink); stroke-width: 2 }
svg .point { outline: none } svg .point:focus-visible circle, svg .point:hover circle { stroke: var(--ink);
  stroke-width: 3; r: 7 }
output { display: block; min-height: 3em }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--page) }
"""
_KEYBOARD: Final = """
const told = document.querySelector("output"), points = [...document.querySelectorAll(".point")];
const tell = point => { told.textContent = point.getAttribute("aria-label") };
points.forEach((point, at) => {
  point.addEventListener("focus", () => tell(point));
  point.addEventListener("mouseenter", () => tell(point));
  point.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) { event.preventDefault(); points[(at + by + points.length) % points.length].focus() }
  });
});
"""


def grid_page(grid: Mapping[str, Sequence[Any]], points: Sequence[GridPoint], calls: int, minutes: float) -> str:
    """Return the page. `points`: the calls as they were first."""
    names = escape(" and ".join(grid))
    rows = "\n".join(
        f'<tr><th scope="row">{escape(point.name)}</th>'
        + "".join(f"<td>{one}</td>" for one in grid_cells(point))
        + "</tr>"
        for point in points
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in (", ".join(map(escape, grid)), *_COLUMNS))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{names}: wait against cut-offs</title>
<style>{_CSS}</style>
</head>
<body>
<h1>{names}: how long callers wait, how many are cut off</h1>
<p class="dim">{calls} calls, {minutes:.1f} minutes, run as they would have been. The lower left is best. The ring: as
they were. Arrow keys go from point to point.</p>
{plot(points, len(list(grid.values())[-1]))}
<output class="dim" aria-live="polite"></output>
<div class="wide" tabindex="0"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>
<p class="dim">first audio: the median as it was, and the change in the same turns.
modelled: answers whose wait rests on an answer that is not on the tape.</p>
<script>{_KEYBOARD}</script>
</body>
</html>
"""


def plot(points: Sequence[GridPoint], row: int) -> str:
    """Return the drawing. `row`: points that one line joins."""
    shown = [point for point in points if point.wait_ms is not None]
    waits = [point.wait_ms or 0.0 for point in shown]
    step_x, low, high = _scale(min(waits, default=0.0), max(waits, default=1.0))
    step_y, _, most = _scale(0.0, max([point.cut_share for point in shown], default=1.0))
    places = {
        point: (
            _LEFT + ((point.wait_ms or 0.0) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - point.cut_share / most * (_HEIGHT - _TOP - _BOTTOM),
        )
        for point in shown
    }
    parts = [axes(low, high, step_x, most, step_y)]
    varied = [point for point in points if point.values]
    for at in range(0, len(varied), row):
        line = " ".join("{:.1f},{:.1f}".format(*places[one]) for one in varied[at : at + row] if one in places)
        parts.append(f'<polyline class="path" points="{line}"/>')
    written: list[tuple[float, float]] = []
    for point, (x, y) in sorted(places.items(), key=lambda one: one[1][0]):
        was = "" if point.values else " was"
        anchor, aside = ("end", x - 9) if x > _WIDTH / 2 else ("start", x + 9)
        # Words of points that lie close stand above each other.
        level = y - 7
        while any(abs(aside - other) < _WORDS_APART and abs(level - at) < _LINE for other, at in written):
            level -= _LINE
        written.append((aside, level))
        parts.append(
            f'<g class="point{was}" tabindex="0" role="img" aria-label="{point_told(point)}">'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if was else 5}"/>'
            f'<text x="{aside:.1f}" y="{level:.1f}" text-anchor="{anchor}">{escape(point.name)}</text></g>'
        )
    drawn, label = "".join(parts), "wait against cut-offs"
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="group" aria-label="{label}">{drawn}</svg>'


def axes(low: float, high: float, step_x: int, most: float, step_y: int) -> str:
    """Return the rules of the drawing, and what they mean."""
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for at in range(round((high - low) / step_x) + 1):
        x = _LEFT + at * step_x / (high - low) * (right - _LEFT)
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(
            f'<text class="axis" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{low + at * step_x:.0f}</text>'
        )
    for at in range(round(most / step_y) + 1):
        y = bottom - at * step_y / most * (bottom - _TOP)
        parts.append(f'<line class="rule" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{at * step_y}</text>')
    parts.append(f'<text class="axis" x="{right}" y="{_HEIGHT - 8}" text-anchor="end">first audio, ms</text>')
    parts.append('<text class="axis" x="4" y="14">cut off of 100 answers</text>')
    return "".join(parts)


def _scale(low: float, high: float) -> tuple[int, float, float]:
    """Return a step for about five rules, and where the rules begin and end."""
    step = next((one for one in _RULE_STEPS if one * 5 >= high - low), _RULE_STEPS[-1])
    first = low // step * step
    return step, first, max(first + step, ceil(high / step) * step)


def point_told(point: GridPoint) -> str:
    """Return what a point is, in a sentence."""
    high = f", 95 of 100 within {point.p95_ms:.0f} ms" if point.p95_ms is not None else ""
    return escape(
        f"{point.name}: first audio after {point.wait_ms:.0f} ms{high}; {point.cut_off} callers cut off "
        f"in {point.answers} answers, {point.silences} silences over 2 s",
        quote=True,
    )
