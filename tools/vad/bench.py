#!/usr/bin/env python3
"""Measure what VAD costs: scorers side by side, alone and with runs of the model shared between calls.

    python tools/vad/bench.py
    python tools/vad/bench.py --seconds 10 --passes 5      # longer, steadier

First: CPU microseconds for 20 ms of one call, best pass, in two situations: `speaking` (every caller talks all along:
the worst there is) and `call` (the agent talks, the caller answers, pauses: an ordinary call). Second: what collecting
would bring. Calls are not in step, each has its own 20 ms; a driver that waits for frames of other calls after the
first one trades delay for fewer runs. Delay is from a frame's arrival to its verdict
on a core of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from ivr.media.call_levels import CallLevels
from ivr.media.g711 import RATE, audioop
from ivr.media.vad import scorer as vad
from ivr.media.vad.detector import VoiceDetector
from ivr.media.vad.energy import EnergyScorer
from ivr.media.vad.scorer import SpeechScorer, score_together
from tools.vad import scenes, sounds
from tools.vad.cast import Espeak
from tools.vad.score import Candidate, Scored, Webrtc

Frame: TypeAlias = tuple[bytes, bytes | None]
"""What is heard, what is played meanwhile."""

CALLS = (50, 100, 150)
WAITS_MS = (0, 1, 2, 4)


def speaking(rng: sounds.Rng, seconds: int) -> list[Frame]:
    """Make one sentence after the other, with some noise."""
    parts: list[sounds.Sound] = []
    while sum(map(len, parts)) < seconds * RATE:
        parts.append(sounds.at_level(Espeak().sentence(rng).sound, -20))
    sound = np.concatenate(parts)[: seconds * RATE]
    noise = sounds.noise("pink", rng, len(sound)) * sounds.amplitude(-45)
    return [(frame, None) for frame in scenes.framed(sound + noise)]


def call(rng: sounds.Rng, seconds: int) -> list[Frame]:
    """Make the agent for a while, then the caller, then a pause, and again."""
    length = seconds * RATE
    played, sound = Espeak().agent(rng, length), sounds.idle(rng, length)
    at = int(rng.integers(0, 4 * RATE))
    while at < length:
        voice = sounds.at_level(Espeak().sentence(rng).sound, -20)[: length - at]
        sound[at : at + len(voice)] += voice
        played[max(0, at - RATE // 2) : at + len(voice) + RATE] = 0
        at += len(voice) + int(rng.integers(4 * RATE, 7 * RATE))
    heard = scenes.framed(sound + sounds.echo(played, rng, 28))
    return list(zip(heard, scenes.framed(played), strict=True))


def cost(one_pass: Callable[[], None], frames: int, passes: int) -> float:
    """Return microseconds a frame, best pass."""
    times = []
    for _ in range(passes):
        start = time.process_time()
        one_pass()
        times.append(time.process_time() - start)
    return min(times) / frames * 1e6


def alone(make: Callable[[], Candidate], lines: list[list[Frame]]) -> Callable[[], None]:
    def one_pass() -> None:
        for line in lines:
            detector = make()
            for frame, played in line:
                detector.push(frame, played)

    return one_pass


def hear(calls: list[tuple[SpeechScorer, VoiceDetector]], frames: list[Frame]) -> Iterator[int]:
    """Score a frame of each call together, then let each call detect; yield the number of each that has."""
    scores = score_together([(scorer, frame) for (scorer, _), (frame, _) in zip(calls, frames, strict=True)])
    for number, ((_, detector), (frame, played), score) in enumerate(zip(calls, frames, scores, strict=True)):
        if isinstance(score, Exception):
            raise score
        detector.push(frame, score, played)
        yield number


def shared(lines: list[list[Frame]]) -> Callable[[], None]:
    """Return a pass with all calls in step."""

    def one_pass() -> None:
        calls = [(vad.factory(), VoiceDetector()) for _ in lines]
        for frames in zip(*lines, strict=True):
            for _ in hear(calls, list(frames)):
                pass

    return one_pass


def noted(lines: list[list[Frame]]) -> Callable[[], None]:
    """Return a pass that measures and counts the levels alone."""

    def one_pass() -> None:
        for line in lines:
            levels = CallLevels()
            for number, (frame, played) in enumerate(line):
                levels.push(audioop.rms(frame, 2), audioop.rms(played, 2) if played else None, number % 100 > 60)

    return one_pass


def many(lines: list[list[Frame]], calls: int, frames: int = 150) -> list[list[Frame]]:
    """Make `calls` calls of 3 s out of a few: each begins somewhere else."""
    turned = ((lines[n % len(lines)], 37 * n % len(lines[0])) for n in range(calls))
    return [(line[start:] + line[:start])[:frames] for line, start in turned]


def detectors(lines: list[list[Frame]], passes: int) -> None:
    some = many(lines, 16)
    frames = sum(map(len, some))
    default = f"default: {vad.default_name()}"
    rows: list[tuple[str, Callable[[], Candidate]]] = [
        (default, lambda: Scored(vad.factory())),
        ("fallback: energy and pitch", lambda: Scored(EnergyScorer())),
        ("webrtcvad-wheels (for comparison)", Webrtc),
    ]
    for name, make in rows:
        print(f"  {name:<44}{cost(alone(make, some), frames, passes):8.1f}", flush=True)
        if name == default:
            for calls in (16, 100):
                together = many(lines, calls)
                figure = cost(shared(together), sum(map(len, together)), passes)
                print(f"  {f'  {calls} calls a run':<44}{figure:8.1f}", flush=True)
    print(f"  {'levels for the record':<44}{cost(noted(some), frames, passes):8.1f}", flush=True)


def collecting(lines: list[list[Frame]], calls: int, wait_ms: float) -> tuple[float, float, float]:
    """Return the CPU share of one core, and p50 and p95 of the delay to the decision in ms."""
    together = many(lines, calls)
    phases = np.random.default_rng(calls).uniform(0, 20, calls)
    arrivals = sorted((20 * tick + phases[n], n, tick) for n in range(calls) for tick in range(len(together[0])))
    pairs = [(vad.factory(), VoiceDetector()) for _ in range(calls)]
    delays: list[float] = []
    at, free, busy = 0, 0.0, 0.0
    while at < len(arrivals):
        go = max(free, arrivals[at][0] + wait_ms)
        until = at + 1
        while until < len(arrivals) and arrivals[until][0] <= go:
            until += 1
        group = arrivals[at:until]
        begin = time.process_time()
        for number in hear([pairs[n] for _, n, _ in group], [together[n][tick] for _, n, tick in group]):
            delays.append(go - arrivals[at + number][0] + (time.process_time() - begin) * 1000)
        took = (time.process_time() - begin) * 1000
        at, free, busy = until, go + took, busy + took
    share = busy / (20 * len(together[0]))
    return 100 * share, float(np.percentile(delays, 50)), float(np.percentile(delays, 95))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=6, help="sound of a call (default 6)")
    parser.add_argument("--passes", type=int, default=3)
    arguments = parser.parse_args()
    rng = np.random.default_rng(1)
    for kind in (speaking, call):
        lines = [kind(rng, arguments.seconds) for _ in range(8)]
        print(f"{kind.__name__}: us of CPU for 20 ms of a call")
        detectors(lines, arguments.passes)
        print(f"{'':>9}" + "".join(f"   {f'wait {wait} ms':<25}" for wait in WAITS_MS))
        for calls in CALLS:
            cells = [collecting(lines, calls, wait) for wait in WAITS_MS]
            texts = [f"   {share:5.1f} % of a core {p50:4.1f}/{p95:4.1f}" for share, p50, p95 in cells]
            print(f"{calls:>3} calls" + "".join(f"{text:<28}" for text in texts) + " ms p50/p95", flush=True)


if __name__ == "__main__":
    main()
