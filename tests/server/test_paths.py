"""Which route a path means, and what is wrong with one that means none."""

from __future__ import annotations

import pytest

from ivr.server.paths import ROUTES, misdirected, resolve

PATHS: list[tuple[str, str, tuple[str, str]]] = [
    ("/voice", "", ("/voice", "/voice")),
    ("/voice/", "", ("/voice", "/voice/")),
    ("//voice//", "", ("/voice", "//voice//")),
    ("/", "", ("/", "/")),
    ("", "", ("/", "/")),
    ("/ivr/voice", "/ivr", ("/voice", "/voice")),
    ("/voice", "/ivr", ("/voice", "/voice")),
    ("/ivr", "/ivr", ("/", "/")),
    ("/ivr/", "/ivr", ("/", "/")),
    ("/ivrs/voice", "/ivr", ("/ivrs/voice", "/ivrs/voice")),
    ("/ivr/ivr/voice", "/ivr", ("/ivr/voice", "/ivr/voice")),
    ("/calls/CA1/", "/a/b", ("/calls/CA1", "/calls/CA1/")),
]


def test_resolve_finds_the_route() -> None:
    assert [(path, prefix, resolve(path, prefix)) for path, prefix, _ in PATHS] == PATHS


def test_a_lost_upgrade_is_told_from_a_browser_s_look() -> None:
    lost = misdirected("/media", "GET", {"sec-websocket-version"})
    assert (lost.reason, lost.status) == ("no_upgrade", 426)
    assert "Upgrade" in lost.problem
    assert misdirected("/media", "POST", {"host"}).problem == ""


@pytest.mark.parametrize("path", [path for path in ROUTES if ROUTES[path]])
def test_a_wrong_method_names_the_right_ones(path: str) -> None:
    wrong, route = misdirected(path, "DELETE", ()), path.split("/")[1]
    assert (wrong.route, wrong.status, wrong.headers) == (route, 405, (("Allow", ", ".join(ROUTES[path])),))
    assert bool(wrong.problem) == (route in ("voice", "status", "goodbye"))


def test_a_route_that_is_not_open_is_an_unknown_path() -> None:
    assert misdirected("/talk", "GET", ()).reason == "unknown_path"
    assert misdirected("/talk/call", "POST", ()).reason == "unknown_path"


def test_the_softphone_s_socket_needs_an_upgrade_too() -> None:
    wrong = misdirected("/talk/media", "GET", {"host"})
    assert (wrong.route, wrong.reason, wrong.status) == ("talk", "no_websocket", 426)


def test_a_signed_request_elsewhere_is_told_of() -> None:
    assert misdirected("/x", "POST", {"x-twilio-signature"}).reason == "wrong_path"
    assert misdirected("/x", "POST", {"host"}).reason == "unknown_path"


def test_a_websocket_on_another_route_is_a_wrong_path() -> None:
    assert misdirected("/voice", "GET", (), websocket=True).reason == "wrong_path"
    assert misdirected("/a/voice", "GET", (), websocket=True).reason == "wrong_prefix"


@pytest.mark.parametrize(
    ("path", "route", "rest"),
    [
        ("/n/bridge-1/media", "/media", "/n/bridge-1/media"),
        ("/ivr/n/bridge-1/media/", "/media", "/n/bridge-1/media/"),
        ("/n/bridge-1/voice", "/n/bridge-1/voice", "/n/bridge-1/voice"),
        ("/n/media", "/n/media", "/n/media"),
        ("/n/a/b/media", "/n/a/b/media", "/n/a/b/media"),
    ],
)
def test_a_streams_path_may_name_a_node(path: str, route: str, rest: str) -> None:
    assert resolve(path, "/ivr") == (route, rest)
