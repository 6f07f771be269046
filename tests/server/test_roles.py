"""Who asks: bearer tokens, cookies, roles, foreign pages, and floods of wrong tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ivr.config.settings import Settings
from ivr.server.board.attempts import MOST_ACTS, WRONG_TOKENS
from ivr.server.roles import COOKIE, CSRF_HEADER, SECURE_COOKIE, Operator, Roles, address_of, require
from tests.config.test_operators import OTHER, TOKEN
from tests.server.board.operators import LISTENER, TOKENS
from tests.support.front import settings

NOW = 1_800_000_000.0
ORIGIN = "https://bridge.example"


def connection(method: str = "GET", kind: str = "http", client: str = "8.8.4.5", **headers: str) -> HTTPConnection:
    named = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": "/calls", "headers": named, "client": (client, 5000)}
    if kind == "websocket":
        del scope["method"]
    return HTTPConnection(scope)


class Door:
    """Stand for one process: its settings, its clock, and what it refused."""

    def __init__(self, chosen: Settings) -> None:
        self.settings, self.now = chosen, NOW
        self.refused: list[str] = []
        self.roles = Roles(lambda: self.settings, lambda _route, reason: self.refused.append(reason), lambda: self.now)

    def cookie(self, token: str = TOKEN) -> str:
        who = self.roles.by_token(connection(), token)
        assert isinstance(who, Operator)
        response = Response()
        self.roles.remember(response, who)
        return response.headers["set-cookie"]

    def ask(self, role: Any = "view", asked: HTTPConnection | None = None, **headers: str) -> tuple[int, str]:
        """Return status and who asked, or the error's word."""
        answer = self.roles.require(asked or connection(**headers), role)
        return (200, answer.name) if isinstance(answer, Operator) else (answer.status_code, error(answer))


def error(answer: Response) -> str:
    return bytes(answer.body).decode().split('"')[3]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS))


@pytest.mark.parametrize(
    ("role", "header", "outcome"),
    [
        ("act", f"Bearer {TOKEN}", (200, "sara")),
        ("view", f"bearer  {OTHER}", (200, "ali")),
        ("listen", f"Bearer {LISTENER}", (200, "huda")),
        ("act", f"Bearer {LISTENER}", (403, "lesser_role")),
        ("listen", f"Bearer {OTHER}", (403, "lesser_role")),
        ("view", f"Bearer {TOKEN}x", (401, "wrong_token")),
        ("view", f"Basic {TOKEN}", (401, "wrong_token")),
        ("view", "Bearer " + "x" * 100_000, (401, "wrong_token")),
        ("view", "Bearer \udcff", (401, "wrong_token")),
    ],
)
def test_a_bearer_token_opens_what_its_role_may(door: Door, role: str, header: str, outcome: tuple[int, str]) -> None:
    asked = connection()
    asked.scope["headers"] = [(b"authorization", header.encode("utf-8", "surrogateescape"))]
    assert door.ask(role, asked) == outcome
    assert door.refused == ([] if outcome[0] == 200 else [outcome[1]])


def test_without_anything_one_is_asked_to_log_in(door: Door) -> None:
    answer = door.roles.require(connection(), "view")
    assert isinstance(answer, Response)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["cache-control"] == "no-store"
    assert not door.refused


def test_an_expired_token_is_said_to_be_expired(door: Door) -> None:
    door.settings = door.settings.model_copy(
        update={"board_tokens": SecretStr(f"old:view:{OTHER}:until=2026-11-30,new:view:{TOKEN}:until=2030-01-01")}
    )
    assert door.ask(Authorization=f"Bearer {OTHER}") == (401, "expired_token")
    assert door.ask(Authorization=f"Bearer {TOKEN}") == (200, "new")


def test_wrong_tokens_are_counted_by_address(door: Door) -> None:
    for _ in range(WRONG_TOKENS):
        assert door.ask(Authorization="Bearer nonsense") == (401, "wrong_token")
    answer = door.roles.require(connection(Authorization=f"Bearer {TOKEN}"), "view")
    assert isinstance(answer, Response)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert door.ask(asked=connection(client="8.8.4.6", Authorization=f"Bearer {TOKEN}")) == (200, "sara")
    door.now += 61
    assert door.ask(Authorization=f"Bearer {TOKEN}") == (200, "sara")


def test_an_operator_acts_so_often_in_a_minute(door: Door) -> None:
    who = Operator("sara", "act")
    assert [door.roles.may_act(who) for _ in range(MOST_ACTS)] == [None] * MOST_ACTS
    refused = door.roles.may_act(who)
    assert refused is not None
    assert (refused.status_code, error(refused)) == (429, "too_many_acts")
    assert door.roles.may_act(Operator("ali", "act")) is None


# -- the cookie ----------------------------------------------------------------------------------------------------


def test_the_cookie_is_one_that_no_other_page_can_use(door: Door) -> None:
    written = door.cookie()
    assert written.startswith(f"{SECURE_COOKIE}=sara:{int(NOW) + 12 * 3600}:")
    assert sorted(written.lower().split("; ")[1:]) == [
        "httponly", "max-age=43200", "path=/", "samesite=strict", "secure",
    ]  # fmt: skip
    assert TOKEN not in written
    assert door.ask("act", cookie=written.partition(";")[0]) == (200, "sara")


def test_on_loopback_without_tls_it_is_not_secure(door: Door) -> None:
    door.settings = door.settings.model_copy(update={"public_url": "http://127.0.0.1:8000"})
    written = door.cookie()
    assert written.startswith(f"{COOKIE}=sara:")
    assert "secure" not in written.lower()
    response = Response()
    door.roles.forget(response)
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_it_ends_with_its_time_and_with_its_token(door: Door) -> None:
    cookie = door.cookie().partition(";")[0]
    door.now += 12 * 3600
    assert door.ask(cookie=cookie) == (401, "expired_session")
    door.now = NOW
    for tokens in (f"ali:view:{OTHER}", f"sara:act:{OTHER}", f"sara:act:{TOKEN}:until=2026-01-01"):
        door.settings = door.settings.model_copy(update={"board_tokens": SecretStr(tokens)})
        assert door.ask(cookie=cookie) == (401, "expired_session")
    door.settings = door.settings.model_copy(update={"board_tokens": SecretStr(f"sara:view:{TOKEN}")})
    assert door.ask("act", cookie=cookie) == (403, "lesser_role")


@pytest.mark.parametrize("change", ["ali", "sara:9999999999:x:y", "", ":::", "é:1:2:3", "sara:nan:x:y"])
def test_a_cookie_of_someone_elses_making_is_none(door: Door, change: str) -> None:
    forged = change if ":" in change else door.cookie().partition(";")[0].partition("=")[2].replace("sara", change)
    assert door.ask(cookie=f"{SECURE_COOKIE}={forged}")[0] == 401


def test_a_cookie_of_another_process_with_the_same_tokens_is_good(door: Door, tmp_path: Path) -> None:
    other = Door(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS))
    assert other.ask(cookie=door.cookie().partition(";")[0]) == (200, "sara")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ORIGIN, "sec_fetch_site": "same-origin"}, 200),
        ({"origin": ORIGIN}, 200),
        ({"origin": "https://inner.example:8443", "host": "Inner.Example:8443"}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"origin": "https://bridge.example:443"}, 200),
        ({"origin": ORIGIN, "sec_fetch_site": "cross-site"}, 403),
        ({"origin": ORIGIN, "sec_fetch_site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://[evil"}, 403),
        ({}, 403),
        ({"origin": ORIGIN, "csrf": "wrong"}, 403),
        ({"origin": ORIGIN, "csrf": ""}, 403),
    ],
)
def test_a_post_by_cookie_comes_from_the_board_itself(door: Door, headers: dict[str, str], status: int) -> None:
    cookie = door.cookie().partition(";")[0]
    who = door.roles.require(connection(cookie=cookie), "act")
    assert isinstance(who, Operator)
    sent = {"host": "inner.example", CSRF_HEADER: headers.get("csrf", who.csrf), **headers}
    sent.pop("csrf", None)
    assert door.ask("act", connection("POST", cookie=cookie, **sent))[0] == status


def test_a_websocket_by_cookie_comes_from_the_board_itself(door: Door) -> None:
    cookie = door.cookie().partition(";")[0]
    assert door.ask(asked=connection(kind="websocket", cookie=cookie, origin=ORIGIN)) == (200, "sara")
    assert door.ask(asked=connection(kind="websocket", cookie=cookie, origin="https://evil.example"))[0] == 403
    assert door.ask(asked=connection(kind="websocket", Authorization=f"Bearer {TOKEN}")) == (200, "sara")


def test_require_finds_the_roles_of_the_application(door: Door) -> None:
    app = Starlette()
    app.state.roles = door.roles
    asked = connection(Authorization=f"Bearer {TOKEN}")
    asked.scope["app"] = app
    assert isinstance(require(asked, "act"), Operator)
    assert repr(door.roles) == "<Roles 3 operators>"


# -- the sender's address ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("8.8.4.5", "", "8.8.4.5"),
        ("8.8.4.5", "198.51.100.1", "8.8.4.5"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("testclient", "198.51.100.1", ""),
    ],
)
def test_only_a_proxy_is_believed_about_the_sender(client: str, forwarded: str, address: str) -> None:
    assert address_of(connection(client=client, x_forwarded_for=forwarded)) == address


def test_a_connection_without_an_address_has_none() -> None:
    asked = connection()
    asked.scope["client"] = None
    assert address_of(asked) == ""
