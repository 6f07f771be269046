"""Check whether a request is Twilio's.

Twilio signs the URL it asked for and every field of the form: base64(HMAC(secret, url + name1 + value1 + ...)), names
sorted. `twilio`'s RequestValidator computes the HMAC. A bridge behind a proxy needs more than its `validate` does:

    the URL    is made from the configured public URL, never from the request's Host. Every way is tried in which
               Twilio writes it: with and without the port, and a WebSocket with and without a slash at the end.
    the keys   the auth token (two while tokens are rotated), or a shared key that the request names, together with
               its algorithm, in X-Twilio-Webhooks-Signature-Settings. Only the named key is used.
    the rest   a missing or odd header is a refusal, never an exception.

Spec: https://www.twilio.com/docs/usage/webhooks/webhooks-security.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator  # type: ignore[import-untyped]

from ivr.twilio.form import Form

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
_SIGNATURE_LENGTHS: Final = {HMAC_SHA1: 28, HMAC_SHA256: 44}
"""Characters of a signature, by algorithm."""
_STREAM_SCHEMES: Final = {"https": ("wss",), "http": ("ws", "wss")}
_DEFAULT_PORTS: Final = {"wss": 443, "https": 443, "ws": 80, "http": 80}
_NOTHING: Final = Form([])

SignatureRefusal: TypeAlias = Literal[
    "no_signature", "unknown_key", "unknown_algorithm", "shared_key_required", "wrong_signature"
]


def allowed_urls(public_url: str, path: str, query: str = "", websocket: bool = False) -> list[str]:
    """Return every way in which Twilio may have written the URL of a request, the likeliest first.

    `path` and `query` are as they came, with their percent-encoding. `path` begins with a slash and does not hold the
    path of `public_url`.
    """
    base = urlsplit(public_url)
    full = base.path.rstrip("/") + path
    # A proxy may add a slash at the end or take it off, and Twilio itself adds one to a WebSocket's path.
    paths = [full, full.removesuffix("/") if full.endswith("/") else f"{full}/"]
    # A WebSocket of an https URL is wss; one of a developer's http URL is ws or wss.
    schemes = _STREAM_SCHEMES[base.scheme] if websocket else (base.scheme,)
    tail = f"?{query}" if query else ""
    return [
        f"{scheme}://{host}{path}{tail}"
        for scheme in schemes
        for path in paths
        for host in _hosts(scheme, base.netloc.rpartition("@")[2], base.port)
    ]


def _hosts(scheme: str, host: str, port: int | None) -> list[str]:
    """Return the ways in which Twilio writes a host: over TLS, and on default ports, with and without the port."""
    default = _DEFAULT_PORTS[scheme]
    if port is not None:
        host = host.removesuffix(f":{port}")
    with_port = f"{host}:{port or default}"
    if scheme in ("http", "ws") and port not in (None, default):
        return [with_port]
    return [host, with_port]


class Signatures:
    """Check signatures against the configured secrets."""

    def __init__(
        self, auth_tokens: Sequence[str], shared_keys: Mapping[str, str] | None = None, require_shared: bool = False
    ) -> None:
        """Take the secrets; `shared_keys` by key id. Without any secret every request is refused."""
        self._tokens = [RequestValidator(token) for token in auth_tokens if token]
        self._keys = {key: RequestValidator(secret) for key, secret in (shared_keys or {}).items() if secret}
        self._require_shared = require_shared

    def __repr__(self) -> str:
        must = " required" if self._require_shared else ""
        return f"<Signatures {len(self._tokens)} tokens, {len(self._keys)} shared keys{must}>"

    def refusal(
        self, urls: Sequence[str], form: Form | None, signature: str | None, settings: str | None = None
    ) -> SignatureRefusal | None:
        """Return why a request is not Twilio's. None: it is.

        `urls`: see `allowed_urls`. `form`: the posted fields; None for GET and for a WebSocket. `signature` and
        `settings`: the values of the two headers.
        """
        early = self.early_refusal(signature, settings)
        if early is not None or signature is None:
            return early or "no_signature"
        key, algorithm = _named(settings)
        secrets = self._tokens if key is None else [self._keys[key]]
        given = signature.encode("utf-8", "surrogatepass")
        # All URLs sign the same form: it is put together once, since it may be long.
        tail = _signed_form(form) if form is not None else ""
        # Every candidate is computed and compared, so that the time tells nothing about which was close.
        good = [
            hmac.compare_digest(secret.compute_signature(url + tail, _NOTHING, algorithm).encode(), given)
            for secret in secrets
            for url in urls
        ]
        return None if any(good) else "wrong_signature"

    def early_refusal(self, signature: str | None, settings: str | None = None) -> SignatureRefusal | None:
        """Return why a request is not Twilio's as far as its two headers tell: before its body is read."""
        if not signature:
            return "no_signature"
        key, algorithm = _named(settings)
        if algorithm not in _SIGNATURE_LENGTHS:
            return "unknown_algorithm"
        # Leaving the header out must be no way around required keys.
        if key is None and self._require_shared:
            return "shared_key_required"
        if key is not None and key not in self._keys:
            return "unknown_key"
        # Auth tokens sign with SHA-1 only.
        if key is None and algorithm != HMAC_SHA1:
            return "unknown_algorithm"
        # Base64 of a digest has one length.
        return None if len(signature) == _SIGNATURE_LENGTHS[algorithm] else "wrong_signature"


def _signed_form(form: Form) -> str:
    """Return what Twilio signs of a form: each name with each of its values, in order."""
    return "".join(name + value for name in sorted(form) for value in sorted(set(form.getlist(name))))


def body_is_signed(query: str, body: bytes) -> bool:
    """Return whether a body that is no form (JSON) has the SHA-256 that the signed query names."""
    named = parse_qs(query).get("bodySHA256", [""])[0]
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), named.encode())


def _named(settings: str | None) -> tuple[str | None, str]:
    """Return key id and algorithm of the settings header. Without one: no key, and the auth token's algorithm."""
    parts = (part.partition("=") for part in (settings or "").split(","))
    named = {name.strip(): value.strip() for name, _, value in parts}
    return named.get("key") or None, named.get("algorithm", "").upper() or HMAC_SHA1
