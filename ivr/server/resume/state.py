"""Write and read where a call stands: JSON with the number of its version.

It holds what was said on the call, and its numbers. Nothing of it is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from ivr.call.events import Resumption

VERSION: Final = 1
LONGEST_KEPT_TEXT: Final = 4000
"""Characters of each text that are kept: the end of a question, the beginning of the rest of an answer."""
LONGEST_STATE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class CallState:
    """Hold what is kept of one call."""

    stands: Resumption
    caller: str = ""
    called: str = ""
    direction: str = "inbound"
    parameters: Mapping[str, str] = field(default_factory=dict)
    version: int = VERSION


_STATE: Final = msgspec.json.Decoder(CallState)


def write_state(state: CallState) -> bytes:
    """Return the state as bytes. What is too long is cut."""
    return msgspec.json.encode(fitted(state))


def fitted(state: CallState) -> CallState:
    """Return the state with its texts cut to what is kept of them."""
    stands = state.stands
    cut = {name: getattr(stands, name)[:LONGEST_KEPT_TEXT] for name in ("heard", "unheard", "rest")}
    cut |= {name: getattr(stands, name)[-LONGEST_KEPT_TEXT:] for name in ("question", "digits")}
    return replace(state, stands=replace(stands, **cut))


def read_state(written: bytes) -> CallState | None:
    """Return the state of these bytes. None: they are none, or of another version."""
    if len(written) > LONGEST_STATE:
        return None
    try:
        state = _STATE.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return state if state.version == VERSION else None
