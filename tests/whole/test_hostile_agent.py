"""What a hostile agent asks for, on whole calls: refused by name, and the caller's next question is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.call.commands import HangUp
from ivr.play.fetch import MOST_FETCHED, Fetcher
from ivr.server import compose
from ivr.testbench.agent.app import DemoAgent
from ivr.testbench.agent.script import AgentScript, AgentStep
from ivr.testbench.scenario import Scenario, from_words
from tests.play.test_fetch import PUBLIC, Host, Names, Slow
from tests.whole.world import BYE, QUESTION, World, call

DESK, STRANGER = "+966110000099", "+15550009999"
WORDS = "Here it is."
MEGABYTE = 1024 * 1024


def lines(*values: object) -> bytes:
    """Return an answer: words, and behind them these values, a line each."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in ({"text": WORDS}, *values))


def asks(action: str, **values: object) -> bytes:
    """Return an answer of words and one action."""
    return lines({"action": action, **values})


def nested(depth: int) -> str:
    """Return arrays within arrays, as JSON."""
    return "[" * depth + "]" * depth


@pytest.fixture
def first_answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Let the agent answer the first question with these bytes, and the others as ever."""

    def given(body: bytes) -> None:
        asked = DemoAgent.asked

        def scripted(self: DemoAgent, request: bytes, query: Mapping[str, str]) -> AgentScript:
            as_ever = asked(self, request, query)
            return replace(as_ever, steps=(AgentStep(0.3, body),)) if len(self.recent) == 1 else as_ever

        monkeypatch.setattr(DemoAgent, "asked", scripted)

    return given


def goes_on(folder: Path, *, people: str = "", hosts: str = "") -> World:
    """Place a call of two questions, and check that the second is answered."""
    steps = [f"say {QUESTION}", f"say {BYE}", "wait"]
    world = call(folder, steps, IVR_TRANSFER_TO=people, IVR_PLAY_HOSTS=hosts)
    assert [one["text"] for one in world.asked] == [QUESTION, BYE]
    assert world.turns[-1].outcome == "heard"
    assert world.hang_up == HangUp("success", "agent_goodbye")
    return world


BAD_ACTIONS: list[Any] = [
    pytest.param(asks("say", text=["a", "list"]), "bad_say", id="say of a list"),
    pytest.param(asks("say", text={"text": 1}, interruptible="perhaps"), "bad_say", id="a flag that is none"),
    pytest.param(asks("pause", ms=[300]), "bad_pause", id="a pause of a list"),
    pytest.param(asks("pause", ms=True), "bad_pause", id="a pause of a boolean"),
    pytest.param(asks("pause", ms="1e999"), "bad_pause", id="a pause without end"),
    pytest.param(asks("dtmf", digits="letters"), "bad_dtmf", id="digits that are letters"),
    pytest.param(asks("dtmf", digits="1" * 10_000), "bad_dtmf", id="10,000 digits"),
    pytest.param(asks("language", language=7), "bad_language", id="a language that is a number"),
    pytest.param(asks("play", url=17), "bad_play", id="play of a number"),
    pytest.param(asks("play"), "bad_play", id="play of nothing"),
    pytest.param(asks("gather", digits="all"), "bad_gather", id="gather of words"),
    pytest.param(asks("expect", kind=["digits"]), "bad_expect", id="expect of a list"),
    pytest.param(asks("idle", seconds={"s": 1}), "bad_idle", id="idle of an object"),
    pytest.param(asks("voicemail", max_s="long"), "bad_voicemail", id="a message of any length"),
    pytest.param(asks("transfer", to={"number": STRANGER}), "bad_transfer", id="transfer to an object"),
    pytest.param(asks("transfer", to="sip:a b@example"), "bad_transfer", id="transfer to an address with blanks"),
    pytest.param(
        asks("transfer", whisper="<Dial>" + "x" * 100_000 + "</Dial>"), "bad_transfer", id="a whisper of 100 KB"
    ),
    pytest.param(asks("transfer", mode="hot"), "bad_transfer", id="a transfer of an unknown kind"),
    pytest.param(asks("context", value="x" * 10_000), "bad_context", id="a context of 10 KB"),
    pytest.param(asks("context", value="x" * MEGABYTE), "too_long", id="a context of 1 MB"),
    pytest.param(asks("dance"), "unknown_action", id="an unknown action"),
    pytest.param(lines({"actions": [7, None, ["say"]]}), "unknown_action", id="actions that are none"),
    pytest.param(lines(*[{"action": "pause", "ms": 20}] * 10_000), "too_many_actions", id="10,000 lines"),
    pytest.param(lines({"actions": [{"pause": 20}] * 1000}), "too_many_actions", id="a list of 1000"),
    pytest.param(lines({"actions": [{"action": "pause", "ms": 20}] * 10_000}), "too_long", id="a list of 10,000"),
    pytest.param(
        lines() + b'{"action": "context", "value": ' + nested(10_000).encode() + b"}\n", "bad_line", id="nested JSON"
    ),
]


@pytest.mark.parametrize(("body", "reason"), BAD_ACTIONS)
def test_an_action_is_refused_by_name(
    body: bytes, reason: str, folder: Path, first_answer: Callable[[bytes], None]
) -> None:
    first_answer(body)
    world = goes_on(folder, people=DESK)
    assert {note["reason"] for note in world.notes("peer_fault")} == {reason}
    apology = " Sorry, something went wrong on our side. Could you say that once more, please?"
    assert world.asked[1]["heard"] == WORDS + (apology if reason == "too_long" else "")
    assert "context" not in world.asked[1]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://127.0.0.1/a.mp3", "play_host"),
        ("https://10.0.0.1/a.mp3", "play_host"),
        ("https://169.254.169.254/latest/meta-data", "play_host"),
        ("https://[::1]/a.mp3", "play_host"),
        ("https://2130706433/a.mp3", "play_host"),
        ("https://0x7f.1/a.mp3", "play_host"),
        ("http://audio.example/a.mp3", "play_url"),
        ("https://audio.example@10.0.0.1/a.mp3", "play_url"),
        ("https://inside.example/a.mp3", "play_address"),
        ("https://audio.example/huge", "play_size"),
        ("https://audio.example/huge-and-silent-about-it", "play_size"),
        ("https://audio.example/round-and-round", "play_redirects"),
        ("https://audio.example/to-the-inside", "play_host"),
        ("https://audio.example/to-a-name-inside", "play_address"),
        ("https://audio.example/no-sound", "play_content"),
    ],
)
def test_a_recording_is_refused_by_name(
    url: str, reason: str, folder: Path, first_answer: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = Slow(b"x" * MEGABYTE, 1024)

    def internet(request: httpx.Request) -> httpx.Response:
        there = {
            "/round-and-round": "https://audio.example/round-and-round",
            "/to-the-inside": "https://169.254.169.254/latest/meta-data",
            "/to-a-name-inside": "https://inside.example/",
        }
        if request.url.path in there:
            return httpx.Response(302, headers={"Location": there[request.url.path]})
        if request.url.path == "/no-sound":
            return httpx.Response(200, stream=Slow(b"<html>Sign in</html>", 1))
        told = {"Content-Length": str(1024 * MEGABYTE)} if request.url.path == "/huge" else {}
        return httpx.Response(200, headers=told, stream=body)

    host = Host(internet)
    names = Names(lambda name: ("10.0.0.1",) if name == "inside.example" else (PUBLIC,))
    monkeypatch.setattr(compose, "Fetcher", lambda hosts: Fetcher(hosts, transport=host, resolver=names))
    first_answer(lines({"action": "play", "url": url}, {"text": "That was it."}))
    world = goes_on(folder, hosts="audio.example, inside.example")
    assert [note["reason"] for note in world.notes("play_failed")] == [reason]
    assert world.asked[1]["heard"] == f"{WORDS} That was it."
    assert {one.url.host for one in host.asked} <= {PUBLIC}
    assert len(host.asked) <= 4
    assert body.read <= MOST_FETCHED // MEGABYTE + 1


def test_a_number_outside_the_list_is_not_dialled(folder: Path, first_answer: Callable[[bytes], None]) -> None:
    first_answer(asks("transfer", to=STRANGER))
    world = goes_on(folder)
    assert len(world.notes("transfer_number_refused")) == 1
    assert [note["who"] for note in world.notes("upstream_failed")] == ["transfer"]
    assert world.asked[1]["heard"].startswith(WORDS)
    assert not world.record.dialled


def test_the_list_is_dialled_under_our_own_number(
    folder: Path, first_answer: Callable[[bytes], None], caplog: pytest.LogCaptureFixture
) -> None:
    first_answer(asks("transfer", to=STRANGER, caller_id=STRANGER, whisper="</Say><Dial>" + STRANGER + "</Dial>"))
    steps = from_words([f"say {QUESTION}", "wait"]).steps
    world = call(folder, Scenario(steps, settle_ms=3000, patience_s=60), IVR_TRANSFER_TO=DESK)
    assert len(world.notes("transfer_number_refused")) == 1
    assert "caller_id_refused" in caplog.messages
    assert world.record.dialled == [DESK]
    assert STRANGER not in str(world.switchboard.requests)
    assert world.hang_up == HangUp("success", "agent_transfer", from_caller=True)
