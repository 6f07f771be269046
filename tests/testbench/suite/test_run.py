"""Whole suites: what is started, what is played, what is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ivr.testbench import tts
from ivr.testbench.agent.app import DemoAgent, create_app
from ivr.testbench.agent.script import TokenPace
from ivr.testbench.loopback import bound, serving
from ivr.testbench.suite import target
from ivr.testbench.suite.plan import plan
from ivr.testbench.suite.run import PlayedCall, Suite
from tests.support import live

SCENARIOS = Path(__file__).parents[3] / "scenarios"
KEYS = '[[step]]\npress = "1"\n[[step]]\nhang_up = true\n'

pytestmark = [pytest.mark.live, pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("IVR_WEBHOOK_URL", "IVR_LANGUAGE", "IVR_PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def suite(folder: Path, text: str = KEYS, *, bridge: str = "", agent: str = "") -> tuple[list[PlayedCall], list[str]]:
    """Play one scenario; return the calls and what was said of the target."""
    (folder / "one.toml").write_text(text, encoding="utf-8")
    about: list[str] = []
    run = Suite(folder / "out", 2, bridge, agent).run(plan([folder / "one.toml"]), about.append, lambda _: None)
    return live.run(run), about


def test_examples_pass(tmp_path: Path) -> None:
    done: list[PlayedCall] = []
    calls = plan([SCENARIOS])
    assert {call.scenario.language for call in calls} == {"ar", "en"}
    played = live.run(Suite(tmp_path / "out").run(calls, lambda _: None, done.append))
    assert [(one.name, one.faults) for one in played] == [(call.label, []) for call in calls]
    assert {one.name for one in done} == {one.name for one in played}
    kept = json.loads((tmp_path / "out" / "suite.json").read_text("utf-8"))
    assert kept["passed"]
    for call in kept["calls"]:
        outcome = json.loads((tmp_path / "out" / call["folder"] / "call.json").read_text("utf-8"))
        assert outcome["unmet"] == []
        assert "SCRIPTED" in (tmp_path / "out" / call["folder"] / "call.html").read_text("utf-8")


def test_own_agent_that_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_WEBHOOK_URL", "http://127.0.0.1:9/")
    (only,), about = suite(tmp_path)
    assert about[0].endswith("agent: http://127.0.0.1:9/")
    assert only.faults[0].startswith("step 1 (press 1): no answer: connect; the caller heard ")
    # The bridge's log is kept, and not shown among the lines of the suite.
    assert "reply_failed" in (tmp_path / "out" / "bridge.log").read_text("utf-8")


def test_agent_of_the_command_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_WEBHOOK_URL", "http://127.0.0.1:9/")

    async def main() -> PlayedCall:
        listener, agent = bound(), DemoAgent()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"
        (tmp_path / "one.toml").write_text(KEYS, encoding="utf-8")
        async with serving(create_app(agent), listener):
            calls = plan([tmp_path / "one.toml"])
            (only,) = await Suite(tmp_path / "out", agent=url).run(calls, lambda _: None, lambda _: None)
        assert agent.counts["requests"] == 1
        return only

    assert live.run(main()).faults == []


def test_slow_agent_is_waited_for(tmp_path: Path) -> None:
    """The filler that covers the wait is no answer, and so the caller does not go on after it."""

    async def main() -> PlayedCall:
        listener, agent = bound(), DemoAgent(TokenPace(first_token=6.0, rate=150.0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"
        (tmp_path / "one.toml").write_text('[[step]]\npress = "1"\n' + KEYS, encoding="utf-8")
        async with serving(create_app(agent), listener):
            calls = plan([tmp_path / "one.toml"])
            (only,) = await Suite(tmp_path / "out", agent=url).run(calls, lambda _: None, lambda _: None)
        return only

    only = live.run(main())
    assert only.faults == []
    assert all(turn["sound_ms"] < 6000 < turn["answer_ms"] for turn in only.outcome["turns"][1:])


def test_call_that_cannot_be_made(tmp_path: Path) -> None:
    (only,), _ = suite(tmp_path, '[[step]]\nwav = "missing.wav"\n')
    assert (only.outcome, only.faults) == ({}, ["one.toml: step 1: missing.wav: No such file or directory"])


def test_noise_is_understood_as_nothing(tmp_path: Path) -> None:
    # Half a second of a tone: a recording in which the mock service knows no words.
    (tmp_path / "noise.wav").write_bytes(b"\x10\x90" * 2000)
    text = '[[step]]\nwav = "noise.wav"\n[step.expect]\nanswered = false\n[[step]]\nhang_up = true\n'
    (only,), _ = suite(tmp_path, text)
    assert only.outcome["turns"][1]["transcript"] == ""


def test_calls_of_an_earlier_suite_are_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for folder in ("old/1", "kept"):
        (out / folder).mkdir(parents=True)
    (tmp_path / "beside").mkdir()
    listed = [{"folder": "old/1"}, {"folder": "../beside"}]
    (out / "suite.json").write_text(json.dumps({"calls": listed}), encoding="utf-8")
    suite(tmp_path)
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["kept", "old", "one"]
    assert list((out / "old").iterdir()) == []
    assert (tmp_path / "beside").exists()


def far(folder: Path, status: int, text: str = KEYS, mock: str | None = None) -> PlayedCall:
    """Play at a bridge that answers no call, and `status` when it is asked whether it is ready."""

    async def ready(_: Request) -> Response:
        return PlainTextResponse("preparing phrases\n", status)

    async def main() -> PlayedCall:
        listener = bound()
        (folder / "one.toml").write_text(text, encoding="utf-8")
        async with serving(Starlette(routes=[Route("/readyz", ready)]), listener):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            calls = plan([folder / "one.toml"])
            (only,) = await Suite(folder / "out", bridge=url, mock=mock).run(calls, lambda _: None, lambda _: None)
        return only

    return live.run(main())


def test_far_bridge_that_refuses(tmp_path: Path) -> None:
    only = far(tmp_path, 404)
    assert re.match("the call was refused: by the bridge: POST http://127.0.0.1:[0-9]+/voice: HTTP 404", only.faults[0])
    assert only.faults[1].startswith("check: the path")


def test_mock_behind_a_far_bridge_is_where_it_is_said(tmp_path: Path) -> None:
    # Without it the service would understand nothing, and the calls would be about that.
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:9"):
        far(tmp_path, 404, '[[step]]\nsay = "My own words"\n', "http://127.0.0.1:9")
    assert far(tmp_path, 404, '[[step]]\nsay = "My own words"\n', "").faults


def test_far_bridge_that_is_never_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="readyz: not ready in 30 s: preparing phrases"):
        far(tmp_path, 503)
    monkeypatch.setattr(target, "READY_PATIENCE_S", 1.0)
    with pytest.raises(RuntimeError, match="not ready in 1 s: no answer"):
        suite(tmp_path, bridge="http://127.0.0.1:9/voice")
    with pytest.raises(RuntimeError, match="must be an http URL"):
        suite(tmp_path, bridge="127.0.0.1:8000")
