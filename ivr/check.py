"""`ivr check`: what is configured, which URLs Twilio would sign, whether Hamsa and the agents answer.

Nobody is called and the agent is asked nothing, unless `ask` gives a text for it: its webhook only gets a `GET`, to
which any answer shows that something is there. Nothing secret is in what comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

import httpx

from ivr.call.commands import ReplyRequest
from ivr.call.events import ReplyDelta, ReplyFailed
from ivr.hamsa.options import HamsaSettings
from ivr.hamsa.wire import connect, lost_from
from ivr.lines import Line
from ivr.settings import Settings
from ivr.twilio.signature import allowed_urls
from ivr.twilio.twiml import Documents
from ivr.webhook.client import Agent, AgentSettings

PATIENCE: Final = 10.0
"""Seconds a peer has to answer."""


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
        yield await _webhook(url)
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
    words = (
        f"{line.language}, {line.speaker} ({line.dialect}), endpoint {line.endpoint_ms} ms, agent {line.webhook_url}"
    )
    silent = "" if line.phrases["greeting"] else ", no greeting"
    return Finding(f"line {line.number or 'of every other number'}", words + silent)


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


async def _webhook(url: str) -> Finding:
    name = f"agent {url}"
    clock = asyncio.get_running_loop().time
    start = clock()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            response = await client.get(url)
    except httpx.HTTPError as fault:
        return Finding(name, f"does not answer: {type(fault).__name__}", good=False)
    took = (clock() - start) * 1000
    return Finding(
        name, f"something answers, {took:.0f} ms (HTTP {response.status_code} to GET; nothing was asked)", good=True
    )


async def _asked(settings: Settings, line: Line, text: str) -> Finding:
    """Send one real request, as a first turn of a call that never was."""
    name = f"agent {line.webhook_url}, asked"
    clock = asyncio.get_running_loop().time
    request = ReplyRequest(text, "ivr-check", "speech", 1, line.language, "ivr-check", "", line.number, "inbound")
    agent = Agent(AgentSettings(secret=settings.webhook_secret.get_secret_value()))
    start, first, said = clock(), 0.0, ""
    try:
        async for event in agent.reply(line.webhook_url, request):
            match event:
                case ReplyDelta(text=piece):
                    first = first or clock() - start
                    said += piece
                case ReplyFailed(reason=reason):
                    return Finding(name, f"failed: {reason}", good=False)
                case _:
                    pass
    finally:
        await agent.aclose()
    return Finding(
        name, f"first words after {first * 1000:.0f} ms, all after {(clock() - start) * 1000:.0f} ms: {said}", good=True
    )
