"""The observer of calls: what it puts into the spool, by what the line keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ivr.call.call import Call
from ivr.call.commands import HangUp, Note
from ivr.call.events import SUPERSEDED, AudioIn, CallStarted, PeerFault
from ivr.call.options import CallOptions
from ivr.call.timeline import Turn
from ivr.config.lines import Keep, Line, plain_line
from ivr.records.observer import MOST_NAMES, RecordObserver
from ivr.records.record import Began, Ended, Entry, FileNamed, decode_entry, number_key
from tests.records.made import KEY, NOW

CALLER, CALLED = "+966500000001", "+966110000000"


class Seen:
    """An observer, and what it has put."""

    def __init__(self, keep: Keep = "metrics") -> None:
        self.entries: list[Entry] = []
        self.made = 0
        line: Line = replace(plain_line("en"), keep=keep, keep_days=7)
        self.observer = RecordObserver(self.put, [line], writer="w1", node="one", key=lambda: KEY, clock=lambda: NOW)

    def put(self, payload: Callable[[], bytes]) -> None:
        self.entries.append(decode_entry(payload()))

    def start(self, stream: str = "MZ1", now: float = 100.0) -> None:
        event = CallStarted("CA1", stream, CALLER, CALLED, line="default")
        self.observer.began("CA1", now, Call(CallOptions()))
        self.observer.happened("CA1", now, event, ())

    def end(self, now: float, turns: Any = (), reason: str = "caller_stop") -> HangUp:
        hang_up = HangUp("success" if reason != SUPERSEDED else "indeterminate", reason)
        self.observer.happened("CA1", now, AudioIn(0, b""), [hang_up])
        self.observer.ended("CA1", now, turns, hang_up)
        return hang_up


def a_turn() -> Turn:
    turn = Turn(
        1, "speech", text="my card is 4000", digits="12", outcome="heard", heard="One moment\0", unheard="\ud800"
    )
    turn.record_speech(101.0, 102.0, 102.5, 103.0)
    turn.ask(103.0)
    turn.receive_delta(104.0)
    sentence = turn.add_sentence("One moment", "One moment", 104.5)
    sentence.ask(104.5)
    sentence.add_audio(100, 104.8)
    turn.send(sentence, 105.0)
    turn.overlap(105.5, 105.6, None)
    turn.overlaps[0].settle("commit", "words", 106.0)
    return turn


def test_a_call_has_a_beginning_and_an_end() -> None:
    seen = Seen()
    seen.start()
    seen.observer.happened("CA1", 101.0, PeerFault("agent", "bad_json"), [Note("overlap"), Note("overlap")])
    seen.end(160.0, [a_turn()])
    began, ended = seen.entries
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert began.facts == ended.facts
    facts = began.facts
    assert (facts.call_id, facts.line, facts.keep, facts.keep_days) == ("CA1", "default", "metrics", 7)
    assert (facts.writer, facts.node, facts.started_at) == ("w1", "one", NOW)
    assert (ended.ended_at, ended.result, ended.reason, ended.settled) == (NOW + 60, "success", "caller_stop", True)
    assert (ended.notes, ended.faults) == ({"overlap": 2}, {"agent/bad_json": 1})
    [turn] = ended.turns
    assert (turn.at_s, turn.wait_ms, turn.endpoint_ms, turn.stt_ms) == (1.0, 3000, 500, 500)
    assert (turn.agent_ms, turn.tts_ms, turn.own_ms) == (1500, 300, 200)
    assert (turn.sentences, turn.barge_ins) == (1, 1)


def test_without_text_no_word_and_no_number_is_written() -> None:
    seen = Seen()
    seen.start()
    seen.end(160.0, [a_turn()])
    began, ended = seen.entries
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert (began.facts.caller, began.facts.called) == ("", "")
    assert (began.facts.caller_key, began.facts.called_key) == (number_key(KEY, CALLER), number_key(KEY, CALLED))
    assert [(turn.asked, turn.heard, turn.unheard) for turn in ended.turns] == [("", "", "")]


def test_with_text_words_are_written_without_what_was_pressed() -> None:
    seen = Seen("text")
    seen.start()
    seen.end(160.0, [a_turn()])
    began, ended = seen.entries
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    assert (began.facts.caller, began.facts.called) == (CALLER, CALLED)
    [turn] = ended.turns
    # Keys may be a card's number. A database takes no NUL and no half of a pair.
    assert (turn.asked, turn.heard, turn.unheard) == ("my card is ****", "One moment\ufffd", "?")


def test_a_line_that_keeps_nothing_has_no_record() -> None:
    seen = Seen("none")
    seen.start()
    seen.observer.happened("CA1", 101.0, AudioIn(0, b""), [Note("overlap")])
    seen.end(160.0, [a_turn()])
    assert seen.entries == []


def test_each_stream_of_a_call_is_a_part() -> None:
    seen = Seen()
    seen.start("MZ1")
    first = HangUp("indeterminate", SUPERSEDED)
    seen.observer.happened("CA1", 109.0, AudioIn(0, b""), [first])
    seen.start("MZ2", 110.0)
    seen.observer.ended("CA1", 111.0, [], first)
    seen.end(150.0)
    one, two, early, late = seen.entries
    assert isinstance(early, Ended)
    assert isinstance(late, Ended)
    assert isinstance(one, Began)
    assert isinstance(two, Began)
    assert (early.facts, early.superseded, early.ended_at) == (one.facts, True, NOW + 11)
    assert (late.facts, late.superseded, late.settled) == (two.facts, False, True)
    assert one.facts.part != two.facts.part


def test_the_end_of_a_call_that_was_not_seen_is_nothing() -> None:
    seen = Seen()
    seen.observer.ended("CA9", 1.0, [], HangUp("success", "caller_stop"))
    assert seen.entries == []
    assert repr(seen.observer) == "<RecordObserver 0 calls>"


def test_of_endless_names_some_are_counted() -> None:
    seen = Seen()
    seen.start()
    for number in range(MOST_NAMES + 50):
        seen.observer.happened("CA1", 101.0, AudioIn(0, b""), [Note(f"n{number}")])
    seen.end(160.0)
    ended = seen.entries[-1]
    assert isinstance(ended, Ended)
    assert len(ended.notes) == MOST_NAMES


def test_a_tape_is_named() -> None:
    seen = Seen()
    seen.start()
    seen.observer.name_file("CA1", "tape", "CA1.tape")
    assert seen.entries[1:] == [FileNamed("CA1", "tape", "CA1.tape", NOW)]


def test_a_tape_of_a_call_without_a_record_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen("none")
    seen.start()
    seen.observer.name_file("CA1", "tape", "CA1.tape")
    assert seen.entries == []
    monkeypatch.setattr("ivr.records.observer.MOST_RECORDED", 0)
    seen = Seen()
    seen.start()
    seen.observer.name_file("CA1", "tape", "CA1.tape")
    assert len(seen.entries) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+966 50 000-0001", "00966500000001", True),
        ("+966500000001", "966500000001", True),
        ("SIP:Ali@example.com", "sip:ali@example.com", True),
        ("anonymous", "+1", False),
        ("+966500000001", "+966500000002", False),
    ],
)
def test_a_number_has_one_key_however_it_is_written(one: str, other: str, same: bool) -> None:
    assert (number_key(KEY, one) == number_key(KEY, other)) is same


def test_no_number_has_no_key() -> None:
    assert number_key(KEY, "  ") == ""
    assert number_key(KEY, "+966500000001") != number_key(b"another", "+966500000001")
