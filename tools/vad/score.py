#!/usr/bin/env python3
"""Score how well speech is detected: scenes made on the spot, and what endpointing makes of them.

    python tools/vad/score.py                                       # the default detector, seed 1
    python tools/vad/score.py --seed 2026 --misses                  # other scenes, and which ones failed
    python tools/vad/score.py --voices DIR --music DIR              # your own recordings (tools/vad/recordings.py)
    python tools/vad/score.py --scorer ivr.media.vad.energy:EnergyScorer webrtcvad   # side by side

A scorer is named `module:factory` and works behind the call's `VoiceDetector`; `webrtcvad` is the package
webrtcvad-wheels alone, for comparison. Onset is counted from
the first audible sample of the voice to the end of the frame on which speech was called; endpoint from the last
audible sample to the end of the frame on which the utterance was. Kinds in brackets are not judged.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from ivr.media.endpointing import Endpointer, SpeechEnded, SpeechStarted
from ivr.media.g711 import FRAME, FRAME_PCM, RATE
from ivr.media.vad.detector import VoiceDetector
from ivr.media.vad.scorer import SpeechScorer
from tools.vad import recordings, scenes, stress
from tools.vad.scenes import Scene, Stage

DEFAULT = "ivr.media.vad.scorer:factory"
_EARLY = 1600
"""Samples before the voice from which a start is another one's."""
_PATIENCE = int(0.8 * RATE)
"""Samples into the voice after which a start comes too late."""


class Candidate(Protocol):
    """Detect one caller's voice in some way."""

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """Return how likely the caller spoke in this frame, 0 to 1. Both are 320 bytes of PCM16."""
        ...


class Webrtc:
    """Detect with webrtcvad-wheels alone; it knows nothing of what is played."""

    def __init__(self, mode: int = 3) -> None:
        self._vad = importlib.import_module("webrtcvad").Vad(mode)

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """Return 1 or 0."""
        return 1.0 if self._vad.is_speech(frame, RATE) else 0.0


class Scored:
    """Detect as a call does: a scorer for the audio, the call's detector for what to believe of it."""

    def __init__(self, scorer: SpeechScorer) -> None:
        self.scorer = scorer
        self.detector = VoiceDetector()

    def push(self, frame: bytes, played: bytes | None = None) -> float:
        """Score the frame, and return what the detector makes of it."""
        return self.detector.push(frame, self.scorer.score(frame), played)


def candidate(name: str) -> Callable[[], Candidate]:
    """Return what makes a candidate by its name."""
    if name == "webrtcvad":
        return Webrtc
    module, _, attribute = name.partition(":")
    factory: Callable[[], SpeechScorer] = getattr(importlib.import_module(module), attribute)
    return lambda: Scored(factory())


@dataclass(slots=True)
class Score:
    """Hold the score of one kind of scene."""

    scenes: int = 0
    frames: int = 0
    cpu: float = 0.0
    """Seconds of CPU in the detector."""
    voices: int = 0
    """Scenes in which the caller speaks."""
    hits: int = 0
    onsets: list[float] = field(default_factory=list)
    """ms from the voice's first sample to the call."""
    ends: list[float] = field(default_factory=list)
    """ms from the voice's last sample to the end of the utterance."""
    splits: int = 0
    """Voices that became more than one utterance."""
    cut: int = 0
    """Utterances whose audio lacks the voice's beginning."""
    false: int = 0
    """Starts where the caller did not speak."""
    misses: list[str] = field(default_factory=list)

    @property
    def hit(self) -> float:
        return 100 * self.hits / self.voices

    @property
    def split(self) -> float:
        return 100 * self.splits / max(1, self.hits)

    @property
    def false_a_minute(self) -> float:
        return self.false / (self.frames / 3000)

    def onset(self, percentile: float) -> float:
        return _percentile(self.onsets, percentile)

    def end(self, percentile: float) -> float:
        return _percentile(self.ends, percentile)


def _percentile(values: list[float], percentile: float) -> float:
    return float(np.percentile(values, percentile)) if values else float("nan")


def listen(make: Callable[[], Candidate], scene: Scene, score: Score) -> list[tuple[int, SpeechStarted | SpeechEnded]]:
    """Return what endpointing says, each with the sample after the frame on which it said so."""
    detector, endpointer = make(), Endpointer()
    played: Sequence[bytes | None] = scene.played or [None] * len(scene.heard)
    begin = time.process_time()
    said = [detector.push(frame, reference) for frame, reference in zip(scene.heard, played, strict=True)]
    score.cpu += time.process_time() - begin
    edges = []
    for number, (frame, probability) in enumerate(zip(scene.heard, said, strict=True), 1):
        edges += [(number * FRAME, edge) for edge in endpointer.push(frame, probability)]
    return edges


def judge(make: Callable[[], Candidate], scene: Scene, score: Score) -> None:
    """Add one scene to its kind's score."""
    edges = listen(make, scene, score)
    score.scenes += 1
    score.frames += len(scene.heard)
    starts = [(at, edge.onset) for at, edge in edges if isinstance(edge, SpeechStarted)]
    if scene.spoken is None:
        score.false += len(starts)
        if starts:
            score.misses.append(f"{scene.tag}: {len(starts)} at {[round(at / RATE, 1) for at, _ in starts][:6]} s")
        return
    first, last = scene.spoken
    mine = [(at, onset) for at, onset in starts if at > first and onset > first - _EARLY]
    score.false += len(starts) - len(mine)
    score.voices += 1
    if not mine or mine[0][0] > first + max(_PATIENCE, last - first) + _EARLY:
        score.misses.append(f"{scene.tag}: {'late' if mine else 'not heard'}, voice of {(last - first) / 8:.0f} ms")
        return
    score.hits += 1
    score.onsets.append((mine[0][0] - first) / 8)
    score.splits += len(mine) > 1
    ends = [(at, edge) for at, edge in edges if isinstance(edge, SpeechEnded) and at > mine[0][0]]
    score.ends += [(at - last) / 8 for at, _ in ends[-1:]]
    if ends and _beginning(scene, ends[0][1]) > first:
        score.cut += 1
        score.misses.append(f"{scene.tag}: beginning cut off")


def _beginning(scene: Scene, ended: SpeechEnded) -> int:
    """Return the sample at which an utterance's audio begins."""
    return b"".join(scene.heard).find(ended.pcm) // FRAME_PCM * FRAME


def score(make: Callable[[], Candidate], all_scenes: dict[str, list[Scene]]) -> dict[str, Score]:
    """Score all scenes; return the table."""
    table: dict[str, Score] = {}
    for kind, some in all_scenes.items():
        table[kind] = Score()
        for scene in some:
            judge(make, scene, table[kind])
    return table


HEAD = (
    f"{'':<15}{'scenes':>7}{'hit %':>8}{'onset p50':>11}{'p95':>6}{'end p50':>9}{'p95':>6}{'split %':>9}{'cut':>5}"
    f"{'false/min':>11}{'us/frame':>10}"
)


def line(kind: str, one: Score) -> str:
    cost = f"{one.cpu / one.frames * 1e6:10.1f}"
    if not one.voices:
        return f"{kind:<15}{one.scenes:>7}{'':>54}{one.false_a_minute:>11.2f}{cost}"
    return (
        f"{kind:<15}{one.scenes:>7}{one.hit:>8.1f}{one.onset(50):>11.0f}{one.onset(95):>6.0f}{one.end(50):>9.0f}"
        f"{one.end(95):>6.0f}{one.split:>9.1f}{one.cut:>5}{one.false_a_minute:>11.2f}{cost}"
    )


def goals(table: dict[str, Score]) -> list[tuple[str, float, str, float]]:
    """Return what was aimed at: name, figure, `<=` or `>=`, goal."""
    spoken = [table[kind] for kind in ("sentences", "words")]
    onsets = [onset for one in spoken for onset in one.onsets]
    barge = [table[kind] for kind in ("barge-in", "barge-in word")]
    one_utterance = [table[kind] for kind in ("sentences", "words", "soft", "pauses")]
    return [
        ("onset p50, ms", _percentile(onsets, 50), "<=", 100),
        ("onset p95, ms", _percentile(onsets, 95), "<=", 370),
        ("barge-ins heard, %", 100 * sum(b.hits for b in barge) / sum(b.voices for b in barge), ">=", 98),
        ("short words heard, %", table["words"].hit, ">=", 98),
        ("late words heard, %", table["late word"].hit, ">=", 98),
        ("beginnings cut off", sum(one.cut for one in table.values()), "<=", 0),
        ("false starts on noise, a minute", table["noise"].false_a_minute, "<=", 0),
        ("on sounds", table["sounds"].false_a_minute, "<=", 0.7),
        ("on music", table["music"].false_a_minute, "<=", 0.7),
        ("on echo", table["echo"].false_a_minute, "<=", 0),
        ("splits, %", 100 * sum(o.splits for o in one_utterance) / max(1, sum(o.hits for o in one_utterance)), "<=", 1),
    ]


def report(name: str, table: dict[str, Score], *, misses: bool) -> bool:
    """Print the table; return whether every goal is met."""
    print(f"== {name}\n{HEAD}")
    for kind, one in table.items():
        print(line(kind, one))
        for miss in one.misses[:12] if misses else []:
            print(f"{'':<15}  {miss}")
    met = True
    for goal, figure, sign, wanted in goals(table):
        good = figure <= wanted if sign == "<=" else figure >= wanted
        met &= good
        print(f"  {goal:<34}{figure:>8.2f}  {sign} {wanted:<6g} {'met' if good else 'MISSED'}")
    return met


def stage(voices: Path | None, music: Path | None, sounds: Path | None) -> Stage:
    """Return what the scenes are made of: recordings where there are some."""
    made = Stage()
    if voices is not None:
        people = recordings.People(voices)
        print(f"{voices}: {people}")
        made = replace(made, cast=people)
    if music is not None:
        made = replace(made, music=recordings.tunes(music))
    if sounds is not None:
        made = replace(made, sounds=recordings.clips(sounds))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scorer", nargs="+", default=[DEFAULT], metavar="MODULE:FACTORY")
    parser.add_argument("--seed", type=int, default=1, help="of the scenes (default 1)")
    parser.add_argument("--size", type=float, default=1.0, help="how many scenes (default 1: some 75 minutes)")
    parser.add_argument("--voices", type=Path, metavar="DIR", help="recordings of people instead of espeak-ng")
    parser.add_argument("--music", type=Path, metavar="DIR", help="recordings of music")
    parser.add_argument("--sounds", type=Path, metavar="DIR", help="recordings of short sounds that are no voices")
    parser.add_argument("--stress", action="store_true", help="spoilt lines and voices too (tools/vad/stress.py)")
    parser.add_argument("--misses", action="store_true", help="say which scenes went wrong")
    arguments = parser.parse_args()
    begin = time.monotonic()
    on = stage(arguments.voices, arguments.music, arguments.sounds)
    made = scenes.build(arguments.seed, arguments.size, on)
    if arguments.stress:
        made |= stress.build(arguments.seed, arguments.size, on)
    frames = sum(len(scene.heard) for some in made.values() for scene in some)
    print(f"seed {arguments.seed}: {frames / 3000:.0f} minutes of telephone, made in {time.monotonic() - begin:.0f} s")
    met = [report(name, score(candidate(name), made), misses=arguments.misses) for name in arguments.scorer]
    return 0 if met[0] else 1


if __name__ == "__main__":
    sys.exit(main())
