"""Where the time of a turn went: from the caller's last word to the agent's first, cut into what each party took.

Pure: reads the timeline of a turn, whose times are the driver's `now` in seconds. The stages of a turn lie end to end,
so their sum is the wait that the caller felt. A turn that stopped half way has the stages it reached.

    caller's last word | endpoint | ears | own | agent | own | voice | own | first audio leaves for the phone
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeAlias

from ivr.call.timeline import Overlap, Sentence, Turn

Owner: TypeAlias = Literal["endpoint", "stt", "agent", "tts", "own"]
"""Who took the time. `endpoint`: the silence that makes an utterance over. `own`: the bridge."""

OWNERS: tuple[Owner, ...] = ("endpoint", "stt", "agent", "tts", "own")


@dataclass(frozen=True, slots=True)
class LatencyStage:
    """A piece of the wait."""

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
    """When the caller had a sentence in the ear, as the play clock saw it."""

    sentence: Sentence
    start: float
    """Driver's seconds."""
    heard_until: float
    cut_until: float
    """Where it would have ended; the same as `heard_until` when all of it was heard."""


def first_spoken(turn: Turn) -> Sentence | None:
    """The sentence that broke the silence, or the one that should have."""
    return next(
        (sentence for sentence in turn.sentences if sentence.sent_at is not None), next(iter(turn.sentences), None)
    )


def stages(turn: Turn) -> list[LatencyStage]:
    """The stages of a turn in order, up to the first audio or as far as the turn came."""
    steps: list[tuple[str, Owner, float | None]] = [
        ("silence that ends the speech", "endpoint", turn.endpoint_at),
        ("speech to text", "stt", turn.transcript_at),
        ("asking the agent", "own", turn.asked_at),
        ("agent's first words", "agent", turn.first_delta_at),
    ]
    if sentence := first_spoken(turn):
        steps += [
            ("agent's first sentence whole", "agent", sentence.ready_at),
            ("asking the voice", "own", sentence.asked_at),
            ("voice's first audio", "tts", sentence.audio_at),
            ("first audio to the phone", "own", sentence.sent_at),
        ]
    before = turn.speech_ended_at
    if before is None:
        before, steps = turn.asked_at, steps[3:]
    found: list[LatencyStage] = []
    for name, owner, at in steps:
        if at is None or before is None:
            break
        found.append(LatencyStage(name, owner, before, max(before, at)))
        before = max(before, at)
    return found


def spent(turn: Turn, owner: Owner) -> float | None:
    """Seconds that one party took; None when the turn never came to it.

    While the process stood still it was the bridge that took the time, whoever was asked.
    """
    found = stages(turn)
    parts = [stage.seconds for stage in found if stage.owner == owner]
    if not parts:
        return None
    if owner == "endpoint":
        return sum(parts)
    if owner == "own":
        lent = [stage for stage in found if stage.owner not in ("own", "endpoint")]
        return sum(parts) + sum(turn.stood_still(stage.start, stage.end) for stage in lent)
    return sum(parts) - sum(turn.stood_still(stage.start, stage.end) for stage in found if stage.owner == owner)


def wait(turn: Turn) -> float | None:
    """Seconds from the caller's last word to the first audio sent; None when none was."""
    sentence = first_spoken(turn)
    found = stages(turn)
    if sentence is None or sentence.sent_at is None or not found or found[-1].end < sentence.sent_at:
        return None
    return found[-1].end - found[0].start


def playing(turn: Turn) -> list[Playing]:
    """The sentences that reached the ear. Audio is sent ahead: each begins when it was sent or the one before ended."""
    found: list[Playing] = []
    free_at = float("-inf")
    for sentence in turn.sentences:
        if sentence.sent_at is None:
            continue
        start = max(sentence.sent_at, free_at)
        free_at = start + sentence.heard_ms / 1000
        found.append(Playing(sentence, start, free_at, start + max(sentence.heard_ms, sentence.audio_ms) / 1000))
    return found


def beginnings(turns: Iterable[Turn]) -> list[float]:
    """When something new left for the phone: an answer, a phrase of the line, what goes on after a filler. A filler
    itself is none. Driver's seconds, in order."""
    found: list[float] = []
    for turn in turns:
        before: Sentence | None = None
        for sentence in turn.sentences:
            if sentence.sent_at is None:
                continue
            if before is None or sentence.fixed or before.again_from is not None:
                found.append(sentence.sent_at)
            before = sentence
    return sorted(found)


def reactions(turns: Iterable[Turn]) -> list[float]:
    """For each time the caller spoke over the agent and ended its turn: seconds from first voiced frame to `clear`."""
    overlaps = [overlap for turn in turns for overlap in turn.overlaps if overlap.verdict == "commit"]
    return [took for overlap in overlaps if (took := reaction(overlap)) is not None]


def reaction(overlap: Overlap) -> float | None:
    """Seconds from the first voiced frame to `clear`; None when the phone had nothing to throw away."""
    return None if overlap.clear_at is None else overlap.clear_at - overlap.onset_at


def own_overheads(turns: Iterable[Turn]) -> list[float]:
    """Seconds of every answered turn between an event and the command that followed from it."""
    return [own for turn in turns if turn.kind != "phrase" and (own := turn.own_overhead) is not None]


def facts(turns: Sequence[Turn]) -> dict[str, str]:
    """The call in a few figures, for people."""
    found = {"turns": str(sum(turn.kind != "phrase" for turn in turns))}
    waits = [seconds for turn in turns if turn.kind != "phrase" and (seconds := wait(turn)) is not None]
    own = own_overheads(turns)
    cuts = reactions(turns)
    if waits:
        found["last word to first audio"] = f"p50 {median(waits):.2f} s, max {max(waits):.2f} s"
    if own:
        found["of it deciding"] = f"p50 {median(own) * 1000:.0f} ms, max {max(own) * 1000:.0f} ms"
    if cuts:
        found["barge-in, onset to clear"] = ", ".join(f"{cut * 1000:.0f} ms" for cut in cuts)
    return found


def split_heard(turn: Turn) -> list[tuple[str, str]]:
    """Each sentence as its heard and its unheard part; what never became a sentence comes last, as unheard.

    The ledger says how far the caller heard, in the agent's text; blanks between sentences do not count. A ledger that
    does not fit the sentences is given as one pair, as it is.
    """
    heard = _solid(turn.heard)
    whole = _solid("".join(sentence.text for sentence in turn.sentences))
    if not whole.startswith(heard):
        return [(turn.heard, turn.unheard)]
    left = len(heard)
    found: list[tuple[str, str]] = []
    for sentence in turn.sentences:
        at = _position(sentence.text, left)
        left -= len(_solid(sentence.text[:at]))
        found.append((sentence.text[:at], sentence.text[at:]))
    rest = _position(turn.unheard, len(whole) - len(heard))
    if turn.unheard[rest:].strip():
        found.append(("", turn.unheard[rest:].strip()))
    return found


def _solid(text: str) -> str:
    return "".join(text.split())


def _position(text: str, solid: int) -> int:
    """The index in `text` after `solid` of its non-blank characters."""
    for index, character in enumerate(text):
        if not character.isspace():
            if solid == 0:
                return index
            solid -= 1
    return len(text)
