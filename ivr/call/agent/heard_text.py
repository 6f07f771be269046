"""What the caller heard of a reply, in words.

Marks and the play clock say how many milliseconds of each sentence were played. A voice speaks at a nearly even pace,
so the share of the audio is the share of the text; a word counts as heard only when all of it was played. The next
request tells the agent both halves, so that it does not refer to what never reached the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ivr.call.timeline import Sentence

_WORD = re.compile(r"\s*\S+\s*")


def split(text: str, share: float) -> tuple[str, str]:
    """Cut a text after the last word that lies wholly in its first `share` (0 to 1)."""
    if share >= 1:
        return text, ""
    limit = len(text) * max(0.0, share)
    cut = 0
    for word in _WORD.finditer(text):
        if len(text[: word.end()].rstrip()) > limit:
            break
        cut = word.end()
    return text[:cut], text[cut:]


MS_PER_CHARACTER = 80
"""A fast voice: how long a text lasts at least while its audio is not all there (reference table of the voice)."""


def share_of(sentence: Sentence) -> float:
    """Of the sentence's audio, the share that was heard. Only a returned last mark makes it all of it."""
    if sentence.finished:
        return 1.0
    length = sentence.audio_ms
    if not sentence.whole:
        length = max(length, MS_PER_CHARACTER * len(sentence.spoken))
    return min(0.99, sentence.heard_ms / length) if length else 0.0


def halves(sentence: Sentence) -> tuple[str, str]:
    """A sentence as heard and unheard text. What the next one says again is that one's."""
    said, cut = split(sentence.text, share_of(sentence))
    until = sentence.again_from
    if until is None:
        return said, cut
    if sentence.heard_ms >= sentence.audio_ms:
        return sentence.text[:until], ""
    return said[:until], sentence.text[len(said) : until]


def ledger(sentences: Iterable[Sentence]) -> tuple[str, str]:
    """The reply so far as (heard, unheard) text, sentences joined by a blank."""
    heard: list[str] = []
    unheard: list[str] = []
    for sentence in sentences:
        said, cut = halves(sentence)
        heard.append(said.strip())
        unheard.append(cut.strip())
    return " ".join(filter(None, heard)), " ".join(filter(None, unheard))
