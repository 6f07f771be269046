"""`docs/agents.md`: its agents run, and what they answer is said; what it promises of formats and limits is so."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.call.commands import ReplyRequest
from ivr.call.options import CallOptions
from ivr.upstream.breaker import BreakerLimits
from ivr.webhook import request as requests
from ivr.webhook.client import RETRY_PAUSE, AgentSettings
from ivr.webhook.formats.detect import MAX_REPLY_BODY
from ivr.webhook.formats.json_values import MAX_VALUE
from ivr.webhook.formats.parts import Closing, Delta, Pause, Piece, Transferring
from ivr.webhook.formats.records import MAX_PARTS
from ivr.webhook.formats.reply_text import MAX_REPLY_TEXT
from ivr.webhook.formats.text_fields import TEXT_KEYS
from ivr.webhook.http.pool import PoolLimits
from tests.webhook.n8n import JSON, SSE, TEXT, read

PAGE = (Path(__file__).parents[2] / "docs" / "agents.md").read_text(encoding="utf-8")
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SID = "CA0123456789abcdef0123456789abcdef"
PARAMETERS = {"CallerName": "Sara", "StirVerstat": "TN-Validation-Passed-A", "branch": "riyadh"}
ASKED = ReplyRequest("And tomorrow?", SID, "speech", 3, "en", SID, "+966500000001", "+966110000002", "inbound",
                     heard="You can collect it from the branch", unheard="or we bring it to your door tomorrow.",
                     parameters=PARAMETERS, context='{"step": "order"}')  # fmt: skip


def block(heading: str, language: str) -> str:
    """The first block of a language below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2]
    found = re.search(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def program(heading: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block(heading, "python"), heading, "exec"), names)  # noqa: S102
    return names


def asked(app: Any, text: str = "And tomorrow?") -> list[Piece]:
    """What comes of an ASGI agent's answer."""

    async def ask() -> list[Piece]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
            response = await client.post("/webhook", json=requests.body(ASKED) | {"text": text})
            return read(response.content, response.headers["content-type"])

    return asyncio.run(ask())


def test_the_request_is_the_one_we_send() -> None:
    assert json.loads(block("## The request", "json")) == requests.body(ASKED)
    for name, value in requests.headers().items():
        assert f"{name}: {value}\n" in PAGE


def test_n8n() -> None:
    assert read(block("### n8n", "ndjson").encode()) == [Delta("Your parcel is in Riyadh."), Pause()]


class Model:
    """Stands for a chat model."""

    def __init__(self, **_: object) -> None:
        self.talks: list[list[tuple[str, str]]] = []

    async def astream(self, talk: list[tuple[str, str]]) -> AsyncIterator[types.SimpleNamespace]:
        self.talks.append(list(talk))
        for token in ("It is ", "here."):
            yield types.SimpleNamespace(content=token)


def test_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("langchain_openai")
    monkeypatch.setattr(module, "ChatOpenAI", Model, raising=False)
    monkeypatch.setitem(sys.modules, "langchain_openai", module)
    names = program("### LangChain behind Starlette")
    assert asked(names["app"]) == [Delta("It is here.")]
    assert asked(names["app"]) == [Delta("It is here.")]
    talk = names["model"].talks[1]
    assert [who for who, _ in talk] == ["system", "system", "human", "ai", "system", "human"]
    assert "or we bring it to your door" in talk[4][1]


def test_openai_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content)["messages"][1]["content"] == "And tomorrow?"
        chunks = [{"choices": [{"index": 0, "delta": {"content": token}}]} for token in ("It is ", "here.")]
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        return httpx.Response(200, text=body)

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(KeyError):
        program("### A proxy in front of an OpenAI API")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    names = program("### A proxy in front of an OpenAI API")
    names["client"] = httpx.AsyncClient(transport=httpx.MockTransport(upstream), base_url="http://upstream")
    assert asked(names["app"]) == [Delta("It is here.")]


def test_plain_text() -> None:
    body, heads = requests.encoded(ASKED), []
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    app = program("### Plain text, with nothing but Python")["app"]
    parts = list(app(environ, lambda status, headers: heads.append(dict(headers))))
    assert read(parts, heads[0]["Content-Type"]) == [Delta("One moment, please. You asked: And tomorrow?")]


@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": ""}], ids=["no length", "an empty one"])
def test_plain_text_that_is_only_looked_at(length: dict[str, str]) -> None:
    app, told = program("### Plain text, with nothing but Python")["app"], []
    environ = {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), **length}
    assert list(app(environ, lambda status, _: told.append(status)))
    assert told == ["200 OK"]


def test_one_json() -> None:
    app = program("### One JSON")["app"]
    assert asked(app) == [Delta("You asked: And tomorrow?")]
    assert asked(app, "Goodbye!") == [Delta("Goodbye, and thank you for calling."), Closing()]
    assert asked(app, "A person, please.") == [Delta("I connect you."), Transferring()]


ACTIONS: list[tuple[str, str, Piece]] = [
    ('{"output": {"text": "Bye.", "is_closing": true}}', JSON, Closing()),
    ('{"is_closing": true}', JSON, Closing()),
    ('data: {"action": "transfer"}', SSE, Transferring()),
    ('data: {"choices": [], "is_closing": true}', SSE, Closing()),
    ('data: {"type": "data-call", "data": {"is_closing": true}}', SSE, Closing()),
    ('2:[{"is_closing": true}]', TEXT, Closing()),
]


@pytest.mark.parametrize("at", range(len(ACTIONS)))
def test_where_an_action_may_stand(at: int) -> None:
    text, content_type, action = ACTIONS[at]
    assert f"`{text}`" in PAGE
    assert read(text.encode(), content_type)[-1] == action


def test_the_figures() -> None:
    options, settings, limits, breaker = CallOptions(), AgentSettings(), PoolLimits(), BreakerLimits()
    for figure in (
        f"| {limits.connect_timeout:.0f} s | for a connection",
        f"once more after {RETRY_PAUSE} s",
        f"| {options.filler_after_ms / 1000} s | of silence",
        f"| {options.reply_timeout:.0f} s | without a word",
        f"(`reply_timeout`, {settings.silence_timeout:.0f} s at most)",
        f"| {settings.total_timeout:.0f} s | for the whole reply",
        f"| {MAX_REPLY_TEXT:,} characters | of words; {MAX_VALUE >> 10} KiB a line; "
        f"{MAX_REPLY_BODY >> 20} MiB a body, in {MAX_PARTS:,}",
        f"not asked for {breaker.pause:.0f} to {breaker.longest:.0f} s",
    ):
        assert figure in PAGE
    assert (breaker.failures, options.failures_in_a_row) == (5, 3)
    assert ", ".join(f"`{key}`" for key in TEXT_KEYS) in " ".join(PAGE.split())


def test_the_readme_leads_here() -> None:
    assert "docs/agents.md" in README
