"""Sign requests as the carrier does.

This is written from Twilio's documentation alone, so that it tests the bridge's own check:
https://www.twilio.com/docs/usage/webhooks/webhooks-security
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
    """Hold a customer's own key, used in place of the account's token."""

    key_id: str
    secret: str = field(repr=False)
    algorithm: Algorithm = "HMAC_SHA256"


@dataclass(frozen=True, slots=True)
class Signer:
    """Sign the requests of one account."""

    auth_token: str = field(repr=False)
    shared_key: SharedKey | None = None
    honesty: Honesty = "right"
    """Whether signatures are right. `wrong` and `missing` are for tests of the bridge."""

    def headers(self, url: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the signature headers of a request for `url` (as the bridge calls itself) with a form of `fields`."""
        if self.honesty == "missing":
            return {}
        key = self.shared_key
        secret = key.secret if key else self.auth_token
        if self.honesty == "wrong":
            secret += "x"
        signed = {SIGNATURE: signature(secret, url, fields, key.algorithm if key else "HMAC_SHA1")}
        # Twilio's page on shared keys for webhooks: a second header names the key and its algorithm.
        return signed | {SETTINGS: f"key={key.key_id},algorithm={key.algorithm}"} if key else signed


def signature(
    secret: str, url: str, fields: Mapping[str, str] | None = None, algorithm: Algorithm = "HMAC_SHA1"
) -> str:
    """Return the signature: an HMAC of the URL and the form, in base64."""
    # Each form field is added in the order of the names, name and value run together.
    text = signed_url(url) + "".join(name + value for name, value in sorted((fields or {}).items()))
    digest = "sha256" if algorithm == "HMAC_SHA256" else "sha1"
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()


def signed_url(url: str) -> str:
    """Return the part of a URL that is signed."""
    parts = urlsplit(url)
    # User, password and fragment are never signed. The port is not signed over https and wss.
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme in {"https", "wss"}:
        host, colon, port = place.rpartition(":")
        place = host if colon and port.isdigit() else place
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
