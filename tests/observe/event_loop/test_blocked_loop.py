"""A loop that is really blocked, and the line that blocks it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import threading
import time
import types
from collections.abc import Callable, Iterator

import pytest

from ivr.observe import logs
from ivr.observe.event_loop import blocked_loop
from ivr.observe.event_loop.blocked_loop import BlockedLoop
from ivr.observe.event_loop.gc_pauses import GcPauses
from ivr.observe.event_loop.loop_lag import BEAT_S
from ivr.observe.silences import dead_air

PATIENCE = 20.0
PRIVATE = "+966500000001"


def blocks_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """Return what was told of the block that the test made: on a busy machine there are others, without a place."""
    told = [logs.fields_of(one) for one in caplog.records if one.getMessage() == "loop_blocked"]
    return [fields for fields in told if fields["where"] or fields["cause"] == "gc"]


async def beating(watch: BlockedLoop, block: Callable[[], object], caplog: pytest.LogCaptureFixture) -> None:
    """Beat as the bridge does, block the loop once, and wait until it is told."""
    loop = asyncio.get_running_loop()

    def beat() -> None:
        watch.beat()
        loop.call_later(BEAT_S, beat)

    beat()
    await asyncio.sleep(3 * BEAT_S)
    block()
    for _ in range(int(PATIENCE / 0.02)):
        if blocks_of(caplog):
            return
        await asyncio.sleep(0.02)


@pytest.fixture
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture
def watch(told: list[tuple[str, float]]) -> Iterator[BlockedLoop]:
    pauses = GcPauses(time.perf_counter)
    gc.callbacks.append(pauses.told)
    with contextlib.closing(BlockedLoop(lambda: pauses.seconds, lambda *one: told.append(one))) as made:
        yield made
    gc.callbacks.remove(pauses.told)


def spin(seconds: float) -> None:
    """Keep the core busy in a line of the bridge."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        dead_air([3.0] * 200_000)


def test_the_line_that_computes(
    watch: BlockedLoop, told: list[tuple[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(beating(watch, lambda: spin(0.5), caplog))
    [fields, *_] = blocks_of(caplog)
    assert re.match(r"ivr/observe/silences\.py:\d+ dead_air", str(fields["where"]))
    assert fields["cause"] == "code"
    assert float(str(fields["s"])) >= 0.25
    assert "code" in {cause for cause, _ in told}


def test_the_line_that_waits_and_nothing_that_is_private(watch: BlockedLoop, caplog: pytest.LogCaptureFixture) -> None:
    scope = types.ModuleType("ivr.text.slow").__dict__
    exec(compile("def f(caller, wait):\n    wait(0.5)", "/a/machine/ivr/text/slow.py", "exec"), scope)  # noqa: S102
    asyncio.run(beating(watch, lambda: scope["f"](PRIVATE, time.sleep), caplog))
    [fields, *_] = blocks_of(caplog)
    assert (fields["cause"], fields["where"], fields["inside"]) == ("code", "ivr/text/slow.py:2 f", "")
    assert float(str(fields["cpu_s"])) < float(str(fields["s"])) / 2
    assert PRIVATE not in str(fields)


def test_garbage_is_told_apart(watch: BlockedLoop, caplog: pytest.LogCaptureFixture) -> None:
    kept: list[object] = [[[]] for _ in range(1_000_000)]

    def collect() -> None:
        began = time.monotonic()
        while time.monotonic() < began + 0.6:
            gc.collect()

    asyncio.run(beating(watch, collect, caplog))
    assert len(kept) == 1_000_000
    assert blocks_of(caplog)[0]["cause"] == "gc"


def test_a_loop_that_never_goes_on_is_told_once(
    watch: BlockedLoop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocked_loop, "TELL_S", 0.3)
    monkeypatch.setattr(blocked_loop, "MOST_LOOKS", 2)

    scope = types.ModuleType("ivr.text.stuck").__dict__
    exec(compile("def f(over, wait):\n    while not over(): wait(0.01)\n    wait(0.3)", "stuck.py", "exec"), scope)  # noqa: S102
    until = time.monotonic() + PATIENCE
    over = lambda: bool(blocks_of(caplog)) or time.monotonic() > until  # noqa: E731
    asyncio.run(beating(watch, lambda: scope["f"](over, time.sleep), caplog))
    assert len(blocks_of(caplog)) == 1
    assert str(blocks_of(caplog)[0]["looks"]).endswith("/2")


def test_a_loop_that_runs_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = BlockedLoop()
    assert repr(one) == "<BlockedLoop rests>"
    one.close()
    one.beat()
    assert repr(one) == "<BlockedLoop rests>"
    other = BlockedLoop()
    other.beat()
    assert repr(other) == "<BlockedLoop watches>"
    other.close()
    assert caplog.records == []
    assert "ivr-blocked-loop" not in {thread.name for thread in threading.enumerate()}
