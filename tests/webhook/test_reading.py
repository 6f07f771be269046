"""Limit the waits for a reply: one timer for all of them."""

from __future__ import annotations

import asyncio

import pytest

from ivr.testbench import virtual_time
from ivr.webhook.reading import ReplyDeadline


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _wait(deadline: ReplyDeadline, seconds: float) -> None:
    with deadline:
        await asyncio.sleep(seconds)


def test_a_wait_without_progress_ends_in_a_timeout() -> None:
    async def main() -> None:
        deadline, began = ReplyDeadline(silence=2.0, total=10.0), _now()
        await _wait(deadline, 1.5)
        with pytest.raises(TimeoutError):
            await _wait(deadline, 1.5)
        assert _now() - began == pytest.approx(2.0)
        # The task goes on as if it had not been cancelled.
        assert (task := asyncio.current_task()) and task.cancelling() == 0
        await asyncio.sleep(1)

    virtual_time.run(main())


def test_progress_moves_the_deadline_until_the_total() -> None:
    async def main() -> None:
        deadline, began = ReplyDeadline(silence=2.0, total=5.0), _now()
        with pytest.raises(TimeoutError):
            for _ in range(9):
                await _wait(deadline, 1.5)
                deadline.extend()
        assert _now() - began == pytest.approx(5.0)

    virtual_time.run(main())


def test_time_between_waits_cancels_nobody() -> None:
    async def main() -> None:
        deadline, began = ReplyDeadline(silence=2.0, total=10.0), _now()
        await _wait(deadline, 0.5)
        await asyncio.sleep(3.0)
        deadline.extend()
        await _wait(deadline, 1.5)
        deadline.extend()
        await asyncio.sleep(3.0)
        # The next wait is too late from its start.
        with pytest.raises(TimeoutError):
            await _wait(deadline, 1.5)
        assert _now() - began == pytest.approx(8.0)

    virtual_time.run(main())


def test_a_cancelled_wait_is_no_timeout() -> None:
    async def main() -> None:
        deadline = ReplyDeadline(silence=2.0, total=10.0)
        task = asyncio.create_task(_wait(deadline, 9.0))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        deadline.close()

    virtual_time.run(main())


def test_a_closed_deadline_leaves_no_timer() -> None:
    async def main() -> None:
        deadline = ReplyDeadline(silence=2.0, total=10.0)
        deadline.close()
        await _wait(deadline, 0.5)
        deadline.close()
        # What waits longer than the deadline is not disturbed by it.
        await asyncio.sleep(5.0)

    virtual_time.run(main())
