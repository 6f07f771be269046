"""Check the webhook and its document: B1 to B4, B15, B16, B18 and B19."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from ivr.testbench.conformance.findings import CheckFinding, NotJudged, failed, judged, not_applicable, passed
from ivr.testbench.conformance.observation import Observation
from ivr.testbench.conformance.site import CALLED, CALLER, Asked, Site
from ivr.testbench.twilio.http import voice_fields
from ivr.testbench.twilio.signing import Honesty
from ivr.testbench.twilio.socket import StreamRefused
from ivr.testbench.twilio.twiml import StreamOrder, TwimlDocument, TwimlError, Verb, absolute
from ivr.testbench.twilio.twiml import stream_order as order_of

CALLS: Final = 4
"""Calls for which a webhook is asked."""
ASKS: Final = 8
"""Times that it is asked for each of them."""
WEBHOOK_NEAR_S: Final = 0.2
"""Seconds that the slowest answer of a webhook on this machine may take."""
WEBHOOK_FAR_S: Final = 1.0
"""The same over a network."""
CALLBACK_S: Final = 1.0
"""Seconds that the answer to a status callback may take."""
ADMITTED_S: Final = 2.0
"""Seconds for which a stream that should be refused may stay open."""
BLANK_AND_UNKNOWN: Final = {"ToState": "", "CalledZip": "", "SomethingNew": "x", "Über": "ä&=+ %", "AddOns": ""}
"""Fields that are empty, new or not ASCII."""
HOSTILE: Final = {
    "markup": {"CallerName": '</Stream></Connect></Response><Hangup/>"&<', "From": '"><Reject/>', "Caller": '"><Say/>'},
    "control characters": {"CallerName": "\x00\x07\x1b[31m\u2028", "From": "anonymous", "FromCity": "\ufffe\x0b"},
    "a SIP address": {"From": "sip:o'neil<&>@example.com", "Caller": "client:a b", "CallerName": "عميل <&>"},
}  # fmt: skip
"""Values that would break a document which does not escape them."""


async def b01(site: Site, _: Observation | None) -> CheckFinding:
    """Ask the webhook again and again: valid, quick, and the same for the same call."""
    limit = WEBHOOK_NEAR_S if site.target.loopback else WEBHOOK_FAR_S
    faults: list[str] = []
    for _round in range(2):
        # A busy machine is no fault of the server: a slow round gets a second chance.
        seconds: list[float] = []
        shapes: dict[str, set[str]] = {}
        for _ask in range(ASKS):
            for call in [site.new_call() for _ in range(CALLS)] if not shapes else list(shapes):
                asked = await site.ask(call)
                seconds.append(asked.seconds)
                shapes.setdefault(call, set()).add(shape(asked))
        slowest = max(seconds)
        if slowest <= limit:
            break
    bad = sorted({one for all_of in shapes.values() for one in all_of if one.startswith("!")})
    faults += [one[1:] for one in bad]
    if slowest > limit:
        faults.append(f"the slowest of {len(seconds)} answers took {slowest * 1000:.0f} ms, {limit * 1000:.0f} at most")
    changed = sum(len(all_of) > 1 for all_of in shapes.values())
    if changed and not bad:
        faults.append(f"{changed} of {CALLS} calls were answered with other verbs when Twilio asked again")
    ordered = sorted(seconds)
    return judged(faults, f"{len(seconds)} answers for {CALLS} calls, p50 {ordered[len(ordered) // 2] * 1000:.0f} ms, "
                          f"slowest {slowest * 1000:.0f} ms, the same verbs for the same call")  # fmt: skip


def shape(asked: Asked) -> str:
    """Return the verbs of a document; what is wrong with it, behind `!`."""
    try:
        return " ".join(verb.name for verb in asked.document().verbs)
    except TwimlError as error:
        return f"!{error}"


async def b02(site: Site, _: Observation | None) -> CheckFinding:
    """Sign wrongly, not at all, and with fields that are easily forgotten."""
    site.webhook()
    faults, seen = [], []
    wrongs: tuple[tuple[str, Honesty], ...] = (("unsigned", "missing"), ("wrongly signed", "wrong"))
    for name, honesty in wrongs if site.target.auth_token else wrongs[:1]:
        asked = await site.ask(site.new_call(), honesty=honesty)
        seen.append(f"{name}: HTTP {asked.status}")
        if asked.status < 400:
            faults.append(f"answered a request that was {name} with HTTP {asked.status}")
        elif asked.status >= 500:
            faults.append(f"failed at a request that was {name} with HTTP {asked.status}, where 403 belongs")
    if not site.target.auth_token:
        return failed("; ".join(faults)) if faults else not_applicable("no --auth-token: nothing can be signed")
    asked = await site.ask(site.new_call(), BLANK_AND_UNKNOWN)
    seen.append(f"rightly signed with blank and unknown fields: HTTP {asked.status}")
    if asked.status != httpx.codes.OK:
        faults.append(f"refused a rightly signed request with blank and unknown fields: HTTP {asked.status}")
    faults += await _sockets(site, seen)
    return judged(faults, ", ".join(seen))


async def _sockets(site: Site, seen: list[str]) -> list[str]:
    """Open sockets without a signature, and with a slash behind the signed URL. Return what is wrong."""
    faults: list[str] = []
    try:
        order = await site.order(site.new_call())
        await (await site.open(order)).close(1000)
    except (NotJudged, StreamRefused) as error:
        # Not even a rightly signed one is served: that is another check's matter.
        seen.append(f"no socket: {error}")
        return faults
    try:
        order = await site.order(site.new_call())
        why = await _admitted(site, order, site.new_call(), honesty="missing")
        seen.append("unsigned socket: refused" if not why else "")
        faults += [f"served a socket without a signature: {why}"] if why else []
    except StreamRefused as refused:
        seen.append(f"unsigned socket: {refused.reason}")
    try:
        wire = await site.open(await site.order(site.new_call()), trailing_slash=True)
        await wire.close(1000)
        seen.append("signed with a slash behind: accepted")
    except StreamRefused as refused:
        faults.append(f"refused a socket that was signed with a slash behind its URL, as Twilio may: {refused.reason}")
    return faults


async def _admitted(site: Site, order: StreamOrder, call: str, *, account: str = "", honesty: Honesty = "right") -> str:
    """Open a stream that should be refused. Return what the server did with it; empty: it refused."""
    async with site.call(call=call, order=order, account=account, honesty=honesty) as probe:
        if await probe.hears(0, ADMITTED_S):
            return f"audio came after {probe.seconds(probe.loud.first(0) or 0):.1f} s"
        return "" if probe.wire.closed_at is not None else f"it was still open after {ADMITTED_S:g} s"


async def b03(site: Site, _: Observation | None) -> CheckFinding:
    """Use the document of one call for another, twice, and for a foreign account."""
    call = site.new_call()
    asked = await site.ask(call)
    connect = asked.connect()
    if connect is None:
        raise NotJudged("no stream: the document has no <Connect>")
    faults = []
    try:
        order = order_of(connect, asked.reply.url)
    except TwimlError as error:
        return failed(f"Twilio refuses the document: {error}")
    other = await site.order(site.new_call())
    if not order.parameters and other.url == order.url:
        faults.append("the document gives no token: its stream is open to all who know its URL")
    personal = [name for name, value in {"url": order.url}.items() if CALLER.lstrip("+") in value]
    faults += [f"the caller's number stands in the stream's {name}" for name in personal]
    tries = (
        ("of another call", other, site.new_call(), ""),
        ("of a foreign account", await site.order(foreign := site.new_call()), foreign, "AC" + "e" * 32),
    )
    for name, one, sid, account in tries:
        with contextlib.suppress(StreamRefused):
            why = await _admitted(site, one, sid, account=account)
            faults += [f"served the stream {name}: {why}"] if why else []
    # Once by right, then once more with the same token.
    async with site.call(call=call, order=order) as probe:
        await probe.wait(0.3)
    with contextlib.suppress(StreamRefused):
        why = await _admitted(site, order, call)
        faults += [f"served a second stream with the same document: {why}"] if why else []
    names = ", ".join(order.parameters) or "none"
    return judged(faults, f"{order.url} with the parameters {names}: of use once, for its call and account alone")


async def b04(site: Site, _: Observation | None) -> CheckFinding:
    """Call with names and numbers that break a document which does not escape them."""
    usual = shape(await site.ask(site.new_call()))
    faults, seen = [], []
    for name, more in HOSTILE.items():
        asked = await site.ask(site.new_call(), more)
        now = shape(asked)
        seen.append(f"{name}: HTTP {asked.status}")
        if asked.status >= 500:
            faults.append(f"{name} in From and CallerName: HTTP {asked.status}")
        elif asked.status < 400 and now != usual:
            faults.append(f"{name} in From and CallerName: {now.lstrip('!')} where {usual} is usual")
    return judged(faults, ", ".join(seen))


async def b15(site: Site, _: Observation | None) -> CheckFinding:
    """Look for what a caller gets when the stream's socket dies."""
    asked = await site.ask(call := site.new_call())
    document = asked.document()
    places = [number for number, verb in enumerate(document.verbs) if verb.name == "Connect"]
    if not places:
        raise NotJudged("no stream: the document has no <Connect>")
    connect, behind = document.verbs[places[0]], document.verbs[places[0] + 1 :]
    action = absolute(connect.attributes.get("action", ""), asked.reply.url)
    if not behind and not action:
        return failed(
            "nothing stands behind <Connect>, and it has no action: when the socket dies, the caller is cut off"
        )
    if not action:
        return passed(f"behind <Connect> stand {', '.join(verb.name for verb in behind)}")
    form = await _after(site, call)
    follow = await site.ask(call, url=action, form=form)
    if shape(follow).startswith("!"):
        return failed(f"the action of <Connect> answers with {shape(follow)[1:]}")
    return passed(f"the action of <Connect> answers with {shape(follow) or 'an empty document'}"
                  f"{', and verbs stand behind it' if behind else ''}")  # fmt: skip


async def _after(site: Site, call: str) -> Mapping[str, str]:
    """Return the form with which the carrier asks what follows a stream."""
    return voice_fields(
        account=site.target.account_sid, call=call, caller=CALLER, called=CALLED, status="in-progress",
        chance=site.chance,
    )  # fmt: skip


async def b16(site: Site, _: Observation | None) -> CheckFinding:
    """Look at every `<Dial>` that the documents have."""
    asked = await site.ask(call := site.new_call())
    documents: list[TwimlDocument] = [asked.document()]
    for verb in documents[0].verbs:
        action = absolute(verb.attributes.get("action", ""), asked.reply.url)
        if action:
            with contextlib.suppress(TwimlError):
                documents.append((await site.ask(call, url=action, form=await _after(site, call))).document())
    return dials(documents)


def dials(documents: Sequence[TwimlDocument]) -> CheckFinding:
    """Judge every `<Dial>` of these documents."""
    found = [(verb, document) for document in documents for verb in document.verbs if verb.name == "Dial"]
    if not found:
        return not_applicable("no document that was seen dials")
    faults = [fault for verb, document in found for fault in _dial_faults(verb, document)]
    return judged(faults, f"{len(found)} <Dial>, each with timeout, answerOnBridge, and what follows")


def _dial_faults(verb: Verb, document: TwimlDocument) -> list[str]:
    """Return what is wrong with a `<Dial>`."""
    last = document.verbs[-1] is verb and "action" not in verb.attributes
    rows = (
        (verb.attributes.get("answerOnBridge", "false") != "true", "without answerOnBridge: the caller hears silence"),
        ("timeout" not in verb.attributes, "without timeout: 30 s of ringing"),
        (last, "as the last verb: without an answer the caller is cut off"),
    )
    return [f"<Dial> {words}" for wrong, words in rows if wrong]


async def b18(site: Site, _: Observation | None) -> CheckFinding:
    """Send status callbacks twice, out of order, and with fields that are not known."""
    call = site.new_call()
    url = site.target.status_url
    if not url and site.target.has_webhook:
        url = (await site.order(call)).status_callback
    if not url:
        return not_applicable("no status callback is known: name it with --status-url")
    usual = dict(await _after(site, call))
    rows: tuple[tuple[str, dict[str, str]], ...] = (
        ("completed first", {"CallStatus": "completed", "CallDuration": "7", "SequenceNumber": "3"}),
        ("the same again", {"CallStatus": "completed", "CallDuration": "7", "SequenceNumber": "3"}),
        ("ringing afterwards", {"CallStatus": "ringing", "SequenceNumber": "1"}),
        ("an unknown status with unknown fields", {"CallStatus": "teleported", "Novelty": "x", "Blank": ""}),
        ("a stream event", {"StreamEvent": "stream-stopped", "StreamSid": "MZ" + "1" * 32, "StreamName": ""}),
    )
    faults, slowest = [], 0.0
    for name, more in rows:
        asked = await site.ask(call, url=url, form=usual | more)
        slowest = max(slowest, asked.seconds)
        if not 200 <= asked.status < 300:
            faults.append(f"{name}: HTTP {asked.status or asked.reply.reason}")
    if slowest > CALLBACK_S:
        faults.append(f"the slowest answer took {slowest:.1f} s")
    return judged(faults, f"{len(rows)} callbacks, slowest {slowest * 1000:.0f} ms, each answered with 2xx")


async def b19(site: Site, _: Observation | None) -> CheckFinding:
    """Ask for the two pages by which a load balancer knows a server."""
    site.webhook()
    parts = urlsplit(site.target.url)
    statuses = {}
    for path in ("/healthz", "/readyz"):
        with contextlib.suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(5.0):
                answer = await site.client.get(urljoin(f"{parts.scheme}://{parts.netloc}", path))
                statuses[path] = answer.status_code
                site.log.note(asyncio.get_running_loop().time(), "answer", json.dumps({path: answer.status_code}))
    if set(statuses.values()) <= {404, 405, 401, 403} or len(statuses) < len(("/healthz", "/readyz")):
        return not_applicable("it has no /healthz and /readyz")
    good = statuses["/healthz"] == httpx.codes.OK and statuses["/readyz"] in {200, 503}
    seen = f"/healthz: {statuses['/healthz']}, /readyz: {statuses['/readyz']}"
    return passed(seen) if good else failed(seen)
