"""Board and API on a whole bridge: where they are, and beside what `ivr call` asks with --dev."""

from __future__ import annotations

from pathlib import Path

from ivr.server.bridge import Bridge
from tests.config.test_operators import OTHER, TOKEN
from tests.server.board.fleet import a_call
from tests.server.board.operators import TOKENS
from tests.support.front import PUBLIC, Front, settings, visit

BEARER = {"authorization": f"Bearer {TOKEN}"}


def show(bridge: Bridge) -> str:
    call = a_call(1)
    bridge.directory.put(call)
    return call.call_id


def test_the_bridge_shows_its_calls_to_operators(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        call_id = show(front.bridge)
        answer = await front.client.get("/calls", headers=BEARER)
        assert [call["call_id"] for call in answer.json()["calls"]] == [call_id]
        assert (await front.client.get("/calls/", headers=BEARER)).status_code == 200
        assert (await front.client.get("/board")).status_code == 200
        assert (await front.client.get("/calls", headers={"authorization": "Bearer x"})).status_code == 401
        assert front.rejected("board", "wrong_token") == 1
        assert (await front.client.get("/nodes", headers=BEARER)).json()["nodes"][0]["max_calls"] == 50

    visit(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS), story)


def test_under_the_path_of_a_proxy(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.client.get("/ivr/board")).status_code == 200
        form = {"token": OTHER}
        answer = await front.client.post("/ivr/board", data=form, headers={"origin": PUBLIC})
        assert (answer.status_code, answer.headers["location"]) == (303, "?")
        assert (await front.client.get("/ivr/calls", headers=BEARER)).status_code == 200

    visit(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS, IVR_PUBLIC_URL=f"{PUBLIC}/ivr"), story)


def test_without_tokens_the_bridge_has_no_such_routes(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        for path in ("/board", "/calls", "/calls/CA1", "/openapi.json"):
            assert (await front.client.get(path, headers=BEARER)).status_code == 404
        assert front.rejected("elsewhere", "unknown_path") == 4

    visit(settings(tmp_path), story)


def test_with_dev_a_call_without_a_token_is_for_ivr_call(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        call_id = show(front.bridge)
        answer = await front.client.get(f"/calls/{call_id}")
        assert (answer.status_code, front.rejected("calls", "unknown_call")) == (404, 1)
        assert (await front.client.get(f"/calls/{call_id}", headers=BEARER)).json()["call_id"] == call_id
        assert (await front.client.get("/calls")).status_code == 401

    visit(settings(tmp_path, IVR_BOARD_TOKENS=TOKENS, IVR_DEV="true", IVR_HOST="127.0.0.1"), story)
