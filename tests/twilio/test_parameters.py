"""What an agent is told of a call beside who calls whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.form import Form
from ivr.twilio.parameters import LONGEST_TOLD, MOST_TOLD, TOLD_BYTES, call_parameters, carrier_fields, own_fields

FORM = (
    b"AccountSid=AC1&ApiVersion=2010-04-01&CallSid=CA1&CallToken=secret&CallStatus=ringing&Direction=inbound&From=%2B1"
    b"&To=%2B2&Caller=%2B1&Called=%2B2&CallerCity=Riyadh&CalledZip=1&FromCity=Riyadh&ToZip=1&CallerName=Sara&FromState="
    b"&ForwardedFrom=%2B3&StirVerstat=TN-Validation-Passed-A&AnsweredBy=human&SipHeader_X-Queue=vip&Tomorrow=%D8%BA"
)


def test_all_is_told_but_what_stands_elsewhere_and_secrets() -> None:
    assert call_parameters([carrier_fields(Form.parse(FORM))]) == (
        {
            "FromCity": "Riyadh",
            "ToZip": "1",
            "CallerName": "Sara",
            "ForwardedFrom": "+3",
            "StirVerstat": "TN-Validation-Passed-A",
            "AnsweredBy": "human",
            "SipHeader_X-Queue": "vip",
            "Tomorrow": "غ",
        },
        0,
    )


def test_the_first_source_of_a_name_wins() -> None:
    sources = [{"a": "1", "token": "t"}, {"a": "2", "b": "", "c": "3"}, {"b": "4"}]
    assert call_parameters(sources) == ({"a": "1", "c": "3", "b": "4"}, 0)


def test_names_of_the_operator_are_never_taken_for_the_carrier_s() -> None:
    own = {"From": "the shop", "Direction": "north", "bodySHA256": "x", "token": "t"}
    assert call_parameters([own]) == ({"From": "the shop", "Direction": "north"}, 0)


def test_a_name_that_comes_again_keeps_all_values() -> None:
    assert own_fields(Form.parse(b"a=1&b=2&a=3")) == {"a": "1, 3", "b": "2"}


def test_what_is_too_long_or_too_many_is_counted() -> None:
    assert call_parameters([{"a": "x" * LONGEST_TOLD, "b": "x" * (LONGEST_TOLD - 1)}]) == (
        {"b": "x" * (LONGEST_TOLD - 1)},
        1,
    )
    many = {f"n{number}": "x" for number in range(MOST_TOLD + 3)}
    assert call_parameters([many]) == (dict(list(many.items())[:MOST_TOLD]), 3)
    wide = {f"n{number}": "غ" * 900 for number in range(20)}
    chosen, left_out = call_parameters([wide])
    assert (len(chosen), left_out) == (TOLD_BYTES // 1803, 20 - TOLD_BYTES // 1803)
    assert call_parameters([wide, {"s": "small"}])[0]["s"] == "small"


@given(st.lists(st.dictionaries(st.text(), st.text(max_size=2000), max_size=90), max_size=3))
def test_parameters_stay_within_their_bounds(sources: list[dict[str, str]]) -> None:
    chosen, left_out = call_parameters(sources)
    assert len(chosen) <= MOST_TOLD
    assert sum(len((name + value).encode()) for name, value in chosen.items()) <= TOLD_BYTES
    assert left_out <= sum(map(len, sources))
