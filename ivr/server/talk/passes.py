"""Write and read what opens the softphone: one-time links, and the sessions that they are exchanged for.

    pass    base64url, unpadded, of   tag 32 | valid until 8 | nonce 12 | name of the line, UTF-8
    tag     HMAC-SHA256 over kind, time, nonce and line
    key     HKDF's extract step (RFC 5869) over a secret of the operator's

A link may be used once, and is known again by its nonce. It is exchanged by the page's own script and not by loading
the page: a chat program that looks at the link does not use it up. Times are of the wall clock, since another process
writes links than reads them.
"""

from __future__ import annotations

import base64
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ivr.config.settings import Settings

PassKind: TypeAlias = Literal["link", "session"]

NONCE_BYTES: Final = 12
LONGEST_PASS: Final = 400
"""Characters of a pass."""
LONGEST_LINE: Final = 100
"""Bytes of a line's name."""
SESSION_S: Final = 3600.0
"""Seconds for which a session is good."""
MOST_MINUTES: Final = 24 * 60
"""Minutes for which a link may be good at most."""
_HEAD: Final = struct.Struct(f">32sd{NONCE_BYTES}s")
_PASS_SALT: Final = b"ivr talk pass 1"


@dataclass(frozen=True, slots=True)
class Pass:
    """Say what a link or a session opens."""

    line: str
    """The name of the line that may be called; empty: any."""
    until: float
    """Seconds of the wall clock from which it is void."""
    nonce: bytes
    """Tells one from another."""


def pass_secrets(settings: Settings) -> tuple[bytes, ...]:
    """Return what signs passes, the first, and what they may be signed by. Empty: the operator has no secret."""
    # A subaccount's token is known to others than the operator.
    own = (settings.twilio_auth_token, settings.twilio_secondary_auth_token)
    found = [token.get_secret_value() for token in own if token.get_secret_value()]
    found += [key for key in settings.signing_keys.values() if key]
    return tuple(secret.encode("utf-8", "surrogatepass") for secret in found)


class Passes:
    """Write and read passes by the secrets of one moment."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._keys = [hmac.digest(_PASS_SALT, secret, "sha256") for secret in secrets]

    def __repr__(self) -> str:
        return f"<Passes {len(self._keys)} keys>"

    def write(self, kind: PassKind, given: Pass) -> str:
        """Return a pass as text. Raises ValueError without a secret, and for a line whose name is too long."""
        if not self._keys:
            raise ValueError("a link needs a secret: set TWILIO_AUTH_TOKEN")
        line = given.line.encode()
        if len(line) > LONGEST_LINE:
            raise ValueError(f"the line's name is longer than {LONGEST_LINE} bytes: give the line a shorter name")
        raw = _HEAD.pack(_tag(self._keys[0], kind, given, line), given.until, given.nonce) + line
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")

    def read(self, kind: PassKind, text: str, now: float) -> Pass | None:
        """Return what a pass opens at `now`, in seconds of the wall clock. None: it is not ours, or void."""
        raw = _decoded(text) if len(text) <= LONGEST_PASS else b""
        if len(raw) < _HEAD.size:
            return None
        tag, until, nonce = _HEAD.unpack_from(raw)
        line = raw[_HEAD.size :]
        given = Pass(line.decode("utf-8", "replace"), until, nonce)
        good = False
        for key in self._keys:
            good |= hmac.compare_digest(_tag(key, kind, given, line), tag)
        return given if good and now < until else None


def _tag(key: bytes, kind: PassKind, given: Pass, line: bytes) -> bytes:
    head = struct.pack(">Bd", len(kind), given.until)
    return hmac.digest(key, head + kind.encode() + given.nonce + line, "sha256")


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
