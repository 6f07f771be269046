"""What a request for a call, or for its change, may hold."""

import pytest

from ivr.testbench.twilio.api.call_forms import check_new_call, check_update
from ivr.testbench.twilio.api.errors import CODES, ApiError

GOOD = {"To": "+966110000099", "From": "+15550100", "Url": "https://b.example/x"}


def code_of(form: dict[str, str], *events: str) -> int:
    try:
        check_new_call({name: value for name, value in {**GOOD, **form}.items() if value != "-"}, events)
    except ApiError as error:
        assert error.response().status_code == CODES[error.code][0]
        return error.code
    return 0


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, 0),
        ({"To": "sip:desk@pbx.example", "From": "client:layla"}, 0),
        ({"Url": "-", "Twiml": "<Response/>"}, 0),
        ({"To": "-"}, 21201),
        ({"To": "nobody"}, 21211),
        ({"To": "+٩٦٦١١٠٠٠٠"}, 21211),
        ({"From": ""}, 21213),
        ({"From": "x"}, 21212),
        ({"Url": "-"}, 21205),
        ({"Url": "ftp://x"}, 21205),
        ({"Url": "http://"}, 21205),
        ({"Twiml": "<Response/>"}, 21218),
        ({"ApplicationSid": "AP1"}, 21218),
        ({"Url": "-", "Twiml": "x" * 4001}, 21602),
        ({"Method": "PUT"}, 20001),
        ({"StatusCallback": "x"}, 21205),
        ({"AsyncAmdStatusCallback": "https://b.example/amd"}, 0),
        ({"MachineDetection": "Maybe"}, 20001),
        ({"SendDigits": "1w2#"}, 0),
        ({"SendDigits": "1" * 33}, 20001),
    ],
)
def test_m27_forms_of_new_calls(form: dict[str, str], code: int) -> None:
    assert code_of(form) == code


def test_events_are_one_parameter_each() -> None:
    assert code_of({}, "ringing", "answered") == 0
    assert code_of({}, "ringing answered") == 21626


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"Status": "completed"}, "in-progress", 0),
        ({"Status": "canceled"}, "ringing", 0),
        ({"Url": "https://b.example"}, "ringing", 21220),
        ({"Status": "completed"}, "completed", 21220),
        ({}, "in-progress", 21218),
        ({"Status": "completed", "Twiml": "<Response/>"}, "in-progress", 21218),
        ({"Status": "sleeping"}, "in-progress", 20001),
        ({"Twiml": "x" * 4001}, "in-progress", 21602),
    ],
)
def test_m27_forms_of_updates(form: dict[str, str], status: str, code: int) -> None:
    found = 0
    try:
        check_update(form, status)
    except ApiError as error:
        found = error.code
    assert found == code
