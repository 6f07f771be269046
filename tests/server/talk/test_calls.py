"""Places of the softphone's calls, and which page hears of which call."""

from __future__ import annotations

import asyncio
from typing import Any

from ivr.call.commands import HangUp, Transfer
from ivr.call.events import CallerLeft
from ivr.server.talk.calls import AWAITED_S, MOST_A_MINUTE, TalkCalls
from tests.call.stage import STARTED, Stage


def test_no_more_calls_than_there_may_be() -> None:
    calls = TalkCalls(2)
    for number in (1, 2):
        assert calls.refusal((), 0.0) is None
        calls.expect(f"CA{number}", 0.0)
    assert calls.refusal((), 1.0) == "too_many"
    # One page never came; the other call goes on.
    calls.begin("CA1", lambda _: None)
    assert repr(calls) == "<TalkCalls 1 of 2>"
    assert calls.refusal((), AWAITED_S) is None
    calls.expect("CA3", AWAITED_S)
    assert calls.refusal((), AWAITED_S) == "too_many"
    calls.leave("CA1")
    assert calls.refusal((), AWAITED_S) is None
    assert TalkCalls(0).refusal((), 0.0) == "too_many"


def test_calls_elsewhere_count_once() -> None:
    calls = TalkCalls(2)
    calls.expect("CA1", 0.0)
    assert calls.refusal(["CA1"], 0.0) is None
    assert calls.refusal(["CA1", "CA2"], 0.0) == "too_many"
    calls.expect("CA2", 0.0)
    assert calls.refusal((), 0.0) == "too_many"
    # Its page says that the call, which another process carried, is over.
    calls.forget("CA2")
    calls.forget("unknown")
    assert calls.refusal((), 0.0) is None


def test_no_more_in_a_minute_than_people_make() -> None:
    calls = TalkCalls(2)
    for number in range(MOST_A_MINUTE):
        assert calls.refusal((), float(number)) is None
        calls.expect("CA", float(number))
        calls.leave("CA")
    assert calls.refusal((), 59.0) == "too_often"
    assert calls.refusal((), 60.0) is None


def test_a_page_hears_of_its_own_call_alone() -> None:
    calls, got = TalkCalls(2), list[dict[str, Any]]()
    calls.begin("CA1", got.append)
    stage = Stage(start=False)
    for call_id in ("CA1", "CA2"):
        calls.began(call_id, 0.0, stage.call)
    commands = stage.feed(STARTED)
    calls.happened("CA2", 0.0, STARTED, commands)
    assert got == []
    calls.happened("CA1", 0.0, STARTED, commands)
    assert [message["what"] for message in got] == ["state"]
    calls.ended("CA1", 0.0, (), HangUp("success", "caller_stop"))
    calls.leave("CA1")
    calls.happened("CA1", 0.0, CallerLeft("stop"), stage.feed(CallerLeft("stop")))
    assert len(got) == 1


def test_a_transfer_is_shown_and_nothing_dialled() -> None:
    calls, got = TalkCalls(1), list[dict[str, Any]]()
    calls.begin("CA1", got.append)
    assert asyncio.run(_transfer(calls, "CA1")) == "done"
    assert got == [{"event": "talk", "what": "transfer", "number": "***0000"}]
    assert asyncio.run(_transfer(calls, "CA2")) == "done"
    assert len(got) == 1


async def _transfer(calls: TalkCalls, call_id: str) -> str:
    return await calls.hand_over(call_id)(Transfer("+966110000000"))
