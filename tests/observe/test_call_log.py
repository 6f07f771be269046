"""What the log says of calls."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note, SendClear, WarmUp
from ivr.call.events import AudioIn, CallStarted, DigitPressed, Event, Tick
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn, TurnOutcome
from ivr.observe import logs
from ivr.observe.call_log import CallLog, Observers
from ivr.observe.event_loop.loop_lag import LoopLag

STARTED = CallStarted("CA1", "MZ1", "+966500000001", "+966110000000", line="sales")


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, dict[str, object]]]:
    return [(record.levelname, record.getMessage(), logs.fields_of(record)) for record in caplog.records]


def turn(outcome: TurnOutcome, *, spoke: float | None = 1.0, sent: float | None = 2.0) -> Turn:
    return Turn(1, "speech", "private words", outcome=outcome, speech_ended_at=spoke, first_sent_at=sent)


def test_a_call_s_start_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    CallLog().happened("CA1", 0.0, STARTED, [])
    assert told(caplog) == [("INFO", "call_started", {"call": "CA1", "stream": "MZ1", "line": "sales"})]


@pytest.mark.parametrize(
    "name", ["upstream_failed", "speech_failed", "transcript_failed", "reply_failed", "peer_fault"]
)
def test_failures_are_warnings(name: str, caplog: pytest.LogCaptureFixture) -> None:
    CallLog().happened("CA1", 0.0, Tick(), [Note(name, {"reason": "timeout"})])
    assert told(caplog) == [("WARNING", name, {"call": "CA1", "reason": "timeout"})]


def test_notes_are_told_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    CallLog().happened("CA1", 0.0, DigitPressed("7"), [SendClear(), Note("overlap", {"ms": 140}), Note("plain")])
    assert told(caplog) == [("INFO", "overlap", {"call": "CA1", "ms": 140}), ("INFO", "plain", {"call": "CA1"})]


def test_a_phrase_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    CallLog().happened("CA1", 0.0, Tick(), [Note("phrase", {"name": "greeting"})])
    assert [(record.levelname, record.message) for record in caplog.records] == [("DEBUG", "phrase")]


@pytest.mark.parametrize("field", ["name", "message", "args", "module", "msg", "process", "asctime", "call"])
def test_no_field_of_a_note_can_break_the_log(field: str, caplog: pytest.LogCaptureFixture) -> None:
    CallLog().happened("CA1", 0.0, Tick(), [Note("odd", {field: "x", "fine": 1})])
    [(_, event, fields)] = told(caplog)
    assert event == "odd"
    assert fields["call"] == "CA1"
    assert fields["fine"] == 1


def test_the_end_has_what_an_operator_asks_first(caplog: pytest.LogCaptureFixture) -> None:
    turns = [
        Turn(0, "phrase", outcome="heard", first_sent_at=0.1),
        turn("heard", sent=2.5),
        turn("interrupted", sent=1.8),
        turn("failed", sent=None),
        turn("superseded", spoke=None, sent=4.0),
        turn("heard", sent=2.0),
    ]
    CallLog().ended("CA1", 9.0, turns, HangUp("success", "caller_stop", from_caller=True))
    [(level, event, fields)] = told(caplog)
    assert (level, event) == ("INFO", "call_ended")
    assert fields == {
        "call": "CA1", "line": "", "result": "success", "reason": "caller_stop", "turns": 5, "heard": 2,
        "interrupted": 1, "failed": 1, "answer_ms_p50": 1000, "answer_ms_max": 1500,
    }  # fmt: skip
    assert "private" not in caplog.text


def test_turns_and_the_end_of_a_call_have_its_line(caplog: pytest.LogCaptureFixture) -> None:
    written = CallLog()
    written.happened("CA1", 0.0, STARTED, [])
    written.ended("CA1", 1.0, [], HangUp("indeterminate", "superseded"))
    written.happened("CA1", 2.0, Tick(), [Note("turn", {"turn": 1, "stt_ms": 200}), Note("filler")])
    written.ended("CA1", 3.0, [], HangUp("success", "caller_stop"))
    written.ended("CA1", 4.0, [], HangUp("success", "caller_stop"))
    _, superseded, turned, filler, ended, unknown = told(caplog)
    assert turned == ("INFO", "turn", {"call": "CA1", "turn": 1, "stt_ms": 200, "line": "sales"})
    assert "line" not in filler[2]
    assert [line[2]["line"] for line in (superseded, ended, unknown)] == ["sales", "sales", ""]


def test_a_call_without_a_turn(caplog: pytest.LogCaptureFixture) -> None:
    CallLog().ended("CA1", 9.0, [], HangUp("indeterminate", "no_media"))
    [(_, _, fields)] = told(caplog)
    assert "answer_ms_p50" not in fields
    assert fields["turns"] == 0


class Bad:
    def began(self, call_id: str, now: float, call: Call) -> None:
        raise KeyError("began")

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        raise KeyError("happened")

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        raise KeyError("ended")


class Good:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def began(self, call_id: str, now: float, call: Call) -> None:
        self.seen.append("began")

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.seen.append("happened")

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.seen.append("ended")


def test_an_observer_that_raises_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    good = Good()
    both = Observers(Bad(), good)
    both.began("CA1", 0.0, Call(CallOptions()))
    both.happened("CA1", 0.0, Tick(), [])
    both.ended("CA1", 0.0, [], HangUp("success", "x"))
    assert good.seen == ["began", "happened", "ended"]
    assert caplog.text.count("observer_failed") == 3


def test_frames_from_which_nothing_follows_go_to_those_who_want_them() -> None:
    class Calm(Good):
        wants_still_frames = False

    eager, calm = Good(), Calm()
    both = Observers(eager, Observers(calm), CallLog())
    for event, commands in ((AudioIn(0, b""), []), (AudioIn(20, b""), [WarmUp()]), (Tick(), [])):
        both.happened("CA1", 0.0, event, commands)
    assert (len(eager.seen), len(calm.seen)) == (3, 2)
    assert (both.wants_still_frames, Observers(calm).wants_still_frames) == (True, False)


def test_observers_see_the_stalls_of_the_process() -> None:
    seen: list[Turn] = []

    class Last:
        def began(self, call_id: str, now: float, call: Call) -> None:
            """Need nothing of a call before its first event."""

        def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
            raise AssertionError("no event happens here")

        def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
            seen.extend(turns)

    lag = LoopLag()
    lag.beat(2.0, 3.0)
    waited = Turn(1, "speech", endpoint_at=1.0, first_sent_at=4.0)
    Observers(Last(), lag=lag).ended("CA1", 5.0, [waited], HangUp("success", "caller_stop"))
    assert [each.stalls for each in seen] == [[(2.0, 3.0)]]
    assert waited.stalls == []


class OfTurns(Good):
    def closed(self, call_id: str, now: float, turn: Turn) -> None:
        self.seen.append(f"{turn.number} stalled {len(turn.stalls)}")


def test_each_turn_is_told_once_with_its_stalls(caplog: pytest.LogCaptureFixture) -> None:
    class Worse(Bad):
        def closed(self, call_id: str, now: float, turn: Turn) -> None:
            raise KeyError("closed")

    lag = LoopLag()
    lag.beat(2.0, 3.0)
    turns, call = OfTurns(), Call(CallOptions())
    call.turns.extend([Turn(0, "phrase"), Turn(1, "speech", endpoint_at=1.0, first_sent_at=4.0), Turn(2, "speech")])
    every = Observers(Worse(), Good(), turns, lag=lag)
    every.began("CA1", 0.0, call)
    every.happened("CA1", 4.5, Tick(), [Note("turn", {"turn": 1})])
    every.happened("CA1", 4.6, Tick(), [Note("turn", {"turn": 1})])
    every.ended("CA1", 5.0, call.turns, HangUp("success", "caller_stop"))
    assert [word for word in turns.seen if word != "happened"] == [
        *("began", "1 stalled 1", "0 stalled 0", "2 stalled 0", "ended")
    ]
    assert caplog.text.count("KeyError: 'closed'") == 3
