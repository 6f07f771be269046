"""A call to a bridge that runs elsewhere: what the developer sees of it, and what is kept.

The phone's side is known of every call: both tracks, and when what was heard. What was said is asked of the bridge,
which tells when it is a developer's (`ivr.observe.recent_calls`); its times are those of the same machine's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx
from rich.console import Console

from ivr.call.timeline import Turn
from ivr.config.environment import exported
from ivr.observe.recent_calls import CallSnapshot, decode
from ivr.testbench import demo
from ivr.testbench.loopback import bound, serving
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.refusal import refusal
from ivr.testbench.report import artifacts
from ivr.testbench.report.console import CallConsole, latency_table, summary
from ivr.testbench.report.result import result
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.carrier import place_call
from ivr.testbench.twilio.rest import Switchboard

PATIENCE: Final = 3.0
"""Seconds the bridge has to answer."""
WAITS: Final = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before it is asked about the call, as long as that is not over there."""
APART: Final = 5.0
"""Seconds between the two beginnings of one stream from which two clocks are not the same."""
NO_STREAM: Final = "the bridge had no stream of this call"
NO_DOOR: Final = "the bridge does not tell; one that runs as `ivr serve --dev` does, if no proxy stands before it"
NO_ANSWER: Final = "the bridge does not answer when it is asked about the call"
STILL_THERE: Final = f"the call goes on at the bridge {sum(WAITS):.0f} s after its end here"
ELSEWHERE: Final = "the bridge has another clock: it runs on another machine"
"""Why nothing is known of what was said."""


async def ring(
    url: str,
    script: Scenario,
    console: Console,
    *,
    caller: str = demo.CALLER,
    called: str = demo.CALLED,
    out: Path | None = None,
    rest: int | None = None,
) -> dict[str, Any]:
    """Call a bridge and show the phone's side of it; what came of it is returned (`result`).

    Signs with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID of the environment. `rest`: a port of loopback on which the
    carrier's REST API is served meanwhile. RuntimeError without a voice, ScenarioError and ValueError as `place_call`,
    OSError when the port is taken or nothing can be written to `out`.
    """
    if out is not None:
        artifacts.prepare(out)
    given = exported()
    account, secret = given.get("TWILIO_ACCOUNT_SID", f"AC{0:032x}"), given.get("TWILIO_AUTH_TOKEN", "none")
    switchboard, record = Switchboard(account, secret), PhoneRecord()
    record.watch = CallConsole(console, record).phone
    api = contextlib.nullcontext() if rest is None else serving(switchboard.app(), bound(port=rest))
    async with api:
        await place_call(
            url,
            script,
            auth_token=secret,
            account_sid=account,
            caller=caller,
            called=called,
            public_url=given.get("IVR_PUBLIC_URL"),
            voice=demo.caller_voice(script.language) if script.texts else None,
            record=record,
            switchboard=switchboard,
        )
    told = await told_of(record, urljoin(url, f"calls/{record.call_sid}"))
    outcome = result(record, script, told)
    turns = told.turns if isinstance(told, CallSnapshot) else None
    figures = _figures(record, turns)
    _show(console, record, turns or [], figures, outcome)
    if out is not None:
        names = {"title": f"Call to {url}", "language": script.language}
        written = artifacts.write(out, record, turns or [], **names, scripted=False, more=figures, result=outcome)
        console.print(f"written: {written}", highlight=False, soft_wrap=True)
    return outcome


def _figures(record: PhoneRecord, turns: Sequence[Turn] | None) -> dict[str, str]:
    refused = refusal(record)
    if refused:
        return {"refused": refused[0].removeprefix("refused: ")}
    return {**demo.ear_figures(record, turns), **demo.own_at_the_ear(record, turns or [])}


def _show(
    console: Console,
    record: PhoneRecord,
    turns: Sequence[Turn],
    figures: Mapping[str, str],
    outcome: Mapping[str, Any],
) -> None:
    """Where the time went, or why there was no call; and what is not as the scenario expects it."""
    refused = refusal(record)
    if turns:
        console.print()
        console.print(latency_table(turns))
        for line in summary(turns):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in () if refused else (f"{name}: {value}" for name, value in figures.items()):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in [*refused, *(f"NOT AS EXPECTED: {what}" for what in outcome["unmet"])]:
        console.print(line, style="bold red", highlight=False, markup=False, soft_wrap=True)


async def told_of(record: PhoneRecord, url: str) -> CallSnapshot | str:
    """What the bridge says of the call when that is over there too, or why it says nothing."""
    if record.t0 is None:
        return NO_STREAM
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        for wait in WAITS:
            await asyncio.sleep(wait)
            try:
                answer = await client.get(url)
                if answer.status_code == httpx.codes.ACCEPTED:
                    continue
                if answer.status_code != httpx.codes.OK:
                    return NO_DOOR
                told = decode(answer.content)
            except (httpx.HTTPError, ValueError):
                return NO_ANSWER
            return told if abs(told.started_at - record.t0) < APART else ELSEWHERE
    return STILL_THERE
