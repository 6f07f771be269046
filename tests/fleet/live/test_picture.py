"""The picture of the live calls, and what a slow watcher is told of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.fleet.directory import Gone, LiveCall
from ivr.fleet.live.picture import PendingChanges, Picture

ONE, TWO = LiveCall("CA1", "a", "default"), LiveCall("CA2", "b", "default")
LATER = LiveCall("CA1", "a", "default", turns=1)
MOVED = LiveCall("CA1", "b", "default")


def test_only_what_has_changed_is_told() -> None:
    picture = Picture()
    assert picture.take(ONE) == [ONE]
    assert picture.take(ONE) == []
    assert picture.take(LATER) == [LATER]
    assert picture.take(Gone("CA2", "b")) == []
    assert (picture.get("CA1"), picture.get("CA2")) == (LATER, None)
    assert picture.take(Gone("CA1", "a")) == [Gone("CA1", "a")]
    assert list(picture) == []
    assert repr(picture) == "<Picture of 0 calls>"


def test_a_call_that_moved_is_not_gone() -> None:
    picture = Picture()
    picture.take(ONE)
    picture.take(MOVED)
    assert picture.take(Gone("CA1", "a")) == []
    assert list(picture) == [MOVED]


def test_a_full_picture_puts_right_what_was_lost() -> None:
    picture = Picture()
    picture.take(ONE)
    picture.take(TWO)
    assert picture.replace([LATER]) == [Gone("CA2", "b"), LATER]
    picture.take(TWO)
    assert picture.replace_node("b", []) == [Gone("CA2", "b")]
    assert picture.replace_node("a", [LATER]) == []
    assert list(picture) == [LATER]


def test_a_watcher_is_told_the_newest_of_each_call() -> None:
    pending = PendingChanges([ONE])
    pending.add(TWO)
    pending.add(LATER)
    assert (len(pending), pending.take(), pending.take(), pending.take()) == (2, TWO, LATER, None)
    pending.add(Gone("CA1", "a"))
    assert pending.take() == Gone("CA1", "a")
    pending.add(ONE)
    pending.add(Gone("CA1", "a"))
    assert pending.take() is None


CALLS = st.builds(
    LiveCall, st.sampled_from(["1", "2", "3"]), st.sampled_from("ab"), st.just("x"), turns=st.integers(0, 3)
)
GONE = st.builds(Gone, st.sampled_from(["1", "2", "3"]), st.sampled_from("ab"))
STEPS = st.one_of(CALLS, GONE, st.just("look"), st.lists(CALLS, max_size=3))


@given(st.lists(STEPS, max_size=30))
def test_a_watcher_who_looks_late_sees_the_truth(steps: list[object]) -> None:
    picture, pending, seen = Picture(), PendingChanges(), dict[str, LiveCall]()

    def look() -> None:
        while (change := pending.take()) is not None:
            if isinstance(change, LiveCall):
                seen[change.call_id] = change
            else:
                del seen[change.call_id]

    for step in steps:
        if isinstance(step, LiveCall | Gone):
            changes = picture.take(step)
        elif isinstance(step, list):
            changes = picture.replace(step)
        else:
            look()
            continue
        for change in changes:
            pending.add(change)
        assert len(pending) <= 6
    look()
    assert seen == {call.call_id: call for call in picture}
