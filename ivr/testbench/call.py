"""Call a bridge that runs elsewhere (`ivr call`), show the call, and keep it.

The phone's side of every call is known: both tracks, and what the caller heard when. The words come from the bridge,
when it runs with `--dev` (`ivr.observe.recent_calls`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
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
from ivr.testbench.report.console import CallConsole, latency_table, summary, verdict
from ivr.testbench.report.result import result
from ivr.testbench.said import markers_from
from ivr.testbench.scenario import Scenario
from ivr.testbench.twilio.carrier import place_call
from ivr.testbench.twilio.rest import Switchboard

USUAL_MOCK: Final = "http://127.0.0.1:8090"
"""Where `ivr mock` is unless it is told otherwise."""
TOLD_TIMEOUT: Final = 3.0
"""Seconds the bridge has to answer a question about the call."""
TOLD_RETRIES: Final = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each question, while the call goes on at the bridge."""
SAME_CLOCK: Final = 5.0
"""Seconds that the beginnings of one stream may differ at most, here and there, on one clock."""
NO_STREAM: Final = "the bridge had no stream of this call"
NO_DOOR: Final = "the bridge does not tell; one that runs as `ivr serve --dev` does, if no proxy stands before it"
NO_ANSWER: Final = "the bridge does not answer when it is asked about the call"
STILL_THERE: Final = f"the call goes on at the bridge {sum(TOLD_RETRIES):.0f} s after its end here"
OTHER_CLOCK: Final = "the bridge has another clock: it runs on another machine"
"""Reasons why the words of the call are unknown."""


async def ring(
    url: str,
    script: Scenario,
    console: Console,
    *,
    caller: str = demo.CALLER,
    called: str = demo.CALLED,
    out: Path | None = None,
    rest: int | None = None,
    mock: str | None = None,
    keep: artifacts.KeepTape | None = None,
) -> dict[str, Any]:
    """Call a bridge, show the phone's side of the call, and return what came of it (`result`).

    Requests are signed with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID of the environment. `rest`: a port of loopback on
    which the carrier's REST API is served during the call. `mock`: see `markers_of`. `keep`: writes the tape of the
    call, also of one that is broken off. Raises RuntimeError without a TTS voice, ScenarioError and ValueError as
    `place_call`, OSError when the port is taken or `out` cannot be written.
    """
    if out is not None:
        artifacts.prepare(out)
    given = exported()
    account, secret = given.get("TWILIO_ACCOUNT_SID", f"AC{0:032x}"), given.get("TWILIO_AUTH_TOKEN", "none")
    markers = await markers_of(script.texts, mock)
    if markers:
        console.print(f"SCRIPTED: {mock or USUAL_MOCK} hears what the caller says as it is written", style="red")
    switchboard, record = Switchboard(account, secret), PhoneRecord()
    record.placed_on = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    record.watch = CallConsole(console, record).phone
    api = contextlib.nullcontext() if rest is None else serving(switchboard.app(), bound(port=rest))
    call = artifacts.ReportedCall(record, title=f"Call to {url}", language=script.language, scripted=bool(markers))
    async with api, asking() as client:
        with artifacts.kept_if_broken_off(out, call, script, keep, console):
            await place_call(
                url,
                script,
                auth_token=secret,
                account_sid=account,
                caller=script.caller or caller,
                called=script.called or called,
                public_url=given.get("IVR_PUBLIC_URL"),
                voice=demo.caller_voice(script.language, markers) if script.texts else None,
                record=record,
                switchboard=switchboard,
                owes=lambda: owed_at(client, record, url),
            )
    told = await told_of(record, urljoin(url, f"calls/{record.call_sid}"))
    outcome = call.result = result(record, script, told)
    turns = told.turns if isinstance(told, CallSnapshot) else None
    call.turns, call.figures = turns or [], _show(console, record, turns, outcome)
    if out is not None:
        console.print(f"written: {artifacts.write(out, call, keep)}", highlight=False, soft_wrap=True)
    return outcome


def _show(
    console: Console, record: PhoneRecord, turns: Sequence[Turn] | None, outcome: Mapping[str, Any]
) -> dict[str, str]:
    """Print what came of a call; return its figures, as text by their names."""
    refused = refusal(record)
    # A refused call has no figures: what would be measured is a silence that no caller waited through.
    figures = {"refused": refused[0].removeprefix("refused: ")} if refused else demo.ear_figures(record, turns)
    if turns:
        figures |= demo.own_at_the_ear(record, turns)
        console.print()
        console.print(latency_table(turns))
    for line in [] if refused else summary(turns or (), figures):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line, style in verdict(outcome, refused[1:]):
        console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)
    return figures


async def markers_of(texts: Sequence[str], mock: str | None) -> dict[str, int]:
    """Tell a mock service what the caller will say; return the marker of each text, none where there is no mock.

    `mock`: its URL; empty: tell none; None: try the place where `ivr mock` usually is. Raises ValueError when nothing
    answers at a URL that was given.
    """
    if not texts or mock == "":
        return {}
    try:
        return await markers_from(mock or USUAL_MOCK, list(dict.fromkeys(texts)))
    except ValueError:
        if mock is None:
            return {}
        raise


async def told_of(record: PhoneRecord, url: str) -> CallSnapshot | str:
    """Return what the bridge tells about a call that is over there too, or the reason why it tells nothing."""
    if record.t0 is None:
        return NO_STREAM
    async with asking() as client:
        for wait in TOLD_RETRIES:
            await asyncio.sleep(wait)
            try:
                answer = await client.get(url)
                # 202: the call goes on at the bridge.
                if answer.status_code == httpx.codes.ACCEPTED:
                    continue
                if answer.status_code != httpx.codes.OK:
                    return NO_DOOR
                told = decode(answer.content)
            except (httpx.HTTPError, ValueError):
                return NO_ANSWER
            return told if abs(told.started_at - record.t0) < SAME_CLOCK else OTHER_CLOCK
    return STILL_THERE


async def owed_at(client: httpx.AsyncClient, record: PhoneRecord, url: str) -> bool | None:
    """Return whether the agent owes an answer in a call that lasts. None: the bridge does not tell."""
    # Before it was heard, the bridge may not have heard of the call.
    if not record.runs:
        return False
    try:
        answer = await client.get(urljoin(url, f"calls/{record.call_sid}"))
        return decode(answer.content).owes if answer.status_code == httpx.codes.ACCEPTED else None
    except (httpx.HTTPError, ValueError):
        return None


def asking() -> httpx.AsyncClient:
    """Return a client that asks a bridge about calls."""
    return httpx.AsyncClient(trust_env=False, timeout=TOLD_TIMEOUT)
