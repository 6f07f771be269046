"""Measure what the agent is told of what was heard, against the phone's own playback, with marks that lie.

    python -m scripts.lying_marks                   100 calls, as a table in Markdown
    python -m scripts.lying_marks --calls 20        fewer

Each call is whole and in virtual time: carrier, bridge, Hamsa and agent, with a phone that returns its marks as one of
`FAULT_KINDS` says. The agent answers with four sentences, and the caller interrupts it three times, at random instants.
TTS speaks one tone per sentence, so the phone's recording says how much of each sentence was played. The last rows are
phones whose marks are honest, on lines that are long or stand still.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from typing import Final

from ivr.call.agent.heard_text import split
from ivr.call.timeline import Turn
from ivr.testbench.faults.fault_file import LONG_QUESTION, FaultScenario, FaultyWire, caller_scenario
from ivr.testbench.faults.harness import FaultHarness, FaultRun, play, render_phrases
from ivr.testbench.faults.measure import CallEvidence, played_sentences
from ivr.testbench.faults.run import table
from ivr.testbench.phone.mark_faults import FAULT_KINDS

WIRES: Final = {
    "150 ms each way": FaultyWire(0.15),
    "300 ms each way": FaultyWire(0.3),
    "stands still for 0.8 s": FaultyWire(0.05, tuple((float(at), 0.8) for at in range(4, 60, 5))),
    "stands still for 1.5 s": FaultyWire(0.05, tuple((float(at), 1.5) for at in range(4, 60, 8))),
}
"""Lines with a phone whose marks are honest."""
INTERRUPTIONS: Final = 3
SOONEST_MS, LATEST_MS = 300, 12_000
"""When the caller interrupts an answer, in milliseconds of it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold one answer that the caller cut off."""

    told: int
    """Words that the agent is told were heard."""
    played: int
    """Words that the phone played to their end."""
    ms: float
    """Audio that counts as heard, less what was played."""

    @property
    def words(self) -> int:
        """Return by how many words the agent is told wrong."""
        return abs(self.told - self.played)


def interrupted_call(kind: str, seed: int) -> FaultScenario:
    """Return a call of one kind in which the caller interrupts three answers."""
    chance = Random(f"{kind} {seed}")
    overs = [f"over {chance.randint(SOONEST_MS, LATEST_MS)} say {LONG_QUESTION}" for _ in range(INTERRUPTIONS)]
    caller = caller_scenario([f"at {chance.uniform(1, 3):.2f} say {LONG_QUESTION}", *overs, "hang up"])
    marks = kind if kind in FAULT_KINDS else ""
    return FaultScenario(f"{kind}:{seed}", kind, caller=caller, marks=marks, wire=WIRES.get(kind, FaultyWire()))


def cuts_of(call: FaultRun, harness: FaultHarness) -> Iterator[Cut]:
    """Yield the answers of a call that were cut off once they sounded."""
    requests = [record for record in call.stats.records if record.kind == "tts"]
    evidence = CallEvidence(call.record, call.observer.turns, requests, harness.phrases, frozenset(), {})
    words: dict[int, int] = defaultdict(int)
    less: dict[int, float] = defaultdict(float)
    for turn, sentence, share in played_sentences(evidence):
        words[turn.number] += len(split(sentence.text, share)[0].split())
        less[turn.number] += sentence.heard_ms - share * sentence.audio_ms if sentence.whole else 0.0
    for turn in call.observer.turns:
        if turn.number in words and turn.outcome == "interrupted" and not _went_on(turn):
            yield Cut(len(turn.heard.split()), words[turn.number], less[turn.number])


def _went_on(turn: Turn) -> bool:
    """Return whether a part was said twice: the agent had yielded to a voice, and gone on."""
    return any(overlap.verdict == "resume" for overlap in turn.overlaps)


def measured(kinds: Iterable[str], calls: int, harness: FaultHarness) -> dict[str, list[Cut]]:
    """Return the cuts of so many calls, shared out among the kinds."""
    cuts: dict[str, list[Cut]] = {kind: [] for kind in kinds}
    for number in range(calls):
        kind = [*cuts][number % len(cuts)]
        cuts[kind] += cuts_of(play(interrupted_call(kind, number), harness, seed=number + 1), harness)
    return cuts


def rows(cuts: dict[str, list[Cut]]) -> list[list[str]]:
    """Return the rows of the table."""
    shown = [(kind, own) for kind, own in cuts.items() if own]
    shown.append(("all", [cut for _, own in shown for cut in own]))
    return [
        [
            kind,
            str(len(own)),
            str(max(cut.words for cut in own)),
            f"{mean(cut.words for cut in own):.2f}",
            f"{min(cut.ms for cut in own):+.0f} to {max(cut.ms for cut in own):+.0f}",
        ]
        for kind, own in shown
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=100)
    chosen = parser.parse_args()
    headings = ("marks", "answers cut off", "worst, words", "mean, words", "ms told less ms played")
    with tempfile.TemporaryDirectory() as folder:
        harness = render_phrases(Path(folder))
        print(table(headings, rows(measured(FAULT_KINDS, chosen.calls, harness))))
        print()
        print(table(headings, rows(measured(WIRES, chosen.calls * 2 // 5, harness))))


if __name__ == "__main__":
    main()
