"""Play the scenes on one bridge, hold each against what has to come of it, and print the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from twilio.rest import Client  # type: ignore[import-untyped]

from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.carrier import script_of
from ivr.testbench.twilio.legs.leg import Follow, Leg
from tools.line.scenes import SCENES, Scene
from tools.line.setup import ACCOUNT, SECRET, Setup

SCENE_S: Final = 120.0
AT_ONCE: Final = 6
_TELLING: Final = ("/transfer/", "/resume")
"""Requests by which the carrier tells that a dial is over."""


@dataclass(slots=True)
class Played:
    """Hold what came of one scene."""

    scene: Scene
    leg: Leg
    heard: str = ""
    back_ms: float | None = None
    told: str = ""
    faults: list[str] = field(default_factory=list)


async def played(setup: Setup, scenes: Sequence[Scene] = SCENES, show: Callable[[str], None] = print) -> list[Played]:
    """Play scenes, some at once. `show` gets a line for each that is over."""
    room = asyncio.Semaphore(AT_ONCE)
    done: list[Played] = []

    async def one(number: int, scene: Scene) -> None:
        async with room:
            found = await _play(setup, number, scene)
            show(f"{'ok  ' if not found.faults else 'FAIL'} {scene.name}{''.join(f'; {one}' for one in found.faults)}")
            done.append(found)

    async with asyncio.TaskGroup() as group:
        for number, scene in enumerate(scenes):
            group.create_task(one(number, scene))
    order = {scene.name: place for place, scene in enumerate(scenes)}
    return sorted(done, key=lambda one: order[one.scene.name])


async def _play(setup: Setup, number: int, scene: Scene) -> Played:
    caller = scene.caller or f"+9665000{number:05}"
    setup.agent.plans[caller] = scene.plan
    script = await script_of(from_words(list(scene.steps), settle_ms=scene.settle_ms), setup.twilio._voice)
    leg = setup.twilio.carrier.inbound(caller=caller, called=scene.called, script=script, party=scene.party)
    found = Played(scene, leg)
    try:
        async with asyncio.timeout(SCENE_S):
            await leg.run_inbound(Follow(f"{setup.url}/voice"))
    except TimeoutError:
        found.faults.append(f"not over after {SCENE_S:g} s")
    # What is told behind the end of a call is told in the background.
    for _ in range(40):
        if len(setup.agent.told[caller]) >= len(scene.told):
            break
        await asyncio.sleep(0.1)
    _judge(setup, found, setup.agent.told[caller])
    # The carrier's own word, by the client as it is published.
    status = await asyncio.to_thread(_status_of, setup.rest_url, leg.call_sid)
    if status not in scene.ends:
        found.faults.append(f"the carrier says {status}")
    return found


def _status_of(rest_url: str, call_sid: str) -> str:
    client = Client(ACCOUNT, SECRET)
    client.api.base_url = rest_url
    return str(client.calls(call_sid).fetch().status)


def _judge(setup: Setup, found: Played, told: Sequence[tuple[float, dict[str, Any]]]) -> None:
    scene, record = found.scene, found.leg.record
    words = [word_of(asked) for _, asked in told]
    found.told = "; ".join(words)
    if scene.told and not _alike(words, scene.told):
        found.faults.append(f"the agent was told {words}")
    said = [entry.detail for entry in record.entries if entry.kind == "say"]
    spoken = [one.text for one in setup.mock.hamsa.stats.records if one.kind == "tts"]
    found.heard = "; ".join([*(str(asked["heard"]) for _, asked in told if asked["heard"]), *said])
    found.faults += [f"not said by a document: {part}" for part in scene.heard if not any(part in one for one in said)]
    found.faults += [f"not spoken: {part}" for part in scene.speech if not any(part in one for one in spoken)]
    verbs = iter(record.verbs)
    found.faults += [f"no {verb}" for verb in scene.verbs if verb not in verbs]
    found.faults += [f"{code} {reason}" for code, reason in record.warnings.items()]
    found.back_ms = back_ms(found.leg)
    if scene.comes_back and (found.back_ms is None or found.back_ms > 2000):
        found.faults.append(f"back after {found.back_ms} ms")


def back_ms(leg: Leg) -> float | None:
    """Return the time from the carrier's telling to the next sound of the agent. None: it did not come back."""
    entries = leg.record.entries
    told_at = [one.t for one in entries if one.kind == "request" and any(part in one.detail for part in _TELLING)]
    for at in reversed(told_at):
        if (
            sound := min((one.t for one in entries if one.kind == "agent_speaks" and one.t > at), default=None)
        ) is not None:
            return round((sound - at) * 1000)
    return None


def word_of(asked: dict[str, Any]) -> str:
    """Return what the agent was told, in a few words."""
    event = str(asked["event"])
    outcome = (asked.get(event) or {}).get("outcome") if isinstance(asked.get(event), dict) else None
    if outcome:
        return f"{event}={outcome}"
    return f"{event}: {asked['text']}" if asked["text"] else event


def _alike(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return [word.strip().lower() for word in words] == [word.strip().lower() for word in wanted]


def table(found: Sequence[Played]) -> str:
    """Return the table of the scenes, as Markdown."""
    lines = ["| scene | the caller heard | back, ms | the agent was told |", "|---|---|---|---|"]
    for one in found:
        back = "" if one.back_ms is None or not one.scene.comes_back else f"{one.back_ms:.0f}"
        lines.append(f"| {one.scene.name} | {one.heard} | {back} | {one.told} |")
    return "\n".join(lines)
