"""Is this an interruption? The second step of a barge-in, as rules.

The first step, yielding, has happened: the caller's voice rose over the agent and the agent went quiet. These rules
read the overlap frame by frame, in media time, and give a verdict as soon as one of them fires.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.call.options import CallOptions

WORD_MS = 300
"""Voiced audio that may have been a word: less is not worth asking the caller to repeat."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an overlap was."""

    kind: Literal["commit", "resume"]
    rule: Literal["duration", "silence"]


def judge(speech_ms: int, silence_ms: int, speaking: bool, options: CallOptions) -> Verdict | None:
    """Judge an overlap by its voiced audio and the silence after it; None: too early to say.

    `speaking` is False once the utterance is over or was given up.
    """
    if not speaking:
        return Verdict("resume", "silence")
    if speech_ms >= options.commit_ms:
        return Verdict("commit", "duration")
    if silence_ms >= options.resume_ms:
        return Verdict("resume", "silence")
    return None
