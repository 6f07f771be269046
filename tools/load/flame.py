"""Draw sampled stacks as a flame graph: one SVG file without a script, its names in tooltips. Pure.

The outermost frame is on top. The width of a box is its share of all samples, its colour the stage of the cost model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from tools.load.stages import STAGES, of_main_thread, stacks, stage_of

WIDTH: Final = 1200
ROW: Final = 17
TOP: Final = 64
"""Pixels above the first row: the title and the colours."""
LEAST: Final = 0.003
"""Share of all samples below which a box is left out."""
_LETTER: Final = 6.3
"""Pixels of a letter, at most."""
COLOURS: Final = (
    "#7fb3d5", "#b3b6b7", "#76d7c4", "#f7b267", "#f4845f", "#a3c585",
    "#f9d56e", "#82a8e0", "#4f9d97", "#d7bde2",
)  # fmt: skip


@dataclass
class Box:
    """Hold a function in its place: below its callers."""

    name: str
    count: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    inner: dict[str, Box] = field(default_factory=dict)

    def add(self, frames: Sequence[str], count: int, stage: str) -> None:
        """Add samples of a stack below this box."""
        box = self
        for frame in ("", *frames):
            box = box.inner.setdefault(frame, Box(frame)) if frame else box
            box.count += count
            box.stages[stage] += count


@dataclass(frozen=True, slots=True)
class Placed:
    """Hold where a box is drawn."""

    box: Box
    left: float
    """Share of the whole width."""
    row: int


def tree(raw: Iterable[str]) -> Box:
    """Build the tree of the main thread, without the frames that all stacks begin with."""
    whole = Box("the bridge's main thread")
    for frames, count in of_main_thread(stacks(raw)):
        if stage := stage_of(frames):
            whole.add([frame for frame in frames if frame], count, stage)
    trunk = whole
    # Stacks that a sampler caught outside of everything (an empty one, the start) are no reason to draw the start.
    while len(trunk.inner) and max(one.count for one in trunk.inner.values()) > 0.95 * whole.count:
        trunk = max(trunk.inner.values(), key=lambda one: one.count)
    return Box(whole.name, trunk.count, trunk.stages, trunk.inner)


def places(box: Box, whole: int, least: float = LEAST, left: float = 0.0, row: int = 0) -> Iterator[Placed]:
    """Yield what is drawn, by rows from the left: the widest of each row first."""
    yield Placed(box, left, row)
    for one in sorted(box.inner.values(), key=lambda one: (-one.count, one.name)):
        if one.count >= least * whole:
            yield from places(one, whole, least, left, row + 1)
        left += one.count / whole


def _short(frame: str, letters: int) -> str:
    name = frame.partition(" (")[0]
    name = name if len(name) <= letters else name.rpartition(".")[2]
    return name if len(name) <= letters else name[: letters - 1] + "…" if letters > 3 else ""


def draw(raw: Iterable[str], title: str) -> str:
    """Return the flame graph as SVG."""
    root = tree(raw)
    whole = max(1, root.count)
    placed = list(places(root, whole))
    height = TOP + ROW * (1 + max(one.row for one in placed)) + 8
    colours = dict(zip(STAGES, COLOURS, strict=True))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="10.5">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14" font-family="sans-serif">{escape(title)}</text>',
    ]
    at = 8.0
    for stage in (one for one in STAGES if root.stages[one]):
        label = f"{stage} {100 * root.stages[stage] / whole:.0f} %"
        parts.append(f'<rect x="{at:.0f}" y="34" width="11" height="11" fill="{colours[stage]}"/>')
        parts.append(f'<text x="{at + 15:.0f}" y="43.5" fill="#222">{escape(label)}</text>')
        at += 24 + _LETTER * len(label)
    for one in placed:
        width = WIDTH * one.box.count / whole
        share = f"{escape(one.box.name)}: {100 * one.box.count / whole:.1f} %"
        x, y = WIDTH * one.left, TOP + ROW * one.row
        text = _short(one.box.name, int((width - 6) / _LETTER))
        # A caller has the colour of what most of its samples are for.
        colour = colours[max(one.box.stages, key=one.box.stages.__getitem__, default=STAGES[0])]
        parts.append(
            f'<g><title>{share}</title><rect x="{x:.1f}" y="{y}" width="{max(0.5, width - 0.6):.1f}" '
            f'height="{ROW - 1}" fill="{colour}"/>'
            + (f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(text)}</text>' if text else "")
            + "</g>"
        )
    return "\n".join([*parts, "</svg>", ""])
