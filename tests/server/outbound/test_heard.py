"""Who has answered a job's call, as the call finds it out."""

from __future__ import annotations

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp, Note
from ivr.call.events import CallStarted, Tick
from ivr.call.options import CallOptions
from ivr.server.outbound.heard import HeardAnswers


@pytest.mark.parametrize(
    ("parameters", "how", "learnt"),
    [
        ({"job": "j1", "try": "2"}, "long", [(("j1", 2), "CA1", "machine")]),
        ({"job": "j1", "try": "2"}, "carrier", []),
        ({}, "long", []),
    ],
)
def test_what_a_call_finds_out(parameters: dict[str, str], how: str, learnt: list[object]) -> None:
    told: list[object] = []
    heard = HeardAnswers(lambda: lambda *what: told.append(what))
    heard.began("CA1", 0.0, Call(CallOptions()))
    heard.happened("CA1", 0.0, CallStarted("CA1", "MZ1", parameters=parameters), [Note("phrase", {})])
    found = [Note("answered_by", {"by": "machine", "how": how})]
    heard.happened("CA1", 1.0, Tick(), found)
    assert told == learnt
    heard.ended("CA1", 2.0, [], HangUp("success", "caller_stop"))
    heard.happened("CA1", 3.0, Tick(), found)
    assert told == learnt
    assert repr(heard) == "<HeardAnswers of 0 calls>"
