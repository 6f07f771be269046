#!/usr/bin/env python3
"""Measure what the media room costs: microseconds of CPU for 20 ms of one call.

    python scripts/bench_media.py              # all rows
    python scripts/bench_media.py --seconds 10 # longer, steadier

Every row is the best of five passes over the same made-up sound, so other work on the machine matters little. The
resampler stands beside `audioop.ratecv`, which is cheaper and lets everything above 4 kHz through as aliases.
Voice detection, scorer and detector, is measured awake (noise like a voice: the model runs at every window), over the
agent (its echo comes back) and on an idle line; the model alone also with the windows of many calls in one run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from ivr.media import g711, resample
from ivr.media.agc import GainControl
from ivr.media.endpointing import Endpointer
from ivr.media.g711 import audioop
from ivr.media.jitter_buffer import JitterBuffer
from ivr.media.vad import network, silero
from ivr.media.vad import scorer as vad
from ivr.media.vad.detector import VoiceDetector
from ivr.media.vad.energy import EnergyScorer

PASSES = 5


def sound(seconds: float, rate: int, level: float = 3000) -> bytes:
    """Return noise that swells and falls as a voice does."""
    t = np.arange(int(seconds * rate)) / rate
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t)
    noise = np.random.default_rng(1).normal(0, level, len(t))
    return np.clip(noise * swell, -32768, 32767).astype("<i2").tobytes()


def chunks(pcm: bytes, rate: int) -> list[bytes]:
    size = rate // 50 * 2
    return [pcm[i : i + size] for i in range(0, len(pcm) - size + 1, size)]


def cost(one_pass: Callable[[], None], frames: int) -> float:
    """Return the microseconds a frame takes, in the best pass."""
    times = []
    for _ in range(PASSES):
        start = time.process_time()
        one_pass()
        times.append(time.process_time() - start)
    return min(times) / frames * 1e6


def row(name: str, one_pass: Callable[[], None], frames: int, note: str = "") -> None:
    print(f"{name:<44} {cost(one_pass, frames):8.1f}   {note}", flush=True)


def inbound(seconds: float) -> None:
    ulaw = [g711.encode(chunk) for chunk in chunks(sound(seconds, 8000), 8000)]

    def one_pass() -> None:
        buffer, endpointer = JitterBuffer(), Endpointer()
        for n, payload in enumerate(ulaw):
            for frame, speech in buffer.push(20 * n, payload, 0.9 if n % 100 > 50 else 0.0):
                endpointer.push(g711.decode(frame), speech)

    row("jitter buffer, decode, endpointing", one_pass, len(ulaw))


def detectors(seconds: float) -> None:
    voice, idle = chunks(sound(seconds, 8000), 8000), chunks(sound(seconds, 8000, 4), 8000)
    echo = chunks(sound(seconds, 8000, 150), 8000)
    makers: dict[str, Callable[[], vad.SpeechScorer]] = {"default": vad.factory, "energy": EnergyScorer}
    for name, make in makers.items():
        for case, heard, played in (
            ("awake", voice, None),
            ("echo of the agent", echo, voice),
            ("idle line", idle, None),
        ):

            def one_pass(
                make: Callable[[], vad.SpeechScorer] = make,
                heard: list[bytes] = heard,
                played: list[bytes] | None = played,
            ) -> None:
                scorer, detector = make(), VoiceDetector()
                for n, frame in enumerate(heard):
                    detector.push(frame, scorer.score(frame), played[n] if played else None)

            row(f"{name} detector, {case}", one_pass, len(heard), vad.default_name() if name == "default" else "")


def batches() -> None:
    try:
        model = silero.load()
    except Exception as fault:  # the same breadth as the scorer's own choice
        print(f"no batches: {fault}")
        return
    for calls in (1, 16, 100):
        windows = np.random.default_rng(1).normal(0, 0.1, (calls, network.SEEN)).astype(np.float32)
        states = np.zeros((calls, 2, network.UNITS), np.float32)
        runs = max(1, 300 // calls)

        def one_pass(
            windows: network.Floats = windows,
            states: network.Floats = states,
            model: silero.Model = model,
            runs: int = runs,
        ) -> None:
            for _ in range(runs):
                model.step(model.look(windows), states)

        row(
            f"model alone, {calls} calls a run",
            one_pass,
            round(runs * calls * 1.6),
            "per call and 20 ms (1.6 frames a window)",
        )


def resamplers(seconds: float) -> None:
    for rate_in, rate_out in ((16000, 8000), (24000, 8000), (22050, 8000), (8000, 16000)):
        parts = chunks(sound(seconds, rate_in), rate_in)

        def ours(parts: list[bytes] = parts, rate_in: int = rate_in, rate_out: int = rate_out) -> None:
            stream = resample.Resampler(rate_in, rate_out)
            for part in parts:
                stream.feed(part)
            stream.flush()

        def theirs(parts: list[bytes] = parts, rate_in: int = rate_in, rate_out: int = rate_out) -> None:
            state = None
            for part in parts:
                _, state = audioop.ratecv(part, 2, 1, rate_in, rate_out, state)

        row(f"resample {rate_in} -> {rate_out}", ours, len(parts))
        row(f"  audioop.ratecv {rate_in} -> {rate_out}", theirs, len(parts), "no anti-alias filter")


def outbound(seconds: float) -> None:
    parts = chunks(sound(seconds, 8000), 8000)

    def one_pass() -> None:
        leveller = GainControl()
        for part in parts:
            leveller.feed(part)

    def coded() -> None:
        for part in parts:
            g711.encode(part)

    row("level", one_pass, len(parts))
    row("mu-law coding", coded, len(parts))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=4.0, help="sound a pass (default 4)")
    seconds = arguments.parse_args().seconds
    print(f"{'':<44} us/20 ms")
    inbound(seconds)
    detectors(seconds)
    batches()
    resamplers(seconds)
    outbound(seconds)


if __name__ == "__main__":
    main()
