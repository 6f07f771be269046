"""When the state of a call is kept, and when it is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.call.commands import Command, HangUp
from ivr.call.events import SUPERSEDED, Event, Resumption, Withdraw
from ivr.call.options import Phrase
from ivr.fleet.kept.calls import MemoryKept
from ivr.server.resume.keeper import StateKeeper
from ivr.server.resume.state import CallState, read_state
from tests.call.stage import LOUD, STARTED, Stage, options, phrases

ANSWER = "It is in Riyadh today, and it comes tomorrow."


class Counted(MemoryKept):
    """Count what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def keep(self, call_id: str, state: bytes) -> None:
        self.written += 1
        super().keep(call_id, state)

    def of(self, call_id: str = "CA1") -> CallState | None:
        written = self._states.get(call_id)
        return read_state(written) if written is not None else None


class Followed(Stage):
    """A call that a keeper observes."""

    def __init__(self, keeper: StateKeeper, resumption: Resumption | None = None) -> None:
        self.keeper = keeper
        more = {"shutdown": Phrase("shutdown words", LOUD * 25)}
        super().__init__(options(phrases={**phrases(greeting=""), **more}), start=False)
        keeper.began("CA1", self.now, self.call)
        self.feed(replace(STARTED, resumption=resumption))

    def feed(self, event: Event) -> list[Command]:
        out = super().feed(event)
        self.keeper.happened("CA1", self.now, event, out)
        for command in out:
            if isinstance(command, HangUp):
                self.keeper.ended("CA1", self.now, self.call.turns, command)
        return out


@pytest.fixture
def kept() -> Counted:
    return Counted()


@pytest.fixture
def keeper(kept: Counted) -> StateKeeper:
    return StateKeeper(kept)


def test_a_state_has_who_called_and_since_when(keeper: StateKeeper, kept: Counted) -> None:
    Followed(keeper)
    state = kept.of()
    assert state is not None
    assert (state.caller, state.called, state.direction) == (STARTED.caller, STARTED.called, "inbound")
    assert state.stands.since > 1.7e9
    assert "1 calls" in repr(keeper)


def test_a_resumed_call_is_as_old_as_its_first_stream(keeper: StateKeeper, kept: Counted) -> None:
    Followed(keeper, Resumption(count=2, since=1234.5, turn=7, lasted_s=30.0))
    state = kept.of()
    assert state is not None
    assert (state.stands.since, state.stands.count, state.stands.turn) == (1234.5, 2, 7)


def test_the_state_follows_the_conversation(keeper: StateKeeper, kept: Counted) -> None:
    call = Followed(keeper)
    call.wait(2000)
    # The caller's silence is no news.
    assert kept.written == 1
    call.hear()
    state = kept.of()
    assert state is not None
    assert state.stands.question == "where is my parcel"
    call.reply(ANSWER)
    call.voice(1000)
    call.wait(600)
    state = kept.of()
    assert state is not None
    assert state.stands.rest
    call.wait(1000)
    state = kept.of()
    assert state is not None
    assert (state.stands.heard, state.stands.rest, state.stands.question) == (ANSWER, "", "")
    assert kept.written < 10


def test_a_call_that_ends_as_meant_is_forgotten(keeper: StateKeeper, kept: Counted) -> None:
    call = Followed(keeper)
    call.hear()
    call.reply("Goodbye.", hang_up=True)
    assert kept.of() is None
    call.voice(500)
    call.wait(3000)
    assert call.ended is not None
    assert kept.of() is None
    assert "0 calls" in repr(keeper)


def test_what_the_bridge_ends_goes_on_from_before(keeper: StateKeeper, kept: Counted) -> None:
    call = Followed(keeper)
    call.answer(ANSWER)
    call.wait(200)
    before = kept.of()
    keeper.leaving = True
    call.feed(Withdraw("shutdown", words_s=5.0))
    call.wait(6000)
    assert call.ended is not None
    # The last words of this bridge are no answer that was heard.
    assert kept.of() == before
    assert keeper.awaited == {"CA1"}


def test_an_older_stream_leaves_the_state_of_the_newer(keeper: StateKeeper, kept: Counted) -> None:
    older = Followed(keeper)
    Followed(keeper, Resumption(count=1, since=1234.5, turn=1))
    older.feed(Withdraw(SUPERSEDED))
    assert older.ended is not None
    state = kept.of()
    assert state is not None
    assert state.stands.count == 1
    assert "1 calls" in repr(keeper)


def test_a_call_that_cannot_be_helped_is_forgotten(keeper: StateKeeper, kept: Counted) -> None:
    Followed(keeper)
    keeper.ended("CA1", 1.0, [], HangUp("upstream_error", "agent_failed"))
    assert kept.of() is None
    kept.keep("CA2", b"of a call that is not followed here")
    keeper.ended("CA2", 1.0, [], HangUp("indeterminate", "caller_dropped", from_caller=True))
    assert kept.of("CA2") is None
    keeper.happened("CA2", 1.0, STARTED, [])
    assert kept.of("CA2") is None
