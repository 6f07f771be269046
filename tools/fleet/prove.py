"""Prove what a fleet promises: calls through the door, a bridge that is killed, and every bridge replaced in turn."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import psycopg

from ivr.testbench.demo import CALLED, caller_voice
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.said import markers_from
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import place_call
from tools.fleet.fleet import ACCOUNT, QUESTION, SECRET, STORY, THANKS, Fleet, FleetBridge
from tools.fleet.watch import watching

TELLING_S: Final = 6.0
"""Seconds of the story that are heard before something happens: it is in the middle of a sentence then."""
BEGUN_S: Final = 90.0
CALL_S: Final = 180.0
RECORDS_S: Final = 30.0
SETTLE_MS: Final = 5000.0


@dataclass(slots=True)
class Placed:
    """Hold one call and what came of it."""

    number: int
    record: PhoneRecord
    bridge: str = ""
    """The bridge that carried it when something happened."""
    struck_at: float | None = None
    """When something happened to its bridge, in seconds of the loop's clock."""
    sound_s: float | None = None
    """From then to the next sound of the agent."""
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Proof:
    """Hold what a part of the proof showed."""

    name: str
    calls: list[Placed]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> int:
        """Return how many calls went as they should."""
        return sum(not call.faults for call in self.calls)

    def lines(self) -> list[str]:
        """Return the proof as text."""
        told = [f"{self.name}: {self.good} of {len(self.calls)} calls as they should be"]
        told += [f"    {name}: {value}" for name, value in self.facts.items()]
        told += [f"    call {call.number} ({call.bridge}): {fault}" for call in self.calls for fault in call.faults]
        return told


async def _placed(fleet: Fleet, call: Placed, voice: Callable[[str], bytes], begin_after: float) -> None:
    await asyncio.sleep(begin_after)
    # The silence between two bridges is no end of the story.
    script = from_words([f"say {QUESTION}", f"say {THANKS}", "wait"], settle_ms=SETTLE_MS)
    script = replace(script, patience_s=CALL_S)
    try:
        async with asyncio.timeout(CALL_S):
            await place_call(
                f"{fleet.url}/voice", script, auth_token=SECRET, account_sid=ACCOUNT, voice=voice,
                caller=f"+96650000{call.number:04}", called=CALLED, record=call.record, switchboard=fleet.switchboard,
            )  # fmt: skip
    except TimeoutError:
        call.faults.append(f"not over after {CALL_S:g} s")


async def calls(
    fleet: Fleet, count: int, strike: Callable[[Sequence[Placed]], Awaitable[None]] | None = None
) -> list[Placed]:
    """Place calls, let something happen while each hears the story, and hold each against what it should be."""
    fleet.agent.asked_by.clear()
    markers = await markers_from(fleet.peer, [QUESTION, THANKS])
    voice = caller_voice("en", markers)
    placed = [Placed(number, PhoneRecord()) for number in range(count)]
    async with asyncio.TaskGroup() as group:
        for call in placed:
            group.create_task(_placed(fleet, call, voice, call.number * 0.1))
        if strike is not None:
            await _all_in_the_story(placed)
            await strike(placed)
    kept = await asyncio.to_thread(records_of, fleet.database, [call.record.call_sid for call in placed])
    for call in placed:
        _judge(fleet, call)
        if call.record.call_sid not in kept:
            call.faults.append("no record of it")
    return placed


def records_of(database: str, call_ids: Sequence[str]) -> set[str]:
    """Return which of these calls have a record of their end, waiting for the last one a while."""
    found: set[str] = set()
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(int(RECORDS_S / 0.5)):
            rows = connection.execute(
                "SELECT call_id FROM calls WHERE call_id = ANY(%s) AND ended_at IS NOT NULL", (list(call_ids),)
            )
            found = {row[0] for row in rows}
            if len(found) == len(call_ids):
                break
            time.sleep(0.5)
    return found


async def _all_in_the_story(placed: Sequence[Placed]) -> None:
    # A call that never gets so far is found when it is judged.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BEGUN_S):
            await _in_the_story(placed)


async def _in_the_story(placed: Sequence[Placed]) -> None:
    for call in placed:
        while _story_ms(call.record) < TELLING_S * 1000:  # noqa: ASYNC110 (the phone tells of no such moment)
            await asyncio.sleep(0.05)


def _story_ms(record: PhoneRecord) -> float:
    return sum(run.ms for run in record.runs if run.reply == 1)


def _judge(fleet: Fleet, call: Placed) -> None:
    record, asked = call.record, fleet.agent.asked_by.get(call.record.call_sid, [])
    # The bridge lets the carrier hang up, behind its last words.
    if record.ended != "carrier":
        call.faults.append(f"ended by {record.ended or 'nothing'}")
    texts = [request["text"] for request in asked]
    if texts != [QUESTION, THANKS]:
        call.faults.append(f"the agent was asked {texts}")
    elif asked[-1].get("heard", "") != " ".join(STORY):
        call.faults.append(f"the agent was told that this was heard: {asked[-1].get('heard')!r}")
    if call.struck_at is not None:
        # What was on its way is heard to its end: the next sound is that of the next stream.
        again = [entry.t for entry in record.of("stream") if entry.t > call.struck_at]
        after = [entry.t for entry in record.of("agent_speaks") if again and entry.t >= again[0]]
        call.sound_s = after[0] - call.struck_at if after else None
        if call.sound_s is None:
            call.faults.append("no sound after its bridge was gone")


async def carried_by(fleet: Fleet, placed: Sequence[Placed]) -> None:
    """Note which bridge carries each call."""
    nodes = {told["call_id"]: told["node"] for told in await fleet.bridges[-1].calls(fleet.tokens["view"])}
    for call in placed:
        call.bridge = nodes.get(call.record.call_sid, "")


async def steady(fleet: Fleet, count: int) -> Proof:
    """Place calls and let nothing happen."""
    # At one bridge, of the calls of all.
    async with watching(fleet.bridges[-1].url, fleet.tokens["view"]) as board:
        placed = await calls(fleet, count)
    began, ended = board.lags(call.record for call in placed)
    facts: dict[str, Any] = {}
    for name, lags in (("shown on a board after, s", began), ("gone from it after, s", ended)):
        told = f"median {statistics.median(lags):.2f}, longest {max(lags):.2f}" if lags else "never"
        facts[name] = f"{told} ({len(lags)} calls)"
    return Proof("steady", placed, facts)


async def killed(fleet: Fleet, count: int) -> Proof:
    """Kill a bridge while all its calls hear the story, and start it again when they are over."""
    facts: dict[str, Any] = {}
    victim: FleetBridge = fleet.bridges[0]

    async def strike(placed: Sequence[Placed]) -> None:
        facts["calls of each bridge"] = [await bridge.live() for bridge in fleet.bridges]
        await carried_by(fleet, placed)
        assert victim.running is not None
        victim.running.kill()
        now = asyncio.get_running_loop().time()
        for call in placed:
            if call.bridge == victim.name:
                call.struck_at = now

    placed = await calls(fleet, count, strike)
    await victim.start()
    return _after_strike("one bridge killed", placed, facts)


async def replaced(fleet: Fleet, count: int) -> Proof:
    """Restart every bridge in turn while the calls go on."""
    facts: dict[str, Any] = {}

    async def strike(placed: Sequence[Placed]) -> None:
        facts["seconds of each drain"] = [round(await bridge.restart(60.0), 1) for bridge in fleet.bridges]

    placed = await calls(fleet, count, strike)
    return _after_strike("every bridge restarted in turn", placed, facts)


def _after_strike(name: str, placed: list[Placed], facts: dict[str, Any]) -> Proof:
    sounds = sorted(call.sound_s for call in placed if call.sound_s is not None)
    facts["calls that went on at another"] = sum(len(call.record.of("stream")) > 1 for call in placed)
    if sounds:
        facts["sound again after, s"] = f"median {statistics.median(sounds):.2f}, longest {sounds[-1]:.2f}"
    return Proof(name, placed, facts)
