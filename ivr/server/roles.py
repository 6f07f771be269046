"""Decide who asks: an operator by a bearer token, or by the cookie that the board's login set for one.

    who = require(request, "act")          # or a WebSocket
    if isinstance(who, Response):
        return who                         # 401, 403 or 429, as JSON; a WebSocket is closed instead

The cookie is signed with a key of the operator's token: any process that has the same `IVR_BOARD_TOKENS` can check it,
and a token that is removed or expires ends it. A page of another origin can use no cookie: it is `SameSite=Strict`, and
what changes something, or opens a WebSocket, needs a header or an origin that such a page cannot have.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import logging
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from ivr.config.operators import OperatorToken, Role, may, read_operators
from ivr.config.settings import Settings
from ivr.server.board.attempts import MOST_ACTS, TryLimit, WrongTokens

log = logging.getLogger("ivr.board")

COOKIE: Final = "ivr_board"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
"""The browser takes a cookie of this name only from an encrypted page, for this host and every path."""
COOKIE_SECONDS: Final = 12 * 3600
CSRF_HEADER: Final = "x-ivr-csrf"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_CREDENTIAL: Final = 512
SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer to an operator's browser or program. A page has a Content-Security-Policy of its own."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Say who asks."""

    name: str
    role: Role
    csrf: str = ""
    """What `X-IVR-CSRF` must say where the cookie is used; empty: a bearer token was."""
    until: float = math.inf
    """Unix seconds at which this is good no more."""

    def may(self, role: Role) -> bool:
        """Tell whether the operator has this role."""
        return may(self.role, role)


def refusal(status: int, error: str, problem: str, **headers: str) -> JSONResponse:
    """Return an answer that says what is wrong: `error` is a fixed word, `problem` what to do."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": error, "problem": problem}, status, {**SECURITY_HEADERS, **named})


def require(connection: HTTPConnection, role: Role) -> Operator | Response:
    """Return the operator of a request or a WebSocket who has at least this role, or the answer that refuses it."""
    roles: Roles = connection.app.state.roles
    return roles.require(connection, role)


class Roles:
    """Know the operators of one process, and how often they and strangers have tried."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        refused: Callable[[str, str], None] = lambda _route, _reason: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take `settings`, which returns those of today: secrets may be read again.

        `refused` is told route and reason of what was refused. `clock` returns Unix seconds.
        """
        self._settings, self._refused, self._clock = settings, refused, clock
        self._wrong = WrongTokens()
        self._acts = TryLimit(MOST_ACTS)
        self._read_from: Settings | None = None
        self._operators: list[OperatorToken] = []

    def __repr__(self) -> str:
        return f"<Roles {len(self.operators)} operators>"

    @property
    def operators(self) -> list[OperatorToken]:
        """Return those of today's settings."""
        settings = self._settings()
        if settings is not self._read_from:
            self._operators, _ = read_operators(settings.board_tokens.get_secret_value())
            self._read_from = settings
        return self._operators

    @property
    def secure(self) -> bool:
        """Tell whether the browser talks to the bridge over TLS."""
        return self._settings().public_url.startswith("https:")

    def require(self, connection: HTTPConnection, role: Role) -> Operator | Response:
        """See `require` of this module."""
        given = connection.headers.get("authorization")
        who = self.by_token(connection, _bearer(given)) if given is not None else self._by_cookie(connection)
        if isinstance(who, Response):
            return who
        if not who.may(role):
            self._refused("board", "lesser_role")
            return refusal(403, "lesser_role", f"this needs the role {role}: use a token that has it")
        return who

    def by_token(self, connection: HTTPConnection, token: str) -> Operator | Response:
        """Return the operator of a token that a program or the login sends, or the answer that refuses it."""
        now, address = self._clock(), address_of(connection)
        if wait := self._wrong.wait_s(address, now):
            self._refused("board", "too_many_tokens")
            problem = "too many wrong tokens: wait, then try again"
            return refusal(429, "too_many_tokens", problem, Retry_After=str(math.ceil(wait)))
        # Each is compared: the time does not say what fits.
        fitting = [one for one in self.operators if one.fits(token[:_LONGEST_CREDENTIAL])]
        if not fitting:
            self._wrong.wrong(address, now)
            return self._unknown("wrong_token", "the token is wrong: compare it with IVR_BOARD_TOKENS")
        if fitting[0].expired(now):
            return self._unknown("expired_token", "the token has expired: ask for a new one")
        self._wrong.right(address)
        return Operator(fitting[0].name, fitting[0].role, until=fitting[0].until or math.inf)

    def may_act(self, who: Operator) -> Response | None:
        """Count an act of an operator; return the answer that refuses one too many."""
        now = self._clock()
        if wait := self._acts.wait_s(who.name, now):
            self._refused("board", "too_many_acts")
            problem = f"more than {MOST_ACTS} acts in a minute: wait, then try again"
            return refusal(429, "too_many_acts", problem, Retry_After=str(math.ceil(wait)))
        self._acts.count(who.name, now)
        return None

    # -- the cookie ----------------------------------------------------------------------------------------------

    def remember(self, response: Response, who: Operator) -> None:
        """Set the cookie of an operator whose token was good."""
        entry = next(one for one in self.operators if one.name == who.name)
        expires = int(min(self._clock() + COOKIE_SECONDS, entry.until or math.inf))
        head = f"{entry.name}:{expires}:{secrets.token_urlsafe(12)}"
        self._set(response, f"{head}:{_signed(entry, head)}", COOKIE_SECONDS)

    def forget(self, response: Response) -> None:
        """Take the cookie back."""
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, seconds: int) -> None:
        name = SECURE_COOKIE if self.secure else COOKIE
        response.set_cookie(name, value, seconds, path="/", secure=self.secure, httponly=True, samesite="strict")

    def _by_cookie(self, connection: HTTPConnection) -> Operator | Response:
        """Return the operator of a cookie, or the answer that refuses the request."""
        cookie = connection.cookies.get(SECURE_COOKIE if self.secure else COOKIE)
        if not cookie:
            return self._unknown("no_token", "send Authorization: Bearer TOKEN, or log in at /board", note=False)
        who = self._opened(cookie[:_LONGEST_CREDENTIAL])
        if who is None:
            return self._unknown("expired_session", "log in again at /board")
        websocket = connection.scope["type"] == "websocket"
        if not websocket and connection.scope["method"] in _SAFE:
            return who
        given = connection.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogatepass")
        if not self.own_page(connection) or not (websocket or hmac.compare_digest(given, who.csrf.encode())):
            self._refused("board", "foreign_page")
            return refusal(403, "foreign_page", "send this from the board itself: reload it, then try again")
        return who

    def _opened(self, cookie: str) -> Operator | None:
        """Return the operator whom a good cookie names."""
        head, _, signature = cookie.rpartition(":")
        name, _, rest = head.partition(":")
        expires, _, _nonce = rest.partition(":")
        entry = next((one for one in self.operators if one.name == name), None)
        if entry is None or not hmac.compare_digest(
            _signed(entry, head).encode(), signature.encode("utf-8", "replace")
        ):
            return None
        now, until = self._clock(), min(float(expires), entry.until or math.inf)
        return None if now >= until else Operator(entry.name, entry.role, _signed(entry, f"csrf:{head}"), until)

    def own_page(self, connection: HTTPConnection) -> bool:
        """Tell whether a request comes from a page of the bridge, by what the browser says."""
        headers = connection.headers
        if (site := headers.get("sec-fetch-site")) is not None and site not in ("same-origin", "none"):
            return False
        origin = headers.get("origin")
        if origin is None:
            # Browsers send it with every POST and every WebSocket.
            return site is not None
        # A proxy may put a host of its own into Host.
        own = {_authority(self._settings().public_url), headers.get("host", "").lower()} - {""}
        return _authority(origin) in own

    def _unknown(self, error: str, problem: str, *, note: bool = True) -> Response:
        if note:
            self._refused("board", error)
        return refusal(401, error, problem, WWW_Authenticate="Bearer")


def address_of(connection: HTTPConnection) -> str:
    """Return the address that asks; of IPv6 its network of 64 bits, which one sender has whole."""
    peer = connection.client.host if connection.client is not None else ""
    address = _address(peer)
    # A proxy on this machine or network adds whom it serves, at the end: what stands before that anyone may write.
    if address is not None and address.is_private:
        forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        address = _address(forwarded) or address
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)).network_address)
    return str(address or "")


def _address(written: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(written)
    except ValueError:
        return None


def _bearer(header: str) -> str:
    """Return the token of an Authorization header; empty: it has none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _signed(entry: OperatorToken, text: str) -> str:
    digest = hmac.digest(entry.key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _authority(url: str) -> str:
    """Return host and port of a URL as a browser writes them; empty for `null` and for what is no URL."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        return ""
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, default) else f"{host}:{port}"
