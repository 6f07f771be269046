"""Refuse what a foreign web page makes a developer's browser ask of a server on the same machine.

With `--dev`, and in the mocks, nothing is signed. Every page that the developer has open can send requests to loopback,
and by a name of its own that leads there (DNS rebinding) it can read the answers. A browser says who asks: in `Host`,
`Origin`, `Referer` and `Sec-Fetch-Site`. Programs such as curl, `ivr call` or a tunnel send none of the last three.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from ivr.config.checks import is_loopback

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Foreign: TypeAlias = Literal["foreign_host", "foreign_origin"]

RELAYED: Final = frozenset({"x-forwarded-for", "forwarded", "via", "x-real-ip", "cf-connecting-ip"})
"""Headers of a request that came through a proxy or a tunnel."""
POLICY_VIOLATION: Final = 1008
"""WebSocket close code: RFC 6455, section 7.4.1."""
_OWN_PAGES: Final = frozenset({b"same-origin", b"none"})


def foreign(headers: Iterable[tuple[bytes, bytes]], hosts: Collection[str], every_host: bool = False) -> Foreign | None:
    """Return why a request comes from a foreign page, None when it does not.

    `hosts`: names beside loopback under which the server is asked. `every_host`: it may be asked under any.
    """
    given = [(name.lower(), value) for name, value in headers]
    asked = [value.decode("latin-1").strip().lower() for name, value in given if name == b"host"]
    if not every_host and not all(_host(authority) in hosts or is_loopback(_host(authority)) for authority in asked):
        return "foreign_host"
    for name, value in given:
        if name == b"sec-fetch-site" and value.strip().lower() not in _OWN_PAGES:
            return "foreign_origin"
        if name in (b"origin", b"referer") and _authority(value.decode("latin-1").strip().lower()) not in asked:
            return "foreign_origin"
    return None


class LocalOnly:
    """Answer a foreign page with 403, and pass every other request on."""

    def __init__(
        self,
        app: AsgiApp,
        hosts: Collection[str] = (),
        every_host: bool = False,
        refused: Callable[[Foreign], None] = lambda _reason: None,
    ) -> None:
        """Take `hosts` and `every_host` as `foreign` does. `refused` is told why a request was turned away."""
        self._app, self._refused = app, refused
        self._hosts = frozenset(host.lower() for host in hosts)
        self._every_host = every_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        reason = foreign(scope.get("headers", ()), self._hosts, self._every_host)
        if reason is None:
            await self._app(scope, receive, send)
            return
        self._refused(reason)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        body = b"Forbidden\n"
        length = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": length})
        await send({"type": "http.response.body", "body": body})


def _authority(url: str) -> str:
    """Return host and port of a URL; empty for `null` and for what is no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _host(authority: str) -> str:
    """Return the host of a `Host` header, without its port."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]
