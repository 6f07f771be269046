"""Run `ivr check`: say what is configured, which URLs Twilio signs, and whether Hamsa and the agents answer.

No call is made. What is printed holds no secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Final, cast

import httpx
import typer
from rich.markup import escape

from ivr.call.actions import Gather, Message
from ivr.call.commands import ReplyRequest
from ivr.call.events import PeerFault, ReplyAction, ReplyDelta, ReplyEnded, ReplyFailed
from ivr.commands import console, terminal
from ivr.commands.terminal import Dev
from ivr.config.line.callers import read_blocked
from ivr.config.line.has import read_rows
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.hamsa.pool.socket import connect, lost_from
from ivr.observe.redact import number_hidden, without_secrets
from ivr.play.places import read_hosts
from ivr.replay.recorder.folder import look
from ivr.replay.recorder.options import recorder_options
from ivr.server.compose import agent_client, speech_settings
from ivr.session.turn_model import HEARD, TurnModel
from ivr.twilio.signature import allowed_urls
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentEvent
from ivr.webhook.http.charset import Charset
from ivr.webhook.http.pool import Pool

PEER_TIMEOUT: Final = 10.0
"""Seconds Hamsa or an agent has to answer."""
SAMPLE_CHARACTERS: Final = 200
"""Characters shown of an answer that held nothing to say."""
SERVER_ERROR: Final = 500
"""The first HTTP status that says that a server cannot do its work."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold one thing that was looked at."""

    name: str
    detail: str
    good: bool | None = None
    """None: nothing to judge."""


@app.command()
def check(
    dev: Dev = False,
    ask: Annotated[str, typer.Option(help="Ask every agent this, for real, and show its answer.")] = "",
) -> None:
    """Say what is configured, the URLs Twilio signs, and whether Hamsa and the agents answer."""
    settings = terminal.settings(dev)

    async def look() -> bool:
        good = True
        async for finding in examine(settings, ask):
            sign = {True: "[green]ok[/] ", False: "[red]NO[/] ", None: "   "}[finding.good]
            console.out.print(f"{sign}{escape(finding.name)}: {escape(finding.detail)}")
            # A finding that cannot be judged is not bad.
            good = good and finding.good is not False
        return good

    with terminal.one_line():
        good = asyncio.run(look())
    if not good:
        raise typer.Exit(1)


async def examine(settings: Settings, ask: str = "") -> AsyncIterator[Finding]:
    """Yield every finding, in the order of a call. Peers are asked one after the other, each for `PEER_TIMEOUT`."""
    for name, value in settings.describe():
        yield Finding(name, value)
    for note in settings.notes:
        yield Finding("setting", note, good=False)
    for hint in settings.hints:
        yield Finding("perhaps wrong", hint)
    if settings.workers > 1:
        yield _workers(settings.workers)
    # What the operator writes into the number's page at Twilio, and what a signature is checked against.
    yield Finding("voice URL of the number", f"{settings.public_url}/voice (HTTP POST)")
    yield Finding("status callback of the number", f"{settings.public_url}/status")
    yield Finding("stream", settings.stream_url)
    if settings.check_signatures:
        for path, websocket in (("/voice", False), ("/media", True)):
            urls = allowed_urls(settings.public_url, path, websocket=websocket)
            yield Finding(f"signed for {path}", " or ".join(urls))
    else:
        yield Finding("signatures", "not checked: --dev")
    try:
        Documents.load(settings.twiml_dir, settings.public_url)
        yield Finding("TwiML documents", "all good", good=True)
    except (OSError, ValueError) as fault:
        yield Finding("TwiML documents", str(fault), good=False)
    if (tapes := recorder_options(settings)) is not None:
        try:
            which = "of every call" if settings.tapes_keep == "all" else settings.tapes_keep
            sound = "with audio" if tapes.audio else "without audio"
            yield Finding("tapes", f"{look(tapes.folder)}; kept: {which}, {sound}", good=True)
        except (OSError, ValueError) as fault:
            yield Finding("tapes", str(fault), good=False)
    for finding in (*_recordings(settings), *_turn_model(settings)):
        yield finding
    for line in settings.all_lines:
        agent = without_secrets(line.webhook_url)
        words = f"{line.language}, {line.speaker} ({line.dialect}), endpoint {line.endpoint_ms} ms, agent {agent}"
        second = f", second voice {line.fallback_speaker}" if line.fallback_speaker else ""
        people = f", transfers to {', '.join(map(number_hidden, line.transfer_to))}" if line.transfer_to else ""
        silent = "" if line.phrases["greeting"] else ", no greeting"
        name = f"line {line.number or 'of every other number'}"
        yield Finding(name, words + second + people + silent)
        for finding in line_findings(name, line, time.time()):
            yield finding
    yield await _hamsa(settings)
    # Lines often share an agent: it is looked at once.
    lines = {line.webhook_url: line for line in settings.all_lines}
    for url in lines:
        yield await _webhook(url, asked=bool(ask))
    if ask:
        for line in lines.values():
            yield await _asked(settings, line, ask)


def _recordings(settings: Settings) -> Iterator[Finding]:
    """Yield where the recordings come from that agents play, if they may play any."""
    folder, hosts = settings.audio_dir, read_hosts(settings.play_hosts)
    if folder is not None or hosts:
        there = [place for place in folder.rglob("*") if place.suffix.lower() in (".wav", ".mp3")] if folder else []
        of_folder = f"{len(there)} in {folder}" if folder else "of no folder"
        yield Finding("recordings", f"{of_folder}; from {', '.join(hosts) or 'no host'}", good=True)


def _turn_model(settings: Settings) -> Iterator[Finding]:
    """Yield whether the turn model can be run, and how fast, if there is one."""
    if settings.turn_model is None:
        return
    try:
        model = TurnModel(settings.turn_model)
    except ValueError as fault:
        yield Finding("turn model", f"IVR_TURN_MODEL {fault}", good=False)
        return
    start = time.perf_counter()
    model.judge(bytes(HEARD))
    took = (time.perf_counter() - start) * 1000
    yield Finding("turn model", f"{settings.turn_model}, judges a pause in {took:.0f} ms", good=True)


def line_findings(name: str, line: Line, unix: float) -> Iterator[Finding]:
    """Say what a line has besides its agent and voice, at a time in Unix seconds."""
    has = line.has
    if has.languages:
        others = ", ".join(f"{one.language}, {one.speaker} ({one.dialect})" for one in line.in_each_language()[1:])
        by = f", chosen by {' and '.join(has.language_by)}" if has.language_by else ""
        yield Finding(f"{name}, languages", f"also {others}{by}")
    if has.hours is not None:
        yield Finding(f"{name}, hours", f"{has.hours.told(unix)} ({has.hours.zone.key}); closed: {has.closed}")
        for hint in has.hours.hints(unix):
            yield Finding("perhaps wrong", f"{name}: {hint}")
    if has.greetings:
        yield Finding(f"{name}, greetings", f"{len(has.greetings)} by the time of day")
    blocked = len(has.callers.blocked) + sum(
        len(read_blocked(read_rows(has.folder / file)[0], file)[0]) for file in has.callers.blocked_files
    )
    if blocked or has.callers.anonymous != "take":
        yield Finding(f"{name}, callers", f"{blocked} blocked; withheld numbers: {has.callers.anonymous}")


def _workers(count: int) -> Finding:
    """Say whether there are cores for the workers."""
    if not hasattr(os, "fork"):
        return Finding("workers", "IVR_WORKERS: this system has no fork(): set it to 1, or leave it out", good=False)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count > cores:
        return Finding("perhaps wrong", f"IVR_WORKERS {count}, and the bridge has {cores} cores: set it to {cores}")
    return Finding("workers", f"{count}, for {cores} cores")


async def _hamsa(settings: Settings) -> Finding:
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        async with asyncio.timeout(PEER_TIMEOUT):
            wire = await connect(speech_settings(settings, settings.default_line))
    # The library's own text may hold the URL and with it the key: a fixed word stands for each exception.
    except Exception as fault:
        return Finding("Hamsa", f"does not answer: {lost_from(fault, 'connect').reason}", good=False)
    took = clock() - start
    # It answered, which is all that is asked here: how the connection ends does not matter.
    with contextlib.suppress(Exception):
        await wire.close()
    return Finding("Hamsa", f"answers, connected in {took * 1000:.0f} ms", good=True)


async def _webhook(url: str, *, asked: bool) -> Finding:
    """Look whether something is there, by a `GET`. `asked`: the agent is asked a question as well."""
    name = f"agent {without_secrets(url)}"
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        # As in calls, proxies of the environment are not used.
        async with httpx.AsyncClient(trust_env=False, timeout=PEER_TIMEOUT) as client:
            response = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        return Finding(name, f"does not answer: {type(fault).__name__}", good=False)
    took, status = (clock() - start) * 1000, response.status_code
    # Any answer shows that something is there, except one that says that the server is broken. Agents that only take
    # POST may well answer a GET with an error, so where a question is asked as well, its answer decides.
    if status >= SERVER_ERROR and asked:
        return Finding(name, f"HTTP {status} to GET: its answer to the question counts")
    if status >= SERVER_ERROR:
        return Finding(name, f"is broken: HTTP {status} to GET; nothing was asked", good=False)
    return Finding(name, f"something answers, {took:.0f} ms (HTTP {status} to GET; nothing was asked)", good=True)


class SampledTransport(httpx.AsyncBaseTransport):
    """Carry requests to an agent and keep how its answer began, for the operator's eyes only: it is never logged."""

    def __init__(self) -> None:
        self.content_type = ""
        self.length = 0
        """Bytes that came."""
        self.beginning = b""
        """The first of them, enough for `SAMPLE_CHARACTERS`."""
        self._pool = Pool()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        response = await self._pool.handle_async_request(request)
        self.content_type = response.headers.get("content-type", "")
        body = cast(httpx.AsyncByteStream, response.stream)
        return httpx.Response(response.status_code, headers=response.headers, stream=SampledBody(body, self))

    async def aclose(self) -> None:
        """See httpx."""
        await self._pool.aclose()

    def keep(self, data: bytes) -> None:
        """Count some more of the answer, and keep its beginning."""
        self.length += len(data)
        # A character takes four bytes at most.
        self.beginning = (self.beginning + data)[: 4 * SAMPLE_CHARACTERS]

    def __str__(self) -> str:
        charset = Charset(self.content_type)
        text = (charset.feed(self.beginning) + charset.finish()).decode("utf-8", "replace")[:SAMPLE_CHARACTERS]
        # Control characters could move the cursor or colour the operator's terminal.
        shown = "".join(character if character.isprintable() else " " for character in text).strip()
        return f"{self.content_type or 'no content type'}, {self.length} bytes: {shown}"


class SampledBody(httpx.AsyncByteStream):
    """Pass a body on, and show each piece to the transport first."""

    def __init__(self, body: httpx.AsyncByteStream, transport: SampledTransport) -> None:
        self._body = body
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            self._transport.keep(data)
            yield data

    async def aclose(self) -> None:
        """See httpx."""
        await self._body.aclose()


def words_of(event: AgentEvent) -> str:
    """Return what the caller would hear of an event, actions in brackets."""
    match event:
        case ReplyDelta(text=text):
            return text
        case ReplyAction(act="say", value=text):
            return f" {text} "
        case ReplyAction(act=act, value=value, ms=ms):
            return f" [{act} {value or f'{ms} ms'}] "
    return ""


async def _asked(settings: Settings, line: Line, text: str) -> Finding:
    """Send one real request, as the first turn of a call."""
    name = f"agent {without_secrets(line.webhook_url)}, asked"
    clock = asyncio.get_running_loop().time
    request = ReplyRequest(text, "ivr-check", "speech", 1, line.language, "ivr-check", "", line.number, "inbound")
    sample = SampledTransport()
    agent = agent_client(settings, sample)
    start, first, events = clock(), 0.0, list[AgentEvent]()
    try:
        async for event in agent.reply(line.webhook_url, request):
            first = first or (clock() - start if isinstance(event, ReplyDelta) else 0.0)
            events.append(event)
    finally:
        await agent.aclose()
    last = events[-1]
    if isinstance(last, ReplyFailed):
        # The beginning of an answer that held nothing to say shows what is wrong with it.
        came = f" ({sample})" if sample.length else ""
        return Finding(name, f"failed: {last.reason}{came}", good=False)
    took = f"first words after {first * 1000:.0f} ms, all after {(clock() - start) * 1000:.0f} ms"
    words = "".join(words_of(event) for event in events)
    notes = [f"with a fault: {event.reason}" for event in events if isinstance(event, PeerFault)]
    match last:
        case ReplyEnded(transfer_to=str()):
            notes.append("then a person takes over")
        case ReplyEnded(hang_up=True):
            notes.append("then the call ends")
        case ReplyEnded(message=Message()):
            notes.append("then a message is taken")
        case ReplyEnded(gather=Gather()):
            notes.append("then keys are gathered")
    return Finding(name, f"{took}: {words}" + (f" ({', '.join(notes)})" if notes else ""), good=True)
