"""The places of one process: what the admission's own tests do not see."""

from __future__ import annotations

from ivr.server.shared.memory_places import MemoryPlaces
from ivr.server.shared.places import Awaited, Owner, Place, Terms

TERMS = Terms(2)


def asked(call: str, nonce: bytes = b"n", deadline: float = 60.0) -> Place:
    return Place(call, deadline=deadline, nonce=nonce)


def test_a_call_that_asks_again_keeps_the_nonce_that_is_not_used() -> None:
    places = MemoryPlaces()
    assert places.admit(asked("a", b"1"), TERMS, 0).new
    again = places.admit(asked("a", b"2", 70.0), TERMS, 10)
    assert again.place is not None
    assert (again.new, again.place.nonce, again.place.deadline) == (False, b"1", 70.0)
    assert places.redeem(b"1", 70, 10)
    third = places.admit(asked("a", b"3"), TERMS, 10)
    assert third.place is not None
    assert third.place.nonce == b"3"


def test_a_nonce_is_used_once_and_forgotten_when_it_is_void() -> None:
    places = MemoryPlaces()
    assert [places.redeem(b"1", 60, now) for now in (0, 59, 60)] == [True, False, True]


def test_what_is_learnt_late_goes_to_the_next_stream() -> None:
    places = MemoryPlaces(3)
    places.learn("a", {"x": "0"})
    assert places.arrive("a", 1) is None
    places.learn("a", {"x": "1"})
    places.learn("a", {"y": "2"})
    assert places.arrive("a", 2) == Owner(3, 1, {"x": "1", "y": "2"})
    assert places.owner("a") == Owner(3, 2, {"x": "1", "y": "2"})
    assert not places.leave("a", 1, 0)
    assert places.leave("a", 2, 0)
    assert places.owner("a") is None


def test_a_live_call_that_asked_again_has_begun() -> None:
    places = MemoryPlaces()
    places.arrive("a", 1)
    places.admit(asked("a", deadline=60), TERMS, 0)
    places.admit(asked("b", deadline=50), TERMS, 0)
    assert places.awaited(49) == Awaited(2, 1, 50)
    assert places.awaited(50) == Awaited(1, 0, 60)
    assert places.awaited(60) == Awaited(0, 0, None)
    assert places.expect("a", 59) is not None
    assert places.expect("a", 60) is None


def test_the_oldest_snapshot_of_too_many_goes() -> None:
    places = MemoryPlaces()
    for call in ("a", "b", "a", "c"):
        places.keep(call, call.encode(), 2)
    assert [places.kept(call) for call in "abc"] == [b"a", None, b"c"]


def test_there_is_no_other_to_tell() -> None:
    places = MemoryPlaces()
    places.drain()
    assert not places.others_take()
    assert places.admit(asked("a"), Terms(2, draining=True), 0).verdict == "drain"
