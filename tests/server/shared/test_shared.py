"""What a worker shares: opened in its loop, told when it comes and goes, and nothing at all for one that is alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ivr.fleet.messages import CallOver, Message
from ivr.observe.logs import fields_of
from ivr.server.shared.places import Owner
from ivr.server.shared.shared import Shared
from ivr.server.shared.sqlite_places import prepare
from ivr.server.shared.worker import Worker


def test_alone_there_is_nothing_to_do() -> None:
    shared = Shared()
    shared.open(lambda _: None, 0.0)
    shared.tell(0, CallOver("CA1"))
    assert (shared.alone, shared.up, shared.beat(1.0)) == (True, True, False)
    assert repr(shared) == "<Shared worker 0 of 1, <MemoryPlaces 0 live, 0 awaited>>"
    shared.close()


def test_two_workers_share_places_and_messages(tmp_path: Path) -> None:
    prepare(tmp_path)

    async def main() -> None:
        one, two = (Shared(Worker(index, 2, tmp_path)) for index in (0, 1))
        told: list[Message] = []
        assert not one.alone
        one.open(lambda _: None, 0.0)
        two.open(told.append, 0.0)
        one.places.arrive("CA1", 1)
        assert two.places.owner("CA1") == Owner(0, 1)
        one.tell(1, CallOver("CA1"))
        async with asyncio.timeout(5):
            while not told:  # noqa: ASYNC110 - a socket tells nobody
                await asyncio.sleep(0)
        one.close()
        assert two.places.owner("CA1") is None
        two.close()

    asyncio.run(main())


def test_a_file_that_comes_and_goes_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def main() -> None:
        shared, registry = Shared(Worker(0, 2, tmp_path)), CollectorRegistry()
        registry.register(shared.gauge())
        shared.open(lambda _: None, 0.0)
        assert registry.get_sample_value("ivr_shared_store_up") == 0.0
        assert not shared.beat(0.5)
        prepare(tmp_path)
        assert shared.beat(2.0)
        assert not shared.beat(2.1)
        assert registry.get_sample_value("ivr_shared_store_up") == 1.0
        shared.close()

    asyncio.run(main())
    lost, back = caplog.records
    assert (lost.levelname, lost.getMessage(), fields_of(lost)) == (
        "WARNING",
        "shared_store_lost",
        {"why": "unable to open database file"},
    )
    assert (back.levelname, back.getMessage()) == ("INFO", "shared_store_back")


def test_a_socket_that_cannot_be_had_costs_the_messages_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(tmp_path)
    (tmp_path / "0.sock").mkdir()

    async def main() -> None:
        shared = Shared(Worker(0, 2, tmp_path))
        shared.open(lambda _: None, 0.0)
        shared.tell(1, CallOver("CA1"))
        assert shared.up
        shared.close()

    asyncio.run(main())
    [record] = caplog.records
    assert (record.getMessage(), fields_of(record)) == ("workers_not_heard", {"why": "Is a directory"})
