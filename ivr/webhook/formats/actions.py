"""Find what the agent asks for beside its words: that the call ends, or that a person takes over."""

from __future__ import annotations

import re
from typing import Any, Final

from ivr.webhook.formats.parts import Closing, Piece, Transferring
from ivr.webhook.formats.record_types import words_of_name
from ivr.webhook.formats.text_fields import objects_within

_HANG_UPS: Final = ("hangup", "endcall")
_CLOSING_KEYS: Final = ("isclosing", *_HANG_UPS)
_IN_WRITTEN_NUMBERS: Final = re.compile(r"[\s().-]")


def actions_of(record: dict[str, Any]) -> list[Piece]:
    """Return what a record asks for: `Transferring` before `Closing`, each at most once."""
    transfers, closes = list[Piece](), False
    for part in objects_within(record):
        action = part.get("action")
        action = "".join(words_of_name(action)) if isinstance(action, str) else ""
        # Models write booleans as strings too.
        true = [key for key, value in part.items() if value is True or value in ("true", "True")]
        asked = {"".join(words_of_name(key)) for key in true}
        if not transfers and (action == "transfer" or "transfer" in asked):
            number = part.get("to")
            transfers.append(Transferring(_IN_WRITTEN_NUMBERS.sub("", number) if isinstance(number, str) else ""))
        closes = closes or action in _HANG_UPS or not asked.isdisjoint(_CLOSING_KEYS)
    return [*transfers, Closing()] if closes else transfers
