"""How the carrier signs: written from its documentation alone, so that the bridge's check is tested against it.

The URL as it was requested, without user, password and fragment; over https and wss without the port; then each form
field, sorted by name, name and value run together; an HMAC of that under the account's token, in base64.
https://www.twilio.com/docs/usage/webhooks/webhooks-security

With a shared key (`SharedKey`) the secret and the algorithm are the key's, named in a second header.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

Algorithm: TypeAlias = Literal["HMAC_SHA1", "HMAC_SHA256"]
Honesty: TypeAlias = Literal["right", "wrong", "missing"]

SIGNATURE = "X-Twilio-Signature"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A key of the customer's own, in place of the account's token."""

    key_id: str
    secret: str = field(repr=False)
    algorithm: Algorithm = "HMAC_SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one account."""

    auth_token: str = field(repr=False)
    shared_key: SharedKey | None = None
    honesty: Honesty = "right"
    """`wrong` and `missing` are for tests of the other side."""

    def headers(self, url: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
        """The signature headers of a request of `url` (as the other side calls itself) with a form of `fields`."""
        if self.honesty == "missing":
            return {}
        key = self.shared_key
        secret = key.secret if key else self.auth_token
        if self.honesty == "wrong":
            secret += "x"
        signed = {SIGNATURE: signature(secret, url, fields, key.algorithm if key else "HMAC_SHA1")}
        return signed | {SETTINGS: f"key={key.key_id},algorithm={key.algorithm}"} if key else signed


def signature(
    secret: str, url: str, fields: Mapping[str, str] | None = None, algorithm: Algorithm = "HMAC_SHA1"
) -> str:
    """The signature itself."""
    text = signed_url(url) + "".join(name + value for name, value in sorted((fields or {}).items()))
    digest = "sha256" if algorithm == "HMAC_SHA256" else "sha1"
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()


def signed_url(url: str) -> str:
    """What of a URL is signed."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme in {"https", "wss"}:
        host, colon, port = place.rpartition(":")
        place = host if colon and port.isdigit() else place
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
