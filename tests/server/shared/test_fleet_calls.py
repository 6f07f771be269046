"""Bridges of two machines that share a real store: what one answers the other carries."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ivr.call.ports import WireClosed
from ivr.config.settings import Settings
from ivr.fleet.keys import key
from ivr.fleet.slots import Timing
from ivr.server.bridge import Bridge
from ivr.server.shared.fleet_calls import FleetCalls
from ivr.server.shared.worker import Worker
from ivr.testbench.memory import wire_pair
from ivr.testbench.phone import messages as wire
from ivr.testbench.twilio.asgi import websocket
from ivr.twilio.form import Dialled
from tests.fleet.valkey import ValkeyServer
from tests.support.front import ACCOUNT, CALL, CALLED, CALLER, PUBLIC, STREAM, Front, a_bridge, settings, total

pytestmark = pytest.mark.live
IDS = wire.Ids(ACCOUNT, CALL, STREAM)
AGAIN = wire.Ids(ACCOUNT, CALL, "MZ" + "e" * 32)
SOON = 20.0


async def until(true: Callable[[], Any]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def machine(server: ValkeyServer, folder: Path, name: str, **env: str) -> Bridge:
    """A bridge on a machine of its own, with a quick heart."""
    bridge = a_bridge(settings(folder, IVR_REDIS_URL=server.url, IVR_NODE=name, **env))
    assert bridge.fleet_calls.fleet is not None
    assert bridge.store is not None
    # The machine that runs the tests may be slow.
    bridge.store._patience = 5.0
    bridge.fleet_calls.fleet.slots.timing = Timing(beat=0.1)
    return bridge


@contextlib.asynccontextmanager
async def running(*bridges: Bridge) -> AsyncIterator[None]:
    """Start bridges, and wait until all know of all."""
    for bridge in bridges:
        await bridge.start()
    try:
        await until(lambda: all(seen(bridge) == len(bridges) for bridge in bridges))
        yield
    finally:
        for bridge in bridges:
            await bridge.stop()


def seen(bridge: Bridge) -> int:
    return len(bridge.fleet_calls.fleet.beats) if bridge.fleet_calls.fleet is not None else 0


async def ask(bridge: Bridge, call: str = CALL) -> tuple[str, str, str]:
    """Answer a call; the document's name, the token in it, and the stream's URL."""
    name, text = await bridge.take_call(Dialled(call, ACCOUNT, CALLER, CALLED, "inbound", {"x": "1"}))
    stream = ElementTree.fromstring(text).find("Connect/Stream")
    parameter = stream.find("Parameter") if stream is not None else None
    if stream is None or parameter is None:
        return name, "", ""
    return name, str(parameter.get("value")), str(stream.get("url"))


async def begin(bridge: Bridge, token: str, ids: wire.Ids = IDS) -> tuple[Any, asyncio.Task[None]]:
    """Open the stream of a call: the phone's end, and the task that serves it."""
    phone, near = wire_pair(closed=WireClosed)
    serving = asyncio.create_task(bridge.serve(near))
    await phone.send(wire.start(ids, 1, {"token": token}))
    return phone, serving


def test_any_machine_takes_the_stream_and_the_token_once(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        one, two = machine(valkey, tmp_path, "one"), machine(valkey, tmp_path, "two")
        async with running(one, two):
            name, token, url = await ask(one)
            assert (name, url) == ("answer", "wss://bridge.example/media")
            phone, serving = await begin(two, token)
            await until(lambda: CALL in two.admission)
            # The same token at the other machine: it was used.
            _, refused = await begin(one, token, AGAIN)
            await refused
            assert total(one.metrics, "ivr_rejected_requests_total", route="media", reason="token") == 1
            # What was answered here is not awaited here any more.
            await until(lambda: one.admission.awaited(asyncio.get_running_loop().time()) == 0)
            phone.drop()
            await serving
            await until(lambda: one.fleet_calls.fleet is not None and one.fleet_calls.fleet.calls == 0)

    asyncio.run(main())


def test_two_machines_never_give_the_last_place_both(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        env = {"IVR_FLEET_MAX_CALLS": "3"}
        one, two = machine(valkey, tmp_path, "one", **env), machine(valkey, tmp_path, "two", **env)
        async with running(one, two):
            asked = [ask(bridge, f"CA{number}") for number in range(10) for bridge in (one, two)]
            answers = [name for name, _, _ in await asyncio.gather(*asked)]
            # Each call rang at both, as where the carrier asks again: 10 calls, of which 3 have a place.
            assert (answers.count("answer"), answers.count("busy")) == (6, 14)
            one.over("CA0")
            two.over("CA0")
            await until(lambda: valkey_calls(valkey) < 3)
            assert (await ask(two, "CA99"))[0] == "answer"

    asyncio.run(main())


def valkey_calls(server: ValkeyServer) -> int:
    with contextlib.closing(server.client()) as store:
        return int(store.zcard(key("slots")))


def test_a_line_is_full_for_itself(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        chosen = f'[[line]]\nnumber = "{CALLED}"\nname = "sales"\nmax_calls = 1\n'
        one, two = machine(valkey, tmp_path, "one"), machine(valkey, tmp_path, "two")
        for bridge in (one, two):
            (tmp_path / "ivr.toml").write_text(chosen)
            read = settings(tmp_path, IVR_REDIS_URL=valkey.url)
            bridge.settings = bridge.settings.model_copy(update={"lines": read.lines})
            (tmp_path / "ivr.toml").write_text("")
        async with running(one, two):
            assert (await ask(one, "CA0"))[0] == "answer"
            assert (await ask(two, "CA1"))[0] == "busy"

    asyncio.run(main())


def test_a_stream_on_another_machine_takes_the_call_over(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        one, two = machine(valkey, tmp_path, "one"), machine(valkey, tmp_path, "two")
        async with running(one, two):
            _, serving = await begin(one, (await ask(one))[1])
            await until(lambda: CALL in one.admission)
            phone, second = await begin(two, (await ask(two))[1], AGAIN)
            # Told, or found out at the next heartbeat.
            await serving
            assert total(one.metrics, "ivr_terminations_total", reason="superseded") == 1
            assert CALL in two.admission
            assert valkey_calls(valkey) == 1
            phone.drop()
            await second

    asyncio.run(main())


def test_without_the_store_each_goes_by_its_own_limit(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        env = {"IVR_MAX_CALLS": "2"}
        one, two = machine(valkey, tmp_path, "one", **env), machine(valkey, tmp_path, "two", **env)
        async with running(one, two):
            valkey.kill()
            await until(lambda: not (one.store and one.store.up) and not (two.store and two.store.up))
            began = time.perf_counter()
            answers = [(await ask(bridge, f"CA{n}-{bridge is one}"))[0] for n in range(3) for bridge in (one, two)]
            assert answers == ["answer"] * 4 + ["busy"] * 2
            # Nothing was waited for.
            assert time.perf_counter() - began < 2.0
            assert b"ivr_fleet_calls NaN" in one.metrics.render()
            _, token, _ = await ask(one, "CA0-True")
            phone, serving = await begin(one, token, wire.Ids(ACCOUNT, "CA0-True", STREAM))
            await until(lambda: "CA0-True" in one.admission)
            valkey.start()
            # What each of them has is there again.
            await until(lambda: valkey_calls(valkey) == 4)
            phone.drop()
            await serving
            await until(lambda: valkey_calls(valkey) == 3)
            assert (await ask(two, "CA9"))[0] == "answer"
            assert (await ask(two, "CA10"))[0] == "busy"

    asyncio.run(main())


def test_a_bridge_starts_without_its_store(tmp_path: Path) -> None:
    async def main() -> None:
        bridge = a_bridge(settings(tmp_path, IVR_REDIS_URL="redis://:pass-word@127.0.0.1:1"))
        await bridge.start()
        assert (await ask(bridge))[0] == "answer"
        await bridge.stop()

    asyncio.run(main())


def test_a_draining_machine_leaves_its_streams_to_the_others(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        one, two = machine(valkey, tmp_path, "one"), machine(valkey, tmp_path, "two")
        async with running(one, two):
            assert (await ask(one))[0] == "answer"
            now = asyncio.get_running_loop().time()
            one.admission.draining = True
            assert (one.admission.owed(now), one.admission.takes) == (0, False)
            # It is no reason to turn a caller away.
            assert (await ask(one, "CA1"))[0] == "answer"
            two.admission.draining = True
            fleet = one.fleet_calls.fleet
            await until(lambda: fleet is not None and not fleet.others_take)
            assert one.admission.takes
            assert (await ask(one, "CA2"))[0] == "drain"

    asyncio.run(main())


def test_the_stream_names_the_node_that_has_room(valkey: ValkeyServer, tmp_path: Path) -> None:
    env = {"IVR_NODE_PATH": "true", "IVR_MAX_CALLS": "1"}

    async def main() -> None:
        one, two = machine(valkey, tmp_path, "one", **env), machine(valkey, tmp_path, "two", **env)
        async with running(one, two):
            assert (await ask(one, "CA0"))[2] == "wss://bridge.example/n/one/media"
            assert (await ask(one, "CA1"))[2] == "wss://bridge.example/n/two/media"

    asyncio.run(main())


def test_a_stream_for_another_node_is_taken_here(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        bridge = machine(valkey, tmp_path, "one", IVR_NODE_PATH="true")
        front = Front(bridge)
        async with running(bridge):
            assert (await front.post("/voice")).status_code == 200
            path = "/n/another/media"
            signed = front.signer.headers(f"wss{PUBLIC.removeprefix('https')}{path}")
            socket = await websocket(front.app, f"ws://127.0.0.1:8000{path}", signed)
            await socket.close()
        await front.aclose()

    asyncio.run(main())


def test_the_pace_of_connections_is_shared(valkey: ValkeyServer, tmp_path: Path) -> None:
    async def main() -> None:
        env = {"IVR_CONNECTS_PER_SECOND": "8"}
        one, two = machine(valkey, tmp_path, "one", **env), machine(valkey, tmp_path, "two", **env)
        async with running(one, two):
            await until(lambda: one.speech_service.pool.rate.bucket.rate == 4.0)

    asyncio.run(main())


class Idle:
    """A process without calls."""

    max_calls = 10
    others_take: Callable[[], bool] = staticmethod(lambda: False)
    draining = False

    def __len__(self) -> int:
        return 0

    def awaited(self, _: float) -> int:
        return 0

    def forget(self, _: str) -> None:
        """There is nothing to forget."""


def test_a_machine_that_is_alone_asks_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        chosen: Settings = settings(tmp_path)
        alone = FleetCalls(chosen, Worker(), Idle(), None)
        assert await alone.take(CALL, chosen.default_line) == "unknown"
        assert await alone.arrive(CALL, chosen.default_line, 1, b"")
        alone.leave(CALL, 1)
        alone.forget(CALL)
        assert alone.clock() == pytest.approx(asyncio.get_running_loop().time())
        assert (alone.skew_s, repr(alone)) == (0.0, "<FleetCalls None>")
        assert alone.stream_url(0.0) == chosen.stream_url
        await alone.close()

    asyncio.run(main())
