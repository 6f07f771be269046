"""The wire without a network: order, latency, back-pressure, and every way of ending."""

import asyncio

import pytest

from ivr.call.ports import WireClosed
from ivr.testbench import virtual_time
from ivr.testbench.memory import wire_pair


def now() -> float:
    return asyncio.get_running_loop().time()


def test_messages_cross_in_order_both_ways() -> None:
    async def main() -> None:
        one, other = wire_pair()
        await one.send("a")
        await one.send("b")
        await other.send("c")
        assert [await other.receive(), await other.receive(), await one.receive()] == ["a", "b", "c"]
        assert one.sent == ["a", "b"]
        assert repr(one) == "<MemoryWire open, 0 to read, 2 sent>"

    virtual_time.run(main())


def test_receive_waits_for_a_message() -> None:
    async def main() -> None:
        one, other = wire_pair()
        waiting = asyncio.create_task(other.receive())
        await asyncio.sleep(2)
        await one.send("late")
        assert await waiting == "late"
        assert now() == 2.0

    virtual_time.run(main())


def test_latency_delays_each_message_and_keeps_order() -> None:
    async def main() -> None:
        one, other = wire_pair(latency=0.09)
        await one.send("a")
        await asyncio.sleep(0.05)
        await one.send("b")
        assert (await other.receive(), now()) == ("a", 0.09)
        assert (await other.receive(), now()) == ("b", 0.14)

    virtual_time.run(main())


def test_a_cancelled_receive_loses_nothing() -> None:
    async def main() -> None:
        one, other = wire_pair(latency=1)
        await one.send("kept")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await other.receive()
        assert await other.receive() == "kept"

    virtual_time.run(main())


def test_a_slow_reader_holds_the_sender_back() -> None:
    async def main() -> None:
        one, other = wire_pair(depth=2)

        async def fill() -> float:
            for number in range(4):
                await one.send(str(number))
            return now()

        filling = asyncio.create_task(fill())
        await asyncio.sleep(5)
        assert not filling.done()
        assert [await other.receive() for _ in range(4)] == ["0", "1", "2", "3"]
        assert await filling == 5.0

    virtual_time.run(main())


def test_a_sender_held_back_learns_of_the_end() -> None:
    async def main() -> None:
        one, other = wire_pair(depth=1)
        await one.send("a")
        held = asyncio.create_task(one.send("b"))
        await asyncio.sleep(0)
        await other.close(1001)
        with pytest.raises(WireClosed) as caught:
            await held
        assert caught.value.code == 1001

    virtual_time.run(main())


def test_an_orderly_close_delivers_what_was_sent_before() -> None:
    async def main() -> None:
        one, other = wire_pair()
        await one.send("last words")
        await one.close()
        await one.close()
        assert await other.receive() == "last words"
        for end in (one, other):
            with pytest.raises(WireClosed, match="code 1000"):
                await end.receive()
            with pytest.raises(WireClosed):
                await end.send("x")
            assert end.over

    virtual_time.run(main())


def test_a_waiting_reader_learns_of_the_close() -> None:
    async def main() -> None:
        one, other = wire_pair()
        waiting = asyncio.create_task(other.receive())
        await asyncio.sleep(0)
        await one.close()
        with pytest.raises(WireClosed):
            await waiting

    virtual_time.run(main())


def test_a_dropped_wire_loses_what_was_under_way() -> None:
    async def main() -> None:
        one, other = wire_pair()
        await one.send("lost")
        one.drop()
        with pytest.raises(WireClosed, match="wire died") as caught:
            await other.receive()
        assert caught.value.code is None
        await other.close()
        other.drop()
        assert other.code is None
        assert "over" in repr(other)

    virtual_time.run(main())


def test_a_stall_delivers_late_and_all_of_it() -> None:
    async def main() -> None:
        one, other = wire_pair()
        waiting = asyncio.create_task(other.receive())
        await asyncio.sleep(0)
        other.stall(3)
        await one.send("a")
        await one.send("b")
        assert (await waiting, await other.receive(), now()) == ("a", "b", 3.0)

    virtual_time.run(main())


def test_a_half_open_wire_delivers_nothing_and_says_nothing() -> None:
    async def main() -> None:
        one, other = wire_pair()
        one.cut()
        await one.send("into the void")
        await one.close()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await other.receive()
        assert not other.over
        assert "cut" in repr(other)

    virtual_time.run(main())


def test_the_error_can_be_the_sessions_own() -> None:
    class Gone(Exception):
        pass

    async def main() -> None:
        one, other = wire_pair(closed=lambda code: Gone(str(code)))
        await one.close(1012)
        with pytest.raises(Gone, match="1012"):
            await other.receive()

    virtual_time.run(main())
