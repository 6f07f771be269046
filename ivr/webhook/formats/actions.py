"""Find what the agent asks for beside its words: that the call ends, or that a person takes over."""

from __future__ import annotations

import re
from typing import Any, Final

from ivr.webhook.formats.parts import Closing, Piece, Transferring
from ivr.webhook.formats.text_fields import TEXT_KEYS

_HANG_UPS: Final = ("hangup", "hang_up", "hang-up")
_IN_WRITTEN_NUMBERS: Final = re.compile(r"[\s().-]")


def actions_of(record: dict[str, Any]) -> list[Piece]:
    """Return what a record asks for: `Transferring` before `Closing`, each at most once."""
    # An action stands beside the words, in the object that holds them, or in `data`.
    parts = [record, *(record[key] for key in (*TEXT_KEYS, "data") if isinstance(record.get(key), dict))]
    found: list[Piece] = []
    for part in parts:
        if _is_true(part, "transfer") or part.get("action") == "transfer":
            number = part.get("to")
            found.append(Transferring(_IN_WRITTEN_NUMBERS.sub("", number) if isinstance(number, str) else ""))
            break
    if any(_is_true(part, "is_closing", "hang_up") or part.get("action") in _HANG_UPS for part in parts):
        found.append(Closing())
    return found


def _is_true(record: dict[str, Any], *keys: str) -> bool:
    # Models write booleans as strings too.
    return any(record.get(key) in (True, "true", "True") for key in keys)
