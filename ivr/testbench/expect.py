"""What a scenario expects of a call, held against what came of it (`result`).

Pure. Everything that is expected is a bound or words: what is not named is not judged. Words are compared without
case, punctuation and marks over letters, and have to stand side by side.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class StepExpects:
    """What should come of one thing the caller does."""

    answer_ms: float | None = None
    """From the caller's last sound to the first of the answer, at most. A filler is none."""
    transcript: tuple[str, ...] = ()
    """Words that are understood."""
    heard: tuple[str, ...] = ()
    """Words of the answer that the caller hears."""


@dataclass(frozen=True, slots=True)
class CallExpects:
    """What a call should be as a whole."""

    ended_by: str = ""
    """`agent`, `caller`, `carrier` (an update by REST), `lost` (the socket died), `refused` (no stream); empty: any."""
    first_audio_ms: float | None = None
    """From the stream's first sample to the agent's, at most."""
    silence_ms: float | None = None
    """The longest silence, at most."""
    underruns: float | None = None
    """Gaps inside an answer, at most."""


ANY_STEP: Final = StepExpects()
ANY_CALL: Final = CallExpects()
"""Nothing is expected."""


def unmet(call: CallExpects, steps: Sequence[StepExpects], result: Mapping[str, Any]) -> list[str]:
    """What was expected and did not come, one line each. `steps`: of those in which the caller does something."""
    found = [*_call(call, result)]
    acts = [turn for turn in result["turns"] if turn["kind"] != "greeting"]
    for number, wanted in enumerate(steps):
        if wanted == ANY_STEP:
            continue
        if number < len(acts):
            found += [f"{acts[number]['said']!r}: {words}" for words in _step(wanted, acts[number], result["untold"])]
        else:
            found.append(f"what the caller does as number {number + 1} was not reached")
    return found


def _call(wanted: CallExpects, result: Mapping[str, Any]) -> Iterator[str]:
    if wanted.ended_by and result["ended_by"] != wanted.ended_by:
        yield f"ended by {result['ended_by'] or 'nobody'}, not by {wanted.ended_by}"
    yield from _at_most("the agent's first sound", result["first_audio_ms"], wanted.first_audio_ms)
    yield from _at_most("the longest silence", result["silence_ms"], wanted.silence_ms)
    gaps = len(result["underruns_ms"])
    if wanted.underruns is not None and gaps > wanted.underruns:
        doubt = "" if result["untold"] is None else f"; some may be behind a filler, not known: {result['untold']}"
        yield f"{gaps} underruns, at most {wanted.underruns:g} expected{doubt}"


def _step(wanted: StepExpects, act: Mapping[str, Any], untold: str | None) -> Iterator[str]:
    sound = act["sound_ms"]
    if wanted.answer_ms is not None and untold is not None and sound is not None and sound <= wanted.answer_ms:
        yield f"a sound after {sound:.0f} ms; whether it was the answer or a filler is not known: {untold}"
    else:
        yield from _at_most("the answer", sound if untold is not None else act["answer_ms"], wanted.answer_ms)
    for name, words in (("transcript", wanted.transcript), ("heard", wanted.heard)):
        for one in words:
            if act[name] is None:
                yield f"{name} {one!r}: not known: {untold}"
            elif f" {_folded(one)} " not in f" {_folded(act[name])} ":
                yield f"{name}: {act[name]!r}, without {one!r}"


def _at_most(what: str, ms: float | None, bound: float | None) -> Iterator[str]:
    if bound is None:
        return
    if ms is None:
        yield f"{what} never came"
    elif ms > bound:
        yield f"{what} after {ms:.0f} ms, at most {bound:.0f} expected"


def _folded(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))
