"""Measure the reference agent's own reply at the caller's ear: four Arabic sentences, 30 s of audio.

A whole call on loopback: the real server, the mock Hamsa at its measured timings (connect 1.15 s, ears 0.8 s, a
sentence's first audio 0.45 s), the demo agent in its `four` mode (first token 1.5 s, 5.9 s in all), the carrier. Prints
when the first audio of the answer was heard, the silences between sentences, the end, the connections made; beside
them what the reference agent took. `--no-fillers` leaves the wait before the answer silent.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from ivr.call.timeline import Turn
from ivr.testbench.agent import app
from ivr.testbench.demo import caller_voice
from ivr.testbench.mock import Mock
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.scenario import from_words
from scripts.ringing import Keep, a_bridge

REFERENCE_S = 43.5
REFERENCE_FIXED_S = 24.0
"""Seconds from the end of the caller's speech to the last sentence's synthesis, logged and expected after its fix."""
QUESTION = "وين شحنتي"
LEAST_GAP_MS = 20.0


async def call(fillers: bool) -> tuple[PhoneRecord, list[Turn], Mock, float]:
    """Place the call."""
    mock = Mock("ar", voice="tone", script=(QUESTION,))
    mock.agent = app.DemoAgent(mode="four")
    keep, toml = Keep(), "" if fillers else "[call]\nfiller_after_ms = 0\n"
    scenario = replace(from_words([f"say {QUESTION}", "after 1.5 hang up"], language="ar"), patience_s=90.0)
    async with a_bridge(mock, keep, {}, toml) as ring:
        began = asyncio.get_running_loop().time()
        record = await ring(scenario, caller_voice("ar"))
    return record, next(iter(keep.turns.values())), mock, began


def report(record: PhoneRecord, turns: Sequence[Turn], mock: Mock, began: float) -> list[str]:
    """Return the figures for people, one line each."""
    turn = next(turn for turn in turns if turn.kind == "speech")
    silent = record.speech[0].end / 8000 + (record.t0 or 0.0)
    if turn.endpoint_at is None or turn.first_sent_at is None:
        raise RuntimeError("the question was not answered")
    runs = [(run.start / 8000 + (record.t0 or 0.0), run.end / 8000 + (record.t0 or 0.0)) for run in record.runs]
    begun = turn.sentences[0]
    sent = max(turn.first_sent_at, (begun.audio_at or 0.0) + begun.after_filler_s) - 0.05  # behind a filler's breath
    answer = [(max(start, sent), end) for start, end in runs if end > sent]
    first, last = answer[0][0] - silent, answer[-1][1] - silent
    gaps = [1000 * (b[0] - a[1]) for a, b in pairwise(answer) if b[0] - a[1] > LEAST_GAP_MS / 1000]
    audio = sum(sentence.audio_ms for sentence in turn.sentences) / 1000
    synthesised = max(s.asked_at or 0.0 for s in turn.sentences)
    waits = {
        "endpoint": turn.endpoint_at - silent,
        "stt": max(0.0, (turn.transcript_at or 0.0) - turn.endpoint_at),
        "agent's first words": (turn.first_delta_at or 0.0) - (turn.asked_at or 0.0),
        "first sentence written": turn.sentences[0].ready_at - (turn.first_delta_at or 0.0),
        "tts": (turn.sentences[0].audio_at or 0.0) - (turn.sentences[0].asked_at or 0.0),
    }
    lengths = ", ".join(str(len(sentence.spoken)) for sentence in turn.sentences)
    ideal = first + audio
    return [
        f"sentences as spoken: {lengths} characters, {audio:.1f} s of audio",
        f"end of caller's speech -> first audio of the answer: {first:.2f} s",
        "  of it " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in waits.items()) + " s",
        f"  before it, fillers: {len(turn.fillers)}",
        f"silences inside the answer: {', '.join(f'{gap:.0f} ms' for gap in gaps) or 'none over 20 ms'}",
        f"end of caller's speech -> last sentence asked of the voice: {synthesised - silent:.2f} s "
        f"(reference agent: {REFERENCE_S} s logged, {REFERENCE_FIXED_S:.0f} s expected after its fix)",
        f"end of caller's speech -> last audio heard: {last:.2f} s",
        f"first audio + {audio:.1f} s of audio = {ideal:.2f} s; its end was heard {1000 * (last - ideal):+.0f} ms off",
        f"TTS connections of the call: {mock.tts_connections(began)}",
        f"phone certified: {record.certified} (own lateness p99 {record.lateness_p99_ms:.1f} ms)",
    ]


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-fillers", action="store_true")
    given = parser.parse_args()
    for line in report(*asyncio.run(call(not given.no_fillers))):
        print(line)


if __name__ == "__main__":
    main()
