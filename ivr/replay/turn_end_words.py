"""Say in words why a turn was over, and what became of a question asked ahead: the notes `turn_end` and `eager`.

What is on a tape was not checked, so every field is read with care.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_RULES: Final[Mapping[str, str]] = {
    "answer_whole": "they are all of what was asked for",
    "answer_part": "they are a part of what was asked for",
    "number_whole": "the number is whole",
    "number_part": "the number is not whole",
    "spelled_whole": "what is spelled is whole",
    "spelled_part": "what is spelled is not whole",
    "governs": "the last words need others behind them",
    "filler": "the caller thinks aloud",
    "clause": "a clause has no end yet",
    "subject": "something is named, and nothing said of it",
    "fragment": "they have no verb",
    "list": "more was announced",
    "mark": "a comma or a dash stands at their end",
    "short_answer": "they are a short answer",
    "closing": "they close a conversation",
    "question": "they are a whole question",
    "request": "they are a whole request",
    "sentence": "they are a whole sentence",
    "story": "they are a whole sentence that tells what happened",
    "stop": "a full stop stands at their end",
}
_DROPPED_BECAUSE: Final[Mapping[str, str]] = {
    "went_on": "the caller went on",
    "keys": "the caller typed",
    "refused": "the agent said nothing",
    "failed": "the agent or TTS failed",
    "over": "the call was over",
}
_MAY_BE: Final[Mapping[str, str]] = {
    "answer_part": "they may be all of what was asked for, or a part of it",
    "number_part": "the number may be whole, or a part of one",
}
"""Rules of words that do not tell."""
_AWAITED: Final[Mapping[str, str]] = {
    "digits": "a number", "yes_no": "yes or no", "name": "a name", "date": "a date or a time",
    "address": "an address", "email": "an e-mail address",
}  # fmt: skip
_HARDLY: Final = 0.25
"""A weight that tells hardly anything."""
_LATE_MS: Final = 40
"""Silence beyond the wait, two frames, for which there was a reason."""
_TOLD_BY_WORDS: Final[Mapping[str, str]] = {
    "complete": "the words are complete",
    "open": "the words are not complete",
    "unknown": "the words do not tell",
}


def turn_end_words(fields: Mapping[str, Any]) -> str:
    """Return why a turn was over: the silence, the wait, and each piece of evidence."""
    found = [_TOLD_BY_WORDS.get(str(fields.get("words")), "the words were not judged")]
    if (rule := str(fields.get("rule", "none"))) != "none":
        rules = {**_RULES, **_MAY_BE} if fields.get("words") == "unknown" else _RULES
        found[0] += f" ({rules.get(rule, rule[:40])})"
    if isinstance(weight := fields.get("words_weight"), int | float):
        found[0] += f", {weight:+.2f}"
    if "asked" in fields:
        asked = str(fields["asked"])
        found.append(f"the agent awaited {_AWAITED.get(asked, asked[:40])}")
    for name, what in (("voice", "the voice"), ("model", "the turn model")):
        if isinstance(weight := fields.get(name), int | float):
            says = "hardly tells" if abs(weight) < _HARDLY else "says finished" if weight > 0 else "says going on"
            found.append(f"{what} {says} ({weight:+.2f})")
    if isinstance(more := fields.get("caller_ms"), int):
        found.append(f"this caller is given {more} ms more")
    if fields.get("long") is True:
        found.append("the voice went on and on")
    return f"{_times(fields)}: {'; '.join(found)}"


def dropped_words(fields: Mapping[str, Any]) -> str:
    """Return why the answer to a question that was asked ahead was dropped. Empty: it was not."""
    outcome = str(fields.get("outcome", "?"))
    return "" if outcome == "used" else _DROPPED_BECAUSE.get(outcome, outcome[:40])


def eager_words(fields: Mapping[str, Any]) -> str:
    """Return what became of a question that was asked ahead."""
    turn = fields.get("turn", "?")
    if why := dropped_words(fields):
        return f"dropped the answer to turn {turn}, which was asked for ahead: {why}"
    return f"let the answer to turn {turn} sound, {fields.get('ms', '?')} ms sooner for being asked for ahead"


def _times(fields: Mapping[str, Any]) -> str:
    """Return how long it was silent, and how long would have been enough."""
    silence, wait, held = fields.get("silence_ms", "?"), fields.get("wait_ms", "?"), fields.get("held") is True
    times = f"{silence} ms of silence{' with the question held' if held else ''}, where {wait} ms were enough"
    if held or not isinstance(silence, int) or not isinstance(wait, int) or silence <= wait + _LATE_MS:
        return times
    # What the words say is known only when they are there.
    return f"{times} but the words were not there before"
