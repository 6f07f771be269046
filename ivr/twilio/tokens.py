"""Write and read the tokens that tie the stream on `/media` to the call that was answered on `/voice`.

The TwiML carries a token to the stream's `start`, which may come to another process than the answer was given by. So a
token says itself what it is good for: it is signed, bound to one call and to a time, and holds what the answer knew of
the call. A token shows none of that to anyone without the key.

    token   base64url, unpadded, of   tag 32 | void at 8 | nonce 12 | the facts, deflated and sealed
    tag     HMAC-SHA256 over call id, time, nonce and facts
    seal    the facts are combined by XOR with SHAKE-256 of key and tag: what differs is sealed by another stream (the
            synthetic vector of RFC 5297, section 2.6), so a token may be written again with the nonce of the one before
    keys    HKDF's two steps (RFC 5869) over what the carrier and the bridge share

The carrier limits name and value of a parameter to under 500 characters together, and says nothing of how many
parameters it carries. So there is one token of one parameter: facts that are too long for it are left out, and are in
the common places (`ivr.server.shared`) alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_TOKEN: Final = 490
"""Characters; with the parameter's name they stay under 500."""
NONCE_BYTES: Final = 12
SETTLE_S: Final = 5.0
"""Seconds from a new secret to the first token that is signed by it: by then every worker has read it."""
_HEAD: Final = struct.Struct(f">32sd{NONCE_BYTES}s")
_TOLERANCE_S: Final = 5.0
"""Seconds by which the clock of a busy event loop may be behind that of another."""
_SALT: Final = b"ivr stream token 1"


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold what a good token says."""

    nonce: bytes
    """The same for all tokens of one place: the place is used once."""
    void_at: float
    """`now` from which the token is void."""
    facts: bytes
    """What the answer wrote into it; empty: it was too long."""


@dataclass(slots=True)
class _Key:
    """Hold the keys of one secret."""

    signing: bytes
    sealing: bytes
    signs_from: float
    """`now` from which it signs."""
    good_until: float
    """`now` from which nothing that it signed is good."""


class Tokens:
    """Write and read tokens. What was used already is not known here."""

    def __init__(self, secrets: Sequence[bytes], ttl: float = 60.0, skew: float = 0.0) -> None:
        """Take the secrets: the first signs, all are good. `ttl`: seconds for which a token is good at most.

        `skew`: seconds by which `now` may differ where tokens are issued and where they are read.
        """
        if ttl <= 0 or not secrets:
            raise ValueError("a token needs time to live and a secret")
        self._ttl = ttl
        self._skew = skew
        self._keys = [_key(secret, float("-inf")) for secret in secrets]
        """In the order in which they sign; those of former secrets at the end."""

    def __repr__(self) -> str:
        return f"<Tokens {len(self._keys)} keys>"

    def use_secrets(self, secrets: Sequence[bytes], now: float) -> None:
        """Take other secrets. A token that a former one signed is good until it is void."""
        known = {key.signing: key for key in self._keys if now < key.good_until}
        keys = [_key(secret, now + SETTLE_S) for secret in secrets]
        current = [known.pop(key.signing, key) for key in keys]
        for key in current:
            key.good_until = float("inf")
        for key in known.values():
            key.good_until = min(key.good_until, now + SETTLE_S + self._ttl + self._skew)
        self._keys = [*current, *known.values()]

    def issue(self, call_id: str, nonce: bytes, void_at: float, facts: Sequence[bytes], now: float) -> str:
        """Return the token of a call. It holds the first of `facts` that it has room for."""
        key = next(key for key in self._keys if key.signs_from <= now)

        def written(told: bytes) -> str:
            packed = zlib.compress(told, 9) if told else b""
            tag = _tag(key, call_id, void_at, nonce, packed)
            return _encoded(_HEAD.pack(tag, void_at, nonce) + _seal(key, tag, packed))

        return next(token for told in (*facts, b"") if len(token := written(told)) <= LONGEST_TOKEN)

    def read(self, token: str, call_id: str, now: float) -> Opened | None:
        """Return what a token of this call says. None: it is not of this call, not of this bridge, or void."""
        raw = _decoded(token) if len(token) <= LONGEST_TOKEN else b""
        if len(raw) < _HEAD.size:
            return None
        tag, void_at, nonce = _HEAD.unpack_from(raw)
        opened = None
        for key in self._keys:
            packed = _seal(key, tag, raw[_HEAD.size :])
            # Constant time, whichever call it is for.
            good = hmac.compare_digest(_tag(key, call_id, void_at, nonce, packed), tag)
            if good and now < key.good_until:
                opened = Opened(nonce, void_at, zlib.decompress(packed) if packed else b"")
        # The machine may have been started again since, and its clock with it.
        least, most = now - self._skew, now + self._ttl + _TOLERANCE_S + self._skew
        return opened if least < void_at <= most else None


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(token: str) -> bytes:
    """Return the bytes of a token; none for one that is written otherwise than `_encoded` does."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
    # The decoder skips what is no base64, and the last bits.
    return raw if _encoded(raw) == token else b""


def _key(secret: bytes, signs_from: float) -> _Key:
    """Return the keys of a secret, which serve nothing else."""
    chosen = hmac.digest(_SALT, secret, "sha256")
    signing, sealing = (hmac.digest(chosen, use, "sha256") for use in (b"sign\1", b"seal\1"))
    return _Key(signing, sealing, signs_from, float("inf"))


def _tag(key: _Key, call_id: str, void_at: float, nonce: bytes, packed: bytes) -> bytes:
    called = call_id.encode("utf-8", "surrogatepass")
    # Every part but the last has its length in front, or always the same: no two different ones read alike.
    return hmac.digest(key.signing, struct.pack(">Id", len(called), void_at) + called + nonce + packed, "sha256")


def _seal(key: _Key, tag: bytes, facts: bytes) -> bytes:
    """Seal facts, or open them again."""
    size = len(facts)
    stream = hashlib.shake_256(key.sealing + tag).digest(size)
    return (int.from_bytes(facts, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
