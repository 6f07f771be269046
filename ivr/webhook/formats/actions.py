"""Find what the agent asks for beside its words: that the call ends, a person takes over, or the caller has time."""

from __future__ import annotations

import functools
import re
from itertools import islice
from typing import Any, Final

from ivr.webhook.formats.parts import Closing, Failure, Piece, Transferring, Waiting
from ivr.webhook.formats.record_types import words_of_name
from ivr.webhook.formats.text_fields import objects_within

_HANG_UPS: Final = ("hangup", "endcall")
_CLOSING_KEYS: Final = ("isclosing", *_HANG_UPS)
_ACTION_KEYS: Final = frozenset({"action", "idle", "transfer", *_CLOSING_KEYS})
_LOOKED_AT: Final = 30
"""Objects of a token's record, at most."""
LONGEST_IDLE_S: Final = 600.0
"""Seconds of patience that an agent may ask for."""
_IN_WRITTEN_NUMBERS: Final = re.compile(r"[\s().-]")


def actions_of(record: dict[str, Any]) -> list[Piece]:
    """Return what a record asks for: `Waiting`, `Transferring`, `Closing`, in this order and each at most once."""
    # Nearly every record is a token of an answer, and asks for nothing.
    if not _may_ask(record):
        return []
    waits, transfers, closes = list[Piece](), list[Piece](), False
    for part in objects_within(record):
        action = part.get("action")
        action = "".join(words_of_name(action)) if isinstance(action, str) else ""
        # Models write booleans as strings too.
        true = [key for key, value in part.items() if value is True or value in ("true", "True")]
        asked = {"".join(words_of_name(key)) for key in true}
        if not transfers and (action == "transfer" or "transfer" in asked):
            number = part.get("to")
            transfers.append(Transferring(_IN_WRITTEN_NUMBERS.sub("", number) if isinstance(number, str) else ""))
        if "idle" in part and not waits:
            waits.append(_waiting(part["idle"]))
        closes = closes or action in _HANG_UPS or not asked.isdisjoint(_CLOSING_KEYS)
    return [*waits, *transfers, *([Closing()] if closes else [])]


def _may_ask(record: dict[str, Any]) -> bool:
    """Return whether a key of a record, or of an object inside it, may name an action."""
    waiting: list[Any] = [record]
    for part in islice(iter(waiting.pop, None), _LOOKED_AT):
        for key, value in part.items():
            if _names_action(key):
                return True
            if isinstance(value, dict):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [one for one in value if isinstance(one, dict)]
        if not waiting:
            return False
    # A record so large is looked at within the bounds of its readers.
    return True


@functools.lru_cache(1024)
def _names_action(key: str) -> bool:
    return "".join(words_of_name(key)) in _ACTION_KEYS


def _waiting(value: Any) -> Piece:
    """Return the patience that is asked for, in seconds of 1 to `LONGEST_IDLE_S`."""
    try:
        # Models write numbers as strings too; `true` is none.
        seconds = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return Failure("bad_idle")
    # `nan` is within no bounds.
    return Waiting(min(seconds, LONGEST_IDLE_S)) if seconds >= 1 else Failure("bad_idle")
