"""The table of a link, its ages and its signs of life."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.pool.link import LINK_TABLE, SCRAP, IllegalLinkUse, Link, LinkLimits, LinkState, Verb
from ivr.hamsa.reasons import LinkLost

VERBS: tuple[Verb, ...] = ("connect", "opened", "request", "end", "cancel", "retire", "lost")
PATHS: dict[LinkState, tuple[Verb, ...]] = {
    LinkState.DISCONNECTED: (),
    LinkState.CONNECTING: ("connect",),
    LinkState.IDLE: ("connect", "opened"),
    LinkState.BUSY: ("connect", "opened", "request"),
    LinkState.DRAINING: ("connect", "opened", "request", "cancel"),
    LinkState.RETIRING: ("connect", "opened", "retire"),
    LinkState.CLOSED: ("lost",),
}


def link(state: LinkState, now: float = 0.0, **limits: float) -> Link:
    made = Link(1, LinkLimits(**limits))
    for verb in PATHS[state]:
        getattr(made, verb)(now)
    assert made.state is state
    return made


def second(now: float, *, acked: bool) -> Link:
    """A link with its second request in flight, the first acknowledged or not."""
    made = link(LinkState.BUSY)
    if acked:
        made.acknowledged()
    made.end(1.0)
    made.request(now)
    return made


@pytest.mark.parametrize(("state", "verb"), list(itertools.product(LinkState, VERBS)))
def test_table_and_nothing_else(state: LinkState, verb: Verb) -> None:
    made = link(state)
    if (after := LINK_TABLE.get((state, verb))) is not None:
        getattr(made, verb)(7.0)
        assert (made.state, made.since) == (after, 7.0)
    else:
        with pytest.raises(IllegalLinkUse, match=f"{verb} while {state.value}"):
            getattr(made, verb)(7.0)
        assert made.state is state


@given(st.lists(st.sampled_from(VERBS), max_size=40))
def test_every_walk_keeps_the_promises(verbs: list[Verb]) -> None:
    made, requests, ended = Link(1, LinkLimits()), 0, False
    for now, verb in enumerate(verbs):
        try:
            getattr(made, verb)(float(now))
        except IllegalLinkUse:
            continue
        requests += verb == "request"
        assert not (ended and made.state not in {LinkState.RETIRING, LinkState.CLOSED})
        ended = made.ended
        wake = made.wake_at()
        assert (wake is None) == (made.state not in {LinkState.IDLE, LinkState.DRAINING})
    assert made.uses == requests


def test_repr_is_one_line() -> None:
    made = second(2.0, acked=False)
    assert repr(made) == "<Link 1 busy, 2 uses>"
    assert made.reused


def test_age_counts_from_the_opening() -> None:
    made = Link(1, LinkLimits())
    assert made.age(9.0) == 0.0
    made.connect(10.0)
    made.opened(11.0)
    assert made.age(15.0) == 4.0


def test_old_link_is_due_between_requests_only() -> None:
    made = link(LinkState.IDLE, 100.0, max_age=50.0, ping_interval=1000.0)
    assert made.wake_at() == 150.0
    assert (made.due(149.9), made.due(150.0)) == ("", "age")
    made.request(160.0)
    assert (made.wake_at(), made.due(160.0)) == (None, "")
    made.end(170.0)
    assert made.due(170.0) == "age"
    assert not made.old
    made.postpone(170.0)
    assert (made.old, made.due(171.0), made.due(200.0)) == (True, "", "age")


def test_chance_shortens_the_age() -> None:
    made = Link(1, LinkLimits(max_age=100.0), jitter=1.0)
    made.connect(0.0)
    made.opened(0.0)
    assert made.recycle_at == pytest.approx(90.0)


def test_quiet_idle_link_is_pinged_and_judged() -> None:
    made = link(LinkState.IDLE, ping_interval=20.0, ping_verdict=2.0)
    assert (made.due(19.9), made.due(20.0)) == ("", "ping")
    made.pinged(20.0)
    made.pinged(21.5)
    assert (made.wake_at(), made.due(21.9), made.due(22.0)) == (22.0, "", "dead")
    made.heard(21.95)
    assert (made.due(22.0), made.wake_at()) == ("", 41.95)


def test_busy_link_is_judged_only_when_pinged() -> None:
    made = link(LinkState.BUSY)
    assert made.due(1e6) == ""
    made.pinged(5.0)
    assert made.due(7.0) == "dead"


def test_drain_is_stuck_without_frames_or_without_end() -> None:
    made = link(LinkState.DRAINING, 0.0, drain_stall=3.0, drain_limit=10.0)
    assert (made.due(2.9), made.due(3.0)) == ("", "stuck")
    for now in range(1, 10):
        made.heard(float(now))
    assert (made.due(9.9), made.due(10.0)) == ("", "stuck")


def test_first_request_takes_what_comes() -> None:
    assert not link(LinkState.BUSY).stale(0.0)


@pytest.mark.parametrize(
    ("acked", "after", "stale"),
    [
        (True, 0.0, True),
        (True, 0.099, True),
        (True, 0.101, False),
        (False, 0.0, False),
    ],
)
def test_second_request_doubts_what_comes_too_soon(acked: bool, after: float, stale: bool) -> None:
    assert second(2.0, acked=acked).stale(2.0 + after) is stale


def test_who_changes_over_forgets_what_it_knew_of_replies() -> None:
    made = second(2.0, acked=True)
    made.acknowledged()
    made.end(3.0)
    made.change_kind("stt", 7, Counter())
    made.request(10.0)
    assert (made.kind, made.number, made.stale(10.5, 32000)) == ("stt", 7, False)
    made.acknowledged()
    made.answered(10.45)
    made.end(11.0)
    made.request(20.0)
    assert not made.stale(20.4, 32000)
    made.acknowledged()
    made.end(21.0)
    made.request(30.0)
    assert made.stale(30.4, 32000)


def test_ack_settles_it_for_this_request_and_the_next() -> None:
    made = second(2.0, acked=True)
    made.acknowledged()
    assert not made.stale(2.0)
    made.end(3.0)
    assert not made.stale(3.5)
    made.request(4.0)
    assert made.stale(9.0)
    made.cancel(9.0)
    assert made.stale(9.0)
    made.acknowledged()
    assert not made.stale(9.0)


@pytest.mark.parametrize(
    ("after", "again", "answered", "stale"),
    [
        (0.15, True, False, True),
        (0.15, False, False, False),
        (0.15, True, True, False),
        (0.25, True, False, False),
    ],
)
def test_the_frame_before_that_comes_again_too_soon_is_stale(
    after: float, again: bool, answered: bool, stale: bool
) -> None:
    made = second(2.0, acked=True)
    made.answered(2.45)
    made.end(3.0)
    made.request(3.0)
    made.acknowledged()
    if answered:
        made.answered(3.1)
    assert made.stale(3.0 + after, 32000, again=again) is stale


def test_lost_says_what_and_whether_to_try_again() -> None:
    lost = LinkLost("closed", code=1000)
    assert (str(lost), lost.reason, lost.row.retry, lost.code) == ("closed", "closed", True, 1000)


def test_a_link_under_suspicion_is_pinged_at_once() -> None:
    made = link(LinkState.IDLE, 10.0)
    assert made.due(11.0) == ""
    made.suspect()
    assert made.due(11.0) == "ping"
    made.pinged(11.0)
    assert (made.due(11.0), made.due(13.0)) == ("", "dead")
    made.heard(11.1)
    assert made.due(13.0) == ""


def test_verdict_comes_sooner_when_somebody_waits() -> None:
    made = link(LinkState.BUSY, 10.0)
    made.pinged(10.0)
    assert (made.due(10.7), made.due(10.8)) == ("", "dead")


def test_a_link_is_in_doubt_unless_it_has_just_opened() -> None:
    made = link(LinkState.BUSY, 10.0)
    assert not made.doubtful(11.0)
    assert made.doubtful(11.1)
    assert second(2.0, acked=True).doubtful(2.0)


@pytest.mark.parametrize(("first", "again", "trail"), [(0.45, None, 0.2), (0.1, None, 0.06), (1.7, 0.1, 0.06)])
def test_a_scrap_that_trails_an_end_is_stale_though_the_request_was_acknowledged(
    first: float, again: float | None, trail: float
) -> None:
    """How long depends on how quick the service is known to be."""
    made = link(LinkState.BUSY)
    made.answered(first)
    made.answered(9.0)
    made.end(10.0)
    if again is not None:
        made.request(20.0)
        made.answered(20.0 + again)
        made.end(21.0)
    ended = made.since
    made.request(ended + 0.01)
    made.acknowledged()
    assert made.trailing(ended + trail - 0.001)
    assert made.stale(ended + trail - 0.001, SCRAP)
    assert not made.stale(ended + trail - 0.001, SCRAP + 1)
    assert not made.stale(ended + trail - 0.001)
    assert not made.stale(ended + trail + 0.001, SCRAP)
    made.same_caller = False
    assert made.stale(ended + trail - 0.001, SCRAP + 1)
    assert not made.stale(ended + trail - 0.001)
    made.cancel(ended + 0.02)
    assert made.stale(ended + trail - 0.001, SCRAP)


def test_a_link_that_never_answered_has_nothing_that_trails() -> None:
    made = link(LinkState.BUSY)
    made.end(1.0)
    made.request(1.0)
    assert not made.trailing(1.0)


def test_without_an_ack_everything_that_trails_is_stale() -> None:
    made = link(LinkState.BUSY)
    made.answered(0.45)
    made.end(1.0)
    made.request(1.0)
    assert (made.stale(1.1, 32000), made.stale(1.1)) == (True, True)
    assert not made.stale(1.3, 32000)
