"""Check this bridge from inside, with mock services that fail: B16, B19 to B22 and B24.

Each is a call or a few in memory and virtual time. Nothing here can be asked of a foreign server.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import httpx

from ivr.call.timeline import Turn, wait
from ivr.server.app import create_app
from ivr.testbench import virtual_time
from ivr.testbench.conformance.checks.webhook import dials
from ivr.testbench.conformance.findings import CheckFinding, judged
from ivr.testbench.faults import run as faults
from ivr.testbench.faults.fault_file import LONG_QUESTION, Service, shipped
from ivr.testbench.faults.harness import (
    ACCOUNT,
    AUTH,
    CALLED,
    CALLER,
    PUBLIC,
    FaultHarness,
    FaultObserver,
    FaultPeers,
    build_bridge,
    ring,
    running,
    settings,
)
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.phone.figures import figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.latency import times
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.http import voice_fields
from ivr.testbench.twilio.signing import Signer
from ivr.testbench.twilio.twiml import parse

PERSON_PLEASE: Final = "أريد التحدث إلى موظف"
DESK: Final = "+966110000099"
PLACES_OF_B19: Final = 2
REST_FAULTS: Final = ("transfer-down", "transfer")
"""Faults in which a call is handed over while services fail."""
SERVICE_FAULTS: Final = ("down", "stt-closed-always", "error", "webhook-gone", "webhook-cut")
"""A service that dies: speech, STT, TTS, the agent at once, the agent in the middle."""
QUESTIONS_OF_B24: Final = ("كم سعر الشحن", "لحظة من فضلك")
"""Answered before a filler is due, so that the first sound is the answer's on both sides."""
CLOCKS_MS: Final = 40
"""Milliseconds by which the bridge's waits may differ from the phone's: two frames."""


def b16(harness: FaultHarness) -> CheckFinding:
    """Hand a call over, and look at every document that the bridge gives the carrier for it."""
    peers = FaultPeers(Service(), HamsaProfile(marked={1: PERSON_PLEASE}))
    caller = from_words([f"at 1 say {PERSON_PLEASE}", "wait"])

    async def main() -> None:
        chosen = settings(harness.folder, IVR_LANGUAGE="ar", IVR_TRANSFER_TO=DESK)
        async with running(build_bridge(chosen, peers)) as bridge:
            await ring(bridge, caller, peers.switchboard)

    virtual_time.run(main())
    given = [form["Twiml"] for _, form in peers.switchboard.requests if form.get("Twiml")]
    return dials([parse(text) for text in given])


def b19(harness: FaultHarness) -> CheckFinding:
    """Fill the bridge, drain it, and look at what callers and load balancers get."""

    async def main() -> CheckFinding:
        chosen = settings(harness.folder, IVR_LANGUAGE="ar", IVR_MAX_CALLS=str(PLACES_OF_B19))
        faults_seen, bodies = [], {}
        async with running(build_bridge(chosen, FaultPeers(Service(), HamsaProfile()))) as bridge:
            app = create_app(chosen, bridge=bridge)
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000"
            ) as client:
                for number in range(PLACES_OF_B19 + 1):
                    bodies[f"call {number + 1}"] = await _verbs(client, f"CA{number:032x}")
                before = (await client.get("/healthz")).status_code, (await client.get("/readyz")).status_code
                drain = asyncio.create_task(bridge.drain())
                await asyncio.sleep(0)
                bodies["drained"] = await _verbs(client, f"CA{99:032x}")
                after = (await client.get("/healthz")).status_code, (await client.get("/readyz")).status_code
                drain.cancel()
                await asyncio.gather(drain, return_exceptions=True)
        for name in (f"call {PLACES_OF_B19 + 1}", "drained"):
            words = bodies[name]
            faults_seen += [f"{name}: {words}"] if "Connect" in words or not words else []
        faults_seen += [f"statuses {before} before, {after} while it drains"] if (before, after) != (
            (200, 200), (200, 503)) else []  # fmt: skip
        return judged(faults_seen, f"full: {bodies[f'call {PLACES_OF_B19 + 1}']}; draining: {bodies['drained']}, "
                                   f"/healthz {after[0]}, /readyz {after[1]}")  # fmt: skip

    return virtual_time.run(main())


async def _verbs(client: httpx.AsyncClient, call: str) -> str:
    """Ask for a call's document. Return its verbs."""
    form = voice_fields(account=ACCOUNT, call=call, caller=CALLER, called=CALLED, status="ringing", chance=Random(1))
    answer = await client.post("/voice", data=form, headers=Signer(AUTH).headers(f"{PUBLIC}/voice", form))
    return " ".join(verb.name for verb in parse(answer.content, answer.headers.get("content-type", "")).verbs)


def b20(harness: FaultHarness) -> CheckFinding:
    """Hand calls over while the carrier's REST interface and the services fail; look for the token in the log."""
    kept = _KeptLog()
    logging.getLogger("ivr").addHandler(kept)
    try:
        finding = _played(harness, REST_FAULTS)
    finally:
        logging.getLogger("ivr").removeHandler(kept)
    if any(AUTH in line for line in kept.lines):
        return judged(["the auth token stands in the log"], "")
    return CheckFinding(
        finding.judgement, f"{finding.seen}; the auth token is in none of {len(kept.lines)} lines of the log"
    )


class _KeptLog(logging.Handler):
    """Keep what is logged, with its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


def b21(harness: FaultHarness) -> CheckFinding:
    """Let the caller say nothing, lose all media, and talk for too long."""
    lines = harness.folder / "short.toml"
    lines.write_text("[call]\nmax_call = 20\n", "utf-8")
    rows: tuple[tuple[str, str, Scenario, Mapping[str, str]], ...] = (
        ("a silent caller", "caller_silent", Scenario(from_words(["wait"]).steps, patience_s=120), {}),
        ("a call of 20 s at most", "call_too_long",
         Scenario(from_words([f"at 1 say {LONG_QUESTION}", "wait"]).steps, patience_s=60), {"IVR_CONFIG": str(lines)}),
    )  # fmt: skip
    faults_seen, good = [], []
    for name, reason, scenario, env in rows:
        record, observer = _call(harness, scenario, env)
        ended = observer.hang_up.reason if observer.hang_up else record.ended
        good.append(f"{name}: {ended} after {len(record.caller) / 8000:.0f} s")
        faults_seen += [f"{name}: ended by {ended}"] if ended != reason else []
    return judged(faults_seen, "; ".join(good))


def b22(harness: FaultHarness) -> CheckFinding:
    """Let each service die in a call."""
    return _played(harness, SERVICE_FAULTS)


def _played(harness: FaultHarness, names: Sequence[str]) -> CheckFinding:
    """Play faults of `ivr faults`. Each has its own bounds."""
    reports = [faults.run(scenario, harness) for scenario in shipped(names)]
    broken = [f"{report.scenario.name}: {line}" for report in reports for line in report.broken]
    worst = max(reports, key=lambda report: report.ear.silence_s)
    said = {report.scenario.name: report.instead() for report in reports if report.instead()}
    words = "; ".join(f"{name}: {instead}" for name, instead in said.items())
    return judged(broken, f"{len(reports)} faults, longest silence {worst.ear.silence_s:.1f} s "
                          f"({worst.scenario.name}); {words}")  # fmt: skip


def b24(harness: FaultHarness) -> CheckFinding:
    """Compare what the bridge measures of calls with what their phones measure."""
    ear, own = [], []
    for question in QUESTIONS_OF_B24:
        record, observer = _call(harness, from_words([f"at 1 say {question}", "hang up"]), {})
        ear += [one.reply_ms for one in figures(record, times(observer.turns)).answers]
        own += [_ms(turn) for turn in observer.turns if turn.kind == "speech"]
    pairs = [(a, b) for a, b in zip(own, ear, strict=False) if a is not None and b is not None]
    apart = max((abs(a - b) for a, b in pairs), default=0.0)
    count = len(QUESTIONS_OF_B24)
    faults_seen = (
        [] if len(pairs) == len(own) == len(ear) == count else [f"{len(own)} answers here, {len(ear)} at phones"]
    )
    faults_seen += [f"the waits differ by {apart:.0f} ms"] if apart > CLOCKS_MS else []
    seen = ", ".join(f"{a:.1f} and {b:.1f} ms" for a, b in pairs)
    return judged(faults_seen, f"waits of the bridge and at the phone: {seen}")


def _ms(turn: Turn) -> float | None:
    """Return the wait of a turn in milliseconds."""
    seconds = wait(turn)
    return None if seconds is None else 1000 * seconds


def _call(harness: FaultHarness, scenario: Scenario, env: Mapping[str, str]) -> tuple[PhoneRecord, FaultObserver]:
    """Place one call at a bridge whose services all answer. Return both sides of it."""

    async def main() -> tuple[PhoneRecord, FaultObserver]:
        observer = FaultObserver()
        texts = list(dict.fromkeys(scenario.texts))
        peers = FaultPeers(Service(), HamsaProfile(marked=dict(enumerate(texts, 1))))
        chosen = settings(harness.folder, IVR_LANGUAGE="ar", **env)
        async with running(build_bridge(chosen, peers, observer)) as bridge:
            record = await ring(bridge, scenario, peers.switchboard)
        return record, observer

    return virtual_time.run(main())


INSIDE_CHECKS: Final[Mapping[str, Callable[[FaultHarness], CheckFinding]]] = {
    "B16": b16, "B19": b19, "B20": b20, "B21": b21, "B22": b22, "B24": b24,
}  # fmt: skip
"""Checks that need the inside, by number."""
