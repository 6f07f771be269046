"""Runs of the conformance checks: which, in what order, and what is kept of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ivr.testbench import virtual_time
from ivr.testbench.conformance.broken.truth import small_target
from ivr.testbench.conformance.catalogue import CHECKS, chosen
from ivr.testbench.conformance.run import CheckResult, Run
from ivr.testbench.conformance.site import Target


def test_checks_are_chosen_by_number() -> None:
    assert [check.number for check in chosen(" b10, B5 ")] == ["B5", "B10"]
    assert len(chosen("")) == 25
    with pytest.raises(ValueError, match="--only B26: the checks are B1 to B25"):
        chosen("B1,B26")


def test_whole_run_keeps_a_log_of_each_check(tmp_path: Path) -> None:
    said: list[str] = []
    told: list[CheckResult] = []
    run = Run(small_target(), tmp_path, said.append, told.append)
    results = virtual_time.run(run.judge(chosen("B1,B5,B10,B11,B12,B20")))
    assert [result.finding.judgement for result in results] == ["pass"] * 5 + ["not applicable"]
    assert {result.check.number for result in told} == {result.check.number for result in results}
    assert {path.name for path in tmp_path.iterdir()} == {"B1.jsonl", "B5.jsonl", "B10.jsonl", "call.jsonl"}
    logs = [result.log for result in results]
    # What is judged on the observed call points at its log.
    assert logs == ["B1.jsonl", "B5.jsonl", "B10.jsonl", "call.jsonl", "call.jsonl", ""]
    kinds = {json.loads(line)["kind"] for line in (tmp_path / "call.jsonl").read_text("utf-8").splitlines()}
    assert kinds == {"request", "answer", "open", "accepted", ">", "<", "closed"}
    assert said[-1].startswith("the agent greets after 0.")


def test_stream_without_a_webhook_is_judged() -> None:
    # The small server wants a token of its webhook: a stream alone is refused.
    stream = replace(small_target(), url="ws://127.0.0.1:9/media")
    found = {result.check.number: result.finding for result in virtual_time.run(Run(stream).judge(chosen("B1,B5,B15")))}
    assert found["B1"].judgement == "not applicable"
    assert found["B5"].judgement == "pass"
    assert found["B15"].seen == "the stream was given without a webhook"


def test_server_that_answers_no_call_is_not_judged() -> None:
    async def no(_: object) -> PlainTextResponse:
        return PlainTextResponse("no", 404)

    app = Starlette(routes=[Route("/voice", no, methods=["POST"])])
    target = Target("http://127.0.0.1:9/voice", b"", transport=httpx.ASGITransport(app))
    results = virtual_time.run(Run(target).judge(chosen("B5,B8,B15")))
    assert [result.finding.judgement for result in results] == ["not applicable"] * 3
    assert "404" in results[1].finding.seen


def test_every_check_has_its_number() -> None:
    assert [check.number for check in CHECKS] == [f"B{number}" for number in range(1, 26)]
    assert [check.run.__name__ for check in CHECKS if check.run] == [
        f"b{int(check.number[1:]):02}" for check in CHECKS if check.run
    ]
