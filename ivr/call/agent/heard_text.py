"""Tell what the caller heard of a reply, in words.

Marks and the play clock say how many milliseconds of each sentence were played. Speech has a nearly even pace, so the
share of the audio is the share of the text. The next request tells the agent both halves, so that it does not refer to
what never reached the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ivr.call.timeline import Sentence

_WITH_BLANKS: Final = re.compile(r"\s*\S+\s*")
"""A word with the blanks around it."""

FAST_SPEECH_MS_PER_CHARACTER: Final = 80
"""How long a text lasts at least while its audio is not all there: the pace of a fast speaker."""


def split(text: str, share: float) -> tuple[str, str]:
    """Cut a text after the last word that lies wholly in its first `share` (0 to 1)."""
    if share >= 1:
        return text, ""
    limit = len(text) * max(0.0, share)
    cut = 0
    for word in _WITH_BLANKS.finditer(text):
        # A word counts as heard only when all of it was played.
        if len(text[: word.end()].rstrip()) > limit:
            break
        cut = word.end()
    return text[:cut], text[cut:]


def share_of(sentence: Sentence) -> float:
    """Return the share of the sentence's audio that was heard, 0 to 1."""
    # Only a returned last mark makes it all of it.
    if sentence.finished:
        return 1.0
    length = sentence.audio_ms
    if not sentence.whole:
        length = max(length, FAST_SPEECH_MS_PER_CHARACTER * len(sentence.spoken))
    return min(0.99, sentence.heard_ms / length) if length else 0.0


def halves(sentence: Sentence) -> tuple[str, str]:
    """Return a sentence as heard and unheard text, without what the next sentence says again."""
    heard, unheard = split(sentence.text, share_of(sentence))
    until = sentence.again_from
    if until is None:
        return heard, unheard
    if sentence.heard_ms >= sentence.audio_ms:
        return sentence.text[:until], ""
    return heard[:until], sentence.text[len(heard) : until]


def ledger(sentences: Iterable[Sentence]) -> tuple[str, str]:
    """Return the reply so far as heard and unheard text, sentences joined by a blank."""
    pairs = [halves(sentence) for sentence in sentences]
    heard, unheard = (" ".join(filter(None, (pair[side].strip() for pair in pairs))) for side in (0, 1))
    return heard, unheard
