"""Write what the agent is asked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from ivr.call.commands import ReplyRequest
from ivr.webhook import request
from ivr.webhook.request_schema import request_schema

ASKED = ReplyRequest(
    text="وين شحنتي؟",
    session_id="CA1",
    event="speech",
    turn=3,
    language="ar",
    call_id="CA1",
    caller="+966500000001",
    called="+966110000002",
    direction="inbound",
    heard="أهلا",
    unheard=" وسهلا",
)


def test_body_has_the_documented_fields() -> None:
    assert request.body(ASKED) == {
        "text": "وين شحنتي؟",
        "session_id": "CA1",
        "event": "speech",
        "digits": "",
        "turn": 3,
        "call": {
            "sid": "CA1",
            "from": "+966500000001",
            "to": "+966110000002",
            "direction": "inbound",
            "parameters": {},
        },
        "heard": "أهلا",
        "unheard": " وسهلا",
        "language": "ar",
    }


def test_a_withdrawn_question_is_told() -> None:
    assert "superseded" not in request.body(ASKED)
    asked = request.body(replace(ASKED, superseded=True))
    assert asked["superseded"] is True
    assert Draft202012Validator(request_schema()).is_valid(asked)


def test_a_question_that_is_asked_ahead_says_so() -> None:
    assert "eager" not in request.body(ASKED)
    asked = request.body(replace(ASKED, eager=True))
    assert asked["eager"] is True
    assert Draft202012Validator(request_schema()).is_valid(asked)


@pytest.mark.parametrize("text", ["وين شحنتي؟", "", 'a "quoted" \\ line\nand\x00more', "\u2028", "😀", "7826459301240"])
def test_encoded_is_utf8_json(text: str) -> None:
    assert json.loads(request.encoded(replace(ASKED, text=text)))["text"] == text


def test_a_lone_surrogate_does_not_stop_the_request() -> None:
    assert json.loads(request.encoded(replace(ASKED, text="a\ud83d")))["text"] == "a?"


def test_headers_without_a_secret() -> None:
    assert set(request.headers()) == {"Content-Type", "Accept", "Accept-Encoding", "User-Agent"}


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("Authorization", "Authorization", "Bearer s3cret"),
        ("authorization", "Authorization", "Bearer s3cret"),
        ("X-Api-Key", "X-Api-Key", "s3cret"),
    ],
)
def test_secret_header(name: str, header: str, value: str) -> None:
    assert request.headers("s3cret", name)[header] == value


@pytest.mark.parametrize(
    ("secret", "name"),
    [("a\r\nX: y", "Authorization"), ("سر", "Authorization"), ("s", "X:Y"), ("s", ""), ("s", "X\n"), ("s", "رأس")],
)
def test_a_secret_unfit_for_a_header_is_refused_unnamed(secret: str, name: str) -> None:
    with pytest.raises(ValueError, match="webhook secret") as refused:
        request.headers(secret, name)
    assert secret == "s" or secret not in str(refused.value)


def test_userinfo_authorises_unless_a_secret_is_set() -> None:
    assert request.with_userinfo({}, b"user:p%40ss")["Authorization"] == "Basic dXNlcjpwQHNz"
    assert request.with_userinfo({"Authorization": "Bearer x"}, b"user:pass") == {"Authorization": "Bearer x"}
    assert request.with_userinfo({"A": "b"}, b"") == {"A": "b"}
