"""What `/resume` finds of a call, and how often it goes on."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ivr.call.events import Resumption
from ivr.fleet.kept.calls import MemoryKept
from ivr.server.resume import resuming as module
from ivr.server.resume.resuming import RESUMED_MOST, Resuming
from ivr.server.resume.state import CallState, read_state, write_state
from tests.call.stage import STARTED

STATE = CallState(Resumption(since=1234.5, turn=3, rest="said on a call"), caller="+966500000001")


class Slow(MemoryKept):
    """A store that does not answer."""

    async def take(self, call_id: str) -> bytes | None:
        await asyncio.sleep(60)
        return None


def made(kept: MemoryKept | None = None) -> tuple[Resuming, list[str]]:
    noted: list[str] = []
    return Resuming(kept or MemoryKept(), noted.append), noted


def test_a_call_goes_on_three_times(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ivr.resume")
    resuming, noted = made()
    resuming.kept.keep("CA1", write_state(STATE))

    async def main() -> list[int | None]:
        found = [await resuming.take("CA1") for _ in range(RESUMED_MOST + 2)]
        return [state.stands.count if state is not None else None for state in found]

    assert asyncio.run(main()) == [1, 2, 3, None, None]
    assert noted == [*["resume_goes_on"] * 3, "resume_too_often", "resume_unknown"]
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 3 + [logging.WARNING, logging.INFO]
    assert "said on a call" not in str([record.__dict__ for record in caplog.records])
    assert "+9665" not in str([record.__dict__ for record in caplog.records])


def test_a_bridge_that_ends_alone_lets_it_go() -> None:
    resuming, noted = made()
    resuming.keeper.awaited.add("CA1")
    resuming.kept.keep("CA1", write_state(STATE))
    assert asyncio.run(resuming.take("CA1", ending=True)) is None
    assert (noted, resuming.keeper.awaited) == (["resume_ending"], set())
    assert asyncio.run(resuming.kept.take("CA1")) is None


def test_what_is_no_state_is_unknown() -> None:
    resuming, noted = made()
    resuming.kept.keep("CA1", b"{}")
    assert asyncio.run(resuming.take("CA1")) is None
    assert noted == ["resume_unknown"]


def test_a_new_stream_knows_where_the_call_stood(caplog: pytest.LogCaptureFixture) -> None:
    resuming, _ = made()
    resuming.kept.keep("CA1", write_state(STATE))
    assert asyncio.run(resuming.recall(STARTED, resumed=False)) is STARTED
    assert asyncio.run(resuming.recall(STARTED, resumed=True)).resumption == STATE.stands
    # It stays kept: this stream may die before it has written anything.
    written = asyncio.run(resuming.kept.take("CA1"))
    assert written is not None
    assert read_state(written) == STATE
    resuming.kept.drop("CA1")
    assert asyncio.run(resuming.recall(STARTED, resumed=True)) is STARTED
    assert [record.message for record in caplog.records] == ["not_recalled"]


def test_a_store_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKE_S", 0.02)
    resuming, noted = made(Slow())
    assert asyncio.run(resuming.take("CA1")) is None
    assert asyncio.run(resuming.recall(STARTED, resumed=True)) is STARTED
    assert noted == ["resume_unknown"]
    assert repr(resuming) == "<Resuming <MemoryKept 0>>"
