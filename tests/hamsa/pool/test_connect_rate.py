"""Who may open a connection, and in which order."""

from __future__ import annotations

import asyncio

from ivr.hamsa.pool.connect_rate import BACKOFF_LEAST, PROOF, SPARE, ConnectRate
from ivr.hamsa.reasons import LinkLost
from ivr.testbench import virtual_time
from ivr.upstream.pace import TokenBucket


def gate(rate: float = 1.0, burst: float = 1.0) -> ConnectRate:
    return ConnectRate(TokenBucket(rate, burst), chance=lambda: 0.0)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_the_most_urgent_goes_first_and_a_spare_last() -> None:
    async def scene() -> list[tuple[str, float]]:
        turnstile, passed = gate(), []

        async def want(name: str, urgency: float) -> None:
            assert await turnstile.permit(lambda: urgency)
            passed.append((name, now()))

        await turnstile.permit(lambda: 0.0)
        await asyncio.gather(want("spare", float("inf")), want("late", 9.0), want("soon", 3.0))
        return passed

    assert virtual_time.run(scene()) == [("soon", 1.0), ("late", 2.0), ("spare", 3.0)]


def test_what_is_not_wanted_any_more_costs_nothing() -> None:
    async def scene() -> None:
        turnstile = gate()
        wanted: list[float | None] = [1.0]
        assert await turnstile.permit(lambda: 1.0)
        waiting = asyncio.create_task(turnstile.permit(lambda: wanted[0]))
        await asyncio.sleep(0.5)
        wanted[0] = None
        turnstile.stir()
        assert not await waiting
        assert now() == 0.5
        assert repr(turnstile).endswith("0 wait>")
        await asyncio.sleep(0.5)
        assert await turnstile.permit(lambda: 1.0)
        assert now() == 1.0

    virtual_time.run(scene())


def test_who_leaves_makes_room() -> None:
    async def scene() -> None:
        turnstile = gate()
        assert await turnstile.permit(lambda: 1.0)
        first = asyncio.create_task(turnstile.permit(lambda: 1.0))
        second = asyncio.create_task(turnstile.permit(lambda: 2.0))
        await asyncio.sleep(0.2)
        first.cancel()
        assert await second
        assert now() == 1.0
        await asyncio.gather(first, return_exceptions=True)

    virtual_time.run(scene())


def test_failures_make_everybody_pause_and_refusals_for_number_slow_down() -> None:
    async def scene() -> None:
        turnstile = gate(8.0, 8.0)
        turnstile.failed(0.0, LinkLost("connect"))
        assert turnstile.pause == BACKOFF_LEAST
        assert await turnstile.permit(lambda: 0.0)
        assert now() == BACKOFF_LEAST
        turnstile.proven()
        assert turnstile.pause < 0
        turnstile.failed(now(), LinkLost("rate_limit"))
        assert turnstile.pause < 0
        began = now()
        assert await turnstile.permit(lambda: 0.0)
        assert now() - began == 0.25
        turnstile.opened()
        began = now()
        assert await turnstile.permit(lambda: 0.0)
        assert 0.2 < now() - began < 0.25

    virtual_time.run(scene())


def test_after_a_failure_one_attempt_at_a_time_until_one_has_served() -> None:
    async def scene() -> list[float]:
        turnstile, passed = gate(100.0, 100.0), []

        async def go() -> None:
            assert await turnstile.permit(lambda: 0.0)
            passed.append(round(now(), 3))

        turnstile.failed(0.0, LinkLost("connect"))
        others = [asyncio.create_task(go()) for _ in range(4)]
        await asyncio.sleep(3.0)
        turnstile.opened()
        turnstile.stir()
        await asyncio.sleep(3.0)
        turnstile.failed(BACKOFF_LEAST, LinkLost("connect"))
        turnstile.stir()
        await asyncio.sleep(3.0)
        turnstile.proven()
        turnstile.stir()
        await asyncio.gather(*others)
        return passed

    assert virtual_time.run(scene()) == [BACKOFF_LEAST, 3.0 + PROOF, 6.0 + 2 * BACKOFF_LEAST, 9.0]


def test_where_links_die_spares_come_late_and_what_is_needed_at_once() -> None:
    async def scene() -> list[tuple[str, float]]:
        turnstile, passed = gate(100.0, 100.0), []

        async def go(name: str, urgency: float) -> None:
            assert await turnstile.permit(lambda: urgency)
            passed.append((name, now()))

        await asyncio.sleep(3.0)
        turnstile.died(0.0, 0)
        await asyncio.gather(go("spare", SPARE), go("another", SPARE), go("needed", 3.0))
        await asyncio.sleep(30.0)
        turnstile.lives(3.0)
        await go("next", SPARE)
        await go("and next", SPARE)
        return passed

    assert virtual_time.run(scene()) == [
        ("needed", 3.0),
        ("spare", 5.0),
        ("another", 7.0),
        ("next", 37.0),
        ("and next", 37.0),
    ]


def test_a_clock_of_ones_own() -> None:
    async def scene() -> None:
        turnstile = ConnectRate(clock=lambda: 0.5, chance=lambda: 0.0)
        turnstile.failed(0.0, LinkLost("connect"))
        assert turnstile.pause == BACKOFF_LEAST

    virtual_time.run(scene())
