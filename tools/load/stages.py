"""Attribute sampled stacks to the stages of a call's work: microseconds of CPU for each received frame. Pure.

A raw stack is a line `frame;frame;... count`, the outermost frame first, as py-spy and other samplers write it. The
innermost frame that a row of `RULES` matches decides: what a library does counts for the stage that called it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

FRAMES_A_SECOND: Final = 50
"""Frames that each call receives in a second."""
KERNEL: Final = "kernel"
"""The main thread's time in system calls, of all stages, as the kernel counts it."""
REST: Final = ""
"""Stage of a stack that no row matches, the event loop alone. A sampler cannot tell whether it works, waits for a
socket or waits for the core, so these stacks say nothing. What the loop does in C is shared out over the stages."""
COLLECTOR: Final = "of it garbage collector"
"""No sampler of Python frames sees the collector: it runs inside of whatever stage made the object too many."""
SUM: Final = "sum"
THREADS: Final = "other threads"
"""All threads but the main one: the log's writer, the tapes', and what a library starts."""

RULES: Final[tuple[tuple[str, str], ...]] = (
    (r"\((onnxruntime|silero_vad)/", "model"),
    (r"\(ivr/media/vad/(scorer|silero|network|onnx_file)", "model"),
    (r"\(ivr/session/vad_batching", "model"),
    (r"\(ivr/(observe|replay)/|\((logging|prometheus_client)/", "observers"),
    (r"\(ivr/twilio/(messages|budget)|^Stream\.(receive|_open|_media|_start|_drop) ", "parse"),
    (r"\(ivr/(webhook|text)/", "reply"),
    (r"\(ivr/hamsa/tts/|\(ivr/call/agent/output|\(ivr/media/(agc|playout)|^PeerRequests\.speak ", "speech out"),
    (r"\(ivr/hamsa/|\(ivr/upstream/|\(websockets/asyncio/", "service sockets"),
    # What several stages use counts for the one that asked.
    (r"\(ivr/call/|\(ivr/media/(?!g711|loudness|resample|wav)", "call"),
    (r"^Session\._write |\(ivr/twilio/(stream|send_queue)", "socket out"),
    (r"\.(asgi_send|send_text|send_bytes|send|send_now|write)\b.*\((uvicorn|starlette|ivr/server)/", "socket out"),
    (r"^_framed \(ivr/server/websocket", "socket out"),
    (r"\(uvicorn/protocols/websockets|\(ivr/server/websocket|\(starlette/websockets|\(picows", "socket in"),
    (r"^Session\._read ", "socket in"),
    # Below `ivr serve` is every stack: it is no work of its own.
    (r"\(ivr/session/|\(ivr/server/(?!serve\b|workers/)", "session"),
)  # fmt: skip
"""Pattern of a frame, and the stage it stands for. Of several rows that match, the first counts."""
STAGES: Final = tuple(dict.fromkeys(stage for _, stage in RULES))
_THREAD: Final = re.compile(r"^(Thread\._bootstrap|_bootstrap_inner)\b")
_RULES: Final = tuple((re.compile(pattern), stage) for pattern, stage in RULES)
_LINE: Final = re.compile(r":\d+\)$")


@dataclass(frozen=True, slots=True)
class Sampled:
    """Hold what was sampled of the main thread at one load."""

    calls: int
    main_cores: float
    """CPU seconds of the main thread in a second."""
    kernel_cores: float
    """Part of them in system calls."""
    other_cores: float
    """CPU seconds of all other threads in a second."""
    samples: Mapping[str, int]
    """Samples of the main thread by stage."""
    collector_cores: float = 0.0
    """CPU seconds of the garbage collector in a second. They are part of the stages in which it ran."""

    def micros(self) -> dict[str, float]:
        """Return microseconds of CPU for each received frame, by stage."""
        frames = max(1, self.calls * FRAMES_A_SECOND)
        known = {stage: count for stage, count in self.samples.items() if stage != REST}
        a_sample = 1e6 * (self.main_cores - self.kernel_cores) / max(1, sum(known.values())) / frames
        cores = {KERNEL: self.kernel_cores, THREADS: self.other_cores, COLLECTOR: self.collector_cores}
        counted = {name: 1e6 * used / frames for name, used in cores.items()}
        return {stage: count * a_sample for stage, count in known.items()} | counted


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold a straight line through the cost of a stage at several loads."""

    per_frame_us: float
    """Microseconds for each further frame."""
    fixed_ms: float
    """Milliseconds of CPU a second that are there without calls."""


def stacks(raw: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """Yield the frames of each raw line, without line numbers, and its count. Lines of another form are left out."""
    for line in raw:
        head, _, count = line.rstrip().rpartition(" ")
        if head and count.isdecimal():
            yield [_LINE.sub(")", frame) for frame in head.split(";")], int(count)


def of_main_thread(sampled: Iterable[tuple[list[str], int]]) -> Iterator[tuple[list[str], int]]:
    """Yield the stacks of the main thread."""
    # A sampler cannot tell a thread that waits in C from one that works, so their stacks say nothing.
    yield from ((frames, count) for frames, count in sampled if not any(map(_THREAD.match, frames[:2])))


@lru_cache(maxsize=4096)
def _stage_of_frame(frame: str) -> str:
    return next((stage for pattern, stage in _RULES if pattern.search(frame)), "")


def stage_of(frames: Sequence[str]) -> str:
    """Return the stage of a stack, the outermost frame first."""
    return next((stage for frame in reversed(frames) if (stage := _stage_of_frame(frame))), REST)


def samples_by_stage(raw: Iterable[str]) -> Counter[str]:
    """Count the samples of the main thread by stage."""
    found: Counter[str] = Counter()
    for frames, count in of_main_thread(stacks(raw)):
        found[stage_of(frames)] += count
    return found


def fit(points: Sequence[tuple[int, float]]) -> Fit:
    """Fit microseconds a frame at several numbers of calls: least squares over the whole cost, `a + b * frames`."""
    frames = [calls * FRAMES_A_SECOND for calls, _ in points]
    costs = [count * micros for count, (_, micros) in zip(frames, points, strict=True)]
    middle, mean = sum(frames) / len(points), sum(costs) / len(points)
    spread = sum((count - middle) ** 2 for count in frames)
    if not spread:
        return Fit(points[0][1], 0.0)
    slope = sum((count - middle) * (cost - mean) for count, cost in zip(frames, costs, strict=True)) / spread
    return Fit(slope, (mean - slope * middle) / 1e3)


def table(levels: Sequence[Sampled]) -> str:
    """Return the cost of each stage as a Markdown table: a column a load, and the fit where there are several."""
    costs = [level.micros() for level in levels]
    names = [stage for stage in (*STAGES, KERNEL, THREADS) if any(cost.get(stage) for cost in costs)]
    lines = [*names, SUM, *[COLLECTOR] * any(cost[COLLECTOR] for cost in costs)]
    several = len(levels) > 1
    head = ["us a frame", *(f"{level.calls} calls" for level in levels)]
    rows = [head + ["each further frame", "fixed, ms a second"] * several]
    for name in lines:
        values = [sum(cost.get(one, 0.0) for one in (names if name == SUM else [name])) for cost in costs]
        row = [name, *(f"{value:.1f}" for value in values)]
        if several:
            line = fit([(level.calls, value) for level, value in zip(levels, values, strict=True)])
            row += [f"{line.per_frame_us:.1f}", f"{line.fixed_ms:.1f}"]
        rows.append(row)
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
