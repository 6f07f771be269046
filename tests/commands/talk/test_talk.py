"""`ivr talk` as an operator meets it: a link, a page that is not there, settings that are missing."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.commands.talk import own_bridge, talk
from ivr.server.talk.passes import Passes
from ivr.testbench import tts
from ivr.testbench.loopback import bound

RUNNER = CliRunner()
SETTINGS = {
    "TWILIO_ACCOUNT_SID": f"AC{'a' * 32}",
    "TWILIO_AUTH_TOKEN": "the-auth-token",
    "HAMSA_API_KEY": "key",
    "IVR_WEBHOOK_URL": "https://agent.example/webhook",
    "IVR_PUBLIC_URL": "https://ivr.example/voice-bridge",
}
LINES = """
[[line]]
number = "+966112222222"
name = "sales"
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of a company, no desktop, and a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    yield


def run(*words: str) -> Result:
    return RUNNER.invoke(cli.app, ["talk", *words])


def plain(result: Result) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def test_a_link_opens_the_line_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text(LINES)
    for wanted, name in (("", "default"), ("sales", "sales"), ("+966112222222", "sales")):
        result = run("--link", "--minutes", "5", *(("--line", wanted) if wanted else ()))
        assert result.exit_code == 0, result.output
        link = urlsplit(result.stdout.strip())
        assert f"{link.scheme}://{link.netloc}{link.path}" == "https://ivr.example/voice-bridge/talk"
        given = Passes([b"the-auth-token"]).read("link", parse_qs(link.query)["link"][0], time.time())
        assert given is not None
        assert given.line == name
        assert 290 < given.until - time.time() <= 300
        assert f"calls line {name}" in plain(result)


REFUSED = [
    (("--line", "nobody"), {}, "there is no line nobody: the lines are default"),
    ((), {"IVR_TALK_CALLS": "0"}, "IVR_TALK_CALLS is 0"),
    ((), {"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN is missing"),
    (("--minutes", "0"), {}, "--minutes"),
    (("--minutes", "5000"), {}, "--minutes"),
]


@pytest.mark.parametrize(("words", "env", "problem"), REFUSED)
def test_a_link_that_makes_no_sense_is_one_line(
    words: tuple[str, ...], env: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    result = run("--link", *words)
    assert result.exit_code == 2
    assert problem in plain(result)
    assert "Traceback" not in plain(result)


def test_missing_settings_name_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_WEBHOOK_URL", "")
    result = run("--no-open")
    assert result.exit_code == 2
    assert "IVR_WEBHOOK_URL is missing" in plain(result)
    assert "ivr talk --demo" in plain(result)


def test_a_bridge_that_is_not_there_is_one_line() -> None:
    listener = bound()
    port = listener.getsockname()[1]
    listener.close()
    for url in (f"http://127.0.0.1:{port}", "nonsense", "http://["):
        result = run("--url", url)
        assert (result.exit_code, "does not answer" in plain(result)) == (2, True)


ANSWERS = [(403, "one-time link only"), (404, "no softphone's page (status 404)"), (200, "")]


@pytest.mark.parametrize(("status", "problem"), ANSWERS)
def test_a_page_is_looked_at_before_it_is_opened(status: int, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_args, **_more: httpx.Response(status))
    result = run("--url", "http://127.0.0.1:8000/talk/")
    assert result.exit_code == (2 if problem else 0)
    assert problem in plain(result)
    assert ("open this address" in plain(result)) is (status == 200)


def test_a_laptop_s_bridge_is_none_of_the_fleet() -> None:
    given = {**SETTINGS, "IVR_HOST": "0.0.0.0", "IVR_PORT": "80", "IVR_REDIS_URL": "redis://valkey", "IVR_WORKERS": "4"}
    settings = own_bridge.own_settings(8123, given)
    assert (settings.host, settings.port, settings.workers, settings.dev) == ("127.0.0.1", 8123, 1, True)
    assert settings.public_url == "http://127.0.0.1:8123"
    assert not settings.rest_possible


@pytest.mark.live
@pytest.mark.skipif(not tts.available(), reason="no voice")
def test_demo_says_what_its_agent_understands() -> None:
    async def story() -> None:
        async with own_bridge.demo_bridge("ar") as url, httpx.AsyncClient(trust_env=False) as client:
            page = (await client.get(f"{url}/talk")).text
            assert "متى تفتح الفروع" in page
            assert '"scripted": true' in page

    asyncio.run(story())


def test_a_thread_that_opens_the_page_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_args, **_more: httpx.Response(404))
    thread = threading.Thread(target=talk._open_later, args=("http://127.0.0.1:1", True))
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
