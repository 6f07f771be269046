"""Measure barge-in at the caller's ear, on real sockets, with the default detector.

Calls ring at the same time; every caller talks over each answer. Prints, over all interruptions: the caller's onset ->
`clear` on its way, -> the phone is silent; what was heard of an old turn after its end was decided; and the cost of
starting the STT early: milliseconds saved a turn at the mock's 0.8 s, requests taken back. `--hum` has the callers
say «اها» instead, and prints how long the agent was quiet, and what was lost or said twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ivr.call.timeline import Overlap
from ivr.testbench.agent import app
from ivr.testbench.demo import CallerVoice
from ivr.testbench.mock import Mock
from ivr.testbench.phone.figures import figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import Scenario, from_words
from scripts.ringing import Keep, a_bridge

SAYINGS = ("وين شحنتي لو سمحت", "لا أبغى أعرف متى توصل", "طيب كم سعر الشحن", "وقف وقف عندي سؤال ثاني", "أبغى أكلم موظف")
HUM = "اها"


def script(times: int, humming: bool) -> Scenario:
    """Return a caller who asks a question and then interrupts."""
    if humming:
        steps = [f"over {2500 + 4000 * n} say {HUM}" for n in range(times)] + ["after 1.5 hang up"]
    else:
        steps = [f"over 2500 say {SAYINGS[1 + n % 4]}" for n in range(times)] + ["over 2500 hang up"]
    return replace(from_words([f"say {SAYINGS[0]}", *steps], language="ar"), patience_s=60.0)


async def run(calls: int, times: int, humming: bool) -> tuple[list[PhoneRecord], Keep]:
    """Place the calls."""
    lines = (*SAYINGS, HUM)
    mock = Mock("ar", voice="tone", script=lines)
    mock.agent = app.DemoAgent(mode="four")
    keep, ringing = Keep(), []
    async with a_bridge(mock, keep, {"IVR_GREETING": ""}) as ring:
        for _ in range(calls):
            ringing.append(
                asyncio.ensure_future(
                    ring(script(times, humming), CallerVoice("ar", {line: mock.said.marker(line) for line in lines}))
                )
            )
            await asyncio.sleep(0.37)
        return await asyncio.gather(*ringing), keep


def quantile(values: Sequence[float], share: float) -> str:
    """Return the value below which a share of the values lies, rounded. No values give a dash."""
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]:.0f}" if ordered else "-"


def spread(values: Sequence[float]) -> str:
    """Return p50, p95 and the maximum, in ms."""
    return f"p50 {quantile(values, 0.5)}, p95 {quantile(values, 0.95)}, max {quantile(values, 1)} ms (n {len(values)})"


def interruptions(records: Sequence[PhoneRecord], keep: Keep) -> list[str]:
    """Return the figures of callers who talk over the agent."""
    stops = [barge.stop_ms for record in records for barge in figures(record).barge_ins]
    asked = sum(speech.over for record in records for speech in record.speech)
    overlaps = [overlap for turns in keep.turns.values() for turn in turns for overlap in turn.overlaps]
    clears = [1000 * (o.clear_at - o.onset_at) for o in overlaps if o.clear_at is not None]
    spoken = [turn for turns in keep.turns.values() for turn in turns if turn.kind == "speech"]
    saved = [
        1000 * max(0.0, 0.8 - (turn.transcript_at - turn.endpoint_at))
        for turn in spoken
        if turn.transcript_at is not None and turn.endpoint_at is not None
    ]
    return [
        f"interruptions: {asked}, committed {sum(o.verdict == 'commit' for o in overlaps)}",
        f"caller's onset (as the detector dates it) -> clear: {spread(clears)}",
        f"caller's first sample -> phone silent, fade included: {spread(stops)}",
        f"STT started early: {spread(saved)} saved of 800 a turn, {keep.taken_back} of {keep.sent} requests taken back",
        _phones(records),
    ]


def hums(records: Sequence[PhoneRecord], keep: Keep) -> list[str]:
    """Return the figures of callers who only say that they listen."""
    overlaps: list[Overlap] = [o for turns in keep.turns.values() for turn in turns for o in turn.overlaps]
    resumed = [o for o in overlaps if o.verdict == "resume"]
    quiet = [1000 * (o.resumed_at - o.quiet_at) for o in resumed if o.resumed_at and o.quiet_at]
    turns = [turn for turns in keep.turns.values() for turn in turns if turn.kind == "speech"]
    heard = sum(turn.outcome == "heard" and not turn.unheard for turn in turns)
    more = []
    for record, own in zip(records, keep.turns.values(), strict=False):
        audio = sum(sentence.audio_ms for turn in own for sentence in turn.sentences)
        played = sum(run.end - run.start for run in record.runs) / 8
        more.append((played - audio) / max(1, sum(len(turn.overlaps) for turn in own)))
    return [
        f"hums: {sum(s.over for r in records for s in r.speech)}, yields {len(overlaps)}, resumed {len(resumed)}",
        f"quiet for: {spread(quiet)}",
        f"answers heard whole: {heard} of {len(turns)}",
        f"said twice, fade included, per yield: {spread(more)}",
        _phones(records),
    ]


def _phones(records: Sequence[PhoneRecord]) -> str:
    late = max(record.lateness_p99_ms for record in records)
    return f"phones certified: {sum(r.certified for r in records)} of {len(records)} (own lateness p99 {late:.1f} ms)"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--times", type=int, default=5, help="interruptions a call")
    parser.add_argument("--hum", action="store_true")
    given = parser.parse_args()
    records, keep = asyncio.run(run(given.calls, given.times, given.hum))
    for line in hums(records, keep) if given.hum else interruptions(records, keep):
        print(line)


if __name__ == "__main__":
    main()
