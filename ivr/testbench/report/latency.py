"""Divide the time of a turn, from the caller's last word to the agent's first, into what each party took.

All times are the driver's `now` in seconds, as in the turn's timeline. The stages of a turn lie end to end, so their
sum is the caller's wait. A turn that stopped half way has the stages it reached.

    caller's last word | endpoint | stt | own | agent | own | tts | own | first audio leaves for the phone
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeAlias

from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.testbench.phone.figures import BridgeTimes

Owner: TypeAlias = Literal["endpoint", "stt", "agent", "tts", "own"]
"""The party that took the time. `endpoint`: the silence that ends an utterance. `own`: the bridge."""

OWNERS: tuple[Owner, ...] = ("endpoint", "stt", "agent", "tts", "own")
COLUMNS: dict[Owner, str] = {
    "endpoint": "end of speech", "stt": "STT", "agent": "agent", "tts": "TTS", "own": "bridge",
}  # fmt: skip
"""What people see of an owner."""


@dataclass(frozen=True, slots=True)
class LatencyStage:
    """Hold one piece of the wait."""

    name: str
    owner: Owner
    start: float
    """Driver's seconds."""
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Playing:
    """Hold when the caller heard a sentence, by the play clock."""

    sentence: Sentence
    start: float
    """Driver's seconds."""
    heard_until: float
    cut_until: float
    """Where it would have ended; the same as `heard_until` when all of it was heard."""


def first_spoken(turn: Turn) -> Sentence | None:
    """Return the sentence that ended the silence, or else the first one. None: the turn has no sentence."""
    sent = (sentence for sentence in turn.sentences if sentence.sent_at is not None)
    return next(sent, next(iter(turn.sentences), None))


def stages(turn: Turn) -> list[LatencyStage]:
    """Return the stages of a turn in order, up to the first audio or as far as the turn came."""
    steps: list[tuple[str, Owner, float | None]] = [
        ("silence to end of speech", "endpoint", turn.endpoint_at),
        ("speech to text", "stt", turn.transcript_at),
        ("asking the agent", "own", turn.asked_at),
        ("agent's first words", "agent", turn.first_delta_at),
    ]
    if sentence := first_spoken(turn):
        steps += [
            ("agent's first sentence", "agent", sentence.ready_at),
            ("asking TTS", "own", sentence.asked_at),
            ("first audio from TTS", "tts", sentence.audio_at),
        ]
        # A filler is said because the answer is late: its end is the agent's time.
        if sentence.audio_at is not None and sentence.after_filler_s:
            steps.append(("the filler to its end", "agent", sentence.audio_at + sentence.after_filler_s))
        steps.append(("first audio to the phone", "own", sentence.sent_at))
    before = turn.speech_ended_at
    # Keys and phrases have no speech: their wait begins with the request to the agent.
    if before is None:
        before, steps = turn.asked_at, steps[3:]
    found: list[LatencyStage] = []
    for name, owner, at in steps:
        if at is None or before is None:
            break
        # Speculative work may be done before the stage before it is over: then it took no time.
        found.append(LatencyStage(name, owner, before, max(before, at)))
        before = max(before, at)
    return found


def spent(turn: Turn, owner: Owner) -> float | None:
    """Return the seconds that one party took. None: the turn never came to it."""
    found = stages(turn)
    parts = [stage for stage in found if stage.owner == owner]
    if not parts:
        return None
    took = sum(stage.seconds for stage in parts)
    if owner == "endpoint":
        return took
    # While the event loop stood still, the bridge took the time, in the stages of the others too.
    if owner == "own":
        others = [stage for stage in found if stage.owner not in ("own", "endpoint")]
        return took + sum(turn.stalled(stage.start, stage.end) for stage in others)
    return took - sum(turn.stalled(stage.start, stage.end) for stage in parts)


def wait(turn: Turn) -> float | None:
    """Return the seconds from the caller's last word to the first audio sent. None: no audio was sent."""
    sentence = first_spoken(turn)
    found = stages(turn)
    if sentence is None or sentence.sent_at is None or not found or found[-1].end < sentence.sent_at:
        return None
    return found[-1].end - found[0].start


def playing(turn: Turn) -> list[Playing]:
    """Return when each sentence that was sent was heard, in order."""
    found: list[Playing] = []
    free_at = float("-inf")
    for sentence in turn.sentences:
        if sentence.sent_at is None:
            continue
        # Audio is sent ahead: a sentence begins when it was sent, or when the one before it ended.
        start = max(sentence.sent_at, free_at)
        free_at = start + sentence.heard_ms / 1000
        found.append(Playing(sentence, start, free_at, start + max(sentence.heard_ms, sentence.audio_ms) / 1000))
    return found


def beginnings(turns: Iterable[Turn]) -> list[float]:
    """Return when an answer, a phrase, or the rest after a filler left for the phone. Driver's seconds, in order."""
    found: list[float] = []
    for turn in turns:
        before: Sentence | None = None
        for sentence in turn.sentences:
            # A filler is no sentence of the turn, so it never counts as an answer.
            if sentence.sent_at is None:
                continue
            if before is None or sentence.fixed or before.again_from is not None:
                found.append(sentence.sent_at)
            before = sentence
    return sorted(found)


def times(turns: Sequence[Turn]) -> BridgeTimes:
    """Return what the phone's figures need of the bridge's side."""
    overlaps = [overlap for turn in turns for overlap in turn.overlaps]
    return BridgeTimes(
        begun=beginnings(turns),
        answers=sorted(at for turn in turns if (at := answer_begun(turn)) is not None),
        held=[(overlap.yield_at, overlap.resumed_at or overlap.verdict_at or overlap.yield_at) for overlap in overlaps],
        stopped=[overlap.onset_at for overlap in overlaps if overlap.verdict == "commit"],
    )


def answer_begun(turn: Turn) -> float | None:
    """Return when the agent's answer left for the phone, in the driver's seconds. None: there was no answer."""
    if turn.kind == "phrase":
        return None
    # The line's own words behind a failure are an apology. Without a failure the agent asked for them: a transfer.
    sent = (s.sent_at for s in turn.sentences if s.sent_at is not None and not (s.fixed and turn.failure))
    return next(sent, None)


def reactions(turns: Iterable[Turn]) -> list[float]:
    """Return the seconds from first voiced frame to `clear` of each barge-in that ended a turn."""
    overlaps = [overlap for turn in turns for overlap in turn.overlaps if overlap.verdict == "commit"]
    return [took for overlap in overlaps if (took := reaction(overlap)) is not None]


def reaction(overlap: Overlap) -> float | None:
    """Return the seconds from the first voiced frame to `clear`. None: the phone had nothing to discard."""
    return None if overlap.clear_at is None else overlap.clear_at - overlap.onset_at


def own_overheads(turns: Iterable[Turn]) -> list[float]:
    """Return the seconds that the bridge itself took, for each answered turn."""
    return [own for turn in turns if turn.kind != "phrase" and (own := turn.own_overhead) is not None]


def facts(turns: Sequence[Turn]) -> dict[str, str]:
    """Describe a call in a few figures, by name, for people."""
    found = {"turns": str(sum(turn.kind != "phrase" for turn in turns))}
    waits = [seconds for turn in turns if turn.kind != "phrase" and (seconds := wait(turn)) is not None]
    own = own_overheads(turns)
    cuts = reactions(turns)
    if waits:
        found["last word to first audio"] = f"p50 {median(waits):.2f} s, max {max(waits):.2f} s"
    if own:
        found["the bridge's part"] = f"p50 {median(own) * 1000:.0f} ms, max {max(own) * 1000:.0f} ms"
    if cuts:
        found["barge-in, onset to clear"] = ", ".join(f"{cut * 1000:.0f} ms" for cut in cuts)
    return found


def split_heard(turn: Turn) -> list[tuple[str, str]]:
    """Return the heard and the unheard part of each sentence, in order."""
    heard = _solid(turn.heard)
    whole = _solid("".join(sentence.text for sentence in turn.sentences))
    # Heard text that does not fit the sentences cannot be split: it stays as one pair.
    if not whole.startswith(heard):
        return [(turn.heard, turn.unheard)]
    # The heard text may differ in the blanks between sentences, so only other characters are counted.
    left = len(heard)
    found: list[tuple[str, str]] = []
    for sentence in turn.sentences:
        at = _position(sentence.text, left)
        left -= len(_solid(sentence.text[:at]))
        found.append((sentence.text[:at], sentence.text[at:]))
    # Text that never became a sentence comes last, as unheard.
    rest = _position(turn.unheard, len(whole) - len(heard))
    if turn.unheard[rest:].strip():
        found.append(("", turn.unheard[rest:].strip()))
    return found


def _solid(text: str) -> str:
    """Remove all blanks from a text."""
    return "".join(text.split())


def _position(text: str, solid: int) -> int:
    """Return the index in `text` after `solid` of its non-blank characters."""
    for index, character in enumerate(text):
        if not character.isspace():
            if solid == 0:
                return index
            solid -= 1
    return len(text)
