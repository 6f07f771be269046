"""Those who watch and listen in one process, and leases of those elsewhere."""

from __future__ import annotations

import asyncio
import contextlib

from ivr.fleet.directory import LEASE_S, Gone
from ivr.fleet.live.local import AUDIO_KEPT, MOST_LEASES, Audience
from ivr.fleet.live.memory import MemoryDirectory
from ivr.fleet.messages import Listen
from tests.fleet.live.engines import state, watching


def listen(on: bool = True, listener: str = "a#1") -> Listen:
    return Listen("CA1", on, listener, "noura")


def test_a_lease_is_renewed_and_ends() -> None:
    audience = Audience()
    assert audience.lease(listen(), 0.0)
    assert not audience.lease(listen(), 5.0)
    assert (audience.beat(LEASE_S), audience.elsewhere("CA1")) == ([], 1)
    assert audience.beat(5.0 + LEASE_S) == [listen(on=False)]
    assert (audience.elsewhere("CA1"), audience.beat(99.0)) == (0, [])
    assert repr(audience) == "<Audience of 0 calls here, 0 elsewhere>"


def test_a_lease_is_given_back() -> None:
    audience = Audience()
    assert not audience.lease(listen(on=False), 0.0)
    audience.lease(listen(), 0.0)
    audience.lease(listen(listener="b#1"), 0.0)
    assert audience.lease(listen(on=False), 1.0)
    assert audience.elsewhere("CA1") == 1
    audience.end(Gone("CA1", "a"))
    assert audience.elsewhere("CA1") == 0


def test_no_more_listen_than_can_be_sent_to() -> None:
    audience = Audience()
    taken = [audience.lease(listen(listener=str(number)), 0.0) for number in range(MOST_LEASES + 1)]
    assert taken == [True] * MOST_LEASES + [False]
    assert audience.elsewhere("CA1") == MOST_LEASES


def test_a_slow_listener_misses_the_oldest() -> None:
    async def main() -> None:
        audience = Audience()
        async with contextlib.aclosing(audience.listen("CA1")) as audio:
            first = asyncio.create_task(anext(audio))
            await asyncio.sleep(0)
            assert audience.here("CA1") == 1
            for number in range(AUDIO_KEPT + 2):
                audience.hear("CA1", bytes([number]))
            assert await first == bytes([2])
            audience.end(Gone("CA1", "a"))
            assert len([piece async for piece in audio]) == AUDIO_KEPT - 1
        assert audience.here("CA1") == 0

    asyncio.run(main())


def test_a_directory_says_what_it_holds() -> None:
    async def main() -> None:
        directory = MemoryDirectory(lambda: state("one"))
        seen = "<Picture of 0 calls>, 0 watch, <Audience of 0 calls here, 0 elsewhere>"
        assert repr(directory) == f"<MemoryDirectory {seen}>"
        directory.pass_on(Listen("CA1", True))
        async with watching(directory):
            assert len(directory._watchers) == 1
            await directory.close()
        assert len(directory._watchers) == 0

    asyncio.run(main())
