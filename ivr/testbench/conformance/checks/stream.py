"""Check the stream's socket and its messages: B5 to B10, B17."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from itertools import count
from typing import Final

from ivr.call.ports import WireClosed
from ivr.media import g711
from ivr.testbench.conformance.findings import CheckFinding, NotJudged, failed, judged, not_applicable, passed
from ivr.testbench.conformance.observation import AGENT_SETTLE_S, GREETING_MOST_S, Observation
from ivr.testbench.conformance.probe_call import ProbeCall
from ivr.testbench.conformance.site import LoggedWire, Site
from ivr.testbench.phone import messages
from ivr.testbench.phone.microphone import PhoneOptions

OPENINGS: Final = 3
ACCEPT_S: Final = 1.0
"""Seconds that the slowest accept may take."""
NO_START_S: Final = 5.0
"""Seconds after which a socket without `start` must be closed."""
NO_START_GRACE_S: Final = 1.0
LAG_S: Final = 1.0
"""Seconds in which what was sent must be read."""
LAG_LIMIT_S: Final = 4.0
CLOSED_IN_ORDER: Final = 1000
"""WebSocket close code of an orderly end."""
BURST: Final = 250
"""Messages that come at once after a pause of the network: 5 s of audio."""
ODD_CHUNKS: Final = (1, 160, 320, 999, 7, 161)
"""Samples of a chunk, repeated."""
STRANGE_MESSAGES: Final = (
    '{"event":"weather","streamSid":"%s","weather":{"sky":"blue"}}',
    '{"event":"mark","streamSid":"%s","sequenceNumber":"7","mark":{"name":"never sent"}}',
    '{"event":7}',
    '{"streamSid":"%s"}',
    '{"event":"media","streamSid":"%s"}',
    '{"event":"media","streamSid":"%s","media":{"payload":null}}',
    "{",
    "",
    "null",
    "[]",
    '"connected"',
    "[" * 500,
)
"""Messages that are not in the protocol of today. `%s` is the stream's id."""
BAD_AUDIO: Final = ("not base64!", "A", "////=", "é")
"""Payloads that are not base64."""
BAD_KEYS: Final = ('{"digit":"12"}', '{"digit":5}', '{"digit":""}', "{}", '"5"')
"""Objects `dtmf` that Twilio does not send today."""


async def b05(site: Site, _: Observation | None) -> CheckFinding:
    """Open the socket as Twilio does: no Origin, no subprotocol, no extension."""
    loop, seconds = asyncio.get_running_loop(), []
    for _opening in range(OPENINGS):
        order = await site.order(site.new_call())
        began = loop.time()
        wire = await site.open(order)
        seconds.append(loop.time() - began)
        await wire.close(1000)
    slowest = max(seconds)
    seen = f"{OPENINGS} sockets without Origin and subprotocol, slowest accepted after {slowest * 1000:.0f} ms"
    return passed(seen) if slowest <= ACCEPT_S else failed(f"{seen}: something else is waited for before the accept")


async def b06(site: Site, seen: Observation | None) -> CheckFinding:
    """Send nothing, too early, unknown and broken messages."""
    silent = asyncio.create_task(_without_start(site))
    faults = []
    try:
        # Media before `start`, then all that is not in the protocol, then an ordinary question.
        async with site.call(prepare=_early_media) as call:
            await call.wait(0.5)
            if call.over:
                faults.append(f"closed a stream whose media came before start ({call.wire.code})")
            for message in STRANGE_MESSAGES:
                await call.wire.inject(message % call.ids.stream if "%s" in message else message)
            why = await still_there(site, call, seen) if not faults else ""
            faults += [f"after unknown events and broken JSON {why}"] if why else []
    finally:
        closed = await silent
    limit = NO_START_S + NO_START_GRACE_S
    if closed is None:
        faults.insert(0, f"a socket without start was still open after {limit:g} s")
    return judged(faults, f"a socket without start was closed after {closed or 0.0:.1f} s; media before start, "
                          f"{len(STRANGE_MESSAGES)} unknown and broken messages did no harm")  # fmt: skip


def _early_media(wire: LoggedWire) -> None:
    """Let some media come before `start`."""

    def rewrite(message: str) -> Sequence[str]:
        if not message.startswith('{"event":"start"'):
            return (message,)
        ids = json.loads(message)["start"]
        early = messages.media(
            messages.Ids(ids["accountSid"], ids["callSid"], ids["streamSid"]), 1, 1, 8, bytes([g711.SILENCE]) * 160
        )
        return (early, early, message)

    wire.rewrite = rewrite


async def _without_start(site: Site) -> float | None:
    """Open a socket, send `connected` alone, and return after how many seconds the server closes it."""
    loop = asyncio.get_running_loop()
    wire = await site.open(await site.order(site.new_call()))
    began = loop.time()
    await wire.inject(messages.CONNECTED)
    try:
        async with asyncio.timeout(NO_START_S + NO_START_GRACE_S):
            while True:
                await wire.receive()
    except WireClosed:
        return loop.time() - began
    except TimeoutError:
        await wire.close(1000)
        return None


async def still_there(site: Site, call: ProbeCall, seen: Observation | None) -> str:
    """Ask the agent something. Return what is wrong with the server, in words; empty: it answered."""
    if seen is None or seen.answers_s is None:
        await call.wait(1.5)
        return f"it closed the stream ({call.wire.code})" if call.wire.closed_at is not None else ""
    if seen.greets_s is not None:
        await call.hears(0, 2 * seen.greets_s + 2.0)
    await call.quiet(AGENT_SETTLE_S, GREETING_MOST_S)
    if call.wire.closed_at is not None:
        return f"it closed the stream ({call.wire.code})"
    spoken = await call.say(site.target.speech)
    if await call.hears(spoken.end, min(seen.patience_s, site.target.timeout)):
        return ""
    if call.wire.closed_at is not None:
        return f"it closed the stream ({call.wire.code})"
    return f"it did not answer within {seen.patience_s:.1f} s, where {seen.answers_s:.1f} s is usual"


async def b07(site: Site, seen: Observation | None) -> CheckFinding:
    """Send chunks of any length, numbers as numbers, broken base64, and another media format."""
    faults = []
    async with site.call(phone=PhoneOptions(chunks=ODD_CHUNKS), prepare=_as_numbers) as call:
        await call.wait(0.3)
        for number, payload in enumerate(BAD_AUDIO):
            media = {"track": "inbound", "chunk": str(900 + number), "timestamp": "300", "payload": payload}
            await call.wire.inject(_message(call, {"event": "media", "sequenceNumber": "900", "media": media}))
        why = await still_there(site, call, seen)
        faults += (
            [f"with chunks of {min(ODD_CHUNKS)} to {max(ODD_CHUNKS)} samples and broken base64 {why}"] if why else []
        )
    if seen is None or seen.greets_s is None:
        return judged(faults, "chunks of any length, numbers as numbers and broken base64 did no harm")
    async with site.call(prepare=_other_format) as call:
        heard = await call.hears(0, seen.greets_s + 1.5)
        faults += (
            ["spoke mu-law on a stream that said audio/x-l16 at 16000 Hz: the caller hears noise"] if heard else []
        )
    return judged(faults, "chunks of any length, numbers as numbers and broken base64 did no harm; "
                          "a stream of another format was refused")  # fmt: skip


def _as_numbers(wire: LoggedWire) -> None:
    """Send every other message with numbers where Twilio sends strings today."""
    turns = count()

    def rewrite(message: str) -> Sequence[str]:
        if not message.startswith('{"event":"media"') or next(turns) % 2:
            return (message,)
        fields = json.loads(message)
        fields["sequenceNumber"] = int(fields["sequenceNumber"])
        fields["media"] |= {name: int(fields["media"][name]) for name in ("chunk", "timestamp")}
        return (json.dumps(fields),)

    wire.rewrite = rewrite


def _other_format(wire: LoggedWire) -> None:
    """Say that the stream is linear audio at 16 kHz."""
    wire.rewrite = lambda message: (message.replace('"audio/x-mulaw"', '"audio/x-l16"').replace("8000", "16000")
                                    if message.startswith('{"event":"start"') else message,)  # fmt: skip


def _message(call: ProbeCall, fields: dict[str, object]) -> str:
    """Return a message of this call's stream."""
    return json.dumps(fields | {"streamSid": call.ids.stream}, separators=(",", ":"), ensure_ascii=False)


async def b08(site: Site, seen: Observation | None) -> CheckFinding:
    """Let the agent's own track speak while the caller is silent."""
    if seen is None or seen.answers_s is None:
        raise NotJudged("the agent answers nothing that is said")
    async with site.call() as call:
        if seen.greets_s is not None:
            await call.hears(0, 2 * seen.greets_s + 2.0)
        await call.quiet(AGENT_SETTLE_S, GREETING_MOST_S)
        since, clears = call.now, len(call.record.cleared)
        for number, at in enumerate(range(0, len(site.target.speech), 160)):
            payload = base64.b64encode(site.target.speech[at : at + 160]).decode()
            media = {
                "track": "outbound",
                "chunk": str(5000 + number),
                "timestamp": str(call.now // 8),
                "payload": payload,
            }
            await call.wire.inject(_message(call, {"event": "media", "sequenceNumber": "5000", "media": media}))
            await call.wait(0.02)
        if await call.hears(since, seen.answers_s + 1.0):
            return failed("it answered what was said on the outbound track: it hears itself")
        if len(call.record.cleared) > clears:
            return failed("it cleared its audio for what was said on the outbound track")
    return passed(f"{len(site.target.speech) / 8000:.1f} s of speech on the outbound track were not answered")


async def b09(site: Site, seen: Observation | None) -> CheckFinding:
    """Measure how soon the server reads, while it must be waiting for its own services."""
    async with site.call() as call:
        lags = [await call.wire.lag(LAG_LIMIT_S)]
        if lags[0] is None:
            return not_applicable("this wire does not show when the server reads")
        silence = base64.b64encode(bytes([g711.SILENCE]) * 160).decode()
        if seen is not None and seen.greets_s is not None:
            await call.hears(0, 2 * seen.greets_s + 2.0)
            await call.quiet(AGENT_SETTLE_S, GREETING_MOST_S)
        spoken = await call.say(site.target.speech)
        limit = 2.0 if seen is None or seen.answers_s is None else min(seen.patience_s, 6.0)
        while call.now - spoken.end < limit * 8000 and not call.over and call.loud.ms(spoken.end) < 200:
            await call.wait(0.15)
            lags.append(await call.wire.lag(LAG_LIMIT_S))
        for number in range(BURST):
            media = {
                "track": "outbound",
                "chunk": str(9000 + number),
                "timestamp": str(20 * number),
                "payload": silence,
            }
            await call.wire.inject(_message(call, {"event": "media", "sequenceNumber": "9000", "media": media}))
        lags.append(await call.wire.lag(LAG_LIMIT_S))
        # A server that ends the call in order has had enough of it, not of the burst.
        gone = call.wire.closed_at is not None and call.wire.code != CLOSED_IN_ORDER
    worst = max(lag for lag in lags if lag is not None)
    faults = [f"it read nothing for {worst:.1f} s while it waited: Twilio discards the caller's audio (31930)"]
    faults = faults if worst > LAG_S else []
    faults += [f"it closed the stream after {BURST} messages at once"] if gone else []
    looks = f"{len(lags)} looks, also while it waited for its services and after {BURST} messages at once"
    return judged(faults, f"{looks}: read after {worst * 1000:.0f} ms at most")


async def b10(site: Site, seen: Observation | None) -> CheckFinding:
    """Read every message of the observed call, and listen on a socket whose stream has not started."""
    if seen is None or not seen.messages:
        raise NotJudged("the server sent nothing")
    faults = [f"{code} {reason}" for code, reason in sorted(seen.warnings.items()) if code in (31950, 31951, 31924)]
    faults += ["the first audio begins with a file header (RIFF): it is heard as a click"] if seen.header else []
    wire = await site.open(await site.order(site.new_call()))
    await wire.inject(messages.CONNECTED)
    early = 0
    try:
        async with asyncio.timeout(1.0):
            while True:
                await wire.receive()
                early += 1
    except (WireClosed, TimeoutError):
        await wire.close(1000)
    faults += [f"sent {early} messages before start"] if early else []
    return judged(faults, f"{len(seen.messages)} messages with exactly the documented fields, none before start")


async def b17(site: Site, seen: Observation | None) -> CheckFinding:
    """Press keys, and send key events that are not quite right."""
    async with site.call() as call:
        await call.wait(0.3)
        await call.press("5#*")
        for keys in BAD_KEYS:
            await call.wire.inject(
                f'{{"event":"dtmf","streamSid":"{call.ids.stream}","sequenceNumber":"9","dtmf":{keys}}}'
            )
        why = await still_there(site, call, seen)
    return failed(f"after keys {why}") if why else passed(f"3 keys and {len(BAD_KEYS)} odd key events did no harm")
