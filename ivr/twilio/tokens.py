"""Issue one-time tokens, which tie the stream on `/media` to the call that was answered on `/voice`.

The voice webhook issues a token and the TwiML carries it to the stream's `start`. A token tells nothing about the
caller. It serves one stream of one call, for a short time.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_NO_TOKEN: Final = "no such token"


@dataclass(slots=True)
class _Issued:
    """Hold the token of one call."""

    token: str
    deadline: float
    """`now` from which the token is void."""


def mint() -> str:
    """Return 256 random bits as 43 characters."""
    return secrets.token_urlsafe(32)


class Tokens:
    """Hold the tokens that are out. When there are too many, the oldest is withdrawn."""

    def __init__(self, ttl: float = 60.0, limit: int = 10_000, mint: Callable[[], str] = mint) -> None:
        """Take `ttl`, in seconds from the webhook's answer to the stream's start, and `limit`, tokens out at once."""
        if ttl <= 0 or limit < 1:
            raise ValueError("a token needs time to live and room")
        self._ttl = ttl
        self._limit = limit
        self._mint = mint
        self._issued: dict[str, _Issued] = {}
        """By call, oldest deadline first."""

    def __len__(self) -> int:
        return len(self._issued)

    def __repr__(self) -> str:
        return f"<Tokens {len(self._issued)} out>"

    def issue(self, call_sid: str, now: float) -> str:
        """Return the token of a call. A second time: the same token with new time, while it was not used."""
        # Oldest deadline first: the first that is still good ends the search.
        for known_sid in list(self._issued):
            if now < self._issued[known_sid].deadline:
                break
            del self._issued[known_sid]
        # Twilio may repeat the webhook, and both answers have to work.
        known = self._issued.pop(call_sid, None)
        token = known.token if known else self._mint()
        self._issued[call_sid] = _Issued(token, now + self._ttl)
        if len(self._issued) > self._limit:
            del self._issued[next(iter(self._issued))]
        return token

    def redeem(self, token: str, call_sid: str, now: float) -> bool:
        """Return whether this is the call's token. True once. A wrong guess does not use the token up."""
        known = self._issued.get(call_sid)
        expected = known.token if known and now < known.deadline else _NO_TOKEN
        # Constant time, also for a call without a token.
        good = hmac.compare_digest(_bytes(expected), _bytes(token)) and expected is not _NO_TOKEN
        if good:
            del self._issued[call_sid]
        return good


def _bytes(text: str) -> bytes:
    """Return any text as bytes, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")
