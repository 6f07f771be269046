"""Call a bridge on real sockets, and pause: `python -m tools.turns.live`

The bridge is `ivr serve` with the shipped mocks: carrier, speech service, agent. Callers read a number of thirteen
digits in four groups with pauses of 900 ms, spell an e-mail, and say that they wanted to ask something and think for a
second and a half; each in both languages, with the agent telling what it expects and without. The agent has to be asked
once, for all of the words, and nothing of it may sound before they are all said. Then others answer twenty questions
with yes or no, and the time from the end of the word to the question is measured.

    python -m tools.turns.live --stt-ms 150 --times 3
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ivr.media import g711
from ivr.media.g711 import RATE
from ivr.testbench import tts
from ivr.testbench.demo import CALLER_PITCH
from ivr.testbench.hamsa import audio
from ivr.testbench.hamsa.mock import MockHamsa
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import script_of
from ivr.testbench.twilio.legs.leg import Follow, Leg
from tools.line.setup import Plan, Record, Setup, running
from tools.tapes.speech import MarkerRecogniser, markers_of, parts_of
from tools.turns.spoken import trimmed

EN, AR = "+966110000010", "+966110000011"
"""The lines of the two languages."""
_LINES: Final = "".join(
    f'[[line]]\nnumber = "{number}"\nname = "{language}"\nlanguage = "{language}"\nkeep = "text"\n\n'
    for number, language in ((EN, "en"), (AR, "ar"))
)
_HELLO: Final = {EN: "good morning to you", AR: "صباح الخير عليكم"}
_THANKS: Final = {EN: "Thank you, that is noted.", AR: "شكرا لك، تم التسجيل."}
_AT_ONCE: Final = 3
_SETTLE_MS: Final = 900.0
_CALL_S: Final = 180.0
_PAUSE: Final = re.compile(r"\s*\[(\d+)\]\s*")

YES_NO: Final[Mapping[str, tuple[str, ...]]] = {
    EN: ("yes", "no", "yes please", "no thanks", "yeah", "okay", "correct", "yes it is", "no it isn't", "that's right"),
    AR: ("نعم", "لا", "إي نعم", "لا شكرا", "أيوه", "تمام", "صحيح", "أكيد", "لا أبدا", "نعم صحيح"),
}
"""Answers; each is given twice."""
_RIGHT: Final = {EN: "Is that right?", AR: "هل هذا صحيح؟"}


@dataclass(frozen=True, slots=True)
class PauseCall:
    """Hold what one caller is asked and says."""

    name: str
    line: str
    asked: str
    says: str
    """With pauses: `[900]`."""
    expect: Record


CALLS: Final = (
    PauseCall(
        "13 digits in groups", EN, "What is the waybill number?",
        "five five two four [900] oh one four [900] nine nine eight [900] three six two",
        {"kind": "digits", "length": 13},
    ),
    PauseCall(
        "spelled e-mail", EN, "What is your e-mail address?",
        "it's sarah dot [740] wilkins seven [900] at gmail [520] dot com", {"kind": "email"},
    ),
    PauseCall(
        "wanted to ask", EN, "How can I help you?",
        "hello I wanted to ask [1500] whether my parcel has left the warehouse", {"kind": "open"},
    ),
    PauseCall(
        "13 digits in groups", AR, "كم رقم البوليصة؟",
        "خمسة خمسة اثنين أربعة [900] واحد صفر أربعة [900] تسعة ثمانية أربعة [900] ثلاثة واحد اثنين",
        {"kind": "digits", "length": 13},
    ),
    PauseCall(
        "spelled e-mail", AR, "ايش بريدك الإلكتروني؟",
        "سارة دوت [740] العتيبي سبعة [900] ات جيميل [520] دوت كوم", {"kind": "email"},
    ),
    PauseCall(
        "wanted to ask", AR, "كيف أقدر أخدمك؟",
        "السلام عليكم كنت أبغى أسأل [1500] شحنتي طلعت من المستودع ولا لا", {"kind": "open"},
    ),
)  # fmt: skip


class TrimmedVoice:
    """Say texts with pauses, each part cut to where it can be heard, and with its marker."""

    def __init__(self, markers: Mapping[str, int]) -> None:
        self._markers = markers

    def __call__(self, text: str) -> bytes:
        """Return mu-law at 8 kHz."""
        said = b""
        for place, piece in enumerate(_PAUSE.split(text)):
            silence = bytes([g711.SILENCE]) * (8 * int(piece)) if place % 2 else b""
            said += silence or _part(piece, self._markers[piece])
        return said


@lru_cache(maxsize=256)
def _part(text: str, marker: int) -> bytes:
    pcm = tts.say(text, tts.language_of(text), rate=RATE, pitch=CALLER_PITCH)
    sound = trimmed(np.frombuffer(pcm, "<i2").astype(np.float64)).astype("<i2").tobytes()
    return g711.encode(audio.marked(sound, marker, RATE))


@dataclass(slots=True)
class LiveResult:
    """Hold what came of one call."""

    call: PauseCall
    told: bool
    questions: list[str] = field(default_factory=list)
    superseded: int = 0
    """Questions that took the place of one that was withdrawn."""
    spoke: bool = False
    """The agent was heard before the caller had finished."""
    wait_ms: float = 0.0

    @property
    def is_good(self) -> bool:
        """Return whether the agent was asked once, for all of the words, and was silent until then."""
        return self.kept == [" ".join(parts_of(self.call.says))] and not self.spoke

    @property
    def kept(self) -> list[str]:
        """Return the questions that stood."""
        return self.questions[self.superseded :]

    def line(self) -> str:
        """Return a row of the table."""
        name = f"{'en' if self.call.line == EN else 'ar'} {self.call.name}"
        return (
            f"| {name} | {'told' if self.told else 'by its words'} | {len(self.kept)} | {self.superseded} | "
            f"{'yes' if self.kept == [' '.join(parts_of(self.call.says))] else 'NO'} | "
            f"{'YES' if self.spoke else 'no'} | {self.wait_ms:.0f} |"
        )


def texts() -> list[str]:
    """Return all that callers say."""
    return [*_HELLO.values(), *(one.says for one in CALLS), *(text for some in YES_NO.values() for text in some)]


async def paused(setup: Setup, number: int, call: PauseCall, *, told: bool) -> LiveResult:
    """Place one call of a caller who pauses."""
    expect = {"expect": call.expect} if told else {}
    plan: Plan = {
        _HELLO[call.line]: [{"text": call.asked, **expect}],
        "speech": [{"action": "hangup", "text": _THANKS[call.line]}],
    }
    leg, asked = await _placed(setup, f"+9665010{number:05}", call.line, plan, [call.says])
    result = LiveResult(call, told)
    said, start = leg.record.speech[1], leg.record.t0 or 0.0
    result.questions = [str(one["text"]) for _, one in asked[1:] if one["event"] == "speech"]
    result.superseded = sum(bool(one.get("superseded")) for _, one in asked[1:])
    result.spoke = any(run.start < said.end and run.end > said.start for run in leg.record.runs)
    result.wait_ms = (asked[-1][0] - start - said.end / RATE) * 1000
    return result


async def answered(setup: Setup, number: int, line: str) -> list[float | None]:
    """Let one caller answer twenty questions; return the ms from the end of each answer to the question.

    None: the answer was not understood.
    """
    right: Sequence[Record] = [{"text": _RIGHT[line], "expect": {"kind": "yes_no"}}]
    answers = YES_NO[line] * 2
    leg, asked = await _placed(setup, f"+9665020{number:05}", line, {"speech": right}, answers)
    start = leg.record.t0 or 0.0
    spans = [(start + said.start / RATE, start + said.end / RATE) for said in leg.record.speech[1:]]
    nexts = [begin for begin, _ in spans[1:]] + [math.inf]
    return [
        next(((at - end) * 1000 for at, _ in asked if end < at < until), None)
        for (_, end), until in zip(spans, nexts, strict=True)
    ]


async def _placed(
    setup: Setup, caller: str, line: str, plan: Plan, says: Sequence[str]
) -> tuple[Leg, list[tuple[float, dict[str, Any]]]]:
    setup.agent.plans[caller] = plan
    steps = [f"say {_HELLO[line]}", *(f"say {text}" for text in says), "hang up"]
    script = await script_of(from_words(steps, settle_ms=_SETTLE_MS), setup.twilio._voice)
    leg = setup.twilio.carrier.inbound(caller=caller, called=line, script=script)
    async with asyncio.timeout(_CALL_S):
        await leg.run_inbound(Follow(f"{setup.url}/voice"))
    return leg, [one for one in setup.agent.told[caller] if one[1]["event"] == "speech"]


async def run(folder: Path, stt_ms: int, times: int) -> bool:
    """Place all calls, and print the tables. Return whether all went well."""
    markers = markers_of(texts())
    hamsa = MockHamsa(HamsaProfile(hearing=stt_ms / 1000, hearing_per_second=0.0), hear=MarkerRecogniser(markers))
    (folder / "lines.toml").write_text(_LINES, "utf-8")
    env = {"IVR_CONFIG": str(folder / "lines.toml")}
    async with running(folder, [], {}, env, voice=TrimmedVoice(markers), hamsa=hamsa) as setup:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int, call: PauseCall, told: bool) -> LiveResult:
            async with room:
                return await paused(setup, number, call, told=told)

        wanted = [(call, told) for call in CALLS for told in (False, True) for _ in range(times)]
        results, waits = await asyncio.gather(
            asyncio.gather(*(one(number, *given) for number, given in enumerate(wanted))),
            asyncio.gather(*(answered(setup, number, line) for number, line in enumerate((EN, AR)))),
        )
    print(f"\nSTT takes {stt_ms} ms\n")
    print("| caller | what is expected | questions | withdrawn | whole | agent spoke | wait ms |")
    print("|---|---|---|---|---|---|---|")
    for result in results:
        print(result.line())
    print(f"{sum(one.is_good for one in results)} of {len(results)} as they should be")
    for name, found in zip(("en", "ar"), waits, strict=True):
        p50, p95 = np.percentile([ms for ms in found if ms is not None], [50, 95])
        missed = sum(ms is None for ms in found)
        print(f"{name} yes or no: {len(found)} answers, {missed} not asked, p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    return all(one.is_good for one in results)


def main() -> int:
    """Run what the arguments ask for. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.turns.live", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stt-ms", default="150", help="latencies of STT, such as 150,800 (default 150)")
    parser.add_argument("--times", type=int, default=1, help="calls of each kind (default 1)")
    given = parser.parse_args()
    good = True
    for stt_ms in map(int, given.stt_ms.split(",")):
        with tempfile.TemporaryDirectory(prefix="ivr-turns-") as folder:
            good &= asyncio.run(run(Path(folder), stt_ms, given.times))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
