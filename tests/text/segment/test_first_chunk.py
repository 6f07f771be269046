"""Test how soon TTS gets its first chunk, on the demo agent's replies at the pace of a real agent.

Tokens of one to four characters come at 61 characters a second. The test compares with two other rules: the first full
stop, and the first full stop after 50 characters. Run with `-s` to see the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from ivr.testbench.agent.conversation import four_sentences
from ivr.testbench.agent.dialogue import LINES, Language
from ivr.testbench.agent.script import tokens_of
from ivr.text.segment.chunker import Chunker

PACE = 61.0
"""Characters a second."""
_STOPS = (".", "؟", "!", "?")


def replies(language: Language) -> Iterator[str]:
    yield from (line.format(tail="541") for line in LINES[language].values())
    if language == "ar":
        yield four_sentences()


def arrivals(text: str) -> Iterator[tuple[float, str]]:
    arrived = 0
    for token in tokens_of(text):
        arrived += len(token)
        yield arrived / PACE, token


def first_chunk(text: str, language: Language) -> float:
    """Return the seconds from the first character to the first chunk."""
    chunker = Chunker(language)
    now = 0.0
    for now, token in arrivals(text):
        due = chunker.wake_at()
        if due is not None and due <= now and chunker.tick(due):
            return due
        if chunker.push(token, now):
            return now
    assert chunker.finish()
    return now


def first_stop(text: str, least: int = 0) -> float:
    """Return the seconds to the first full stop that ends what came so far, or to the end of the reply."""
    so_far, now = "", 0.0
    for now, token in arrivals(text):
        so_far += token
        if len(so_far.strip()) >= least and so_far.rstrip().endswith(_STOPS):
            return now
    return now


def p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def test_first_chunk_comes_before_the_first_full_stop() -> None:
    for language in ("ar", "en"):
        texts = list(replies(language))
        ours = [first_chunk(text, language) for text in texts]
        stop = [first_stop(text) for text in texts]
        least = [first_stop(text, 50) for text in texts]
        for name, times in (("first chunk", ours), ("first full stop", stop), ("50 and a stop", least)):
            print(f"{language} {name:16} mean {mean(times):.2f} s  p95 {p95(times):.2f} s  of {len(times)}")
        assert mean(ours) < mean(stop) < mean(least)
        assert p95(ours) < p95(stop)
        assert max(ours) <= (80 + 6) / PACE if language == "ar" else (90 + 6) / PACE
