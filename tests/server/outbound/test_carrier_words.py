"""A job in the carrier's words, and the carrier's answers."""

from __future__ import annotations

import pytest

from ivr.config.outbound.terms import OutboundTerms
from ivr.outbound.job import place
from ivr.server.outbound.carrier_words import (
    Unplaced,
    answered_by,
    attempt_of,
    job_of,
    refusal_of,
    request_of,
)
from ivr.twilio.rest import RestAnswer
from tests.outbound.test_job import a_job

PUBLIC = "https://bridge.example/ivr"


def test_a_job_is_asked_for_in_the_carriers_words() -> None:
    placed = place(a_job(), 5.0)
    assert request_of(placed, OutboundTerms(ring_s=25), PUBLIC, 600.2) == {
        "To": "+966500000001",
        "From": "+966110000000",
        "Url": f"{PUBLIC}/voice?job=j1&try=1",
        "Method": "POST",
        "StatusCallback": f"{PUBLIC}/status?job=j1&try=1",
        "StatusCallbackMethod": "POST",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": "25",
        "TimeLimit": "721",
    }
    assert "TimeLimit" not in request_of(placed, OutboundTerms(), PUBLIC, 0.0)


@pytest.mark.parametrize(("machine", "detection"), [("hang_up", "Enable"), ("message", "DetectMessageEnd")])
def test_the_carrier_listens_for_machines_where_a_line_says_so(machine: str, detection: str) -> None:
    terms = OutboundTerms(machine=machine, carrier_amd=True)  # type: ignore[arg-type]
    fields = request_of(place(a_job(), 5.0), terms, PUBLIC, 0.0)
    assert (fields["MachineDetection"], fields["AsyncAmd"]) == (detection, "true")
    assert fields["AsyncAmdStatusCallback"] == fields["StatusCallback"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (RestAnswer("done", {"sid": "CA1"}, 201), None),
        (RestAnswer("timeout"), None),
        (RestAnswer("unreachable"), None),
        (RestAnswer("refused", {}, 503), None),
        (RestAnswer("unreachable", sent=False), Unplaced("unreachable", 15.0, True)),
        (RestAnswer("refused", {"code": 20429}, 429), Unplaced("too_many", 15.0, True)),
        (RestAnswer("refused", {"code": 20003}, 401), Unplaced("login", 60.0, True)),
        (RestAnswer("not_found", {}, 404), Unplaced("login", 60.0, True)),
        (RestAnswer("refused", {"code": 21211}, 400), Unplaced("bad_number")),
        (RestAnswer("refused", {"code": 21215}, 400), Unplaced("not_permitted")),
        (RestAnswer("refused", {"code": 21212}, 400), Unplaced("bad_sender")),
        (RestAnswer("refused", {"code": 99999}, 400), Unplaced("refused")),
        (RestAnswer("refused", {"code": "x"}, 400), Unplaced("refused")),
    ],
)
def test_only_what_is_certain_may_be_asked_again(answer: RestAnswer, expected: Unplaced | None) -> None:
    assert refusal_of(answer) == expected


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (b"job=j1&try=2", ("j1", 2)),
        (b"try=2&job=j1&x=", ("j1", 2)),
        (b"job=j1", None),
        (b"job=&try=1", None),
        (b"job=j1&try=-1", None),
        (b"job=j1&try=99999", None),
        (b"", None),
        (b"myjob=1&try=1", None),
        (b"job=" + b"j" * 600 + b"&try=1", None),
        (b"job=%ff&try=1", ("\ufffd", 1)),
    ],
)
def test_a_callback_names_its_job(query: bytes, named: tuple[str, int] | None) -> None:
    assert job_of(query) == named


def test_parameters_name_a_job() -> None:
    assert attempt_of({"job": "j1", "try": "3", "FromCity": "x"}) == ("j1", 3)
    assert attempt_of({}) is None


def test_who_answered_is_one_of_four() -> None:
    said = ("human", "fax", "machine_start", "machine_end_beep", "unknown", "", "alien")
    assert [answered_by(one) for one in said] == ["person", "fax", "machine", "machine", "unknown", None, None]
