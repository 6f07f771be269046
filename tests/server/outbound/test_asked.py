"""What an operator asks for becomes a job, or is refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ivr.config.lines import plain_line
from ivr.server.outbound.asked import PlaceBody, Refused, job_of_body, same_request
from tests.outbound.test_job import a_job

NOW = 1_800_000_000.0
OWN, SHOWN, TO = "+966110000000", "+966119999999", "+966500000001"
LINE = replace(plain_line("en", "https://agent.example"), name="sales", number=OWN, caller_id=SHOWN)
BARE = replace(LINE, name="bare", number="sip:ivr@pbx.example", caller_id="")


def ask(**fields: Any) -> Any:
    body = msgspec.convert({"to": TO, "line": "sales", **fields}, PlaceBody)
    return job_of_body(body, "new", [LINE, BARE], ("+966", "sip:pbx.example"), "ann", NOW)


def test_a_job_has_what_was_asked_for() -> None:
    job = ask(context={"order": 7, "name": "سارة"}, id="order-7")
    assert (job.id, job.to, job.line, job.sender, job.by) == ("order-7", TO, "sales", SHOWN, "ann")
    assert job.context == '{"order":7,"name":"سارة"}'
    assert (job.state, job.not_before, job.created_at, ask().id) == ("waiting", NOW, NOW, "new")


@pytest.mark.parametrize(
    ("fields", "sender"), [({}, SHOWN), ({"from": OWN}, OWN), ({"from": "00966 11 000 0000"}, OWN)]
)
def test_the_person_is_shown_a_number_of_the_line(fields: dict[str, str], sender: str) -> None:
    assert ask(**fields).sender == sender


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"line": "other"}, "no_such_line"),
        ({"to": "0500000001"}, "bad_number"),
        ({"to": "+19005550100"}, "not_allowed"),
        ({"to": OWN}, "not_allowed"),
        ({"to": SHOWN}, "not_allowed"),
        ({"from": "+966500000009"}, "bad_sender"),
        ({"line": "bare"}, "bad_sender"),
        ({"at": "tomorrow"}, "bad_time"),
        ({"at": "2027-01-16T15:00"}, "bad_time"),
        ({"at": "2199-01-01T00:00:00Z"}, "bad_time"),
        ({"context": "x" * 4001}, "bad_context"),
    ],
)
def test_what_cannot_be_placed_is_refused_by_name(fields: dict[str, str], error: str) -> None:
    refused = ask(**fields)
    assert refused == Refused(error)
    assert refused.problem


@pytest.mark.parametrize(
    ("at", "not_before"),
    [("2027-01-15T10:00:00Z", NOW + 7200), ("2027-01-15T13:00:00+03:00", NOW + 7200), ("2020-01-01T00:00:00Z", NOW)],
)
def test_a_call_may_be_asked_for_later(at: str, not_before: float) -> None:
    assert ask(at=at).not_before == not_before


def test_an_id_names_one_request() -> None:
    job = ask(id="a")
    assert same_request(job, ask(id="a"))
    assert not same_request(job, ask(id="a", to="+966500000002"))
    assert not same_request(a_job(), job)
