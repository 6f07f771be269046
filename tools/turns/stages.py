"""Name the stages of evidence, from silence alone to all that the product knows, and ask each for its wait.

Every stage but the first two asks `EndpointWait`, the one place that weighs evidence. Its wait is the score as well:
the shorter, the likelier the caller has finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from ivr.call.caller.endpoint_wait import EndpointWait
from ivr.call.options import CallOptions
from ivr.text.turn.asked import asked_for
from ivr.text.turn.words import NOT_TOLD, Completeness, Judged
from ivr.text.turn_end import judge_words
from tools.turns.former import FORMER_MS, former_rule
from tools.turns.sets import Cut


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold what one stage says of a pause."""

    completeness: Completeness
    rule: str
    wait_ms: float

    @property
    def score(self) -> float:
        """Return how likely the caller has finished: the higher, the likelier."""
        return -self.wait_ms


Stage: TypeAlias = Callable[[Cut, CallOptions], Verdict]


def _silence(cut: Cut, options: CallOptions) -> Verdict:
    del cut
    return Verdict("unknown", NOT_TOLD.rule, options.endpoint_ms)


def _former(cut: Cut, options: CallOptions) -> Verdict:
    del options
    judged = former_rule(cut.text)
    return Verdict(judged, "former", FORMER_MS[judged])


def _words(cut: Cut, options: CallOptions) -> Verdict:
    return _waits(judge_words(cut.text), options)


def _asked(cut: Cut, options: CallOptions) -> Verdict:
    return _waits(judge_words(cut.text, *asked_for(cut.asked)), options)


def _told(cut: Cut, options: CallOptions) -> Verdict:
    kind, length = asked_for(cut.asked)
    told = (cut.kind, cut.length or (length if kind == cut.kind else 0)) if cut.kind else (kind, length)
    return _waits(judge_words(cut.text, *told), options)


def _waits(judged: Judged, options: CallOptions) -> Verdict:
    wait = EndpointWait(options)
    wait.take_words(judged)
    return Verdict(judged.completeness, judged.rule, wait.ms)


STAGES: Final[Mapping[str, Stage]] = {
    "silence": _silence,
    "former": _former,
    "words": _words,
    "asked": _asked,
    "told": _told,
}
"""`silence`: silence alone. `former`: the rule before. `words`: what the caller said. `asked`: and what the agent had
said. `told`: the agent has told what it expects, instead."""
