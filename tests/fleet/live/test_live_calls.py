"""What the directory is shown of the calls of a process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp, Note
from ivr.call.events import SUPERSEDED, CallStarted, Resumption, Tick
from ivr.call.options import CallOptions
from ivr.call.timeline import Sentence, Turn
from ivr.call.turn import TurnTrigger
from ivr.fleet.directory import WORDS_KEPT, LiveCall
from ivr.fleet.live.live_calls import (
    MOST_OF_A_PIECE,
    MOST_OF_ALL,
    LiveCalls,
    agent_words,
    caller_words,
    last_words,
    state_of,
)


class Shown:
    """Remember what is put."""

    node = "bridge-1"

    def __init__(self) -> None:
        self.told: list[LiveCall | str] = []
        self.listening = 0

    def put(self, call: LiveCall) -> None:
        self.told.append(call)

    def gone(self, call_id: str) -> None:
        self.told.append(call_id)

    def listeners(self, _call_id: str) -> int:
        return self.listening

    @property
    def last(self) -> LiveCall:
        call = self.told[-1]
        assert isinstance(call, LiveCall)
        return call


STARTED = CallStarted("CA1", "MZ1", "+966500000001", "+966110000000", "inbound", line="sales")
FIRST = LiveCall("CA1", "bridge-1", "sales", "inbound", "+966500000001", "+966110000000", 1000.0)
FAILED = Note("reply_failed")


def begun(shown: Shown, keep: str = "metrics", call_id: str = "CA1") -> tuple[LiveCalls, Call]:
    calls, call = LiveCalls(shown, lambda: 1000.0, lambda _line: keep), Call(CallOptions())
    calls.began(call_id, 5.0, call)
    calls.happened(call_id, 5.0, replace(STARTED, call_id=call_id), [])
    return calls, call


def test_a_call_is_shown_at_once_and_then_at_beats() -> None:
    shown = Shown()
    calls, call = begun(shown)
    assert shown.told == [FIRST]
    calls.beat(5.3)
    assert shown.told == [FIRST]
    call.floor.go(TurnTrigger.VOICE)
    calls.beat(5.4)
    assert shown.last == replace(FIRST, state="hearing")
    call.floor.go(TurnTrigger.NOTHING)
    calls.beat(5.5)
    assert shown.last.state == "hearing"
    calls.beat(5.7)
    assert shown.last == FIRST
    assert calls.show_again() == [FIRST]
    calls.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    calls.ended("CA1", 9.0, [], HangUp("success", "caller_stop"))
    assert (shown.told[-1], len(shown.told), repr(calls)) == ("CA1", 4, "<LiveCalls 0 calls>")


def test_faults_listeners_and_recording_are_shown() -> None:
    shown = Shown()
    calls, _ = begun(shown)
    calls.happened("CA1", 5.1, Tick(), [FAILED, Note("filler"), FAILED])
    calls.happened("CA-unknown", 5.1, Tick(), [FAILED])
    shown.listening = 2
    calls.record("CA1", True)
    calls.record("CA-unknown", True)
    calls.beat(6.0)
    assert shown.last == replace(FIRST, faults=2, listeners=2, recorded=True)
    shown.listening = 0
    calls.beat(7.0)
    assert shown.last.listeners == 0


def test_a_resumed_call_keeps_its_age() -> None:
    shown = Shown()
    calls = LiveCalls(shown, lambda: 1000.0, lambda _line: "metrics")
    calls.began("CA1", 5.0, Call(CallOptions()))
    calls.happened("CA1", 5.0, replace(STARTED, resumption=Resumption(count=2, since=400.0)), [])
    assert shown.told == [replace(FIRST, since=400.0, resumed=2)]
    # A state of which it is not known when the call began.
    calls.began("CA2", 5.0, Call(CallOptions()))
    calls.happened("CA2", 5.0, replace(STARTED, call_id="CA2", resumption=Resumption(count=1)), [])
    assert (shown.last.since, shown.last.resumed) == (1000.0, 1)


def test_a_second_stream_is_the_same_call() -> None:
    shown = Shown()
    calls, _ = begun(shown)
    calls.record("CA1", True)
    newer = Call(CallOptions())
    calls.began("CA1", 6.0, newer)
    calls.happened("CA1", 6.0, Tick(), [])
    calls.beat(6.5)
    assert len(shown.told) == 1
    calls.happened("CA1", 7.0, replace(STARTED, stream_id="MZ2"), [])
    calls.ended("CA1", 7.1, [], HangUp("indeterminate", SUPERSEDED))
    assert shown.last == replace(FIRST, recorded=True)
    calls.ended("CA1", 8.0, [], HangUp("success", "caller_stop"))
    assert shown.told[-1] == "CA1"


def test_a_call_that_goes_on_elsewhere_is_gone_here() -> None:
    shown = Shown()
    calls, _ = begun(shown)
    calls.ended("CA1", 7.1, [], HangUp("indeterminate", SUPERSEDED))
    assert shown.told == [FIRST, "CA1"]
    calls.left("CA1")
    assert len(shown.told) == 2


def asked(number: int, seconds: float | None, over: bool = True) -> Turn:
    turn = Turn(number, "speech", f"question {number}", speech_ended_at=10.0, endpoint_at=10.5, transcript_at=10.6,
                asked_at=10.6, first_delta_at=10.7)  # fmt: skip
    if seconds is not None:
        at = 10.0 + seconds
        sentence = Sentence(1, "answer", "answer", 10.8, asked_at=10.8, audio_at=at, sent_at=at)
        turn.sentences, turn.first_sent_at = [sentence], at
    if over:
        turn.close("heard", 20.0, f"answer {number}", "")
    return turn


def test_waits_are_those_of_the_questions() -> None:
    shown = Shown()
    calls, call = begun(shown)

    def show(at: float) -> tuple[int, int | None, int | None]:
        calls.happened("CA1", at, Tick(), [])
        calls.beat(at)
        return shown.last.turns, shown.last.wait_ms, shown.last.longest_wait_ms

    turns = call.turns
    turns.append(Turn(0, "phrase"))
    assert show(6.0) == (0, None, None)
    turns[0].close("heard", 6.0, "welcome", "")
    turns.append(asked(1, None, over=False))
    assert show(7.0) == (1, None, None)
    turns[1] = asked(1, 1.5, over=False)
    assert show(8.0) == (1, 1500, 1500)
    turns[1] = asked(1, 1.5)
    turns.append(asked(2, 0.9, over=False))
    assert show(9.0) == (2, 900, 1500)
    turns[2] = asked(2, 0.9)
    turns.append(asked(3, None))
    assert show(10.0) == (3, 900, 1500)
    assert show(11.0) == (3, 900, 1500)
    turns.append(asked(4, None, over=False))
    turns[4].ask_ahead()
    assert show(12.0) == (3, 900, 1500)
    turns[4].end_ahead(12.5)
    assert show(13.0) == (4, 900, 1500)


@pytest.mark.parametrize(("keep", "words"), [("none", ()), ("metrics", ()), ("text", (("agent", "welcome"),))])
def test_words_are_shown_where_the_line_keeps_them(keep: str, words: tuple[tuple[str, str], ...]) -> None:
    shown = Shown()
    calls, call = begun(shown, keep)
    call.turns.append(Turn(0, "phrase", outcome="heard", heard="welcome", ended_at=5.5))
    calls.happened("CA1", 6.0, Tick(), [])
    calls.beat(6.0)
    assert (shown.last.keep, shown.last.words) == (keep, words)


def test_keys_are_never_shown() -> None:
    assert caller_words(Turn(1, "dtmf", "4111#", digits="4111#")) == "•••••"
    assert caller_words(Turn(1, "speech", "my card 41 ٤١", digits="41")) == "my card •• ••"
    assert caller_words(Turn(1, "speech", "room 41")) == "room 41"


def test_the_agent_has_said_what_was_sent_or_heard() -> None:
    turn = Turn(
        1, "speech", sentences=[Sentence(1, "One. ", "One.", 1.0, sent_at=2.0), Sentence(2, "Two.", "Two.", 1.0)]
    )
    assert agent_words(turn) == "One."
    turn.close("interrupted", 3.0, "On", "e. Two.")
    assert agent_words(turn) == "On"


def test_the_last_words_are_bounded() -> None:
    long = [Turn(n, "speech", "q" * 9000, heard="a" * 9000, outcome="heard", ended_at=1.0) for n in range(50)]
    words = last_words(long)
    assert sum(len(text) for _, text in words) == MOST_OF_ALL
    assert max(len(text) for _, text in words) == MOST_OF_A_PIECE
    short = [Turn(n, "speech", f"q{n}", heard=f"a{n}", outcome="heard", ended_at=1.0) for n in range(50)]
    assert last_words(short)[-2:] == (("caller", "q49"), ("agent", "a49"))
    assert len(last_words(short)) == WORDS_KEPT
    assert last_words([Turn(0, "phrase")]) == ()


def test_a_call_that_says_its_last_words_is_ending() -> None:
    call = Call(CallOptions())
    assert state_of(call) == "listening"
    call.ending.end(HangUp("success", "caller_stop"))
    assert state_of(call) == "ending"


def test_a_call_without_a_start_is_not_shown() -> None:
    shown = Shown()
    calls = LiveCalls(shown, lambda: 1000.0, lambda _line: "metrics")
    calls.began("CA1", 5.0, Call(CallOptions()))
    calls.happened("CA1", 5.0, Tick(), [])
    calls.beat(6.0)
    calls.left("CA1")
    assert shown.told == ["CA1"]
