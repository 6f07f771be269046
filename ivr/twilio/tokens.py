"""One-time tokens: what ties the stream on `/media` to the call that was answered on `/voice`.

The voice webhook issues a token and the TwiML carries it to the stream's `start`. It says nothing about the caller, is
good for one stream of one call and for a short time, and is compared in constant time. Twilio may repeat the webhook:
a call that has a token not yet used gets the same one again, so both answers work.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_NOBODY: Final = "no such token"


@dataclass(slots=True)
class _Issued:
    token: str
    deadline: float
    """`now` from which the token is void."""


def mint() -> str:
    """43 characters of 256 random bits."""
    return secrets.token_urlsafe(32)


class Tokens:
    """The tokens that are out. Bounded: the oldest is withdrawn when there are too many."""

    def __init__(self, ttl: float = 60.0, limit: int = 10_000, mint: Callable[[], str] = mint) -> None:
        """`ttl`: seconds from the webhook's answer to the stream's start. `limit`: tokens that may be out at once."""
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
        """The token of this call; the same one, with new time, as long as it was not used."""
        self._expire(now)
        known = self._issued.pop(call_sid, None)
        token = known.token if known else self._mint()
        self._issued[call_sid] = _Issued(token, now + self._ttl)
        if len(self._issued) > self._limit:
            del self._issued[next(iter(self._issued))]
        return token

    def redeem(self, token: str, call_sid: str, now: float) -> bool:
        """Whether this is the call's token. True once; a wrong guess does not use it up."""
        known = self._issued.get(call_sid)
        expected = known.token if known and now < known.deadline else _NOBODY
        good = hmac.compare_digest(_bytes(expected), _bytes(token)) and expected is not _NOBODY
        if good:
            del self._issued[call_sid]
        return good

    def _expire(self, now: float) -> None:
        for call_sid in list(self._issued):
            if now < self._issued[call_sid].deadline:
                return
            del self._issued[call_sid]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
