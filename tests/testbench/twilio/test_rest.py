"""The carrier's REST interface, asked by the `twilio` client and by hand."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from ivr.testbench.twilio.rest import Switchboard
from ivr.twilio.rest import TwilioRest

ACCOUNT, CALL = "AC" + "a" * 32, "CA" + "b" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json"


class Up:
    """A call that is up."""

    call_sid = CALL
    status = "in-progress"

    def __init__(self) -> None:
        self.updates: list[tuple[str, str, str]] = []

    def update(self, *, twiml: str = "", url: str = "", method: str = "POST") -> None:
        self.updates.append((twiml, url, method))
        self.status = self.status if twiml or url else "completed"

    def fields(self) -> Mapping[str, object]:
        return {"from": "+1", "to": "+2"}


def asked(
    board: Switchboard, method: str, path: str, *, auth: tuple[str, str] | None = (ACCOUNT, "12345"), **form: str
) -> tuple[int, dict[str, Any]]:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(board.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://carrier") as client:
            return await client.request(method, path, auth=auth, data=form or None)

    answer = asyncio.run(main())
    return answer.status_code, answer.json()


def board() -> tuple[Switchboard, Up]:
    found, call = Switchboard(ACCOUNT, "12345"), Up()
    found.add(call)
    return found, call


def test_update_ends_a_call() -> None:
    switchboard, call = board()
    status, body = asked(switchboard, "POST", PATH, Status="completed")
    assert (status, body["sid"], body["status"], body["from"]) == (200, CALL, "completed", "+1")
    assert call.updates == [("", "", "POST")]
    assert switchboard.requests == [(CALL, {"Status": "completed"})]
    assert repr(switchboard) == f"<Switchboard {ACCOUNT}, 0 up of 1>"
    assert asked(switchboard, "POST", PATH, Status="completed")[1]["code"] == 21220


def test_update_redirects_a_call() -> None:
    switchboard, call = board()
    assert asked(switchboard, "POST", PATH, Twiml="<Response/>")[0] == 200
    assert asked(switchboard, "POST", PATH, Url="https://a.example/x", Method="GET")[0] == 200
    assert call.updates == [("<Response/>", "", "POST"), ("", "https://a.example/x", "GET")]


def test_fetch_returns_a_call() -> None:
    status, body = asked(board()[0], "GET", PATH)
    assert (status, body["status"], body["uri"]) == (200, "in-progress", PATH)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 21218),
        ({"Status": "completed", "Twiml": "<Response/>"}, 21218),
        ({"Status": "paused"}, 20001),
        ({"Twiml": "x" * 4001}, 21602),
    ],
)
def test_updates_that_are_refused(form: dict[str, str], code: int) -> None:
    switchboard, call = board()
    status, body = asked(switchboard, "POST", PATH, auth=(ACCOUNT, "12345"), **form)
    assert (status, body["code"], body["status"]) == (400, code, 400)
    assert str(code) in body["more_info"]
    assert call.updates == []


def test_unknown_calls_are_404() -> None:
    switchboard, _ = board()
    for path in (PATH.replace(CALL, "CA" + "0" * 32), PATH.replace(ACCOUNT, "AC" + "0" * 32)):
        assert (asked(switchboard, "POST", path, Status="completed")[1]["code"]) == 20404


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC0", "12345")])
def test_wrong_credentials_are_401(auth: tuple[str, str] | None) -> None:
    status, body = asked(board()[0], "POST", PATH, auth=auth, Status="completed")
    assert (status, body["code"]) == (401, 20003)


def test_broken_credentials() -> None:
    async def main() -> int:
        transport = httpx.ASGITransport(board()[0].app())
        async with httpx.AsyncClient(transport=transport, base_url="http://carrier") as client:
            return (await client.get(PATH, headers={"Authorization": "Basic ???"})).status_code

    assert asyncio.run(main()) == 401


def test_bridge_client_is_understood() -> None:
    async def main() -> tuple[str, str, str]:
        switchboard, call = board()
        transport = httpx.ASGITransport(switchboard.app())
        rest = TwilioRest(ACCOUNT, "12345", base_url="http://carrier", transport=transport)
        try:
            moved = await rest.redirect(CALL, twiml="<Response/>")
            ended, again = await rest.hang_up(CALL), await rest.hang_up(CALL)
        finally:
            await rest.aclose()
        assert call.updates == [("<Response/>", "", "POST"), ("", "", "POST")]
        return moved, ended, again

    assert asyncio.run(main()) == ("done", "done", "gone")
