"""What the agent and the records are told of a call that no one has answered."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from ivr.call.commands import ReplyRequest
from ivr.config.lines import plain_line
from ivr.outbound.job import Job, JobState
from ivr.records.observer import RecordObserver
from ivr.records.record import Began, Ended, decode_entry
from ivr.server.outbound.no_call import NoCalls, ended_request, reason_of, record_no_call, result_of
from ivr.webhook.client import AgentClient
from tests.outbound.test_job import a_job

LINE = plain_line("en", "https://agent.example")


class Told:
    def __init__(self) -> None:
        self.requests: list[ReplyRequest] = []

    def tell(self, url: str, request: ReplyRequest, more: dict[str, str]) -> None:
        assert (url, more) == (LINE.webhook_url, {})
        self.requests.append(request)


@pytest.mark.parametrize(
    ("state", "result", "reason"),
    [
        ("busy", "caller_error", "call_busy"),
        ("no_answer", "caller_error", "call_no_answer"),
        ("canceled", "success", "call_canceled"),
        ("failed", "upstream_error", "call_failed"),
        ("unknown", "upstream_error", "call_unknown"),
    ],
)
def test_each_end_has_its_words(state: JobState, result: str, reason: str) -> None:
    assert (result_of(a_job(state)), reason_of(a_job(state))) == (result, reason)


def test_the_agent_is_told_with_the_context_of_the_job() -> None:
    told, recorded = Told(), list[Job]()
    job = a_job("busy", call_id="CA1", context='{"order":7}')
    no_calls = NoCalls(cast(AgentClient, told))
    no_calls.record = recorded.append
    no_calls.tell(job, LINE)
    assert (told.requests, recorded) == ([ended_request(job, LINE)], [job])
    request = told.requests[0]
    assert (request.event, request.session_id, request.context) == ("ended", "CA1", '{"order":7}')
    assert request.details["reason"] == "call_busy"
    assert ended_request(a_job("failed"), LINE).session_id == "j1"


def test_no_agent_is_told_where_the_line_is_gone() -> None:
    told = Told()
    no_calls = NoCalls(cast(AgentClient, told))
    no_calls.tell(a_job("busy"), None)
    assert told.requests == []


@pytest.mark.parametrize(("keep", "number"), [("text", "+966500000001"), ("metrics", "")])
def test_the_record_holds_the_number_where_the_line_keeps_it(keep: str, number: str) -> None:
    written: list[bytes] = []
    line = replace(LINE, keep=keep)  # type: ignore[arg-type]
    observer = RecordObserver(
        lambda made: written.append(made()), [line], writer="w", node="n", key=lambda: b"k", clock=lambda: 9.0
    )
    record_no_call(observer, a_job("no_answer", call_id="CA1", changed_at=44.0))
    began, ended = map(decode_entry, written)
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert (ended.facts.called, ended.facts.direction, ended.facts.stream) == (number, "outbound-api", "")
    assert (ended.result, ended.reason, ended.ended_at, ended.settled) == ("caller_error", "call_no_answer", 44.0, True)
    record_no_call(observer, a_job("no_answer", line="gone"))
    assert len(written) == 4


def test_nothing_is_recorded_of_a_line_that_keeps_nothing() -> None:
    written: list[bytes] = []
    observer = RecordObserver(
        lambda made: written.append(made()),
        [replace(LINE, keep="none")],
        writer="w",
        node="n",
        key=lambda: b"k",
        clock=lambda: 9.0,
    )
    record_no_call(observer, a_job("busy"))
    assert written == []
