"""Virtual time: it jumps, it is exact, it refuses the outside world, and it always ends."""

import asyncio
import time

import pytest

from ivr.testbench import virtual_time


def test_time_jumps_and_stays_on_whole_nanoseconds() -> None:
    async def main() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        for _ in range(50):
            await asyncio.sleep(0.02)
            seen.append(loop.time())
        await asyncio.sleep(1000)
        return [seen[0], seen[-1], loop.time()]

    began = time.perf_counter()
    assert virtual_time.run(main()) == [0.02, 1.0, 1001.0]
    assert time.perf_counter() - began < 500.0  # however slow the machine is: nothing waited for the 1001 s


def test_timers_of_many_tasks_run_in_order_of_time() -> None:
    async def main() -> list[str]:
        order: list[str] = []

        async def at(seconds: float, name: str) -> None:
            await asyncio.sleep(seconds)
            order.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(at(3, "c"))
            group.create_task(at(1, "a"))
            group.create_task(at(2, "b"))
        return order

    assert virtual_time.run(main(), start=7.5) == ["a", "b", "c"]


def test_absolute_deadlines_fire_at_their_time() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.call_at(1 / 3, done.set_result, None)
        await done
        return loop.time()

    assert virtual_time.run(main()) == pytest.approx(1 / 3, abs=1e-9)


def test_a_deadline_a_rounding_error_away_is_reached() -> None:
    async def main() -> int:
        loop, rounds = asyncio.get_running_loop(), 0
        deadline = loop.time() + 1 / 3 + 1e-10
        while loop.time() < deadline:
            wake = asyncio.Event()
            loop.call_at(deadline, wake.set)
            await wake.wait()
            rounds += 1
        return rounds

    assert virtual_time.run(main()) <= 2


def test_a_timeout_inside_the_run_is_the_programs_own() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 5.0


def test_threads_run_in_place() -> None:
    async def main() -> tuple[int, float]:
        result = await asyncio.to_thread(lambda: 42)
        with pytest.raises(ValueError, match="inside"):
            await asyncio.to_thread(_fail)
        return result, asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == (42, 0.0)


def _fail() -> None:
    raise ValueError("inside the thread")


def test_errors_of_the_program_come_out() -> None:
    async def main() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        virtual_time.run(main())


def test_run_that_waits_for_nothing_names_its_tasks() -> None:
    async def lost() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(lost(), name="lost one")
        await task

    with pytest.raises(TimeoutError, match="10 virtual seconds") as caught:
        virtual_time.run(main(), limit=10)
    assert any("lost one" in note for note in caught.value.__notes__)


def test_a_run_that_spins_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_time, "SPIN_LIMIT", 100)

    async def main() -> None:
        rounds = 0
        while True:
            await asyncio.sleep(0)
            rounds += 1

    with pytest.raises(virtual_time.Spinning):
        virtual_time.run(main())


def test_a_bare_loop_refuses_to_wait_forever() -> None:
    with asyncio.Runner(loop_factory=virtual_time.VirtualLoop) as runner:
        assert repr(runner.get_loop()) == "<VirtualLoop at 0.000000 s>"
        with pytest.raises(RuntimeError, match="wait forever"):
            runner.get_loop().run_forever()


def test_tasks_left_over_are_cancelled() -> None:
    ended: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("cancelled")

    async def main() -> None:
        task = asyncio.create_task(other())
        await asyncio.sleep(0)
        assert not task.done()

    virtual_time.run(main())
    assert ended == ["cancelled"]


def test_calls_from_outside_the_loop_are_taken() -> None:
    async def main() -> bool:
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        loop.call_soon_threadsafe(called.set)
        await called.wait()
        return called.is_set()

    assert virtual_time.run(main())


def test_the_network_is_refused() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(RuntimeError, match="name look-up"):
            await loop.getaddrinfo("localhost", 1)
        with pytest.raises(RuntimeError, match="connection"):
            await asyncio.open_connection("127.0.0.1", 1)
        with pytest.raises(RuntimeError, match="server"):
            await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)

    virtual_time.run(main())
