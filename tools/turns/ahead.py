"""Measure what asking ahead gains and wastes: `python -m tools.turns.ahead`

    python -m tools.turns.ahead --waits 300:500,500:800 --speculate-ms 250,120

The callers of `tools/turns/scenes.toml`, played to the real call in virtual time as `tools/turns/scenes.py` does, with
`eager` off and on: with their pauses, and as callers who say all of it at once. The agent's first word comes 500 ms
after its question, and TTS takes 250 ms.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tools.turns.played import Played, PlayedCall
from tools.turns.scenes import options_of
from tools.turns.spoken import RECORDED, CallerTrack, Spoken, read_scenes, say

_STAGE: Final = "told"
_REPLY_MS: Final = 500
_HELLO_MS: Final = 2500
_PATIENCE_MS: Final = 4500
_HEAD: Final = (
    f"{'':<28}{'questions':>11}{'asked ahead':>13}{'gained, ms':>14}{'in vain,':>10}{'to the first sound, ms':>24}\n"
    f"{'':<28}{'':>11}{'and used':>13}{'mean   p50':>14}{'a turn':>10}{'mean   p50':>24}"
)


@dataclass(frozen=True, slots=True)
class AheadOutcome:
    """Hold what became of one scene."""

    played: Played
    end_ms: float
    """Where the caller's last word ends."""

    @property
    def in_vain(self) -> int:
        """Return how many requests were dropped or taken back."""
        return sum(asked.withdrawn for asked in self.played.asked)

    @property
    def sound_ms(self) -> float:
        """Return the silence from the caller's last word to the first sound of an answer."""
        return min((at for at in self.played.said_ms if at >= self.end_ms), default=self.end_ms) - self.end_ms


def play(line: Spoken, stt_ms: int, *, pauses: bool, **choices: int | bool) -> AheadOutcome:
    """Play a scene whole. `choices`: of the line."""
    scene, rng = line.scene, np.random.default_rng(7)
    first, track = CallerTrack(rng), CallerTrack(rng)
    first.say(line.hello)
    first.wait(_HELLO_MS)
    for part, ms in zip(line.parts, [*scene.pauses_ms, _PATIENCE_MS], strict=True):
        track.say(part)
        track.wait(ms if pauses or ms == _PATIENCE_MS else 0)
    options = replace(options_of(_STAGE, scene), **choices)  # type: ignore[arg-type]
    call = PlayedCall(options, scene, stt_ms=stt_ms, told=True)
    return AheadOutcome(call.answer(first, track, _REPLY_MS), track.spans[-1][1] / 8)


def row(name: str, found: Sequence[AheadOutcome]) -> str:
    """Return a row of the table."""
    gained = [ms for one in found for ms in one.played.gained_ms]
    sounds = [one.sound_ms for one in found]
    asked, in_vain = sum(len(one.played.asked) for one in found), sum(one.in_vain for one in found)
    gain = f"{np.mean(gained):.0f}{np.median(gained):>6.0f}" if gained else "-"
    return (
        f"{name:<28}{asked - in_vain:>11}{len(gained):>13}{gain:>14}"
        f"{in_vain / (asked - in_vain):>10.2f}{np.mean(sounds):>17.0f}{np.median(sounds):>7.0f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.ahead", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stt-ms", default="150", help="latencies of STT (default 150)")
    parser.add_argument("--waits", default="300:500", help="endpoint_least_ms:endpoint_ms (default 300:500)")
    parser.add_argument("--speculate-ms", default="250,120", help="silences after which STT is asked (default 250,120)")
    parser.add_argument("--only", default="", help="scenes with these words in their name")
    given = parser.parse_args(arguments)
    lines = [say(one) for one in read_scenes() if given.only in one.name and one.voice != RECORDED]
    print(f"{len(lines)} scenes\n{_HEAD}")
    for stt_ms in map(int, given.stt_ms.split(",")):
        for waits in given.waits.split(","):
            least_ms, endpoint_ms = map(int, waits.split(":"))
            for speculate_ms in map(int, given.speculate_ms.split(",")):
                print(f"STT {stt_ms} ms, waits {least_ms} and {endpoint_ms}, speculate_ms {speculate_ms}")
                for pauses in (True, False):
                    for eager in (False, True):
                        choices = {
                            "eager": eager,
                            "endpoint_least_ms": least_ms,
                            "endpoint_ms": endpoint_ms,
                            "speculate_ms": speculate_ms,
                        }
                        found = [play(line, stt_ms, pauses=pauses, **choices) for line in lines]
                        name = f"  {'with pauses' if pauses else 'at once'}, {'eager' if eager else 'not eager'}"
                        print(row(name, found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
