"""What is done when a worker, a node or an operator says something of a call."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from ivr.call.events import CallAnswered, Operated
from ivr.fleet.messages import CallOver, DrainNode, Learnt, Listen, Message, Operate, StreamOver, Superseded
from ivr.observe.logs import fields_of
from ivr.server.admission import Admission
from ivr.server.shared.told import Told
from ivr.session.session import Session
from ivr.twilio.form import Dialled
from tests.server.test_bridge import dialled, live, now, streaming
from tests.support.front import CALL, CALLED, CALLER, settings


class Noted:
    """A session that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def withdraw(self, reason: str, words_s: float = 0.0) -> None:
        self.told.append((reason, words_s))

    def operate(self, event: Operated | CallAnswered) -> None:
        self.told.append((event,))

    def carrier_ended(self, stream_id: str | None = None) -> None:
        self.told.append((stream_id,))


SAID: list[tuple[Message, list[tuple[Any, ...]]]] = [
    (CallOver("CA1"), [(None,)]),
    (StreamOver("CA1", "MZ1"), [("MZ1",)]),
    (Superseded("CA1", 1), [("superseded", 0.0)]),
    (Superseded("CA1", 9), []),
    (Operate("CA1", "hang_up", by="noura"), [(Operated("hang_up"),)]),
    (Operate("CA1", "say", words="One moment.", by="noura"), [(Operated("say", "One moment."),)]),
    (Operate("CA1", "transfer", number="+966110000001"), [(Operated("transfer", number="+966110000001"),)]),
    (Operate("CA2", "hang_up", by="noura"), []),
    (Listen("CA1", True, "b#1", "noura"), []),
    (Listen("CA1", False, "b#1", "noura"), []),
]


@pytest.mark.parametrize(("message", "done"), SAID, ids=lambda row: type(row).__name__)
def test_what_is_said_of_a_call_is_done(message: Message, done: list[tuple[Any, ...]]) -> None:
    noted = Noted()
    admission: Admission[Session] = Admission(2)
    admission.arrive("CA1", cast(Session, noted))
    told = Told(admission, lambda: None)
    told.take(message)
    assert noted.told == done
    assert repr(told) == "<Told <Admission 1 live of 2>>"


def test_what_the_carrier_found_out_is_for_calls_on_the_line() -> None:
    told = Told(Admission(2), lambda: None)
    told.late["CA1"] = {"x": "0"}
    told.take(Learnt("CA1", {"AnsweredBy": "human"}))
    assert told.late == {"CA1": {"x": "0", "AnsweredBy": "human"}}
    assert not told.learn("CA2", {"AnsweredBy": "human"})


def test_who_asks_is_logged_and_what_for_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    admission: Admission[Session] = Admission(2)
    admission.arrive("CA1", cast(Session, Noted()))
    left: list[bool] = []
    told = Told(admission, lambda: left.append(True))
    told.take(Operate("CA1", "hang_up", words="secret words", number="+966110000001", by="noura"))
    told.take(Listen("CA1", True, "b#1", "noura"))
    told.take(DrainNode("bridge-1", "noura"))
    assert left == [True]
    logged = [(record.getMessage(), fields_of(record)) for record in caplog.records]
    assert logged == [
        ("operated", {"call": "CA1", "act": "hang_up", "by": "noura"}),
        ("listener_came", {"call": "CA1", "by": "noura"}),
        ("drain_asked", {"by": "noura"}),
    ]


def test_a_live_call_is_in_the_directory(tmp_path: Path) -> None:
    async def story(bridge: Any) -> None:
        await bridge.start()
        phone, serving = await streaming(bridge)
        (call,) = await bridge.directory.calls()
        assert (call.call_id, call.line, call.caller, call.called) == (CALL, "default", CALLER, CALLED)
        assert (call.node, call.keep, call.words) == (bridge.directory.node, "metrics", ())
        assert await bridge.directory.tell(CALL, Operate(CALL, "hang_up", by="noura"))
        await serving
        await phone.close()
        assert await bridge.directory.calls() == []

    live(settings(tmp_path), story)


def test_a_closed_line_takes_no_calls(tmp_path: Path) -> None:
    async def story(bridge: Any) -> None:
        await bridge.directory.close_line("default", True)
        assert bridge.answer(dialled(), now())[0] == "closed"
        await bridge.directory.close_line("default", False)
        asked: Dialled = dialled()
        assert bridge.answer(asked, now())[0] == "answer"

    live(settings(tmp_path), story)


def test_a_bridge_without_a_server_drains_when_asked(tmp_path: Path) -> None:
    async def story(bridge: Any) -> None:
        await bridge.start()
        for _ in range(2):
            assert await bridge.directory.tell_node(bridge.directory.node, DrainNode(bridge.directory.node))
        await bridge._draining
        assert bridge.admission.draining
        (state,) = await bridge.directory.nodes()
        assert (state.draining, state.calls, state.max_calls) == (True, 0, 50)

    live(settings(tmp_path), story)


@pytest.mark.parametrize(("said", "by"), [("machine_start", "machine"), ("human", "person"), ("alien", None)])
def test_who_has_answered_is_told_to_the_call(said: str, by: Any) -> None:
    noted = Noted()
    admission: Admission[Session] = Admission(2)
    admission.arrive("CA1", cast(Session, noted))
    told = Told(admission, lambda: None)
    told.late["CA1"] = {}
    told.take(Learnt("CA1", {"AnsweredBy": said}))
    assert noted.told == ([] if by is None else [(CallAnswered(by),)])
