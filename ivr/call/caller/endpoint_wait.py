"""Turn what is known at a pause into the silence that ends the turn: the one place that weighs it.

Each piece of evidence is a weight: log-odds that the caller has finished. Their sum is read off a line from the
longest wait to none:

    evidence           weight
    words              how likely it is by their grammar, and as an answer to what was asked (`ivr/text/turn_end.py`)
    voice              its prosody before the pause (`ivr/media/voice/prosody.py`)
    model              an optional turn model's probability (`TurnJudged`)
    asked              before there are words: a number, an e-mail or an address is said in pieces

    sum     silence
    -3.5    `endpoint_most_ms`: a number, an address, what is spelled is under way
    -2.5    `endpoint_ms` and `endpoint_more_ms`: the words are open
     0      `endpoint_ms`: nothing tells
     1      `endpoint_least_ms`: the words are complete
     1.75   two thirds of it: they hardly go on
    2.5    the least: all of what was asked for is there

Where pauses within turns have the lengths of eot-bench's (`tools/turns/sets.py`), the best wait for log-odds `w` is the
one that makes exp(w) * wait + price * P(pause is longer) least. The defaults lie on that line for a price of two
seconds' wait for a cut-off.

A caller who pauses for long (`CallerPace`) moves the middle of the line up: by all of it where the words are open or
tell nothing, by a quarter where they are complete.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from ivr.call.commands import Note
from ivr.call.options import CallOptions
from ivr.text.turn.leaning import COMPLETE_LEAST, OPEN_MOST
from ivr.text.turn.words import NOT_TOLD, AnswerKind, Judged

LEAST_MS: Final = 100
"""Silence that ends a turn at the soonest: the closure of a consonant lasts as long."""
_LEAST_AT, _COMPLETE_AT, _OPEN_AT, _MOST_AT = 2.5, COMPLETE_LEAST, OPEN_MOST, -3.5
"""Weights at the points of the line."""
_COMPLETE_MOST: Final = 1.75
"""What words that are not all of an answer weigh at most: short of the least silence."""
_WHOLE, _PART = 2.0, 2.0
"""Added for words that are all of an answer: nothing can follow. And taken off for a part of one: who is interrupted
there has to begin anew."""
IN_PIECES: Final[frozenset[AnswerKind]] = frozenset({"digits", "email", "address"})
"""Answers that callers give with pauses in them."""
_PIECES: Final = 1.0
"""Weight against the end of such an answer before there are words."""
_LONG_MORE_MS: Final = 500
"""Silence added for open words of a voice that goes on and on, ms."""
_VOICE_MOST, _MODEL_MOST = 1.5, 3.0
"""What the voice, and a model, may weigh at most."""


class EndpointWait:
    """Hold the evidence of one pause of the caller's, and how long to wait."""

    def __init__(self, options: CallOptions) -> None:
        self._options = options
        self._words: Judged | None = None
        self._voice: float | None = None
        self._model: float | None = None
        self._asked: AnswerKind = "open"
        self._long = False
        self._more_ms = 0
        self.ms = options.endpoint_ms
        """Silence that ends the turn, ms."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, also for the pause that is under way."""
        self._options = options
        self._weigh()

    def __repr__(self) -> str:
        return f"<EndpointWait {self.ms} ms words={self._words} voice={self._voice} model={self._model}>"

    def begin(self, *, asked: AnswerKind = "open", more_ms: int = 0, long: bool = False) -> None:
        """Forget the evidence: another pause begins.

        `asked`: what the caller was asked for. `more_ms`: what this caller needs more than others. `long`: a voice
        that goes on and on, a television perhaps.
        """
        self._asked, self._more_ms, self._long = asked, more_ms, long
        self._words = self._voice = self._model = None
        self._weigh()

    def take_words(self, judged: Judged) -> None:
        """Take what the words say."""
        self._words = judged
        self._weigh()

    def take_voice(self, log_odds: float) -> None:
        """Take what the voice says."""
        self._voice = max(-_VOICE_MOST, min(_VOICE_MOST, log_odds))
        self._weigh()

    def take_model(self, probability: float) -> None:
        """Take what a turn model says."""
        likely = min(max(probability, 0.001), 0.999)
        self._model = max(-_MODEL_MOST, min(_MODEL_MOST, math.log(likely / (1 - likely))))
        self._weigh()

    def note(self, turn: int, silence_ms: int, *, held: bool) -> Note:
        """Return why a turn is over, after so much silence. `held`: the question has waited for more words."""
        judged = self._words or NOT_TOLD
        fields: dict[str, str | int | float | bool] = {
            "turn": turn,
            "silence_ms": silence_ms,
            "wait_ms": self.ms,
            "words": judged.completeness,
            "rule": judged.rule,
            "words_weight": round(judged.weight, 2),
            "held": held,
        }
        if self._asked != "open":
            fields["asked"] = self._asked
        if self._voice is not None:
            fields["voice"] = round(self._voice, 2)
        if self._model is not None:
            fields["model"] = round(self._model, 2)
        if self._more_ms:
            fields["caller_ms"] = self._more_ms
        if self._long:
            fields["long"] = True
        return Note("turn_end", fields)

    def _weigh(self) -> None:
        options = self._options
        weight = (self._voice or 0.0) + (self._model or 0.0)
        if self._words is not None:
            weight += _weight_of(self._words)
        elif self._asked in IN_PIECES:
            weight -= _PIECES
        self.ms = _read_off(self._line, weight)
        if not self._long:
            return
        # A voice that goes on and on is answered at the next breath, unless its words are open: then at a longer one.
        if self._words is None or self._words.completeness == "complete":
            self.ms = min(self.ms, options.endpoint_least_ms)
        elif self._words.completeness == "open":
            self.ms = min(self.ms, options.endpoint_ms + _LONG_MORE_MS)
        else:
            self.ms = min(self.ms, options.endpoint_ms)

    @property
    def _line(self) -> list[tuple[float, int]]:
        options, more = self._options, self._more_ms
        open_ms = options.endpoint_ms + options.endpoint_more_ms
        most = max(open_ms, options.endpoint_most_ms)
        least = min(options.endpoint_ms, options.endpoint_least_ms)
        return [
            (_MOST_AT, most),
            (_OPEN_AT, min(open_ms + more, most)),
            (0.0, min(options.endpoint_ms + more, most)),
            (_COMPLETE_AT, min(least + more // 4, most)),
            (_COMPLETE_MOST, min(max(2 * least // 3, LEAST_MS) + more // 8, most)),
            (_LEAST_AT, min(least, LEAST_MS)),
        ]


def _weight_of(words: Judged) -> float:
    """Return the weight of words: of what is not said in pieces, at least that of open ones."""
    if words.is_part:
        return words.weight - _PART
    return words.weight + _WHOLE if words.is_whole else min(max(words.weight, _OPEN_AT), _COMPLETE_MOST)


def _read_off(line: list[tuple[float, int]], weight: float) -> int:
    """Return the silence at a weight, on a line of points from the lowest weight up."""
    for (low, most), (high, least) in pairwise(line):
        if weight <= high:
            share = max(0.0, (weight - low) / (high - low))
            return round(most + (least - most) * share)
    return line[-1][1]
