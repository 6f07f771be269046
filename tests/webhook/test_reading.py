"""Read an answer in its time: one timer for all waits, and no turn of the loop too many."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ivr.testbench import virtual_time
from ivr.webhook.http.connection import Connection
from ivr.webhook.http.pool import Body, Origin, Pool
from ivr.webhook.reading import ReplyDeadline, ReplyReading


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


class Wire(asyncio.Transport):
    """Take a request, and go nowhere."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes."""

    def is_closing(self) -> bool:
        return False


def test_a_token_that_was_waited_for_is_read_in_the_same_turn() -> None:
    async def main() -> None:
        connection = Connection()
        connection.connection_made(Wire())
        connection.send(b"")
        connection.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await connection.head()
        agent = Origin("http", "agent", 80)
        response = httpx.Response(200, stream=Body(Pool(), agent, connection))
        deadline = ReplyDeadline(silence=2.0, total=10.0)
        reading = ReplyReading(response, deadline, None)
        line = b'{"type":"item","content":"%s"}\n' % (b"x" * 200)
        for _ in range(20):
            asked = asyncio.ensure_future(reading.next())
            await asyncio.sleep(0)
            connection.data_received(b"%x\r\n%s\r\n" % (len(line), line))
            await asyncio.sleep(0)
            # No turn is left to other calls for it: they had theirs while it was waited for.
            assert asked.done()
        deadline.close()

    virtual_time.run(main())
