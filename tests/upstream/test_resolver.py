"""Lookups in threads of their own: one that hangs holds up nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ivr.upstream import resolver as module
from ivr.upstream.resolver import Resolver, is_address, system_lookup

GOOD = "good.example"
BAD = "bad.example"


class Names:
    """A name server by hand."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, ...]] = {GOOD: ("192.0.2.1", "192.0.2.2")}
        self.hanging: set[str] = set()
        self.asked: list[str] = []
        self.released = threading.Event()

    def __call__(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        if host in self.hanging:
            self.released.wait(10)
        if host not in self.known:
            raise OSError(-2, "Name or service not known")
        return self.known[host]


@contextmanager
def a_resolver() -> Iterator[tuple[Resolver, Names, list[float]]]:
    names, clock = Names(), [0.0]
    try:
        yield Resolver(names, lambda: clock[0]), names, clock
    finally:
        names.released.set()


def test_a_hanging_name_holds_up_no_other_name() -> None:
    async def main() -> None:
        with a_resolver() as (resolver, names, _):
            names.hanging.add(BAD)
            waiting = [asyncio.create_task(resolver.resolve(BAD)) for _ in range(50)]
            await asyncio.sleep(0)
            began = time.monotonic()
            for number in range(20):
                names.known[f"{number}.example"] = ("192.0.2.9",)
                assert await resolver.resolve(f"{number}.example") == ("192.0.2.9",)
            assert time.monotonic() - began < 2
            # However many wait for it, it is looked up once.
            assert names.asked.count(BAD) == 1
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(main())


def test_a_lookup_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKUP_S", 0.05)

    async def main() -> None:
        with a_resolver() as (resolver, names, _):
            names.hanging.add(BAD)
            with pytest.raises(TimeoutError):
                await resolver.resolve(BAD)

    asyncio.run(main())


def test_the_last_good_address_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KNOWN_S", 0.05)

    async def main() -> None:
        with a_resolver() as (resolver, names, clock):
            here = await resolver.resolve(GOOD)
            assert await resolver.resolve(GOOD) == here
            assert names.asked == [GOOD]
            clock[0] = 100.0
            names.hanging.add(GOOD)
            assert await resolver.resolve(GOOD) == here
            del names.known[GOOD]
            names.released.set()
            clock[0] = 200.0
            assert await resolver.resolve(GOOD) == here
            clock[0] = 4000.0
            with pytest.raises(OSError, match=r"no address$"):
                await resolver.resolve(GOOD)

    asyncio.run(main())


def test_without_names_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def main() -> None:
        with a_resolver() as (resolver, names, _):
            for _ in range(5):
                with pytest.raises(OSError, match="no address"):
                    await resolver.resolve(BAD)
            names.known[BAD] = ("192.0.2.3",)
            assert await resolver.resolve(BAD) == ("192.0.2.3",)

    asyncio.run(main())
    assert [record.message for record in caplog.records] == ["name_not_found", "name_found"]
    assert caplog.records[0].__dict__["host"] == BAD


@pytest.mark.filterwarnings("error")
def test_a_lookup_that_fails_after_its_loop_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with a_resolver() as (resolver, names, _):
        names.hanging.add(BAD)

        async def main() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(resolver.resolve(BAD), 0.05)

        asyncio.run(main())
        threads = [thread for thread in threading.enumerate() if thread.name == "dns"]
        names.released.set()
        for thread in threads:
            thread.join(5)
    assert {record.message for record in caplog.records} <= {"name_not_found"}


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEXT_ADDRESS_S", 0.05)

    async def main() -> None:
        with a_resolver() as (resolver, names, _):
            names.known[GOOD] = ("refuses", "hangs", "late", "opens")

            async def attempt(address: str) -> str:
                if address == "refuses":
                    raise ConnectionRefusedError
                if address == "hangs":
                    await asyncio.sleep(60)
                if address == "late":
                    raise ValueError("not a failure to connect") if names.hanging else TimeoutError
                return address

            with pytest.raises(TimeoutError):
                await resolver.connect(GOOD, attempt, (ConnectionRefusedError,))
            assert await resolver.connect(GOOD, attempt) == "opens"
            assert names.asked == [GOOD, GOOD], "after a failure the name is looked up again"
            names.hanging.add(BAD)
            with pytest.raises(ValueError, match="not a failure"):
                await resolver.connect(GOOD, attempt)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("localhost", False), ("1.2.3", False), ("", False)],
)
def test_an_address_is_never_looked_up(host: str, is_one: bool) -> None:
    assert is_address(host) == is_one

    async def main() -> None:
        with a_resolver() as (resolver, names, _):
            if is_one:
                assert await resolver.resolve(host) == (host,)
                assert names.asked == []
            assert repr(resolver) == "<Resolver <Addresses 0 names, 0 looked up>>"

    asyncio.run(main())


def test_the_system_knows_this_machine() -> None:
    assert set(system_lookup("localhost")) & {"127.0.0.1", "::1"}
