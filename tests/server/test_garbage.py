"""When the process collects garbage, and that a call leaves none."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ivr.server.garbage import REST_S, THRESHOLDS, Garbage
from ivr.testbench import virtual_time
from ivr.testbench.faults.fault_file import Service
from ivr.testbench.faults.harness import FaultPeers, build_bridge, ring, running, settings
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.scenario import from_words

OF_A_CALL = tuple(f"ivr.{room}." for room in ("call", "hamsa", "media", "session", "text", "twilio.stream", "webhook"))
"""What the bridge makes for one call. The test's carrier leaves garbage of its own."""
QUESTION = "say what are your opening hours"


class Collections:
    """Hear of the collections of a process, as `gc.callbacks` tells them."""

    def __init__(self) -> None:
        self.generations: list[int] = []

    def told(self, phase: str, about: Mapping[str, Any]) -> None:
        if phase == "stop":
            self.generations.append(about["generation"])


def test_the_start_is_kept_and_the_end_undoes_all_of_it() -> None:
    before, seen = gc.get_threshold(), Collections()
    with contextlib.closing(Garbage(seen.told)) as garbage:
        assert not gc.isenabled()
        garbage.settle()
        assert gc.isenabled()
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 1000
    assert gc.isenabled()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    assert seen.told not in gc.callbacks


def test_a_line_without_calls_has_the_full_collections() -> None:
    seen = Collections()
    with contextlib.closing(Garbage(seen.told)) as garbage:
        for now in (0.0, 1.0, REST_S - 0.1, REST_S, REST_S + 1):
            garbage.rest(now)
    assert seen.generations == [2, 2]


def test_a_bridge_settles_at_its_start_and_rests_between_calls(tmp_path: Path) -> None:
    async def story() -> list[int]:
        seen = Collections()
        bridge = build_bridge(settings(tmp_path), FaultPeers(Service(), HamsaProfile()))
        with contextlib.closing(Garbage(seen.told)) as bridge.garbage:
            async with running(bridge):
                assert gc.isenabled()
                bridge.admission.admit("CA1", 0.0)
                await asyncio.sleep(REST_S + 1)
        return seen.generations

    assert virtual_time.run(story()).count(2) == 2


@pytest.mark.parametrize(
    "steps",
    [
        (QUESTION, "say how much does it cost"),
        (QUESTION, "over 200 say how much does it cost", "over 200 hang up"),
        (QUESTION, "over 2000 say ahem", "hang up drop"),
    ],
    ids=["heard", "interrupted", "dropped"],
)
def test_a_call_that_is_over_leaves_no_garbage(tmp_path: Path, steps: tuple[str, ...]) -> None:
    async def story() -> set[str]:
        peers = FaultPeers(Service(), HamsaProfile(transcripts=("what are your opening hours", "how much") * 3))
        async with running(build_bridge(settings(tmp_path, IVR_LANGUAGE="en"), peers)) as bridge:
            # The first call warms what all calls share.
            await ring(bridge, from_words(list(steps)), peers.switchboard)
            await asyncio.sleep(5)
            gc.collect()
            gc.set_debug(gc.DEBUG_SAVEALL)
            try:
                await ring(bridge, from_words(list(steps)), peers.switchboard)
                # Links that are not needed any more are closed.
                await asyncio.sleep(5)
                gc.collect()
                kinds = {f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.garbage}
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
        return kinds

    found = virtual_time.run(story())
    assert "ivr.testbench.memory.MemoryWire" in found
    assert {kind for kind in found if kind.startswith(OF_A_CALL)} == set()
