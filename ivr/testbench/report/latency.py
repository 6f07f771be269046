"""Tell a call's times: who took what of each wait, when answers began, how fast the agent went quiet.

All times are the driver's `now` in seconds, as in the turn's timeline, which divides a wait into its stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ivr.call.timeline import Overlap, Owner, Sentence, Turn, wait
from ivr.testbench.phone.figures import BridgeTimes

COLUMNS: dict[Owner, str] = {
    "endpoint": "end of speech", "stt": "STT", "agent": "agent", "tts": "TTS", "own": "bridge",
}  # fmt: skip
"""What people see of an owner."""


@dataclass(frozen=True, slots=True)
class Playing:
    """Hold when the caller heard a sentence, by the play clock."""

    sentence: Sentence
    start: float
    """Driver's seconds."""
    heard_until: float
    cut_until: float
    """Where it would have ended; the same as `heard_until` when all of it was heard."""


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
