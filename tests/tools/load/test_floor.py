"""The phones of a load run on the bare server, both on real sockets: the floor answers, and stops for the caller."""

from __future__ import annotations

import asyncio
import base64

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from ivr.testbench.loopback import bound, serving
from tests.support import live
from tools.load.peers import floor, phones, services
from tools.load.peers.caller import Sounds, quiet_frames

LOUD = base64.b64encode(bytes([0x10, 0x90] * 80))


@pytest.mark.live
def test_two_calls_on_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "sounds", lambda: Sounds((LOUD,) * 20, (LOUD,) * 20, quiet_frames()))
    monkeypatch.setattr(phones, "SLOTS", 2)

    async def call() -> dict[str, object]:
        listener = bound()
        async with serving(Starlette(routes=[WebSocketRoute("/media", floor.stream)]), listener):
            load = phones.Load(f"ws://127.0.0.1:{listener.getsockname()[1]}/media", 2)
            pacing = asyncio.create_task(load.pace())
            await load.place(0.1)
            await asyncio.sleep(8)
            figures = load.told()
            await load.hang_up(0.5)
            pacing.cancel()
            return figures

    told = live.run(call())
    turns = [*told["turn_ms"], *told["first_turn_ms"]]  # type: ignore[misc]
    assert len(turns) == 4
    # The silence that ends a turn, in frames, and the services' time.
    assert turns == pytest.approx([20 * floor.SILENT_FRAMES + services.SERVICES_MS] * len(turns), abs=25)
    assert told["barge_in_ms"] == pytest.approx([60.0, 60.0], abs=25)
    assert (told["underrun_ms"], told["lost"], told["dropped"]) == ([], 0, 0)


def test_the_agent_says_the_same_to_every_question() -> None:
    one = services.SteadyAgent().asked(b"{}", {})
    said = b"".join(step.data for step in one.steps).decode()
    assert [said.count(word) for word in ("depot", "Is", '"end"')] == [1, 1, 1]
    assert one.steps[1].at == services.FIRST_WORD_S
