"""Find the route that a request means, and say what is wrong with one that has none.

A proxy may pass the path of `IVR_PUBLIC_URL` on or take it off, and people write `/voice/` and `//voice`: all of these
mean the same route. The signature covers the URL as the carrier wrote it, so the path as it came is kept beside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

TRANSFER_ROUTES: Final = ("done", "back", "leg", "person", "whisper", "accept", "conference", "music")
"""What the carrier asks and tells of callers who are handed to a person."""
ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "/voice": ("GET", "POST"),
    "/status": ("GET", "POST"),
    "/goodbye": ("GET", "POST"),
    **{f"/transfer/{what}": ("GET", "POST") for what in TRANSFER_ROUTES},
    "/transfer/ringing.wav": ("GET",),
    "/media": (),
    "/healthz": ("GET",),
    "/readyz": ("GET",),
    "/talk": ("GET",),
    "/talk/session": ("POST",),
    "/talk/call": ("POST",),
    "/talk/media": (),
}
"""The routes with their methods; `/media` and `/talk/media` take a WebSocket only."""
NODES: Final = "n"
"""The first part of a path that names the node a stream is for: `/n/NODE/media`."""
_SIGNED_ROUTES: Final = ("/voice", "/status", "/goodbye", "/media")


PROBLEMS: Final[Mapping[str, str]] = {
    "no_signature": "no X-Twilio-Signature: a stranger's request, or a proxy drops the header",
    "wrong_signature": "signed for another URL or by another token: compare IVR_PUBLIC_URL and the URLs of `ivr check`"
    " with those of Twilio's debugger, to the letter",
    "unknown_key": "signed by a shared key that IVR_SHARED_KEYS does not have",
    "shared_key_required": "signed by the auth token, and IVR_REQUIRE_SHARED_KEY is set",
    "account": "a call of another account: set TWILIO_ACCOUNT_SID, or TWILIO_SUBACCOUNTS where it is a subaccount's",
}
"""What may be wrong where a request is refused for these reasons."""


@dataclass(frozen=True, slots=True)
class Misdirected:
    """Say why a request has no route. All texts are fixed: none has a word of the request."""

    route: str
    reason: str
    status: int
    problem: str = ""
    """What is wrong, and how it is put right; empty: a stranger who tries paths."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of the answer."""


def resolve(path: str, prefix: str) -> tuple[str, str]:
    """Return the route that a path means, and the path as it came without the prefix, the path of `IVR_PUBLIC_URL`."""
    rest = path[len(prefix) :] if prefix and f"{path}/".startswith(f"{prefix}/") else path
    parts = [part for part in rest.split("/") if part]
    # A stream that was meant for another node, and came here, is served like any other.
    if len(parts) == 3 and parts[0] == NODES and parts[2] == "media":
        parts = parts[2:]
    return "/" + "/".join(parts), rest or "/"


def misdirected(path: str, method: str, headers: Collection[str], *, websocket: bool = False) -> Misdirected:
    """Return what is wrong with a request without a route.

    `path`: as `resolve` returns it. `headers`: the names of the request's headers, in lower case.
    """
    last, route = f"/{path.rpartition('/')[2]}", path[1:].partition("/")[0]
    if path in ROUTES and not ROUTES[path] and not websocket:
        # A proxy that speaks HTTP/1.0 to the bridge, or does not know WebSockets, leaves out Upgrade and Connection.
        lost = "sec-websocket-key" in headers or "sec-websocket-version" in headers
        problem = (
            "the stream's handshake came without its Upgrade header: let the proxy pass WebSockets on, over HTTP/1.1"
            " with Upgrade and Connection"
        )
        reason, problem = ("no_upgrade", problem) if lost else ("no_websocket", "")
        return Misdirected(route, reason, 426, problem, (("Upgrade", "websocket"), ("Connection", "Upgrade")))
    # A route that the settings do not open takes no method at all: it is no route.
    if path in ROUTES and method not in ROUTES[path] and not websocket:
        known = ", ".join(ROUTES[path])
        problem = f"{path} takes {known}: correct the method in the number's settings"
        told = problem if path in _SIGNED_ROUTES else ""
        return Misdirected(route, "wrong_method", 405, told, (("Allow", known),))
    if last in _SIGNED_ROUTES and last != path and path not in ROUTES:
        problem = (
            f"the path in front of {last} is not that of IVR_PUBLIC_URL: let the proxy pass that path on, or take off"
            " just that, and compare the URLs of `ivr check` with the number's settings"
        )
        return Misdirected(last[1:], "wrong_prefix", 404, problem)
    if websocket:
        problem = "a stream came to another path than /media: use the stream's URL of `ivr check`"
        return Misdirected("media", "wrong_path", 403, problem)
    if "x-twilio-signature" in headers:
        problem = "a signed request came to a path that is none of the bridge's: use the voice URL of `ivr check`"
        return Misdirected("elsewhere", "wrong_path", 404, problem)
    return Misdirected("elsewhere", "unknown_path", 404)
