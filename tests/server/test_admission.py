"""Who may come in, and who is on the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.server.admission import Admission, Place


def full() -> Admission[str]:
    registry: Admission[str] = Admission(2, hold=10)
    registry.admit("a", 0)
    registry.arrive("a", "A")
    registry.admit("b", 0)
    return registry


def test_a_call_from_the_webhook_to_its_end() -> None:
    registry: Admission[str] = Admission(2)
    assert registry.admit("a", 0, caller="+1", called="+2", direction="outbound-api") == "answer"
    assert registry.expect("a", 1) == Place("a", "+1", "+2", "outbound-api")
    assert registry.arrive("a", "A") is None
    assert ("a" in registry, registry.get("a"), list(registry), len(registry)) == (True, "A", ["A"], 1)
    assert registry.expect("a", 1) is None
    assert registry.leave("a", "A", 1)
    assert ("a" in registry, registry.get("a"), len(registry)) == (False, None, 0)


def test_a_call_on_the_line_that_asks_again_keeps_its_place_for_a_moment_after_its_end() -> None:
    registry: Admission[str] = Admission(1, hold=60)
    registry.admit("a", 0)
    registry.arrive("a", "A")
    assert registry.admit("a", 10, called="+2") == "answer"
    registry.leave("a", "A", 11)
    assert registry.admit("b", 15.9) == "busy"
    assert registry.expect("a", 15.9) is not None
    assert registry.admit("b", 16) == "answer"
    registry.admit("b", 17)
    registry.arrive("b", "B")
    registry.admit("b", 18)
    registry.leave("b", "B", 77)
    assert registry.expires_at(77) == 78


def test_owed_are_calls_on_the_line_and_those_still_to_come() -> None:
    registry = full()
    registry.admit("a", 1)
    assert (registry.owed(9), registry.expires_at(9)) == (2, 10)
    assert (registry.owed(10), registry.expires_at(10)) == (1, 11)
    registry.leave("a", "A", 10)
    assert (registry.owed(10), registry.expires_at(10)) == (1, 11)
    assert (registry.owed(11), registry.expires_at(11)) == (0, None)


def test_full_is_busy_for_new_calls_only() -> None:
    registry = full()
    assert registry.admit("c", 1) == "busy"
    assert registry.admit("a", 1) == "answer"
    assert registry.admit("b", 1) == "answer"
    assert (registry.admitted, registry.refused["busy"]) == (2, 1)
    registry.leave("a", "A", 1)
    registry.forget("a")
    assert registry.admit("c", 1) == "answer"


def test_a_place_that_nobody_takes_falls_free() -> None:
    registry = full()
    assert registry.awaited(9) == 1
    assert registry.admit("c", 9) == "busy"
    assert registry.admit("c", 10) == "answer"
    assert registry.expect("b", 10) is None
    assert registry.awaited(10) == 1


def test_asking_again_keeps_the_place_longer() -> None:
    registry = full()
    registry.admit("b", 5)
    assert registry.expect("b", 14) is not None


def test_a_call_that_is_over_frees_its_place() -> None:
    registry = full()
    registry.forget("b")
    registry.forget("nobody")
    assert registry.admit("c", 0) == "answer"


def test_draining_takes_no_new_calls() -> None:
    registry = full()
    registry.draining = True
    assert registry.admit("c", 0) == "drain"
    assert registry.admit("b", 0) == "answer"
    assert registry.refused["drain"] == 1
    assert repr(registry) == "<Admission 1 live, 1 awaited of 2 draining>"


def test_a_newer_stream_supersedes() -> None:
    registry = full()
    assert registry.arrive("a", "A2") == "A"
    assert registry.superseded == 1
    assert not registry.leave("a", "A", 1)
    assert registry.get("a") == "A2"
    assert registry.leave("a", "A2", 1)
    assert not registry.leave("a", "A2", 1)


def test_a_stream_nobody_announced_counts() -> None:
    registry: Admission[str] = Admission(1)
    registry.arrive("x", "X")
    assert registry.admit("y", 0) == "busy"


def test_the_calls_may_leave_while_they_are_looked_at() -> None:
    registry = full()
    for live in registry:
        registry.leave("a", live, 1)
    assert len(registry) == 0


def test_needs_room() -> None:
    with pytest.raises(ValueError, match="needs room"):
        Admission(0)


def test_prints_itself() -> None:
    assert repr(full()) == "<Admission 1 live, 1 awaited of 2>"


steps = st.tuples(st.sampled_from(["admit", "arrive", "leave", "forget"]), st.sampled_from("abcdef"), st.floats(0, 4))


@given(st.lists(steps, max_size=80))
def test_never_admits_more_than_there_is_room(moves: list[tuple[str, str, float]]) -> None:
    registry: Admission[str] = Admission(3, hold=10)
    now = 0.0
    live: set[str] = set()
    for verb, call, pause in moves:
        now += pause
        if verb == "admit":
            room = registry.awaited(now) + len(live - {c for c in live if registry.expect(c, now)})
            known = call in live or registry.expect(call, now) is not None
            assert (registry.admit(call, now) == "answer") == (known or room < 3)
        elif verb == "arrive" and registry.expect(call, now):
            registry.arrive(call, call)
            live.add(call)
        elif verb == "leave":
            assert registry.leave(call, call, now) == (call in live)
            live.discard(call)
        else:
            registry.forget(call)
        assert len(registry) == len(live) <= 3
