"""Play calls that the bridge places: asked for by the API, to people and machines at the mock carrier, and judged."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
from twilio.rest import Client  # type: ignore[import-untyped]

from ivr.testbench.demo import caller_voice
from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import CallerAct, SayAudio
from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.legs.leg import Leg
from ivr.testbench.twilio.legs.scripts import beep
from ivr.testbench.twilio.people import FarParty
from tools.line.prove import word_of
from tools.line.scenes import GOODBYE
from tools.line.setup import ACCOUNT, BOARD, SECRET, Plan, Setup

HELLO: Final = "hello"
THIS_IS: Final = "yes this is me"
GREETING: Final = (
    "You have reached the mailbox of Sara and Omar. We cannot come to the telephone now. Please leave your name and "
    "your number behind the tone, and we shall call you back as soon as we can."
)
SCENE_S: Final = 90.0
STILL_S: Final = 5.0
"""Seconds after which a call that has to wait is taken to wait."""
RATE: Final = 8000

_LINES: Final[Mapping[str, str]] = {
    "talk": "",
    "both": 'machine = "talk"\ncarrier_amd = true\n',
    "ends": 'machine = "hang_up"\n',
    "leaves": 'machine = "message"\n',
    "ears": 'machine = "message"\ncarrier_amd = false\n',
    "brief": "ring_s = 5\n",
    "night": 'quiet = "00:00-23:59"\n',
}
"""`[line.outbound]` of each line. None has `tell_end`."""


class Greeting:
    """Play the spoken greeting of a machine as soon as the stream is open."""

    agent_owes = False

    def __init__(self, *, beeps: bool) -> None:
        self._audio: bytes | None = caller_voice("en")(GREETING) + (beep() if beeps else b"")

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the greeting, once."""
        del phone, now
        audio, self._audio = self._audio, None
        return [] if audio is None else [SayAudio(audio, "greeting of a machine")]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold one call that is asked for, and what has to come of it."""

    name: str
    party: FarParty
    line: str = "talk"
    told: Sequence[str] = ("ended",)
    state: str = "completed"
    """The job's in the end; `waiting` where it has to wait."""
    reason: str = "agent_goodbye"
    """In the record, and in what the agent is told of the end. Empty: there is no record."""
    waits_for: str = ""
    """The job's reason; empty: any."""
    answered_by: str = ""
    """In the job; empty: any."""
    status: str = "completed"
    """What the carrier says of the call; empty: it has none."""
    heard_s: tuple[float, float] = (0.0, 60.0)
    """Least and most of the agent's audio that the far party hears."""
    after_beep: bool = False
    """All of it is heard behind the machine's beep."""
    plan: Plan = field(default_factory=dict)
    to: str = ""
    """Who is called; empty: a number of the scene's own."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Of the request."""
    refused: str = ""
    """The error of the request; empty: it is taken."""
    cancel: bool = False
    created_after_s: float = 0.0


def _person(*steps: str, **more: Any) -> FarParty:
    """Return a person who says hello and then these steps."""
    return FarParty(ring_s=1, scenario=from_words([f"at 0.5 say {HELLO}", *steps], settle_ms=2500.0), **more)


def _machine(**more: Any) -> FarParty:
    """Return a machine that speaks its greeting, unless it has a scenario."""
    script = None if "scenario" in more else partial(Greeting, beeps=more.get("beep", True))
    return FarParty(ring_s=1, kind="machine", script=script, **{"greeting_s": 7.0, "message_s": 30.0, **more})


_TALKS: Final = (f"say {THIS_IS}", f"say {GOODBYE}", "wait")
_PLAN: Final[Plan] = {
    THIS_IS: [{"text": "Your order comes today."}],
    GOODBYE: [{"action": "hangup", "text": "Goodbye then."}],
}
_TOLD: Final = (f"speech: {THIS_IS}", f"speech: {GOODBYE}", "ended")
_SOUNDS_LIKE_ONE: Final = from_words([f"at 0.5 say {HELLO}", "wait"], settle_ms=2500.0)

SCENES: Final = (
    Asked("a person talks and says goodbye", _person(*_TALKS), told=_TOLD, plan=_PLAN, answered_by="person",
          heard_s=(2, 60)),
    Asked("a person hangs up", _person("after 0.5 hang up"), reason="caller_stop", answered_by="person",
          heard_s=(0.5, 60)),
    Asked(
        "a machine with a beep: message behind it", _machine(), "leaves", reason="machine_message",
        answered_by="machine", heard_s=(1, 60), after_beep=True,
    ),
    Asked(
        "the same by our own ears alone", _machine(), "ears", reason="machine_message", answered_by="machine",
        heard_s=(1, 60), after_beep=True,
    ),
    Asked(
        "a machine without a beep: message", _machine(beep=False), "leaves", reason="machine_message",
        answered_by="machine", heard_s=(1, 60), after_beep=True,
    ),
    Asked("a machine, hung up on", _machine(), "ends",
          reason="answered_by_machine", answered_by="machine",
          heard_s=(0, 0)),
    Asked("busy", FarParty(ring_s=1, does="busy"), state="busy", status="busy", reason="call_busy"),
    Asked("no answer within 5 s", FarParty(ring_s=60), "brief", state="no_answer", status="no-answer",
          reason="call_no_answer"),
    Asked("cannot be reached", FarParty(ring_s=0, does="failed"), state="failed", status="failed",
          reason="call_failed"),
    Asked("canceled while it waits", FarParty(), state="canceled", status="", reason="call_canceled", cancel=True,
          more={"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}),
    Asked("quiet hours: it waits", FarParty(), "night", told=(), state="waiting", status="", reason="",
          waits_for="quiet_hours"),
    Asked("a number that may not be called", FarParty(), told=(), state="", status="", reason="", to="+14155550100",
          refused="not_allowed"),
    Asked("known to be a machine before the stream", _machine(detect_s=0.0), "ends", reason="answered_by_machine",
          answered_by="machine", heard_s=(0, 0)),
    Asked(
        "a machine that sounds like a person; the carrier says so late, hung up on",
        _machine(scenario=_SOUNDS_LIKE_ONE, detect_s=3.0, greeting_s=30.0), "ends", reason="answered_by_machine",
        answered_by="machine", heard_s=(0.1, 60),
    ),
    Asked(
        "the same, a message is left",
        _machine(scenario=_SOUNDS_LIKE_ONE, detect_s=3.0, greeting_s=30.0), "leaves", reason="machine_message",
        answered_by="machine", heard_s=(1, 60),
    ),
    Asked("a person whom the carrier calls a machine, talked to",
          _person(*_TALKS, answered_by="machine_start", detect_s=4.0), "both", told=_TOLD, plan=_PLAN,
          answered_by="machine", heard_s=(2, 60)),
    Asked("the same, hung up on", _person(*_TALKS, answered_by="machine_start", detect_s=4.0), "ends",
          reason="answered_by_machine", answered_by="machine"),
    Asked("the stream is open before the carrier has answered the request", _person(*_TALKS), told=_TOLD, plan=_PLAN,
          heard_s=(2, 60), answered_by="person", created_after_s=3.0),
)  # fmt: skip


@dataclass(slots=True)
class Came:
    """Hold what came of one call."""

    asked: Asked
    heard_s: float = 0.0
    first_ms: float | None = None
    """From the end of the machine's beep to the first sound of the agent."""
    told: str = ""
    job: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    status: str = ""
    faults: list[str] = field(default_factory=list)


def texts() -> list[str]:
    """Return all that the far parties say."""
    return [HELLO, THIS_IS, GOODBYE]


def environment(folder: Path) -> dict[str, str]:
    """Write the lines of the run, and return the settings that name them."""
    first = 'language = "en"\nkeep = "text"\n'
    lines = "".join(
        f'\n[[line]]\nnumber = "+96611000010{place}"\nname = "{name}"\n{first}[line.outbound]\n{terms}'
        for place, (name, terms) in enumerate(_LINES.items())
    )
    (folder / "outbound.toml").write_text(lines, "utf-8")
    return {
        "IVR_CONFIG": str(folder / "outbound.toml"),
        "IVR_DIAL_PREFIXES": "+966",
        "IVR_DIAL_PER_SECOND": "20",
        "IVR_DIAL_AT_ONCE": "20",
    }


async def placed(setup: Setup, scenes: Sequence[Asked], show: Callable[[str], None] = print) -> list[Came]:
    """Ask for all the calls, those with a late answer of the carrier's behind the others, and judge each."""
    done: list[Came] = []

    async def one(scene: Asked) -> None:
        came = await _play(setup, SCENES.index(scene), scene)
        show(f"{'ok  ' if not came.faults else 'FAIL'} {scene.name}{''.join(f'; {fault}' for fault in came.faults)}")
        done.append(came)

    for late in sorted({scene.created_after_s for scene in scenes}):
        office = setup.twilio.carrier.office
        setup.twilio.carrier._options = office.options = replace(office.options, created_after_s=late)
        async with asyncio.TaskGroup() as group:
            for scene in scenes:
                if scene.created_after_s == late:
                    group.create_task(one(scene))
    return sorted(done, key=lambda came: SCENES.index(came.asked))


async def _play(setup: Setup, number: int, scene: Asked) -> Came:
    came, to = Came(scene), scene.to or f"+9665003000{number:02}"
    setup.people[to], setup.agent.plans[to] = scene.party, scene.plan
    headers = {"authorization": f"Bearer {BOARD}"}
    async with httpx.AsyncClient(base_url=setup.url, headers=headers, trust_env=False, timeout=10.0) as api:
        body = {"to": to, "line": scene.line, "context": {"scene": number}, **scene.more}
        answer = await api.post("/calls", json=body)
        if scene.refused:
            if answer.json().get("error") != scene.refused:
                came.faults.append(f"answered {answer.status_code} {answer.text}")
        elif answer.status_code != httpx.codes.ACCEPTED:
            came.faults.append(f"answered {answer.status_code} {answer.text}")
        else:
            path = f"/jobs/{answer.json()['id']}"
            if scene.cancel:
                await asyncio.sleep(1.0)
                await api.delete(path)
            came.job = await _over(api, path, STILL_S if scene.state == "waiting" else SCENE_S)
    if scene.told:
        # What is told behind the end of a call is told in the background.
        for _ in range(50):
            if len(setup.agent.told[to]) >= len(scene.told):
                break
            await asyncio.sleep(0.1)
    await _judge(setup, came, to)
    return came


async def _over(api: httpx.AsyncClient, path: str, most_s: float) -> Mapping[str, Any]:
    """Return the job when it is over, or as it is after so long."""
    until = asyncio.get_running_loop().time() + most_s
    while True:
        job: dict[str, Any] = (await api.get(path)).json()
        over = job["state"] not in ("waiting", "placing", "ringing", "talking")
        if over or asyncio.get_running_loop().time() >= until:
            return job
        await asyncio.sleep(0.2)


async def _judge(setup: Setup, came: Came, to: str) -> None:
    scene, told = came.asked, [asked for _, asked in setup.agent.told[to]]
    words = [word_of(asked) for asked in told]
    came.told = "; ".join(words)
    legs = [leg for leg in setup.twilio.carrier.legs if leg.to == to]
    _hold(came, "the agent was told", words, list(scene.told))
    _hold(came, "state", came.job.get("state", ""), scene.state)
    _hold(came, "why it waits", came.job.get("reason", ""), scene.waits_for or came.job.get("reason", ""))
    if scene.answered_by:
        _hold(came, "answered_by", came.job.get("answered_by"), scene.answered_by)
    _hold(came, "calls placed", len(legs), int(bool(scene.status)))
    if any(asked["context"] != {"scene": SCENES.index(scene)} for asked in told):
        came.faults.append("the agent was not given the context")
    if scene.told:
        _hold(came, "the end that was told", told[-1]["ended"]["reason"] if told else "", scene.reason)
    if legs:
        _listen(came, legs[0])
        came.status = await asyncio.to_thread(_status, setup.rest_url, legs[0].call_sid)
    _hold(came, "the carrier says", came.status, scene.status)
    for _ in range(50):
        came.reason = await asyncio.to_thread(_recorded, setup.folder / "data" / "calls.sqlite", to)
        if came.reason == scene.reason:
            break
        await asyncio.sleep(0.1)
    _hold(came, "the record's reason", came.reason, scene.reason)


def _hold(came: Came, what: str, found: object, wanted: object) -> None:
    if found != wanted:
        came.faults.append(f"{what}: {found!r}, not {wanted!r}")


def _listen(came: Came, leg: Leg) -> None:
    """Judge what the far party heard."""
    scene, runs = came.asked, leg.record.runs
    came.heard_s = round(sum(run.end - run.start for run in runs) / RATE, 1)
    least, most = scene.heard_s
    if not least <= came.heard_s <= most:
        came.faults.append(f"{came.heard_s} s of the agent were heard")
    if scene.after_beep and runs and leg.record.speech:
        came.first_ms = round((runs[0].start - leg.record.speech[0].end) / RATE * 1000)
        if came.first_ms < 0:
            came.faults.append(f"the message began {-came.first_ms} ms before the greeting was over")
    came.faults += [f"{code} {reason}" for code, reason in leg.record.warnings.items()]


def _status(rest_url: str, call_sid: str) -> str:
    """Return the carrier's own word, by the client as it is published."""
    client = Client(ACCOUNT, SECRET)
    client.api.base_url = rest_url
    return str(client.calls(call_sid).fetch().status)


def _recorded(file: Path, to: str) -> str:
    """Return the reason in the record of a call to a number; empty: there is none."""
    if not file.exists():
        return ""
    wanted = "SELECT reason FROM calls WHERE called = ? AND ended_at IS NOT NULL"
    row = None
    # The keeper may not have made its tables yet.
    with (
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database,
        contextlib.suppress(sqlite3.OperationalError),
    ):
        row = database.execute(wanted, (to,)).fetchone()
    return "" if row is None else str(row[0])


def table(found: Sequence[Came]) -> str:
    """Return the table of the calls, as Markdown."""
    lines = [
        "| who is called | the far party heard of the agent | the agent was told | job | record | carrier |",
        "|---|---|---|---|---|---|",
    ]
    for came in found:
        heard = f"{came.heard_s} s" if came.heard_s else "nothing"
        heard += f", from {came.first_ms:.0f} ms after the greeting on" if came.first_ms is not None else ""
        job = came.job.get("state", came.asked.refused)
        by = came.job.get("answered_by", "")
        lines.append(
            f"| {came.asked.name} | {heard} | {came.told or 'nothing'} | {job}{f', {by}' if by else ''} "
            f"| {came.reason or 'none'} | {came.status or 'no call'} |"
        )
    return "\n".join(lines)
