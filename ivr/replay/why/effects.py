"""Name what happened on a call, so that a developer can ask why: `clear at 25.72`, `yield 2`, `turn 4 begun`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from ivr.replay.compare.words import command, fields_of
from ivr.replay.tape import CommandRecord
from ivr.replay.terminal_text import quote
from ivr.replay.why.trace import TracedMoment

NEAR_S: Final = 0.5
"""How far a time that is asked for may be from an effect's, in seconds."""
NEAREST_NAMES: Final = 6
"""Names that are offered for one that is not known."""


class UnknownEffect(Exception):
    """Report that nothing of this name happened on the call. The message is for the developer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold one thing that happened."""

    name: str
    """Unique in its call."""
    sort: str
    """Its name with a place for the number: `turn {} begun`."""
    index: int
    """Of its moment."""
    now: float
    """Seconds of the driver's clock."""
    what: str
    """In words."""
    text: str = ""
    """Words that tell it from others of its sort: a sentence that was not said."""


def effects(moments: Sequence[TracedMoment], began_at: float) -> list[Effect]:
    """Return what happened, in order. `began_at`: of the call, in seconds of the driver's clock."""
    found: list[Effect] = []
    counts: Counter[str] = Counter()
    yields = 0

    def add(moment: TracedMoment, sort: str, what: str, number: str = "", text: str = "") -> None:
        counts[sort] += 1
        found.append(Effect(sort.format(number or counts[sort]), sort, moment.index, moment.now, what, text))

    for moment in moments:
        if moment.yields > yields:
            yields = moment.yields
            add(moment, "yield {}", "the agent fell silent for the caller's voice")
        for record in moment.records:
            sort, number = sort_of(record)
            if record[0] == "SendClear":
                number = f"{moment.now - began_at:.2f}"
            if sort:
                add(moment, sort, command(record), number)
        if moment.closed is not None:
            for sentence in moment.closed.sentences:
                if sentence.text and not sentence.finished:
                    number = f"{sentence.number} of turn {moment.closed.number}"
                    heard = f", {sentence.heard_ms} ms were heard" if sentence.heard_ms else ""
                    what = f"{quote(sentence.text)} was not said to its end{heard}"
                    add(moment, "sentence {} dropped", what, number, sentence.text)
    return _unique(found)


def sort_of(record: CommandRecord) -> tuple[str, str]:
    """Return what a command is called, and its number if it has one of its own. Empty: it is no effect."""
    said = fields_of(record)
    match record[0]:
        case "SendClear":
            return "clear at {}", ""
        case "Transcribe":
            return "utterance {} sent", str(said.get("utterance"))
        case "RequestReply":
            return "turn {} begun", str(said.get("turn"))
        case "Speak":
            return "sentence {} asked for", f"{said.get('sentence')} of turn {said.get('turn')}"
        case "Transfer":
            return "transfer", ""
        case "HangUp":
            return "hang up", ""
        case "Note":
            return sort_of_note(str(said.get("name")), said.get("fields"))
        case _:
            return "", ""


def sort_of_note(name: str, said: object) -> tuple[str, str]:
    told = said if isinstance(said, Mapping) else {}
    match name:
        case "overlap":
            return "verdict {}", ""
        case "turn_end":
            return "end of turn {}", str(told.get("turn"))
        case "eager":
            return "turn {} asked ahead", str(told.get("turn"))
        case "turn":
            return "turn {} closed", str(told.get("turn"))
        case "phrase":
            return "phrase {}", str(told.get("name")).replace("_", " ")
        case "levels":
            return "", ""
        case _:
            # A brace in a name is no place for a number.
            return name.replace("_", " ").replace("{", "").replace("}", "") + " {}", ""


def _unique(found: list[Effect]) -> list[Effect]:
    """Return effects, those that happened twice under one name left out."""
    seen: dict[str, Effect] = {}
    for one in found:
        seen.setdefault(one.name, one)
    return list(seen.values())


def effect_called(asked: str, known: Sequence[Effect], began_at: float) -> Effect:
    """Return the effect that a developer means. Raises UnknownEffect, which names the nearest ones.

    The words may come in any order, and some may be left out: `turn 4`, `sentence 3 dropped`, `clear at 25.7`.
    """
    words = asked.lower().replace("_", " ").replace("hangup", "hang up").split()
    at = _time(words)
    if at is not None:
        rest = [word for word in words if word != "at" and _seconds(word) is None]
        timed = [one for one in known if _means(rest, one.name.split())]
        near = min(timed, key=lambda one: abs(one.now - began_at - at), default=None)
        if near is not None and abs(near.now - began_at - at) <= NEAR_S:
            return near
    named = [one for one in known if words and _means(words, one.name.split())]
    if named:
        # Words in the order of the name mean it first. The shortest name says nothing that was not asked for.
        pattern = re.compile(r"\b.*\b".join(map(re.escape, words)))
        return min(named, key=lambda one: (pattern.search(one.name) is None, len(one.name.split()), one.index))
    names = [one.name for one in known]
    nearest = get_close_matches(" ".join(words), names, NEAREST_NAMES, 0.3) or names[:NEAREST_NAMES]
    raise UnknownEffect(
        f"nothing called {asked!r} happened; nearest are: {', '.join(nearest) or 'none'} (`--why list` has all)"
    )


def _means(asked: Sequence[str], name: Sequence[str]) -> bool:
    """Return whether each word that was asked for is in a name, as often as it was asked for."""
    have, want = Counter(name), Counter(asked)
    return all(have[word] >= many for word, many in want.items())


def _time(words: Sequence[str]) -> float | None:
    """Return the time that is asked for, in seconds of the call: `25.72`, `00:25.720`."""
    return next((at for word in words if (at := _seconds(word)) is not None), None)


def _seconds(word: str) -> float | None:
    parts = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,5}(?:\.\d+)?)", word)
    if parts is None or ("." not in word and parts[1] is None):
        return None
    return int(parts[1] or 0) * 60 + float(parts[2])
