"""Compare what an agent answered on a tape with what it answers today: words, first token, time, actions. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final, Literal, TypeAlias

from ivr.call.events import Event, ReplyDelta, ReplyEnded, ReplyFailed

AnswerChange: TypeAlias = Literal["text", "action", "slower"]
CHANGES: Final[tuple[AnswerChange, ...]] = ("text", "action", "slower")
SLOWER_MS: Final = 150.0
"""A first token that comes later by less is chance."""
SLOWER_SHARE: Final = 0.25
"""And so is one that comes later by less than this share of what it took then."""
P95_SAMPLES: Final = 20
"""Turns from which a 95th percentile says more than the worst turn."""


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """Hold one answer of an agent."""

    text: str = ""
    first_ms: float | None = None
    """From the request to the first words; None: there were none."""
    total_ms: float | None = None
    """From the request to the answer's end; None: it was not waited for."""
    pieces: int = 0
    """Pieces that the words came in."""
    action: str = ""
    """What it asks for beside words: `hang up`, `transfer to a person`; empty: nothing."""
    failure: str = ""
    """Why there is no answer, or no whole one."""
    cut: bool = False
    """The caller spoke on before it was whole: only its beginning is known."""


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Hold one turn of a tape, and the same question asked today."""

    turn: int
    question: str
    then: AgentAnswer
    now: AgentAnswer

    @property
    def same_text(self) -> bool:
        """Return whether the words are the same, blanks aside. Of a cut answer only the beginning counts."""
        then, now = _words(self.then.text), _words(self.now.text)
        # The last word of a cut answer may be half a word.
        return now[: max(0, len(then) - 1)] == then[:-1] if self.then.cut else then == now

    @property
    def likeness(self) -> float:
        """Return how much of the words is the same, 0 to 1."""
        return difflib.SequenceMatcher(None, _words(self.then.text), _words(self.now.text), autojunk=False).ratio()

    @property
    def same_action(self) -> bool:
        """Return whether the agent asks for the same beside its words, and fails alike."""
        failed = bool(self.then.failure) == bool(self.now.failure)
        return failed and (self.then.cut or self.then.action == self.now.action)

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "turn": self.turn, "question": self.question, "then": asdict(self.then), "now": asdict(self.now),
            "same_text": self.same_text, "likeness": round(self.likeness, 3), "same_action": self.same_action,
        }  # fmt: skip


def answer_of(events: Iterable[tuple[float, Event]], *, closed: bool = False) -> AgentAnswer:
    """Return an answer from its events, each with the seconds since the request. `closed`: it was given up."""
    words: list[str] = []
    first = total = None
    action = failure = ""
    for at, event in events:
        match event:
            case ReplyDelta(text=text):
                words.append(text)
                first = at * 1000 if first is None and text.strip() else first
            case ReplyEnded(hang_up=hang_up, transfer_to=transfer_to):
                total = at * 1000
                action = "transfer to a person" if transfer_to is not None else "hang up" if hang_up else ""
            case ReplyFailed(reason=reason):
                total, failure = at * 1000, reason
            case _:
                pass
    return AgentAnswer("".join(words), first, total, len(words), action, failure, closed and total is None)


def changes(pairs: Sequence[AnswerPair]) -> set[AnswerChange]:
    """Return in what the agent of today differs."""
    found: set[AnswerChange] = set()
    if not all(pair.same_text for pair in pairs):
        found.add("text")
    if not all(pair.same_action for pair in pairs):
        found.add("action")
    then, now = _first_tokens(pairs)
    # One slow answer is chance; half of them are not.
    if then and median(now) - median(then) > max(SLOWER_MS, SLOWER_SHARE * median(then)):
        found.add("slower")
    return found


def summary(pairs: Sequence[AnswerPair]) -> Iterator[str]:
    """Yield what all turns come to, in words."""
    words, actions = sum(pair.same_text for pair in pairs), sum(pair.same_action for pair in pairs)
    yield f"{words} of {len(pairs)} answers have the same words, {actions} the same action"
    then, now = _first_tokens(pairs)
    if then:
        figures = [f"median {median(then):.0f} ms then, {median(now):.0f} ms now"]
        if len(then) >= P95_SAMPLES:
            figures.append(f"p95 {_p95(then):.0f} then, {_p95(now):.0f} now")
        else:
            figures.append(f"worst {max(then):.0f} then, {max(now):.0f} now")
        yield f"first words after the question: {'; '.join(figures)} ({len(then)} turns)"


def text_difference(then: str, now: str) -> str:
    """Return two texts as one: `[-words only then-]`, `{+words only now+}`."""
    old, new, parts = _words(then), _words(now), list[str]()
    for change, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            parts += old[a:b]
            continue
        if b > a:
            parts.append(f"[-{' '.join(old[a:b])}-]")
        if d > c:
            parts.append(f"{{+{' '.join(new[c:d])}+}}")
    return " ".join(parts)


def _first_tokens(pairs: Sequence[AnswerPair]) -> tuple[list[float], list[float]]:
    """Return the waits for the first words, of the turns that had words on both sides."""
    both = [
        (pair.then.first_ms, pair.now.first_ms)
        for pair in pairs
        if pair.then.first_ms is not None and pair.now.first_ms is not None
    ]
    return [then for then, _ in both], [now for _, now in both]


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)
