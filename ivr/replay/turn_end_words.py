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
_TOLD_BY_WORDS: Final[Mapping[str, str]] = {
    "complete": "the words are complete",
    "open": "the words are not complete",
    "unknown": "the words do not tell",
}


def turn_end_words(fields: Mapping[str, Any]) -> str:
    """Return why a turn was over: the silence, the wait, and each piece of evidence."""
    found = [_TOLD_BY_WORDS.get(str(fields.get("words")), "the words were not judged")]
    if (rule := str(fields.get("rule", "none"))) != "none":
        found[0] += f" ({_RULES.get(rule, rule[:40])})"
    if "asked" in fields:
        found.append(f"the agent awaited {str(fields['asked']).replace('_', ' ')[:40]}")
    for name, what in (("voice", "the voice"), ("model", "the turn model")):
        if isinstance(weight := fields.get(name), int | float):
            says = "finished" if weight > 0 else "going on" if weight < 0 else "nothing"
            found.append(f"{what} says {says} ({weight:+.2f})")
    if isinstance(more := fields.get("caller_ms"), int):
        found.append(f"this caller is given {more} ms more")
    if fields.get("long") is True:
        found.append("the voice went on and on")
    held = " with the question held" if fields.get("held") is True else ""
    times = f"{fields.get('silence_ms', '?')} ms of silence{held}, where {fields.get('wait_ms', '?')} ms were enough"
    return f"{times}: {'; '.join(found)}"


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
