"""Play callers who pause to the real call, and score it: `python -m tools.turns.scenes`

    python -m tools.turns.scenes --recordings DIR    with recorded digits (tools/turns/spoken.py)
    python -m tools.turns.scenes --scenes            what became of each scene
    python -m tools.turns.scenes --model FILE.onnx   with a turn model, as IVR_TURN_MODEL takes it, as the last stage

Two questions about each of the sixty scenes of `tools/turns/scenes.toml`. The whole scene, with an agent that answers:
how often is the agent asked, and does it speak before the caller has finished? And each pause by itself, as eot-bench
asks: had the caller stopped here, when would the agent have been asked? A pause that is longer is cut off.

A stage knows all that the one before it knows: silence alone, the former rule instead, words, what the agent had
asked, the voice, the caller's pauses, and what the agent has told that it expects.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeAlias
from unittest.mock import patch

import numpy as np

from ivr.call.caller import speculation
from ivr.call.caller.caller_pace import CallerPace
from ivr.call.options import CallOptions
from ivr.session.turn_model import TurnModel as OnnxModel
from ivr.text.turn.leaning import COMPLETE_LEAST, OPEN_MOST
from ivr.text.turn.words import NOT_TOLD, Judged
from ivr.text.turn_end import judge_words
from tools.turns.former import former_rule
from tools.turns.played import Asked, Played, PlayedCall, TurnModel
from tools.turns.spoken import RECORDED, CallerTrack, PauseScene, Spoken, read_scenes, say
from tools.turns.sweep import Scored, swept

STAGES: Final = ("silence", "former", "words", "asked", "voice", "caller", "told", "model")
_FORMER_MORE_MS: Final = 500
_PATIENCE_MS: Final = 4500
"""Silence in which the agent must have been asked."""
_REPLY_MS: Final = 500
"""From a question to the agent's first word."""
_HELLO_MS: Final = 2500
_HEAD: Final = (
    f"{'':<12}{'whole scenes, one':>22}{'asked early,':>14}{'agent':>9}{'wait at end':>17}"
    f"{'cut off at':>19}{'wait at':>10}{'shipped waits':>18}\n"
    f"{'':<12}{'question for all':>22}{'taken back':>14}{'spoke':>9}{'p50   p95':>17}"
    f"{'300 ms  600 ms':>19}{'5 %':>10}{'cut off   wait':>18}"
)


_Map: TypeAlias = Callable[[Callable[[Spoken], "Outcome"], Sequence[Spoken]], Iterable["Outcome"]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of one scene at one stage."""

    scene: PauseScene
    whole: Played
    pauses: tuple[Scored, ...]
    end_ms: float
    """Where the caller's last word ends."""

    @property
    def questions(self) -> list[Asked]:
        """Return the questions that were not taken back."""
        return [asked for asked in self.whole.asked if not asked.withdrawn]

    @property
    def is_one(self) -> bool:
        """Return whether the agent was asked once in the end, for all of what was said."""
        said = " ".join(self.scene.heard).split()
        return len(self.questions) == 1 and self.questions[0].text.replace(".", "").split() == said

    @property
    def early(self) -> int:
        """Return how often the agent was asked before the caller had finished."""
        return sum(asked.at_ms < self.end_ms for asked in self.whole.asked)

    @property
    def withdrawn(self) -> int:
        """Return how many of the questions were taken back, with nothing of their answers heard."""
        return len(self.whole.asked) - len(self.questions)

    @property
    def was_talked_over(self) -> bool:
        """Return whether the agent spoke before the caller had finished."""
        return any(at < self.end_ms for at in self.whole.said_ms)

    @property
    def wait_ms(self) -> float:
        """Return the silence from the caller's last word to the last question."""
        return self.whole.asked[-1].at_ms - self.end_ms if self.whole.asked else float(_PATIENCE_MS)

    def __str__(self) -> str:
        waits = " ".join(
            f"{one.wait_ms:.0f}"
            + ("" if one.done else f"{'<' if one.wait_ms < one.length_ms else '>'}{one.length_ms:.0f}")
            for one in self.pauses
        )
        marks = f"{'one question' if self.is_one else f'{len(self.questions)} questions'}, {self.early} early"
        return f"  {self.scene.name:<40}{marks:<24}{'talked over' if self.was_talked_over else '':<13}{waits}"


def _silence(text: str, expected: str = "", length: int = 0) -> Judged:
    del text, expected, length
    return NOT_TOLD


def _former(text: str, expected: str = "", length: int = 0) -> Judged:
    del expected, length
    judged = former_rule(text)
    if judged == "unknown":
        return NOT_TOLD
    # Weights of its other two waits: `endpoint_least_ms`, and that with `endpoint_more_ms`.
    return Judged(judged, "none", COMPLETE_LEAST if judged == "complete" else OPEN_MOST)


def _words(text: str, expected: str = "", length: int = 0) -> Judged:
    del expected, length
    return judge_words(text)


@contextmanager
def knowing(stage: str) -> Iterator[None]:
    """Let the product know no more than a stage does."""
    place = STAGES.index(stage)
    with ExitStack() as stack:
        judge = {"silence": _silence, "former": _former, "words": _words}.get(stage)
        if judge is not None:
            stack.enter_context(patch.object(speculation, "judge_words", judge))
        if place < STAGES.index("asked"):
            stack.enter_context(patch.object(speculation, "asked_for", lambda _: ("open", 0)))
        if place < STAGES.index("caller"):
            stack.enter_context(patch.object(CallerPace, "more_ms", lambda *_: 0))
        if place < STAGES.index("voice"):
            stack.enter_context(patch.object(speculation, "log_odds", lambda _: 0.0))
        yield


def options_of(stage: str, scene: PauseScene) -> CallOptions:
    """Return the choices of the line."""
    options = CallOptions(language="ar" if scene.language == "ar" else "en", turn_model=stage == "model")
    return replace(options, endpoint_more_ms=_FORMER_MORE_MS) if stage == "former" else options


def play(line: Spoken, stage: str, stt_ms: int, model: TurnModel | None = None) -> Outcome:
    """Play a scene at a stage, whole and pause by pause."""
    scene, parts = line.scene, line.parts

    def played(count: int, reply_ms: int | None) -> tuple[Played, list[float]]:
        rng = np.random.default_rng(7)
        first, track = CallerTrack(rng), CallerTrack(rng)
        first.say(line.hello)
        first.wait(_HELLO_MS)
        for place, part in enumerate(parts[:count]):
            track.say(part)
            track.wait(scene.pauses_ms[place] if place < count - 1 else _PATIENCE_MS)
        told = STAGES.index(stage) >= STAGES.index("told")
        with knowing(stage):
            call = PlayedCall(options_of(stage, scene), scene, stt_ms=stt_ms, told=told, model=model)
            return call.answer(first, track, reply_ms), [end / 8 for _, end in track.spans]

    pauses = []
    for count in range(1, len(parts) + 1):
        found, ends = played(count, None)
        # Where the agent was asked before the last word was over, it was not asked again: there was no wait at all.
        asked = next((one for one in found.asked if one.at_ms > ends[-1]), found.asked[-1] if found.asked else None)
        wait_ms = max(0.0, asked.at_ms - ends[-1]) if asked else float(_PATIENCE_MS)
        length_ms = float(scene.pauses_ms[count - 1]) if count < len(parts) else math.inf
        pauses.append(Scored(-asked.wait_ms if asked else -_PATIENCE_MS, wait_ms, length_ms))
    whole, ends = played(len(parts), _REPLY_MS)
    return Outcome(scene, whole, tuple(pauses), ends[-1])


def row(name: str, found: Sequence[Outcome]) -> str:
    """Return a row of the table."""
    waits = np.percentile([one.wait_ms for one in found], [50, 95])
    counts = (sum(one.is_one for one in found), sum(one.early for one in found), sum(one.withdrawn for one in found))
    figures = swept([pause for one in found for pause in one.pauses])
    talked_over = sum(one.was_talked_over for one in found)
    return (
        f"{name:<12}{counts[0]:>15} of {len(found):<3}{counts[1]:>10}{counts[2]:>4}{talked_over:>9}"
        f"{waits[0]:>11.0f}{waits[1]:>6.0f}{figures.at_300:>11.1%}{figures.at_600:>8.1%}{figures.wait_at_5:>7.0f} ms"
        f"{figures.shipped_cut:>9.1%}{figures.shipped_ms:>6.0f} ms"
    )


@cache
def _model_of(path: Path) -> TurnModel:
    # The whole scene and its pauses have the same beginnings.
    return cache(OnnxModel(path).judge)


def _play_one_of(given: tuple[str, int, Path | None], line: Spoken) -> Outcome:
    stage, stt_ms, model = given
    return play(line, stage, stt_ms, None if model is None else _model_of(model))


def _played(lines: Sequence[Spoken], given: tuple[str, int, Path | None], mapped: _Map) -> list[Outcome]:
    """Play all scenes at a stage, and tell a terminal how far it is."""
    found = []
    for outcome in mapped(partial(_play_one_of, given), lines):
        found.append(outcome)
        if sys.stderr.isatty():
            print(f"{given[0]}: {len(found)} of {len(lines)} scenes ", end="\r", file=sys.stderr, flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.scenes", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, help="WAV files of digits; without: no recorded scenes")
    parser.add_argument("--model", type=Path, help="an .onnx file; without: no stage `model`")
    parser.add_argument("--stage", default="", help=f"some of {', '.join(STAGES)} (default: all)")
    parser.add_argument("--stt-ms", default="150,800", help="latencies of STT (default 150,800)")
    parser.add_argument("--only", default="", help="scenes with these words in their name")
    parser.add_argument("--scenes", action="store_true", help="each scene by itself")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each core)")
    given = parser.parse_args(arguments)
    known = STAGES if given.model is not None else STAGES[:-1]
    stages = given.stage.split(",") if given.stage else known
    if unknown := [stage for stage in stages if stage not in known]:
        parser.error(f"no stage {', '.join(unknown)}: {', '.join(known)}")
    scenes = [one for one in read_scenes() if given.only in one.name]
    lines = [say(one, given.recordings) for one in scenes if one.voice != RECORDED or given.recordings]
    pauses = [ms for line in lines for ms in line.scene.pauses_ms]
    print(f"{len(lines)} scenes, {len(pauses)} pauses of {min(pauses)} to {max(pauses)} ms")
    with ExitStack() as stack:
        mapped: _Map = map
        if given.jobs > 1:
            # Each process begins anew: a copy of this one may hold the locks of its threads.
            anew = multiprocessing.get_context("spawn")
            mapped = stack.enter_context(ProcessPoolExecutor(given.jobs, anew)).map
        for stt_ms in map(int, given.stt_ms.split(",")):
            print(f"\nSTT takes {stt_ms} ms\n{_HEAD}")
            for stage in stages:
                found = _played(lines, (stage, stt_ms, given.model if stage == "model" else None), mapped)
                for language in sorted({line.scene.language for line in lines}):
                    some = [one for one in found if one.scene.language == language]
                    print(row(f"{stage} {language}", some), flush=True)
                if given.scenes:
                    print("\n".join(map(str, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
