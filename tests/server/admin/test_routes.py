"""The API of operators: what is shown, what is done, and what is refused. Every answer fits the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator

from ivr.fleet.messages import DrainNode, Operate
from ivr.server.admin.endpoints import ENDPOINTS
from ivr.server.admin.openapi import document
from ivr.server.board.attempts import MOST_ACTS
from tests.config.test_operators import OTHER, TOKEN
from tests.server.board.fleet import Fleet, a_call, operators_app
from tests.server.board.operators import LISTENER, TOKENS
from tests.support.front import settings

ID = a_call(1).call_id
COLLEAGUE = "+966110000001"


class Client:
    """Ask the API, and hold each answer to the document."""

    def __init__(self, folder: Path, fleet: Fleet, **env: str) -> None:
        chosen = settings(folder, **{"IVR_BOARD_TOKENS": TOKENS, "IVR_TRANSFER_TO": COLLEAGUE, **env})
        self.fleet = fleet
        self.app, self.mounted = operators_app(chosen, fleet)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="https://bridge.example")
        self._document = json.loads(msgspec.json.encode(document(ENDPOINTS, "x", "1")))

    async def ask(
        self, method: str, path: str, token: str = TOKEN, *, body: object = None, content: bytes | None = None
    ) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if content is not None:
            headers["content-type"] = "application/json"
            answer = await self._http.request(method, path, headers=headers, content=content)
        else:
            answer = await self._http.request(method, path, headers=headers, json=body)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        self._fits(method, path, answer)
        return answer.status_code, answer.json()

    def _fits(self, method: str, path: str, answer: httpx.Response) -> None:
        for template, methods in self._document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in methods:
                described = methods[method.lower()]["responses"][str(answer.status_code)]
                schema = described["content"]["application/json"]["schema"]
                Draft202012Validator({**schema, "components": self._document["components"]}).validate(answer.json())
                return
        assert answer.status_code == 405


def story(folder: Path, tell: Callable[[Client], Awaitable[None]], **env: str) -> None:
    fleet = Fleet(nodes=3)
    for number in (1, 3):
        fleet.put(a_call(number, line="default"))
    asyncio.run(tell(Client(folder, fleet, **env)))  # type: ignore[arg-type]


def test_calls_are_listed_the_oldest_first(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        status, answer = await client.ask("GET", "/calls", OTHER)
        assert status == 200
        assert [call["call_id"][-1] for call in answer["calls"]] == ["3", "1"]
        assert {call["caller"][-5:-2] for call in answer["calls"]} == {"***"}
        assert "words" not in answer["calls"][0]

    story(tmp_path, tell)


@pytest.mark.parametrize(("token", "words"), [(OTHER, 0), (LISTENER, 2), (TOKEN, 2)])
def test_a_call_is_shown_with_its_words(tmp_path: Path, token: str, words: int) -> None:
    async def tell(client: Client) -> None:
        status, answer = await client.ask("GET", f"/calls/{ID}", token)
        assert (status, len(answer["words"])) == (200, words)
        assert (await client.ask("GET", "/calls/CA9", token))[1]["error"] == "no_such_call"

    story(tmp_path, tell)


def test_nodes_and_lines_are_listed(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        _, answer = await client.ask("GET", "/nodes")
        assert [(node["name"], node["calls"]) for node in answer["nodes"]] == [
            ("node-1", 1),
            ("node-2", 1),
            ("node-3", 0),
        ]
        assert answer["lines"] == [{"name": "default", "closed": False, "transfer_to": [COLLEAGUE]}]
        _, answer = await client.ask("GET", "/nodes", OTHER)
        assert answer["lines"][0]["transfer_to"] == []

    story(tmp_path, tell)


def test_acts_reach_the_node_that_has_the_call(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def tell(client: Client) -> None:
        assert await client.ask("POST", f"/calls/{ID}/hangup") == (202, {"accepted": True})
        words = "مرحبا\n بك  "
        assert (await client.ask("POST", f"/calls/{ID}/say", body={"words": words}))[0] == 202
        assert (await client.ask("POST", f"/calls/{ID}/transfer", body={"number": COLLEAGUE}))[0] == 202
        assert (await client.ask("POST", "/drain", body={"node": "node-2"}))[0] == 202
        assert client.fleet.told == [
            Operate(ID, "hang_up", by="sara"),
            Operate(ID, "say", words="مرحبا بك", by="sara"),
            Operate(ID, "transfer", number=COLLEAGUE, by="sara"),
            DrainNode("node-2", by="sara"),
        ]

    with caplog.at_level(logging.INFO):
        story(tmp_path, tell)
    acts = [record for record in caplog.records if record.message == "act"]
    told = [(vars(record)["operator"], vars(record)["act"], vars(record)["outcome"]) for record in acts]
    assert told == [("sara", act, "asked") for act in ("hang_up", "say", "transfer", "drain")]
    assert [vars(record)["call"] for record in acts[:3]] == [ID] * 3
    assert COLLEAGUE not in caplog.text
    assert "مرحبا" not in str([vars(record) for record in acts])


def test_a_line_is_closed_and_opened(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        assert (await client.ask("POST", "/lines/default/close"))[0] == 202
        assert (await client.ask("GET", "/nodes"))[1]["lines"][0]["closed"]
        assert (await client.ask("POST", "/lines/default/open"))[0] == 202
        assert not (await client.ask("GET", "/nodes"))[1]["lines"][0]["closed"]
        status, answer = await client.ask("POST", "/lines/other/close")
        assert (status, answer["error"]) == (404, "no_such_line")

    story(tmp_path, tell)


def test_an_act_on_a_call_that_is_over_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def tell(client: Client) -> None:
        for path, body in (("hangup", None), ("say", {"words": "x"}), ("transfer", {"number": COLLEAGUE})):
            status, answer = await client.ask("POST", f"/calls/CA9%0Ax/{path}", body=body)
            assert (status, answer["error"]) == (404, "no_such_call")
        status, answer = await client.ask("POST", "/drain", body={"node": "other"})
        assert (status, answer["error"]) == (404, "no_such_node")

    with caplog.at_level(logging.INFO):
        story(tmp_path, tell)
    assert [vars(record)["outcome"] for record in caplog.records if record.message == "act"] == ["gone"] * 4
    assert {vars(record).get("call") for record in caplog.records if record.message == "act"} == {"unknown", None}


@pytest.mark.parametrize("env", [{}, {"TWILIO_AUTH_TOKEN": "", "IVR_SHARED_KEYS": "id=key"}])
def test_a_transfer_is_to_a_listed_number_alone(tmp_path: Path, env: dict[str, str]) -> None:
    async def tell(client: Client) -> None:
        number = COLLEAGUE if env else "+966500000000"
        status, answer = await client.ask("POST", f"/calls/{ID}/transfer", body={"number": number})
        assert (status, answer["error"]) == (422, "not_listed")
        assert client.fleet.told == []

    story(tmp_path, tell, **env)


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (b"", 400, "bad_body"),
        (b"{", 400, "bad_body"),
        (b"\xff\xfe", 400, "bad_body"),
        (b"[]", 400, "bad_body"),
        (b'{"words": 5}', 400, "bad_body"),
        (b'{"words": ""}', 400, "bad_body"),
        (b'{"words": "  "}', 400, "bad_body"),
        (b'{"words": "a\\u0000b"}', 400, "bad_body"),
        (b'{"words": "a", "more": 1}', 400, "bad_body"),
        (b'{"words": "' + b"a" * 501 + b'"}', 400, "bad_body"),
        (b'{"words": ' + b"[" * 4000, 400, "bad_body"),
        (b'{"other": ' + b"[" * 2000 + b"]" * 2000 + b"}", 400, "bad_body"),
        (b'{"words": "' + b"a" * 5000 + b'"}', 413, "too_long"),
    ],
)
def test_a_bad_body_is_one_clear_line(tmp_path: Path, content: bytes, status: int, error: str) -> None:
    async def tell(client: Client) -> None:
        found, answer = await client.ask("POST", f"/calls/{ID}/say", content=content)
        assert (found, answer["error"]) == (status, error)
        assert answer["problem"]
        assert client.fleet.told == []

    story(tmp_path, tell)


def test_a_form_is_no_json(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = await client._http.post(f"/calls/{ID}/say", headers=headers, data={"words": "x"})
        assert (answer.status_code, answer.json()["error"]) == (415, "not_json")

    story(tmp_path, tell)


@pytest.mark.parametrize("one", [one for one in ENDPOINTS if one.role == "act"], ids=lambda one: str(one.name))
def test_what_changes_something_needs_the_role_act(tmp_path: Path, one: Any) -> None:
    async def tell(client: Client) -> None:
        path = one.path.format(call=ID, line="default", job="j1")
        assert (await client.ask(one.method, path, LISTENER))[0] == 403
        assert (await client.ask(one.method, path, ""))[0] == 401
        assert client.fleet.told == []

    story(tmp_path, tell)


def test_a_wrong_method_is_told_the_right_one(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        told = {"error": "wrong_method", "problem": "this path takes GET, POST"}
        assert (await client.ask("DELETE", "/calls"))[1] == told
        assert (await client.ask("GET", "/drain"))[0] == 405

    story(tmp_path, tell)


def test_an_operator_acts_so_often(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        for _ in range(MOST_ACTS):
            assert (await client.ask("POST", f"/calls/{ID}/hangup"))[0] == 202
        status, answer = await client.ask("POST", f"/calls/{ID}/hangup")
        assert (status, answer["error"]) == (429, "too_many_acts")

    story(tmp_path, tell)


def test_the_document_is_served(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        status, answer = await client.ask("GET", "/openapi.json", OTHER)
        assert (status, answer["servers"][0]["url"]) == (200, "https://bridge.example")

    story(tmp_path, tell)


def test_without_tokens_there_are_no_such_routes(tmp_path: Path) -> None:
    async def tell(client: Client) -> None:
        for path in ("/calls", f"/calls/{ID}", "/nodes", "/openapi.json", "/board", "/board/events"):
            answer = await client._http.get(path)
            assert (answer.status_code, answer.text) == (404, "Not Found\n")

    story(tmp_path, tell, IVR_BOARD_TOKENS="")
