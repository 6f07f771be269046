"""Two bridges on one store: what one carries the other sees, and what is said at one is done at the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ivr.fleet.messages import DrainNode, Operate
from ivr.server.bridge import Bridge
from tests.fleet.live.engines import until, until_it_is
from tests.fleet.valkey import running as running_valkey
from tests.server.test_bridge import streaming
from tests.support.front import CALL, a_bridge, settings


def test_a_call_is_seen_and_ended_from_another_machine(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        first, second = (bridge(tmp_path, name, url) for name in ("one", "two"))
        for one in (first, second):
            await one.start()
        await until(lambda: bool(first.store and first.store.up and second.store and second.store.up))
        phone, serving = await streaming(first)

        async def seen() -> bool:
            return [(call.call_id, call.node) for call in await second.directory.calls()] == [(CALL, "one")]

        await until_it_is(seen)

        async def both() -> bool:
            return [node.name for node in await second.directory.nodes()] == ["one", "two"]

        await until_it_is(both)
        await second.directory.close_line("default", True)
        await until(lambda: first.directory.closed_lines == {"default"})
        said = Operate(CALL, "hang_up", by="noura")

        async def told() -> bool:
            return await second.directory.tell(CALL, said)

        await until_it_is(told)
        await asyncio.wait_for(serving, 10)
        await phone.close()

        async def gone() -> bool:
            return not await second.directory.calls()

        await until_it_is(gone)
        assert await second.directory.tell_node("one", DrainNode("one", "noura"))
        await until(lambda: first.admission.draining)
        for one in (first, second):
            await one.stop()

    with running_valkey() as server:
        asyncio.run(main(server.url))


def test_what_the_carrier_says_reaches_the_machine_of_the_call(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        first, second = (bridge(tmp_path, name, url) for name in ("one", "two"))
        for one in (first, second):
            await one.start()
        await until(lambda: bool(first.store and first.store.up and second.store and second.store.up))
        phone, serving = await streaming(first)

        async def seen() -> bool:
            return bool(await second.directory.calls())

        await until_it_is(seen)
        second.learn(CALL, {"AnsweredBy": "human"})
        late: Any = first._told.late
        await until(lambda: late.get(CALL) == {"AnsweredBy": "human"})
        second.over(CALL)
        await asyncio.wait_for(serving, 10)
        await phone.close()
        for one in (first, second):
            await one.stop()

    with running_valkey() as server:
        asyncio.run(main(server.url))


def bridge(folder: Path, name: str, url: str) -> Bridge:
    return a_bridge(settings(folder, IVR_NODE=name, IVR_REDIS_URL=url))
