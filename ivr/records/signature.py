"""Sign what the receiver of events is told, and decide when it is told again.

Ivr-Signature: t=1764500000,v1=hex of HMAC-SHA256(secret, "1764500000." + body)
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

EVENT_SIGNATURE: Final = "Ivr-Signature"
EVENT_ID: Final = "Ivr-Event-Id"
LAST_S: Final = 3 * 86_400.0
"""Seconds after which an event that was never taken is given up."""
_DELAYS: Final = (5.0, 20.0, 60.0, 300.0, 900.0, 3600.0)
_JITTER: Final = 0.4
TOLERANCE_S: Final = 300.0
"""Seconds by which the clock of a receiver may be wrong."""


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the header for a body that is posted at this Unix time."""
    return f"t={at},v1={_digest(secret, at, body)}"


def is_signed(secret: str, header: str, body: bytes, now: float) -> bool:
    """Return whether a receiver that knows the secret should believe a body: for tests, and to copy."""
    fields = dict(part.partition("=")[::2] for part in header.split(","))
    at = fields.get("t", "")
    if not (at.isascii() and at.isdigit() and len(at) < 16) or abs(now - int(at)) > TOLERANCE_S:
        return False
    return hmac.compare_digest(fields.get("v1", "").encode(), _digest(secret, int(at), body).encode())


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()


def delay_of(tries: int, chance: float) -> float:
    """Return the seconds until an event is posted again that was tried so often. `chance`: 0 to 1."""
    base = _DELAYS[min(tries, len(_DELAYS)) - 1]
    return base * (1 + _JITTER * (chance - 0.5))


def is_over(happened_at: float, now: float) -> bool:
    """Return whether an event is too old to be posted again."""
    return now - happened_at > LAST_S
