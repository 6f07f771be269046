"""Who may come in, and who is on the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.fleet.messages import CallOver, Message, Superseded
from ivr.server.admission import Admission
from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.places import Owner, Place
from ivr.server.shared.shared import Shared
from ivr.server.shared.worker import Worker


def full() -> Admission[str]:
    admission: Admission[str] = Admission(2, hold=10)
    admission.admit("a", 0)
    admission.arrive("a", "A")
    admission.admit("b", 0)
    return admission


def test_a_call_from_the_webhook_to_its_end() -> None:
    admission: Admission[str] = Admission(2)
    assert admission.admit("a", 0, caller="+1", called="+2", direction="outbound-api") == "answer"
    assert admission.expect("a", 1) == Place("a", "+1", "+2", "outbound-api")
    assert admission.arrive("a", "A") is None
    assert ("a" in admission, admission.get("a"), list(admission), len(admission)) == (True, "A", ["A"], 1)
    assert admission.expect("a", 1) is None
    assert admission.leave("a", "A", 1)
    assert ("a" in admission, admission.get("a"), len(admission)) == (False, None, 0)


def test_what_is_learnt_of_an_awaited_call_is_added() -> None:
    admission = full()
    admission.admit("b", 0, parameters={"x": "1", "y": "2"})
    for call_id in ("a", "b", "c"):
        admission.learn(call_id, {"y": "3"})
    place = admission.expect("b", 1)
    assert place is not None
    assert place.parameters == {"x": "1", "y": "3"}
    assert admission.expect("a", 1) is admission.expect("c", 1) is None


def test_a_live_call_that_asks_again_keeps_its_place_briefly() -> None:
    admission: Admission[str] = Admission(1, hold=60)
    admission.admit("a", 0)
    admission.arrive("a", "A")
    assert admission.admit("a", 10, called="+2") == "answer"
    admission.leave("a", "A", 11)
    assert admission.admit("b", 15.9) == "busy"
    assert admission.expect("a", 15.9) is not None
    assert admission.admit("b", 16) == "answer"
    admission.admit("b", 17)
    admission.arrive("b", "B")
    admission.admit("b", 18)
    admission.leave("b", "B", 77)
    assert admission.expires_at(77) == 78


def test_owed_are_calls_on_the_line_and_those_still_to_come() -> None:
    admission = full()
    admission.admit("a", 1)
    assert (admission.owed(9), admission.expires_at(9)) == (2, 10)
    assert (admission.owed(10), admission.expires_at(10)) == (1, 11)
    admission.leave("a", "A", 10)
    assert (admission.owed(10), admission.expires_at(10)) == (1, 11)
    assert (admission.owed(11), admission.expires_at(11)) == (0, None)


def test_full_is_busy_for_new_calls_only() -> None:
    admission = full()
    assert admission.admit("c", 1) == "busy"
    assert admission.admit("a", 1) == "answer"
    assert admission.admit("b", 1) == "answer"
    assert (admission.admitted, admission.refused["busy"]) == (2, 1)
    admission.leave("a", "A", 1)
    admission.forget("a")
    assert admission.admit("c", 1) == "answer"


def test_a_place_that_nobody_takes_falls_free() -> None:
    admission = full()
    assert admission.awaited(9) == 1
    assert admission.admit("c", 9) == "busy"
    assert admission.admit("c", 10) == "answer"
    assert admission.expect("b", 10) is None
    assert admission.awaited(10) == 1


def test_asking_again_keeps_the_place_longer() -> None:
    admission = full()
    admission.admit("b", 5)
    assert admission.expect("b", 14) is not None


def test_a_call_that_is_over_frees_its_place() -> None:
    admission = full()
    admission.forget("b")
    admission.forget("nobody")
    assert admission.admit("c", 0) == "answer"


def test_draining_takes_no_new_calls() -> None:
    admission = full()
    admission.draining = True
    assert admission.admit("c", 0) == "drain"
    assert admission.admit("b", 0) == "answer"
    assert admission.refused["drain"] == 1
    assert repr(admission) == "<Admission 1 live of 2 draining>"


def test_a_newer_stream_supersedes() -> None:
    admission = full()
    assert admission.arrive("a", "A2") == "A"
    assert admission.superseded == 1
    assert not admission.leave("a", "A", 1)
    assert admission.get("a") == "A2"
    assert admission.leave("a", "A2", 1)
    assert not admission.leave("a", "A2", 1)


def test_a_stream_nobody_announced_counts() -> None:
    admission: Admission[str] = Admission(1)
    admission.arrive("x", "X")
    assert admission.admit("y", 0) == "busy"


def test_the_calls_may_leave_while_they_are_looked_at() -> None:
    admission = full()
    for live in admission:
        admission.leave("a", live, 1)
    assert len(admission) == 0


def test_busy_when_the_process_has_no_room_for_another_call() -> None:
    admission: Admission[str] = Admission(10)
    asked: list[int] = []

    def fits(calls: int) -> bool:
        asked.append(calls)
        return calls <= 2

    admission.fits = fits
    assert [admission.admit(call, 0) for call in ("a", "b", "c", "a")] == ["answer", "answer", "busy", "answer"]
    admission.arrive("a", "live")
    assert admission.admit("c", 0) == "answer"
    # A known call asks for nothing more.
    assert asked == [1, 2, 3, 2]


def test_a_place_is_taken_once_by_its_token() -> None:
    admission: Admission[str] = Admission(5)
    _, first = admission.place(Place("a"), 0)
    _, again = admission.place(Place("a"), 1)
    assert (len(first.nonce), first.nonce, first.deadline, again.deadline) == (12, again.nonce, 60, 61)
    assert [admission.redeem(place, 2) for place in (first, again)] == [True, False]


class Watched(Shared):
    """What a worker shares, with what it tells the others."""

    def __init__(self) -> None:
        super().__init__(Worker(0, 2, Path("x")))
        self.places = self.memory = MemoryPlaces()
        self.told: list[tuple[int, Message]] = []

    def tell(self, worker: int, message: Message) -> None:
        self.told.append((worker, message))


def test_an_older_stream_at_another_worker_is_told_to_it() -> None:
    shared = Watched()
    admission: Admission[str] = Admission(5, shared=shared)
    admission.arrive("a", "A")
    shared.memory._live["a"] = Owner(1, 9)
    assert admission.arrive("a", "A2") == "A"
    assert shared.told == [(1, Superseded("a", 9))]
    assert admission.superseded == 1


def test_what_another_worker_carries_is_told_to_it() -> None:
    shared = Watched()
    admission: Admission[str] = Admission(5, shared=shared)
    admission.arrive("here", "A")
    shared.memory._live["there"] = Owner(1, 9)
    for call in ("here", "there", "nowhere"):
        admission.tell_owner(CallOver(call))
    assert shared.told == [(1, CallOver("there"))]


def test_a_stream_is_found_by_its_number() -> None:
    admission: Admission[str] = Admission(5)
    admission.arrive("a", "A")
    assert [admission.carried("a", number) for number in (0, 1)] == [None, "A"]
    admission.leave("a", "A", 0)
    assert admission.carried("a", 1) is None


def test_what_was_found_out_of_a_call_is_there_for_its_next_stream() -> None:
    admission: Admission[str] = Admission(5)
    assert admission.late("a") == {}
    admission.arrive("a", "A")
    admission.learn("a", {"AnsweredBy": "human"})
    admission.arrive("a", "A2")
    assert admission.late("a") == {"AnsweredBy": "human"}


def test_of_a_call_the_worker_that_carries_it_keeps_what_is_told() -> None:
    shared = Watched()
    admission: Admission[str] = Admission(5, shared=shared)
    admission.keep("a", b"1")
    admission.arrive("a", "A")
    admission.keep("a", b"2")
    shared.memory._live["a"] = Owner(1, 9)
    admission.keep("a", b"3")
    assert (admission.kept("a"), admission.kept("b")) == (b"2", None)


def test_a_worker_is_over_when_another_takes_the_streams() -> None:
    class Others(MemoryPlaces):
        take = True

        def others_take(self) -> bool:
            return self.take

    shared, others = Watched(), Others()
    shared.places = others
    admission: Admission[str] = Admission(1, shared=shared)
    admission.admit("a", 0)
    assert (admission.takes, admission.owed(0)) == (True, 1)
    admission.draining = True
    # The call may come to the other worker, and so may a new one.
    assert (admission.takes, admission.owed(0)) == (False, 0)
    assert admission.admit("b", 0) == "busy"
    admission.forget("a")
    assert admission.admit("b", 0) == "answer"
    others.take = False
    assert (admission.takes, admission.owed(0)) == (True, 1)
    assert admission.admit("c", 0) == "drain"
    admission.draining = False
    assert not admission.draining


def test_a_stream_that_is_open_is_owed_whatever_others_take() -> None:
    class Others(MemoryPlaces):
        def others_take(self) -> bool:
            return True

    shared = Watched()
    shared.places = Others()
    admission: Admission[str] = Admission(5, shared=shared)
    admission.draining = True
    for live in ("A", "B"):
        admission.begin(live)
    assert admission.owed(0) == 2
    admission.arrive("a", "A")
    assert admission.owed(0) == 2
    assert not admission.leave("", "B", 0)
    assert admission.owed(0) == 1
    admission.leave("a", "A", 0)
    assert admission.owed(0) == 0


def test_needs_room() -> None:
    with pytest.raises(ValueError, match="needs room"):
        Admission(0)


def test_prints_itself() -> None:
    assert repr(full()) == "<Admission 1 live of 2>"


steps = st.tuples(st.sampled_from(["admit", "arrive", "leave", "forget"]), st.sampled_from("abcdef"), st.floats(0, 4))


@given(st.lists(steps, max_size=80))
def test_never_admits_more_than_there_is_room(moves: list[tuple[str, str, float]]) -> None:
    admission: Admission[str] = Admission(3, hold=10)
    now = 0.0
    live: set[str] = set()
    for verb, call, pause in moves:
        now += pause
        if verb == "admit":
            room = admission.awaited(now) + len(live - {c for c in live if admission.expect(c, now)})
            known = call in live or admission.expect(call, now) is not None
            assert (admission.admit(call, now) == "answer") == (known or room < 3)
        elif verb == "arrive" and admission.expect(call, now):
            admission.arrive(call, call)
            live.add(call)
        elif verb == "leave":
            assert admission.leave(call, call, now) == (call in live)
            live.discard(call)
        else:
            admission.forget(call)
        assert len(admission) == len(live) <= 3
