"""Play what a leg hears while it waits: music, or the document of a `waitUrl`, again and again."""

from __future__ import annotations

import asyncio
from typing import Final

from ivr.testbench.twilio.http import HttpReply
from ivr.testbench.twilio.legs.leg import Follow, Hangup, Leg, VerbOutcome
from ivr.testbench.twilio.legs.verbs import pause, play, say
from ivr.testbench.twilio.twiml import TwimlError, absolute

PLAYS: Final = {"Say": say, "Play": play, "Pause": pause}
ROUND_S: Final = 1.0
"""Seconds that one round of a document takes at least: an empty one must not spin."""


async def wait_music(leg: Leg, at: Follow | None, *, silent: bool = False) -> None:
    """Play until cancelled, or until a document says `<Leave>`. `at` None: the usual music."""
    if not silent and at is None:
        leg.record.note(leg.clock.now(), "music", "")
    while at is not None and not silent:
        after = await _round(leg, at)
        if isinstance(after, Hangup):
            return
        at = after
    await asyncio.Event().wait()


async def _round(leg: Leg, at: Follow) -> VerbOutcome:
    """Play a document once. Return what is asked next; None: nothing more; `Hangup`: it says to leave."""
    reply: HttpReply = await leg.office.webhooks.ask(at.url, {**leg.call_fields(), **at.more}, method=at.method)
    if reply.error:
        leg.record.warn(leg.clock.now(), reply.error, f"{at.url}: {reply.reason}")
        return None
    # A `waitUrl` may be a sound itself, which is played again and again.
    if reply.content_type.startswith("audio/"):
        leg.record.note(leg.clock.now(), "music", at.url)
        return None
    try:
        document = leg.read(reply)
    except TwimlError as error:
        leg.record.warn(leg.clock.now(), error.code, error.reason)
        return None
    began, after = leg.clock.now(), at
    for verb in document.verbs:
        match verb.name:
            case "Leave":
                return Hangup()
            case "Redirect":
                after = Follow(absolute(verb.text, document.url) or at.url, at.more, at.method)
                break
            case name if name in PLAYS:
                leg.record.note(began, "music", at.url)
                await PLAYS[name](leg, verb, document)
    await leg.clock.sleep(max(0.0, ROUND_S - (leg.clock.now() - began)))
    return after
