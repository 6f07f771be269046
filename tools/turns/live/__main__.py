"""Call a bridge on real sockets, and pause: `python -m tools.turns.live`

The bridge is `ivr serve` with the shipped mocks: carrier, speech service, agent. Callers read a number of thirteen
digits in four groups with pauses of 900 ms, spell an e-mail, and say that they wanted to ask something and think for a
second and a half; each in both languages, with the agent telling what it expects and without. The agent has to be asked
once, for all of the words, and nothing of it may sound before they are all said. Then others answer twenty questions
with yes or no, and the time from the end of the word to the question is measured.

    python -m tools.turns.live --stt-ms 150 --times 5
    python -m tools.turns.live --sets all                other numbers, addresses, dates, keys, interruptions
    python -m tools.turns.live --voice "en-us+f2 165 55" --voice "ar+f2 160 55"
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

import numpy as np

from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from tools.line.setup import running
from tools.tapes.speech import MarkerRecogniser, markers_of
from tools.turns.live.calls import AR, CALLS, EN, YES_NO, CallSet, PauseCall, parts
from tools.turns.live.placed import HELLO, LiveResult, TrimmedVoice, Voices, answered, paused

_LINES: Final = "".join(
    f'[[line]]\nnumber = "{number}"\nname = "{language}"\nlanguage = "{language}"\nkeep = "text"\n\n'
    for number, language in ((EN, "en"), (AR, "ar"))
)
_AT_ONCE: Final = 3
_HEAD: Final = (
    "| caller | what is expected | questions | withdrawn | whole | agent spoke | wait ms |\n"
    "|---|---|---|---|---|---|---|"
)


def chosen(sets: str, only: str) -> list[PauseCall]:
    """Return the calls of some sets, by a comma, or of `all`, with these words in their name."""
    wanted = get_args(CallSet) if sets == "all" else sets.split(",")
    return [
        call for call in CALLS if call.group in wanted and only in f"{'en' if call.line == EN else 'ar'} {call.name}"
    ]


async def _run(folder: Path, stt_ms: int, times: int, calls: Sequence[PauseCall], voices: Voices) -> bool:
    """Place all calls, and print the tables. Return whether all went well."""
    markers = markers_of([*HELLO.values(), *parts(calls)])
    hamsa = MockHamsa(HamsaProfile(hearing=stt_ms / 1000, hearing_per_second=0.0), hear=MarkerRecogniser(markers))
    (folder / "lines.toml").write_text(_LINES, "utf-8")
    env = {"IVR_CONFIG": str(folder / "lines.toml")}
    voice = TrimmedVoice(markers, voices)
    print(f"\nSTT takes {stt_ms} ms\n\n{_HEAD}", flush=True)
    async with running(folder, [], {}, env, voice=voice, hamsa=hamsa) as setup:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int, call: PauseCall, told: bool) -> LiveResult:
            async with room:
                result = await paused(setup, number, call, voice, told=told)
            print(result.line(), flush=True)
            return result

        wanted = [(call, told) for call in calls for told in ((False, True) if call.expect else (False,))] * times
        results, waits = await asyncio.gather(
            asyncio.gather(*(one(number, *given) for number, given in enumerate(wanted))),
            asyncio.gather(*(answered(setup, number, line) for number, line in enumerate((EN, AR)))),
        )
    print(f"{sum(one.is_good for one in results)} of {len(results)} as they should be")
    for result in results:
        if not result.is_good:
            print(f"  {result.line()}\n    {' / '.join(result.questions)}")
    for name, line, found in zip(("en", "ar"), YES_NO, waits, strict=True):
        p50, p95 = np.percentile([ms for ms in found if ms is not None], [50, 95])
        print(f"{name} yes or no: {len(found)} answers, {found.count(None)} not asked, p50 {p50:.0f}, p95 {p95:.0f} ms")
        if p95 > 2 * p50:
            print("  " + ", ".join(f"{text} {ms or -1:.0f}" for text, ms in zip(YES_NO[line] * 2, found, strict=True)))
    return all(one.is_good for one in results)


def main() -> int:
    """Run what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.live", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stt-ms", default="150", help="latencies of STT, such as 150,800 (default 150)")
    parser.add_argument("--times", type=int, default=1, help="calls of each kind (default 1)")
    parser.add_argument("--sets", default="first", help=f"{', '.join(get_args(CallSet))}, or all (default first)")
    parser.add_argument("--only", default="", help="calls with these words in their name")
    parser.add_argument("--voice", action="append", default=[], help="a voice of espeak-ng, words a minute, pitch")
    given = parser.parse_args()
    calls = chosen(given.sets, given.only)
    if not calls:
        parser.error("no such calls")
    good = True
    for stt_ms in map(int, given.stt_ms.split(",")):
        with tempfile.TemporaryDirectory(prefix="ivr-turns-") as folder:
            good &= asyncio.run(_run(Path(folder), stt_ms, given.times, calls, tuple(given.voice)))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
