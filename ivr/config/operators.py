"""Read who may see and steer the calls: the names, roles and tokens of `IVR_BOARD_TOKENS`.

    name:role:token[:until=2027-01-31]     separated by commas

A role includes those before it: `view` sees the calls, `listen` hears them and reads their words, `act` ends, transfers
and speaks. A token is never shown, not even a wrong one: messages name the place of an entry.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["view", "listen", "act"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""From the least to the most."""
SHORTEST_BOARD_TOKEN: Final = 24
"""Characters of a token: anyone on the internet may try to guess it."""
LONGEST_BOARD_TOKEN: Final = 200
_OPERATOR_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TOKEN_SIGNS: Final = re.compile(r"[!-~]+")
_UNTIL: Final = re.compile(r"until=([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FEW: Final = 8
"""Different characters of a token that is not drawn by chance."""


@dataclass(frozen=True, slots=True)
class OperatorToken:
    """Hold one entry. The token itself is not kept, only what it is known again by."""

    name: str
    role: Role
    digest: bytes = field(repr=False)
    """SHA-256 of the token."""
    key: bytes = field(repr=False)
    """Signs what is good only as long as the token is."""
    until: float | None = None
    """Unix seconds at which it expires; None: never."""

    def fits(self, token: str) -> bool:
        """Tell whether this is the token, in a time that says nothing of it."""
        return hmac.compare_digest(digest_of(token), self.digest)

    def expired(self, now: float) -> bool:
        """Tell whether the token is good no more. `now`: Unix seconds."""
        return self.until is not None and now >= self.until


def digest_of(token: str) -> bytes:
    """Return what a token is known by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def may(role: Role, needed: Role) -> bool:
    """Tell whether a role includes another."""
    return ROLES.index(role) >= ROLES.index(needed)


def read_operators(written: str) -> tuple[list[OperatorToken], list[str]]:
    """Return the entries, and what is wrong with the others, a sentence each without a secret."""
    found: list[OperatorToken] = []
    faults: list[str] = []
    for place, entry in enumerate(_entries(written), 1):
        outcome = _read(entry)
        if isinstance(outcome, OperatorToken):
            found.append(outcome)
        else:
            faults.append(f"entry {place}: {outcome}")
    names, digests = [one.name for one in found], [one.digest for one in found]
    if len(set(names)) < len(names):
        faults.append("has a name twice: give each entry a name of its own")
    if len(set(digests)) < len(digests):
        faults.append("has a token twice: give each entry a token of its own")
    return found, faults


def _entries(written: str) -> Iterable[str]:
    return (entry.strip() for entry in written.split(",") if entry.strip())


def _read(entry: str) -> OperatorToken | str:
    """Return what an entry says, or what is wrong with it."""
    name, role, token, *rest = entry.split(":") + [""] * max(0, 2 - entry.count(":"))
    if not _OPERATOR_NAME.fullmatch(name):
        return "write name:role:token, the name with up to 32 letters, digits and ._-"
    if role not in ROLES:
        return "the role is none: write view, listen or act"
    if not _TOKEN_SIGNS.fullmatch(token) or not SHORTEST_BOARD_TOKEN <= len(token) <= LONGEST_BOARD_TOKEN:
        bounds = f"{SHORTEST_BOARD_TOKEN} to {LONGEST_BOARD_TOKEN}"
        return f"the token is too short to be safe: write {bounds} letters and digits, drawn by chance"
    if len(set(token)) < _FEW:
        return "the token is easy to guess: write one that is drawn by chance"
    until = None
    if rest and (len(rest) > 1 or (until := _end_of(rest[0])) is None):
        return "what follows the token is no date: write until=2027-01-31, or nothing"
    key = hmac.digest(token.encode(), b"ivr board cookie 1", "sha256")
    return OperatorToken(name, role, digest_of(token), key, until)


def _end_of(written: str) -> float | None:
    """Return the end of the day that is named, in Unix seconds (UTC). None: it names none."""
    match = _UNTIL.fullmatch(written)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return float(calendar.timegm((year, month, day, 0, 0, 0)) + 86_400)
