"""When the process may open its next connection."""

from __future__ import annotations

import pytest

from ivr.hamsa.pool.connect_rate import (
    BACKOFF_LEAST,
    DIED_YOUNG,
    PROOF,
    SPARE_PAUSE_LEAST,
    SPARE_PAUSE_MOST,
    TRIAL,
    ConnectRate,
)
from ivr.hamsa.reasons import LinkLost
from ivr.upstream.pace import TokenBucket

NOT_HAD = LinkLost("connect")


def connect_rate(rate: float = 100.0, burst: float = 100.0) -> ConnectRate:
    return ConnectRate(TokenBucket(rate, burst), chance=lambda: 0.0)


def test_the_bucket_limits_the_pace() -> None:
    rate = connect_rate(1.0, 1.0)
    assert [rate.take(now, spare=False) for now in (0.0, 0.5, 1.0)] == [0.0, 0.5, 0.0]
    assert repr(rate) == "<ConnectRate <TokenBucket 0.0 of 1, 1 a second> <Backoff after 0 failures, until 0.0>>"


def test_a_failed_connect_makes_all_connections_wait() -> None:
    rate = connect_rate()
    rate.failed(0.0, 0.0, NOT_HAD)
    assert (rate.pause(0.1), rate.take(0.1, spare=False)) == (BACKOFF_LEAST - 0.1,) * 2
    assert rate.take(BACKOFF_LEAST, spare=False) == 0.0


def test_a_limit_of_connections_slows_down_without_a_pause() -> None:
    rate = connect_rate(8.0, 8.0)
    rate.failed(0.0, 1.0, LinkLost("rate_limit"))
    assert rate.pause(1.0) < 0.0
    assert rate.take(1.0, spare=False) == 0.25
    rate.opened(1.0)
    assert 0.2 < rate.take(1.0, spare=False) < 0.25


def test_after_a_failure_one_attempt_is_made_at_a_time() -> None:
    rate = connect_rate()
    rate.failed(0.0, 0.0, NOT_HAD)
    assert rate.take(1.0, spare=False) == 0.0
    assert rate.take(2.0, spare=False) == TRIAL - 1.0
    rate.opened(3.0)
    assert rate.take(3.0, spare=False) == PROOF
    rate.served()
    assert rate.take(3.0, spare=False) == 0.0
    assert rate.pause(3.0) == -3.0


def test_the_failure_of_the_attempt_ends_its_trial() -> None:
    rate = connect_rate()
    rate.failed(0.0, 0.0, NOT_HAD)
    assert rate.take(1.0, spare=False) == 0.0
    rate.failed(1.0, 2.0, NOT_HAD)
    assert rate.take(2.0, spare=False) == pytest.approx(2 * BACKOFF_LEAST)


def test_where_links_die_unused_only_spares_wait() -> None:
    rate = connect_rate()
    rate.died(0.0, 3.0, replies=0)
    assert rate.take(3.0, spare=False) == 0.0
    assert rate.take(3.0, spare=True) == SPARE_PAUSE_LEAST
    # In doubt spares are opened one at a time, a pause apart.
    assert rate.take(5.0, spare=True) == 0.0
    assert rate.take(5.0, spare=True) == SPARE_PAUSE_LEAST
    # A link that a request waits for puts off no spare.
    assert rate.take(6.9, spare=False) == 0.0
    assert rate.take(7.0, spare=True) == 0.0


def test_every_young_death_doubles_the_pause_of_spares() -> None:
    rate, now, waits = connect_rate(), 0.0, []
    for _ in range(6):
        rate.died(now, now + 3.0, replies=0)
        now += 3.0
        waits.append(rate.take(now, spare=True))
        now += waits[-1]
    assert waits == [2.0, 4.0, 8.0, 16.0, SPARE_PAUSE_MOST, SPARE_PAUSE_MOST]


@pytest.mark.parametrize(("age", "replies"), [(3.0, 1), (DIED_YOUNG, 0), (3000.0, 0)])
def test_a_link_that_served_or_lived_is_no_young_death(age: float, replies: int) -> None:
    rate = connect_rate()
    rate.died(100.0, 100.0 + age, replies)
    assert rate.take(100.0 + age, spare=True) == 0.0


@pytest.mark.parametrize("dies", [False, True])
def test_a_link_that_lives_ends_the_doubt_about_spares(dies: bool) -> None:
    rate = connect_rate()
    rate.died(0.0, 3.0, replies=0)
    rate.lives(4.0, 4.0 + DIED_YOUNG / 2)
    rate.lives(2.9, 3.0 + DIED_YOUNG)
    assert rate.spare_backoff.failures == 1
    if dies:
        rate.died(4.0, 4.0 + DIED_YOUNG, replies=0)
    else:
        rate.lives(4.0, 4.0 + DIED_YOUNG)
    assert rate.spare_backoff.failures == 0
