"""`ivr check`: what is configured, which URLs Twilio would sign, whether Hamsa and the agents answer.

Nobody is called and the agent is asked nothing, unless `ask` gives a text for it: its webhook only gets a `GET`, to
which any answer shows that something is there, but for one that says that it is broken. Nothing secret is in what comes
back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final, cast

import httpx

from ivr.call.commands import ReplyRequest
from ivr.call.events import PeerFault, ReplyDelta, ReplyEnded, ReplyFailed
from ivr.config.lines import Line
from ivr.config.settings import Settings
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.pool.socket import connect, lost_from
from ivr.observe.redact import number_hidden, without_secrets
from ivr.twilio.signature import allowed_urls
from ivr.twilio.twiml import Documents
from ivr.webhook.client import AgentClient, AgentEvent, AgentSettings
from ivr.webhook.http.charset import Charset
from ivr.webhook.http.pool import Pool

PATIENCE: Final = 10.0
"""Seconds a peer has to answer."""
SHOWN: Final = 200
"""Characters shown of an answer of which nothing could be said."""
BROKEN: Final = 500
"""The first status that says that who answers cannot do its work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    detail: str
    good: bool | None = None
    """None: nothing to judge."""


async def examine(settings: Settings, ask: str = "") -> AsyncIterator[Finding]:
    """Everything, in the order of a call. Peers are asked one after the other; a dead one costs `PATIENCE`."""
    for finding in (*_configured(settings), *_twilio(settings), _documents(settings), *map(_line, settings.all_lines)):
        yield finding
    yield await _hamsa(settings)
    urls = dict.fromkeys(line.webhook_url for line in settings.all_lines)
    for url in urls:
        yield await _webhook(url, asked=bool(ask))
    if ask:
        for line in {line.webhook_url: line for line in settings.all_lines}.values():
            yield await _asked(settings, line, ask)


def _configured(settings: Settings) -> Iterator[Finding]:
    yield from (Finding(name, value) for name, value in settings.describe())
    yield from (Finding("unknown", note, good=False) for note in settings.notes)


def _twilio(settings: Settings) -> Iterator[Finding]:
    """What to write into the number's page, and what a signature is checked against."""
    yield Finding("voice URL of the number", f"{settings.public_url}/voice (HTTP POST)")
    yield Finding("status callback of the number", f"{settings.public_url}/status")
    yield Finding("stream", settings.stream_url)
    if not settings.check_signatures:
        yield Finding("signatures", "not checked: --dev", good=None)
        return
    for path, websocket in (("/voice", False), ("/media", True)):
        urls = allowed_urls(settings.public_url, path, websocket=websocket)
        yield Finding(f"signed for {path}", " or ".join(urls))


def _documents(settings: Settings) -> Finding:
    try:
        Documents.load(settings.twiml_dir, settings.public_url)
    except (OSError, ValueError) as fault:
        return Finding("TwiML documents", str(fault), good=False)
    return Finding("TwiML documents", "all good", good=True)


def _line(line: Line) -> Finding:
    agent = without_secrets(line.webhook_url)
    words = f"{line.language}, {line.speaker} ({line.dialect}), endpoint {line.endpoint_ms} ms, agent {agent}"
    second = f", second voice {line.fallback_speaker}" if line.fallback_speaker else ""
    people = f", transfers to {', '.join(map(number_hidden, line.transfer_to))}" if line.transfer_to else ""
    silent = "" if line.phrases["greeting"] else ", no greeting"
    return Finding(f"line {line.number or 'of every other number'}", words + second + people + silent)


def hamsa_settings(settings: Settings, line: Line) -> HamsaSettings:
    """How Hamsa is reached for a line. A server of one's own may need no key; the header is sent all the same."""
    return HamsaSettings(
        settings.hamsa_url,
        settings.hamsa_api_key.get_secret_value() or "none",
        speaker=line.speaker,
        dialect=line.dialect,
        language=line.language,
        format=settings.audio_format,
    )


async def _hamsa(settings: Settings) -> Finding:
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        async with asyncio.timeout(PATIENCE):
            wire = await connect(hamsa_settings(settings, settings.default_line))
    except Exception as fault:  # whatever the library raises has a fixed word
        return Finding("Hamsa", f"does not answer: {lost_from(fault, 'connect').reason}", good=False)
    took = clock() - start
    with contextlib.suppress(Exception):
        await wire.close()
    return Finding("Hamsa", f"answers, connected in {took * 1000:.0f} ms", good=True)


async def _webhook(url: str, *, asked: bool) -> Finding:
    """Whether something is there. `asked`: it will be asked as well, and that tells more than its answer to `GET`."""
    name = f"agent {without_secrets(url)}"
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            response = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        return Finding(name, f"does not answer: {type(fault).__name__}", good=False)
    took, status = (clock() - start) * 1000, response.status_code
    if status >= BROKEN and asked:
        return Finding(name, f"HTTP {status} to GET: what it says to a question counts")
    if status >= BROKEN:
        return Finding(name, f"is broken: HTTP {status} to GET; nothing was asked", good=False)
    return Finding(name, f"something answers, {took:.0f} ms (HTTP {status} to GET; nothing was asked)", good=True)


class Overheard(httpx.AsyncBaseTransport):
    """The way to an agent, and how its answer began. For the operator's eyes: nothing of it is logged."""

    def __init__(self) -> None:
        self.content_type = ""
        self.length = 0
        """Bytes that came."""
        self.beginning = b""
        """The first of them, enough for `SHOWN` characters."""
        self._pool = Pool()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        response = await self._pool.handle_async_request(request)
        self.content_type = response.headers.get("content-type", "")
        body = cast(httpx.AsyncByteStream, response.stream)
        return httpx.Response(response.status_code, headers=response.headers, stream=Listened(body, self))

    async def aclose(self) -> None:
        """See httpx."""
        await self._pool.aclose()

    def hear(self, data: bytes) -> None:
        """Some more of the answer."""
        self.length += len(data)
        self.beginning = (self.beginning + data)[: 4 * SHOWN]

    def __str__(self) -> str:
        charset = Charset(self.content_type)
        text = (charset.feed(self.beginning) + charset.finish()).decode("utf-8", "replace")[:SHOWN]
        shown = "".join(character if character.isprintable() else " " for character in text).strip()
        return f"{self.content_type or 'no content type'}, {self.length} bytes: {shown}"


class Listened(httpx.AsyncByteStream):
    """A body that is heard by somebody else too."""

    def __init__(self, body: httpx.AsyncByteStream, by: Overheard) -> None:
        self._body = body
        self._by = by

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            self._by.hear(data)
            yield data

    async def aclose(self) -> None:
        """See httpx."""
        await self._body.aclose()


async def _asked(settings: Settings, line: Line, text: str) -> Finding:
    """Send one real request, as a first turn of a call that never was."""
    name = f"agent {without_secrets(line.webhook_url)}, asked"
    clock = asyncio.get_running_loop().time
    request = ReplyRequest(text, "ivr-check", "speech", 1, line.language, "ivr-check", "", line.number, "inbound")
    secret, node, overheard = settings.webhook_secret.get_secret_value(), settings.agent_node or None, Overheard()
    agent = AgentClient(AgentSettings(secret=secret, agent_node=node), transport=overheard)
    start, first, events = clock(), 0.0, list[AgentEvent]()
    try:
        async for event in agent.reply(line.webhook_url, request):
            first = first or (clock() - start if isinstance(event, ReplyDelta) else 0.0)
            events.append(event)
    finally:
        await agent.aclose()
    if isinstance(events[-1], ReplyFailed):
        came = f" ({overheard})" if overheard.length else ""
        return Finding(name, f"failed: {events[-1].reason}{came}", good=False)
    return Finding(
        name,
        f"first words after {first * 1000:.0f} ms, all after {(clock() - start) * 1000:.0f} ms: {_said(events)}",
        True,
    )


def _said(events: list[AgentEvent]) -> str:
    """The words of a reply, and what came with them."""
    words = "".join(event.text for event in events if isinstance(event, ReplyDelta))
    notes = [f"told of {event.reason}" for event in events if isinstance(event, PeerFault)]
    match events[-1]:
        case ReplyEnded(transfer_to=str()):
            notes.append("then a person takes over")
        case ReplyEnded(hang_up=True):
            notes.append("then the call ends")
    return words + (f" ({', '.join(notes)})" if notes else "")
