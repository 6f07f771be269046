"""Pauses that wait for the turn model: one at a time, the newest first, and none that is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from ivr.session.turn_judging import MOST_PAUSES, USEFUL_S, WARN_AGAIN_S, TurnJudging
from ivr.testbench import virtual_time

T = TypeVar("T")


class Model:
    """Say of each pause what its first byte is, in hundredths; 255 is a fault."""

    def __init__(self) -> None:
        self.judged: list[int] = []

    def judge(self, pcm: bytes) -> float:
        self.judged.append(pcm[0])
        if pcm[0] == 255:
            raise RuntimeError("the network is broken")
        return pcm[0] / 100


def in_time(work: Callable[[TurnJudging, Model, list[str], list[float]], Coroutine[Any, Any, T]], takes: float) -> T:
    """Run `work` in virtual time, with a thread that takes so many seconds for a pause."""

    async def run() -> T:
        loop = asyncio.get_running_loop()

        def in_thread(_: object, judge: Callable[[bytes], float], pcm: bytes) -> asyncio.Future[float]:
            answer: asyncio.Future[float] = loop.create_future()

            def end() -> None:
                try:
                    answer.set_result(judge(pcm))
                except RuntimeError as error:
                    answer.set_exception(error)

            loop.call_later(takes, end)
            return answer

        loop.run_in_executor = in_thread  # type: ignore[assignment, method-assign]
        model, notes, times = Model(), list[str](), list[float]()
        judging = TurnJudging(model, notes.append, times.append)
        try:
            return await work(judging, model, notes, times)
        finally:
            judging.close()

    return virtual_time.run(run())


def test_a_pause_is_judged_and_timed() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        assert await judging.judge(bytes([70])) == 0.7
        assert times == [pytest.approx(0.05)]
        assert (notes, repr(judging)) == ([], "<TurnJudging waiting=0 idle>")

    in_time(work, takes=0.05)


def test_the_newest_pause_is_judged_first() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> list[float | None]:
        tasks = [asyncio.create_task(judging.judge(bytes([number]))) for number in (1, 2, 3)]
        await asyncio.sleep(0.01)
        assert repr(judging) == "<TurnJudging waiting=2 busy>"
        answers = await asyncio.gather(*tasks)
        assert model.judged == [1, 3, 2]
        return answers

    assert in_time(work, takes=0.1) == [0.01, 0.02, 0.03]


def test_a_pause_that_is_over_is_not_judged() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        tasks = [asyncio.create_task(judging.judge(bytes([number]))) for number in (1, 2, 3)]
        await asyncio.sleep(0.01)
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert model.judged == [1, 2]
        assert notes == []

    in_time(work, takes=0.1)


def test_one_that_is_over_while_it_is_judged_harms_no_other() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        first = asyncio.create_task(judging.judge(bytes([1])))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await judging.judge(bytes([2])) == 0.02
        assert model.judged == [1, 2]

    in_time(work, takes=0.1)


def test_a_slow_model_keeps_no_call_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        loop = asyncio.get_running_loop()
        assert await judging.judge(bytes([1])) is None
        assert (loop.time(), notes, times) == (USEFUL_S, ["turn_model_late"], [])
        # Its answer comes, and no one waits for it any more. The next is judged after that.
        later = asyncio.create_task(judging.judge(bytes([2])))
        await asyncio.sleep(5)
        assert later.result() is None
        assert model.judged == [1]

    with caplog.at_level(logging.WARNING, "ivr.turn_model"):
        in_time(work, takes=3.0)
    assert [(record.message, vars(record)["reason"]) for record in caplog.records] == [("turn_model_late", "late")]


def test_the_oldest_is_dropped_where_too_many_wait() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        tasks = [asyncio.create_task(judging.judge(bytes([number]))) for number in range(MOST_PAUSES + 3)]
        answers = await asyncio.gather(*tasks)
        # The first is being judged; of those that wait, two are too many.
        assert answers[:4] == [0.0, None, None, 0.03]
        assert notes == ["turn_model_late"] * 2
        assert len(model.judged) == MOST_PAUSES + 1

    in_time(work, takes=0.01)


def test_a_pause_that_is_over_is_dropped_without_a_word() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        tasks = [asyncio.create_task(judging.judge(bytes([number]))) for number in range(MOST_PAUSES + 1)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.sleep(0)
        await asyncio.gather(judging.judge(b"c"), *tasks, return_exceptions=True)
        assert notes == []

    in_time(work, takes=0.01)


def test_a_fault_is_counted_and_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        for _ in range(3):
            assert await judging.judge(bytes([255])) is None
        await asyncio.sleep(WARN_AGAIN_S)
        assert await judging.judge(bytes([255])) is None
        assert await judging.judge(bytes([50])) == 0.5
        assert (notes, len(times)) == (["turn_model_failed"] * 4, 1)

    with caplog.at_level(logging.WARNING, "ivr.turn_model"):
        in_time(work, takes=0.01)
    told = [{name: vars(record)[name] for name in ("reason", "error", "untold")} for record in caplog.records]
    assert told == [{"reason": "error", "error": "RuntimeError", "untold": untold} for untold in (0, 2)]


def test_a_system_without_threads_is_a_fault_of_the_model() -> None:
    async def work() -> None:
        def no_thread(*_: object) -> asyncio.Future[float]:
            raise RuntimeError("can't start new thread")

        asyncio.get_running_loop().run_in_executor = no_thread  # type: ignore[assignment, method-assign]
        notes: list[str] = []
        assert await TurnJudging(Model(), notes.append).judge(bytes([1])) is None
        assert notes == ["turn_model_failed"]

    virtual_time.run(work())


def test_nothing_is_judged_after_the_end() -> None:
    async def work(judging: TurnJudging, model: Model, notes: list[str], times: list[float]) -> None:
        judging.close()
        assert await judging.judge(bytes([1])) is None
        assert model.judged == []

    in_time(work, takes=0.01)


def test_it_runs_in_a_thread_of_its_own() -> None:
    async def work() -> None:
        judging = TurnJudging(Model())
        assert await asyncio.gather(*(judging.judge(bytes([number])) for number in (1, 2))) == [0.01, 0.02]
        judging.close()

    asyncio.run(work())
