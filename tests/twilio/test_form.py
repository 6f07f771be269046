"""Forms as Twilio posts them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.form import LONGEST_BODY, MOST_FIELDS, Dialled, Form

REAL = (
    b"AccountSid=AC0&ApiVersion=2010-04-01&CallSid=CA0&CallStatus=ringing&Called=%2B966110000000&CalledZip=&Caller=anonymous"
    b"&Direction=inbound&From=%2B966500000001&FromCity=&StirVerstat=TN-Validation-Passed-A&To=%2B966110000000&ToState="
)


def test_keeps_every_field_the_empty_ones_too() -> None:
    form = Form.parse(REAL)
    assert len(form) == 13
    assert form.get("CalledZip") == ""
    assert "CalledZip" in form
    assert form.get("From") == "+966500000001"
    assert form.get("Nothing") == ""
    assert form.getlist("Nothing") == []


def test_a_name_may_occur_twice() -> None:
    assert Form.parse(b"a=1&b=2&a=3").getlist("a") == ["1", "3"]


def test_prints_names_only() -> None:
    assert repr(Form.parse(b"From=secret&To=x")) == "<Form From To>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"a=" + b"x" * LONGEST_BODY, "too_long"),
        (b"a=%ff", "bad_encoding"),
        (b"a=\xd8\xb3", "bad_encoding"),
        ("&".join(f"a{n}=" for n in range(MOST_FIELDS + 1)).encode(), "too_many_fields"),
    ],
)
def test_refuses_what_is_no_form(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        Form.parse(body)


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))))
def test_reads_what_urlencode_writes(pairs: list[tuple[str, str]]) -> None:
    form = Form.parse(urlencode(pairs).encode())
    assert [(name, value) for name in form for value in form.getlist(name)] == sorted(
        pairs, key=lambda pair: [name for name, _ in pairs].index(pair[0])
    )


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_a_fixed_reason(body: bytes) -> None:
    try:
        Form.parse(body)
    except ValueError as error:
        assert str(error) in {"bad_encoding", "too_many_fields", "too_long"}


def test_who_calls_whom() -> None:
    assert Dialled.of(Form.parse(REAL)) == Dialled("CA0", "AC0", "+966500000001", "+966110000000", "inbound")


@pytest.mark.parametrize(
    ("direction", "ours"),
    [("inbound", ("+2",)), ("outbound-api", ("+1", "+2")), ("outbound-dial", ("+1", "+2")), ("", ("+2",))],
)
def test_an_outbound_call_is_from_our_own_number(direction: str, ours: tuple[str, ...]) -> None:
    form = Form.parse(f"CallSid=CA0&From=%2B1&To=%2B2&Direction={direction}".encode())
    assert Dialled.of(form).ours == ours


def test_the_older_names_serve_too() -> None:
    dialled = Dialled.of(Form.parse(b"CallSid=CA0&Caller=client%3Aann&Called=%2B1"))
    assert dialled == Dialled("CA0", "", "client:ann", "+1", "inbound")


@pytest.mark.parametrize("sid", ["", "..%2F..", "C" * 65, "CA%00", "CA+1"])
def test_a_form_without_a_call_is_refused(sid: str) -> None:
    with pytest.raises(ValueError, match="no_call"):
        Dialled.of(Form.parse(f"CallSid={sid}".encode()))
