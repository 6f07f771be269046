"""`ivr conformance` as a developer meets it: what it refuses, what it prints, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from ivr import cli
from ivr.commands.judge import conformance as command
from ivr.media import g711, wav
from ivr.testbench.conformance.broken.server import SmallServer
from ivr.testbench.conformance.broken.truth import SECRET, SMALL_ACCOUNT, small_target
from ivr.testbench.conformance.catalogue import chosen
from ivr.testbench.conformance.run import CheckResult, Run
from ivr.testbench.conformance.site import Target
from ivr.testbench.conformance.sound import buzz, ulaw
from ivr.testbench.loopback import bound, serving
from tests.support import live

LOCAL = "http://127.0.0.1:9/voice"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["conformance", *words])


REFUSED = [
    ((), "URL: must be the URL of a voice webhook or of a stream"),
    (("ftp://127.0.0.1/voice",), "ftp://127.0.0.1/voice: must be the URL"),
    (("https://ivr.example.com/voice",), "ivr.example.com is not this machine"),
    ((LOCAL, "--own"), "--own starts a bridge of its own"),
    ((LOCAL, "--only", "B99"), "--only B99: the checks are B1 to B25"),
    ((LOCAL, "--language", "fr"), "--language fr: must be en or ar"),
    ((LOCAL, "--say-wav", "nowhere.wav"), "nowhere.wav: No such file"),
]


@pytest.mark.parametrize(("words", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_mistakes_are_one_line(
    words: tuple[str, ...], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2
    assert line in result.stderr.replace("\n", " ")


def test_server_that_is_not_there_is_not_judged(tmp_path: Path) -> None:
    page, junit = tmp_path / "page.html", tmp_path / "deep" / "report.xml"
    result = run(
        LOCAL, "--only", "B8,B15", "--json", "--out", str(tmp_path / "logs"), "--page", str(page), "--junit", str(junit)
    )
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert [check["judgement"] for check in told["checks"]] == ["not applicable"] * 2
    assert "no connection" in told["checks"][1]["seen"]
    assert "B15.jsonl" in page.read_text("utf-8")
    assert 'skipped="2"' in junit.read_text("utf-8")


def test_what_the_caller_says(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    pcm = g711.decode(ulaw(buzz(1.0)))
    path.write_bytes(wav.encode(bytes(8000) + pcm + bytes(8000), 8000))
    assert 7000 <= len(command.speech(path, "en")) <= 8000
    path.write_bytes(
        wav.encode(np.zeros(8000, "<i2").tobytes(), 8000).replace(b"\x01\x00\x01\x00", b"\x01\x00\x02\x00", 1)
    )
    with pytest.raises(ValueError, match="2 channels, where one is wanted"):
        command.speech(path, "en")
    assert len(command.speech(None, "ar")) > 8000


@pytest.mark.live
def test_small_server_on_real_sockets() -> None:
    async def main() -> list[CheckResult]:
        listener = bound()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with serving(SmallServer(base, SMALL_ACCOUNT, SECRET).app, listener):
            target = Target(f"{base}/voice", small_target().speech, SECRET, SMALL_ACCOUNT)
            return await Run(target).judge(chosen("B2,B5,B9,B10,B11,B12,B14"))

    results = live.run(main())
    assert [(one.check.number, one.finding.seen) for one in results if one.finding.judgement != "pass"] == []
