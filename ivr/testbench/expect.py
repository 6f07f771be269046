"""Judge a call by what its scenario expects. Pure.

An expectation is a bound or words. What a scenario does not name is not judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class StepExpects:
    """Hold what is expected after one thing that the caller does."""

    answer_ms: float | None = None
    """From the caller's last sound to the answer's first, at most. A filler is no answer."""
    transcript: tuple[str, ...] = ()
    """Words that the transcript has to hold."""
    heard: tuple[str, ...] = ()
    """Words of the answer that the caller has to hear."""


@dataclass(frozen=True, slots=True)
class CallExpects:
    """Hold what is expected of a call as a whole."""

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
    """Return what was expected and did not come, one line each.

    `steps`: the expectations of the steps in which the caller acts. `result`: as `ivr.testbench.report.result`.
    """
    found = []
    if call.ended_by and result["ended_by"] != call.ended_by:
        found.append(f"ended by {result['ended_by'] or 'no side'}, not by {call.ended_by}")
    found += _at_most("the agent's first sound", result["first_audio_ms"], call.first_audio_ms)
    found += _at_most("the longest silence", result["silence_ms"], call.silence_ms)
    gaps = len(result["underruns_ms"])
    if call.underruns is not None and gaps > call.underruns:
        # Without the bridge's turns, a pause between a filler and its answer looks like an underrun.
        doubt = "" if result["untold"] is None else f"; some may be behind a filler, not known: {result['untold']}"
        found.append(f"{gaps} underruns, at most {call.underruns:g} expected{doubt}")
    acts = [turn for turn in result["turns"] if turn["kind"] != "greeting"]
    for number, wanted in enumerate(steps):
        if wanted == ANY_STEP:
            continue
        if number < len(acts):
            found += [f"{acts[number]['said']!r}: {words}" for words in _step(wanted, acts[number], result["untold"])]
        else:
            found.append(f"what the caller does as number {number + 1} was not reached")
    return found


def _step(wanted: StepExpects, act: Mapping[str, Any], untold: str | None) -> Iterator[str]:
    """Yield what did not come after one act of the caller."""
    sound = act["sound_ms"]
    # Without the bridge's turns, the first sound may be the answer or a filler.
    if wanted.answer_ms is not None and untold is not None and sound is not None and sound <= wanted.answer_ms:
        yield f"a sound after {sound:.0f} ms; whether it was the answer or a filler is not known: {untold}"
    else:
        yield from _at_most("the answer", sound if untold is not None else act["answer_ms"], wanted.answer_ms)
    for name, words in (("transcript", wanted.transcript), ("heard", wanted.heard)):
        # The words have to stand side by side.
        for one in words:
            if act[name] is None:
                yield f"{name} {one!r}: not known: {untold}"
            elif f" {_folded(one)} " not in f" {_folded(act[name])} ":
                yield f"{name}: {act[name]!r}, without {one!r}"


def _at_most(what: str, ms: float | None, bound: float | None) -> Iterator[str]:
    """Yield a fault when `what` came after `bound` milliseconds, or never."""
    if bound is None:
        return
    if ms is None:
        yield f"{what} never came"
    elif ms > bound:
        yield f"{what} after {ms:.0f} ms, at most {bound:.0f} expected"


def _folded(text: str) -> str:
    """Return the words without case, punctuation and marks over letters, as words are compared."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare))
