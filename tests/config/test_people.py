"""Who may take over a call."""

from __future__ import annotations

import pytest

from ivr.config.people import check_people, read_person


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+966 11 000 0001", "+966110000001"),
        ("00966110000001", "+966110000001"),
        (" sip:Ann@desk.example ", "sip:Ann@desk.example"),
        ("SIP:ann@desk.example:5061;transport=tls", "sip:ann@desk.example:5061;transport=tls"),
        ("Queue: sales", "queue:sales"),
    ],
)
def test_a_person_is_read_and_may_be_dialled(written: str, read: str) -> None:
    assert read_person(written) == read
    assert check_people((read,)) is None


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("0110000001", "country code"),
        ("client:ann", "sip:user@host"),
        ("https://evil.example", "sip:user@host"),
        ("sip:ann", "SIP address"),
        ("sip:ann@", "SIP address"),
        ("sip:a b@desk.example", "SIP address"),
        ("sip:ann@desk.example?x=<y>", "SIP address"),
        ("sip:ann@desk.example" + ";transport=" + "x" * 40 + ";a=b" * 60, "SIP address"),
        ("queue:", "queue: and its name"),
        ("queue:sales team", "queue: and its name"),
        ("queue:" + "x" * 65, "queue: and its name"),
    ],
)
def test_another_address_is_refused(person: str, told: str) -> None:
    problem = check_people(("+966110000001", person))
    assert problem is not None
    assert told in problem
