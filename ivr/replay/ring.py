"""A call to a bridge that runs elsewhere: what the developer sees of it, and what is kept.

The phone's side is all that is known of the call: both tracks, and when what was heard.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rich.console import Console

from ivr.replay import demo, folder
from ivr.replay.carrier import place_call
from ivr.replay.carrier_rest import Switchboard
from ivr.replay.loopback import bound, serving
from ivr.replay.recording import PhoneRecord
from ivr.replay.refusal import refusal
from ivr.replay.scenario import Scenario
from ivr.replay.show import Show


async def ring(
    url: str,
    script: Scenario,
    console: Console,
    *,
    caller: str = demo.CALLER,
    called: str = demo.CALLED,
    out: Path | None = None,
    rest: int | None = None,
) -> PhoneRecord:
    """Call a bridge and show the phone's side of it.

    Signs with TWILIO_AUTH_TOKEN and TWILIO_ACCOUNT_SID of the environment. `rest`: a port of loopback on which the
    carrier's REST API is served meanwhile. RuntimeError without a voice, ScenarioError and ValueError as `place_call`,
    OSError when the port is taken or nothing can be written to `out`.
    """
    if out is not None:
        folder.prepare(out)
    account, secret = os.environ.get("TWILIO_ACCOUNT_SID", f"AC{0:032x}"), os.environ.get("TWILIO_AUTH_TOKEN", "none")
    switchboard, record = Switchboard(account, secret), PhoneRecord()
    record.watch = Show(console, record).phone
    api = contextlib.nullcontext() if rest is None else serving(switchboard.app(), bound(port=rest))
    async with api:
        await place_call(
            url,
            script,
            auth_token=secret,
            account_sid=account,
            caller=caller,
            called=called,
            public_url=os.environ.get("IVR_PUBLIC_URL") or None,
            voice=demo.caller_voice(script.language) if script.texts else None,
            record=record,
            switchboard=switchboard,
        )
    refused = refusal(record)
    for line in refused:
        console.print(line, style="bold red", highlight=False, markup=False, soft_wrap=True)
    measured = {"refused": refused[0].removeprefix("refused: ")} if refused else demo.ear_figures(record)
    for name, value in () if refused else measured.items():
        console.print(f"{name}: {value}", highlight=False, markup=False, soft_wrap=True)
    if out is not None:
        title = f"Call to {url}"
        written = folder.write(out, record, (), title=title, language=script.language, scripted=False, more=measured)
        console.print(f"written: {written}", highlight=False, soft_wrap=True)
    return record
