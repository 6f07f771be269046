"""Utterances that are sent early: what is awaited, taken back or late."""

from __future__ import annotations

from ivr.call.caller.speculation import Speculation
from ivr.call.commands import ForgetTranscript, Note
from tests.call.stage import Stage, options


def sent(ms: int = 600) -> Speculation:
    """Make a caller who has said something for which STT looks already."""
    stage = Stage()
    stage.speak(ms)
    stage.wait(300)
    assert stage.call._speculation.early == 1
    return stage.call._speculation


def test_nothing_said_is_nothing_to_send() -> None:
    assert Stage().call._speculation.send_early(0.0) == []


def test_what_is_taken_back_is_forgotten_once() -> None:
    speculation = sent()
    assert speculation.take_back() == [Note("early_taken_back"), ForgetTranscript(1)]
    assert speculation.take_back() == []
    assert not speculation.found(1, "hello", 2000.0)


def test_late_words_count_once() -> None:
    speculation = sent()
    assert not speculation.take_late(1)
    speculation.go_on_without()
    assert speculation.early is None
    assert not speculation.take_late(2)
    assert speculation.take_late(1)
    assert not speculation.take_late(1)


def test_late_words_that_were_forgotten_do_not_count() -> None:
    speculation = sent()
    speculation.go_on_without()
    assert speculation.forget() == [ForgetTranscript(1)]
    assert not speculation.take_late(1)


def test_speculation_prints_itself() -> None:
    speculation = sent()
    assert repr(speculation) == "<Speculation early=1 late=[] <Utterances open=[1] <Keypad typing=0> waiting=1>>"
    speculation.go_on_without()
    assert repr(speculation).startswith("<Speculation early=None late=[1] ")


def test_a_voice_behind_much_that_waits_is_not_listened_to() -> None:
    speculation = sent()
    assert speculation.may_be_caller(asked_in_vain=False)
    assert speculation.may_be_caller(asked_in_vain=True)
    speculation.utterances.add(0.0, 12.0, 12.0, 12_000)
    assert not speculation.may_be_caller(asked_in_vain=False)
    assert not speculation.may_be_caller(asked_in_vain=True)


def test_forgotten_words_leave_the_usual_endpoint() -> None:
    speculation = sent()
    assert speculation.found(1, "yes", 2000.0)
    assert speculation._caller.endpoint_ms == 200
    speculation.forget()
    assert speculation._caller.endpoint_ms == 500


def test_complete_words_never_make_the_endpoint_later() -> None:
    stage = Stage(options(endpoint_ms=200))
    stage.speak(600)
    stage.wait(120)
    speculation = stage.call._speculation
    assert speculation.found(1, "yes", 2000.0)
    assert speculation._caller.endpoint_ms == 133


def test_what_is_said_beneath_is_judged_once_all_of_it_is_found() -> None:
    speculation = sent()
    ended = speculation._caller.so_far()
    assert ended is not None
    assert speculation.ended(ended, 2000.0, beneath=True) == []
    assert speculation.is_beneath(1)
    assert not speculation.is_beneath(2)
    assert speculation.take_beneath() == []
    assert speculation.found(1, "hello", 2000.0)
    assert speculation.take_beneath() == [(1, "hello")]
    assert speculation.take_beneath() == []


def test_what_is_lost_beneath_is_not_judged() -> None:
    speculation = sent()
    ended = speculation._caller.so_far()
    assert ended is not None
    speculation.ended(ended, 2000.0, beneath=True)
    assert speculation.found(1, None, 2000.0)
    assert speculation.take_beneath() == []
    speculation.early = None
    speculation.ended(ended, 2001.0, beneath=True)
    speculation.forget()
    assert speculation.take_beneath() == []
