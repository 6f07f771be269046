"""What the agent wants done once its words were heard: the call ended, or a person to take over.

It stands beside the words, in an object that is their value or in `data`, or in a record of its own.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ivr.webhook.formats.parts import Closing, Piece, Transferring
from ivr.webhook.formats.text_fields import SAYING

_HANG_UPS: Final = ("hangup", "hang_up", "hang-up")
_FOR_THE_EYE: Final = re.compile(r"[\s().-]")


def wishes(record: dict[str, Any]) -> list[Piece]:
    """What a record asks for: `Transferring` before `Closing`, each at most once."""
    parts = [record, *(record[key] for key in (*SAYING, "data") if isinstance(record.get(key), dict))]
    return [*_transfers(parts), *_closes(parts)]


def _says(record: dict[str, Any], *names: str) -> bool:
    return any(record.get(name) in (True, "true", "True") for name in names)


def _closes(parts: list[dict[str, Any]]) -> list[Piece]:
    """Whether the conversation is over."""
    closing = any(_says(part, "is_closing", "hang_up") or part.get("action") in _HANG_UPS for part in parts)
    return [Closing()] if closing else []


def _transfers(parts: list[dict[str, Any]]) -> list[Piece]:
    """Whether a person should take over, and who."""
    for part in parts:
        if _says(part, "transfer") or part.get("action") == "transfer":
            number = part.get("to")
            return [Transferring(_FOR_THE_EYE.sub("", number) if isinstance(number, str) else "")]
    return []
