"""The board's own routes: login, page, events, logout. In memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import StreamingResponse

from ivr.server.board import routes as board_routes
from ivr.server.board.feed import MOST_BOARDS
from ivr.server.board.mount import mount
from ivr.server.board.routes import BoardRoutes
from ivr.testbench import virtual_time
from tests.config.test_operators import OTHER, TOKEN
from tests.server.board.fleet import Fleet, a_call, nowhere, operators_app
from tests.server.board.operators import TOKENS
from tests.support.front import PUBLIC, settings

OWN = {"origin": PUBLIC, "sec-fetch-site": "same-origin"}


class Visit:
    """Hold one browser without a window: it keeps cookies."""

    def __init__(self, folder: Path, fleet: Fleet, **env: str) -> None:
        self.settings = settings(folder, **{"IVR_BOARD_TOKENS": TOKENS, **env})
        self.fleet = fleet
        self.app, self.mounted = operators_app(self.settings, fleet)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=PUBLIC)

    async def log_in(self, token: str = TOKEN, query: str = "", **headers: str) -> httpx.Response:
        return await self.http.post(f"/board{query}", data={"token": token}, headers={**OWN, **headers})

    def events(self, token: str = TOKEN) -> Events:
        return Events(self, token)


class Events:
    """Read the events of one board."""

    def __init__(self, visit: Visit, token: str) -> None:
        headers = [(b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "GET", "path": "/board/events", "headers": headers, "client": ("8.8.4.4", 1)}
        self.request = Request({**scope, "query_string": b"", "app": visit.app})
        self._routes = next(
            cast(Any, route).endpoint for route in visit.mounted.routes if cast(Any, route).path == "/board/events"
        )
        self._pieces: AsyncIterator[bytes] | None = None

    async def open(self) -> StreamingResponse:
        response = await self._routes(self.request)
        assert isinstance(response, StreamingResponse), response.body
        self._pieces = cast(AsyncIterator[bytes], response.body_iterator)
        return response

    async def next(self) -> tuple[str, Any]:
        """Return the next event's name and data; a comment is ("", text)."""
        assert self._pieces is not None
        async with asyncio.timeout(60.0):
            lines = (await anext(self._pieces)).decode().splitlines()
        if lines[0].startswith(":"):
            return "", lines[0]
        if lines[0].startswith("retry"):
            return await self.next()
        return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))

    async def close(self) -> None:
        await cast(Any, self._pieces).aclose()


def story(folder: Path, tell: Callable[[Visit], Awaitable[None]], **env: str) -> None:
    async def main() -> None:
        fleet = Fleet()
        fleet.put(a_call(1, caller="<img src=x onerror=alert(1)>"))
        visit = Visit(folder, fleet, **env)
        async with visit.http:
            await tell(visit)

    virtual_time.run(main())


# -- login -----------------------------------------------------------------------------------------------------------


def test_a_token_opens_the_board(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        login = await visit.http.get("/board")
        assert (login.status_code, 'name="token"' in login.text) == (200, True)
        assert "frame-ancestors 'none'" in login.headers["content-security-policy"]
        answer = await visit.log_in(query="?lang=ar")
        assert (answer.status_code, answer.headers["location"]) == (303, "?lang=ar")
        board = await visit.http.get("/board?lang=ar")
        assert 'dir="rtl"' in board.text
        assert 'id="rows"' in board.text
        assert board.headers["cache-control"] == "no-store"
        assert (await visit.http.head("/board")).status_code == 200

    story(tmp_path, tell)


def test_a_wrong_token_is_told_so(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        answer = await visit.log_in("wrong")
        assert answer.status_code == 401
        assert "wrong or has expired" in answer.text
        assert "set-cookie" not in answer.headers
        for _ in range(20):
            answer = await visit.log_in("wrong")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert "Wait a minute" in answer.text

    story(tmp_path, tell)


@pytest.mark.parametrize("body", [b"", b"x" * 2000, b"\xff\xff", b"other=1", b"&".join([b"a=1"] * 100)])
def test_a_form_that_is_none_is_a_wrong_token(tmp_path: Path, body: bytes) -> None:
    async def tell(visit: Visit) -> None:
        assert (await visit.http.post("/board", content=body, headers=OWN)).status_code == 401

    story(tmp_path, tell)


def test_a_foreign_page_cannot_log_in(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        answer = await visit.http.post("/board", data={"token": TOKEN}, headers={"origin": "https://evil.example"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        assert "not opened by the bridge itself" in answer.text

    story(tmp_path, tell)


def test_logging_out_takes_the_cookie_back(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        await visit.log_in()
        assert (await visit.http.post("/board/logout", headers=OWN)).status_code == 403
        who = visit.mounted.roles.require(
            Request({"type": "http", "method": "GET", "headers": [(b"cookie", _cookie(visit))]}), "act"
        )
        answer = await visit.http.post("/board/logout", headers={**OWN, "x-ivr-csrf": cast(Any, who).csrf})
        assert answer.status_code == 204
        assert 'name="token"' in (await visit.http.get("/board")).text
        assert (await visit.http.get("/board/logout")).status_code == 405

    story(tmp_path, tell)


def _cookie(visit: Visit) -> bytes:
    return "; ".join(f"{name}={value}" for name, value in visit.http.cookies.items()).encode()


# -- events ----------------------------------------------------------------------------------------------------------


def test_a_board_is_told_what_there_is_and_what_changes(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        events = visit.events()
        response = await events.open()
        assert response.media_type == "text/event-stream"
        name, hello = await events.next()
        assert (name, hello["name"], hello["role"]) == ("hello", "sara", "act")
        name, calls = await events.next()
        assert (name, calls["calls"][0]["caller"]) == ("calls", "<img src=x onerror=alert(1)>")
        name, nodes = await events.next()
        assert (name, nodes["lines"][0]["name"]) == ("nodes", "default")
        loop = asyncio.get_running_loop()
        while (await events.next())[0]:
            pass
        changed_at = loop.time()
        visit.fleet.change(a_call(1).call_id, turns=9)
        name, news = await events.next()
        assert (name, [call["turns"] for call in news["calls"]]) == ("news", [9])
        assert loop.time() - changed_at < 0.2
        visit.fleet.gone(a_call(1).call_id)
        assert await events.next() == ("news", {"calls": [], "gone": [a_call(1).call_id]})
        await events.close()
        assert len(visit.mounted.feed) == 0

    story(tmp_path, tell)


def test_a_role_is_told_no_more_than_it_may_see(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        events = visit.events(OTHER)
        await events.open()
        assert (await events.next())[1]["role"] == "view"
        assert (await events.next())[1]["calls"][0]["caller"] == "***"
        assert (await events.next())[1]["lines"][0]["transfer_to"] == []
        await events.close()

    story(tmp_path, tell, IVR_TRANSFER_TO="+966110000001")


def test_a_silent_stream_shows_that_it_lives(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        events = visit.events()
        await events.open()
        loop = asyncio.get_running_loop()
        while (event := await events.next())[0]:
            pass
        assert event[1] == ": still here"
        began = loop.time()
        await events.next()
        assert loop.time() - began == pytest.approx(board_routes.PING_S)
        await events.close()

    story(tmp_path, tell)


def test_a_token_that_is_taken_away_ends_the_stream(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        chosen = [visit.settings]
        mounted = mount(lambda: chosen[0], visit.fleet, nowhere)
        visit.mounted = mounted
        events = visit.events()
        await events.open()
        for _ in range(3):
            await events.next()
        chosen[0] = visit.settings.model_copy(update={"board_tokens": SecretStr(f"ali:view:{OTHER}")})
        event = await events.next()
        while event[0] != "over":
            event = await events.next()
        assert event == ("over", {"why": "logged_out"})
        with pytest.raises(StopAsyncIteration):
            await events.next()
        assert len(mounted.feed) == 0

    story(tmp_path, tell)


def test_the_oldest_board_of_many_is_told_why_it_ends(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        boards = [visit.events() for _ in range(7)]
        for events in boards:
            await events.open()
            for _ in range(3):
                await events.next()
        event = await boards[0].next()
        while event[0] != "over":
            event = await boards[0].next()
        assert event[1] == {"why": "too_many_boards"}
        for events in boards:
            await events.close()

    story(tmp_path, tell)


def test_too_many_boards_in_all_are_refused(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        feed = visit.mounted.feed
        boards = [await feed.open(str(number)) for number in range(MOST_BOARDS)]
        answer = await visit.http.get("/board/events", headers={"authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, answer.json()["error"]) == (503, "too_many_boards")
        late = BoardRoutes(visit.mounted.roles, feed, cast(Any, None))._told(cast(Any, None), visit.events().request)
        with pytest.raises(AttributeError):
            await anext(late)
        for board in boards:
            assert board is not None
            feed.close(board)

    story(tmp_path, tell)


def test_events_need_a_token(tmp_path: Path) -> None:
    async def tell(visit: Visit) -> None:
        assert (await visit.http.get("/board/events")).status_code == 401

    story(tmp_path, tell)
