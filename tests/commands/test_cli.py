"""Check the commands as an operator meets them: what they print, and one line instead of a traceback."""

from __future__ import annotations

import inspect
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ivr import __version__, cli
from ivr.commands import check, terminal
from ivr.commands import mock as mock_command
from ivr.commands.judge import compare
from ivr.testbench import call, demo, mock, tts
from ivr.testbench.faults import run as faults
from ivr.testbench.scenario import AfterAgent, At, IntoReply, PlayFile, Say, Scenario
from ivr.testbench.suite.compare import ComparedCall
from ivr.testbench.suite.plan import PlannedCall
from ivr.testbench.suite.run import PlayedCall, Suite

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of the machine, and a folder of one's own."""
    monkeypatch.chdir(tmp_path)
    for name in ("IVR_WEBHOOK_URL", "IVR_PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "HAMSA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield


def run(*words: str) -> Result:
    return RUNNER.invoke(cli.app, list(words))


def plain(result: Result) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


@pytest.mark.parametrize("words", ["version", "--version"])
def test_version_names_what_it_runs_on(words: str) -> None:
    result = run(words)
    assert result.exit_code == 0
    assert f"ivr {__version__}, Python {sys.version_info.major}.{sys.version_info.minor}" in plain(result)
    assert "starlette" in plain(result)


def test_help_loads_no_command() -> None:
    code = "import sys; from ivr.cli import app; app(['--help'], standalone_mode=False); print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"ivr.commands", "ivr.server", "ivr.testbench", "numpy", "httpx", "uvicorn", "pydantic"}
    assert "ivr.cli" in loaded
    assert heavy & set(loaded) == set()


def test_a_server_loads_only_what_it_uses() -> None:
    code = (
        "import sys; from importlib import import_module; from ivr import cli; sys.argv = ['ivr', 'serve'];"
        "cli.app = lambda: import_module(cli.module_of('serve')); cli.main(); print(*sys.modules, sep='\\n')"
    )
    here = Path(cli.__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=here)
    loaded = ran.stdout.split()
    assert {"ivr.server.serve", "httpx", "twilio.request_validator"} <= set(loaded)
    unused = {"rich", "pygments", "requests", "onnxruntime", "twilio.rest", "ivr.testbench"}
    assert unused & set(loaded) == set()


def test_help_begins_with_the_command_s_docstring() -> None:
    for name, summary in cli.COMMANDS.items():
        command = typer.main.get_command(import_module(cli.module_of(name)).app)
        assert (command.help or "").partition("\n")[0] == summary


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_missing_setting_is_one_line(command: str) -> None:
    result = run(command)
    assert result.exit_code == 2
    assert "ivr: IVR_WEBHOOK_URL is missing" in plain(result)
    assert "Traceback" not in plain(result)


def test_serve_stops_at_a_bad_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "answer.xml").write_text("<Response>", encoding="utf-8")
    monkeypatch.setenv("IVR_TWIML_DIR", str(tmp_path))
    monkeypatch.setenv("IVR_WEBHOOK_URL", "http://127.0.0.1:9/webhook")
    monkeypatch.setenv("IVR_HAMSA_URL", "ws://127.0.0.1:9/")
    result = run("serve", "--dev")
    assert result.exit_code == 2
    assert "answer.xml" in plain(result)


def test_check_fails_when_no_peer_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_WEBHOOK_URL", "http://127.0.0.1:9/webhook")
    monkeypatch.setenv("IVR_HAMSA_URL", "ws://127.0.0.1:9/")
    result = run("check", "--dev")
    assert result.exit_code == 1
    assert "NO Hamsa: does not answer: connect" in plain(result)
    assert "ok TwiML documents" in plain(result)


def called(monkeypatch: pytest.MonkeyPatch, ended: str, *unmet: str) -> list[Scenario]:
    """`ivr call` without a call."""
    scenarios: list[Scenario] = []

    async def rung(url: str, scenario: Scenario, console: object, **options: object) -> dict[str, object]:
        scenarios.append(scenario)
        return {"ended_by": ended, "unmet": list(unmet)}

    monkeypatch.setattr(call, "ring", rung)
    return scenarios


def test_call_pairs_words_with_times(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = called(monkeypatch, "agent")
    words = [
        "--say",
        "hello",
        "--at",
        "3.5",
        "--say",
        "a.wav",
        "--at",
        "after 0.5",
        "--say",
        "stop",
        "--at",
        "over 2000",
    ]
    result = run("call", "http://127.0.0.1:9/voice", *words, "--say", "bye", "--step", "press 1#")
    assert result.exit_code == 0, plain(result)
    acts = [(step.act, step.moment) for step in scenarios[0].steps]
    assert acts[0] == (Say("hello"), At(3.5))
    assert acts[1] == (PlayFile(Path("a.wav")), AfterAgent(0.5))
    assert acts[2] == (Say("stop"), IntoReply(2000.0))
    assert acts[3] == (Say("bye"), AfterAgent())
    assert len(acts) == 5


def test_call_reads_a_scenario_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scenarios = called(monkeypatch, "caller")
    (tmp_path / "one.toml").write_text('[[step]]\npress = "1"\n', encoding="utf-8")
    assert run("call", "http://127.0.0.1:9/voice", "--scenario", "one.toml").exit_code == 0
    assert len(scenarios[0].steps) == 1


def test_call_ends_with_1_when_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    called(monkeypatch, "agent", "the call ended in upstream_error: agent_unavailable")
    assert run("call", "http://127.0.0.1:9/voice", "--say", "hello").exit_code == 1


def test_call_prints_json_of_an_unexpected_call(monkeypatch: pytest.MonkeyPatch) -> None:
    called(monkeypatch, "agent", "too slow")
    result = run("call", "http://127.0.0.1:9/voice", "--say", "hello", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"ended_by": "agent", "unmet": ["too slow"]}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "at least one step"),
        (["--say", "x", "--at", "1", "--at", "2"], "more --at than --say"),
        (["--step", "sing a song"], "sing a song"),
        (["--scenario", "missing.toml"], "missing.toml"),
        (["--say", "missing.wav"], "missing.wav"),
    ],
)
def test_call_that_cannot_be_made_is_one_line(words: list[str], complaint: str) -> None:
    result = run("call", "http://127.0.0.1:9/voice", *words)
    assert result.exit_code == 2
    assert complaint in plain(result)
    assert "Traceback" not in plain(result)


@pytest.mark.parametrize(("unmet", "code", "last"), [([], 0, "PASSED: 1 call"), (["late"], 1, "FAILED: 1 of 1 call")])
def test_suite_ends_with_its_verdict(monkeypatch: pytest.MonkeyPatch, unmet: list[str], code: int, last: str) -> None:
    async def play(suite: Suite, calls: list[PlannedCall], about: Callable[[str], None],
                   done: Callable[[PlayedCall], None]) -> list[PlayedCall]:  # fmt: skip
        about(f"{suite.jobs} jobs, agent {suite.agent}")
        over = PlayedCall(calls[0], {"unmet": unmet, "not_known": [], "seconds": 1.0, "silence_ms": 0.0, "turns": [{}],
                                     "on_time": True, "untold": None})  # fmt: skip
        done(over)
        return [over]

    monkeypatch.setattr(Suite, "run", play)
    Path("one.toml").write_text("[[step]]\nwait = true", encoding="utf-8")
    result = run("test", "one.toml", "--agent", "http://a", "--jobs", "3", "--junit", "ci/report.xml", "--out", "x")
    assert result.exit_code == code
    shown = plain(result).splitlines()
    assert shown[:2] == ["1 call, 1 at once", "3 jobs, agent http://a"]
    assert shown[-1] == f"{last}; files: x"
    assert "<testcase" in Path("ci/report.xml").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["missing"], "missing: no such file or folder"),
        (["bad.toml"], "bad.toml: step 1: unknown key 'sey': did you mean say?"),
        (["good.toml", "--bridge", "http://b", "--agent", "http://a"], "it cannot go with --bridge"),
        (["good.toml", "--out", "good.toml"], "a folder is needed"),
    ],
)
def test_suite_that_cannot_be_run(words: list[str], complaint: str) -> None:
    Path("good.toml").write_text("[[step]]\nwait = true", encoding="utf-8")
    Path("bad.toml").write_text('[[step]]\nsey = "x"\nsay = "x"', encoding="utf-8")
    result = run("test", *words)
    assert (result.exit_code, complaint in plain(result)) == (2, True), plain(result)


def test_compare_says_which_side_is_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = {
        name: [ComparedCall("one", {("answer", "1 x"): ms + number}) for number in range(6)]
        for name, ms in (("a", 800.0), ("b", 1200.0))
    }
    sides["other"] = [ComparedCall("two", {("answer", "1 x"): 1.0}, on_time=False)]
    monkeypatch.setattr(compare, "read", lambda folder: sides[folder.name])
    result = run("compare", "a", "b")
    assert result.exit_code == 1
    lines = plain(result).splitlines()
    assert lines[:2] == ["A: a, 6 calls", "B: b, 6 calls"]
    assert lines[4].split() == ["answer", "802", "1202", "805", "1205", "+400", "268", "worse"]
    assert run("compare", "b", "a").exit_code == 0
    refused = run("compare", "a", "other")
    assert refused.exit_code == 2
    assert "not comparable" in plain(refused)
    assert "0 of 6 calls of A and 1 of 1 of B" in plain(refused)
    assert "no scenario in common" in plain(run("compare", "a", "other", "--anyway"))


@pytest.mark.parametrize(("good", "code"), [(True, 0), (False, 1)])
def test_demo_ends_with_an_exit_code(monkeypatch: pytest.MonkeyPatch, good: bool, code: int) -> None:
    async def outcome(_: demo.Demo) -> bool:
        return good

    monkeypatch.setattr(demo.Demo, "run", outcome)
    assert run("demo", "--lang", "ar").exit_code == code


def test_demo_without_a_voice_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_: demo.Demo) -> bool:
        raise RuntimeError("no espeak-ng voice")

    monkeypatch.setattr(demo.Demo, "run", silent)
    result = run("demo")
    assert (result.exit_code, "no espeak-ng voice" in plain(result)) == (2, True)


@pytest.mark.parametrize(("fault", "code"), [(KeyboardInterrupt(), 0), (OSError("port is taken"), 2)])
def test_mock_ends_quietly(monkeypatch: pytest.MonkeyPatch, fault: BaseException, code: int) -> None:
    async def serve(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(mock, "serve_mock", serve)
    result = run("mock", "--port", "0", "--voice", "tone")
    assert result.exit_code == code
    assert "Traceback" not in plain(result)


@pytest.mark.parametrize(("fault", "code"), [(KeyboardInterrupt(), 0), (OSError("port is taken"), 2)])
def test_mock_twilio_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: BaseException, code: int
) -> None:
    async def serve(served: object, listener: socket.socket, account: str, token: str, show: Any) -> None:
        listener.close()
        show(f"{account} {token}")
        raise fault

    monkeypatch.setattr(mock_command, "serve_twilio", serve)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC7")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a real one")
    people, journal = tmp_path / "people.toml", tmp_path / "journal.jsonl"
    people.write_text('[people."+1"]\nring_s = 1\n')
    result = run("mock", "twilio", "--port", "0", "--people", str(people), "--journal", str(journal))
    assert result.exit_code == code
    # The token of the environment is never shown.
    assert "AC7 that of the environment" in plain(result)
    assert "a real one" not in plain(result)
    people.write_text("[men]")
    result = run("mock", "twilio", "--people", str(people))
    assert (result.exit_code, "unknown table 'men'" in plain(result)) == (2, True)


@pytest.mark.parametrize(
    ("command", "place", "name"),
    [
        ("demo", demo.Demo, "run"),
        ("call http://127.0.0.1:9/voice --say hello", call, "ring"),
        ("check --dev", check, "examine"),
        ("faults riff", faults, "run"),
    ],
)
def test_ctrl_c_is_one_line(monkeypatch: pytest.MonkeyPatch, command: str, place: object, name: str) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place, name, interrupted)
    monkeypatch.setenv("IVR_WEBHOOK_URL", "http://127.0.0.1:9/webhook")
    monkeypatch.setenv("IVR_HAMSA_URL", "ws://127.0.0.1:9/")
    result = run(*command.split())
    assert result.exit_code == terminal.INTERRUPTED
    assert plain(result).splitlines()[-1] == "ivr: interrupted"


@pytest.mark.live
@pytest.mark.skipif(not tts.available(), reason="no espeak-ng on this machine")
def test_demo_ends_at_ctrl_c_in_a_terminal(tmp_path: Path) -> None:
    """The signal goes to the whole group, as from a terminal; a test's own shell may have it ignored."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from ivr.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "demo", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("A call to http://127.0.0.1:")
        os.killpg(child.pid, signal.SIGINT)
        _, told = child.communicate(timeout=60)
    assert (child.returncode, told) == (terminal.INTERRUPTED, "ivr: interrupted\n")


@pytest.mark.live
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_sighup_while_a_server_loads_is_no_end() -> None:
    code = """if True:
        import os, signal
        from ivr import cli
        load = cli.import_module
        cli.import_module = lambda name: os.kill(os.getpid(), signal.SIGHUP) or load(name)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        cli.main()
    """
    # What stands in a terminal ends with it.
    ends = {
        command: subprocess.run(
            [sys.executable, "-c", code, command, "--help"], capture_output=True, timeout=60, check=False
        ).returncode
        for command in ("serve", "version")
    }
    assert ends == {"serve": 0, "version": -signal.SIGHUP}


def test_python_m_ivr_is_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["ivr", "--help"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(Path(cli.__file__).with_name("__main__.py")), run_name="__main__")
    assert stopped.value.code == 0
    assert "demo" in capsys.readouterr().out


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_fits_eighty_columns(command: str) -> None:
    # A line that is too long is broken, and its rest stands alone on the next: only the first paragraph flows.
    found = typer.main.get_command(import_module(cli.module_of(command)).app)
    commands = [found, *getattr(found, "commands", {}).values()]
    texts = [text for one in commands for text in inspect.cleandoc(one.help or "").split("\n\n")[1:]]
    assert [line for text in texts for line in text.splitlines() if len(line) > 78] == []
