"""Turn what phones and processes measured into a level, its verdict, and tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SLACK_MS: Final = 150.0
"""How much longer than a single call's usual wait the slowest waits may be."""
LATE_MS: Final = 10.0
"""Lateness of the phones' own frames, at the 99th percentile, above which a level says nothing about the bridge."""
FULL: Final = 0.85
"""Share of a core above which the phones may be what is slow."""
SHORT_MS: Final = 60.0
"""How much of an answer may be missing."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return a percentile between the nearest values; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Level:
    """Hold what was measured with so many calls."""

    label: str
    calls: int
    seconds: float
    turns: int
    turn_p50_ms: float | None
    turn_p99_ms: float | None
    own_p50_ms: float | None
    """The wait without the services' fixed time: the silence that ends a turn, and the bridge's own work."""
    own_p99_ms: float | None
    barge_in_p50_ms: float | None
    barge_in_p99_ms: float | None
    underruns: int
    lost: int
    """Questions without an answer."""
    dropped: int
    """Calls that were refused or lost."""
    not_cleared: int
    """Interruptions without a `clear`."""
    short: int
    """Answers of which audio is missing."""
    cpu_ms: float
    """CPU milliseconds of the bridge for a second of one call."""
    cores: float
    mb_a_call: float
    phones_cores: float
    services_cores: float
    others_cores: float
    """Cores that other processes of this machine used."""
    late_p99_ms: float
    broken: tuple[str, ...] = ()
    """Limits that this level breaks, in words."""
    doubtful: tuple[str, ...] = ()
    """Why this level may say nothing about the bridge."""

    def as_json(self) -> dict[str, Any]:
        """Return all of it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Processes:
    """Hold what the processes used while a level was measured. Cores are CPU seconds in a second."""

    seconds: float
    bridge_cores: float
    phones_cores: float
    services_cores: float
    others_cores: float
    grown_mb: float
    """Memory of the bridge above what it had before the calls."""
    main_cores: float = 0.0
    """What of the bridge's cores its main threads used."""
    kernel_cores: float = 0.0
    """What of that went into system calls."""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def level(
    label: str, calls: int, told: Mapping[str, Any], used: Processes, services_ms: float, bound_ms: float | None
) -> Level:
    """Return a level with its verdict. `bound_ms`: what the 99th percentile of the waits may be; None: anything."""
    turns = told["turn_ms"]
    p50, p99 = percentile(turns, 50), percentile(turns, 99)
    longest = max(told["answer_ms"], default=0.0)
    short = sum(one < longest - SHORT_MS for one in told["answer_ms"])
    missing = told["not_cleared"]
    late = percentile(told["late_ms"], 99) or 0.0
    broken = []
    if p99 is None:
        broken.append("no turn")
    elif bound_ms is not None and p99 > bound_ms:
        broken.append(f"turn p99 {p99:.0f} > {bound_ms:.0f} ms")
    if told["underrun_ms"]:
        broken.append(f"{len(told['underrun_ms'])} underruns")
    # One interruption of a hundred may end with the answer by itself.
    if missing > 0.01 * told["interrupted"]:
        broken.append(f"{missing} interruptions without clear")
    broken += [
        f"{told[name]} {words}" for name, words in (("lost", "turns lost"), ("dropped", "calls lost")) if told[name]
    ]
    broken += [f"{short} answers short"] * bool(short)
    doubtful = [f"phones late by {late:.0f} ms"] * (late > LATE_MS)
    doubtful += ["phones' core full"] * (used.phones_cores + used.services_cores > FULL)
    doubtful += [f"others used {used.others_cores:.2f} cores"] * (used.others_cores > 0.06)
    return Level(
        label=label,
        calls=calls,
        seconds=round(used.seconds, 1),
        turns=len(turns),
        turn_p50_ms=_rounded(p50),
        turn_p99_ms=_rounded(p99),
        own_p50_ms=_rounded(p50 and p50 - services_ms),
        own_p99_ms=_rounded(p99 and p99 - services_ms),
        barge_in_p50_ms=_rounded(percentile(told["barge_in_ms"], 50)),
        barge_in_p99_ms=_rounded(percentile(told["barge_in_ms"], 99)),
        underruns=len(told["underrun_ms"]),
        lost=told["lost"],
        dropped=told["dropped"],
        not_cleared=missing,
        short=short,
        cpu_ms=round(1e3 * used.bridge_cores / calls, 2),
        cores=round(used.bridge_cores, 3),
        mb_a_call=round(used.grown_mb / calls, 2),
        phones_cores=round(used.phones_cores, 3),
        services_cores=round(used.services_cores, 3),
        others_cores=round(used.others_cores, 3),
        late_p99_ms=round(late, 2),
        broken=tuple(broken),
        doubtful=tuple(doubtful),
    )


COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("", "label"),
    ("calls", "calls"),
    ("turn p50", "turn_p50_ms"),
    ("turn p99", "turn_p99_ms"),
    ("own p50", "own_p50_ms"),
    ("own p99", "own_p99_ms"),
    ("barge-in p50", "barge_in_p50_ms"),
    ("barge-in p99", "barge_in_p99_ms"),
    ("underruns", "underruns"),
    ("CPU ms a call-second", "cpu_ms"),
    ("cores", "cores"),
    ("MB a call", "mb_a_call"),
    ("phones + services", ""),
    ("others", "others_cores"),
)


def row(one: Level) -> list[str]:
    """Return the cells of a level."""
    cells = []
    for _, name in COLUMNS:
        value = getattr(one, name) if name else f"{one.phones_cores:.2f} + {one.services_cores:.2f}"
        cells.append("" if value is None else str(value))
    verdict = "; ".join(one.broken) or "ok"
    return [*cells, verdict + "".join(f" ({why})" for why in one.doubtful)]


def table(levels: Sequence[Level]) -> str:
    """Return levels as a Markdown table. Times in milliseconds."""
    head = [name for name, _ in COLUMNS] + ["limits"]
    rows = [head, ["---"] * len(head), *(row(one) for one in levels)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


@dataclass
class Search:
    """Find the most calls that break no limit: double, then halve the gap."""

    first: int
    most: int
    width: float = 0.05
    """Share of the capacity at which the search ends."""
    passed: int = 0
    failed: int | None = None
    tried: list[int] = field(default_factory=list)

    def next(self) -> int | None:
        """Return the number of calls to try; None: the search is over."""
        if self.failed is None:
            if self.passed >= self.most:
                return None
            return min(self.most, max(self.first, 2 * self.passed))
        gap = self.failed - self.passed
        return self.passed + gap // 2 if gap > max(1, self.width * self.passed) else None

    def took(self, calls: int, *, held: bool) -> None:
        """Take the outcome of a level."""
        self.tried.append(calls)
        if held:
            self.passed = max(self.passed, calls)
        else:
            self.failed = calls if self.failed is None else min(self.failed, calls)
